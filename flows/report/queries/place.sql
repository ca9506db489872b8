-- what can be searched for: wijken, areas of programmes and gemeenten
select
    place.area_code,
    place.area_name,
    place.area_kind,
    if(place.area_kind = 'gemeente', null, place.gemeente_name) as gemeente_name,
from core.place as place
where place.is_listed and place.area_kind in ('wijk', 'programme_area', 'gemeente')
order by place.area_kind = 'wijk', place.area_name, place.area_code
