-- how one edition of an indicator stands: area kind, indicator, axis and edition year
with edition as (
    select
        course.series_id,
        (series.pool_id * 4 + course.course_id % 4) * 1000 - 1500 as before_first,
        course.axis,
        unnest(generate_series(course.first_edition, course.last_edition))::integer
            as edition_year,
        course.entering >> (edition_year - course.first_edition) & 1 as is_entering,
        course.assessed >> (edition_year - course.first_edition) & 1 as is_assessed,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
),

counted as (
    select
        before_first + edition_year as noise_id,
        any_value(series_id) as series_id,
        any_value(axis) as axis,
        any_value(edition_year) as edition_year,
        sum(is_entering) / nullif(sum(is_assessed), 0) as entering_share,
    from edition
    group by noise_id
)

select
    counted.noise_id,
    series.area_kind,
    series.indicator_id,
    counted.axis,
    counted.edition_year,
    counted.entering_share,
    string_agg(suspected.year::varchar, ' ' order by suspected.year) as suspected_breaks,
from counted
join core.trend_series as series using (series_id)
left join core.suspected_break as suspected
    on suspected.indicator_id = series.indicator_id
    and counted.edition_year >= suspected.year
    and counted.edition_year < suspected.year + series.window_years
group by all
