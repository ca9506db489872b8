-- one row per programme, area and source with a figure about it
select distinct
    programme_id,
    area_code,
    title_nl,
    attribution,
    licence,
    epoch_us(retrieved_at) as retrieved_us,
    last_fetch_error is not null as is_stale,
    epoch_us(checked_at) as checked_us,
    coalesce(age_days > max_age_days, false) as is_old,
from marts.stagnation
join core.observation using (area_code)
join meta.source using (source_id)
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and programme_id is not null
    and retrieved_at is not null
order by programme_id, attribution, licence, title_nl, area_code
