-- an indicator and year of which the middle moved by more than matters in a year
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        'half of {} areas moved by {:+.1f} times what matters in a year, or more',
        count(change), median(change / nullif(size, 0))
    ) as what,
from cell
where indicator_id <> '(change flag)'
group by all
having count(change) >= 5
    and abs(median(change / nullif(size, 0))) > (select largest_shift from limits)
    and abs(median(change)) > any_value(unit)
