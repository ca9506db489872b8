"""What CBS restated: each snapshot of a table held against the one before it, cell by cell.

The comparison of two snapshots never changes, so it is kept as parquet beside them in
`<warehouse>/revisions/` and made again where it is gone.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb

from flows.catalog import Catalog, CbsTable
from flows.cells import long_v4, wide_v3
from flows.kernel import literal
from flows.reading import mark_those_unread
from flows.snapshots import Snapshot, readable_snapshots

_TABLE = """
create table meta.revision (
    source_id varchar, indicator_id varchar, area_code varchar, year integer, revision varchar,
    old_value double, new_value double, old_snapshot_id varchar, new_snapshot_id varchar,
    revised_on date
)
"""
_COMMENTS = {
    "source_id": "Source, as in meta.source",
    "indicator_id": "Indicator, as in catalog.indicator",
    "area_code": "CBS code of the area, without padding",
    "year": "Calendar year of the figure",
    "revision": "added (was empty), changed, or withdrawn (is empty now)",
    "old_value": "The figure before, as CBS writes it: before the scale of the catalog",
    "new_value": "The figure after, as CBS writes it: before the scale of the catalog",
    "old_snapshot_id": "Snapshot the old figure is from",
    "new_snapshot_id": "Snapshot the new figure is from",
    "revised_on": "Date on which the new figure was received",
}
# what must be the same in two questions before their answers can be compared
_SCOPE = ("cbs_id", "api", "area_dimension", "area_levels", "period_suffix", "where", "margins")


def load_revisions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, warehouse: Path
) -> None:
    """Make `meta.revision`: every cell that differs between two snapshots in a row of a table."""
    connection.execute(_TABLE)
    connection.execute(
        "comment on table meta.revision is 'one figure that CBS added, changed or withdrew'"
    )
    for name, meaning in _COMMENTS.items():
        connection.execute(f"comment on column meta.revision.{name} is {literal(meaning)}")
    for table in catalog.tables:
        for kept in _all_compared(connection, table, warehouse):
            connection.execute(
                "insert into meta.revision by name select * from read_parquet(?)", [str(kept)]
            )


def _all_compared(
    connection: duckdb.DuckDBPyConnection, table: CbsTable, warehouse: Path
) -> list[Path]:
    """The parquet files of all snapshots in a row; one that cannot be read is passed by."""
    snapshots = [*readable_snapshots(warehouse, table.id)][::-1]
    try:
        return [
            _compared(connection, table, old, new, warehouse)
            for old, new in pairwise(snapshots)
            if _are_comparable(old, new)
        ]
    except duckdb.Error:
        if not mark_those_unread(table, snapshots):
            raise
    return _all_compared(connection, table, warehouse)


def _are_comparable(old: Snapshot, new: Snapshot) -> bool:
    """Whether a code of the one is the same place in the other, and the same was asked."""
    divisions = {snapshot.origin.layout.get("division") for snapshot in (old, new)}
    if len(divisions - {None}) > 1:
        return False
    return all(old.origin.request.get(key) == new.origin.request.get(key) for key in _SCOPE)


def _compared(
    connection: duckdb.DuckDBPyConnection,
    table: CbsTable,
    old: Snapshot,
    new: Snapshot,
    warehouse: Path,
) -> Path:
    """The parquet file with what differs; figures of measures that both snapshots have."""
    folder = warehouse / "revisions" / table.id
    path = folder / f"{old.snapshot_id}--{new.snapshot_id}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    year = str(table.year) if table.year is not None else "try_cast(left(period_key, 4) as integer)"
    connection.execute(
        f"""
        copy (
            with old as ({_figures(old)}),
            new as ({_figures(new)}),
            shared as (
                select indicator_id from ({_measures(old)})
                intersect
                select indicator_id from ({_measures(new)})
            )
            select
                {literal(table.id)} as source_id,
                indicator_id,
                area_code,
                {year} as year,
                case
                    when old.value is null then 'added'
                    when new.value is null then 'withdrawn'
                    else 'changed'
                end as revision,
                old.value as old_value,
                new.value as new_value,
                {literal(old.snapshot_id)} as old_snapshot_id,
                {literal(new.snapshot_id)} as new_snapshot_id,
                date {literal(new.retrieved_at.date().isoformat())} as revised_on,
            from old
            full join new using (indicator_id, area_code, period_key)
            semi join shared using (indicator_id)
            where old.value is distinct from new.value
            order by all
        ) to {literal(str(part))} (format parquet)
        """
    )
    part.replace(path)
    return path


def _figures(snapshot: Snapshot) -> str:
    """The filled cells of a snapshot by indicator, as SELECT."""
    if snapshot.origin.kind == "cbs_v3":
        wide, columns = wide_v3(snapshot)
        names = ", ".join(f'"{name}"' for name in columns)
        cells = f"from ({wide}) unpivot (value_text for column_key in ({names}))"
    else:
        cells = f"from ({long_v4(snapshot)})"
    return f"""
        select
            measure.indicator_id,
            cbs_area_code(cell.area_key) as area_code,
            coalesce(trim(cell.period_key), '') as period_key,
            try_cast(trim(cell.value_text) as double) as value,
        from ({cells}) as cell
        join ({_measures(snapshot)}) as measure using (column_key, category_key)
        where value is not null
    """


def _measures(snapshot: Snapshot) -> str:
    rows = ", ".join(
        f"({literal(each['indicator'])}, {literal(each['column_key'])}, "
        f"{literal(each['category_key'])})"
        for each in snapshot.origin.layout["measures"]
    )
    return f"select * from (values {rows}) as measure(indicator_id, column_key, category_key)"
