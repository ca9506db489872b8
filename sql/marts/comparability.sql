-- what a series rests on: the years of one area and indicator that can be compared, and its breaks
with observed as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.status,
        observation.value is not null as has_value,
        observation.is_restated and observation.value is not null as is_restated,
        observation.moved_share,
        observation.boundary_segment,
        observation.geography_year,
        lag(observation.boundary_segment) over series as segment_before,
        lag(observation.status) over series as status_before,
    from core.observation as observation
    join catalog.indicator as indicator using (indicator_id)
    join core.place as place using (area_code)
    where place.is_listed
        and place.area_kind in ('gemeente', 'wijk', 'programme_area')
        and indicator.direction <> 0
    window series as (
        partition by observation.area_code, observation.indicator_id order by observation.year
    )
),

-- what CBS says of the code in the year that the series begins
listed as (
    select area_code, year, change_flag,
        year = min(year) over (partition by area_code) as is_first,
        year > min(year) over () as has_earlier_list,
    from core.area
),

described as (
    select
        observed.*,
        case
            when observed.status = 'not_comparable' then null
            when observed.status_before = 'not_comparable'
                or (observed.status_before is null and listed.is_first and listed.has_earlier_list)
                then format('{}: ', observed.year) || case
                    when listed.change_flag = 3 and listed.is_first
                        then 'new boundary, and nothing tells what it was'
                    when listed.change_flag = 3 then 'boundary changed, and nothing tells how'
                    when listed.change_flag = 2
                        then 'other code, and nothing tells which it was'
                    when listed.is_first then 'new code, and nothing tells what it was'
                    else 'not shown to be the same place before'
                end
            when observed.segment_before <> observed.boundary_segment
                then format('{}: boundary changed, figures before it restated', observed.year)
        end as boundary_break,
        case
            when definition_break.year is not null
                then format('{}: other definition', observed.year)
        end as definition_break,
    from observed
    left join listed
        on listed.area_code = observed.area_code
        and listed.year = observed.geography_year
    left join catalog.indicator_break as definition_break
        on definition_break.indicator_id = observed.indicator_id
        and definition_break.year = observed.year
)

select
    described.area_code,
    place.area_name,
    place.area_kind,
    described.indicator_id,
    min(described.year) filter (where described.has_value) as comparable_from,
    max(described.year) filter (where described.has_value) as comparable_to,
    count(*) filter (where described.has_value) as comparable_years,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.is_restated) as restated_years,
    max(described.moved_share) filter (where described.is_restated) as largest_moved_share,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.status = 'not_comparable') as not_comparable_years,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.status = 'suppressed') as suppressed_years,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.status = 'not_yet_published') as not_yet_published_years,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.status = 'quarantined') as quarantined_years,
    string_agg(described.year::varchar, ' ' order by described.year)
        filter (where described.status in ('not_resolved', 'not_received')) as missing_years,
    coalesce(
        string_agg(
            concat_ws('; ', described.boundary_break, described.definition_break),
            '; ' order by described.year
        ) filter (where coalesce(described.boundary_break, described.definition_break) is not null),
        ''
    ) as breaks,
from described
join core.place as place using (area_code)
group by all
