-- the sums of one window: series, line and edition year, each definition centred on its own mean
-- a view of core.trend_line
with last as (
    select max(first_seen + list_last(t))::integer as year
    from core.trend_line
),

-- the definitions that one line goes through
parted as (
    select series_id, line,
        list(seen_years) as seen_by_part,
        min(segment) as first_segment,
    from core.trend_line
    where not is_alone
    group by all
),

edition as not materialized (
    select
        line.*,
        parted.seen_by_part,
        line.segment = parted.first_segment as is_first,
        unnest(
            generate_series(
                line.first_seen, least(last.year, line.first_seen + rule('longest_years') - 1)
            )
        )::integer as edition_year,
    from core.trend_line as line
    cross join last
    left join parted using (series_id, line)
),

-- the figures in a window are those after `before`, up to and with `upto`
placed as not materialized (
    select
        *,
        edition_year - first_seen as edition_number,
        (2::bigint << edition_number) - 1 as until_now,
        until_now & ~((1::bigint << greatest(edition_number - window_years + 1, 0)) - 1)
            as in_window,
        bit_count(seen_years & until_now)::integer as upto,
        upto - bit_count(seen_years & in_window)::integer as before,
        -- a definition with a single figure in the window tells nothing about change
        if(upto - before >= 2, upto - before, 0) as points,
    from edition
),

-- of a line with several definitions only those that tell something; where none does, the first
-- stands for the line
counted as not materialized (
    select *, (points > 0)::integer as segments, false as is_of_parts
    from placed
    where is_alone

    union all

    select *,
        len(list_filter(seen_by_part, seen -> bit_count(seen & in_window) >= 2))::integer
            as segments,
        segments > 1 as is_of_parts,
    from placed
    where not is_alone and (points > 0 or (segments = 0 and is_first))
),

sliced as not materialized (
    select
        * exclude (t, e),
        t[before + 1:before + points] as t,
        -- counted from the first in the window: what lies before it leaves no trace in a sum
        own_values[before + 1] as first_own,
        gemeente_values[before + 1] as first_gemeente,
        nl_values[before + 1] as first_nl,
        programme_values[before + 1] as first_programme,
        list_transform(own_values[before + 1:before + points], v -> v - first_own) as y,
        list_transform(gemeente_values[before + 1:before + points], v -> v - first_gemeente) as g,
        list_transform(nl_values[before + 1:before + points], v -> v - first_nl) as l,
        list_transform(programme_values[before + 1:before + points], v -> v - first_programme)
            as p,
        e[before + 1:before + points] as e,
        list_resize([]::double[], points, 1.0) as one,
    from counted
),

-- the last five years of figures, of which one may lack
recent as not materialized (
    select
        *,
        case
            when points < rule('bend_least_points') then null
            when t[points - rule('bend_years') + 1] > t[points] - rule('bend_years')
                then rule('bend_years')
            when t[points - rule('bend_years') + 2] > t[points] - rule('bend_years')
                then rule('bend_years') - 1
        end as recent_points,
        t[-recent_points:] as recent_t,
        list_resize([]::double[], recent_points, 1.0) as recent_one,
        list_dot_product(recent_t, recent_one) / recent_points as recent_middle,
        list_dot_product(recent_t, recent_t) - recent_points * recent_middle * recent_middle
            as recent_spread,
    from sliced
),

summed as not materialized (
    select
        *,
        list_dot_product(t, one) as sum_t,
        list_dot_product(y, one) as sum_y,
        list_dot_product(g, one) as sum_g,
        list_dot_product(l, one) as sum_l,
        list_dot_product(p, one) as sum_p,
        list_dot_product(recent_t, y[-recent_points:])
        - recent_middle * list_dot_product(recent_one, y[-recent_points:]) as recent_with_year,
        list_dot_product(recent_t, g[-recent_points:])
        - recent_middle * list_dot_product(recent_one, g[-recent_points:]) as recent_gemeente,
        list_dot_product(recent_t, l[-recent_points:])
        - recent_middle * list_dot_product(recent_one, l[-recent_points:]) as recent_nl,
        list_dot_product(recent_t, p[-recent_points:])
        - recent_middle * list_dot_product(recent_one, p[-recent_points:]) as recent_programme,
    from recent
),

part as not materialized (
    select
        series_id,
        line,
        edition_year,
        edition_number,
        pool_id,
        direction,
        has_own_change,
        is_of_parts,
        change_per_year,
        change_relative,
        usual_per_year,
        usual_relative,
        points,
        segments,
        bit_count(suppressed_years & in_window) / nullif(bit_count(expected_years & in_window), 0)
            as suppressed_share,
        first_seen + t[1]::integer as first_year,
        first_seen + t[-1]::integer as last_year,
        if(points > 0, own_values[upto], null) as last_value,
        if(points > 0, gemeente_values[upto], null) as gemeente_value,
        if(points > 0, nl_values[upto], null) as nl_value,
        if(points > 0, programme_values[upto], null) as programme_value,
        provisional_years >> (last_year - first_seen) & 1 = 1 as is_last_provisional,
        revisable_years >> (last_year - first_seen) & 1 = 1 as is_last_revisable,
        if(points > 0, sources[upto], 0) as source_number,
        first_own + sum_y / nullif(points, 0) as mean_value,
        first_gemeente + sum_g / nullif(points, 0) as mean_gemeente,
        first_nl + sum_l / nullif(points, 0) as mean_nl,
        first_programme + sum_p / nullif(points, 0) as mean_programme,
        list_dot_product(e, e) / nullif(points, 0) as mean_square_error,
        list_dot_product(t, t) - sum_t * sum_t / nullif(points, 0) as year_spread,
        list_dot_product(t, y) - sum_t * sum_y / nullif(points, 0) as with_year,
        list_dot_product(y, y) - sum_y * sum_y / nullif(points, 0) as spread,
        list_dot_product(t, g) - sum_t * sum_g / nullif(points, 0) as gemeente_with_year,
        list_dot_product(g, g) - sum_g * sum_g / nullif(points, 0) as gemeente_spread,
        list_dot_product(y, g) - sum_y * sum_g / nullif(points, 0) as with_gemeente,
        list_dot_product(t, l) - sum_t * sum_l / nullif(points, 0) as nl_with_year,
        list_dot_product(l, l) - sum_l * sum_l / nullif(points, 0) as nl_spread,
        list_dot_product(y, l) - sum_y * sum_l / nullif(points, 0) as with_nl,
        list_dot_product(t, p) - sum_t * sum_p / nullif(points, 0) as programme_with_year,
        list_dot_product(p, p) - sum_p * sum_p / nullif(points, 0) as programme_spread,
        list_dot_product(y, p) - sum_y * sum_p / nullif(points, 0) as with_programme,
        recent_spread,
        recent_with_year,
        recent_gemeente,
        recent_nl,
        recent_programme,
        is_for_own,
        is_for_gemeente,
        is_for_nl,
        is_for_programme,
    from summed
)

select * exclude (is_of_parts)
from part
where not is_of_parts

union all by name

select
    series_id,
    line,
    edition_year,
    any_value(edition_number) as edition_number,
    any_value(pool_id) as pool_id,
    any_value(direction) as direction,
    any_value(has_own_change) as has_own_change,
    any_value(change_per_year) as change_per_year,
    any_value(change_relative) as change_relative,
    any_value(usual_per_year) as usual_per_year,
    any_value(usual_relative) as usual_relative,
    sum(points)::integer as points,
    any_value(segments) as segments,
    any_value(suppressed_share) as suppressed_share,
    min(first_year) as first_year,
    max(last_year) as last_year,
    arg_max(last_value, last_year) as last_value,
    arg_max(gemeente_value, last_year) as gemeente_value,
    arg_max(nl_value, last_year) as nl_value,
    arg_max(programme_value, last_year) as programme_value,
    arg_max(is_last_provisional, last_year) as is_last_provisional,
    arg_max(is_last_revisable, last_year) as is_last_revisable,
    arg_max_null(source_number, last_year) as source_number,
    list_sum(list_sort(list(mean_value * points))) / nullif(sum(points), 0) as mean_value,
    list_sum(list_sort(list(mean_gemeente * points))) / nullif(sum(points), 0) as mean_gemeente,
    list_sum(list_sort(list(mean_nl * points))) / nullif(sum(points), 0) as mean_nl,
    list_sum(list_sort(list(mean_programme * points))) / nullif(sum(points), 0) as mean_programme,
    list_sum(list_sort(list(mean_square_error * points))) / nullif(sum(points), 0)
        as mean_square_error,
    list_sum(list_sort(list(year_spread))) as year_spread,
    list_sum(list_sort(list(with_year))) as with_year,
    list_sum(list_sort(list(spread))) as spread,
    list_sum(list_sort(list(gemeente_with_year))) as gemeente_with_year,
    list_sum(list_sort(list(gemeente_spread))) as gemeente_spread,
    list_sum(list_sort(list(with_gemeente))) as with_gemeente,
    list_sum(list_sort(list(nl_with_year))) as nl_with_year,
    list_sum(list_sort(list(nl_spread))) as nl_spread,
    list_sum(list_sort(list(with_nl))) as with_nl,
    list_sum(list_sort(list(programme_with_year))) as programme_with_year,
    list_sum(list_sort(list(programme_spread))) as programme_spread,
    list_sum(list_sort(list(with_programme))) as with_programme,
    arg_max_null(recent_spread, last_year) as recent_spread,
    arg_max_null(recent_with_year, last_year) as recent_with_year,
    arg_max_null(recent_gemeente, last_year) as recent_gemeente,
    arg_max_null(recent_nl, last_year) as recent_nl,
    arg_max_null(recent_programme, last_year) as recent_programme,
    bool_or(is_for_own) as is_for_own,
    bool_or(is_for_gemeente) as is_for_gemeente,
    bool_or(is_for_nl) as is_for_nl,
    bool_or(is_for_programme) as is_for_programme,
from part
where is_of_parts
group by series_id, line, edition_year
