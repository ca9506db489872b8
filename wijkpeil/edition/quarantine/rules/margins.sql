-- margins that are gone, or 0
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} figures have no margin any more, or one of 0',
        count(*) filter (where old_error > 0 and coalesce(new_error, 0) = 0),
        count(*) filter (where old_error > 0)
    ) as what,
from cell
where new_value is not null
group by all
having count(*) filter (where old_error > 0 and coalesce(new_error, 0) = 0)
    > greatest(1, 0.1 * count(*) filter (where old_error > 0))
