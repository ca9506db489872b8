-- one row: the published edition, its current edition year, whether any source is synthetic
select
    edition_id,
    epoch_us(published_at) as published_us,
    (select max(edition_year) from marts.stagnation) as edition_year,
    (select coalesce(bool_or(is_synthetic), false) from meta.source) as is_synthetic,
from meta.edition
