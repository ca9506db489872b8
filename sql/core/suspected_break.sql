-- one year in which an indicator jumped far out of line everywhere, and nobody said why
with wijk as (
    select series.indicator_id, point.year, point.segment,
        point.value - lag(point.value) over series_year as change,
        point.segment = lag(point.segment) over series_year
        and point.year = lag(point.year) over series_year + 1 as is_same_definition,
        coalesce(
            series.change_per_year,
            series.change_relative * abs(avg(point.value) over (partition by point.series_id))
        ) as meaningful_change,
    from core.trend_point as point
    join core.trend_series as series using (series_id)
    where point.line = 'own' and series.programme_id is null and point.value is not null
    window series_year as (partition by point.series_id order by point.year)
),

jump as (
    select indicator_id, year, count(*) as areas,
        median(change / nullif(meaningful_change, 0)) as jump,
    from wijk
    where is_same_definition
    group by all
    having count(*) >= 20
),

-- each year against the others: their middle, and how far they usually lie from it
compared as (
    select
        jump.indicator_id,
        jump.year,
        any_value(jump.areas) as areas,
        any_value(jump.jump) as jump,
        median(other.jump) as usual_jump,
        mad(other.jump) as usual_spread,
        count(*) as other_years,
    from jump
    join jump as other
        on other.indicator_id = jump.indicator_id
        and other.year <> jump.year
    group by jump.indicator_id, jump.year
)

select compared.*
from compared
anti join catalog.explained_jump as explained
    on explained.indicator_id = compared.indicator_id
    and explained.year = compared.year
where compared.other_years >= 4
    and abs(compared.jump - compared.usual_jump) > 4 * compared.usual_spread
    -- where all years are alike, a jump is one only when it matters
    and abs(compared.jump - compared.usual_jump) > 2
