-- one figure of a municipal extract: area, year and indicator, in the indicator's unit
with cell as (
    select
        cell.source_id,
        cell.row_number,
        cell.column_key,
        trim(cell.area_text) as area_code,
        try_cast(trim(cell.year_text) as integer) as year,
        cell.year_text,
        trim(coalesce(cell.value_text, '')) as value_text,
        list_contains(
            list_append(extract.missing_markers, ''), trim(coalesce(cell.value_text, ''))
        ) as is_missing,
        try_cast(
            replace(
                if(
                    extract.thousands_mark = '',
                    trim(cell.value_text),
                    replace(trim(cell.value_text), extract.thousands_mark, '')
                ),
                extract.decimal_mark,
                '.'
            ) as double
        ) as number,
        extract.decimal_mark = ',' and contains(cell.value_text, '.') and extract.thousands_mark <> '.'
            as has_other_mark,
    from raw.extract_cell as cell
    join catalog.extract as extract using (source_id)
    where not list_contains(extract.ignored_areas, trim(cell.area_text))
),

measured as (
    select
        cell.source_id,
        cell.row_number,
        cell.area_code,
        coalesce(source.geography_year, cell.year) as geography_year,
        cell.year,
        cell.year_text,
        measure.indicator_id,
        cell.value_text,
        cell.is_missing,
        list_contains(measure.absent_years, cell.year) as is_absent,
        if(cell.is_missing or cell.has_other_mark, null, cell.number) as number,
        if(margin.is_missing or margin.has_other_mark, null, margin.number) as margin,
        coalesce(not margin.is_missing and (margin.number is null or margin.has_other_mark), false)
            as is_margin_unreadable,
        measure.scale,
        measure.zero_means,
    from cell
    join catalog.source as source using (source_id)
    join catalog.source_measure as measure using (source_id, column_key)
    left join cell as margin
        on margin.source_id = cell.source_id
        and margin.row_number = cell.row_number
        and margin.column_key = measure.margin_column_key
)

select
    source_id,
    row_number,
    area_code,
    geography_year,
    year,
    year_text,
    indicator_id,
    value_text,
    case
        when is_absent then null
        when number = 0 and zero_means is not null then null
        else number * scale
    end as value,
    if(value is null, null, margin * scale / 1.96) as standard_error,
    case
        when is_absent then 'not_applicable'
        when is_missing then 'suppressed'
        when number = 0 and zero_means is not null then zero_means
        else 'final'
    end as status,
    (not is_missing and number is null) or is_margin_unreadable as is_unreadable,
    is_absent and number is not null and number <> 0 as is_filled_though_absent,
from measured
