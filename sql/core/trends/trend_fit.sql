-- one straight line: series, axis and edition year
-- a view of core.trend_window, which has the lines of all axes beside each other
with fitted as (
    select * exclude (own, gemeente, nl, programme), own.*,
        'own' as axis, 0 as axis_number, null::double as reference_value,
    from core.trend_window
    where own is not null

    union all

    select * exclude (own, gemeente, nl, programme), gemeente.*,
        'gap_gemeente' as axis, 1 as axis_number, gemeente_value as reference_value,
    from core.trend_window
    where gemeente is not null

    union all

    select * exclude (own, gemeente, nl, programme), nl.*,
        'gap_nl' as axis, 2 as axis_number, nl_value as reference_value,
    from core.trend_window
    where nl is not null

    union all

    select * exclude (own, gemeente, nl, programme), programme.*,
        'gap_programme' as axis, 3 as axis_number, programme_value as reference_value,
    from core.trend_window
    where programme is not null
)

select
    * exclude (programme_value),
    -- one number for series and axis
    series_id * 4 + axis_number as course_id,
    core.noise_id(pool_id * 4 + axis_number, edition_year) as noise_id,
    -- rounded, so that the last bit of a sum puts no area on another side of what matters
    core.to_score(direction * slope / meaningful_change) as score_slope,
    core.to_score(direction * recent_slope / meaningful_change) as recent_score,
    lack is null and slope is not null as is_sufficient,
from fitted
