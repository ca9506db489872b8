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

remembered as (
    select indicator_id,
        max(autocorrelation) filter (where axis = 'own') as own,
        max(autocorrelation) filter (where axis = 'gap_gemeente') as gap_gemeente,
        max(autocorrelation) filter (where axis = 'gap_nl') as gap_nl,
    from core.trend_memory
    group by all
),

-- areas of programmes are few: they take the noise of all wijken, where there is any
usable as (
    select
        core.noise_id(pool.pool_id * 4 + axis.number, quiet.edition_year) as noise_id,
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
        case axis.number
            when 0 then remembered.own
            when 1 then remembered.gap_gemeente
            when 2 then remembered.gap_nl
            else coalesce(remembered.gap_nl, remembered.own)
        end as autocorrelation,
    from (select distinct pool_id, area_kind, indicator_id from core.trend_series) as pool
    join quiet using (indicator_id)
    left join remembered using (indicator_id)
    cross join (select unnest([0, 1, 2, 3]) as number) as axis
    left join core.trend_noise as noise
        on noise.noise_id = core.noise_id(pool.pool_id * 4 + axis.number, quiet.edition_year)
),

bounded as (
    select
        fit.*,
        fit.usual_change / fit.meaningful_change as relative_change,
        relative_change * relative_change * usable.noise_variance as noise_variance,
        fit.sampling_variance + relative_change * relative_change * usable.noise_variance
            as usual_variance,
        core.has_own_noise(residual_sum, degrees_of_freedom, usual_variance) as has_own_noise,
        usable.autocorrelation,
    from core.trend_fit as fit
    left join usable using (noise_id)
),

-- of its own noise an area has few degrees of freedom, and fewer still so that the margin is as sure
margined as (
    select
        * exclude (relative_change, usual_variance),
        -- rounded as the score is
        core.to_score(
            sqrt(
                if(
                    has_own_noise,
                    residual_sum / greatest(
                        degrees_of_freedom - rule('own_noise_fewer_degrees'),
                        rule('own_noise_least_degrees')
                    ),
                    core.pooled_variance(residual_sum, degrees_of_freedom, usual_variance)
                )
                * core.memory_inflation(autocorrelation)
                / nullif(year_spread, 0)
            )
        ) as slope_error,
    from bounded
)

select
    *,
    core.entry_errors(slope_error, has_own_noise, 1) as entry_errors,
    if(
        is_sufficient, core.outcome_of(score_slope, slope_error, has_own_noise, 1), 'insufficient'
    ) as outcome,
    -- the last years of the line alone: they may have turned up, or have stopped to improve
    core.to_score(slope_error * sqrt(year_spread / nullif(recent_spread, 0))) as recent_error,
    coalesce(
        recent_score >= rule('turn_size') and recent_score - score_slope > rule('turn_beyond_line'),
        false
    ) as is_turning,
    coalesce(
        recent_score + rule('flat_errors') * recent_error < 1
        and score_slope >= rule('flat_after_size')
        and score_slope - recent_score
        > rule('bend_errors') * sqrt(greatest(recent_error ** 2 - slope_error ** 2, 0)),
        false
    ) as is_flattening,
    -- more certain, where few areas stand still
    score_slope + rule('mail_errors') * slope_error < 1 as is_strict,
from margined
