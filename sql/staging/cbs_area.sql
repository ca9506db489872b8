-- one area in one yearly area list of CBS
select
    source_id,
    year,
    area_code,
    coalesce(area_name, area_code) as area_name,
    area_kind,
    change_text,
    change_flag,
from staging.cbs_listed
where fault is null
