-- the straight lines through one window: series, line and edition year, the axes beside each other
-- the trace that rounding leaves where figures add up to nought is no level
with summed as (
    select
        * replace (
            if(abs(mean_value) <= 1e-12 * sqrt(greatest(spread, 0)), 0, mean_value) as mean_value,
            if(abs(mean_gemeente) <= 1e-12 * sqrt(greatest(gemeente_spread, 0)), 0, mean_gemeente)
                as mean_gemeente,
            if(abs(mean_nl) <= 1e-12 * sqrt(greatest(nl_spread, 0)), 0, mean_nl) as mean_nl,
            if(
                abs(mean_programme) <= 1e-12 * sqrt(greatest(programme_spread, 0)),
                0,
                mean_programme
            ) as mean_programme
        ),
    from core.trend_sum
),

scaled as (
    select
        *,
        coalesce(change_per_year, change_relative * abs(mean_value)) as change_given,
        -- beyond these no square can be kept
        if(change_given between 1e-60 and 1e60, change_given, null) as meaningful_change,
        coalesce(usual_per_year, usual_relative * abs(mean_value)) as usual_change,
        -- a mean change that is a share of the level compares developments in percent: what is
        -- compared with is brought to the level of the area
        if(change_relative is null, 1.0, mean_value / nullif(mean_gemeente, 0)) as gemeente_scale,
        if(change_relative is null, 1.0, mean_value / nullif(mean_nl, 0)) as nl_scale,
        if(change_relative is null, 1.0, mean_value / nullif(mean_programme, 0))
            as programme_scale,
    from summed
),

fitted as (
    select
        *,
        points - segments - 1 as degrees_of_freedom,
        meaningful_change * meaningful_change as unit,
        with_year / nullif(year_spread, 0) as own_slope,
        (with_year - gemeente_scale * gemeente_with_year) / nullif(year_spread, 0)
            as gemeente_slope,
        spread - 2 * gemeente_scale * with_gemeente
        + gemeente_scale * gemeente_scale * gemeente_spread as gemeente_total,
        (with_year - nl_scale * nl_with_year) / nullif(year_spread, 0)
            as nl_slope,
        spread - 2 * nl_scale * with_nl
        + nl_scale * nl_scale * nl_spread as nl_total,
        (with_year - programme_scale * programme_with_year) / nullif(year_spread, 0)
            as programme_slope,
        spread - 2 * programme_scale * with_programme
        + programme_scale * programme_scale * programme_spread as programme_total,
        spread - own_slope * own_slope * year_spread as own_rest,
        gemeente_total - gemeente_slope * gemeente_slope * year_spread as gemeente_rest,
        nl_total - nl_slope * nl_slope * year_spread as nl_rest,
        programme_total - programme_slope * programme_slope * year_spread as programme_rest,
    from scaled
)

select
    series_id,
    line,
    edition_year::smallint as edition_year,
    edition_number::tinyint as edition_number,
    pool_id,
    direction::tinyint as direction,
    has_own_change,
    points::tinyint as points,
    segments::tinyint as segments,
    degrees_of_freedom::tinyint as degrees_of_freedom,
    first_year::smallint as first_year,
    last_year::smallint as last_year,
    last_value,
    gemeente_value,
    nl_value,
    programme_value,
    is_last_provisional,
    is_last_revisable,
    source_number,
    suppressed_share,
    mean_value,
    year_spread,
    recent_spread,
    meaningful_change,
    usual_change,
    coalesce(mean_square_error, 0) / unit as sampling_variance,
    case
        when edition_year - last_year > rule('oldest_years') then 'old'
        when suppressed_share > rule('largest_suppressed_share') then 'suppressed'
        when points < rule('least_points')
            or last_year - first_year < rule('least_span_years')
            or degrees_of_freedom < 1
            then 'years'
        when coalesce(meaningful_change, 0) <= 0 then 'size'
    end::enum ('old', 'suppressed', 'years', 'size') as lack,
    -- null where the axis is not judged on this line; rounding of the sums may leave a trace of a
    -- residual where a line fits exactly
    if(is_for_own, {
        'scale': 1.0::double,
        'slope': own_slope,
        'recent_slope': recent_with_year / nullif(recent_spread, 0),
        'residual_sum': if(own_rest <= 1e-12 * spread, 0.0, own_rest / unit)
    }, null) as own,
    if(is_for_gemeente, {
        'scale': gemeente_scale,
        'slope': gemeente_slope,
        'recent_slope': (recent_with_year - gemeente_scale * recent_gemeente) / nullif(recent_spread, 0),
        'residual_sum': if(gemeente_rest <= 1e-12 * gemeente_total, 0.0, gemeente_rest / unit)
    }, null) as gemeente,
    if(is_for_nl, {
        'scale': nl_scale,
        'slope': nl_slope,
        'recent_slope': (recent_with_year - nl_scale * recent_nl) / nullif(recent_spread, 0),
        'residual_sum': if(nl_rest <= 1e-12 * nl_total, 0.0, nl_rest / unit)
    }, null) as nl,
    if(is_for_programme, {
        'scale': programme_scale,
        'slope': programme_slope,
        'recent_slope': (recent_with_year - programme_scale * recent_programme) / nullif(recent_spread, 0),
        'residual_sum': if(programme_rest <= 1e-12 * programme_total, 0.0, programme_rest / unit)
    }, null) as programme,
from fitted
