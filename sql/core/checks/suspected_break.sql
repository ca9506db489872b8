-- one year in which an indicator jumped far out of line everywhere, and nobody said why
with level as (
    select series_id, sum(list_sum(own_values)) / sum(len(own_values)) as mean_value
    from core.trend_line
    where line = 'own'
    group by all
),

wijk as (
    select
        series.indicator_id,
        coalesce(series.change_per_year, series.change_relative * abs(level.mean_value))
            as meaningful_change,
        series.first_seen,
        line.t,
        line.own_values,
    from core.trend_line as line
    join level using (series_id)
    join core.trend_series as series using (series_id)
    where line.line = 'own' and series.programme_id is null and line.segment is not null
),

-- from each figure to the next one within the same definition
step as (
    select
        indicator_id,
        meaningful_change,
        first_seen + unnest(t[2:])::integer as year,
        unnest(t[2:]) - unnest(t[:-2]) as years,
        unnest(own_values[2:]) - unnest(own_values[:-2]) as change,
    from wijk
),

jump as (
    select
        indicator_id,
        year,
        count(*) as areas,
        median(change / nullif(meaningful_change, 0)) as jump,
    from step
    where years = 1
    group by all
    having count(*) >= rule('break_least_wijken')
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
where compared.other_years >= rule('break_least_other_years')
    and abs(compared.jump - compared.usual_jump)
        > rule('break_spreads') * compared.usual_spread
    -- where all years are alike, a jump is one only when it matters
    and abs(compared.jump - compared.usual_jump) > rule('break_sizes')
