-- how one edition of an indicator stands: area kind, indicator, axis and edition year
with course as (
    select
        series.area_kind,
        series.indicator_id,
        series.pool_id * 4 + course.course_id % 4 as pool_axis,
        course.axis,
        course.first_edition,
        course.last_edition,
        course.entering,
        course.assessed,
        count(*) as courses,
    from core.trend_course as course
    join core.trend_series as series using (series_id)
    group by all
),

edition as (
    select
        * exclude (entering, assessed),
        unnest(generate_series(first_edition, last_edition))::integer as edition_year,
        courses * (entering >> (edition_year - first_edition) & 1) as entering,
        courses * (assessed >> (edition_year - first_edition) & 1) as assessed,
    from course
),

counted as (
    select
        core.noise_id(pool_axis, edition_year) as noise_id,
        area_kind,
        indicator_id,
        axis,
        edition_year,
        sum(entering) / nullif(sum(assessed), 0) as entering_share,
    from edition
    group by all
)

select
    counted.*,
    string_agg(suspected.year::varchar, ' ' order by suspected.year) as suspected_breaks,
from counted
join catalog.indicator as indicator using (indicator_id)
left join core.suspected_break as suspected
    on suspected.indicator_id = counted.indicator_id
    and counted.edition_year >= suspected.year
    and counted.edition_year < suspected.year + indicator.window_years
group by all
