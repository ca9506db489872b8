-- the class of one series, axis and edition year, with every figure behind it
-- a view of core.trend_test with the alerts of core.trend_course
with judged as (
    select
        test.*,
        course.alerts >> test.edition_number & 1 = 1 as is_alert,
        course.unbent_alerts >> test.edition_number & 1 = 1 as is_unbent,
        -- the editions until this one without an alert
        ~course.alerts & ((2::bigint << test.edition_number) - 1) as quiet,
        -- of its run of alerts until this one, whether one was entered on a figure that is settled
        course.settled & ((2::bigint << test.edition_number) - 1)
        >> if(quiet = 0, 0, length(bin(quiet))) <> 0 as is_settled,
        -- the same line where half and double of what matters is asked
        core.outcome_of(score_slope, slope_error, has_own_noise, 0.5) as outcome_at_half,
        core.outcome_of(score_slope, slope_error, has_own_noise, 2) as outcome_at_double,
        edition.entering_share,
        edition.suspected_breaks,
        is_alert and outcome not in ('deteriorating', 'entering') as is_held,
        -- in usual sizes, that what is known of all lines is in
        coalesce(nullif(usual_change, 0) / nullif(meaningful_change, 0), 1) as size,
        slope_error / size as likely_error,
        -- an alert that is held was surer when it entered, and one that enters again is seen twice;
        -- of all that could have begun, one that begins is the one that chance lowered
        (
            score_slope - slope_error * case
                when is_held then rule('held_shift')
                when course.alerts & ((1::bigint << test.edition_number) - 1)
                    >> greatest(test.edition_number - 1, 0) = 1
                    then rule('lasting_shift')
                when course.assessed & ((1::bigint << test.edition_number) - 1) <> 0
                    then -rule('entered_shift')
                else 0
            end
        ) / size as likely_slope,
        prior.chances,
    from core.trend_test as test
    join core.trend_course as course using (course_id)
    join core.trend_edition as edition using (noise_id)
    left join core.trend_prior as prior using (noise_id)
),

-- on its own, so that the terms of a chance read a column each and do not compute it
within as (
    select
        * exclude (size, likely_slope, likely_error),
        1 / size as matters,
        core.slope_within(likely_slope, likely_error, matters) as slope_within,
        greatest(likely_error, rule('prior_least_error')) as error_within,
    from judged
),

weighed as (
    select
        * exclude (slope_within, error_within, chances),
        round(core.chance_from(slope_within, error_within, chances, matters), 4) as wrong_chance,
        round(
            1 - core.chance_from(
                slope_within, error_within, chances, rule('standstill_slope') * matters
            ),
            4
        ) as standstill_chance,
    from within
)

select
    weighed.edition_year::integer as edition_year,
    weighed.series_id,
    series.area_code,
    series.area_kind,
    series.programme_id,
    series.indicator_id,
    weighed.axis,
    line,
    core.class_of(outcome, is_alert) as class,
    -- without a slope what is compared with has no level to compare developments by
    if(is_sufficient, null, coalesce(lack::varchar, 'size')) as lack,
    is_alert,
    is_held,
    outcome in ('deteriorating', 'entering')
    and is_settled
    and not is_turning
    and suspected_breaks is null
    and (entering_share >= rule('common_share') or is_strict) as is_new_alert_allowed,
    is_unbent,
    case
        when class in ('stagnating', 'deteriorating') and is_turning then 'up'
        when class in ('improving', 'inconclusive') and is_flattening then 'down'
    end as bend,
    if(
        is_alert,
        edition_number + 1 - if(quiet = 0, 0, length(bin(quiet))),
        0
    )::integer as editions_in_a_row,
    -- of less, without what went before; an alert that is up is one where more is asked too
    if(is_sufficient, core.class_of(outcome_at_half, false), 'insufficient') as class_at_half,
    if(is_sufficient, core.class_of(outcome_at_double, is_alert), 'insufficient')
        as class_at_double,
    points::integer as points,
    segments::integer as segments,
    first_year::integer as first_year,
    last_year::integer as last_year,
    last_value,
    gemeente_value,
    nl_value,
    reference_value,
    -- how much better the area is than what it is compared with; below 0 it is behind
    weighed.direction * (last_value - reference_value) as gap,
    coalesce(is_last_provisional, false) as is_last_provisional,
    coalesce(is_last_revisable, false) as is_last_revisable,
    is_settled,
    source.source_id,
    meaningful_change,
    usual_change,
    mean_value,
    scale,
    slope,
    score_slope,
    slope_error,
    recent_slope,
    recent_score,
    recent_error,
    autocorrelation,
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
    if(is_alert, wrong_chance, null) as false_discovery_rate,
    if(is_sufficient, standstill_chance, null) as standstill_chance,
from weighed
join core.trend_series as series using (series_id)
join core.trend_source as source using (source_number)
