-- one figure: area, year and indicator
with figure as (
    select
        area_code, geography_year, comparable_since, year, indicator_id, value, standard_error,
        status, source_id, retrieved_on,
    from core.published

    union all by name

    select
        area_code, geography_year, comparable_since, year, indicator_id, value, standard_error,
        status, source_id, retrieved_on,
    from core.rate
)

select
    figure.area_code,
    figure.geography_year,
    figure.comparable_since,
    figure.year,
    figure.indicator_id,
    figure.value,
    figure.value as value_as_published,
    indicator.unit,
    figure.status,
    figure.standard_error,
    figure.source_id,
    figure.retrieved_on,
from figure
join catalog.indicator as indicator using (indicator_id)
