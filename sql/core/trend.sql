-- the class of one series, axis and edition year, with every figure behind it
with quiet as (
    select edition_year, indicator_id,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'own') as own,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'gap_gemeente')
            as gap_gemeente,
        max(noise_variance) filter (where area_kind = 'wijk' and axis = 'gap_nl') as gap_nl,
    from core.trend_noise
    group by all
),

-- areas of programmes are few: they take the noise of all wijken, where there is any
bounded as (
    select
        fit.*,
        series.area_code,
        series.area_kind,
        series.programme_id,
        series.indicator_id,
        series.has_own_change,
        series.direction,
        (fit.usual_change / fit.meaningful_change) ** 2 * case
            when fit.axis = 'gap_programme' then coalesce(quiet.gap_nl, quiet.own, noise.noise_variance)
            when series.area_kind = 'programme_area' then coalesce(
                case fit.axis
                    when 'own' then quiet.own
                    when 'gap_gemeente' then quiet.gap_gemeente
                    else quiet.gap_nl
                end,
                noise.noise_variance
            )
            else noise.noise_variance
        end as noise_variance,
    from core.trend_fit as fit
    join core.trend_series as series using (series_id)
    left join quiet
        on quiet.edition_year = fit.edition_year
        and quiet.indicator_id = series.indicator_id
    left join core.trend_noise as noise
        on noise.area_kind = series.area_kind
        and noise.indicator_id = series.indicator_id
        and noise.axis = fit.axis
        and noise.edition_year = fit.edition_year
),

-- apart from the pooling, where the noise of the area's own kind goes by the same name;
-- 12 is the weight of the pooled noise: a noisier area widens its own margin
margined as (
    select
        *,
        sqrt(
            (12 * (sampling_variance + noise_variance) + residual_sum)
            / (12 + degrees_of_freedom)
            / year_spread
        ) as slope_error,
    from bounded
),

-- 1.75 and 0.87 are the 95% and 80% quantiles of t at 14 to 18 degrees of freedom, 2.24 the 98%
tested as (
    select
        *,
        is_sufficient and score_slope <= -1 and score_slope + 1.75 * slope_error < 0
            as is_deteriorating,
        is_sufficient and score_slope >= 1 and score_slope - 1.75 * slope_error > 0
            as is_improving,
        is_sufficient and score_slope + 1.75 * slope_error < 1 as is_entering,
        is_sufficient and score_slope + 2.24 * slope_error < 1 as is_entering_strictly,
        is_sufficient and score_slope + 0.87 * slope_error < 1 as is_holding,
    from margined
),

-- an alert lasts from the edition that enters it until the first that no longer holds it
alerted as (
    select
        *,
        max(if(is_entering, edition_year, null)) over until_now as entered_in,
        max(if(is_holding, null, edition_year)) over until_now as let_go_in,
        coalesce(entered_in > coalesce(let_go_in, 0), false) as is_alert,
    from tested
    window until_now as (
        partition by series_id, axis order by edition_year
        rows between unbounded preceding and current row
    )
),

counted as (
    select
        *,
        if(
            is_alert,
            edition_year - coalesce(
                max(if(is_alert, null, edition_year)) over until_now,
                min(edition_year) over until_now - 1
            ),
            0
        ) as editions_in_a_row,
    from alerted
    window until_now as (
        partition by series_id, axis order by edition_year
        rows between unbounded preceding and current row
    )
),

entering as (
    select area_kind, indicator_id, axis, edition_year,
        count(*) filter (where is_entering) / nullif(count(*) filter (where is_sufficient), 0)
            as entering_share,
    from tested
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
    counted.edition_year,
    counted.series_id,
    counted.area_code,
    counted.area_kind,
    counted.programme_id,
    counted.indicator_id,
    counted.axis,
    case
        when not counted.is_sufficient then 'insufficient'
        when counted.is_deteriorating then 'deteriorating'
        when counted.is_improving then 'improving'
        when counted.is_alert then 'stagnating'
        else 'inconclusive'
    end as class,
    counted.is_alert,
    counted.is_alert and not counted.is_entering as is_held,
    counted.is_entering
    and coalesce(last.status, '') <> 'provisional'
    and held.indicator_id is null
    and (entering.entering_share >= 0.25 or counted.is_entering_strictly) as is_new_alert_allowed,
    counted.editions_in_a_row::integer as editions_in_a_row,
    -- the same line against half and double the size of what matters, without what went before
    case
        when not counted.is_sufficient then 'insufficient'
        when score_slope <= -0.5 and score_slope + 1.75 * slope_error < 0 then 'deteriorating'
        when score_slope >= 0.5 and score_slope - 1.75 * slope_error > 0 then 'improving'
        when score_slope + 1.75 * slope_error < 0.5 then 'stagnating'
        else 'inconclusive'
    end as class_at_half,
    case
        when not counted.is_sufficient then 'insufficient'
        when score_slope <= -2 and score_slope + 1.75 * slope_error < 0 then 'deteriorating'
        when score_slope >= 2 and score_slope - 1.75 * slope_error > 0 then 'improving'
        when score_slope + 1.75 * slope_error < 2 then 'stagnating'
        else 'inconclusive'
    end as class_at_double,
    counted.points,
    counted.first_year,
    counted.last_year,
    last.value as last_value,
    last.gemeente_value,
    last.nl_value,
    case counted.axis
        when 'gap_gemeente' then compared.gemeente_value
        when 'gap_nl' then compared.nl_value
        when 'gap_programme' then compared.programme_value
    end as reference_value,
    -- how much better the area is than what it is compared with; below 0 it is behind
    counted.direction * (last.value - reference_value) as gap,
    coalesce(last.status = 'provisional', false) as is_last_provisional,
    last.source_id,
    counted.meaningful_change,
    counted.slope,
    counted.score_slope,
    counted.slope_error,
    counted.residual_sum,
    counted.sampling_variance,
    counted.noise_variance,
    counted.degrees_of_freedom,
    counted.year_spread,
    counted.suppressed_share,
    entering.entering_share,
    held.suspected_breaks,
from counted
left join entering using (area_kind, indicator_id, axis, edition_year)
left join held
    on held.indicator_id = counted.indicator_id
    and held.edition_year = counted.edition_year
left join core.trend_point as last
    on last.series_id = counted.series_id
    and last.line = 'own'
    and last.year = counted.last_year
left join core.trend_point as compared
    on compared.series_id = counted.series_id
    and compared.line = counted.line
    and compared.year = counted.last_year
