-- the figures of a line within one definition, as lists by year: series, line and segment
-- dropped once read: core.trend_point has the figures
with gathered as (
    select
        series_id,
        line,
        segment,
        list(year) as years,
        list(value) as own_values,
        list(gemeente_value) as gemeente_values,
        list(nl_value) as nl_values,
        list(programme_value) as programme_values,
        list(coalesce(standard_error, 0.0)) as standard_errors,
        list(status = 'provisional') as are_provisional,
        list(source_id) as source_ids,
        count(gemeente_value) > 0 as has_gemeente,
        count(nl_value) > 0 as has_nl,
        count(programme_value) > 0 as has_programme,
        count(standard_error) > 0 as has_errors,
    from core.trend_point
    where value is not null
    group by all
),

in_order as (
    select
        series_id,
        line,
        segment,
        list_grade_up(years) as by_year,
        list_select(years, by_year) as years,
        list_select(own_values, by_year) as own_values,
        if(has_gemeente, list_select(gemeente_values, by_year), null) as gemeente_values,
        if(has_nl, list_select(nl_values, by_year), null) as nl_values,
        if(has_programme, list_select(programme_values, by_year), null) as programme_values,
        if(has_errors, list_select(standard_errors, by_year), null) as standard_errors,
        list_select(are_provisional, by_year) as are_provisional,
        list_select(source_ids, by_year) as source_ids,
    from gathered
),

-- bit k stands for year k of the series
told as (
    select
        point.series_id,
        bit_or(if(point.status = 'suppressed', 1::bigint << (point.year - series.first_seen), 0))
            as suppressed_years,
        bit_or(if(
            point.status in ('final', 'provisional', 'suppressed'),
            1::bigint << (point.year - series.first_seen), 0
        )) as expected_years,
    from core.trend_point as point
    join core.trend_series as series using (series_id)
    where point.line = 'own'
    group by all
)

select
    told.series_id,
    coalesce(in_order.line, 'own') as line,
    in_order.segment,
    count(*) over (partition by told.series_id, in_order.line) = 1 as is_alone,
    -- a series of a programme is for its reference alone, unless it has a size of its own
    series.programme_id is null or series.has_own_change as is_whole,
    is_whole and coalesce(in_order.line, 'own') = 'own' as is_for_own,
    is_whole and in_order.gemeente_values is not null as is_for_gemeente,
    is_whole and in_order.nl_values is not null as is_for_nl,
    in_order.programme_values is not null as is_for_programme,
    in_order.own_values,
    in_order.gemeente_values,
    in_order.nl_values,
    in_order.programme_values,
    in_order.are_provisional,
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
from told
join core.trend_series as series using (series_id)
left join in_order using (series_id)
