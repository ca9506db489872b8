-- a single figure that was there and is gone
select
    indicator_id,
    year,
    area_code,
    false as is_hold,
    old_value,
    format('the figure was {} and is gone', old_value) as what,
from cell
where indicator_id <> '(change flag)'
    and old_value is not null
    and new_value is null
