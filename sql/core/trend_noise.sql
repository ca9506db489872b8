-- the year-to-year noise of one indicator, axis and edition year, pooled over all its areas
with assessed as (
    select
        -- areas made of parts are too few to pool, and so are those of one programme
        area_kind,
        indicator_id,
        axis,
        edition_year,
        residual_sum,
        degrees_of_freedom,
        sampling_variance,
        -- rounded, so that areas that are equally noisy are left out together or not at all
        round(residual_sum / degrees_of_freedom, 9) as mean_residual,
    from core.trend_fit
    where is_sufficient and not has_own_change
),

-- the noisiest twentieth is left out, so that a few wild areas do not widen every margin
limited as (
    select area_kind, indicator_id, axis, edition_year,
        quantile_disc(mean_residual, 0.95) as noisy,
    from assessed
    group by all
)

select
    assessed.area_kind,
    assessed.indicator_id,
    assessed.axis,
    assessed.edition_year,
    count(*) as series,
    -- decimals add up to the same in every order, so that two builds are alike
    greatest(
        0,
        sum(least(
            assessed.residual_sum - assessed.degrees_of_freedom * assessed.sampling_variance, 1e20
        )::decimal(38, 12))::double
        / sum(assessed.degrees_of_freedom)
    ) as noise_variance,
from assessed
join limited using (area_kind, indicator_id, axis, edition_year)
where assessed.mean_residual <= limited.noisy
group by all
