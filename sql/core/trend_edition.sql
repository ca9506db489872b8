-- how one edition of an indicator stands: area kind, indicator, axis and edition year
with edition as (
    select
        series.area_kind,
        series.indicator_id,
        course.axis,
        unnest(generate_series(course.first_edition, course.last_edition))::integer
            as edition_year,
        course.entering >> (edition_year - course.first_edition) & 1 as is_entering,
        course.assessed >> (edition_year - course.first_edition) & 1 as is_assessed,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
),

counted as (
    select area_kind, indicator_id, axis, edition_year,
        sum(is_entering) / nullif(sum(is_assessed), 0) as entering_share,
    from edition
    group by all
)

select
    counted.area_kind,
    counted.indicator_id,
    counted.axis,
    counted.edition_year,
    counted.entering_share,
    string_agg(suspected.year::varchar, ' ' order by suspected.year) as suspected_breaks,
from counted
join catalog.indicator as indicator using (indicator_id)
left join core.suspected_break as suspected
    on suspected.indicator_id = counted.indicator_id
    and counted.edition_year >= suspected.year
    and counted.edition_year < suspected.year + indicator.window_years
group by all
