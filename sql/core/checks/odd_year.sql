-- one thing that is odd about the newest figures of an indicator: indicator, area or all, and rule
with figure as (
    select
        observation.indicator_id,
        observation.area_code,
        observation.year,
        observation.value,
        observation.standard_error,
        observation.source_id,
        place.area_kind,
        place.gemeente_code,
    from core.observation as observation
    join core.place as place using (area_code)
    where observation.value is not null
        and (place.area_kind in ('gemeente', 'land') or place.area_kind = 'wijk' and place.is_listed)
),

-- each year of an indicator, and the one before it: surveys skip some
dated as (
    select indicator_id, year, areas,
        lag(year) over of_indicator as year_before,
        lag(areas) over of_indicator as areas_before,
        max(year) over (partition by indicator_id) as newest,
    from (
        select indicator_id, year, count(*) as areas
        from figure
        where area_kind = 'wijk'
        group by all
    )
    window of_indicator as (partition by indicator_id order by year)
),

-- not across a change of definition, and not across one that is known to be real
comparable as (
    select dated.*
    from dated
    anti join catalog.indicator_break as definition_break
        on definition_break.indicator_id = dated.indicator_id
        and definition_break.year > dated.year_before
        and definition_break.year <= dated.year
    anti join catalog.explained_jump as explained
        on explained.indicator_id = dated.indicator_id
        and explained.year = dated.year
    where dated.year_before is not null
),

pair as (
    select
        comparable.indicator_id,
        comparable.year,
        comparable.year = comparable.newest as is_newest,
        figure.area_code,
        figure.area_kind,
        figure.gemeente_code,
        figure.source_id,
        figure.value,
        figure.standard_error,
        before.value as value_before,
        before.standard_error as error_before,
        figure.value - before.value as change,
    from comparable
    join figure
        on figure.indicator_id = comparable.indicator_id
        and figure.year = comparable.year
    join figure as before
        on before.indicator_id = comparable.indicator_id
        and before.year = comparable.year_before
        and before.area_code = figure.area_code
),

of_wijken as (
    select *,
        rank() over (partition by indicator_id, year order by value) as place_now,
        rank() over (partition by indicator_id, year order by value_before) as place_before,
    from pair
    where area_kind = 'wijk'
),

-- how a year lies against the year before, over all wijken
described as (
    select
        indicator_id,
        year,
        is_newest,
        count(*) as areas,
        corr(place_now, place_before) as order_kept,
        avg((value = value_before)::integer) filter (where value <> 0 or value_before <> 0)
            as same_share,
        count(distinct value) / count(*) as distinct_share,
        count(distinct value_before) / count(*) as distinct_before,
        avg((value = 0)::integer) as zero_share,
        avg((value_before = 0)::integer) as zero_before,
        avg((abs(value - round(value, 0)) < 1e-9)::integer) as whole_share,
        avg((abs(value_before - round(value_before, 0)) < 1e-9)::integer) as whole_before,
        avg((abs(value - round(value, 1)) < 1e-9)::integer) as tenth_share,
        avg((abs(value_before - round(value_before, 1)) < 1e-9)::integer) as tenth_before,
        count(*) filter (where coalesce(standard_error, 0) = 0 and error_before > 0) as bare,
        count(*) filter (where error_before > 0) as with_margin,
        median(change) as middle,
        mad(change) as spread,
        quantile_cont(value_before, 0.75) - quantile_cont(value_before, 0.25) as parted,
        quantile_cont(value, 0.75) - quantile_cont(value, 0.25) as parted_now,
    from of_wijken
    group by all
    having count(*) >= 15
),

-- what was usual until then; with fewer than three years to go by, only what cannot be is odd
usual as (
    select
        newest.indicator_id,
        count(other.year) as years,
        min(other.order_kept) as least_order,
        max(other.same_share) as most_same,
        max(other.zero_share) as most_zeros,
    from described as newest
    left join described as other
        on other.indicator_id = newest.indicator_id
        and not other.is_newest
    where newest.is_newest
    group by all
),

of_all as (
    select described.*, usual.years, usual.least_order, usual.most_same, usual.most_zeros,
    from described
    join usual using (indicator_id)
    where described.is_newest
),

-- an area against the others in that year, and against its own steps in the years before
stepped as (
    select
        pair.*,
        described.middle,
        described.spread,
        described.parted,
        abs(pair.change - described.middle) as step,
        max(abs(pair.change - described.middle)) filter (where not pair.is_newest)
            over (partition by pair.indicator_id, pair.area_code) as usual_step,
    from pair
    join described using (indicator_id, year)
),

-- so far that no area usually goes there
stood_out as (
    select stepped.*,
        step > 10 * spread and step > parted / 2 and step > 3 * coalesce(usual_step, spread)
        and step > 10.0 ** -indicator.decimals * 3 as is_wild,
        step > 3 * spread and step > 0.25 * parted and step > 1.5 * coalesce(usual_step, spread)
            as is_odd,
    from stepped
    join catalog.indicator as indicator using (indicator_id)
    where is_newest
),

-- of a rate of events the margin is their square root
counted_figure as (
    select figure.*, (value / nullif(standard_error, 0)) ** 2 as events,
        max(year) over (partition by source_id) as newest,
    from figure
    semi join catalog.rate as rate
        on rate.indicator_id = figure.indicator_id
        and rate.counts = 'events'
    where area_kind = 'wijk' and standard_error > 0
),

counted as (
    select source_id, area_code, year, newest, sum(events) as events,
    from counted_figure
    group by all
),

-- nothing any more, in all that a source counts there, where there was always something
emptied as (
    select now.source_id, now.area_code, now.year, avg(before.events) as events_before,
    from counted as now
    join counted as before using (source_id, area_code)
    where now.year = now.newest and now.events = 0 and before.year < now.year
    group by all
    having count(*) >= 3 and avg(before.events) >= 10 and min(before.events) >= 5
),

wild_area as (
    select area_code, year
    from stood_out
    where area_kind = 'wijk'
    group by all
    having count(*) >= 3 and avg(is_odd::integer) >= 0.5
),

shifted as (
    select
        indicator_id,
        year,
        is_newest,
        gemeente_code,
        count(*) as areas,
        median(change) - any_value(middle) as shift,
        any_value(spread) as spread,
        median(abs(value_before)) as level,
    from stepped
    where area_kind = 'wijk'
    group by all
    having count(*) >= 5
),

of_gemeente as (
    select *,
        max(abs(shift)) filter (where not is_newest)
            over (partition by indicator_id, gemeente_code) as usual_shift,
    from shifted
),

-- the figures that a source gives of one gemeente, beside how often one stays the same by chance
again as (
    select
        source_id,
        pair.year,
        pair.gemeente_code,
        count(*) as figures,
        avg((pair.value = pair.value_before)::integer) as same_share,
        sum(
            if(pair.value = pair.value_before, ln(greatest(coalesce(of_all.most_same, 0.5), 0.05)), 0)
        ) as log_chance,
    from pair
    join of_all using (indicator_id, year)
    where pair.area_kind = 'wijk' and (pair.value <> 0 or pair.value_before <> 0)
    group by all
),

copied as (
    select indicator_id, year,
        format('{:.0f}% of {} wijken have the figure of the year before', 100 * same_share, areas)
            as what,
    from of_all
    where (same_share > 0.5 and same_share > coalesce(most_same, 0.25) + 0.25)
        -- a part of them, where hardly a figure ever stays the same
        or (years >= 2 and same_share > 3 * most_same + 0.1 and same_share * areas >= 5)
),

found as (
    select indicator_id, year, null::varchar as area_code, 'copied' as rule, what
    from copied

    union all by name

    select of_all.indicator_id, again.year, again.gemeente_code as area_code, 'copied' as rule,
        format('{:.0f}% of {} figures of this gemeente are those of the year before',
            100 * again.same_share, again.figures) as what,
    from again
    join of_all using (year)
    semi join pair
        on pair.indicator_id = of_all.indicator_id
        and pair.year = again.year
        and pair.gemeente_code = again.gemeente_code
        and pair.source_id = again.source_id
    -- what is doubted everywhere is told once
    anti join copied on copied.indicator_id = of_all.indicator_id
    where again.figures >= 5 and again.same_share >= 0.9 and again.log_chance < -20

    union all by name

    select indicator_id, year, null::varchar as area_code, 'order' as rule,
        format(
            'the order of {} wijken is another than the year before (correlation {:.2f}, usual {:.2f})',
            areas, coalesce(order_kept, 0), least_order
        ) as what,
    from of_all
    where years >= 2
        and least_order > 0.4
        and coalesce(order_kept, 0) < least_order - 0.15

    union all by name

    select indicator_id, year, null::varchar as area_code, 'constant' as rule,
        format('{} wijken have {:.0f} distinct figures', areas, distinct_share * areas) as what,
    from of_all
    where distinct_share < 0.1 and distinct_before > 0.3

    union all by name

    select indicator_id, year, null::varchar as area_code, 'scale' as rule,
        format('half of {} wijken lie within {:.2f} of one another, the year before within {:.2f}',
            areas, parted_now, parted) as what,
    from of_all
    join catalog.indicator as indicator using (indicator_id)
    where parted_now not between parted / 1.8 and parted * 1.8
        and greatest(parted, parted_now) > 5 * 10.0 ** -indicator.decimals

    union all by name

    select indicator_id, year, null::varchar as area_code, 'zeros' as rule,
        format('{:.0f}% of {} wijken are 0, it was {:.0f}%', 100 * zero_share, areas,
            100 * zero_before) as what,
    from of_all
    where zero_share > greatest(zero_before, coalesce(most_zeros, 0)) * 1.5 + 0.05

    union all by name

    select indicator_id, year, null::varchar as area_code, 'rounded' as rule,
        format('the figures of {} wijken have fewer decimals than the year before', areas) as what,
    from of_all
    where (whole_share >= 0.98 and whole_before <= 0.6)
        or (tenth_share >= 0.98 and tenth_before <= 0.6)

    union all by name

    select indicator_id, year, null::varchar as area_code, 'margins' as rule,
        format('{} of {} figures have no margin, or one of 0', bare, with_margin) as what,
    from of_all
    where bare > greatest(1, 0.1 * with_margin)

    union all by name

    select indicator_id, year, null::varchar as area_code, 'thin' as rule,
        format('{} wijken have a figure, the year before {}', areas, areas_before) as what,
    from dated
    where year = newest and areas < 0.8 * areas_before and areas_before >= 15

    union all by name

    select dated.indicator_id, figure.year, null::varchar as area_code, 'thin' as rule,
        format('no wijk has a figure and {} gemeenten have, the year before {} wijken had',
            count(distinct figure.area_code), any_value(dated.areas)) as what,
    from dated
    join figure on figure.indicator_id = dated.indicator_id and figure.year > dated.year
    where dated.year = dated.newest and dated.areas >= 15 and figure.area_kind = 'gemeente'
    group by dated.indicator_id, figure.year

    union all by name

    select indicator_id, year, area_code, 'wild' as rule,
        format('the figure was {} the year before and is {}', value_before, value) as what,
    from stood_out
    where is_wild

    union all by name

    select newest.indicator_id, newest.year, newest.area_code, 'margin' as rule,
        format('its standard error is {:.2g}, of its figures before it was {:.2g}: another place, '
            'or a sample of another size', any_value(newest.standard_error),
            median(earlier.standard_error)) as what,
    from dated
    join figure as newest
        on newest.indicator_id = dated.indicator_id
        and newest.year = dated.newest
    join figure as earlier
        on earlier.indicator_id = newest.indicator_id
        and earlier.area_code = newest.area_code
        and earlier.year < newest.year
    where dated.year = dated.newest
        and newest.area_kind = 'wijk'
        and newest.standard_error > 0
        and earlier.standard_error > 0
    group by newest.indicator_id, newest.year, newest.area_code
    having any_value(newest.standard_error) not between median(earlier.standard_error) / 3
        and median(earlier.standard_error) * 3

    union all by name

    -- ten crimes a year become none by chance once in 20,000 times
    select counted_figure.indicator_id, year, area_code, 'vanished' as rule,
        format('{} has nothing there, in the years before {:.0f} a year', source_id, events_before)
            as what,
    from emptied
    join counted_figure using (source_id, area_code, year)

    union all by name

    select stood_out.indicator_id, stood_out.year, area_code, 'rewritten' as rule,
        'most figures of this area moved further than they usually do' as what,
    from stood_out
    join wild_area using (area_code)

    union all by name

    select stood_out.indicator_id, stood_out.year, stood_out.area_code, 'together' as rule,
        format('it moved with all {} wijken of {} by {:+.2f}', of_gemeente.areas,
            of_gemeente.gemeente_code, of_gemeente.shift) as what,
    from of_gemeente
    join catalog.indicator as indicator using (indicator_id)
    join stood_out using (indicator_id, year, gemeente_code)
    where of_gemeente.is_newest
        and stood_out.area_kind = 'wijk'
        and abs(of_gemeente.shift) > 2 * coalesce(of_gemeente.usual_shift, of_gemeente.spread)
        and abs(of_gemeente.shift) > 3 * 10.0 ** -indicator.decimals
        and abs(of_gemeente.shift) > 2 * coalesce(
            indicator.change_per_year,
            coalesce(indicator.change_relative, 0.1) * of_gemeente.level
        )
)

select indicator_id, year, area_code, rule,
    concat_ws(' ', indicator_id, area_code, year::varchar) || ': ' || what as sentence,
from found
