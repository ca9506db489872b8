-- zeros where there was no figure, or one far from zero
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} areas are 0 now where they had no figure, or another (first: {})',
        count(*) filter (where is_new_zero), count(new_value),
        min(area_code) filter (where is_new_zero)
    ) as what,
from (
    select *,
        new_value = 0 and (old_value is null or abs(old_value) > tolerance) as is_new_zero,
        new_value <> 0 and old_value is null as is_filled,
    from cell
    where indicator_id <> '(change flag)'
)
group by all
having count(old_value) > 0
    and count(*) filter (where is_new_zero) >= 3
    and count(*) filter (where is_new_zero) > 0.05 * count(new_value)
    and count(*) filter (where is_new_zero) > count(*) filter (where is_filled)
