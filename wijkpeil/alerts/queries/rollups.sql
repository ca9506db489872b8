-- one row per programme, area and theme of the current edition year
with cause as (
    select programme_id, area_code, indicator.theme,
        coalesce(counts_with, indicator_id) as cause,
        count(*) filter (where class not in ('inconclusive', 'insufficient')) as conclusive,
        count(*) filter (where is_alert and is_new_alert_allowed) as alerts,
        count(*) filter (
            where is_alert and is_new_alert_allowed and editions_in_a_row >= rule.lasting_editions
        ) as lasting,
    from marts.stagnation
    join catalog.indicator as indicator using (indicator_id)
    cross join catalog.rule as rule
    where edition_year = (select max(edition_year) from marts.stagnation) and is_headline
    group by all
),

-- the alerts with an open mail gate, counted as marts.area_alert counts all
allowed as (
    select programme_id, area_code, theme,
        count(*) filter (where core.is_cause_alert(alerts, conclusive)) as alerts,
        count(*) filter (where core.is_cause_alert(lasting, conclusive)) as lasting,
        sum(conclusive) as figures,
    from cause
    group by all
)

select
    programme_id,
    area_code,
    theme,
    area.alerts,
    conclusive,
    indicators,
    is_alert,
    is_structural,
    -- whether these would do by themselves
    core.is_area_alert(allowed.alerts, conclusive, indicators, figures) as is_mailable,
    core.is_area_structural(allowed.lasting, indicators) as is_structural_mailable,
    coalesce(sentence_nl, '') as sentence_nl,
    coalesce(sentence_en, '') as sentence_en,
from marts.area_alert as area
join allowed using (programme_id, area_code, theme)
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and programme_id is not null
    and "grouping" = 'theme'
order by programme_id, area_code, theme
