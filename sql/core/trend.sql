-- the class of one area, indicator, axis and edition year, with every figure behind it
with bounded as (
    select
        fit.*,
        noise.noise_variance,
        area.area_kind,
        -- 12 is the weight of the pooled noise: a noisier area widens its own margin
        sqrt(
            (12 * (fit.sampling_variance + noise.noise_variance) + fit.residual_sum)
            / (12 + fit.degrees_of_freedom)
            / fit.year_spread
        ) as slope_error,
    from core.trend_fit as fit
    join core.place as area using (area_code)
    left join core.trend_noise as noise
        on noise.area_kind = if(area.area_kind = 'programme_area', 'wijk', area.area_kind)
        and noise.indicator_id = fit.indicator_id
        and noise.edition_year = fit.edition_year
),

-- 1.75 and 0.87 are the 95% and 80% quantiles of t at 14 to 18 degrees of freedom, 2.24 the 98%
tested as (
    select
        *,
        is_sufficient and score_slope <= -1 and score_slope + 1.75 * slope_error < 0
            as is_deteriorating,
        is_sufficient and score_slope >= 1 and score_slope - 1.75 * slope_error > 0
            as is_improving,
        is_sufficient and score_slope + 1.75 * slope_error < 1 as is_entering,
        is_sufficient and score_slope + 2.24 * slope_error < 1 as is_entering_strictly,
        is_sufficient and score_slope + 0.87 * slope_error < 1 as is_holding,
    from bounded
),

gated as (
    select
        *,
        count(*) filter (where is_entering) over same_indicator
        / nullif(count(*) filter (where is_sufficient) over same_indicator, 0) as entering_share,
        count(*) filter (where not is_holding) over since_first as holding_run,
    from tested
    window
        same_indicator as (partition by area_kind, indicator_id, edition_year),
        since_first as (
            partition by area_code, indicator_id order by edition_year
            rows between unbounded preceding and current row
        )
),

-- an alert lasts from the edition that enters it until the first that no longer holds it
alerted as (
    select
        *,
        is_holding and bool_or(is_entering) over (
            partition by area_code, indicator_id, holding_run
            order by edition_year
            rows between unbounded preceding and current row
        ) as is_alert,
    from gated
),

counted as (
    select
        *,
        count(*) filter (where not is_alert) over (
            partition by area_code, indicator_id order by edition_year
            rows between unbounded preceding and current row
        ) as alert_run,
    from alerted
)

select
    edition_year,
    area_code,
    area_kind,
    indicator_id,
    'own' as axis,
    case
        when not is_sufficient then 'insufficient'
        when is_deteriorating then 'deteriorating'
        when is_improving then 'improving'
        when is_alert then 'stagnating'
        else 'inconclusive'
    end as class,
    is_alert,
    is_alert and not is_entering as is_held,
    is_entering
    and not is_last_provisional
    and (entering_share >= 0.25 or is_entering_strictly) as is_new_alert_allowed,
    count(*) filter (where is_alert) over (
        partition by area_code, indicator_id, alert_run
        order by edition_year
        rows between unbounded preceding and current row
    ) as editions_in_a_row,
    points,
    first_year,
    last_year,
    last_value,
    is_last_provisional,
    source_id,
    meaningful_change,
    score_slope,
    slope_error,
    residual_sum,
    sampling_variance,
    noise_variance,
    degrees_of_freedom,
    year_spread,
    suppressed_share,
    entering_share,
from counted
