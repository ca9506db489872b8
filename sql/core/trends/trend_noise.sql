-- the year-to-year noise of one indicator, axis and edition year, pooled over all its areas
with assessed as (
    select
        noise_id,
        series_id,
        axis,
        edition_year,
        residual_sum,
        degrees_of_freedom as degrees,
        sampling_variance,
        -- what is left of the scatter without that of the figures themselves, brought from the
        -- median of chance to its mean; rounded, so that equally noisy areas are in or out together
        core.to_score(
            residual_sum / (degrees * (1 - 2 / (9 * degrees)) ** 3) - sampling_variance
        ) as scatter,
    from core.trend_fit
    -- areas made of parts are too few to pool, and so are those of one programme
    where is_sufficient and not has_own_change
),

-- the median does not move with a few wild areas, however wild; where more than half have no scatter
-- at all it says nothing of the others
middle as (
    select
        noise_id,
        if(
            median(scatter) > 0 or max(sampling_variance) > 0,
            greatest(quantile_disc(scatter, 0.5), 0),
            core.mean_scatter(residual_sum, degrees, sampling_variance)
        ) as noise_variance,
    from assessed
    group by noise_id
),

-- what scatters beyond it has a noise of its own, and is left out; and once more, by what is left
first_round as (
    select
        noise_id,
        core.mean_scatter(residual_sum, degrees, sampling_variance) as noise_variance,
    from assessed
    join middle using (noise_id)
    where not core.has_own_noise(
        residual_sum, degrees, middle.noise_variance + assessed.sampling_variance
    )
    group by noise_id
),

second_round as (
    select
        noise_id,
        any_value(assessed.series_id) as series_id,
        any_value(assessed.axis) as axis,
        any_value(assessed.edition_year) as edition_year,
        count(*) as series,
        core.mean_scatter(residual_sum, degrees, sampling_variance) as noise_variance,
    from assessed
    join first_round using (noise_id)
    where not core.has_own_noise(
        residual_sum, degrees, first_round.noise_variance + assessed.sampling_variance
    )
    group by noise_id
)

select
    second_round.noise_id,
    series.area_kind,
    series.indicator_id,
    second_round.axis,
    second_round.edition_year,
    second_round.series,
    second_round.noise_variance,
from second_round
join core.trend_series as series using (series_id)
