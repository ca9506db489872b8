-- the class of one series, axis and edition year, with every figure behind it
with entering as (
    select test.area_kind, test.indicator_id, test.axis, test.edition_year,
        count(*) filter (where test.is_entering)
        / nullif(count(*) filter (where test.is_sufficient), 0) as entering_share,
    from core.trend_test as test
    group by all
),

held as (
    select suspected.indicator_id, edition.edition_year,
        string_agg(suspected.year::varchar, ' ' order by suspected.year) as suspected_breaks,
    from core.suspected_break as suspected
    join catalog.indicator as indicator using (indicator_id)
    join (select distinct edition_year from core.trend_window) as edition
        on edition.edition_year >= suspected.year
        and edition.edition_year < suspected.year + indicator.window_years
    group by all
)

select
    fit.edition_year,
    fit.series_id,
    series.area_code,
    series.area_kind,
    series.programme_id,
    series.indicator_id,
    fit.axis,
    fit.line,
    case
        when not fit.is_sufficient then 'insufficient'
        when test.is_deteriorating then 'deteriorating'
        when test.is_improving then 'improving'
        when test.is_alert then 'stagnating'
        else 'inconclusive'
    end as class,
    test.is_alert,
    test.is_alert and not test.is_entering as is_held,
    test.is_entering
    and coalesce(fit.last_status, '') <> 'provisional'
    and held.indicator_id is null
    and (entering.entering_share >= 0.25 or test.is_entering_strictly) as is_new_alert_allowed,
    test.editions_in_a_row,
    -- the same line against half and double the size of what matters, without what went before
    case
        when not fit.is_sufficient then 'insufficient'
        when fit.score_slope <= -0.5 and fit.score_slope + 1.75 * test.slope_error < 0 then 'deteriorating'
        when fit.score_slope >= 0.5 and fit.score_slope - 1.75 * test.slope_error > 0 then 'improving'
        when fit.score_slope + test.entry_errors * test.slope_error < 0.5 then 'stagnating'
        else 'inconclusive'
    end as class_at_half,
    case
        when not fit.is_sufficient then 'insufficient'
        when fit.score_slope <= -2 and fit.score_slope + 1.75 * test.slope_error < 0 then 'deteriorating'
        when fit.score_slope >= 2 and fit.score_slope - 1.75 * test.slope_error > 0 then 'improving'
        when fit.score_slope + test.entry_errors * test.slope_error < 2 then 'stagnating'
        else 'inconclusive'
    end as class_at_double,
    fit.points,
    fit.segments,
    fit.first_year,
    fit.last_year,
    fit.last_value,
    fit.gemeente_value,
    fit.nl_value,
    fit.reference_value,
    -- how much better the area is than what it is compared with; below 0 it is behind
    series.direction * (fit.last_value - fit.reference_value) as gap,
    coalesce(fit.last_status = 'provisional', false) as is_last_provisional,
    fit.source_id,
    fit.meaningful_change,
    fit.usual_change,
    fit.mean_value,
    fit.scale,
    fit.slope,
    fit.score_slope,
    test.slope_error,
    fit.residual_sum,
    fit.sampling_variance,
    test.noise_variance,
    test.entry_errors,
    fit.degrees_of_freedom,
    fit.year_spread,
    fit.suppressed_share,
    entering.entering_share,
    held.suspected_breaks,
from core.trend_fit as fit
join core.trend_test as test using (fit_id)
join core.trend_series as series using (series_id)
left join entering
    on entering.area_kind = series.area_kind
    and entering.indicator_id = series.indicator_id
    and entering.axis = fit.axis
    and entering.edition_year = fit.edition_year
left join held
    on held.indicator_id = series.indicator_id
    and held.edition_year = fit.edition_year
