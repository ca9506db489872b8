-- what a series rests on: the years of one area and indicator that can be compared, and its breaks
with observed as (
    select
        observation.area_code,
        place.area_name,
        place.area_kind,
        observation.indicator_id,
        observation.year,
        observation.status,
        observation.value is not null as has_value,
        observation.is_restated and observation.value is not null as is_restated,
        observation.moved_share,
    from core.observation as observation
    join catalog.indicator as indicator using (indicator_id)
    join core.place as place using (area_code)
    where place.is_listed
        and place.area_kind in ('gemeente', 'wijk', 'programme_area')
        and indicator.direction <> 0
),

broken as (
    select
        area_code,
        indicator_id,
        string_agg(
            format('{}: {}', year, reason), '; ' order by year, reason = 'other definition'
        ) as breaks,
    from core.series_break
    group by all
)

select
    observed.area_code,
    observed.area_name,
    observed.area_kind,
    observed.indicator_id,
    min(observed.year) filter (where observed.has_value) as comparable_from,
    max(observed.year) filter (where observed.has_value) as comparable_to,
    count(*) filter (where observed.has_value) as comparable_years,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.is_restated) as restated_years,
    max(observed.moved_share) filter (where observed.is_restated) as largest_moved_share,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.status = 'not_comparable') as not_comparable_years,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.status = 'suppressed') as suppressed_years,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.status = 'not_yet_published') as not_yet_published_years,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.status = 'quarantined') as quarantined_years,
    string_agg(observed.year::varchar, ' ' order by observed.year)
        filter (where observed.status in ('not_resolved', 'not_received')) as missing_years,
    coalesce(broken.breaks, '') as breaks,
from observed
left join broken using (area_code, indicator_id)
group by all
