-- a year from which a series is not, or not by itself, what it was before: area, indicator, year and reason
with observed as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.status,
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

bounded as (
    select
        observed.area_code,
        observed.indicator_id,
        observed.year,
        case
            when observed.status = 'not_comparable' then null
            when observed.status_before = 'not_comparable'
                or (observed.status_before is null and listed.is_first and listed.has_earlier_list)
                then case
                    when listed.change_flag = 3 and listed.is_first
                        then 'new boundary, and nothing tells what it was'
                    when listed.change_flag = 3 then 'boundary changed, and nothing tells how'
                    when listed.change_flag = 2
                        then 'other code, and nothing tells which it was'
                    when listed.is_first then 'new code, and nothing tells what it was'
                    else 'not shown to be the same place before'
                end
            when observed.segment_before <> observed.boundary_segment
                then 'boundary changed, figures before it restated'
        end as reason,
    from observed
    left join listed
        on listed.area_code = observed.area_code
        and listed.year = observed.geography_year
)

select area_code, indicator_id, year, reason
from bounded
where reason is not null

union all by name

select area_code, indicator_id, year, 'other definition' as reason
from observed
join catalog.indicator_break using (indicator_id, year)
