-- one fetched figure of a CBS area, as published and restated: area, year and indicator
with placed as (
    select
        published.*,
        link.is_unchanged,
        link.boundary_segment,
    from core.published as published
    left join core.area_link as link
        on link.area_code = published.area_code
        and link.year = published.geography_year
),

restated as (
    select restated.* replace (coalesce(gemeente.value, restated.value) as value),
        gemeente.value is not null as is_sum_of_wijken,
    from core.restated as restated
    left join core.restated_gemeente as gemeente
        using (area_code, geography_year, year, indicator_id)
),

-- the same code then and now, but not shown to be the same place
elsewhere as (
    select * from placed where is_unchanged is distinct from true
)

select
    area_code,
    geography_year,
    year,
    indicator_id,
    value,
    value as value_as_published,
    status,
    is_never_revised,
    standard_error,
    false as is_restated,
    0.0 as moved_share,
    boundary_segment,
    source_id,
    retrieved_on,
from placed
where is_unchanged

union all by name

select
    coalesce(restated.area_code, elsewhere.area_code) as area_code,
    coalesce(restated.geography_year, elsewhere.geography_year) as geography_year,
    coalesce(restated.year, elsewhere.year) as year,
    coalesce(restated.indicator_id, elsewhere.indicator_id) as indicator_id,
    if(restated.is_comparable, restated.value, null) as value,
    elsewhere.value as value_as_published,
    case
        when restated.is_comparable and restated.is_sum_of_wijken
            then if(restated.status = 'provisional', 'provisional', 'final')
        when restated.is_comparable then restated.status
        when elsewhere.status in ('quarantined', 'not_resolved', 'not_received')
            then elsewhere.status
        else 'not_comparable'
    end as status,
    coalesce(restated.is_comparable and restated.is_never_revised, false) as is_never_revised,
    if(restated.is_comparable, restated.standard_error, null) as standard_error,
    restated.area_code is not null as is_restated,
    restated.moved_share,
    restated.boundary_segment,
    coalesce(restated.source_id, elsewhere.source_id) as source_id,
    coalesce(restated.retrieved_on, elsewhere.retrieved_on) as retrieved_on,
from restated
full join elsewhere using (area_code, year, indicator_id)
