-- the year-to-year noise of one indicator, axis and edition year, pooled over all its areas
with assessed as (
    select
        -- areas made of parts are too few to pool, and so are those of one programme
        series.area_kind,
        series.indicator_id,
        fit.axis,
        fit.edition_year,
        fit.residual_sum,
        fit.degrees_of_freedom,
        fit.sampling_variance,
    from core.trend_fit as fit
    join core.trend_series as series using (series_id)
    where fit.is_sufficient and not series.has_own_change
),

-- the noisiest twentieth is left out, so that a few wild areas do not widen every margin
limited as (
    select area_kind, indicator_id, axis, edition_year,
        quantile_disc(residual_sum / degrees_of_freedom, 0.95) as noisy,
    from assessed
    group by all
)

select
    assessed.area_kind,
    assessed.indicator_id,
    assessed.axis,
    assessed.edition_year,
    count(*) as series,
    greatest(
        0,
        sum(assessed.residual_sum - assessed.degrees_of_freedom * assessed.sampling_variance)
        / sum(assessed.degrees_of_freedom)
    ) as noise_variance,
from assessed
join limited using (area_kind, indicator_id, axis, edition_year)
where assessed.residual_sum / assessed.degrees_of_freedom <= limited.noisy
group by all
