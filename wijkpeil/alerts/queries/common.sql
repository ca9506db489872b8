-- one row per indicator and kind of area of which so many pass in the current edition year that a new
-- alert needs no more than the usual certainty
select indicator_id, area_kind
from core.trend_edition
cross join catalog.rule as rule
where
    edition_year = (select max(edition_year) from marts.stagnation)
    and axis = 'own'
    and entering_share >= rule.common_share
