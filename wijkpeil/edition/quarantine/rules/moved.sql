-- an indicator and year of which many areas moved further than areas usually are corrected
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} areas moved by more than a quarter of what parts them (first: {}, {} to {})',
        count(*) filter (where is_moved),
        count(change),
        min(area_code) filter (where is_moved),
        arg_min(old_value, area_code) filter (where is_moved),
        arg_min(new_value, area_code) filter (where is_moved)
    ) as what,
from cell
where indicator_id <> '(change flag)'
group by all
having count(*) filter (where is_moved)
    > greatest(1, (select largest_moved_share from limits) * count(change))
    and count(change) >= 5
