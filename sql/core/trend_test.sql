-- how one line stands against what matters, and for how long: series, axis and edition year
-- dropped once read: core.trend has what a class rests on
with quiet as (
    select edition_year, indicator_id,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'own') as own,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'gap_gemeente')
            as gap_gemeente,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'gap_nl') as gap_nl,
    from core.trend_noise
    group by all
),

-- areas of programmes are few: they take the noise of all wijken, where there is any
bounded as (
    select
        fit.fit_id,
        fit.axis,
        fit.edition_year,
        fit.is_sufficient,
        fit.score_slope,
        series.area_kind,
        series.indicator_id,
        (fit.usual_change / fit.meaningful_change) ** 2 * case
            when fit.axis = 'gap_programme' then coalesce(quiet.gap_nl, quiet.own, noise.noise_variance)
            when series.area_kind = 'programme_area' then coalesce(
                case fit.axis
                    when 'own' then quiet.own
                    when 'gap_gemeente' then quiet.gap_gemeente
                    else quiet.gap_nl
                end,
                noise.noise_variance
            )
            else noise.noise_variance
        end as pooled_variance,
        -- with few years neighbouring errors move a line more than they widen its margin
        if(fit.points <= 5, 2.3, 1.9)::double as entry_errors,
        fit.sampling_variance,
        fit.residual_sum,
        fit.degrees_of_freedom,
        fit.year_spread,
    from core.trend_fit as fit
    join core.trend_series as series using (series_id)
    left join quiet
        on quiet.edition_year = fit.edition_year
        and quiet.indicator_id = series.indicator_id
    left join core.trend_noise as noise
        on noise.area_kind = series.area_kind
        and noise.indicator_id = series.indicator_id
        and noise.axis = fit.axis
        and noise.edition_year = fit.edition_year
),

-- 12 is the weight of the pooled noise: a noisier area widens its own margin
margined as (
    select
        fit_id,
        axis,
        edition_year,
        is_sufficient,
        score_slope,
        entry_errors,
        area_kind,
        indicator_id,
        pooled_variance as noise_variance,
        sqrt(
            (12 * (sampling_variance + pooled_variance) + residual_sum)
            / (12 + degrees_of_freedom)
            / year_spread
        ) as slope_error,
    from bounded
),

-- 1.75 and 2.24 are the 95% and 98% quantiles of t at 14 to 18 degrees of freedom. What enters and
-- what lasts were chosen where false, missed and flapping alerts are fewest: docs/method.md
tested as (
    select
        *,
        is_sufficient and score_slope <= -1 and score_slope + 1.75 * slope_error < 0
            as is_deteriorating,
        is_sufficient and score_slope >= 1 and score_slope - 1.75 * slope_error > 0
            as is_improving,
        is_deteriorating
        or (is_sufficient and score_slope + entry_errors * slope_error < 1) as is_entering,
        is_entering and score_slope + 2.24 * slope_error < 1 as is_entering_strictly,
        is_deteriorating
        or (is_sufficient and score_slope + 0.7 * slope_error < 1) as is_holding,
    from margined
),

-- an alert lasts from the edition that enters it until the first that no longer holds it
entered as (
    select
        * exclude (score_slope),
        max(if(is_entering, edition_year, null)) over until_now as entered_in,
        max(if(is_holding, null, edition_year)) over until_now as let_go_in,
        min(edition_year) over until_now as first_edition,
    from tested
    window until_now as (
        partition by fit_id // 1000 order by fit_id
        rows between unbounded preceding and current row
    )
),

alerted as (
    select
        * exclude (entered_in, let_go_in),
        coalesce(entered_in > coalesce(let_go_in, 0), false) as is_alert,
    from entered
)

select
    * exclude (is_holding, first_edition),
    if(
        is_alert,
        edition_year - coalesce(
            max(if(is_alert, null, edition_year)) over until_now, first_edition - 1
        ),
        0
    )::integer as editions_in_a_row,
from alerted
window until_now as (
    partition by fit_id // 1000 order by fit_id
    rows between unbounded preceding and current row
)
