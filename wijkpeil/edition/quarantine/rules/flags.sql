-- flags of changed boundaries that are others than before
select
    null::varchar as indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} areas have another flag of changed boundaries (first: {})',
        count(*) filter (where old_value <> new_value), count(change),
        min(area_code) filter (where old_value <> new_value)
    ) as what,
from cell
where indicator_id = '(change flag)'
group by all
having count(*) filter (where old_value <> new_value)
    > greatest(1, 0.05 * count(change))
