"""What was restated: each snapshot of a source held against the one before it, cell by cell.

The comparison of two snapshots never changes, so it is kept as parquet beside them in
`<warehouse>/revisions/`, and made again where it is gone, damaged, or made by another rule.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.catalog import Catalog, CbsTable, Extract
from wijkpeil.edition.models import make_macros
from wijkpeil.errors import WijkError
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.cells import CELLS, PROOF_MEMORY, load_cells, long_v4, wide_v3
from wijkpeil.sources.extract_rows import has_column
from wijkpeil.sources.reading import mark_those_unread
from wijkpeil.sources.snapshots import Snapshot, sync, why_unreadable
from wijkpeil.text import literal, quoted

_LOG = logging.getLogger(__name__)
# to be raised when two snapshots are compared in another way
_RULE = 2
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
    "old_value": "The figure before, as its source writes it: before the scale of the catalog",
    "new_value": "The figure after, as its source writes it: before the scale of the catalog",
    "old_snapshot_id": "Snapshot the old figure is from",
    "new_snapshot_id": "Snapshot the new figure is from",
    "revised_on": "Date on which the new figure was received",
}
# what must be the same in two questions before their answers can be compared
_SCOPE = (
    *("cbs_id", "api", "area_dimension", "area_levels", "year", "period_dimension"),
    *("period_suffix", "where", "margins"),
)
_SCOPE_OF_EXTRACT = ("area_column", "year_column")


def load_revisions(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    chains: Mapping[str, Sequence[Snapshot]],
    warehouse: Path,
) -> None:
    """Make `meta.revision`: every cell that differs between two snapshots in a row of a source.

    `chains` are the snapshots of each source that were in use, one after another. The macros of
    the project's SQL must be there. A year that is new is no revision, and neither is what was not
    asked in both snapshots.
    """
    connection.execute(_TABLE)
    connection.execute(
        "comment on table meta.revision is 'one figure that its source added, changed or withdrew'"
    )
    for name, meaning in _COMMENTS.items():
        connection.execute(f"comment on column meta.revision.{name} is {literal(meaning)}")
    for table in catalog.tables:
        _load_of_table(connection, table, chains[table.id], warehouse)
    for extract in catalog.extracts:
        for old, new in _in_a_row(extract, chains[extract.id]):
            _load_pair(connection, extract, old, new, warehouse)


def _load_of_table(
    connection: duckdb.DuckDBPyConnection,
    table: CbsTable,
    chain: Sequence[Snapshot],
    warehouse: Path,
) -> None:
    """All snapshots of a table in a row; one that cannot be read is passed by."""
    try:
        for old, new in _in_a_row(table, chain):
            _load_pair(connection, table, old, new, warehouse)
    except duckdb.Error:
        snapshots = [each for each in chain if why_unreadable(each.folder) is None]
        if not mark_those_unread(table, snapshots):
            raise
        connection.execute("delete from meta.revision where source_id = ?", [table.id])
        _load_of_table(connection, table, chain, warehouse)


def _in_a_row(
    source: CbsTable | Extract, chain: Sequence[Snapshot]
) -> list[tuple[Snapshot, Snapshot]]:
    """The snapshots of a source, each with the one before it, where both answer one question."""
    snapshots = [each for each in chain if why_unreadable(each.folder) is None]
    scope = _SCOPE if isinstance(source, CbsTable) else _SCOPE_OF_EXTRACT
    return [(old, new) for old, new in pairwise(snapshots) if _are_comparable(old, new, scope)]


def _are_comparable(old: Snapshot, new: Snapshot, scope: Sequence[str]) -> bool:
    """Whether a code of the one is the same place in the other, and the same was asked."""
    divisions = {snapshot.origin.layout.get("division") for snapshot in (old, new)}
    if len(divisions - {None}) > 1:
        return False
    return all(old.origin.request.get(key) == new.origin.request.get(key) for key in scope)


def _load_pair(
    connection: duckdb.DuckDBPyConnection,
    source: CbsTable | Extract,
    old: Snapshot,
    new: Snapshot,
    warehouse: Path,
) -> None:
    """What differs between two snapshots, from the file that is kept of it."""
    folder = warehouse / "revisions" / source.id
    pair = f"{old.snapshot_id}--{new.snapshot_id}"
    path = folder / f"{pair}.{_rule(source)}.parquet"
    insert = "insert into meta.revision by name select * from read_parquet(?)"
    if path.exists():
        try:
            connection.execute(insert, [str(path)])
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            _LOG.warning("%s is damaged and made again: %s", path, error)
        else:
            return
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(f"{pair}.*"):
        other.unlink()
    part = path.with_suffix(".part")
    if isinstance(source, CbsTable):
        _keep(connection, source, old, new, part)
    else:
        _keep_of_extract(source, old, new, part)
    sync(part)
    part.replace(path)
    connection.execute(insert, [str(path)])


def _rule(source: CbsTable | Extract) -> str:
    """What decides what two snapshots of a source differ in, beside the snapshots."""
    decides: list[Any] = [_RULE]
    if isinstance(source, Extract):
        read = {"decimal", "thousands", "missing", "ignored_areas", "measure", "encoding"}
        decides.append(source.model_dump(mode="json", include={*read, "delimiter"}))
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:12]


def _keep(
    connection: duckdb.DuckDBPyConnection,
    table: CbsTable,
    old: Snapshot,
    new: Snapshot,
    path: Path,
) -> None:
    """Write what differs in the figures of measures and periods that both snapshots were asked."""
    year = str(table.year) if table.year is not None else "try_cast(left(period_key, 4) as integer)"
    indicators = ", ".join(map(literal, _shared_indicators(old, new))) or "null"
    periods = ", ".join(map(literal, _shared_periods(old, new)))
    connection.execute(
        f"""
        copy (
            with old as ({_figures(old)}),
            new as ({_figures(new)})
            {_difference(table, old, new, year=year)}
                and indicator_id in ({indicators})
                and {f"period_key in ({periods})" if periods else "period_key = ''"}
            order by all
        ) to {literal(str(path))} (format parquet)
        """
    )


def _difference(source: CbsTable | Extract, old: Snapshot, new: Snapshot, *, year: str) -> str:
    """The SELECT of what differs between `old` and `new`, which ends in its condition."""
    return f"""
        select
            {literal(source.id)} as source_id,
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
        where old.value is distinct from new.value
    """


def _shared_indicators(old: Snapshot, new: Snapshot) -> list[str]:
    """The measures that both were asked for as the same column: by the same words, whatever key
    the column had then, or by the same key."""
    asked = {measure["indicator"]: measure for measure in old.origin.layout["measures"]}
    words = {measure["indicator"]: measure for measure in old.origin.request.get("measure", [])}
    shared = []
    for measure in new.origin.request.get("measure", []):
        if measure == words.get(measure["indicator"]):
            shared.append(measure["indicator"])
    for measure in new.origin.layout["measures"]:
        before = asked.get(measure["indicator"], {})
        keys = ("column_key", "category_key")
        if all(measure[key] == before.get(key) for key in keys):
            shared.append(measure["indicator"])
    return sorted(set(shared))


def _shared_periods(old: Snapshot, new: Snapshot) -> list[str]:
    """The periods of the old snapshot that the new one was asked for too: a period that is new was
    not revised, and one that is no longer asked for not withdrawn."""
    is_asked = {key.strip() for key in new.origin.layout["periods"]}
    if _years(old) == _years(new):
        is_asked |= {key.strip() for key in old.origin.layout["periods"]}
    return sorted({key.strip() for key in old.origin.layout["periods"]} & is_asked)


def _years(snapshot: Snapshot) -> list[Any]:
    return [snapshot.origin.request.get(key) for key in ("years", "at_years")]


def _figures(snapshot: Snapshot) -> str:
    """The filled cells of a snapshot by indicator, as SELECT."""
    if snapshot.origin.kind == "cbs_v3":
        wide, columns = wide_v3(snapshot)
        names = ", ".join(map(quoted, columns))
        cells = f"from ({wide}) unpivot (value_text for column_key in ({names}))"
    else:
        cells = f"from ({long_v4(snapshot)})"
    return f"""
        select
            measure.indicator_id,
            cbs_area_code(cell.area_key) as area_code,
            coalesce(trim(cell.period_key), '') as period_key,
            number_of_cbs(trim(cell.value_text)) as value,
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


def _keep_of_extract(extract: Extract, old: Snapshot, new: Snapshot, path: Path) -> None:
    """Write what differs in the columns that both files have, read as the block says today; years
    that the older file does not have are new."""
    with (
        tempfile.TemporaryDirectory(dir=path.parent) as folder,
        duckdb.connect(
            config={"memory_limit": PROOF_MEMORY, "threads": 1, "temp_directory": folder}
        ) as connection,
    ):
        connection.execute("create schema raw")
        for table, columns in CELLS.items():
            connection.execute(f"create table {table} ({columns})")
        make_macros(connection, PROJECT_ROOT / "sql")
        measures = _load_both(connection, extract, old, new, Path(folder))
        named = ", ".join(f"({literal(indicator)}, {literal(c)})" for indicator, c in measures)
        connection.execute(
            f"create table measure as from (values {named or '(null, null)'}) as t(indicator_id, "
            "column_key)"
        )
        ignored = ", ".join(map(literal, extract.ignored_areas)) or "null"
        missing = ", ".join(map(literal, ["", *extract.missing]))
        connection.execute(
            f"""
            create table figure as
            select cell.source_id, measure.indicator_id, bare(cell.area_text) as area_code,
                year_of(cell.year_text) as period_key,
                -- of a row that stands twice the last
                arg_max(
                    if(
                        bare(cell.value_text) in ({missing}),
                        null,
                        number_of_extract(
                            cell.value_text,
                            {literal(extract.decimal)},
                            {literal(extract.thousands)}
                        )
                    ),
                    cell.row_number
                ) as value,
            from raw.extract_cell as cell
            join measure using (column_key)
            where bare(cell.area_text) <> ''
                and coalesce(bare(cell.area_text) not in ({ignored}), true)
                and period_key is not null
            group by all
            """
        )
        connection.execute(
            f"""
            copy (
                with old as (from figure where source_id = 'old' and value is not null),
                new as (from figure where source_id = 'new' and value is not null)
                {_difference(extract, old, new, year="period_key")}
                    and period_key in (select period_key from figure where source_id = 'old')
                order by all
            ) to {literal(str(path))} (format parquet)
            """
        )


def _load_both(
    connection: duckdb.DuckDBPyConnection,
    extract: Extract,
    old: Snapshot,
    new: Snapshot,
    scratch: Path,
) -> list[tuple[str, str]]:
    """Read both files, and say which columns both have; none where one cannot be read now."""
    pair = {"old": old, "new": new}
    files = [snapshot.folder / snapshot.origin.layout["file"] for snapshot in pair.values()]
    try:
        measures = [
            measure.model_copy(update={"margin_95_column": None})
            for measure in extract.measure
            if all(has_column(extract, file, measure.column) for file in files)
        ]
        for name, snapshot in pair.items() if measures else ():
            block = extract.model_copy(update={"id": name, "measure": measures})
            load_cells(connection, block, snapshot, scratch)
    except WijkError as error:
        _LOG.warning("%s and %s are not compared: %s", *files, error)
        return []
    return [(measure.indicator, measure.column) for measure in measures]
