-- the class of one area, indicator, axis and edition year, once per programme that follows it
with followed as (
    select programme_area.programme_id, programme_area.area_code,
        programme_indicator.indicator_id,
    from core.programme_area as programme_area
    join catalog.programme_indicator as programme_indicator using (programme_id)
    where programme_area.is_used and programme_area.is_on_list
),

described as (
    select
        trend.*,
        followed.programme_id,
        area.area_name,
        area.gemeente_name,
        indicator.name_nl,
        indicator.unit,
        indicator.decimals,
        least(indicator.decimals + 1, 4) as slope_decimals,
        indicator.direction * trend.score_slope * trend.meaningful_change as slope,
        1.75 * trend.slope_error * trend.meaningful_change as slope_margin,
        if(indicator.direction > 0, 'stijging', 'daling') as better,
        gemeente.value as gemeente_value,
        nation.value as nl_value,
        source.title_nl as source_title,
    from core.trend as trend
    join catalog.indicator as indicator using (indicator_id)
    join core.place as area using (area_code)
    left join followed using (area_code, indicator_id)
    left join meta.source as source on source.source_id = trend.source_id
    left join core.observation as gemeente
        on gemeente.area_code = area.gemeente_code
        and gemeente.indicator_id = trend.indicator_id
        and gemeente.year = trend.last_year
    left join core.observation as nation
        on nation.area_code = 'NL00'
        and nation.indicator_id = trend.indicator_id
        and nation.year = trend.last_year
),

worded as (
    select
        *,
        area_name || coalesce(' (' || gemeente_name || ')', '') as place,
        format(
            'van {} tot en met {} veranderde het cijfer gemiddeld {} {} per jaar (marge {} tot {})',
            first_year, last_year, dutch_number(slope, slope_decimals), change_unit(unit),
            dutch_number(slope - slope_margin, slope_decimals),
            dutch_number(slope + slope_margin, slope_decimals)
        ) as movement,
        format(
            'een {} van {} {} per jaar of meer',
            better, dutch_number(meaningful_change, slope_decimals), change_unit(unit)
        ) as improvement,
        format(
            ' In {} was het cijfer {}', last_year, level(last_value, decimals, unit)
        )
        || case
            when gemeente_value is not null and nl_value is not null then format(
                ' (gemeente {}, Nederland {})',
                level(gemeente_value, decimals, unit), level(nl_value, decimals, unit)
            )
            when gemeente_value is not null
                then format(' (gemeente {})', level(gemeente_value, decimals, unit))
            when nl_value is not null
                then format(' (Nederland {})', level(nl_value, decimals, unit))
            else ''
        end
        || '.' as standing,
        if(
            editions_in_a_row >= 3,
            format(' Dit is de {}e editie op rij.', editions_in_a_row),
            ''
        )
        || format(
            ' {} meetjaren, bron: {}{}.',
            points, source_title, if(is_last_provisional, ', laatste jaar voorlopig', '')
        ) as basis,
    from described
)

select
    edition_year,
    area_code,
    area_name,
    programme_id,
    indicator_id,
    axis,
    class,
    slope,
    slope - slope_margin as slope_low,
    slope + slope_margin as slope_high,
    meaningful_change,
    points,
    first_year,
    last_year,
    is_alert,
    editions_in_a_row,
    case class
        when 'stagnating' then
            place || ' stagneert op ' || name_nl || ': ' || movement
            || if(
                is_held,
                '; herstel is nog niet aangetoond.',
                '; ' || improvement || ' is met 95% zekerheid uitgesloten.'
            )
            || standing || basis
        when 'deteriorating' then
            place || ' verslechtert op ' || name_nl || ': ' || movement
            || '; ' || improvement || ' is met 95% zekerheid uitgesloten.'
            || standing || basis
        when 'improving' then
            place || ' verbetert op ' || name_nl || ': ' || movement || '.' || standing || basis
        when 'inconclusive' then
            'Of ' || place || ' vooruitgaat op ' || name_nl || ' is nog niet vast te stellen: '
            || movement || '; ' || improvement || ' is niet aangetoond en niet uitgesloten.'
            || standing || basis
        else
            'Voor ' || place || ' zijn er onvoldoende gegevens over ' || name_nl
            || format(
                ': {} {} in het venster dat eindigt in {}.',
                points, if(points = 1, 'vergelijkbaar meetjaar', 'vergelijkbare meetjaren'),
                edition_year
            )
    end as sentence_nl,
from worded
