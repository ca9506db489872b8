-- one safety figure: area, year and indicator
select
    area_code,
    area_name,
    area_kind,
    gemeente_code,
    gemeente_name,
    year,
    indicator_id,
    indicator_name,
    value,
    unit,
    status,
    value_as_published,
    gemeente_value,
    programme_value,
    nl_value,
    rank_in_gemeente,
    change,
    source_id,
    retrieved_on,
from core.figure
where theme = 'safety'
