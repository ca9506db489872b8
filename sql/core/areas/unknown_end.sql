-- one gemeente that is in an area list and not in the next one, and nobody says what became of it
select gone.area_code, gone.area_name, gone.year as from_year, next_list.year as to_year,
from core.area as gone
join (
    -- of what became of gemeenten a list without them says nothing
    select year as before, lead(year) over (order by year) as year
    from (select distinct year from core.area where area_kind = 'gemeente')
) as next_list on next_list.before = gone.year
anti join core.area as next_area
    on next_area.area_code = gone.area_code
    and next_area.year = next_list.year
anti join catalog.herindeling as herindeling on herindeling.old_code = gone.area_code
anti join catalog.lineage_step as step
    on step.from_code = gone.area_code
    and step.from_year = gone.year
where gone.area_kind = 'gemeente' and next_list.year is not null
