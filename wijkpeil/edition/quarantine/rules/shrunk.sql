-- an indicator that has fewer figures in a year than it had, of all areas or of one level
with counted as (
    select
        indicator_id,
        year,
        if(grouping(level) = 1, 'all', level) as level,
        count(old_value) as before,
        -- of those there were: figures that were added elsewhere make up for none
        count(new_value) filter (where old_value is not null) as left_over,
    from cell
    group by grouping sets ((indicator_id, year), (indicator_id, year, level))
)

select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    if(
        left_over = 0,
        format('all {} figures are gone', before),
        format('{} of {} figures are gone', before - left_over, before)
    ) || case level
        when 'WK' then ' (wijken)' when 'BU' then ' (buurten)' when 'GM' then ' (gemeenten)' else ''
    end as what,
from counted
cross join limits
where before > 1
    and before - left_over > 1
    and left_over < limits.smallest_share * before
qualify row_number() over (
    partition by indicator_id, year order by level = 'all' desc, before - left_over desc
) = 1
