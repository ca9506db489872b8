-- one row per programme that has areas this edition year
select distinct
    stagnation.programme_id,
    coalesce(programme.name_nl, stagnation.programme_id) as name_nl,
    contact,
    area_group.name_nl as group_name,
from marts.stagnation as stagnation
left join catalog.programme as programme using (programme_id)
left join catalog.area_group as area_group on area_group.group_id = programme.comparator
where stagnation.programme_id is not null
