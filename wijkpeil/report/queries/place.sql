-- what can be searched for: areas with a page, gemeenten, programmes and indicators
select 'area' as kind, area_code as page_id, area_name as name,
    concat_ws(', ', gemeente_name, if(contains(area_code, '/'), null, area_code)) as beside,
from shown_place

union all

select 'gemeente' as kind, area_code as page_id, area_name as name, area_code as beside,
from core.place
where area_kind = 'gemeente' and is_listed

union all

select 'programme' as kind, programme_id as page_id, name_nl as name, '' as beside,
from catalog.programme

union all

select 'indicator' as kind, indicator_id as page_id, name_nl as name, '' as beside,
from catalog.indicator
where direction <> 0

order by kind, name, page_id
