-- figures that stand more than once: of an area, an indicator and a year
select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format(
        '{} of {} areas stand there more than once (first: {})',
        count(*) filter (where new.copies > coalesce(old.copies, 1)), count(*),
        min(area_code) filter (where new.copies > coalesce(old.copies, 1))
    ) as what,
from new_figure as new
left join old_figure as old using (indicator_id, year, area_code)
group by all
having count(*) filter (where new.copies > coalesce(old.copies, 1))
    > greatest(1, (select largest_bad_share from limits) * count(*))
