-- few distinct figures where there were many
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} areas have {} distinct figures, they had {}',
        count(new_value), count(distinct new_value), count(distinct old_value)
    ) as what,
from cell
where level in ('WK', 'BU') and indicator_id <> '(change flag)'
group by all
having count(new_value) >= 15
    and count(distinct new_value) < 0.1 * count(new_value)
    and count(distinct old_value) > 0.3 * count(old_value)
