-- one figure as a source gives it, right or wrong: source, area, year and indicator
-- a view of staging.cbs_observation and staging.extract_observation
with listed as (
    select distinct source_id, area_code, year from staging.cbs_area
),

known_area as (
    select distinct area_code, year from listed
)

select
    observation.source_id, null::bigint as row_number, observation.area_code,
    observation.geography_year, observation.year, observation.year_text,
    observation.indicator_id, observation.value_text, observation.attribute,
    observation.value, observation.standard_error, observation.status,
    observation.is_never_revised, observation.fault,
from staging.cbs_observation as observation
join catalog.source as source using (source_id)
left join listed
    on listed.source_id = observation.source_id
    and listed.area_code = observation.area_code
    and listed.year = observation.year
left join known_area
    on known_area.area_code = observation.area_code
    and known_area.year = observation.geography_year
-- a table of several years names every area in every year: one that was not there has no figure
where observation.value is not null
    or observation.fault is not null
    or (
        known_area.area_code is not null
        and (
            not source.is_area_list
            or source.figures_year is not null
            or listed.area_code is not null
        )
    )

union all by name

select
    source_id, row_number, area_code, geography_year, year, year_text, indicator_id,
    value_text, value, standard_error, status, is_never_revised, fault,
from staging.extract_observation
where not is_ignored and not is_blank_row
