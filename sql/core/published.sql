-- one figure as its source gives it: area, year, indicator and source
with figure as (
    select
        area_code, geography_year, year, indicator_id, value, standard_error, status, source_id,
    from staging.cbs_observation

    union all by name

    select
        area_code, geography_year, year, indicator_id, value, standard_error, status, source_id,
    from staging.extract_observation
    where year is not null
)

select
    figure.area_code,
    figure.geography_year,
    area.comparable_since,
    figure.year,
    figure.indicator_id,
    figure.value,
    figure.standard_error,
    figure.status,
    figure.source_id,
    source.retrieved_on,
from figure
join meta.source as source using (source_id)
left join core.area as area
    on area.area_code = figure.area_code
    and area.year = figure.geography_year
