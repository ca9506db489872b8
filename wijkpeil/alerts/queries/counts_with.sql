-- one row per indicator: with which it counts as one
select
    indicator_id,
    coalesce(counts_with, indicator_id) as counts_with,
from catalog.indicator
