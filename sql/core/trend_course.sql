-- the alerts of one series and axis in all editions: bit k is the edition k years after the first
with tested as (
    select
        test.series_id,
        test.axis,
        series.first_seen as first_edition,
        max(test.edition_year) as last_edition,
        bit_or(if(test.is_sufficient, 1::bigint << (test.edition_year - series.first_seen), 0))
            as assessed,
        bit_or(if(test.is_entering, 1::bigint << (test.edition_year - series.first_seen), 0))
            as entering,
        bit_or(if(test.is_holding, 1::bigint << (test.edition_year - series.first_seen), 0))
            as holding,
    from core.trend_test as test
    join core.trend_series as series using (series_id)
    group by test.series_id, test.axis, series.first_seen
)

-- an alert lasts from the edition that enters it until the first that no longer holds it: what
-- enters is added to what holds, which carries through to the end of each run that it is in
select
    series_id,
    axis,
    first_edition,
    last_edition,
    assessed,
    entering,
    (holding & ~(holding + entering)) | entering as alerts,
from tested
