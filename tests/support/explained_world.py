"""A few wijken by hand, judged by the project's own SQL, for `wijkpeil explain`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import in_order, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.explain import (
    Explanation,
    account,
    heading,
    year_tables,
)

YEARS = range(2014, 2026)
HOSTILE = "<script>alert(1)</script>&\"'{area}\x1b[31m" + "lang" * 70
MODELS = {
    *("core.trend_source", "core.trend_series", "core.trend_line", "core.trend_point"),
    *("core.trend_sum", "core.trend_window"),
    *("core.trend_fit", "core.trend_noise", "core.trend_memory", "core.trend_test"),
    *("core.trend_course", "core.trend_prior"),
    *("core.trend_edition", "core.trend", "core.trend_band", "core.suspected_break"),
    *("core.verdict", "core.series_break", "marts.stagnation", "marts.comparability"),
}
# name, gemeente, level in the first year, change per year
WIJKEN: dict[str, tuple[str, str, float, float]] = {
    "WK000101": ("Wijk 01 Molenveld", "GM0001", 16.0, -0.6),
    "WK000102": ("Wijk 02 Coöperatie", "GM0001", 14.0, 0.0),
    "WK000103": (HOSTILE, "GM0001", 12.0, 0.5),
    "WK000104": ("Wijk 04 Weinig", "GM0001", 10.0, 0.0),
    "WK000201": ("Wijk 01 Molenveld", "GM0002", 9.0, -0.2),
    "WK000202": ("Wijk 02 Veste", "GM0002", 11.0, -0.1),
    "zuid/haven": ("Haven", "GM0001", 18.0, -0.3),
}
GEMEENTEN = {"GM0001": "Waterdam", "GM0002": "Oudstad"}


def figure(code: str, year: int, indicator: str) -> float:
    """A level, a slope, and a noise that is the same each time."""
    number = list(WIJKEN).index(code)
    _, _, level, slope = WIJKEN[code]
    noise = math.sin(37.0 * number + 11.0 * (year - 2000) + len(indicator)) * 0.4
    return round(level + slope * (year - 2014) + noise, 2)


def observations() -> Iterator[tuple[Any, ...]]:
    for code in WIJKEN:
        for indicator in ("low_income_share", "burglary_per_1000"):
            for year in YEARS:
                value: float | None = figure(code, year, indicator)
                published, status, restated, segment = value, "final", False, 1
                error = 0.3 if indicator == "low_income_share" else None
                if code == "WK000102" and year < 2021:
                    published, restated, segment = round((value or 0.0) + 1, 2), True, 0
                if code == "WK000104":
                    value, status = (None, "suppressed") if year < 2021 else (value, status)
                    published = value
                    if year == 2021:
                        value, status = None, "not_comparable"
                if year == 2025 and status == "final":
                    status = "provisional"
                yield (
                    *(code, year, year, indicator, value, published, "", status),
                    *(None if value is None else error, restated, 0.04 if restated else 0.0),
                    *(segment, f"kwb_{year}", date(2026, 3, 1), False),
                )


def benchmarks() -> Iterator[tuple[Any, ...]]:
    for code, (_, gemeente, _, _) in WIJKEN.items():
        for indicator in ("low_income_share", "burglary_per_1000"):
            for year in YEARS:
                passed = year - 2014
                rows = [(None, "gemeente", gemeente, 12.0 - 0.3 * passed)]
                # no figure of the land in one year: a line of its own
                if year != 2020:
                    rows.append((None, "nl", "NL00", 11.0 - 0.25 * passed))
                if code.startswith("zuid"):
                    rows.append(("zuid", "programme", "zuid", 15.0 - 0.4 * passed))
                for programme, comparator, of, value in rows:
                    yield (
                        *(code, programme, indicator, year, comparator, of, value),
                        *(0.0, False, 3, True, None),
                    )


def explained_warehouse(folder: Path) -> Path:
    """Publish them in `folder`; the warehouse."""
    with duckdb.connect(str(folder / "wijken.duckdb")) as connection:
        create_given(connection)
        connection.execute("create schema core; create schema marts;")
        _load_catalog(connection)
        _load_places(connection)
        _insert(connection, "core.observation", observations())
        _insert(connection, "core.benchmark", benchmarks())
        make_macros(connection, SQL)
        make_sentences(connection)
        models = in_order(read_models(SQL), GIVEN)
        run_models(connection, [model for model in models if model.name in MODELS])
    return folder


def _load_catalog(connection: duckdb.DuckDBPyConnection) -> None:
    decided = ("raad", date(2025, 2, 3), "Zoals besloten")
    connection.execute(
        """
        create table meta.edition as select 'editie-1' as edition_id, true as is_synthetic;
        insert into catalog.programme values
            ('zuid', 1, 'Programma Zuid', null, null, 'programme'),
            ('noord', 2, 'Programma Noord', null, null, 'programme');
        insert into catalog.programme_indicator
            select programme_id, indicator_id from catalog.programme,
                (values ('low_income_share'), ('burglary_per_1000')) as followed(indicator_id);
        insert into catalog.programme_change
            values ('noord', 'low_income_share', 0.1, null, 'stuurgroep', '2024-06-01', 'Kleiner');
        """
    )
    connection.executemany(
        "insert into catalog.indicator (indicator_id, name_nl, name_en, theme, unit, decimals, "
        "direction, window_years, change_per_year, change_relative, change_owner, "
        "change_decided_on, change_reason) values (?, ?, ?, 'safety', ?, 1, ?, 8, ?, ?, ?, ?, ?)",
        [
            ("low_income_share", "Laag inkomen", "Low income", "%", -1, 0.2, None, *decided),
            ("burglary_per_1000", "Inbraken", None, "per 1 000", -1, None, 0.05, *decided),
            ("inhabitants", "Inwoners", None, "aantal", 0, None, None, *decided),
        ],
    )
    _insert(
        connection,
        "meta.source",
        [
            (f"kwb_{year}", f"Kerncijfers {year}", "CBS", "x", "1", datetime.now(UTC))
            + (date(2026, 3, 1), None, 1, 1, None, 31, "CC BY 4.0", "CBS", "http://x")
            + (True, True, True, [], [], None)
            for year in YEARS
        ],
    )


def _load_places(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table core.place (area_code text, area_name text, area_kind text,
            gemeente_code text, gemeente_name text, is_listed boolean);
        create table core.area (area_code text, year integer, area_name text, change_flag integer);
        create table core.programme_area (programme_id text, area_code text, area_name text,
            problem text, is_used boolean, is_on_list boolean);
        create table core.observation (area_code text, geography_year integer, year integer,
            indicator_id text, value double, value_as_published double, unit text, status text,
            standard_error double, is_restated boolean, moved_share double,
            boundary_segment integer, source_id text, retrieved_on date,
            is_never_revised boolean);
        create table core.benchmark (area_code text, programme_id text, indicator_id text,
            year integer, comparator text, comparator_code text, value double, own_share double,
            is_self_excluded boolean, areas integer, is_published boolean, list_date date);
        insert into core.place values
            ('GM0001', 'Waterdam', 'gemeente', 'GM0001', 'Waterdam', true),
            ('WK000109', 'Wijk 09 Weg', 'wijk', 'GM0001', 'Waterdam', false);
        insert into core.programme_area values
            ('zuid', 'zuid/haven', 'Haven', null, true, true),
            ('zuid', 'zuid/open', 'Open', 'no CBS code is known for it', false, true),
            ('noord', 'WK000201', 'Wijk 01 Molenveld', null, true, true),
            ('noord', 'WK000202', 'Wijk 02 Veste', null, true, true),
            ('zuid', 'WK000202', 'Wijk 02 Veste', null, true, true);
        """
    )
    for code, (name, gemeente, _, _) in WIJKEN.items():
        kind = "wijk" if code.startswith("WK") else "programme_area"
        row = [code, name, kind, gemeente, GEMEENTEN[gemeente]]
        connection.execute("insert into core.place values (?, ?, ?, ?, ?, true)", row)
        if kind == "wijk":
            _insert(connection, "core.area", [(code, year, name, 1) for year in YEARS])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Any) -> None:
    rows = list(rows)
    connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def text(found: Explanation, language: str = "nl") -> str:
    """All that the command prints, the table with bars between the cells."""
    [(columns, rows)] = year_tables(found, 500)
    table = [" | ".join(row) for row in (columns, *rows)]
    return "\n".join([*heading(found, language), *table, *account(found)])


def row_of(shown: str, label: str) -> str:
    """What stands behind a label."""
    found = re.search(rf"^ *{re.escape(label)} +(.*)$", shown, re.MULTILINE)
    assert found, label
    return found[1]
