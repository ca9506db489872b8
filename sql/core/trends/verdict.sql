-- the verdict on one area, indicator, axis and edition year, once per programme that follows it
-- a view: marts.stagnation says it in words
with followed as (
    select area.programme_id, area.area_code, programme_indicator.indicator_id,
    from core.programme_area as area
    join catalog.programme_indicator as programme_indicator using (programme_id)
    where area.is_used and area.is_on_list
),

-- what a programme judges by its own size or reference goes before what all have in common
own as (
    select series.area_code, series.programme_id, series.indicator_id, course.axis,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
    where series.programme_id is not null
),

common as (
    select trend.* exclude (programme_id), followed.programme_id
    from core.trend as trend
    left join followed using (area_code, indicator_id)
    anti join own
        on own.area_code = trend.area_code
        and own.programme_id = followed.programme_id
        and own.indicator_id = trend.indicator_id
        and own.axis = trend.axis
    where trend.programme_id is null
),

lined as (
    select * from common

    union all by name

    select trend.*
    from core.trend as trend
    semi join followed using (programme_id, area_code, indicator_id)
),

-- an area that lies ahead of what it is compared with has no gap to close: how its lead moves is
-- told, and is no alert
placed as (
    select *,
        coalesce(axis <> 'own' and class <> 'insufficient' and gap >= 0, false) as is_ahead,
        -- a later edition without a newer figure gives no more reason for an alert
        first_value(is_new_alert_allowed) over (
            partition by area_code, programme_id, indicator_id, axis, last_year
            order by edition_year
        ) as was_allowed_by_last_figure,
    from lined
),

last_ahead as (
    select area_code, programme_id, indicator_id, axis, edition_year,
        max(if(is_ahead, edition_year, null)) over (
            partition by area_code, programme_id, indicator_id, axis order by edition_year
        ) as ahead_until,
    from placed
    where axis <> 'own' and is_alert
)

select
    placed.* replace (
        if(is_ahead, 'ahead', class) as class,
        is_alert and not is_ahead as is_alert,
        is_held and not is_ahead as is_held,
        is_new_alert_allowed and was_allowed_by_last_figure and not is_ahead
            as is_new_alert_allowed,
        -- a run of alerts begins after the last edition in which the area was ahead
        case
            when is_ahead then 0
            else least(
                editions_in_a_row, placed.edition_year - coalesce(last_ahead.ahead_until, 0)
            )
        end as editions_in_a_row
    ),
    class as line_class,
    case
        when class <> 'stagnating' then class
        when is_held then 'held'
        when not is_ahead and placed.axis <> 'own' and score_slope <= 0 then 'widening'
        else class
    end as phrase,
from placed
left join last_ahead
    on last_ahead.area_code = placed.area_code
    and last_ahead.programme_id is not distinct from placed.programme_id
    and last_ahead.indicator_id = placed.indicator_id
    and last_ahead.axis = placed.axis
    and last_ahead.edition_year = placed.edition_year
