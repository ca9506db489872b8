-- what one area shows on one indicator in the current edition year; rounded, so that the last bit
-- of a sum makes no page anew
with current as (
    select
        stagnation.*,
        coalesce(stagnation.programme_id, '') as judged_for,
        coalesce(programme.position, 1000) as position,
        trend.is_last_provisional,
    from marts.stagnation as stagnation
    left join catalog.programme as programme using (programme_id)
    left join (
        select distinct area_code, indicator_id, is_last_provisional
        from core.trend
        where axis = 'own' and edition_year = (select max(edition_year) from core.trend)
    ) as trend using (area_code, indicator_id)
    where stagnation.edition_year = (select max(edition_year) from marts.stagnation)
    -- a wijk of several programmes is shown as the first of them judges it
    qualify row_number() over (
        partition by
            stagnation.area_code, stagnation.indicator_id, stagnation.axis,
            if(stagnation.axis = 'gap_programme', stagnation.programme_id, null)
        order by coalesce(programme.position, 1000)
    ) = 1
),

before as (
    select
        stagnation.area_code,
        stagnation.indicator_id,
        coalesce(stagnation.programme_id, '') as judged_for,
        stagnation.is_alert as was_alert,
    from marts.stagnation as stagnation
    where stagnation.axis = 'own'
        and stagnation.edition_year = (select max(edition_year) from marts.stagnation) - 1
),

gap as (
    select
        area_code,
        indicator_id,
        list({
            'axis': axis,
            'programme': if(axis = 'gap_programme', programme_id, null),
            'class': class,
            'slope': round(slope, 8),
            'low': round(slope_low, 8),
            'high': round(slope_high, 8),
            'reference': round(reference_value, 8),
            'gap': round(gap, 8),
            'points': points,
            'editions': editions_in_a_row
        } order by axis, position) as gaps,
    from current
    where axis <> 'own'
    group by all
)

select
    current.area_code,
    current.indicator_id,
    indicator.rowid as indicator_position,
    current.class,
    current.is_alert,
    coalesce(before.was_alert, false) as was_alert,
    {
        'indicator': current.indicator_id,
        'class': current.class,
        'is_alert': current.is_alert,
        'was_alert': coalesce(before.was_alert, false),
        'is_held': current.is_held,
        'editions': current.editions_in_a_row,
        'slope': round(current.slope, 8),
        'low': round(current.slope_low, 8),
        'high': round(current.slope_high, 8),
        'meaningful': round(current.meaningful_change, 8),
        'points': current.points,
        'first_year': current.first_year,
        'last_year': current.last_year,
        'value': round(current.last_value, 8),
        'is_provisional': coalesce(current.is_last_provisional, false),
        'at_half': current.class_at_half,
        'at_double': current.class_at_double,
        'suspected': current.suspected_breaks,
        'sentence_nl': current.sentence_nl,
        'sentence_en': current.sentence_en,
        'gaps': coalesce(gap.gaps, []),
        'comparable_from': comparability.comparable_from,
        'comparable_to': comparability.comparable_to,
        'breaks': comparability.breaks,
        'moved_share': round(comparability.largest_moved_share, 8),
        'restated': comparability.restated_years,
        'not_comparable': comparability.not_comparable_years,
        'suppressed': comparability.suppressed_years,
        'quarantined': comparability.quarantined_years,
        'not_published': comparability.not_yet_published_years
    } as card,
from current
join catalog.indicator as indicator using (indicator_id)
left join gap using (area_code, indicator_id)
left join before
    on before.area_code = current.area_code
    and before.indicator_id = current.indicator_id
    and before.judged_for = current.judged_for
left join marts.comparability as comparability using (area_code, indicator_id)
where current.axis = 'own'
