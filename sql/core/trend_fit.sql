-- one straight line: series, axis and edition year
-- dropped once read: core.trend has what a class rests on
with edition as (
    select series.series_id, unnest(generate_series(series.first_seen, last.year))::integer
            as edition_year,
    from core.trend_series as series
    cross join (select max(edition_year) as year from core.trend_window) as last
),

-- the references a series has at all, and the line that holds the sums for each
axis as (
    select
        series.series_id,
        unnest(
            if(
                series.programme_id is null or series.has_own_change,
                [
                    {'axis': 'own', 'line': 'own'},
                    {'axis': 'gap_gemeente', 'line': if(bool_or(point.line = 'gemeente'),
                        'gemeente', if(count(point.gemeente_value) > 0, 'own', null))},
                    {'axis': 'gap_nl', 'line': if(bool_or(point.line = 'nl'),
                        'nl', if(count(point.nl_value) > 0, 'own', null))},
                    {'axis': 'gap_programme', 'line': if(bool_or(point.line = 'programme'),
                        'programme', if(count(point.programme_value) > 0, 'own', null))}
                ],
                [
                    {'axis': 'gap_programme', 'line': if(bool_or(point.line = 'programme'),
                        'programme', if(count(point.programme_value) > 0, 'own', null))}
                ]
            ),
            recursive := true
        ),
    from core.trend_series as series
    join core.trend_point as point using (series_id)
    group by series.series_id, series.programme_id, series.has_own_change
),

-- a mean change that is a share of the level compares developments in percent: the reference is
-- brought to the level of the area
compared as (
    select
        axis.series_id,
        axis.axis,
        axis.line,
        edition.edition_year,
        series.direction,
        coalesce(window_.points, 0) as points,
        window_.segments,
        window_.mean_value,
        last.value as last_value,
        last.status as last_status,
        last.source_id,
        last.gemeente_value,
        last.nl_value,
        case axis.axis
            when 'gap_gemeente' then last.gemeente_value
            when 'gap_nl' then last.nl_value
            when 'gap_programme' then last.programme_value
        end as reference_value,
        window_.first_year,
        window_.last_year,
        window_.suppressed_share,
        window_.year_spread,
        window_.mean_square_error,
        nullif(
            coalesce(series.change_per_year, series.change_relative * abs(window_.mean_value)), 0
        ) as meaningful_change,
        coalesce(series.usual_per_year, series.usual_relative * abs(window_.mean_value))
            as usual_change,
        window_.with_year,
        window_.spread,
        if(series.change_relative is null, 1.0, window_.mean_value / nullif(case axis.axis
            when 'gap_gemeente' then window_.mean_gemeente
            when 'gap_nl' then window_.mean_nl
            when 'gap_programme' then window_.mean_programme
        end, 0)) as scale,
        case axis.axis
            when 'own' then 0.0
            when 'gap_gemeente' then window_.gemeente_with_year
            when 'gap_nl' then window_.nl_with_year
            else window_.programme_with_year
        end as reference_with_year,
        case axis.axis
            when 'own' then 0.0
            when 'gap_gemeente' then window_.gemeente_spread
            when 'gap_nl' then window_.nl_spread
            else window_.programme_spread
        end as reference_spread,
        case axis.axis
            when 'own' then 0.0
            when 'gap_gemeente' then window_.with_gemeente
            when 'gap_nl' then window_.with_nl
            else window_.with_programme
        end as with_reference,
    from axis
    join core.trend_series as series using (series_id)
    join edition using (series_id)
    left join core.trend_window as window_
        on window_.series_id = axis.series_id
        and window_.line = axis.line
        and window_.edition_year = edition.edition_year
    left join core.trend_point as last
        on last.series_id = window_.series_id
        and last.line = window_.line
        and last.year = window_.last_year
    where axis.line is not null
),

fitted as (
    select
        *,
        (with_year - if(axis = 'own', 0.0, scale * reference_with_year)) / nullif(year_spread, 0)
            as slope,
        if(axis = 'own', spread,
            spread - 2 * scale * with_reference + scale * scale * reference_spread) as total_spread,
        points - segments - 1 as degrees_of_freedom,
    from compared
)

select
    -- one number for series, axis and edition year, in that order
    (series_id::bigint * 4
        + list_position(['own', 'gap_gemeente', 'gap_nl', 'gap_programme'], axis) - 1) * 1000
    + edition_year - 1500 as fit_id,
    series_id,
    axis,
    line,
    edition_year,
    points,
    segments,
    first_year,
    last_year,
    last_value,
    last_status,
    source_id,
    gemeente_value,
    nl_value,
    reference_value,
    mean_value,
    scale,
    suppressed_share,
    year_spread,
    meaningful_change,
    usual_change,
    slope,
    direction * slope / meaningful_change as score_slope,
    -- rounding of the sums may leave a trace where the line fits exactly
    if(
        total_spread - slope * slope * year_spread <= 1e-12 * total_spread,
        0.0,
        (total_spread - slope * slope * year_spread) / (meaningful_change * meaningful_change)
    ) as residual_sum,
    coalesce(mean_square_error, 0) / (meaningful_change * meaningful_change) as sampling_variance,
    degrees_of_freedom,
    coalesce(
        points >= 4
        and last_year - first_year >= 3
        and edition_year - last_year <= 2
        and degrees_of_freedom >= 1
        and meaningful_change > 0
        and slope is not null
        and coalesce(suppressed_share, 0) <= 0.3,
        false
    ) as is_sufficient,
from fitted
