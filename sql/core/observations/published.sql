-- one figure as its source gives it: area, year, indicator and source
with known_code as (
    select distinct area_code from staging.cbs_area
),

received as (
    select area_code, geography_year, year, indicator_id, value, standard_error, status,
        is_never_revised, source_id,
    from core.given_figure
    where area_code is not null and year is not null
),

bad_cell as (
    select source_id, area_code, year, indicator_id,
        bool_or(problem in ('impossible_year', 'lonely_year')) as has_no_year,
    from core.quarantined_cell
    where area_code is not null and year is not null
    group by all
),

-- what is quarantined keeps its place and loses its value; where the year itself is not believed
-- there is no place
judged as (
    select
        received.area_code,
        received.geography_year,
        received.year,
        received.indicator_id,
        if(bad_cell.source_id is null, received.value, null) as value,
        if(bad_cell.source_id is null, received.standard_error, null) as standard_error,
        if(bad_cell.source_id is null, received.status, 'quarantined') as status,
        bad_cell.source_id is null and received.is_never_revised as is_never_revised,
        received.source_id,
    from received
    semi join known_code using (area_code)
    left join bad_cell
        on bad_cell.source_id = received.source_id
        and bad_cell.area_code = received.area_code
        and bad_cell.year = received.year
        and bad_cell.indicator_id = received.indicator_id
    where not coalesce(bad_cell.has_no_year, false)
),

-- what stands more than once and is the same, or is left out, stands once
single as (
    select judged.*
    from judged
    anti join core.repeated_figure using (area_code, year, indicator_id)

    union all by name

    select judged.*
    from judged
    semi join core.repeated_figure using (area_code, year, indicator_id)
    qualify row_number() over (
        partition by area_code, year, indicator_id
        order by
            status = 'not_yet_published', status = 'quarantined', status = 'final',
            geography_year desc, source_id
    ) = 1
)

select
    single.area_code,
    single.geography_year,
    single.year,
    single.indicator_id,
    single.value,
    single.standard_error,
    single.status,
    single.is_never_revised,
    single.source_id,
    source.retrieved_on,
from single
join meta.source as source using (source_id)

union all by name

select
    missing.area_code,
    missing.geography_year,
    missing.year,
    missing.indicator_id,
    null::double as value,
    null::double as standard_error,
    missing.status,
    false as is_never_revised,
    missing.source_id,
    source.retrieved_on,
from core.missing_figure as missing
join meta.source as source using (source_id)
anti join single using (area_code, year, indicator_id)
qualify row_number() over (
    partition by missing.area_code, missing.year, missing.indicator_id order by missing.source_id
) = 1
