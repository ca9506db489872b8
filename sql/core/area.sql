-- one area (land, gemeente, wijk or buurt) in one year
with listed as (
    select
        area.*,
        lag(area.year) over same_code as previous_year,
        source.retrieved_on,
    from staging.cbs_area as area
    join meta.source as source using (source_id)
    window same_code as (partition by area.area_code order by area.year)
),

placed as (
    select
        *,
        case area_kind when 'land' then null else 'GM' || substr(area_code, 3, 4) end
            as gemeente_code,
        case when area_kind in ('wijk', 'buurt') then 'WK' || substr(area_code, 3, 6) end
            as wijk_code,
        previous_year is null
        or (
            area_kind in ('wijk', 'buurt')
            and (change_flag is distinct from 1 or previous_year <> year - 1)
        ) as is_new_place,
    from listed
)

select
    placed.area_code,
    placed.year,
    placed.area_name,
    placed.area_kind,
    placed.gemeente_code,
    gemeente.area_name as gemeente_name,
    placed.wijk_code,
    placed.change_flag,
    max(if(placed.is_new_place, placed.year, null)) over (
        partition by placed.area_code order by placed.year
    ) as comparable_since,
    placed.source_id,
    placed.retrieved_on,
from placed
left join staging.cbs_area as gemeente
    on gemeente.source_id = placed.source_id
    and gemeente.area_code = placed.gemeente_code
