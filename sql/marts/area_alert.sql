-- how many indicators of one area stand still: edition year, area, programme and theme or pillar
with grouped as (
    select indicator_id, counts_with, 'theme' as "grouping", theme from catalog.indicator

    union all by name

    select indicator_id, counts_with, 'pillar' as "grouping", pillar as theme
    from catalog.indicator
    where pillar is not null
),

-- indicators of one cause count once
judged as (
    select
        stagnation.edition_year,
        stagnation.area_code,
        stagnation.area_name,
        stagnation.programme_id,
        grouped."grouping",
        grouped.theme,
        grouped.counts_with,
        count(*) filter (
            where stagnation.class not in ('inconclusive', 'insufficient')
        ) as conclusive,
        count(*) filter (where stagnation.is_alert) as alerts,
        core.is_cause_alert(alerts, conclusive) as is_alert,
        conclusive > 0 as is_conclusive,
        bool_or(stagnation.class <> 'insufficient') as is_assessed,
        count(*) filter (
            where stagnation.is_alert
            and stagnation.editions_in_a_row >= rule('lasting_editions')
        ) as lasting,
        core.is_cause_alert(lasting, conclusive) as is_lasting,
    from marts.stagnation as stagnation
    join grouped using (indicator_id)
    where stagnation.is_headline
    group by all
),

counted as (
    select
        edition_year,
        area_code,
        area_name,
        programme_id,
        "grouping",
        theme,
        count(*) filter (where is_alert) as alerts,
        count(*) filter (where is_conclusive) as conclusive,
        count(*) filter (where is_assessed) as assessed,
        count(*) as indicators,
        count(*) filter (where is_lasting) as lasting,
        sum(conclusive) as conclusive_figures,
    from judged
    group by all
),

decided as (
    select
        counted.*,
        core.is_area_alert(alerts, conclusive, indicators, conclusive_figures) as is_alert,
        is_alert and core.is_area_structural(lasting, indicators) as is_structural,
    from counted
),

worded as (
    select
        decided.*,
        case
            when decided.assessed = 0 then if(decided.indicators = 1, 'unknown_one', 'unknown')
            when decided.conclusive = 0 then if(decided.assessed = 1, 'unclear_one', 'unclear')
            when decided.conclusive = 1 then if(decided.alerts = 1, 'only', 'none_only')
            when decided.alerts = 0 then 'none'
            when decided.alerts = 1 then 'one'
            when decided.is_structural then 'some_structural'
            else 'some'
        end as phrase,
        {
            'place': decided.area_name || coalesce(' (' || place.gemeente_name || ')', ''),
            'theme': coalesce(word_nl('theme.' || decided.theme), decided.theme),
            'alerts': decided.alerts::varchar,
            'conclusive': decided.conclusive::varchar,
            'assessed': decided.assessed::varchar,
            'indicators': decided.indicators::varchar,
            'lasting': decided.lasting::varchar
        } as field_nl,
        {
            'place': decided.area_name || coalesce(' (' || place.gemeente_name || ')', ''),
            'theme': coalesce(word_en('theme.' || decided.theme), decided.theme),
            'alerts': decided.alerts::varchar,
            'conclusive': decided.conclusive::varchar,
            'assessed': decided.assessed::varchar,
            'indicators': decided.indicators::varchar,
            'lasting': decided.lasting::varchar
        } as field_en,
    from decided
    join core.place as place using (area_code)
)

select
    edition_year,
    area_code,
    area_name,
    programme_id,
    theme,
    alerts,
    conclusive,
    assessed,
    is_alert,
    is_structural,
    rollup_sentence_nl(phrase, field_nl) as sentence_nl,
    rollup_sentence_en(phrase, field_en) as sentence_en,
    "grouping",
    indicators,
    lasting,
from worded
