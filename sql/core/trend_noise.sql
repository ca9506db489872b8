-- the year-to-year noise of one indicator in one edition year, pooled over all its areas of a kind
with ranked as (
    select
        area.area_kind,
        fit.indicator_id,
        fit.edition_year,
        fit.residual_sum,
        fit.degrees_of_freedom,
        fit.sampling_variance,
        row_number() over (
            partition by area.area_kind, fit.indicator_id, fit.edition_year
            order by fit.residual_sum / fit.degrees_of_freedom, fit.area_code
        ) as position,
        count(*) over (partition by area.area_kind, fit.indicator_id, fit.edition_year) as series,
    from core.trend_fit as fit
    join core.place as area using (area_code)
    -- areas made of parts are too few to pool, and take the noise of wijken
    where fit.is_sufficient
)

-- the noisiest twentieth is left out, so that a few wild areas do not widen every margin
select
    area_kind,
    indicator_id,
    edition_year,
    count(*) as series,
    greatest(
        0,
        sum(residual_sum - degrees_of_freedom * sampling_variance) / sum(degrees_of_freedom)
    ) as noise_variance,
from ranked
where position <= series - floor(series * 0.05)
group by all
