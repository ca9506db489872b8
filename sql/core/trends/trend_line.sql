-- the figures of a line within one definition, as lists by year: series, line and segment
with definition_break as (
    select observed.indicator_id, observed.year, count(definition_break.year) as segment
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

-- of areas and indicators that are not judged, buurten above all, no figure is gathered
judged as (
    select distinct area_code, indicator_id, gemeente_code, first_seen, last_seen
    from core.trend_series
),

figure as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        -- of what is larger no square can be kept
        if(abs(observation.value) < 1e60, observation.value, null) as value,
        if(abs(observation.standard_error) < 1e60, observation.standard_error, null)
            as standard_error,
        source.source_number,
        -- a line may step where a definition or a boundary changed, also that of the gemeente
        (
            definition_break.segment * 10000 + observation.boundary_segment * 100
            + coalesce(of_gemeente.boundary_segment, 0)
        )::integer as segment,
        -- bit k stands for year k of the series, of which there are 62 at most
        1::bigint << (observation.year - judged.first_seen) as bit,
        observation.status,
        coalesce(observation.is_never_revised, false) as is_never_revised,
        judged.last_seen - judged.first_seen + 1 as years_at_most,
    from core.observation as observation
    join judged using (area_code, indicator_id)
    join definition_break using (indicator_id, year)
    join core.trend_source as source
        on source.source_id is not distinct from observation.source_id
    left join of_gemeente
        on of_gemeente.area_code = judged.gemeente_code
        and of_gemeente.indicator_id = observation.indicator_id
        and of_gemeente.year = observation.year
    where observation.status <> 'not_comparable'
        and observation.year between judged.first_seen and judged.last_seen
),

-- in the order of the years
own as (
    select
        area_code,
        indicator_id,
        min(year, years_at_most) filter (where value is not null) as years,
        arg_min(value, year, years_at_most) as figures,
        if(
            count(standard_error) filter (where value is not null) > 0,
            arg_min(coalesce(standard_error, 0.0), year, years_at_most)
                filter (where value is not null),
            null
        ) as errors,
        arg_min(source_number, year, years_at_most) filter (where value is not null) as sources,
        arg_min(segment, year, years_at_most) filter (where value is not null) as segments,
        bit_or(bit) filter (where status = 'suppressed') as suppressed,
        bit_or(bit) filter (where status in ('final', 'provisional', 'suppressed')) as expected,
        bit_or(bit) filter (where status = 'provisional') as provisional,
        bit_or(bit) filter (where status = 'provisional' and not is_never_revised) as revisable,
    from figure
    group by all
),

reference as (
    select area_code, indicator_id, comparator, programme_id,
        min(year, years_at_most) as years,
        arg_min(value, year, years_at_most) as figures,
    from core.benchmark
    cross join (
        select
            min(first_seen) as first_year,
            max(last_seen) as last_year,
            last_year - first_year + 1 as years_at_most,
        from core.trend_series
    ) as span
    where abs(value) < 1e60 and year between span.first_year and span.last_year
    group by all
),

-- the areas of the programme itself, or the group of gemeenten it chose
of_programme as (
    select series.series_id, reference.years, reference.figures
    from core.trend_series as series
    join reference
        on reference.area_code = series.area_code
        and reference.indicator_id = series.indicator_id
        and reference.comparator = series.programme_comparator
    where coalesce(reference.programme_id, series.programme_id) = series.programme_id
),

-- what each figure is compared with, null where there is none
compared as (
    select
        series.series_id,
        series.first_seen,
        own.* exclude (area_code, indicator_id),
        if(
            gemeente.years = own.years,
            gemeente.figures,
            list_transform(
                own.years, year -> gemeente.figures[list_position(gemeente.years, year)]
            )
        ) as of_gemeente,
        if(
            nation.years = own.years,
            nation.figures,
            list_transform(
                own.years, year -> nation.figures[list_position(nation.years, year)]
            )
        ) as of_nl,
        if(
            programme.years = own.years,
            programme.figures,
            list_transform(
                own.years, year -> programme.figures[list_position(programme.years, year)]
            )
        ) as of_programme,
    from core.trend_series as series
    join own using (area_code, indicator_id)
    left join reference as gemeente
        on gemeente.area_code = series.area_code
        and gemeente.indicator_id = series.indicator_id
        and gemeente.comparator = 'gemeente'
    left join reference as nation
        on nation.area_code = series.area_code
        and nation.indicator_id = series.indicator_id
        and nation.comparator = 'nl'
    left join of_programme as programme using (series_id)
),

-- a reference that lacks some of the years is compared in a line of its own, over common years
line as (
    select
        * replace (
            if(list_count(of_gemeente) = len(years), of_gemeente, null) as of_gemeente,
            if(list_count(of_nl) = len(years), of_nl, null) as of_nl,
            if(list_count(of_programme) = len(years), of_programme, null) as of_programme
        ),
        'own'::enum ('own', 'gemeente', 'nl', 'programme') as line,
        segments as line_segments,
    from compared

    union all by name

    select
        * replace (
            null as of_nl,
            null as of_programme
        ),
        'gemeente'::enum ('own', 'gemeente', 'nl', 'programme') as line,
        list_transform(segments, (s, i) -> if(of_gemeente[i] is null, null, s)) as line_segments,
    from compared
    where list_count(of_gemeente) between 1 and len(years) - 1

    union all by name

    select
        * replace (
            null as of_gemeente,
            null as of_programme
        ),
        'nl'::enum ('own', 'gemeente', 'nl', 'programme') as line,
        list_transform(segments, (s, i) -> if(of_nl[i] is null, null, s)) as line_segments,
    from compared
    where list_count(of_nl) between 1 and len(years) - 1

    union all by name

    select
        * replace (
            null as of_gemeente,
            null as of_nl
        ),
        'programme'::enum ('own', 'gemeente', 'nl', 'programme') as line,
        list_transform(segments, (s, i) -> if(of_programme[i] is null, null, s)) as line_segments,
    from compared
    where list_count(of_programme) between 1 and len(years) - 1
),

parted as (
    select
        *,
        -- a series without figures has one part too: it has years in which they were withheld
        case
            when list_min(line_segments) is not distinct from list_max(line_segments)
                then [list_min(line_segments)]
            else list_distinct(line_segments)
        end as parts,
        unnest(parts) as segment,
    from line
),

chosen as (
    select
        * exclude (line_segments, parts),
        len(parts) = 1 as is_alone,
        if(
            is_alone and list_count(line_segments) = len(line_segments),
            null,
            list_transform(line_segments, s -> s is not distinct from segment)
        ) as chosen,
    from parted
),

narrowed as (
    select
        series_id,
        line,
        segment,
        is_alone,
        first_seen,
        if(chosen is null, years, list_where(years, chosen)) as years,
        if(chosen is null, figures, list_where(figures, chosen)) as own_values,
        if(chosen is null, errors, list_where(errors, chosen)) as standard_errors,
        if(chosen is null, sources, list_where(sources, chosen)) as sources,
        if(chosen is null, of_gemeente, list_where(of_gemeente, chosen)) as gemeente_values,
        if(chosen is null, of_nl, list_where(of_nl, chosen)) as nl_values,
        if(chosen is null, of_programme, list_where(of_programme, chosen)) as programme_values,
        suppressed,
        expected,
        provisional,
        revisable,
    from chosen
)

select
    narrowed.series_id,
    narrowed.line,
    narrowed.segment,
    narrowed.is_alone,
    series.first_seen,
    series.window_years,
    series.pool_id,
    series.direction,
    series.has_own_change,
    series.change_per_year,
    series.change_relative,
    series.usual_per_year,
    series.usual_relative,
    -- a series of a programme is for its reference alone, unless it has a size of its own
    series.programme_id is null or series.has_own_change as is_whole,
    is_whole and narrowed.line = 'own' as is_for_own,
    is_whole and narrowed.gemeente_values is not null as is_for_gemeente,
    is_whole and narrowed.nl_values is not null as is_for_nl,
    narrowed.programme_values is not null as is_for_programme,
    narrowed.own_values,
    narrowed.gemeente_values,
    narrowed.nl_values,
    narrowed.programme_values,
    narrowed.sources,
    list_transform(narrowed.years, year -> (year - series.first_seen)::double) as t,
    narrowed.standard_errors as e,
    coalesce(
        list_sum(list_transform(narrowed.years, year -> 1::bigint << (year - series.first_seen))),
        0
    )::bigint as seen_years,
    coalesce(narrowed.suppressed, 0) as suppressed_years,
    coalesce(narrowed.expected, 0) as expected_years,
    coalesce(narrowed.provisional, 0) as provisional_years,
    coalesce(narrowed.revisable, 0) as revisable_years,
from narrowed
join core.trend_series as series using (series_id)
