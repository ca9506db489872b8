-- what became of the rows of one extract: used, blank, ignored by the catalog, or quarantined
with received as (
    select source_id, count(distinct row_number) as rows_received
    from raw.extract_cell
    group by all
),

bad as (
    select distinct source_id, row_number, indicator_id
    from core.quarantined_cell
    where row_number is not null
),

cell as (
    select
        observation.source_id,
        observation.row_number,
        observation.is_blank_row,
        observation.is_ignored,
        bad.source_id is null as is_used,
    from staging.extract_observation as observation
    left join bad using (source_id, row_number, indicator_id)
),

line as (
    select
        source_id,
        row_number,
        bool_and(is_blank_row) as is_blank,
        bool_and(is_ignored) as is_ignored,
        bool_or(is_used and not is_ignored and not is_blank_row) as is_used,
    from cell
    group by all
)

select
    received.source_id,
    any_value(source.rows_received) as rows_fetched,
    any_value(received.rows_received) as rows_received,
    count(*) filter (where is_used) as rows_used,
    count(*) filter (where is_blank) as rows_blank,
    count(*) filter (where is_ignored) as rows_ignored,
    count(*) filter (where not is_used and not is_blank and not is_ignored) as rows_quarantined,
from received
left join meta.source as source on source.source_id = received.source_id
left join line on line.source_id = received.source_id
group by received.source_id
