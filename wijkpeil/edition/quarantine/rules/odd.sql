-- areas whose figures changed beyond all others
with neighbour as (
    select
        cell.*,
        'GM' || substr(area_code, 3, 4) as gemeente_code,
        -- how far it lies from the years beside it: before, and now
        greatest(
            abs(old_value - lag(old_value) over same_area),
            abs(old_value - lead(old_value) over same_area)
        ) as old_jump,
        greatest(
            abs(new_value - lag(new_value) over same_area),
            abs(new_value - lead(new_value) over same_area)
        ) as new_jump,
    from cell
    where change is not null and indicator_id <> '(change flag)'
    window same_area as (partition by indicator_id, area_code order by year)
),

usual as (
    select indicator_id, year, avg(is_changed::integer) as changed_share,
        median(change / nullif(size, 0)) as shift,
    from neighbour
    group by all
),

-- how far figures lie from the years beside them, at most
stepped as (
    select indicator_id, quantile_cont(old_jump, 0.9) as usual_jump,
    from neighbour
    where old_jump is not null
    group by all
),

-- one figure far from what it was, unless it fits the years beside it as others do
wild as (
    select indicator_id, year, area_code, old_value,
        format('the figure was {} and is {}', old_value, new_value) as what,
    from neighbour
    left join stepped using (indicator_id)
    where abs(change) > 4 * tolerance
        and coalesce(new_jump > greatest(old_jump, usual_jump) + 2 * tolerance, true)
),

-- nearly all figures of an area and year are others, where elsewhere few are
rewritten as (
    select
        null::varchar as indicator_id,
        neighbour.year,
        area_code,
        null::double as old_value,
        format('{} of {} figures are others', count(*) filter (where is_changed), count(*)) as what,
    from neighbour
    join usual using (indicator_id, year)
    group by neighbour.year, area_code
    having count(*) >= 2
        and avg(is_changed::integer) >= 0.8
        and avg(usual.changed_share) < 0.2
        and avg(least(abs(change) / tolerance, 4)) >= 1
),

-- all wijken of one gemeente moved together, and the others did not
together as (
    select indicator_id, year, gemeente_code,
        median(change / nullif(size, 0)) as shift,
        count(*) as areas,
    from neighbour
    join usual using (indicator_id, year)
    where level = 'WK'
    group by all
    having count(*) >= 5
        and avg(is_changed::integer) >= 0.8
        and abs(median(change / nullif(size, 0)) - any_value(usual.shift))
        > (select largest_shift from limits)
),

-- pairs of areas that have each other's figures
crossed as (
    select one.indicator_id, one.year, one.area_code, one.old_value, other.area_code as other_code,
    from neighbour as one
    join usual using (indicator_id, year)
    join neighbour as other
        on other.indicator_id = one.indicator_id
        and other.year = one.year
        and other.level = one.level
        and other.area_code <> one.area_code
        and other.new_value = one.old_value
        and other.old_value = one.new_value
    where one.is_changed and other.is_changed and usual.changed_share < 0.2
),

swapped as (
    select null::varchar as indicator_id, null::integer as year, crossed.area_code,
        null::double as old_value,
        format('it has {} figures of {}', count(*), crossed.other_code) as what,
    from crossed
    group by crossed.area_code, crossed.other_code
    having count(*) >= 3
),

found as (
    from wild
    union all by name
    from rewritten
    union all by name
    from swapped
    union all by name
    select neighbour.indicator_id, neighbour.year, neighbour.area_code, neighbour.old_value,
        format(
            'it moved with all {} wijken of {} by {:+.1f} times what matters in a year',
            together.areas, together.gemeente_code, together.shift
        ) as what,
    from neighbour
    join together using (indicator_id, year, gemeente_code)
),

counted as (
    select count(distinct area_code) as odd,
        (select count(distinct area_code) from cell) as areas,
    from found
)

select
    found.indicator_id,
    found.year,
    found.area_code,
    counted.odd > greatest(1, (select largest_odd_share from limits) * counted.areas) as is_hold,
    found.old_value,
    found.what,
from found
cross join counted
