-- one figure that could not be had: area, year and indicator. Without a list of its year it is told of
-- the areas of the newest one
with listed_year as (
    select distinct year from staging.cbs_area
),

missing as (
    select
        missing.*,
        source.area_levels,
        coalesce(listed_year.year, division.target_year) as geography_year,
    from meta.missing_measure as missing
    join catalog.source as source using (source_id)
    cross join core.division as division
    left join listed_year
        on listed_year.year = coalesce(source.geography_year, missing.year)
    where missing.year is not null
)

select
    missing.source_id,
    area.area_code,
    missing.geography_year,
    missing.year,
    missing.indicator_id,
    missing.status,
from missing
join staging.cbs_area as area
    on area.year = missing.geography_year
    and list_contains(missing.area_levels, area.area_kind)
