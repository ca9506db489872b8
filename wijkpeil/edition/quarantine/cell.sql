-- one figure before and now: indicator, area and year
with figure as (
    select
        coalesce(old.indicator_id, new.indicator_id) as indicator_id,
        coalesce(old.area_code, new.area_code) as area_code,
        coalesce(old.year, new.year) as year,
        left(coalesce(old.area_code, new.area_code), 2) as level,
        old.value as old_value,
        new.value as new_value,
        old.standard_error as old_error,
        new.standard_error as new_error,
    from old_figure as old
    full join new_figure as new
        on new.indicator_id = old.indicator_id
        and new.area_code = old.area_code
        and new.year = old.year
),

-- how far areas lie from one another
parted as (
    select indicator_id, year, level,
        count(old_value) as areas,
        quantile_cont(old_value, 0.75) - quantile_cont(old_value, 0.25) as spread,
    from figure
    group by all
),

spaced as (
    select
        figure.*,
        10.0 ** -size.decimals as unit,
        -- of a few gemeenten no spread is known: the wijken's serves, but not for what adds up
        case
            when parted.areas >= 15 then parted.spread
            when size.is_sum then abs(figure.old_value) / 2
            else coalesce(wijk.spread, abs(figure.old_value) / 2)
        end as own_spread,
        coalesce(
            size.per_year,
            size.relative * abs(figure.old_value),
            limits.largest_relative_shift * abs(figure.old_value) / limits.largest_shift
        ) as size,
        figure.new_value - figure.old_value as change,
    from figure
    cross join limits
    join size using (indicator_id)
    left join parted using (indicator_id, year, level)
    left join parted as wijk
        on wijk.indicator_id = figure.indicator_id
        and wijk.year = figure.year
        and wijk.level = 'WK'
        and wijk.areas >= 15
)

select
    *,
    greatest(own_spread / 4, 1.5 * unit) as tolerance,
    coalesce(abs(change) > unit / 1000, false) as is_changed,
    coalesce(abs(change) > greatest(own_spread / 4, 1.5 * unit), false) as is_moved,
from spaced
