-- the verdict on one area, indicator, axis and edition year, once per programme that follows it; of
-- the axes one is the headline, which is what is judged and what an alert is about
with followed as (
    select
        area.programme_id,
        area.area_code,
        programme_indicator.indicator_id,
        programme.position,
    from core.programme_area as area
    join catalog.programme_indicator as programme_indicator using (programme_id)
    left join catalog.programme as programme using (programme_id)
    where area.is_used and area.is_on_list
),

-- an area that more than one programme follows is counted as the first of them judges it
first_follower as (
    select area_code, indicator_id, arg_min(programme_id, coalesce(position, 0)) as programme_id,
    from followed
    group by all
),

-- what a programme judges by its own size or reference goes before what all have in common
own as (
    select series.area_code, series.programme_id, series.indicator_id, course.axis,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
    where series.programme_id is not null
),

-- read once, since to plan it takes longer than to read it
trend as materialized (
    select * from core.trend
),

common as (
    select trend.* exclude (programme_id), followed.programme_id
    from trend
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
    from trend
    semi join followed using (programme_id, area_code, indicator_id)
),

-- an area that lies ahead of what it is compared with has no gap to close: how its lead moves is
-- told, and is no alert
placed as materialized (
    select
        *,
        coalesce(axis <> 'own' and class <> 'insufficient' and gap >= 0, false) as is_ahead,
        rule('margin_errors') * slope_error as margin,
    from lined
),

-- what the axes of one edition say, beside each other
beside as (
    select
        programme_id,
        area_code,
        indicator_id,
        edition_year,
        any_value(said) filter (where axis = 'own') as of_own,
        any_value(said) filter (where axis = 'gap_gemeente') as of_gemeente,
        any_value(said) filter (where axis = 'gap_nl') as of_nl,
        any_value(said) filter (where axis = 'gap_programme') as of_programme,
    from (
        select programme_id, area_code, indicator_id, edition_year, axis,
            {
                'class': class,
                'is_ahead': is_ahead,
                'is_widening': score_slope + margin < 0,
                'slope': slope,
                'margin': margin * meaningful_change
            } as said,
        from placed
    )
    group by all
),

measured as (
    select
        placed.*,
        of_own.class as own_class,
        of_own.slope as own_slope,
        of_own.margin as own_slope_margin,
        indicator.judge,
        indicator.is_money,
        case
            when indicator.judge not in ('gap_nl', 'gap_gemeente') then 'own'
            when indicator.judge = 'gap_nl' then 'gap_nl'
            else 'gap_gemeente'
        end as judged_axis,
        case judged_axis
            when 'gap_nl' then of_nl is not null
            when 'gap_gemeente' then of_gemeente is not null
            else true
        end as is_compared,
        axis = if(is_compared, judged_axis, 'own') as is_headline,
        -- what a movement is held against: the country, else the gemeente
        case
            when axis in ('gap_nl', 'gap_gemeente') then axis
            when of_nl.class <> 'insufficient' then 'gap_nl'
            when of_gemeente.class <> 'insufficient' then 'gap_gemeente'
        end as held_axis,
        case held_axis when 'gap_nl' then of_nl when 'gap_gemeente' then of_gemeente end as held,
        case
            when held_axis is null then 'nothing'
            when held['is_ahead'] then 'ahead'
            when held['class'] = 'improving' then 'closing'
            when held['class'] = 'deteriorating' then 'widening'
            when held['class'] <> 'stagnating' then 'open'
            when held['is_widening'] then 'widening'
            else 'still'
        end as against,
        -- what a level is held against: what the programme chose, else the gemeente, else the country
        case
            when programme.comparator <> 'programme' and of_programme.class <> 'insufficient'
                then 'gap_programme'
            when of_gemeente.class <> 'insufficient' then 'gap_gemeente'
            when of_nl.class <> 'insufficient' then 'gap_nl'
        end as level_axis,
        case level_axis
            when 'gap_programme' then of_programme.is_ahead
            when 'gap_gemeente' then of_gemeente.is_ahead
            when 'gap_nl' then of_nl.is_ahead
            else false
        end as is_level_with_it,
        -- where what matters is a step and not a share of the level, it may not fit before the bound
        if(placed.axis <> 'own', null, if(indicator.direction > 0, range_high, range_low)) as bound,
        if(
            own_change.indicator_id is null,
            indicator.change_relative,
            own_change.change_relative
        ) is null as is_step,
        -- of the level, and of where the line begins: the window in which the pace was to be made
        least(
            abs(bound - placed.mean_value),
            abs(
                bound - placed.mean_value
                + placed.slope * (placed.last_year - placed.first_year) / 2
            )
        )
        - margin * placed.meaningful_change * sqrt(greatest(placed.year_spread, 0) / nullif(placed.points, 0))
            as room,
        coalesce(is_step and room < indicator.window_years * placed.meaningful_change, false)
            as is_without_room,
    from placed
    join beside
        on beside.area_code = placed.area_code
        and beside.programme_id is not distinct from placed.programme_id
        and beside.indicator_id = placed.indicator_id
        and beside.edition_year = placed.edition_year
    join catalog.indicator as indicator on indicator.indicator_id = placed.indicator_id
    left join catalog.programme as programme on programme.programme_id = placed.programme_id
    left join catalog.programme_change as own_change
        on own_change.programme_id = placed.programme_id
        and own_change.indicator_id = placed.indicator_id
),

-- what the headline says that its line alone does not
decided as (
    select
        * exclude (own_class),
        own_class,
        case
            when not is_headline or class = 'insufficient' or is_ahead then null
            when not is_compared then 'no_reference'
            when judged_axis <> 'own' then case
                when class <> 'stagnating' then null
                -- behind what falls as fast, or rises as fast, it does not stand still by itself
                when against = 'still' and own_class in ('improving', 'deteriorating')
                    then 'follows_' || own_class
                when against = 'still' and is_money then 'follows_still'
                when against = 'widening' and own_class = 'improving' then 'falls_behind'
            end
            when class = 'improving' then case against
                when 'still' then 'follows_improving'
                when 'widening' then 'falls_behind'
            end
            when class = 'stagnating' then case
                when is_level_with_it or (judge = 'both' and against = 'ahead')
                    then 'at_level_reference'
                when is_without_room then 'at_level_room'
                when judge = 'both' and against = 'closing' then 'catching_up_stagnating'
                when judge = 'both' and against = 'open' then 'inconclusive_gap'
            end
            when class = 'deteriorating' and judge = 'both' and against = 'closing'
                then 'catching_up_deteriorating'
        end as held_against,
        -- and what the last years say that the whole line does not
        case
            when held_against is not null or not is_headline or is_ahead then held_against
            when bend = 'up' then 'turned_' || class
            when bend = 'down' then 'flattened'
            -- its alert began while the last years went up, and was none
            when class = 'stagnating' and not is_unbent then 'inconclusive_bent'
        end as composed,
        case
            when composed is null then if(is_ahead, 'ahead', class)
            when composed = 'no_reference' then 'insufficient'
            when starts_with(composed, 'inconclusive') then 'inconclusive'
            when starts_with(composed, 'turned') then 'turned'
            when composed = 'flattened' then 'flattened'
            when composed = 'falls_behind' then 'falls_behind'
            when starts_with(composed, 'follows') then 'follows'
            when starts_with(composed, 'at_level') then 'at_level'
            else 'catching_up'
        end as verdict,
        -- an alert that was up is not over by a turn, but by a line that shows it
        is_alert and verdict in ('stagnating', 'deteriorating', 'turned')
        and (is_unbent or not is_headline) as is_signal,
    from measured
),

-- the last edition in which the line was an alert, and the verdict was none
last_silent as (
    select area_code, programme_id, indicator_id, axis, edition_year,
        max(if(is_signal, null, edition_year)) over (
            partition by area_code, programme_id, indicator_id, axis order by edition_year
        ) as silent_until,
    from decided
    where is_alert
),

given as (
    select
        *,
        -- a later edition without a newer figure gives no more reason for an alert
        first_value(is_new_alert_allowed and is_signal) over (
            partition by area_code, programme_id, indicator_id, axis, last_year
            order by edition_year
        ) as was_allowed_by_last_figure,
    from decided
)

select
    given.* exclude (
        judge, is_money, judged_axis, is_compared, held_axis, held, against, level_axis,
        is_level_with_it, bound, is_step, room, is_without_room, held_against, composed, verdict,
        is_signal, margin
    )
    replace (
        verdict as class,
        is_signal as is_alert,
        is_held and is_signal as is_held,
        is_new_alert_allowed and was_allowed_by_last_figure as is_new_alert_allowed,
        if(composed = 'no_reference', 'reference', lack) as lack,
        -- a run of alerts begins after the last edition in which the line alone was one
        if(
            is_signal,
            least(
                editions_in_a_row, given.edition_year - coalesce(last_silent.silent_until, 0)
            ),
            0
        )::integer as editions_in_a_row
    ),
    class as line_class,
    case
        when class <> 'stagnating' then class
        when is_held then 'held'
        when not is_ahead and given.axis <> 'own' and score_slope <= 0 then 'widening'
        else class
    end as line_phrase,
    if(composed = 'inconclusive_bent', 'inconclusive', coalesce(composed, line_phrase)) as phrase,
    -- what the phrase names beside the area, where it is no line of its own
    case
        when composed = 'no_reference' then judged_axis
        when composed = 'at_level_reference' then if(is_level_with_it, level_axis, held_axis)
        when held_against is not null and composed <> 'at_level_room' then held_axis
    end as against_axis,
    given.programme_id is not distinct from first_follower.programme_id as is_once_per_area,
from given
left join first_follower
    on first_follower.area_code = given.area_code
    and first_follower.indicator_id = given.indicator_id
left join last_silent
    on last_silent.area_code = given.area_code
    and last_silent.programme_id is not distinct from given.programme_id
    and last_silent.indicator_id = given.indicator_id
    and last_silent.axis = given.axis
    and last_silent.edition_year = given.edition_year
