"""The files behind the pages: CSV for a program, parquet for an analyst."""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path
from urllib.parse import unquote

import duckdb

from wijkpeil.report.paths import slug
from wijkpeil.report.spreadsheets import HARMLESS, sheets
from wijkpeil.text import literal

_CSV = "format csv, header, write_partition_columns true"
_EXCEL = "format csv, header, delimiter ';'"
_FIGURES = """
select
    area_code, area_name, area_kind, gemeente_code, gemeente_name, year, indicator_id,
    indicator_name, value, unit, status, value_as_published, is_restated, gemeente_value,
    programme_value, nl_value, rank_in_gemeente, rank_of, change, source_id, retrieved_on,
from core.figure
where area_kind in ('gemeente', 'land') or area_code in (select area_code from shown_place)
"""
_CLASSES = """
select
    edition_year, area_code, area_name, programme_id, indicator_id, axis, class, slope, slope_low,
    slope_high, meaningful_change, points, first_year, last_year, is_alert, editions_in_a_row,
    last_value, reference_value, gap, is_held, class_at_half, class_at_double, suspected_breaks,
    is_headline, is_once_per_area,
    sentence_nl,
from marts.stagnation
"""


def write_downloads(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write figures and classes: all as parquet; per gemeente, programme and indicator as CSV."""
    folder.mkdir()
    threads = connection.execute("select current_setting('threads')").fetchone()
    _copy(
        connection,
        f"{_FIGURES} order by area_code, indicator_id, year",
        folder / "cijfers.parquet",
        "format parquet, compression zstd",
    )
    _copy(
        connection,
        f"{_CLASSES} order by edition_year, area_code, indicator_id, axis",
        folder / "klassen.parquet",
        "format parquet, compression zstd",
    )
    newest = "where edition_year = (select max(edition_year) from marts.stagnation)"
    _copy(
        connection,
        _safe(connection, f"{_CLASSES} {newest}"),
        folder / "klassen.csv",
        "format csv, header",
    )
    # one thread writes one file per part
    connection.execute("set threads = 1")
    try:
        _parts(
            connection,
            _safe(connection, f"from ({_FIGURES}) where gemeente_code is not null"),
            "gemeente_code",
            folder / "gemeente",
        )
        programmes = f"""
            select area.programme_id as "of", figure.* replace (mean.value as programme_value)
            from ({_FIGURES}) as figure
            join core.programme_area as area using (area_code)
            left join core.programme_value as mean
                on mean.programme_id = area.programme_id
                and mean.indicator_id = figure.indicator_id
                and mean.year = figure.year
            where area.is_used and area.is_on_list
            """
        _parts(connection, _safe(connection, programmes), "of", folder / "programma")
        classes = f'select indicator_id as "of", * from ({_CLASSES} {newest})'
        _parts(connection, _safe(connection, classes), "of", folder / "indicator")
        (folder / "excel").mkdir()
        for name, query in sheets(connection).items():
            _parts(connection, query, "of", folder / "excel" / name, _EXCEL, codecs.BOM_UTF8)
    finally:
        connection.execute(f"set threads = {int(threads[0]) if threads else 1}")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} ({options})")


def _safe(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query with every text made harmless."""
    columns = connection.execute(f"describe {query}").fetchall()
    shown = [
        f'{HARMLESS.format(f"{chr(34)}{name}{chr(34)}")} as "{name}"'
        if kind == "VARCHAR"
        else f'"{name}"'
        for name, kind, *_ in columns
    ]
    return f"select {', '.join(shown)} from ({query})"


def _parts(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    column: str,
    folder: Path,
    options: str = _CSV,
    first: bytes = b"",
) -> None:
    """A file per value of the column, named after it, that begins with the bytes `first`."""
    connection.execute("set partitioned_write_max_open_files = 2000")
    made = folder.with_name(f".{folder.name}")
    _copy(connection, query, made, f'{options}, partition_by ("{column}")')
    folder.mkdir()
    for part in sorted(made.glob("*/")) if made.is_dir() else []:
        target = folder / f"{slug(unquote(part.name.partition('=')[2]))}.csv"
        files = sorted(part.glob("*.csv"))
        if first:
            target.write_bytes(first + files[0].read_bytes())
        else:
            files[0].rename(target)
        for more in files[1:]:
            with target.open("ab") as whole, more.open("rb") as rest:
                rest.readline()
                shutil.copyfileobj(rest, whole)
    shutil.rmtree(made, ignore_errors=True)
