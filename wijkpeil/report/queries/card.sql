-- what one area shows on one indicator in the current edition year; rounded, so that the last bit
-- of a sum makes no page anew
with lined as (
    select area_code, indicator_id, programme_id, axis, series_id, is_last_provisional,
    from core.trend
    where edition_year = getvariable('newest_edition_year')
),

trend as (
    select * from lined where axis = 'own'
),

current as (
    select
        stagnation.*,
        coalesce(stagnation.programme_id, '') as judged_for,
        coalesce(programme.position, 1000) as position,
        coalesce(of_programme.series_id, of_all.series_id) as series_id,
        coalesce(of_programme.is_last_provisional, of_all.is_last_provisional)
            as is_last_provisional,
        if(
            own_change.indicator_id is null,
            indicator.change_relative,
            own_change.change_relative
        ) is not null as is_relative,
    from marts.stagnation as stagnation
    join catalog.indicator as indicator using (indicator_id)
    left join catalog.programme as programme using (programme_id)
    left join catalog.programme_change as own_change
        on own_change.programme_id = stagnation.programme_id
        and own_change.indicator_id = stagnation.indicator_id
    -- what a programme judges by its own size goes before what all have in common
    left join trend as of_programme
        on of_programme.area_code = stagnation.area_code
        and of_programme.indicator_id = stagnation.indicator_id
        and of_programme.programme_id = stagnation.programme_id
    left join trend as of_all
        on of_all.area_code = stagnation.area_code
        and of_all.indicator_id = stagnation.indicator_id
        and of_all.programme_id is null
    where stagnation.edition_year = getvariable('newest_edition_year')
    -- a wijk of several programmes is shown as the first of them judges it
    qualify row_number() over (
        partition by
            stagnation.area_code, stagnation.indicator_id, stagnation.axis,
            if(stagnation.axis = 'gap_programme', stagnation.programme_id, null)
        order by coalesce(programme.position, 1000)
    ) = 1
),

-- what the indicator is judged by, which may be a gap
headline as (
    select
        area_code,
        indicator_id,
        axis,
        class,
        class <> line_class as is_composed,
        phrase,
        is_alert,
        is_held,
        editions_in_a_row,
        class_at_half,
        class_at_double,
        suspected_breaks,
        sentence_nl,
        sentence_en,
    from current
    where is_headline
),

before as (
    select
        stagnation.area_code,
        stagnation.indicator_id,
        coalesce(stagnation.programme_id, '') as judged_for,
        stagnation.is_alert as was_alert,
    from marts.stagnation as stagnation
    where stagnation.is_headline
        and stagnation.edition_year = getvariable('newest_edition_year') - 1
),

-- the line with its margin, as every chart draws it
band as (
    select
        series_id,
        axis,
        list({
            'year': year,
            'segment': segment,
            'value': round(fitted, 8),
            'low': round(fitted_low, 8),
            'high': round(fitted_high, 8),
            'pace': round(on_pace, 8)
        } order by year) as line,
        list({'year': year, 'value': round(fit_value, 8)} order by year) as points,
    from core.trend_band
    where edition_year = getvariable('newest_edition_year')
    group by all
),

-- the course of a gap, where that is what the indicator is judged by
judged_gap as (
    select
        current.area_code,
        current.indicator_id,
        lined.axis,
        band.line,
        band.points,
    from current
    join catalog.indicator as indicator using (indicator_id)
    join lined
        on lined.area_code = current.area_code
        and lined.indicator_id = current.indicator_id
        and lined.axis = current.axis
        and (lined.programme_id is null or lined.programme_id = current.programme_id)
    join band on band.series_id = lined.series_id and band.axis = lined.axis
    where current.axis = indicator.judge and current.line_class <> 'insufficient'
    qualify row_number() over (
        partition by current.area_code, current.indicator_id
        order by lined.programme_id nulls last
    ) = 1
),

broken as (
    select
        area_code,
        indicator_id,
        list(
            {'year': year, 'reason': reason} order by year, reason = 'other definition'
        ) as breaks,
    from core.series_break
    group by all
),

-- areas that began alike and improved, beside the alert as the first programme judges it
example as (
    select
        comparable.programme_id as judged_for,
        comparable.area_code,
        comparable.indicator_id,
        list({
            'comparable_code': comparable_code,
            'area_name': comparable_name,
            'gemeente_name': comparable_gemeente_name,
            'axis': comparable.axis,
            'form': level_form,
            'first_year': first_year,
            'last_year': last_year,
            'start': round(comparable_start_level, 8),
            'end': round(comparable_end_level, 8),
            'own_start': round(start_level, 8),
            'own_end': round(end_level, 8),
            'decimals': coalesce(indicator.decimals, 1),
            'unit': indicator.unit,
            'unit_in_words': indicator.unit_in_words,
            'unit_en_in_words': indicator.unit_en
        } order by rank) as examples,
    from marts.comparable as comparable
    join catalog.indicator as indicator using (indicator_id)
    where comparable.edition_year = getvariable('newest_edition_year')
    group by all
),

gap as (
    select
        area_code,
        indicator_id,
        list({
            'axis': axis,
            'programme': if(axis = 'gap_programme', programme_id, null),
            'class': class,
            'phrase': case
                when class = 'ahead' then 'ahead_' || line_class
                when class <> line_class then class
                when class = 'stagnating' and is_held then 'held'
                when class = 'stagnating' and slope <= 0 then 'widening'
                else class
            end,
            'value': round(last_value, 8),
            'reference': round(reference_value, 8),
            'year': last_year
        } order by axis, position) as gaps,
    from current
    where axis <> 'own'
    group by all
)

select
    current.area_code,
    current.indicator_id,
    indicator.rowid as indicator_position,
    headline.class,
    headline.is_alert,
    coalesce(before.was_alert, false) as was_alert,
    {
        'indicator': current.indicator_id,
        'class': headline.class,
        'axis': headline.axis,
        'is_gap': headline.axis <> 'own',
        'phrase': headline.phrase,
        'is_alert': headline.is_alert,
        'was_alert': coalesce(before.was_alert, false),
        'is_held': headline.is_held,
        'editions': headline.editions_in_a_row,
        'slope': round(current.slope, 8),
        'low': round(current.slope_low, 8),
        'high': round(current.slope_high, 8),
        'meaningful': round(current.meaningful_change, 8),
        'is_relative': current.is_relative,
        'line': if(current.line_class <> 'insufficient', coalesce(band.line, []), []),
        'judge': indicator.judge,
        'gap_axis': judged_gap.axis,
        'gap_line': coalesce(judged_gap.line, []),
        'gap_points': coalesce(judged_gap.points, []),
        'points': current.points,
        'first_year': current.first_year,
        'last_year': current.last_year,
        'value': round(current.last_value, 8),
        'is_provisional': coalesce(current.is_last_provisional, false),
        'at_half': if(headline.is_composed, null, headline.class_at_half),
        'at_double': if(headline.is_composed, null, headline.class_at_double),
        'suspected': headline.suspected_breaks,
        'sentence_nl': headline.sentence_nl,
        'sentence_en': headline.sentence_en,
        'gaps': coalesce(gap.gaps, []),
        'examples': coalesce(example.examples, []),
        'comparable_from': comparability.comparable_from,
        'comparable_to': comparability.comparable_to,
        'breaks': coalesce(broken.breaks, []),
        'moved_share': round(comparability.largest_moved_share, 8),
        'restated': comparability.restated_years,
        'not_comparable': comparability.not_comparable_years,
        'suppressed': comparability.suppressed_years,
        'quarantined': comparability.quarantined_years,
        'missing': comparability.missing_years,
        'not_published': comparability.not_yet_published_years
    } as card,
from current
join headline using (area_code, indicator_id)
join catalog.indicator as indicator using (indicator_id)
left join gap using (area_code, indicator_id)
left join band on band.series_id = current.series_id and band.axis = 'own'
left join judged_gap
    on judged_gap.area_code = current.area_code
    and judged_gap.indicator_id = current.indicator_id
left join before
    on before.area_code = current.area_code
    and before.indicator_id = current.indicator_id
    and before.judged_for = current.judged_for
left join example
    on example.area_code = current.area_code
    and example.indicator_id = current.indicator_id
    and example.judged_for = current.judged_for
left join marts.comparability as comparability using (area_code, indicator_id)
left join broken using (area_code, indicator_id)
where current.axis = 'own'
