-- figures that are rounded to fewer decimals than they were
with digit as (
    select
        cell.indicator_id,
        cell.year,
        step.places,
        avg((abs(round(old_value, places) - old_value) < 1e-9)::integer) as old_share,
        avg((abs(round(new_value, places) - new_value) < 1e-9)::integer) as new_share,
        count(new_value) as areas,
    from cell
    cross join (select unnest([0, 1]) as places) as step
    where indicator_id <> '(change flag)'
    group by all
),

coarse as (
    select indicator_id, year, min(places) as places
    from digit
    where areas >= 15 and new_share >= 0.98 and old_share <= 0.6
    group by all
)

select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{:.0f}% of {} figures have no more than {} decimals, it was {:.0f}%',
        100 * new_share, areas, places, 100 * old_share
    ) as what,
from digit
join coarse using (indicator_id, year, places)
