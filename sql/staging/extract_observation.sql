-- one figure of a municipal extract: a row and indicator, in the indicator's unit
with cell as (
    select
        cell.source_id,
        cell.row_number,
        cell.column_key,
        nullif(bare(cell.area_text), '') as area_code,
        bare(coalesce(cell.year_text, '')) as year_text,
        year_of(cell.year_text) as year,
        bare(coalesce(cell.value_text, '')) as value_text,
        extract.missing_markers,
        extract.ignored_areas,
        extract.thousands_mark,
        number_of_extract(cell.value_text, extract.decimal_mark, extract.thousands_mark) as number,
    from raw.extract_cell as cell
    join catalog.extract as extract using (source_id)
),

-- where one figure of a column has the mark of thousands in another place, it may be another mark
-- in all of them
judged as (
    select
        *,
        list_contains(list_append(missing_markers, ''), value_text) as is_missing,
        thousands_mark <> '' and contains(value_text, thousands_mark)
        and bool_or(
            number is null
            and thousands_mark <> ''
            and regexp_full_match(
                if(thousands_mark = '', '', replace(value_text, thousands_mark, chr(2))),
                '[+-]?[0-9]*\x02[0-9]+'
            )
        ) over (partition by source_id, column_key) as is_mark_in_doubt,
        -- a line between the figures, or under them
        area_code is null and year_text = ''
        and bool_and(value_text = '') over (partition by source_id, row_number) as is_blank_row,
    from cell
),

measured as (
    select
        cell.source_id,
        cell.row_number,
        cell.area_code,
        coalesce(list_contains(cell.ignored_areas, cell.area_code), false) as is_ignored,
        cell.is_blank_row,
        coalesce(source.geography_year, cell.year) as geography_year,
        cell.year,
        cell.year_text,
        received.retrieved_on,
        measure.indicator_id,
        cell.value_text,
        cell.is_missing,
        coalesce(list_contains(measure.absent_years, cell.year), false) as is_absent,
        if(cell.is_missing or cell.is_mark_in_doubt, null, cell.number) as number,
        if(margin.is_missing or margin.is_mark_in_doubt, null, margin.number) as half_width,
        -- one that is missing is none
        coalesce(not margin.is_missing and not coalesce(half_width >= 0, false), false)
            as is_margin_strange,
        measure.scale,
        measure.rounded_to,
        measure.zero_means,
        is_provisional_in(measure.is_provisional, measure.provisional_years, cell.year)
            as is_provisional,
        coalesce(measure.is_never_revised, false) as is_never_revised,
    from judged as cell
    join catalog.source as source using (source_id)
    left join meta.source as received using (source_id)
    join catalog.source_measure as measure using (source_id, column_key)
    left join judged as margin
        on margin.source_id = cell.source_id
        and margin.row_number = cell.row_number
        and margin.column_key = measure.margin_column_key
)

select
    measured.source_id,
    measured.row_number,
    measured.area_code,
    measured.is_ignored,
    measured.geography_year,
    measured.year,
    measured.year_text,
    measured.indicator_id,
    measured.value_text,
    case
        when is_absent then null
        when number = 0 and zero_means is not null then null
        else number * scale
    end as value,
    if(
        value is null,
        null,
        error_with_rounding(half_width * abs(scale) / 1.96, rounded_to * abs(scale))
    ) as standard_error,
    case
        when is_absent then 'not_applicable'
        when is_missing then 'suppressed'
        when number = 0 and zero_means is not null then zero_means
        when is_provisional then 'provisional'
        else 'final'
    end as status,
    status = 'provisional' and is_never_revised as is_never_revised,
    -- what is wrong with the cell by itself, whatever stands elsewhere
    case
        when measured.is_ignored or measured.is_blank_row then null
        when measured.area_code is null then 'no_area'
        when measured.year is null then 'not_a_year'
        when not is_possible_year(measured.year, retrieved_on) then 'impossible_year'
        when is_absent and not is_missing and number is distinct from 0 then 'filled_though_absent'
        when is_missing or is_absent then null
        when number is null then 'not_a_number'
        when is_margin_strange then 'not_a_margin'
        when not value between indicator.range_low and indicator.range_high then 'out_of_range'
    end as fault,
    measured.is_blank_row,
from measured
join catalog.indicator as indicator using (indicator_id)
