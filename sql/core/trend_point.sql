-- one year of a series, with what it is compared with: series, line and year
with definition_break as (
    select observed.indicator_id, observed.year, count(definition_break.year) as segment,
    from (select distinct indicator_id, year from core.observation) as observed
    left join catalog.indicator_break as definition_break
        on definition_break.indicator_id = observed.indicator_id
        and definition_break.year <= observed.year
    group by all
),

of_gemeente as (
    select area_code, indicator_id, year, boundary_segment
    from core.observation
    where starts_with(area_code, 'GM') and boundary_segment > 0
),

reference as (
    select area_code, programme_id, indicator_id, year, comparator, value
    from core.benchmark
    where isfinite(value)
),

-- the areas of the programme itself, or the group of gemeenten it chose
of_programme as (
    select series.series_id, reference.year, reference.value
    from core.trend_series as series
    join reference
        on reference.area_code = series.area_code
        and reference.indicator_id = series.indicator_id
        and reference.comparator = series.programme_comparator
        and reference.programme_id = series.programme_id

    union all by name

    select series.series_id, reference.year, reference.value
    from core.trend_series as series
    join reference
        on reference.area_code = series.area_code
        and reference.indicator_id = series.indicator_id
        and reference.comparator = series.programme_comparator
    where reference.programme_id is null
),

placed as (
    select
        series.series_id,
        series.programme_id,
        observation.year,
        if(isfinite(observation.value), observation.value, null) as value,
        observation.standard_error,
        observation.status,
        observation.source_id,
        -- a line may step where a definition or a boundary changed, also that of the gemeente
        definition_break.segment * 10000 + observation.boundary_segment * 100
        + coalesce(of_gemeente.boundary_segment, 0) as segment,
        gemeente.value as gemeente_value,
        nation.value as nl_value,
        programme.value as programme_value,
    from core.trend_series as series
    join core.observation as observation
        on observation.area_code = series.area_code
        and observation.indicator_id = series.indicator_id
        and observation.status <> 'not_comparable'
    join definition_break
        on definition_break.indicator_id = observation.indicator_id
        and definition_break.year = observation.year
    left join of_gemeente
        on of_gemeente.area_code = series.gemeente_code
        and of_gemeente.indicator_id = observation.indicator_id
        and of_gemeente.year = observation.year
    left join reference as gemeente
        on gemeente.area_code = series.area_code
        and gemeente.indicator_id = series.indicator_id
        and gemeente.year = observation.year
        and gemeente.comparator = 'gemeente'
    left join reference as nation
        on nation.area_code = series.area_code
        and nation.indicator_id = series.indicator_id
        and nation.year = observation.year
        and nation.comparator = 'nl'
    left join of_programme as programme
        on programme.series_id = series.series_id
        and programme.year = observation.year
),

-- a reference that lacks some of the years is compared in a line of its own, over common years
counted as (
    select
        series_id,
        count(value) as values,
        count(gemeente_value) filter (where value is not null) as of_gemeente,
        count(nl_value) filter (where value is not null) as of_nl,
        count(programme_value) filter (where value is not null) as of_programme,
    from placed
    group by all
),

line as (
    select series_id, 'own' as line,
        of_gemeente = values as has_gemeente,
        of_nl = values as has_nl,
        of_programme = values as has_programme,
    from counted

    union all by name

    select series_id, 'gemeente' as line, true as has_gemeente, false as has_nl,
        false as has_programme,
    from counted
    where of_gemeente between 1 and values - 1

    union all by name

    select series_id, 'nl' as line, false as has_gemeente, true as has_nl,
        false as has_programme,
    from counted
    where of_nl between 1 and values - 1

    union all by name

    select series_id, 'programme' as line, false as has_gemeente, false as has_nl,
        true as has_programme,
    from counted
    where of_programme between 1 and values - 1
)

select
    placed.series_id,
    line.line,
    placed.year,
    case line.line
        when 'gemeente' then if(placed.gemeente_value is null, null, placed.value)
        when 'nl' then if(placed.nl_value is null, null, placed.value)
        when 'programme' then if(placed.programme_value is null, null, placed.value)
        else placed.value
    end as value,
    placed.standard_error,
    placed.status,
    placed.source_id,
    placed.segment,
    if(line.has_gemeente and placed.value is not null, placed.gemeente_value, null)
        as gemeente_value,
    if(line.has_nl and placed.value is not null, placed.nl_value, null) as nl_value,
    if(line.has_programme and placed.value is not null, placed.programme_value, null)
        as programme_value,
from placed
join line using (series_id)
