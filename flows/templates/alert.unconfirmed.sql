-- one row per area whose CBS codes were found by name and not confirmed
select
    programme_id,
    area_code,
from core.programme_area
where is_used and certainty = 'name_match'
