-- one figure of a CBS table: area, year and indicator, in the indicator's unit
with measured as (
    select
        source.source_id,
        source.is_provisional,
        source.geography_year,
        measure.indicator_id,
        trim(cell.area_key) as area_code,
        coalesce(source.figures_year, try_cast(left(cell.period_key, 4) as integer)) as year,
        cell.value_text,
        try_cast(cell.value_text as double) * measure.scale as value,
        lower(coalesce(period.status, '')) as period_status,
    from raw.cbs_cell as cell
    join catalog.source as source using (source_id)
    join catalog.source_measure as measure
        on measure.source_id = cell.source_id
        and measure.column_key = cell.column_key
        and measure.category_key = cell.category_key
    left join raw.cbs_code as period
        on period.source_id = cell.source_id
        and period.dimension = source.period_dimension
        and period.code_key = cell.period_key
),

filled as (
    select
        *,
        count(value_text) over (partition by source_id, indicator_id, year) > 0 as is_published,
    from measured
)

select
    source_id,
    area_code,
    coalesce(geography_year, year) as geography_year,
    year,
    indicator_id,
    value_text,
    value,
    cast(null as double) as standard_error,
    case
        when value_text is null and not is_published then 'not_yet_published'
        when value_text is null then 'suppressed'
        when is_provisional or period_status like '%voorlopig%' then 'provisional'
        else 'final'
    end as status,
    value_text is not null and value is null as is_unreadable,
from filled
