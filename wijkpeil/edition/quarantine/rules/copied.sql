-- a year with the figures of the year before
with pair as (
    select
        indicator_id,
        year,
        area_code,
        old_value,
        new_value,
        lag(old_value) over same_area as old_before,
        lag(new_value) over same_area as new_before,
        lag(year) over same_area = year - 1 as is_next,
    from cell
    where level in ('WK', 'BU') and indicator_id <> '(change flag)'
    window same_area as (partition by indicator_id, area_code order by year)
),

shared as (
    select
        indicator_id,
        year,
        count(*) filter (where new_value is not null and new_before is not null) as areas,
        avg((new_value = new_before)::integer) as new_share,
        avg((old_value = old_before)::integer) as old_share,
    from pair
    where is_next and not coalesce(new_value = 0 and new_before = 0, false)
    group by all
),

usual as (
    select indicator_id, max(old_share) as largest_share from shared group by all
)

select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format('{:.0f}% of {} areas have the figure of {} again', 100 * new_share, areas, year - 1) as what,
from shared
join usual using (indicator_id)
where areas >= 15
    and new_share > 0.5
    and new_share > coalesce(old_share, largest_share, 0) + 0.25
