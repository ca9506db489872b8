-- one area in one yearly area list of CBS
with area_list as (
    select source_id, figures_year, area_dimension, period_dimension, change_column_key,
    from catalog.source
    where is_area_list
),

listed as (
    select
        area_list.source_id,
        coalesce(area_list.figures_year, try_cast(left(cell.period_key, 4) as integer)) as year,
        cbs_area_code(cell.area_key) as area_code,
        nullif(trim(cell.value_text), '.') as change_text,
        cell.area_key,
        area_list.area_dimension,
    from area_list
    join raw.cbs_cell as cell
        on cell.source_id = area_list.source_id
        and cell.column_key = area_list.change_column_key
    -- a table of several years lists all their areas: in a year it did not exist an area has no flag
    where area_list.period_dimension is null or trim(cell.value_text) <> ''
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
