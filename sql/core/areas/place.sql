-- one area that figures are about: as the newest list has it, else the last that had it
select
    area_code,
    arg_max(area_name, year) as area_name,
    arg_max(area_kind, year) as area_kind,
    arg_max(gemeente_code, year) as gemeente_code,
    arg_max(gemeente_name, year) as gemeente_name,
    max(year) = any_value(division.target_year) as is_listed,
from core.area
cross join core.division as division
group by all

union all by name

select area_code, area_name, area_kind, gemeente_code, gemeente_name, true as is_listed,
from core.programme_area
where area_kind = 'programme_area' and is_used
