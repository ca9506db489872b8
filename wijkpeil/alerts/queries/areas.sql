-- one row per area of a programme: whether it can be followed, and how sure its CBS codes are
select
    programme_id,
    area_code,
    area_name,
    certainty,
    inhabitants,
    is_used,
from core.programme_area
where is_used or is_on_list
order by programme_id, area_name, area_code
