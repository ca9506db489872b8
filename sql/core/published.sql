-- one figure as its source gives it: area, year, indicator and source
with listed as (
    select distinct source_id, area_code, year from staging.cbs_area
),

figure as (
    select
        observation.area_code, observation.geography_year, observation.year,
        observation.indicator_id, observation.value, observation.standard_error,
        observation.status, observation.source_id,
    from staging.cbs_observation as observation
    join catalog.source as source using (source_id)
    left join listed
        on listed.source_id = observation.source_id
        and listed.area_code = observation.area_code
        and listed.year = observation.year
    -- a list of several years names every area in every year: one that was not there has no figure
    where observation.value is not null
        or not source.is_area_list
        or source.figures_year is not null
        or listed.area_code is not null

    union all by name

    select
        area_code, geography_year, year, indicator_id, value, standard_error, status, source_id,
    from staging.extract_observation
    where year is not null
)

select
    figure.area_code,
    figure.geography_year,
    figure.year,
    figure.indicator_id,
    figure.value,
    figure.standard_error,
    figure.status,
    figure.source_id,
    source.retrieved_on,
from figure
join meta.source as source using (source_id)
