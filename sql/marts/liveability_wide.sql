-- one area and year, a column per liveability indicator; for spreadsheets
select columns(*)
from (
    pivot (
        select area_code, area_name, area_kind, gemeente_name, year, indicator_id, value,
        from marts.liveability
    )
    on indicator_id
    using first(value)
    group by area_code, area_name, area_kind, gemeente_name, year
)
