-- figures that cannot be: outside their range, or no number
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} figures cannot be (first: {})',
        count(*) filter (where is_bad), count(*), min(area_code) filter (where is_bad)
    ) as what,
from new_figure
where value is not null or is_bad
group by all
having count(*) filter (where is_bad)
    > greatest(1, (select largest_bad_share from limits) * count(*))
