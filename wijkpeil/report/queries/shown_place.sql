-- every area with a page: listed wijken, and what programmes follow, be it a buurt or a gemeente
select
    place.area_code,
    place.area_name,
    place.area_kind,
    place.gemeente_code,
    place.gemeente_name,
from core.place as place
where place.is_listed
    and (place.area_kind in ('wijk', 'programme_area') or place.area_code in (select area_code from lead))
