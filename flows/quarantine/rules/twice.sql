-- areas with two figures of one indicator and year
with counted as (
    select indicator_id, year, area_code, count(*) as figures,
    from new_figure
    group by all
    having figures > 1
)

select
    indicator_id,
    year,
    null::varchar as area_code,
    true as is_hold,
    null::double as old_value,
    format('{} area(s) have more than one figure (first: {})', count(*), min(area_code)) as what,
from counted
anti join (
    select indicator_id, year from old_figure group by indicator_id, year, area_code having count(*) > 1
) as known using (indicator_id, year)
group by all
