-- an area that stood where one with an alert stood, and improved since: programme, area, indicator and rank
-- of the newest edition year: of earlier ones nobody knows any more what was doubted
with judged as (
    select
        stagnation.*,
        coalesce(stagnation.is_alert and stagnation.programme_id is not null, false) as is_signal,
        stagnation.is_once_per_area
        and stagnation.line_class = 'improving'
        and stagnation.class in ('improving', 'ahead') as is_example,
    from marts.stagnation as stagnation
    anti join core.doubted as doubted
        on doubted.indicator_id = stagnation.indicator_id
        and coalesce(doubted.area_code, stagnation.area_code) = stagnation.area_code
    where stagnation.is_headline
        and stagnation.suspected_breaks is null
        and stagnation.edition_year = (select max(edition_year) from core.trend_window)
),

wanted as (
    select distinct indicator_id, axis from judged where is_signal
),

-- the figures of each line, of one definition and one boundary
lined as (
    select
        judged.*,
        judged.first_year - line.first_seen as first_t,
        list_position(line.t, first_t::double) as before,
        line.t[before:before + fitted.points - 1] as t,
        line.own_values[before:before + fitted.points - 1] as figures,
        case judged.axis
            when 'gap_gemeente' then line.gemeente_values
            when 'gap_nl' then line.nl_values
        end[before:before + fitted.points - 1] as against,
        line.revisable_years >> first_t = 0 as is_settled,
        -- in sizes of the indicator, and how many of them the programme asks
        core.to_score(
            if(judged.axis = 'own', series.direction, 1) * judged.slope
            / nullif(fitted.meaningful_change, 0)
        ) as pace,
        (judged.slope_high - judged.slope_low) / 2 / rule('margin_errors')
        / nullif(fitted.meaningful_change, 0) as pace_error,
        core.to_score(judged.meaningful_change / nullif(fitted.meaningful_change, 0)) as asked,
        core.noise_id(
            series.pool_id * 4
            + case judged.axis when 'own' then 0 when 'gap_gemeente' then 1 else 2 end,
            judged.edition_year
        ) as noise_id,
    from judged
    semi join wanted
        on wanted.indicator_id = judged.indicator_id
        and wanted.axis = judged.axis
    join core.trend_series as series
        on series.area_code = judged.area_code
        and series.indicator_id = judged.indicator_id
        and series.programme_id is null
    join core.trend_window as fitted
        on fitted.series_id = series.series_id
        and fitted.edition_year = judged.edition_year
        and fitted.segments = 1
        and case judged.axis
            when 'own' then fitted.own is not null
            when 'gap_gemeente' then fitted.gemeente is not null
            when 'gap_nl' then fitted.nl is not null
        end
    join core.trend_line as line
        on line.series_id = fitted.series_id
        and line.line = fitted.line
        and line.t[list_position(line.t, (judged.first_year - line.first_seen)::double)
            + fitted.points - 1] = judged.last_year - line.first_seen
    where judged.is_signal or judged.is_example
),

-- where it stood: the figure, its difference with what it is compared with, or its share of that
-- where what matters is a share of the level
levelled as (
    select
        lined.*,
        case
            when lined.axis = 'own' then 'figure'
            when indicator.change_relative is null then 'difference'
            else 'share'
        end as level_form,
        case level_form
            when 'figure' then figures
            when 'difference' then list_transform(figures, (v, i) -> v - against[i])
            else list_transform(figures, (v, i) -> 100 * v / nullif(greatest(against[i], 0), 0))
        end as y,
        if(level_form = 'share', 100 / nullif(list_avg(against), 0), 1.0) as factor,
        if(level_form = 'figure', indicator.range_low, null) as lowest,
        if(level_form = 'figure', indicator.range_high, null) as highest,
        indicator.window_years,
    from lined
    join catalog.indicator as indicator using (indicator_id)
),

fitted as (
    select
        *,
        list_avg(t) as middle,
        list_sum(list_transform(t, x -> (x - middle) * (x - middle))) as spread,
        list_sum(list_transform(t, (x, i) -> (x - middle) * y[i])) / nullif(spread, 0)
            as level_slope,
        list_avg(y) + level_slope * (first_t - middle) as start_level,
        list_avg(y) + level_slope * (t[-1] - middle) as end_level,
        -- as core.trend_band has it
        factor * (slope_high - slope_low) / 2
        * sqrt(greatest(spread, 0) / nullif(len(t), 0) + (first_t - middle) ** 2) as margin,
        factor * meaningful_change as matters,
        -- where chance makes some improve, what is known of all lines tells how many truly do
        core.slope_within(pace, pace_error, 1.0) as slope_within,
        greatest(pace_error, rule('prior_least_error')) as error_within,
        round(core.chance_from(slope_within, error_within, prior.chances, 1.0), 4)
            as improvement_chance,
    from levelled
    join core.trend_prior as prior using (noise_id)
    where list_count(y) = len(t)
),

people as (
    select area.area_code, area.inhabitants
    from core.area as area
    join core.division as division on division.target_year = area.year

    union

    select area_code, inhabitants
    from core.programme_area
    where area_kind = 'programme_area' and is_used
),

member as (
    select area_code, list(programme_id order by programme_id) as programmes
    from core.programme_area
    where is_used and is_on_list
    group by all
),

placed as (
    select
        fitted.*,
        place.area_kind,
        place.gemeente_code,
        place.gemeente_name,
        people.inhabitants,
        of_gemeente.inhabitants as gemeente_inhabitants,
        coalesce(member.programmes, []) as programmes,
    from fitted
    join core.place as place using (area_code)
    left join people on people.area_code = fitted.area_code
    left join people as of_gemeente on of_gemeente.area_code = place.gemeente_code
    left join member on member.area_code = fitted.area_code
    -- a line beyond what the figure can be does not tell where it stood
    where coalesce(fitted.lowest <= least(fitted.start_level, fitted.end_level), true)
        and coalesce(fitted.highest >= greatest(fitted.start_level, fitted.end_level), true)
),

-- what an area is made of, and what that lies in
part as (
    select distinct placed.area_code, coalesce(part.target_code, placed.area_code) as code
    from placed
    left join core.programme_part as part using (area_code)
),

reach as (
    select area_code, code, true as is_part from part

    union

    select area_code, 'WK' || substr(code, 3, 6) as code, false as is_part
    from part
    where starts_with(code, 'BU')

    union

    select area_code, 'GM' || substr(code, 3, 4) as code, false as is_part
    from part
    where not starts_with(code, 'GM')
),

-- of one ground: the same, a part of the other, or with a part in common
overlap as (
    select distinct reach.area_code, other.area_code as other_code
    from reach
    join reach as other using (code)
    where reach.is_part or other.is_part
),

compared as (
    select
        signal.*,
        example.area_code as comparable_code,
        example.area_name as comparable_name,
        example.gemeente_code as comparable_gemeente_code,
        example.gemeente_name as comparable_gemeente_name,
        example.programmes as comparable_programmes,
        example.inhabitants as comparable_inhabitants,
        example.start_level as comparable_start_level,
        example.end_level as comparable_end_level,
        example.last_value as comparable_last_value,
        example.level_slope as comparable_slope,
        example.improvement_chance as comparable_improvement_chance,
        -- apart by chance, and never by more than a part of what was to be gained
        least(
            sqrt(signal.margin ** 2 + example.margin ** 2),
            rule('start_share') * signal.window_years * signal.matters
        ) as start_margin,
        abs(example.start_level - signal.start_level) as start_distance,
    from placed as signal
    join placed as example
        on example.indicator_id = signal.indicator_id
        and example.axis = signal.axis
        and example.first_year = signal.first_year
        and example.last_year = signal.last_year
    anti join overlap
        on overlap.area_code = signal.area_code
        and overlap.other_code = example.area_code
    where signal.is_signal
        and example.is_example
        and example.is_settled
        and example.area_kind <> 'gemeente'
        and example.improvement_chance >= rule('example_chance')
        and example.pace >= greatest(1, signal.asked)
        and example.inhabitants * rule('size_times') >= signal.inhabitants
        and signal.inhabitants * rule('size_times') >= example.inhabitants
        and example.gemeente_inhabitants * rule('gemeente_times') >= signal.gemeente_inhabitants
        and signal.gemeente_inhabitants * rule('gemeente_times') >= example.gemeente_inhabitants
),

ordered as (
    select
        *,
        row_number() over (
            partition by programme_id, area_code, indicator_id
            order by
                list_contains(comparable_programmes, programme_id) desc,
                len(comparable_programmes) > 0 desc,
                comparable_gemeente_code is not distinct from gemeente_code desc,
                round(start_distance, 9),
                comparable_code
        ) as place_in_order,
    from compared
    where core.to_score(start_distance - start_margin) <= 0
),

-- of areas of one ground, as of two programmes, only the first
repeated as (
    select later.programme_id, later.area_code, later.indicator_id, later.comparable_code
    from ordered as later
    join overlap on overlap.area_code = later.comparable_code
    join ordered as earlier
        on earlier.programme_id = later.programme_id
        and earlier.area_code = later.area_code
        and earlier.indicator_id = later.indicator_id
        and earlier.comparable_code = overlap.other_code
        and earlier.place_in_order < later.place_in_order
),

ranked as (
    select
        ordered.*,
        (row_number() over (
            partition by ordered.programme_id, ordered.area_code, ordered.indicator_id
            order by ordered.place_in_order
        ))::integer as rank,
    from ordered
    anti join repeated using (programme_id, area_code, indicator_id, comparable_code)
)

select
    edition_year,
    programme_id,
    area_code,
    area_name,
    indicator_id,
    axis,
    rank,
    comparable_code,
    comparable_name,
    comparable_gemeente_name,
    -- of the programmes that it is in, the signal's own goes first
    if(
        list_contains(comparable_programmes, programme_id),
        programme_id,
        comparable_programmes[1]
    ) as comparable_programme_id,
    inhabitants,
    comparable_inhabitants,
    first_year,
    last_year,
    level_form,
    start_level,
    comparable_start_level,
    start_margin,
    end_level,
    comparable_end_level,
    last_value,
    comparable_last_value,
    level_slope as slope,
    comparable_slope,
    matters as meaningful_change,
    comparable_improvement_chance,
from ranked
where rank <= rule('examples')
