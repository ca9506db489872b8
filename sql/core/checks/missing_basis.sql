-- one thing that an indicator is made of and that could not be had: indicator, source, measure and
-- year. No alert begins or ends on one in the window of the newest trend
with used_by as (
    select indicator_id, indicator_id as user_id from catalog.indicator

    union

    select numerator_id as indicator_id, indicator_id as user_id from catalog.rate

    union

    select denominator_id as indicator_id, indicator_id as user_id from catalog.rate
)

select
    used_by.user_id as indicator_id,
    missing.source_id,
    missing.indicator_id as measure_id,
    missing.year,
    missing.status,
    missing.reason as missing_reason,
    missing.year is null
    or missing.year
    > (select max(year) from core.observation where value is not null) - indicator.window_years
        as is_in_window,
from meta.missing_measure as missing
join used_by using (indicator_id)
join catalog.indicator as indicator on indicator.indicator_id = used_by.user_id
where indicator.direction <> 0 and missing.status <> 'not_yet_published'
