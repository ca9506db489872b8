-- one figure that stands more than once, in one source or in two: area, year and indicator
select area_code, year, indicator_id
from (
    select area_code, year, indicator_id from staging.cbs_observation

    union all by name

    select area_code, year, indicator_id
    from staging.extract_observation
    where not is_ignored and not is_blank_row
)
where area_code is not null and year is not null
group by all
having count(*) > 1
