-- one series that is judged: area and indicator, and the programme whose reference or size it has
with followed_area as (
    select area_code, null as programme_id
    from core.place
    where area_kind = 'wijk' and is_listed

    union

    select area_code, null as programme_id
    from core.programme_area
    where is_used

    union

    select area_code, programme_id
    from core.programme_area
    where is_used
),

-- a year that is none is judged nowhere
figure as (
    select observation.area_code, observation.indicator_id, observation.year,
    from core.observation as observation
    join catalog.indicator as indicator using (indicator_id)
    where indicator.direction <> 0
        and observation.status <> 'not_comparable'
        and observation.year between 1500 and 2499
),

observed as (
    select
        figure.area_code,
        figure.indicator_id,
        min(figure.year) as first_figure,
        max(figure.year) as last_seen,
        -- editions are the bits of a number: a longer series is judged on its last years, of which
        -- a year to come that one figure has takes none away
        greatest(
            first_figure,
            least(
                any_value(newest.year),
                last_seen + (rule('longest_years') - rule('least_kept_years'))
            ) - (rule('longest_years') - 1)
        ) as first_seen,
    from figure
    cross join (select max(year) as year from figure) as newest
    group by all
)

select
    (row_number() over (
        order by observed.indicator_id, observed.area_code, followed_area.programme_id
    ))::integer as series_id,
    -- the areas whose noise is pooled
    (dense_rank() over (order by place.area_kind, observed.indicator_id))::integer as pool_id,
    observed.area_code,
    followed_area.programme_id,
    observed.indicator_id,
    place.area_kind,
    place.gemeente_code,
    observed.first_figure,
    observed.first_seen,
    observed.last_seen,
    indicator.direction,
    indicator.window_years,
    -- a programme may have its own size of what matters
    coalesce(
        programme_change.change_per_year,
        if(programme_change.change_relative is null, indicator.change_per_year, null)
    ) as change_per_year,
    coalesce(
        programme_change.change_relative,
        if(programme_change.change_per_year is null, indicator.change_relative, null)
    ) as change_relative,
    indicator.change_per_year as usual_per_year,
    indicator.change_relative as usual_relative,
    programme_change.indicator_id is not null as has_own_change,
    programme.comparator as programme_comparator,
from observed
join followed_area using (area_code)
join core.place as place using (area_code)
join catalog.indicator as indicator using (indicator_id)
left join catalog.programme as programme using (programme_id)
left join catalog.programme_change as programme_change using (programme_id, indicator_id)
