-- one area in one yearly area list of CBS
with area_list as (
    select source_id, figures_year as year, area_dimension, change_column_key
    from catalog.source
    where is_area_list
),

listed as (
    select
        area_list.source_id,
        area_list.year,
        trim(cell.area_key) as area_code,
        nullif(trim(cell.value_text), '.') as change_text,
        cell.area_key,
        area_list.area_dimension,
    from area_list
    join raw.cbs_cell as cell
        on cell.source_id = area_list.source_id
        and cell.column_key = area_list.change_column_key
)

select
    listed.source_id,
    listed.year,
    listed.area_code,
    trim(code.title) as area_name,
    case left(listed.area_code, 2)
        when 'NL' then 'land'
        when 'GM' then 'gemeente'
        when 'WK' then 'wijk'
        when 'BU' then 'buurt'
    end as area_kind,
    listed.change_text,
    try_cast(listed.change_text as integer) as change_flag,
from listed
join raw.cbs_code as code
    on code.source_id = listed.source_id
    and code.dimension = listed.area_dimension
    and code.code_key = listed.area_key
