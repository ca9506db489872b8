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
        -- the pooled noise has its weight, so a noisier area widens its own margin
        (rule('pool_weight') * usual_variance + residual_sum)
        / (rule('pool_weight') + degrees_of_freedom) as pooled_variance,
        -- an area that scatters beyond what chance makes of the pooled noise is none of the pool
        coalesce(
            core.to_score(pooled_variance - rule('own_noise_ratio') * usual_variance) > 0, false
        ) as has_own_noise,
        -- with few years neighbouring errors move a line more than they widen its margin
        if(
            fit.points <= rule('short_points') or has_own_noise,
            rule('short_entry_errors'),
            rule('entry_errors')
        )::double as entry_errors,
    from core.trend_fit as fit
    left join usable using (noise_id)
),

-- of its own noise an area has few degrees of freedom, and fewer still so that the margin is as sure
margined as (
    select
        * exclude (relative_change, usual_variance, pooled_variance),
        -- rounded as the score is
        core.to_score(
            sqrt(
                if(
                    has_own_noise,
                    residual_sum / greatest(
                        degrees_of_freedom - rule('own_noise_fewer_degrees'),
                        rule('own_noise_least_degrees')
                    ),
                    pooled_variance
                )
                / nullif(year_spread, 0)
            )
        ) as slope_error,
    from bounded
)

select
    *,
    if(
        is_sufficient, core.outcome_of(score_slope, slope_error, entry_errors, 1), 'insufficient'
    ) as outcome,
    -- more certain, where few areas stand still
    score_slope + rule('mail_errors') * slope_error < 1 as is_strict,
from margined
