-- one row per programme, area and indicator of the current edition year
with current as (
    select *
    from marts.stagnation
    where
        edition_year = (select max(edition_year) from marts.stagnation)
        and programme_id is not null
        -- another axis is told in the sentence of the headline, and is no alert of its own
        and is_headline
),

reference as (
    select
        current.programme_id,
        area_code,
        indicator_id,
        max(benchmark.value) filter (where benchmark.comparator = 'gemeente') as gemeente_value,
        max(benchmark.value) filter (where benchmark.comparator = 'nl') as nl_value,
        max(benchmark.value) filter (
            where benchmark.comparator = programme.comparator
            and coalesce(benchmark.programme_id, current.programme_id) = current.programme_id
        ) as programme_value,
        -- an area that is a large part of what it is compared with is left out of that
        bool_or(benchmark.is_self_excluded) filter (where benchmark.comparator = 'gemeente')
            as is_rest_of_gemeente,
        bool_or(benchmark.is_self_excluded) filter (
            where benchmark.comparator = 'programme'
            and benchmark.programme_id = current.programme_id
        ) as is_rest_of_programme,
    from current
    join core.benchmark as benchmark using (area_code, indicator_id)
    left join catalog.programme as programme on programme.programme_id = current.programme_id
    where benchmark.year = current.last_year
    group by all
),

-- the first edition that had the newest figure: a later one says nothing of itself
first_with_figure as (
    select
        current.programme_id,
        area_code,
        indicator_id,
        arg_min(earlier.is_alert, earlier.edition_year) as was_alert,
    from current
    join marts.stagnation as earlier using (area_code, indicator_id, axis, last_year)
    where earlier.programme_id is not distinct from current.programme_id
    group by all
),

doubted as (
    select current.programme_id, current.area_code, current.indicator_id,
        list(distinct doubt.sentence order by doubt.sentence) as doubts,
    from current
    join core.doubted as doubt
        on doubt.indicator_id = current.indicator_id
        and coalesce(doubt.area_code, current.area_code) = current.area_code
    group by all
)

select
    current.programme_id,
    area_code,
    indicator_id,
    -- of an indicator there is one alert, whatever it is judged by
    'own' as axis,
    current.axis as judged_axis,
    coalesce(current.area_name, area_code) as area_name,
    place.gemeente_name,
    coalesce(indicator.name_nl, indicator_id) as indicator_nl,
    coalesce(indicator.name_en, indicator.name_nl, indicator_id) as indicator_en,
    coalesce(indicator.theme, '') as theme,
    -- an alert that was up and has turned is not over: it goes by the name it began with
    if(is_alert, line_class, class) as trend_class,
    is_alert,
    coalesce(is_new_alert_allowed, false) and doubted.doubts is null as is_mailable,
    doubted.doubts is not null as is_doubted,
    coalesce(is_held, false) as is_held,
    is_alert and coalesce(pooled.entering_share >= rule.common_share, false) as is_common,
    coalesce(was_alert, false) as was_alert,
    local_fdr as wrong_chance,
    standstill_chance,
    coalesce(editions_in_a_row, 0) as editions_in_a_row,
    coalesce(is_alert and editions_in_a_row >= rule.lasting_editions, false) as is_lasting,
    coalesce(sentence_nl, 'Een toelichting ontbreekt in deze editie.') as sentence_nl,
    coalesce(sentence_en, 'This edition has no explanation.') as sentence_en,
    coalesce(summary_nl, '') as summary_nl,
    coalesce(summary_en, '') as summary_en,
    last_year,
    last_value as area_value,
    gemeente_value,
    nl_value,
    programme_value,
    coalesce(is_rest_of_gemeente, false) as is_rest_of_gemeente,
    coalesce(is_rest_of_programme, false) as is_rest_of_programme,
    coalesce(indicator.unit, '') as unit,
    indicator.unit_in_words,
    coalesce(indicator.decimals, 1) as decimals,
    coalesce(indicator.is_told_first, false) as is_told_first,
    -- the catalog is written in its own order
    coalesce(indicator.rowid, -1) as catalog_order,
from current
cross join catalog.rule as rule
left join catalog.indicator as indicator using (indicator_id)
left join core.place as place using (area_code)
-- so many pass at once on what it is judged by that its bar for mail was lower
left join core.trend_edition as pooled
    on pooled.area_kind = place.area_kind
    and pooled.indicator_id = current.indicator_id
    and pooled.axis = current.axis
    and pooled.edition_year = current.edition_year
left join reference using (programme_id, area_code, indicator_id)
left join first_with_figure using (programme_id, area_code, indicator_id)
left join doubted using (programme_id, area_code, indicator_id)
order by current.programme_id, current.area_name, area_code, indicator.theme, indicator_nl
