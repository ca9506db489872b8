"""Snapshots as raw rows: one per cell, values as text, untouched.

DuckDB streams them from the files; no row passes through Python.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from flows.catalog import PREFIX, CbsTable, Extract
from flows.errors import WijkError
from flows.kernel import literal, quoted
from flows.snapshots import Snapshot


def load_cbs(connection: duckdb.DuckDBPyConnection, table: CbsTable, snapshot: Snapshot) -> None:
    """The cells and code lists of a CBS snapshot; raises WijkError when rows went missing."""
    if table.api == "v3":
        _load_v3_cells(connection, table, snapshot)
    else:
        _load_v4_cells(connection, table, snapshot)
    key = "Key" if table.api == "v3" else "Identifier"
    for file in snapshot.origin.files:
        if file.name.startswith("codes-"):
            dimension = file.name.removeprefix("codes-").rsplit("-", maxsplit=1)[0]
            _load_codes(connection, table.id, dimension, snapshot.folder / file.name, key)


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
    _same_rows(connection, "raw.cbs_cell", table.id, len(columns), snapshot)


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
    connection: duckdb.DuckDBPyConnection, table: CbsTable, snapshot: Snapshot
) -> None:
    """A row of v4 is a cell, and an empty cell has none: those that were asked are filled in."""
    connection.execute(
        f"insert into raw.cbs_cell select {literal(table.id)}, * from ({long_v4(snapshot)})"
    )
    _same_rows(connection, "raw.cbs_cell", table.id, 1, snapshot)
    layout = snapshot.origin.layout
    areas = [
        snapshot.folder / file.name
        for file in snapshot.origin.files
        if file.name.startswith(f"codes-{layout['area_column']}-")
    ]
    levels = ", ".join(literal(PREFIX[level]) for level in table.area_levels)
    pairs = sorted({(each["column_key"], each["category_key"]) for each in layout["measures"]})
    asked = ", ".join(f"({literal(column)}, {literal(category)})" for column, category in pairs)
    periods = ", ".join(f"({literal(key)})" for key in layout["periods"]) or "(null)"
    connection.execute(
        f"""
        insert into raw.cbs_cell
        select {literal(table.id)}, area.Identifier, period.period_key, asked.category_key,
            asked.column_key, null, null,
        from (
            select unnest(value, recursive := true)
            from {_json_pages(areas, "STRUCT(Identifier varchar)[]")}
        ) as area
        cross join (values {periods}) as period(period_key)
        cross join (values {asked}) as asked(column_key, category_key)
        anti join raw.cbs_cell as cell
            on cell.source_id = {literal(table.id)}
            and trim(cell.area_key) = trim(area.Identifier)
            and cell.period_key is not distinct from period.period_key
            and cell.category_key = asked.category_key
            and cell.column_key = asked.column_key
        where left(area.Identifier, 2) in ({levels})
        """
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
    """The area, period and category of a row, as SELECT columns."""
    period = (
        f"{row}.{quoted(layout['period_column'])}" if layout["period_column"] else "null::varchar"
    )
    categories = [f"trim({row}.{quoted(name)})" for name in layout["category_columns"]]
    category = f"concat_ws('|', {', '.join(categories)})" if categories else "''"
    area = f"{row}.{quoted(layout['area_column'])}"
    return f"{area} as area_key, {period} as period_key, {category} as category_key"


def _load_codes(
    connection: duckdb.DuckDBPyConnection, source_id: str, dimension: str, page: Path, key: str
) -> None:
    row = f"STRUCT({key} varchar, Title varchar, Status varchar)[]"
    connection.execute(
        f"""
        insert into raw.cbs_code
        select {literal(source_id)}, {literal(dimension)}, code.{key}, code.Title, code.Status,
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


def load_extract(
    connection: duckdb.DuckDBPyConnection, extract: Extract, snapshot: Snapshot, scratch: Path
) -> None:
    """The cells of a CSV snapshot; raises WijkError when rows went missing."""
    path = snapshot.folder / snapshot.origin.layout["file"]
    columns: list[str] = []
    for measure in extract.measure:
        columns += [measure.column, *filter(None, [measure.margin_95_column])]
    names = ", ".join(quoted(name) for name in dict.fromkeys(columns))
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        if extract.encoding != "utf-8":
            path = _transcoded(path, extract.encoding, Path(folder) / "utf-8.csv")
        reader = (
            f"read_csv({literal(str(path))}, header = true, all_varchar = true, quote = '\"', "
            f"delim = {literal(extract.delimiter)}, escape = '\"', auto_detect = false, "
            f"columns = {_csv_columns(path, extract.delimiter)}, strict_mode = true)"
        )
        wide = f"""
            select
                row_number() over () as row_number,
                {quoted(extract.area_column)} as area_text,
                {quoted(extract.year_column)} as year_text,
                {names},
            from {reader}
        """
        connection.execute(
            f"insert into raw.extract_cell with wide as ({wide}) select {literal(extract.id)}, * "
            f"from wide unpivot include nulls (value_text for column_key in ({names}))"
        )
    _same_rows(connection, "raw.extract_cell", extract.id, len(dict.fromkeys(columns)), snapshot)


def _csv_columns(path: Path, delimiter: str) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = [name.strip() for name in next(csv.reader(file, delimiter=delimiter))]
    return "{" + ", ".join(f"{literal(name)}: 'varchar'" for name in header) + "}"


def _transcoded(path: Path, encoding: str, target: Path) -> Path:
    with (
        path.open(encoding=encoding, newline="") as reader,
        target.open("w", encoding="utf-8", newline="") as writer,
    ):
        while chunk := reader.read(1024 * 1024):
            writer.write(chunk)
    return target


def _same_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    source_id: str,
    columns: int,
    snapshot: Snapshot,
) -> None:
    found = connection.execute(
        f"select count(*) from {table} where source_id = ?", [source_id]
    ).fetchone()
    cells = found[0] if found else 0
    if cells != snapshot.origin.rows * columns:
        raise WijkError(
            f"Snapshot {snapshot.folder}: {snapshot.origin.rows} rows of {columns} columns were "
            f"received, but {cells} cells were read; tell the maintainers, and keep the folder."
        )
