-- areas that are gone
with area as (
    select
        count(distinct old.area_code) as before,
        count(distinct new.area_code) as left_over,
        min(old.area_code) filter (where new.area_code is null) as first_gone,
    from (select distinct area_code from old_figure) as old
    left join (select distinct area_code from new_figure) as new using (area_code)
)

select
    null::varchar as indicator_id,
    null::integer as year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format('{} of {} areas are gone (first: {})', before - left_over, before, first_gone) as what,
from area
cross join limits
where left_over < limits.smallest_share * before and before - left_over > 1
