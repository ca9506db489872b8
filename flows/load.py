"""What stands before the SQL: the catalog as tables, and snapshots as raw rows.

Raw rows are long and untouched: one per cell, values as text. DuckDB streams them from the
files; no row passes through Python.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from flows.catalog import PREFIX, Catalog, CbsTable, Extract
from flows.errors import WijkError
from flows.kernel import literal, quoted
from flows.snapshots import Snapshot, utc_now

Row = tuple[Any, ...]

# every table that stands before the SQL runs, with its columns
GIVEN = {
    "catalog.source": (
        "source_id varchar primary key, kind varchar, publisher varchar, cbs_id varchar, "
        "title_nl varchar, figures_year integer, geography_year integer, is_area_list boolean, "
        "is_provisional boolean, is_synthetic boolean, is_confirmed boolean, note varchar, "
        "area_dimension varchar, period_dimension varchar, change_column_key varchar"
    ),
    "catalog.source_measure": (
        "source_id varchar, indicator_id varchar, column_key varchar, category_key varchar, "
        "margin_column_key varchar, low_category_key varchar, high_category_key varchar, "
        "scale double, zero_means varchar, absent_years integer[]"
    ),
    "catalog.extract": (
        "source_id varchar primary key, decimal_mark varchar, thousands_mark varchar, "
        "missing_markers varchar[], ignored_areas varchar[]"
    ),
    "catalog.indicator": (
        "indicator_id varchar primary key, name_nl varchar, definition_nl varchar, theme varchar, "
        "unit varchar, decimals integer, direction integer, range_low double, range_high double, "
        "usual_low double, usual_high double, aggregation varchar, denominator_id varchar, "
        "window_years integer, change_per_year double, change_relative double, "
        "change_owner varchar, change_decided_on date, change_reason varchar"
    ),
    "catalog.indicator_break": "indicator_id varchar, year integer",
    "catalog.rate": (
        "indicator_id varchar primary key, numerator_id varchar, denominator_id varchar, "
        "per integer, counts varchar"
    ),
    "catalog.programme": (
        "programme_id varchar primary key, position integer, name_nl varchar, contact varchar"
    ),
    "catalog.programme_area": "programme_id varchar, area_code varchar",
    "catalog.programme_indicator": "programme_id varchar, indicator_id varchar",
    "meta.source": (
        "source_id varchar primary key, title_nl varchar, publisher varchar, cbs_id varchar, "
        "snapshot_id varchar, retrieved_at timestamptz, retrieved_on date, modified varchar, "
        "rows_received bigint, bytes_received bigint, age_days integer, licence varchar, "
        "attribution varchar, url varchar, is_synthetic boolean, is_confirmed boolean, "
        "is_count_confirmed boolean, not_yet_published varchar[], last_fetch_error varchar"
    ),
    "raw.cbs_cell": (
        "source_id varchar, area_key varchar, period_key varchar, category_key varchar, "
        "column_key varchar, value_text varchar, attribute varchar"
    ),
    "raw.cbs_code": (
        "source_id varchar, dimension varchar, code_key varchar, title varchar, status varchar"
    ),
    "raw.extract_cell": (
        "source_id varchar, row_number bigint, area_text varchar, year_text varchar, "
        "column_key varchar, value_text varchar"
    ),
}
_DIRECTION = {"higher_is_better": 1, "lower_is_better": -1, "none": 0}


def create_given(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables that the SQL may read."""
    for schema in ("catalog", "meta", "raw"):
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in GIVEN.items():
        connection.execute(f"create table {table} ({columns})")


def load_catalog_tables(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, snapshots: Mapping[str, Snapshot]
) -> None:
    """The catalog as tables. CBS columns are those that the snapshot's own metadata named."""
    for table in catalog.tables:
        _insert(connection, "catalog.source", [_source_row(table, snapshots[table.id])])
        layout = {
            measure["indicator"]: measure
            for measure in snapshots[table.id].origin.layout["measures"]
        }
        _insert(
            connection,
            "catalog.source_measure",
            [
                (
                    table.id,
                    measure.indicator,
                    layout[measure.indicator]["column_key"],
                    layout[measure.indicator]["category_key"],
                    None,
                    layout[measure.indicator]["low_category_key"],
                    layout[measure.indicator]["high_category_key"],
                    measure.scale,
                    None,
                    [],
                )
                for measure in table.present_measures
            ],
        )
    for extract in catalog.extracts:
        _insert(connection, "catalog.source", [_source_row(extract, snapshots[extract.id])])
        _insert(
            connection,
            "catalog.extract",
            [
                (
                    extract.id,
                    extract.decimal,
                    extract.thousands,
                    extract.missing,
                    extract.ignored_areas,
                )
            ],
        )
        _insert(
            connection,
            "catalog.source_measure",
            [
                (
                    extract.id,
                    measure.indicator,
                    measure.column,
                    "",
                    measure.margin_95_column,
                    None,
                    None,
                    measure.scale,
                    measure.zero_means,
                    measure.absent_years,
                )
                for measure in extract.measure
            ],
        )
    for indicator in catalog.indicators:
        change, rate = indicator.meaningful_change, indicator.rate
        _insert(
            connection,
            "catalog.indicator",
            [
                (
                    indicator.id,
                    indicator.name_nl,
                    indicator.definition_nl,
                    indicator.theme,
                    indicator.unit,
                    indicator.decimals,
                    _DIRECTION[indicator.direction],
                    *indicator.range,
                    *(indicator.usual or (None, None)),
                    indicator.aggregation,
                    indicator.denominator or (rate.denominator if rate else None),
                    indicator.window,
                    change.per_year if change else None,
                    change.relative if change else None,
                    change.owner if change else None,
                    change.decided_on if change else None,
                    change.reason if change else None,
                )
            ],
        )
        _insert(
            connection,
            "catalog.indicator_break",
            [(indicator.id, year) for year in indicator.breaks],
        )
        if rate:
            _insert(
                connection,
                "catalog.rate",
                [(indicator.id, rate.numerator, rate.denominator, rate.per, rate.counts)],
            )
    for position, programme in enumerate(catalog.programmes, start=1):
        _insert(
            connection,
            "catalog.programme",
            [(programme.id, position, programme.name_nl, programme.contact)],
        )
        _insert(
            connection,
            "catalog.programme_area",
            [(programme.id, code) for code in dict.fromkeys(programme.areas)],
        )
        followed = programme.indicators or [
            indicator.id for indicator in catalog.indicators if indicator.direction != "none"
        ]
        _insert(
            connection, "catalog.programme_indicator", [(programme.id, name) for name in followed]
        )


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Mapping[str, Snapshot],
    failures: Mapping[str, str],
) -> None:
    """What is known of each source in this build: snapshot, age, licence, last failure."""
    now = utc_now()
    for source in catalog.sources:
        snapshot = snapshots[source.id]
        origin = snapshot.origin
        _insert(
            connection,
            "meta.source",
            [
                (
                    source.id,
                    source.title_nl,
                    source.publisher,
                    source.cbs_id if isinstance(source, CbsTable) else None,
                    snapshot.snapshot_id,
                    snapshot.retrieved_at,
                    snapshot.retrieved_at.date(),
                    origin.modified,
                    origin.rows,
                    snapshot.size,
                    snapshot.age_days(now),
                    source.licence,
                    source.attribution,
                    origin.files[-1].url,
                    source.synthetic,
                    source.confirmed,
                    origin.layout.get("is_counted"),
                    origin.layout.get("empty", []),
                    failures.get(source.id),
                )
            ],
        )


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
    period = f"{row}.{quoted(layout['period_column'])}" if layout["period_column"] else "null"
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


def _source_row(source: CbsTable | Extract, snapshot: Snapshot) -> Row:
    common = (source.synthetic, source.confirmed, source.note)
    if isinstance(source, CbsTable):
        return (
            source.id,
            source.kind,
            source.publisher,
            source.cbs_id,
            source.title_nl,
            source.year,
            source.geography_year,
            source.lists_areas,
            source.provisional,
            *common,
            source.area_dimension,
            source.period_dimension,
            snapshot.origin.layout["change_column"],
        )
    return (
        source.id,
        source.kind,
        source.publisher,
        None,
        source.title_nl,
        None,
        source.geography_year,
        False,
        False,
        *common,
        None,
        None,
        None,
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)
