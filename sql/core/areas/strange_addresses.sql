-- one address file whose buurten are not those of its year: nothing of it is used
select
    counted.source_id,
    counted.year,
    count(*) as buurten,
    count(*) filter (where area.area_code is null) as unknown_buurten,
    min(counted.buurt_code) filter (where area.area_code is null) as first_unknown,
from raw.address_count as counted
semi join (select distinct year from core.area where area_kind = 'buurt') as listed
    on listed.year = counted.year
left join core.area as area
    on area.area_code = counted.buurt_code
    and area.year = counted.year
group by counted.source_id, counted.year
having unknown_buurten > 0.01 * buurten
