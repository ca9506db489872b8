-- the one division into areas that series are restated to: that of the newest area list
select max(year) as target_year,
from staging.cbs_area
