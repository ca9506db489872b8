-- the class of one series, axis and edition year, with every figure behind it
-- a view of core.trend_test with the alerts of core.trend_course
with judged as (
    select
        test.*,
        course.alerts >> test.edition_number & 1 = 1 as is_alert,
        -- the editions until this one without an alert
        ~course.alerts & ((2::bigint << test.edition_number) - 1) as quiet,
        -- the same line against half and double the size of what matters
        core.outcome_of(score_slope, slope_error, entry_errors, 0.5) as outcome_at_half,
        core.outcome_of(score_slope, slope_error, entry_errors, 2) as outcome_at_double,
        edition.entering_share,
        edition.suspected_breaks,
    from core.trend_test as test
    join core.trend_course as course using (course_id)
    join core.trend_edition as edition using (noise_id)
)

select
    judged.edition_year::integer as edition_year,
    judged.series_id,
    series.area_code,
    series.area_kind,
    series.programme_id,
    series.indicator_id,
    judged.axis,
    line,
    core.class_of(outcome, is_alert) as class,
    -- without a slope what is compared with has no level to compare developments by
    if(is_sufficient, null, coalesce(lack::varchar, 'size')) as lack,
    is_alert,
    is_alert and outcome not in ('deteriorating', 'entering') as is_held,
    outcome in ('deteriorating', 'entering')
    and not coalesce(is_last_provisional, false)
    and suspected_breaks is null
    and (entering_share >= rule('common_share') or is_strict) as is_new_alert_allowed,
    if(
        is_alert,
        edition_number + 1 - if(quiet = 0, 0, length(bin(quiet))),
        0
    )::integer as editions_in_a_row,
    -- without what went before
    if(is_sufficient, core.class_of(outcome_at_half, false), 'insufficient') as class_at_half,
    if(is_sufficient, core.class_of(outcome_at_double, false), 'insufficient') as class_at_double,
    points::integer as points,
    segments::integer as segments,
    first_year::integer as first_year,
    last_year::integer as last_year,
    last_value,
    gemeente_value,
    nl_value,
    reference_value,
    -- how much better the area is than what it is compared with; below 0 it is behind
    judged.direction * (last_value - reference_value) as gap,
    coalesce(is_last_provisional, false) as is_last_provisional,
    source.source_id,
    meaningful_change,
    usual_change,
    mean_value,
    scale,
    slope,
    score_slope,
    slope_error,
    residual_sum,
    sampling_variance,
    noise_variance,
    has_own_noise,
    entry_errors,
    degrees_of_freedom::integer as degrees_of_freedom,
    year_spread,
    suppressed_share,
    entering_share,
    suspected_breaks,
from judged
join core.trend_series as series using (series_id)
join core.trend_source as source using (source_number)
