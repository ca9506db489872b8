-- how far one area of a programme is from a target: programme, area and indicator
with latest as (
    select area_code, indicator_id, max(year) as year
    from core.observation
    where value is not null
    group by all
),

-- what a target compares with: of its own programme, or the same for all
reference as (
    select distinct target.programme_id, benchmark.area_code, benchmark.indicator_id,
        benchmark.year, benchmark.comparator, benchmark.value,
    from catalog.target as target
    join core.benchmark as benchmark
        on benchmark.indicator_id = target.indicator_id
        and benchmark.comparator = target.comparator
    where benchmark.programme_id is null or benchmark.programme_id = target.programme_id
),

standing as (
    select
        target.programme_id,
        target.indicator_id,
        target.comparator,
        target.by_year,
        target.note,
        area.area_code,
        area.area_name,
        indicator.direction,
        indicator.unit,
        observation.year,
        observation.value,
        coalesce(target.goal, benchmark.value) as goal,
    from catalog.target as target
    join core.programme_area as area
        on area.programme_id = target.programme_id
        and area.is_used
        and area.is_on_list
    join catalog.indicator as indicator using (indicator_id)
    join core.observation as observation
        on observation.area_code = area.area_code
        and observation.indicator_id = target.indicator_id
    join latest
        on latest.area_code = observation.area_code
        and latest.indicator_id = observation.indicator_id
    left join reference as benchmark
        on benchmark.area_code = area.area_code
        and benchmark.programme_id = target.programme_id
        and benchmark.indicator_id = target.indicator_id
        and benchmark.year = observation.year
        and benchmark.comparator = target.comparator
    where observation.value is not null
        and observation.year > latest.year - indicator.window_years
),

-- how fast the distance closed over the window of the indicator; the area's boundary may step
measured as (
    select
        programme_id,
        indicator_id,
        area_code,
        any_value(area_name) as area_name,
        any_value(comparator) as comparator,
        any_value(by_year) as by_year,
        any_value(note) as note,
        any_value(unit) as unit,
        any_value(direction) as direction,
        max(year) as year,
        arg_max(value, year) as value,
        max_by(goal, year) as goal,
        count(goal) as pace_points,
        min(year) filter (where goal is not null) as pace_from,
        regr_slope(direction * (value - goal), year) as closing,
    from standing
    group by all
)

select
    programme_id,
    area_code,
    area_name,
    indicator_id,
    unit,
    comparator,
    by_year,
    year,
    value,
    goal,
    -- what is still to be gained, 0 when the target is met
    greatest(0, direction * (goal - value)) as distance,
    if(by_year > year, greatest(0, direction * (goal - value)) / (by_year - year), null)
        as pace_needed,
    if(pace_points >= 4, closing, null) as pace_seen,
    pace_points,
    pace_from,
    case
        when goal is null then 'unknown'
        when direction * (goal - value) <= 0 then 'met'
        when by_year <= year then 'missed'
        when pace_points < 4 then 'unknown'
        when closing >= direction * (goal - value) / (by_year - year) then 'on_course'
        else 'behind'
    end as standing,
    note,
from measured
