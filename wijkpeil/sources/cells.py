"""Snapshots as raw rows: one per cell, values as text, untouched.

DuckDB streams those of CBS from the files; of an extract, which people save in many ways, each
row passes through Python once.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.catalog import PREFIX, CbsTable, Extract
from wijkpeil.errors import Unreadable, WijkError, sentence, short
from wijkpeil.sources.area_codes import taken_areas
from wijkpeil.sources.extract_rows import columns_of, read_rows
from wijkpeil.sources.snapshots import PARTIAL, Snapshot
from wijkpeil.text import literal, quoted

# the tables that cells go to, with their columns
CELLS = {
    "raw.cbs_cell": (
        "source_id varchar, area_key varchar, period_key varchar, category_key varchar, "
        "column_key varchar, value_text varchar, attribute varchar"
    ),
    "raw.cbs_code": (
        "source_id varchar, dimension varchar, code_key varchar, title varchar, status varchar"
    ),
    "raw.cbs_level": "source_id varchar, level varchar, taken bigint, listed varchar[]",
    "raw.extract_cell": (
        "source_id varchar, row_number bigint, area_text varchar, year_text varchar, "
        "column_key varchar, value_text varchar"
    ),
}
# of a level these are shown where something is wrong with it
SHOWN_CODES = 5
# what may stand around a key
BLANKS = " \u00a0\u2007\u202f\ufeff"
# what does not fit lies on disk
PROOF_MEMORY = "1GB"
_ONE_PROOF = threading.Lock()


def load_cells(
    connection: duckdb.DuckDBPyConnection,
    source: CbsTable | Extract,
    snapshot: Snapshot,
    scratch: Path,
) -> None:
    """The cells and code lists of a snapshot in the tables of `CELLS`, or nothing of it.

    Raises Unreadable, in words that fit behind a colon, when the bytes cannot be read as the
    block says or rows went missing. What is no fault of the bytes (disk, memory) is raised as
    it is. `scratch` is a folder for files that are removed again.
    """
    connection.begin()
    try:
        if isinstance(source, CbsTable):
            _load_cbs(connection, source, snapshot)
        else:
            _load_extract(connection, source, snapshot, scratch)
        connection.commit()
    except BaseException as error:
        connection.rollback()
        told = why_unread(error)
        if told is None:
            raise
        raise Unreadable(told) from error


def why_unread(error: BaseException) -> str | None:
    """Why bytes could not be read, or None when it is no fault of the bytes."""
    if isinstance(error, WijkError):
        return str(error)
    if isinstance(error, (duckdb.OutOfMemoryException, duckdb.InterruptException)):
        return None
    if sentence(error) is not None:
        return None
    if isinstance(error, (duckdb.Error, LookupError, TypeError, ValueError, FileNotFoundError)):
        return f"it cannot be read ({type(error).__name__}: {short(error, most=240)})"
    return None


def prove_cells(source: CbsTable | Extract, snapshot: Snapshot) -> None:
    """Read a snapshot as the build will, in memory and for nothing but the proof; one at a time,
    since each takes up to `PROOF_MEMORY`. Raises as `load_cells` does."""
    with (
        _ONE_PROOF,
        tempfile.TemporaryDirectory(dir=snapshot.folder.parent, prefix=PARTIAL) as folder,
        duckdb.connect(
            config={"memory_limit": PROOF_MEMORY, "threads": 1, "temp_directory": folder}
        ) as connection,
    ):
        connection.execute("set preserve_insertion_order = false")
        connection.execute("create schema raw")
        for table, columns in CELLS.items():
            connection.execute(f"create table {table} ({columns})")
        load_cells(connection, source, snapshot, Path(folder))


def _load_cbs(connection: duckdb.DuckDBPyConnection, table: CbsTable, snapshot: Snapshot) -> None:
    key = "Key" if table.api == "v3" else "Identifier"
    for file in snapshot.origin.files:
        if file.name.startswith("codes-"):
            dimension = file.name.removeprefix("codes-").rsplit("-", maxsplit=1)[0]
            _load_codes(connection, table.id, dimension, snapshot.folder / file.name, key)
    areas = _load_levels(connection, table, snapshot.origin.layout["area_column"])
    if table.api == "v3":
        _load_v3_cells(connection, table, snapshot)
    else:
        _load_v4_cells(connection, table, snapshot, areas)


def _load_levels(
    connection: duckdb.DuckDBPyConnection, table: CbsTable, dimension: str
) -> list[str]:
    """How many codes of each level that the block wants are taken, and the first that are listed;
    gives the codes that are taken."""
    found = connection.execute(
        "select code_key from raw.cbs_code where source_id = ? and dimension = ? order by code_key",
        [table.id, dimension],
    ).fetchall()
    codes = [str(key) for (key,) in found]
    taken = taken_areas(table, codes)
    for level, keys in taken.items():
        listed = [key for key in codes if key.startswith(PREFIX[level])]
        connection.execute(
            "insert into raw.cbs_level values (?, ?, ?, ?)",
            [table.id, level, len(keys), listed[:SHOWN_CODES]],
        )
    return [key for keys in taken.values() for key in keys]


def data_pages(snapshot: Snapshot) -> list[Path]:
    """The pages with figures, as received."""
    names = (file.name for file in snapshot.origin.files)
    return [snapshot.folder / name for name in names if name.startswith("data-")]


def _load_v3_cells(
    connection: duckdb.DuckDBPyConnection, table: CbsTable, snapshot: Snapshot
) -> None:
    """A row of v3 is wide; its columns become cells."""
    wide, columns = wide_v3(snapshot)
    names = ", ".join(quoted(name) for name in columns)
    connection.execute(
        f"insert into raw.cbs_cell with wide as ({wide}) select {literal(table.id)}, *, null from "
        f"wide unpivot include nulls (value_text for column_key in ({names}))"
    )
    _same_rows(connection, "raw.cbs_cell", table.id, len(columns), snapshot.origin.rows)


def wide_v3(snapshot: Snapshot) -> tuple[str, list[str]]:
    """The SELECT that reads the pages of a v3 snapshot, and its value columns."""
    layout = snapshot.origin.layout
    keys = [layout["area_column"], layout["period_column"], *layout["category_columns"]]
    columns = list(dict.fromkeys(filter(None, [*layout["value_columns"], layout["change_column"]])))
    fields = ", ".join(f"{quoted(name)} varchar" for name in filter(None, [*keys, *columns]))
    sql = f"""
        select
            {_key_columns(layout, "cell")},
            {", ".join(f"cell.{quoted(name)}" for name in columns)},
        from (
            select unnest(value) as cell
            from {_json_pages(data_pages(snapshot), f"STRUCT({fields})[]")}
        )
    """
    return sql, columns


def _load_v4_cells(
    connection: duckdb.DuckDBPyConnection,
    table: CbsTable,
    snapshot: Snapshot,
    taken: Sequence[str],
) -> None:
    """A row of v4 is a cell, and an empty cell has none: those that were asked are filled in."""
    connection.execute(
        f"insert into raw.cbs_cell select {literal(table.id)}, * from ({long_v4(snapshot)})"
    )
    _same_rows(connection, "raw.cbs_cell", table.id, 1, snapshot.origin.rows)
    layout = snapshot.origin.layout
    pairs = sorted({(each["column_key"], each["category_key"]) for each in layout["measures"]})
    asked = ", ".join(f"({literal(column)}, {literal(category)})" for column, category in pairs)
    periods = ", ".join(f"({_bare(literal(key))})" for key in layout["periods"]) or "(null)"
    connection.execute(
        f"""
        insert into raw.cbs_cell
        select {literal(table.id)}, area.code_key, period.period_key, asked.category_key,
            asked.column_key, null, null,
        from (select unnest(?) as code_key) as area
        cross join (values {periods}) as period(period_key)
        cross join (values {asked}) as asked(column_key, category_key)
        anti join raw.cbs_cell as cell
            on cell.source_id = {literal(table.id)}
            and cell.area_key = area.code_key
            and cell.period_key is not distinct from period.period_key
            and cell.category_key = asked.category_key
            and cell.column_key = asked.column_key
        """,
        [list(taken)],
    )


def long_v4(snapshot: Snapshot) -> str:
    """The SELECT that reads the pages of a v4 snapshot."""
    layout = snapshot.origin.layout
    keys = filter(None, [layout["area_column"], layout["period_column"]])
    names = [
        "Measure",
        "ValueAttribute",
        "Value",
        "StringValue",
        *keys,
        *layout["category_columns"],
    ]
    fields = ", ".join(f"{quoted(name)} varchar" for name in names)
    pages = data_pages(snapshot)
    return f"""
        select
            {_key_columns(layout, "cell")},
            cell.Measure as column_key,
            coalesce(cell.Value, nullif(trim(cell.StringValue), '')) as value_text,
            nullif(cell.ValueAttribute, 'None') as attribute,
        from (select unnest(value) as cell from {_json_pages(pages, f"STRUCT({fields})[]")})
    """


def _key_columns(layout: Mapping[str, Any], row: str) -> str:
    """The area, period and category of a row, as SELECT columns, without what pads them."""
    period = (
        _bare(f"{row}.{quoted(layout['period_column'])}")
        if layout["period_column"]
        else "null::varchar"
    )
    categories = [_bare(f"{row}.{quoted(name)}") for name in layout["category_columns"]]
    category = f"concat_ws('|', {', '.join(categories)})" if categories else "''"
    area = _bare(f"{row}.{quoted(layout['area_column'])}")
    return f"{area} as area_key, {period} as period_key, {category} as category_key"


def _bare(text: str) -> str:
    """The SQL of a key without the blanks around it. Those that do not break are sought only where
    a character is not ASCII, for that costs four times as much."""
    return f"if(strlen({text}) = length({text}), trim({text}), trim({text}, {literal(BLANKS)}))"


def _load_codes(
    connection: duckdb.DuckDBPyConnection, source_id: str, dimension: str, page: Path, key: str
) -> None:
    row = f"STRUCT({key} varchar, Title varchar, Status varchar)[]"
    connection.execute(
        f"""
        insert into raw.cbs_code
        select {literal(source_id)}, {literal(dimension)}, {_bare(f"code.{key}")}, code.Title,
            code.Status,
        from (select unnest(value) as code from {_json_pages([page], row)})
        """
    )


def _json_pages(pages: Sequence[Path], row: str) -> str:
    """The DuckDB reader of OData pages whose `value` has this type."""
    paths = ", ".join(literal(str(page)) for page in pages)
    # DuckDB sets this much memory aside per thread, so no more than the largest page needs
    largest = max(page.stat().st_size for page in pages)
    return (
        f"read_json([{paths}], columns = {{'value': {literal(row)}}}, "
        f"format = 'unstructured', maximum_object_size = {largest + 1})"
    )


def _load_extract(
    connection: duckdb.DuckDBPyConnection, extract: Extract, snapshot: Snapshot, scratch: Path
) -> None:
    """The cells of a CSV snapshot. The file is written anew in one form for DuckDB, so that only
    one reader decides what a row is; `row_number` is the line on which it ends."""
    columns = columns_of(extract)
    fields = ["row_number", "area_text", "year_text", *(f"c{n}" for n in range(len(columns)))]
    values = ", ".join(fields[3:])
    with tempfile.TemporaryDirectory(dir=scratch, prefix=PARTIAL) as folder:
        path = Path(folder) / "rows.jsonl"
        rows = 0
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for line, row in read_rows(extract, snapshot.folder / snapshot.origin.layout["file"]):
                texts = [str(line), *(field or None for field in row)]
                file.write(json.dumps(dict(zip(fields, texts, strict=True))) + "\n")
                rows += 1
        types = ", ".join(f"{literal(name)}: 'varchar'" for name in fields)
        named = ", ".join(f"({literal(f'c{n}')}, {literal(c)})" for n, c in enumerate(columns))
        connection.execute(
            f"""
            insert into raw.extract_cell
            with wide as (
                select *
                from read_json({literal(str(path))}, columns = {{{types}}},
                    format = 'newline_delimited')
            )
            select {literal(extract.id)}, row_number::bigint, area_text, year_text,
                column_key, value_text,
            from (from wide unpivot include nulls (value_text for place in ({values})))
            join (values {named}) as named(place, column_key) using (place)
            """
        )
    _same_rows(connection, "raw.extract_cell", extract.id, len(columns), rows)


def _same_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    source_id: str,
    columns: int,
    rows: int,
) -> None:
    found = connection.execute(
        f"select count(*) from {table} where source_id = ?", [source_id]
    ).fetchone()
    cells = found[0] if found else 0
    if cells != rows * columns:
        raise Unreadable(
            f"{rows} rows of {columns} columns were received, but {cells} cells were read"
        )
