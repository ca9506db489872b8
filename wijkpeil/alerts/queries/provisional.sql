-- one row per alert of the current edition year and provisional year in its window
select distinct
    programme_id,
    area_code,
    indicator_id,
    axis,
    year,
from marts.stagnation
join core.observation using (area_code, indicator_id)
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and programme_id is not null
    and is_alert
    and axis = 'own'
    and status = 'provisional'
    and year between first_year and last_year
order by year
