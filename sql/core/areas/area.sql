-- one area (land, gemeente, wijk or buurt) in one year
with placed as (
    select
        *,
        case area_kind when 'land' then null else 'GM' || substr(area_code, 3, 4) end
            as gemeente_code,
    from staging.cbs_area
),

-- a list that lacks the gemeente of a wijk: as another year calls it
elsewhere as (
    select area_code, arg_max(area_name, year) as area_name,
    from placed
    where area_kind = 'gemeente'
    group by all
),

inhabitants as (
    select area_code, geography_year, year, value,
    from core.published
    where indicator_id = (select inhabitants_id from catalog.restating)
)

select
    placed.area_code,
    placed.year,
    placed.area_name,
    placed.area_kind,
    placed.gemeente_code,
    if(
        placed.gemeente_code is null,
        null,
        coalesce(gemeente.area_name, elsewhere.area_name, placed.gemeente_code)
    ) as gemeente_name,
    case when placed.area_kind in ('wijk', 'buurt') then 'WK' || substr(placed.area_code, 3, 6) end
        as wijk_code,
    inhabitants.value as inhabitants,
    placed.change_flag,
    placed.source_id,
    source.retrieved_on,
from placed
join meta.source as source using (source_id)
left join staging.cbs_area as gemeente
    on gemeente.source_id = placed.source_id
    and gemeente.year = placed.year
    and gemeente.area_code = placed.gemeente_code
left join elsewhere on elsewhere.area_code = placed.gemeente_code
left join inhabitants
    on inhabitants.area_code = placed.area_code
    and inhabitants.geography_year = placed.year
    and inhabitants.year = placed.year
