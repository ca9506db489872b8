-- one row per programme, area, indicator and axis of the current edition year
with current as (
    select *
    from marts.stagnation
    where
        edition_year = (select max(edition_year) from marts.stagnation)
        and programme_id is not null
        -- a gap is told in the sentence about the level, and is no alert of its own
        and axis = 'own'
),

gemeente as (
    select area_code, arg_max(gemeente_name, year) as gemeente_name
    from core.area
    where area_kind <> 'gemeente'
    group by area_code
)

select
    programme_id,
    area_code,
    indicator_id,
    axis,
    coalesce(area_name, area_code) as area_name,
    gemeente_name,
    coalesce(indicator.name_nl, indicator_id) as indicator_name,
    class as trend_class,
    is_alert,
    coalesce(is_new_alert_allowed, false) as is_mailable,
    coalesce(sentence_nl, 'Een toelichting ontbreekt in deze editie.') as sentence_nl,
from current
left join catalog.indicator as indicator using (indicator_id)
left join gemeente using (area_code)
order by programme_id, area_name, area_code, indicator.theme, indicator_name, axis
