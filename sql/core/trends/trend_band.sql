-- the fitted line of one class in a year that it goes through, with its margin: series, axis, edition year and year
-- a view of core.trend and core.trend_point: what every chart draws
with point as (
    select
        trend.series_id,
        trend.axis,
        trend.edition_year,
        point.year,
        point.segment,
        trend.slope,
        trend.slope_error * trend.meaningful_change as margin_of_slope,
        trend.year_spread,
        trend.axis = if(indicator.judge in ('gap_nl', 'gap_gemeente'), indicator.judge, 'own')
            as is_judged,
        series.direction * trend.meaningful_change as agreed_slope,
        if(trend.axis = 'own', 1, series.direction) as turned,
        -- on a gap axis the lead on what is compared with: up is better
        turned * (
            point.value - case trend.axis
                when 'own' then 0.0
                when 'gap_gemeente' then trend.scale * point.gemeente_value
                when 'gap_nl' then trend.scale * point.nl_value
                else trend.scale * point.programme_value
            end
        ) as value,
    from core.trend as trend
    join core.trend_series as series using (series_id)
    join catalog.indicator as indicator on indicator.indicator_id = series.indicator_id
    join core.trend_point as point
        on point.series_id = trend.series_id
        and point.line = trend.line
        and point.year between trend.edition_year - series.window_years + 1 and trend.edition_year
    where trend.slope is not null
),

-- a definition with a single figure in the window tells nothing about change
used as (
    select *,
        count(*) over one_definition as points,
        avg(year) over one_definition as mean_year,
        avg(value) over one_definition as mean_value,
    from point
    window one_definition as (partition by series_id, axis, edition_year, segment)
    qualify points > 1
),

drawn as (
    select *,
        mean_value + turned * slope * (year - mean_year) as fitted,
        rule('margin_errors') * margin_of_slope
        * sqrt(greatest(year_spread, 0) / points + (year - mean_year) ** 2) as margin,
        -- from where the line begins, and with its steps
        if(
            is_judged,
            fitted + turned * (agreed_slope - slope)
            * (year - min(year) over (partition by series_id, axis, edition_year)),
            null
        ) as on_pace,
    from used
)

select
    series_id,
    axis,
    edition_year,
    year,
    segment,
    value as fit_value,
    fitted,
    fitted - margin as fitted_low,
    fitted + margin as fitted_high,
    on_pace,
from drawn
