-- how one line stands against what matters: series, axis and edition year
-- a view of core.trend_fit with the noise of its indicator
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
usable as (
    select
        (pool.pool_id * 4 + axis.number) * 1000 + quiet.edition_year - 1500 as noise_id,
        case
            when axis.number = 3 then coalesce(quiet.gap_nl, quiet.own, noise.noise_variance)
            when pool.area_kind = 'programme_area' then coalesce(
                case axis.number
                    when 0 then quiet.own
                    when 1 then quiet.gap_gemeente
                    else quiet.gap_nl
                end,
                noise.noise_variance
            )
            else noise.noise_variance
        end as noise_variance,
    from (select distinct pool_id, area_kind, indicator_id from core.trend_series) as pool
    join quiet using (indicator_id)
    cross join (select unnest([0, 1, 2, 3]) as number) as axis
    left join core.trend_noise as noise
        on noise.noise_id = (pool.pool_id * 4 + axis.number) * 1000 + quiet.edition_year - 1500
),

bounded as (
    select
        fit.*,
        fit.usual_change / fit.meaningful_change as relative_change,
        relative_change * relative_change * usable.noise_variance as noise_variance,
        fit.sampling_variance + relative_change * relative_change * usable.noise_variance
            as usual_variance,
        -- 12 is the weight of the pooled noise: a noisier area widens its own margin
        (12 * usual_variance + residual_sum) / (12 + degrees_of_freedom) as pooled_variance,
        -- an area that scatters beyond what chance makes of the pooled noise is none of the pool
        coalesce(round((pooled_variance - 3 * usual_variance) * 1e9) > 0, false) as has_own_noise,
        -- with few years neighbouring errors move a line more than they widen its margin
        if(fit.points <= 5 or has_own_noise, 2.3, 1.9)::double as entry_errors,
    from core.trend_fit as fit
    left join usable using (noise_id)
),

-- less 1.25 for the years are few: so 1.75 errors are the 95% quantile of t at 2 to 8 of them
margined as (
    select
        * exclude (relative_change, usual_variance, pooled_variance),
        -- rounded as the score is
        round(
            sqrt(
                if(
                    has_own_noise,
                    residual_sum / greatest(degrees_of_freedom - 1.25, 0.08),
                    pooled_variance
                )
                / nullif(year_spread, 0)
            )
            * 1e9
        )
        / 1e9 as slope_error,
    from bounded
)

-- 1.75 and 2.24 are the 95% and 98% quantiles of t at 14 to 18 degrees of freedom. What enters and
-- what lasts were chosen where false, missed and flapping alerts are fewest: docs/method.md
select
    *,
    case
        when not is_sufficient then 'insufficient'
        when score_slope <= -1 and score_slope + 1.75 * slope_error < 0 then 'deteriorating'
        when score_slope >= 1 and score_slope - 1.75 * slope_error > 0 then 'improving'
        when score_slope + entry_errors * slope_error < 1 then 'entering'
        when score_slope + 0.7 * slope_error < 1 then 'holding'
        else 'open'
    end as outcome,
    -- with 98%, where few areas stand still
    score_slope + 2.24 * slope_error < 1 as is_strict,
from margined
