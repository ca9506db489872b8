-- the programme as which one area is shown: the first that follows it, and what it compares with
select
    area.area_code,
    arg_min(programme.programme_id, programme.position) as programme_id,
    arg_min(programme.comparator, programme.position) as comparator,
    arg_min(area_group.name_nl, programme.position) as group_name,
from core.programme_area as area
join catalog.programme as programme using (programme_id)
left join catalog.area_group as area_group on area_group.group_id = programme.comparator
where area.is_used and area.is_on_list
group by all
