-- one row per programme, area and theme of the current edition year
select
    programme_id,
    area_code,
    theme,
    alerts,
    conclusive,
    is_alert,
    is_structural,
    coalesce(sentence_nl, '') as sentence_nl,
    coalesce(sentence_en, '') as sentence_en,
from marts.area_alert
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and programme_id is not null
    and "grouping" = 'theme'
order by programme_id, area_code, theme
