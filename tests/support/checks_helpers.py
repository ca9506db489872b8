"""A warehouse on which every check passes, and each mistake that a check must find in it."""

from __future__ import annotations

# 3 gemeenten of 10 wijken, 3 years, 2 indicators: 204 observations.
WAREHOUSE = """
create schema core; create schema catalog; create schema marts;
create table core.area as
with years as (select unnest([2018, 2019, 2020]) as year),
gemeenten as (select format('GM{:04d}', range) as gemeente_code from range(3)),
wijken as (
    select format('WK{}{:02d}', gemeente_code[3:], range) as area_code, gemeente_code
    from gemeenten, range(10)),
areas as (
    select 'NL00' as area_code, 'land' as area_kind, null as gemeente_code
    union all select gemeente_code, 'gemeente', gemeente_code from gemeenten
    union all select area_code, 'wijk', gemeente_code from wijken)
select area_code, year, 'naam ' || area_code as area_name, area_kind, gemeente_code,
    'naam ' || gemeente_code as gemeente_name, if(area_kind = 'wijk', area_code, null) as wijk_code,
    if(area_kind = 'land', null, 1) as change_flag, 'kwb' as source_id,
    date '2026-01-01' as retrieved_on
from areas, years;
create table catalog.indicator as
select * from (values ('inhabitants', 0.0, 1e8, 10.0, 1e7, 'sum'),
    ('woz', 0.0, 1e5, null, null, 'weighted_mean'))
as t(indicator_id, range_low, range_high, usual_low, usual_high, aggregation);
create table core.observation as
select area_code, year as geography_year, year, indicator_id,
    case area_kind when 'wijk' then 100.0 when 'gemeente' then 1000.0 else 3000.0 end::double
        as value,
    value as value_as_published, 'aantal' as unit, 'final' as status,
    null::double as standard_error, source_id, retrieved_on
from core.area, catalog.indicator;
create table core.place as
select area_code, area_name, area_kind, gemeente_code, gemeente_name, true as is_listed
from core.area where year = 2020;
create table core.area_lineage as
select area_code, year, area_code as target_code, 2020 as target_year, 1::double as weight,
    1::double as target_share, 'unchanged' as method, true as is_same_place
from core.area where year < 2020;
create table core.comparator_value as
select if(area_kind = 'land', 'nl', 'gemeente') as comparator, area_code as comparator_code,
    null::varchar as programme_id, indicator_id, year, value, 1000::double as mass, 10 as areas,
    true as is_published, value as computed_value, 1::double as computed_share
from core.observation join core.place using (area_code) where area_kind <> 'wijk';
create table core.trend as
select area_code, indicator_id, 2020 as edition_year, 2018 as first_year
from core.place, catalog.indicator;
create table marts.comparability as
select area_code, area_name, area_kind, indicator_id, 2018 as comparable_from,
    2020 as comparable_to, 3 as comparable_years, '' as breaks
from core.place, catalog.indicator;
create table core.suspected_break(indicator_id varchar, year integer);
create table core.trend_series as
select area_code, indicator_id, 2018 as first_figure, 2018 as first_seen
from core.place, catalog.indicator;
create table marts.area_alert as
select 2020 as edition_year, area_code, area_name, null::varchar as programme_id,
    'liveability' as theme, 3 as alerts, 5 as conclusive, 6 as assessed, true as is_alert,
    false as is_structural, 'staat stil' as sentence_nl, 'stands still' as sentence_en,
    'theme' as "grouping", 7 as indicators, 1 as lasting
from core.place where area_kind = 'wijk';
create table marts.target as
select 'vooruit' as programme_id, area_code, area_name, indicator_id,
    null::varchar as comparator, 2030 as by_year,
    2020 as year, 100::double as value, 150::double as goal, 50::double as distance,
    'behind' as standing
from core.place, catalog.indicator where area_kind = 'wijk';
create table core.input_problem(source_id varchar, problem varchar, message varchar);
create table core.input_warning(source_id varchar, problem varchar, message varchar);
create table core.quarantined_cell(source_id varchar, problem varchar, message varchar);
create table core.extract_account as
select 'survey' as source_id, 10::bigint as rows_fetched, 10::bigint as rows_received,
    7::bigint as rows_used, 1::bigint as rows_blank, 2::bigint as rows_ignored,
    0::bigint as rows_quarantined;
create table marts.liveability as
select area_code, area_name, area_kind, a.gemeente_code, gemeente_name, year, indicator_id,
    'Inwoners' as indicator_name, value, unit, status, value_as_published, value as gemeente_value,
    value as programme_value, value as nl_value, 1 as rank_in_gemeente, 0.0 as change,
    o.source_id, o.retrieved_on
from core.observation as o join core.area as a using (area_code, year);
create table marts.safety as from marts.liveability;
create table marts.stagnation as
select 2020 as edition_year, area_code, area_name, null::varchar as programme_id, indicator_id,
    'own' as axis, 'stagnating' as class, 0.1::double as slope, 0.0::double as slope_low,
    0.2::double as slope_high, 0.3::double as meaningful_change, 6 as points, 2015 as first_year,
    2020 as last_year, true as is_alert, 1 as editions_in_a_row, 'staat stil' as sentence_nl,
    'stands still' as sentence_en, null::double as gap, true as is_headline,
    true as is_once_per_area
from marts.liveability where year = 2020 and area_kind = 'wijk';
insert into marts.stagnation
select * replace (
    'WK009900' as area_code, 'improving' as class, false as is_alert, 0 as editions_in_a_row
)
from marts.stagnation where area_code = 'WK000000';
create table marts.comparable as
select 2020 as edition_year, 'vooruit' as programme_id, area_code, area_name, indicator_id, axis,
    1 as rank, 'WK009900' as comparable_code, 'Wijk' as comparable_name, first_year, last_year,
    'figure' as level_form, 6.0::double as start_level, 6.1::double as comparable_start_level,
    0.2::double as start_margin, 6.1::double as end_level, 7.0::double as comparable_end_level,
    slope, 0.2::double as comparable_slope, meaningful_change,
    0.9::double as comparable_improvement_chance
from marts.stagnation where is_alert;
"""

# A good row, and what makes its key new: each mistake below is one such row with one thing wrong.
FIGURE = ("area_code = 'NL00' and year = 2018 and indicator_id = 'woz'", "{} as year")
BASES = {
    "core.area": ("area_code = 'NL00' and year = 2018", "{} as year"),
    "core.observation": FIGURE,
    "marts.liveability": FIGURE,
    "marts.safety": FIGURE,
    "marts.stagnation": (
        "area_code = 'WK000000' and indicator_id = 'woz' and edition_year = 2020",
        "{} as edition_year",
    ),
    "core.area_lineage": ("area_code = 'NL00' and year = 2018", "{} as year"),
    "core.comparator_value": (
        "comparator = 'nl' and year = 2018 and indicator_id = 'woz'",
        "{} as year",
    ),
    "marts.comparability": (
        "area_code = 'NL00' and indicator_id = 'woz'",
        "'indicator_{}' as indicator_id",
    ),
    "marts.target": (
        "area_code = 'WK000000' and indicator_id = 'woz' and by_year = 2030",
        "{} as by_year",
    ),
    "marts.area_alert": (
        "area_code = 'WK000000' and edition_year = 2020",
        "{} as edition_year",
    ),
    "marts.comparable": (
        "area_code = 'WK000000' and indicator_id = 'woz' and programme_id = 'vooruit'",
        "'programme_{}' as programme_id",
    ),
}
# the tables that may not be empty; programmes, and areas that changed, need not be there
FILLED = ("core.area", "core.observation", "marts.liveability", "marts.safety", "marts.stagnation")
IN_A_MART = "area_code year indicator_id area_name area_kind indicator_name unit status source_id"
NEVER_NULL = {
    "core.area": "area_code year area_kind source_id retrieved_on",
    "core.observation": "geography_year year unit status source_id",
    "marts.liveability": IN_A_MART,
    "marts.safety": IN_A_MART,
    "marts.stagnation": "edition_year area_code area_name indicator_id axis class is_alert",
    "core.area_lineage": "area_code year target_code weight target_share method",
    "core.comparator_value": "comparator comparator_code indicator_id year areas",
    "marts.comparability": "area_code area_name area_kind indicator_id comparable_years breaks",
    "marts.target": "programme_id area_code indicator_id by_year year value standing",
    "marts.area_alert": "edition_year area_code theme alerts conclusive assessed is_alert "
    "is_structural sentence_nl sentence_en",
    "marts.comparable": "programme_id area_name first_year last_year start_margin end_level "
    "comparable_name comparable_end_level slope comparable_slope meaningful_change",
}
# table; the columns that are wrong; the rules that say so
MISTAKES = [
    ("core.area", "'gm0001' as area_code", "has_cbs_form"),
    ("core.area", "'GM00001' as area_code", "has_cbs_form"),
    ("core.area", "'stadsdeel' as area_kind, 'x' as gemeente_name", "is_known.area_kind"),
    ("core.area", "null as area_name", "has_name"),
    ("core.area", "' ' as area_name", "has_name"),
    ("core.area", "'wijk' as area_kind, null as gemeente_name", "has_gemeente_name"),
    ("core.area", "4 as change_flag", "is_known.change_flag"),
    ("core.observation", "'x' as status", "is_known.status"),
    ("core.observation", "'suppressed' as status", "missing_has_no_value"),
    ("core.observation", "null as value", "value_or_reason"),
    ("core.observation", "null as retrieved_on", "says_when_received"),
    ("core.observation", "'not_received' as status", "missing_has_no_value"),
    ("core.observation", "'nan'::double as value", "is_finite"),
    ("core.observation", "'-inf'::double as value", "is_finite"),
    ("core.observation", "'inf'::double as value_as_published", "is_finite"),
    ("core.observation", "'inf'::double as standard_error", "is_finite"),
    ("core.observation", "-1 as standard_error", "is_not_negative.standard_error"),
    ("core.observation", "'wo' as indicator_id", "indicator_in_catalog"),
    ("core.observation", "-1 as value", "within_range"),
    ("core.observation", "1e6 as value", "within_range"),
    ("core.observation", "'inhabitants' as indicator_id, 9 as value", "within_usual_range"),
    ("core.observation", "'not_comparable' as status", "missing_has_no_value"),
    ("core.observation", "'quarantined' as status", "missing_has_no_value"),
    ("core.observation", "'BU00000000' as area_code", "area_exists area_known"),
    (
        "core.observation",
        "'BU00000000' as area_code, null as value_as_published",
        "area_known",
    ),
    ("core.observation", "'GM0000' as area_code, 2010 as geography_year", "area_exists"),
    ("marts.liveability", "'stadsdeel' as area_kind", "is_known.area_kind"),
    ("marts.liveability", "0 as rank_in_gemeente", "is_a_rank.rank_in_gemeente"),
    ("marts.safety", "'stadsdeel' as area_kind", "is_known.area_kind"),
    ("marts.safety", "0 as rank_in_gemeente", "is_a_rank.rank_in_gemeente"),
    ("marts.stagnation", "'x' as axis", "is_known.axis"),
    ("marts.stagnation", "'x' as class, false as is_alert", "is_known.class run_is_of_alerts"),
    ("marts.stagnation", "'improving' as class", "alert_follows_class"),
    ("marts.stagnation", "false as is_alert", "alert_follows_class run_is_of_alerts"),
    ("marts.stagnation", "3 as points", "has_enough_points"),
    ("marts.stagnation", "null as points", "has_enough_points"),
    ("marts.stagnation", "0.15 as slope_low", "slope_within_bounds"),
    ("marts.stagnation", "null as slope_low, 0.05 as slope_high", "slope_within_bounds"),
    ("marts.stagnation", "'nan'::double as slope_high", "slope_within_bounds"),
    ("marts.stagnation", "null as sentence_nl", "alert_has_sentence"),
    ("marts.stagnation", "' ' as sentence_nl", "alert_has_sentence"),
    ("marts.stagnation", "0.0 as meaningful_change", "meaningful_change_is_positive"),
    ("marts.stagnation", "4000 as last_year", "looks_back"),
    ("marts.stagnation", "false as is_headline", "one_headline once_per_area"),
    ("marts.stagnation", "false as is_once_per_area", "once_per_area"),
    (
        "marts.stagnation",
        "'at_level' as class, false as is_alert, 0 as editions_in_a_row, false as is_headline",
        "composed_is_headline one_headline once_per_area",
    ),
    (
        "marts.stagnation",
        "'ahead' as class, false as is_alert, 0 as editions_in_a_row",
        "ahead_of_reference",
    ),
    ("marts.stagnation", "'gap_nl' as axis, 1.0 as gap", "ahead_of_reference"),
    (
        "marts.stagnation",
        "'it fell on average by 0.04\u00a0points a year (margin −0.12 to 0.03)' as sentence_en",
        "margin_holds_movement",
    ),
    ("core.area_lineage", "'guessed' as method", "is_known.method"),
    ("core.area_lineage", "0.5 as weight", "is_whole"),
    ("core.area_lineage", "0.0 as weight", "is_share is_whole"),
    ("core.area_lineage", "1.5 as weight", "is_share is_whole"),
    ("core.area_lineage", "-0.1 as target_share", "is_share"),
    ("core.area_lineage", "1.1 as target_share", "is_share"),
    ("core.area_lineage", "'GM0000' as target_code", "is_same_level"),
    ("core.comparator_value", "3100.0 as computed_value", "agrees_with_parts"),
    ("marts.comparability", "0 as comparable_years", "years_agree"),
    ("marts.comparability", "null as comparable_from", "years_agree"),
    ("marts.comparability", "null as comparable_to", "years_agree"),
    ("marts.comparability", "2021 as comparable_from", "years_agree"),
    ("marts.target", "'x' as standing", "is_known.standing"),
    ("marts.area_alert", "'x' as \"grouping\"", "is_known.grouping"),
    ("marts.area_alert", "6 as alerts", "counts_agree"),
    ("marts.area_alert", "4 as lasting", "counts_agree"),
    ("marts.area_alert", "1 as alerts", "alert_has_reason"),
    ("marts.comparable", "0 as rank", "is_a_rank.rank"),
    ("marts.comparable", "4 as rank", "is_a_rank.rank"),
    ("marts.comparable", "'x' as axis", "is_known.axis has_alert improved"),
    ("marts.comparable", "'x' as level_form", "is_known.level_form"),
    ("marts.comparable", "'WK000000' as comparable_code", "is_another improved"),
    ("marts.comparable", "'WK000100' as comparable_code", "improved"),
    ("marts.comparable", "'WK009900' as area_code", "is_another has_alert"),
    ("marts.comparable", "5.7 as comparable_start_level", "began_alike"),
    ("marts.comparable", "1.5 as comparable_improvement_chance", "is_chance"),
    ("marts.target", "-1.0 as distance", "is_gain"),
    ("marts.target", "'met' as standing", "is_gain"),
    ("core.observation", "null as area_code", "is_given.area_code area_known"),
    ("core.observation", "null as indicator_id", "is_given.indicator_id indicator_in_catalog"),
    *(
        (table, f"null as {column}", f"is_given.{column}")
        for table, columns in NEVER_NULL.items()
        for column in columns.split()
    ),
]
# the same for mistakes that take more than a row; with the rows that break the rule
WIDER_MISTAKES = [
    (
        "insert into core.suspected_break values ('woz', 2019)",
        {"core.suspected_break.is_explained": 1},
    ),
    (
        "update core.trend_series set first_figure = 1919 where area_code = 'WK000100'",
        {"core.trend_series.is_judged_whole": 2},
    ),
    (
        "insert into marts.area_alert from marts.area_alert where area_code = 'WK000100'",
        {"marts.area_alert.is_unique": 2},
    ),
    (
        """
        insert into marts.comparable select * replace (2 as rank) from marts.comparable
        where area_code = 'WK000200' and indicator_id = 'woz' and programme_id = 'vooruit'
        """,
        {"marts.comparable.is_unique": 2},
    ),
    (
        "insert into core.area from core.area where area_code = 'NL00' and year = 2018",
        {"core.area.is_unique.area_code,year": 2},
    ),
    (
        "insert into core.observation from core.observation where area_code = 'WK000100'",
        {"core.observation.is_unique.area_code,year,indicator_id": 12},
    ),
    (
        "insert into marts.safety from marts.safety where area_code = 'WK000100' and year = 2018",
        {"marts.safety.is_unique.area_code,year,indicator_id": 4},
    ),
    (
        "insert into marts.liveability from marts.liveability where area_code = 'WK000100'",
        {"marts.liveability.is_unique.area_code,year,indicator_id": 12},
    ),
    (
        "insert into marts.stagnation from marts.stagnation where area_code = 'WK000100'",
        {
            "marts.stagnation.is_unique": 4,  # with a null programme_id
            "marts.stagnation.one_headline": 2,
            "marts.stagnation.once_per_area": 2,
        },
    ),
    (
        "update core.observation set value = 1200 where area_code = 'GM0002' and year = 2018",
        {"core.observation.wijken_add_up": 1},  # inhabitants, not woz
    ),
    (
        """
        insert into core.place values ('WK009900', 'x', 'wijk', 'GM0099', 'x', false);
        insert into core.observation
        select * replace ('WK009900' as area_code, null as value_as_published)
        from core.observation
        where area_code = 'NL00' and year = 2018 and indicator_id = 'woz'
        """,
        {"core.observation.value_is_of_today": 1},
    ),
    (
        """
        insert into core.area_lineage from core.area_lineage
        where area_code = 'GM0001' and year = 2018
        """,
        {
            "core.area_lineage.is_unique.area_code,year,target_code": 2,
            "core.area_lineage.is_whole": 1,
        },
    ),
    (
        """
        insert into core.comparator_value from core.comparator_value
        where comparator_code = 'GM0001' and year = 2018
        """,
        {"core.comparator_value.is_unique": 4},  # with a null programme_id
    ),
    (
        "insert into marts.comparability from marts.comparability where area_code = 'GM0001'",
        {"marts.comparability.is_unique.area_code,indicator_id": 4},
    ),
    (
        "update marts.comparability set comparable_from = 2019 where area_code = 'WK000200'",
        {"marts.comparability.is_what_trends_rest_on": 2},
    ),
    (
        "insert into marts.target from marts.target where area_code = 'WK000100'",
        {"marts.target.is_unique": 4},  # with a null comparator
    ),
    (
        "insert into core.input_problem values ('a', 'p', 'Do this.'), ('b', 'p', 'Do that.')",
        {"core.input_problem.is_without_problems": 2},
    ),
    (
        "insert into core.input_warning values ('a', 'p', 'Do this.')",
        {"core.input_warning.is_whole": 1},
    ),
    (
        "insert into core.quarantined_cell values ('a', 'p', 'Do this.'), ('b', 'p', 'And that.')",
        {"core.quarantined_cell.is_usable": 2},
    ),
    (
        """
        insert into core.extract_account values
            ('one', 10, 10, 6, 1, 1, 1), ('two', 9, 10, 7, 1, 1, 1), ('four', null, 1, 1, 0, 0, 0)
        """,
        {"core.extract_account.adds_up": 3, "core.extract_account.is_used": 2},
    ),
]
WARNINGS = {
    "core.input_warning.is_whole",
    "core.quarantined_cell.is_usable",
    "core.extract_account.adds_up",
    "core.extract_account.is_used",
    "core.suspected_break.is_explained",
    "core.trend_series.is_judged_whole",
    "core.comparator_value.agrees_with_parts",
    "core.observation.within_usual_range",
    "core.observation.wijken_add_up",
    "marts.safety.is_filled",
    "marts.stagnation.margin_holds_movement",
}
