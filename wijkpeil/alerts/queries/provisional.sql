-- one row per alert of the current edition year and provisional year in its window
select distinct
    programme_id,
    area_code,
    indicator_id,
    'own' as axis,
    year,
    is_never_revised,
from marts.stagnation
join core.observation using (area_code, indicator_id)
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and programme_id is not null
    and is_alert
    and is_headline
    and status = 'provisional'
    and year between first_year and last_year
order by year
