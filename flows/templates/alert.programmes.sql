-- one row per programme that has areas this edition year
select distinct
    programme_id,
    coalesce(name_nl, programme_id) as name_nl,
    contact,
from marts.stagnation
left join catalog.programme using (programme_id)
where programme_id is not null
