-- the figures of a line within one definition, as lists by year: series, line and segment
-- dropped once read: core.trend_point has the figures
with gathered as (
    select
        series_id,
        line,
        segment,
        list(year) as years,
        list(value) as own_values,
        list(gemeente_value) filter (where gemeente_value is not null) as gemeente_values,
        list(nl_value) filter (where nl_value is not null) as nl_values,
        list(programme_value) filter (where programme_value is not null) as programme_values,
        list(coalesce(standard_error, 0.0)) as standard_errors,
        list(source_id) as source_ids,
        count(standard_error) > 0 as has_errors,
    from core.trend_point
    where value is not null
    group by all
),

-- rows came in any order
graded as (
    select *, list_grade_up(years) as by_year from gathered
),

in_order as (
    select
        series_id,
        line,
        segment,
        list_select(years, by_year) as years,
        list_select(own_values, by_year) as own_values,
        list_select(gemeente_values, by_year) as gemeente_values,
        list_select(nl_values, by_year) as nl_values,
        list_select(programme_values, by_year) as programme_values,
        if(has_errors, list_select(standard_errors, by_year), null) as standard_errors,
        list_select(source_ids, by_year) as source_ids,
    from graded
),

-- bit k stands for year k of the series
told as (
    select
        point.series_id,
        point.line,
        min(point.segment) filter (where point.value is not null)
        is not distinct from max(point.segment) filter (where point.value is not null)
            as is_alone,
        bit_or(if(point.status = 'suppressed', 1::bigint << (point.year - series.first_seen), 0))
            as suppressed_years,
        bit_or(if(
            point.status in ('final', 'provisional', 'suppressed'),
            1::bigint << (point.year - series.first_seen), 0
        )) as expected_years,
        bit_or(if(point.status = 'provisional', 1::bigint << (point.year - series.first_seen), 0))
            as provisional_years,
    from core.trend_point as point
    join core.trend_series as series using (series_id)
    group by all
)

select
    told.series_id,
    told.line,
    in_order.segment,
    told.is_alone,
    series.pool_id,
    series.has_own_change,
    series.direction,
    series.first_seen,
    series.window_years,
    series.change_per_year,
    series.change_relative,
    series.usual_per_year,
    series.usual_relative,
    -- a series of a programme is for its reference alone, unless it has a size of its own
    series.programme_id is null or series.has_own_change as is_whole,
    is_whole and told.line = 'own' as is_for_own,
    is_whole and in_order.gemeente_values is not null as is_for_gemeente,
    is_whole and in_order.nl_values is not null as is_for_nl,
    in_order.programme_values is not null as is_for_programme,
    in_order.own_values,
    in_order.gemeente_values,
    in_order.nl_values,
    in_order.programme_values,
    in_order.source_ids,
    -- what is summed is counted from the first, so that squares stay small
    list_transform(in_order.years, year -> (year - series.first_seen)::double) as t,
    list_transform(in_order.own_values, v -> v - in_order.own_values[1]) as y,
    list_transform(in_order.gemeente_values, v -> v - in_order.gemeente_values[1]) as g,
    list_transform(in_order.nl_values, v -> v - in_order.nl_values[1]) as l,
    list_transform(in_order.programme_values, v -> v - in_order.programme_values[1]) as p,
    in_order.standard_errors as e,
    coalesce(
        list_sum(list_transform(in_order.years, year -> 1::bigint << (year - series.first_seen))),
        0
    )::bigint as seen_years,
    told.suppressed_years,
    told.expected_years,
    told.provisional_years,
from told
join core.trend_series as series using (series_id)
left join in_order
    on in_order.series_id = told.series_id
    and in_order.line = told.line
