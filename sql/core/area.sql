-- one area (land, gemeente, wijk or buurt) in one year
with inhabitants as (
    select area_code, geography_year, year, value,
    from core.published
    where indicator_id = (select inhabitants_id from catalog.restating)
)

select
    area.area_code,
    area.year,
    area.area_name,
    area.area_kind,
    case area.area_kind when 'land' then null else 'GM' || substr(area.area_code, 3, 4) end
        as gemeente_code,
    gemeente.area_name as gemeente_name,
    case when area.area_kind in ('wijk', 'buurt') then 'WK' || substr(area.area_code, 3, 6) end
        as wijk_code,
    inhabitants.value as inhabitants,
    area.change_flag,
    area.source_id,
    source.retrieved_on,
from staging.cbs_area as area
join meta.source as source using (source_id)
left join staging.cbs_area as gemeente
    on gemeente.source_id = area.source_id
    and gemeente.year = area.year
    and gemeente.area_code = 'GM' || substr(area.area_code, 3, 4)
left join inhabitants
    on inhabitants.area_code = area.area_code
    and inhabitants.geography_year = area.year
    and inhabitants.year = area.year
