-- one row of a yearly area list as CBS gives it, and what is wrong with it
with area_list as (
    select source_id, figures_year, area_dimension, period_dimension, change_column_key,
        list_column_key,
    from catalog.source
    where is_area_list
),

listed as (
    select
        area_list.source_id,
        coalesce(area_list.figures_year, year_of(left(cell.period_key, 4))) as year,
        cbs_area_code(cell.area_key) as area_code,
        if(area_list.change_column_key is null, null, nullif(bare(cell.value_text), '.')) as change_text,
        cell.area_key,
        area_list.area_dimension,
    from area_list
    join raw.cbs_cell as cell
        on cell.source_id = area_list.source_id
        and cell.column_key
        = coalesce(area_list.change_column_key, area_list.list_column_key)
    -- a table of several years lists all their areas: in a year it did not exist an area has no flag
    where area_list.period_dimension is null or cbs_text(cell.value_text) <> ''
),

named as (
    select
        listed.source_id,
        listed.year,
        listed.area_code,
        nullif(bare(code.title), '') as area_name,
        case left(listed.area_code, 2)
            when 'NL' then 'land'
            when 'GM' then 'gemeente'
            when 'WK' then 'wijk'
            when 'BU' then 'buurt'
        end as area_kind,
        listed.change_text,
        if(change_text in ('1', '2', '3'), change_text::integer, null) as change_flag,
        count(*) over same_area as times,
        count(distinct coalesce(listed.change_text, '')) over same_area as flags,
        row_number() over (
            partition by listed.source_id, listed.year, listed.area_code
            order by area_name nulls last, listed.change_text nulls last
        ) as number,
    from listed
    join raw.cbs_code as code
        on code.source_id = listed.source_id
        and code.dimension = listed.area_dimension
        and code.code_key = listed.area_key
    window same_area as (partition by listed.source_id, listed.year, listed.area_code)
)

select
    named.source_id,
    named.year,
    named.area_code,
    named.area_name,
    named.area_kind,
    named.change_text,
    -- two rows that contradict each other say nothing
    if(flags > 1, null, change_flag) as change_flag,
    -- a row with a fault is no area of the list
    case
        when named.year is null then 'not_a_year'
        when not is_possible_year(named.year, received.retrieved_on) then 'impossible_year'
        when not regexp_full_match(
            named.area_code, 'NL00|GM[0-9A-Z]{4}|WK[0-9A-Z]{6}|BU[0-9A-Z]{8}'
        ) then 'strange_code'
        when number > 1 then 'listed_twice'
    end as fault,
    fault is null and area_name is null as has_no_name,
    fault is null and (flags > 1 or (change_text is not null and named.change_flag is null))
        as has_strange_flag,
from named
left join meta.source as received using (source_id)
