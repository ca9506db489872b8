-- one straight line: series, axis and edition year
-- a view of the sums in core.trend_window, which all axes of a line share
with judged as (
    select
        * exclude (is_for_own, is_for_gemeente, is_for_nl, is_for_programme),
        'own' as axis,
        0 as axis_number,
    from core.trend_window
    where is_for_own

    union all by name

    select
        * exclude (is_for_own, is_for_gemeente, is_for_nl, is_for_programme),
        'gap_gemeente' as axis,
        1 as axis_number,
        gemeente_value as reference_value,
        mean_gemeente as reference_mean,
        gemeente_with_year as reference_with_year,
        gemeente_spread as reference_spread,
        with_gemeente as with_reference,
    from core.trend_window
    where is_for_gemeente

    union all by name

    select
        * exclude (is_for_own, is_for_gemeente, is_for_nl, is_for_programme),
        'gap_nl' as axis,
        2 as axis_number,
        nl_value as reference_value,
        mean_nl as reference_mean,
        nl_with_year as reference_with_year,
        nl_spread as reference_spread,
        with_nl as with_reference,
    from core.trend_window
    where is_for_nl

    union all by name

    select
        * exclude (is_for_own, is_for_gemeente, is_for_nl, is_for_programme),
        'gap_programme' as axis,
        3 as axis_number,
        programme_value as reference_value,
        mean_programme as reference_mean,
        programme_with_year as reference_with_year,
        programme_spread as reference_spread,
        with_programme as with_reference,
    from core.trend_window
    where is_for_programme
),

-- a mean change that is a share of the level compares developments in percent: the reference is
-- brought to the level of the area
fitted as (
    select
        *,
        if(is_relative, mean_value / nullif(reference_mean, 0), 1.0) as scale,
        if(axis = 'own', with_year, with_year - scale * reference_with_year)
        / nullif(year_spread, 0) as slope,
        if(axis = 'own', spread,
            spread - 2 * scale * with_reference + scale * scale * reference_spread)
            as total_spread,
        total_spread - slope * slope * year_spread as rest,
        points - segments - 1 as degrees_of_freedom,
    from judged
)

select
    -- one number for series and axis; one for area kind, indicator, axis and edition year
    series_id * 4 + axis_number as course_id,
    (pool_id * 4 + axis_number) * 1000 + edition_year - 1500 as noise_id,
    series_id,
    axis,
    line,
    edition_year,
    edition_number,
    has_own_change,
    direction,
    points,
    segments,
    first_year,
    last_year,
    last_value,
    is_last_provisional,
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
    if(rest <= 1e-12 * total_spread, 0.0, rest / (meaningful_change * meaningful_change))
        as residual_sum,
    coalesce(mean_square_error, 0) / (meaningful_change * meaningful_change)
        as sampling_variance,
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
