-- the alerts of one series and axis in all editions: bit k is the edition k years after the first
with tested as (
    select
        course_id,
        any_value(series_id) as series_id,
        any_value(axis) as axis,
        min(edition_year) as first_edition,
        max(edition_year) as last_edition,
        bit_or(if(outcome <> 'insufficient', bit, 0)) as assessed,
        bit_or(if(outcome in ('deteriorating', 'entering'), bit, 0)) as entering,
        bit_or(if(outcome in ('deteriorating', 'entering', 'holding'), bit, 0)) as holding,
        bit_or(if(is_turning, bit, 0)) as turning,
        bit_or(
            if(
                outcome in ('deteriorating', 'entering') and not coalesce(is_last_revisable, false),
                bit,
                0
            )
        ) as settled,
    from (select *, 1::bigint << edition_number as bit from core.trend_test)
    group by course_id
),

carried as (
    select
        *,
        holding | (~assessed & ((2::bigint << (last_edition - first_edition)) - 1)) as carrying,
    from tested
)

-- an alert lasts from the edition that enters it until the first that no longer holds it: what
-- enters is added to what holds, which carries through to the end of each run that it is in. An
-- edition without enough figures ends no run, and has no alert of its own
select
    course_id,
    series_id,
    axis,
    first_edition,
    last_edition,
    assessed,
    entering,
    settled,
    ((carrying & ~(carrying + entering)) | entering) & assessed as alerts,
    -- those that did not begin while the last years went up
    entering & ~turning as unbent,
    ((carrying & ~(carrying + unbent)) | unbent) & assessed as unbent_alerts,
from carried
