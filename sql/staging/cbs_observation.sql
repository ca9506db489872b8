-- one figure of a CBS table: area, year and indicator, in the indicator's unit
with cell as (
    select
        source_id,
        area_key,
        period_key,
        category_key,
        column_key,
        attribute,
        cbs_text(value_text) as value_text,
        -- the untyped set writes a missing figure as a sign; a blank cannot occur
        is_missing_sign(cbs_text(value_text)) as is_withheld,
        cbs_text(value_text) = '' as is_blank,
        number_of_cbs(cbs_text(value_text)) as number,
    from raw.cbs_cell
),

-- the limits of margins alone: most tables have none
margin as (
    select cell.*, number is null and not coalesce(is_withheld or is_blank, true) as is_strange,
    from cell
    semi join (
        select source_id, column_key,
            unnest([low_category_key, high_category_key]) as category_key,
        from catalog.source_measure
        where low_category_key is not null or high_category_key is not null
    ) using (source_id, column_key, category_key)
),

measured as (
    select
        source.source_id,
        source.geography_year,
        received.retrieved_on,
        measure.indicator_id,
        cbs_area_code(cell.area_key) as area_code,
        coalesce(source.figures_year, year_of(left(cell.period_key, 4))) as year,
        -- by the catalog or the table's own metadata
        is_provisional_in(measure.is_provisional, measure.provisional_years, year)
            as is_provisional,
        coalesce(measure.is_never_revised, false) as is_never_revised,
        coalesce(cell.period_key, source.figures_year::varchar) as year_text,
        cell.value_text,
        cell.attribute,
        cell.is_blank,
        cell.value_text is null or cell.is_withheld or cell.is_blank as is_missing,
        cell.number * measure.scale as value,
        error_with_rounding(
            (high.number - low.number) * abs(measure.scale) / (2 * 1.96),
            measure.rounded_to * abs(measure.scale)
        ) as standard_error,
        coalesce(low.is_strange, false) or coalesce(high.is_strange, false)
        or coalesce(high.number < low.number, false) as is_margin_strange,
        -- a period that is provisional says so, or its label ends in * or **
        contains(lower(coalesce(period.status, '')), 'voorlopig')
        or coalesce(ends_with(cbs_text(period.title), '*'), false) as is_period_provisional,
    from cell
    join catalog.source as source using (source_id)
    left join meta.source as received using (source_id)
    join catalog.source_measure as measure
        on measure.source_id = cell.source_id
        and measure.column_key = cell.column_key
        and measure.category_key = cell.category_key
    left join margin as low
        on low.source_id = cell.source_id
        and low.area_key = cell.area_key
        and low.period_key is not distinct from cell.period_key
        and low.column_key = cell.column_key
        and low.category_key = measure.low_category_key
    left join margin as high
        on high.source_id = cell.source_id
        and high.area_key = cell.area_key
        and high.period_key is not distinct from cell.period_key
        and high.column_key = cell.column_key
        and high.category_key = measure.high_category_key
    left join raw.cbs_code as period
        on period.source_id = cell.source_id
        and period.dimension = source.period_dimension
        and period.code_key = cell.period_key
),

filled as (
    select source_id, indicator_id, year, left(area_code, 2) as level,
        count(*) as areas,
        count(*) filter (where not is_missing) as figures,
    from measured
    group by all
),

-- some tables list gemeenten that are no more, or that take no part: of these they have no figure
living as (
    select source_id, year, left(area_code, 2) as level,
        count(distinct area_code) filter (where not is_missing) as living_areas,
    from measured
    group by all
),

-- what is withheld is withheld of some: a level of areas with next to none is not published yet
published as (
    select
        filled.source_id,
        filled.indicator_id,
        filled.year,
        filled.level,
        bool_or(figures > 0) over (partition by filled.source_id, filled.indicator_id, filled.year)
            as is_published,
        case
            when not is_published then 'not_yet_published'
            when figures > 0 and figures >= rule('level_least_share') * living_areas then null
            -- of a few small places all may be withheld; the country never is
            when filled.level <> 'NL' and areas < rule('level_least_areas') then null
            when of_level.figures_ever = 0 and of_all.years_published >= rule('level_least_years')
                then 'not_applicable'
            else 'not_yet_published'
        end as level_status,
    from filled
    join living
        on living.source_id = filled.source_id
        and living.year is not distinct from filled.year
        and living.level is not distinct from filled.level
    join (
        select indicator_id, level, sum(figures) as figures_ever,
        from filled
        group by all
    ) as of_level
        on of_level.indicator_id = filled.indicator_id
        and of_level.level is not distinct from filled.level
    join (
        select indicator_id, count(distinct year) filter (where figures > 0) as years_published,
        from filled
        group by all
    ) as of_all
        on of_all.indicator_id = filled.indicator_id
)

select
    measured.source_id,
    measured.area_code,
    coalesce(measured.geography_year, measured.year) as geography_year,
    measured.year,
    measured.year_text,
    measured.indicator_id,
    measured.value_text,
    measured.attribute,
    if(is_missing, null, value) as value,
    if(is_missing, null, standard_error) as standard_error,
    case
        when is_blank and published.is_published then 'not_applicable'
        when is_missing then coalesce(published.level_status, 'suppressed')
        when is_provisional or is_period_provisional then 'provisional'
        else 'final'
    end as status,
    status = 'provisional' and is_never_revised as is_never_revised,
    -- what is wrong with the cell by itself, whatever stands elsewhere
    case
        when measured.year is null then 'not_a_year'
        when not is_possible_year(measured.year, retrieved_on) then 'impossible_year'
        when is_missing then null
        -- v4 says of a cell what is special about it; what we do not know we do not guess
        when attribute is not null then 'unknown_attribute'
        when value is null then 'not_a_number'
        when is_margin_strange then 'not_a_margin'
        when not value between indicator.range_low and indicator.range_high then 'out_of_range'
    end as fault,
from measured
join catalog.indicator as indicator using (indicator_id)
join published
    on published.source_id = measured.source_id
    and published.indicator_id = measured.indicator_id
    and published.year is not distinct from measured.year
    and published.level is not distinct from left(measured.area_code, 2)
-- of what cannot be placed, or is asked for otherwise today, no figure is taken
anti join meta.missing_measure as missing
    on missing.source_id = measured.source_id
    and missing.indicator_id = measured.indicator_id
    and missing.year = measured.year
