-- the year-to-year noise of one indicator, axis and edition year, pooled over all its areas
with assessed as (
    select
        noise_id,
        series_id,
        axis,
        edition_year,
        residual_sum,
        degrees_of_freedom,
        sampling_variance,
        -- rounded, so that areas that are equally noisy are left out together or not at all
        core.to_score(residual_sum / degrees_of_freedom) as mean_residual,
    from core.trend_fit
    -- areas made of parts are too few to pool, and so are those of one programme
    where is_sufficient and not has_own_change
),

-- the noisiest are left out, so that a few wild areas do not widen every margin
limited as (
    select noise_id, quantile_disc(mean_residual, rule('quiet_share')) as noisy,
    from assessed
    group by all
),

pooled as (
    select
        noise_id,
        any_value(assessed.series_id) as series_id,
        any_value(assessed.axis) as axis,
        any_value(assessed.edition_year) as edition_year,
        count(*) as series,
        -- decimals add up to the same in every order, so that two builds are alike
        greatest(
            0,
            sum(
                greatest(
                    least(
                        assessed.residual_sum
                        - assessed.degrees_of_freedom * assessed.sampling_variance,
                        1e20
                    ),
                    -1e20
                )::decimal(38, 12)
            )::double
            / sum(assessed.degrees_of_freedom)
        ) as noise_variance,
    from assessed
    join limited using (noise_id)
    where assessed.mean_residual <= limited.noisy
    group by noise_id
)

select
    pooled.noise_id,
    series.area_kind,
    series.indicator_id,
    pooled.axis,
    pooled.edition_year,
    pooled.series,
    pooled.noise_variance,
from pooled
join core.trend_series as series using (series_id)
