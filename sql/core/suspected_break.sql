-- one year in which an indicator jumped far out of line everywhere, and nobody said why
with wijk as (
    select
        series.indicator_id,
        series.change_per_year,
        series.change_relative,
        sum(list_sum(line.own_values)) over of_series / sum(len(line.t)) over of_series
            as mean_value,
        series.first_seen,
        line.t,
        line.own_values as figures,
    from core.trend_line as line
    join core.trend_series as series using (series_id)
    where line.line = 'own' and series.programme_id is null and line.segment is not null
    window of_series as (partition by line.series_id)
),

-- from each figure to the next one within the same definition
step as (
    select
        indicator_id,
        unnest(range(2, len(t) + 1)) as place,
        first_seen + t[place]::integer as year,
        t[place] - t[place - 1] as years,
        (figures[place] - figures[place - 1])
        / nullif(coalesce(change_per_year, change_relative * abs(mean_value)), 0) as change,
    from wijk
),

jump as (
    select indicator_id, year, count(*) as areas, median(change) as jump,
    from step
    where years = 1
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
