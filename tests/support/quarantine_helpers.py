"""A tiny country with a survey of its wijken and a vacancy table of CBS, whole or spoilt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import duckdb
from tiny_country import Place, make_country

WIJKEN = [f"WK0001{number:02d}" for number in range(20)]
YEARS = range(2018, 2026)
WANTED = frozenset(
    {
        *("core.input_problem", "core.input_warning", "core.quarantined_cell"),
        *("core.quarantined_figure", "core.extract_account", "core.observation"),
        *("core.programme_area", "core.comparator_value", "core.doubt"),
    }
)
# a row of the file: code, year, grade, margin
Row = tuple[str | None, str | None, str | None, str | None]


_MEASURE = (
    "source_id, indicator_id, column_key, category_key, margin_column_key, low_category_key, "
    "high_category_key, scale, zero_means, absent_years"
)


def survey() -> list[Row]:
    """The file as it should be."""
    return [
        (code, str(year), f"{6 + number / 10 + (year - 2018) / 50:.2f}".replace(".", ","), "0,2")
        for number, code in enumerate(WIJKEN)
        for year in YEARS
    ]


def spoilt(change: Callable[[list[Row]], None]) -> list[Row]:
    """The file after somebody was at it."""
    rows = survey()
    change(rows)
    return rows


def country(
    rows: Iterable[Row] | None = None,
    *,
    spoil: Iterable[str] = (),
    geography_year: int | None = 2025,
    thousands: str = "",
    ignored: Iterable[str] = (),
) -> duckdb.DuckDBPyConnection:
    """The tables of WANTED. `spoil` are statements on what was received of CBS."""
    given = [*(survey() if rows is None else rows)]
    lists = {
        year: [Place(code, f"Wijk {code}", 1, 1000, 50) for code in WIJKEN] for year in (2024, 2025)
    }
    return make_country(
        lists,
        beside=[*_survey(given, geography_year, thousands, [*ignored]), *_vacancy(), *spoil],
        wanted=WANTED,
    )


def _survey(
    rows: list[Row], geography_year: int | None, thousands: str, ignored: list[str]
) -> list[str]:
    cells = [
        (number, area, year, column, text)
        for number, (area, year, *texts) in enumerate(rows, start=1)
        for column, text in zip(("Cijfer", "Marge"), texts, strict=True)
    ]
    values = ", ".join(f"('survey', {', '.join(map(_literal, cell))})" for cell in cells)
    return [
        _indicator("grade", "cijfer", 1, 10),
        (
            "insert into catalog.source by name select 'survey' as source_id, 'csv' as kind, "
            f"'Survey' as title_nl, {_literal(geography_year)}::integer as geography_year, "
            "false as is_area_list, false as is_provisional"
        ),
        _received("survey", len(rows)),
        f"insert into catalog.extract values ('survey', ',', '{thousands}', ['', 'x'], {ignored})",
        (
            f"insert into catalog.source_measure ({_MEASURE}) values "
            "('survey', 'grade', 'Cijfer', '', 'Marge', null, null, 1, null, [2031])"
        ),
        f"insert into raw.extract_cell values {values}",
    ]


def _vacancy() -> list[str]:
    cells = ", ".join(
        f"('vacancy', '{code}  ', '{year}JJ00', '', 'Leeg_1', '{8 + number / 10:.1f}', null)"
        for number, code in enumerate(WIJKEN)
        for year in YEARS
    )
    return [
        _indicator("vacancy", "%", 0, 100),
        (
            "insert into catalog.source by name select 'vacancy' as source_id, 'cbs_v4' as kind, "
            "'Leegstand' as title_nl, 2025 as geography_year, false as is_area_list, "
            "false as is_provisional, 'Gebied' as area_dimension, 'Perioden' as period_dimension"
        ),
        _received("vacancy", len(WIJKEN) * len(YEARS)),
        (
            f"insert into catalog.source_measure ({_MEASURE}) values "
            "('vacancy', 'vacancy', 'Leeg_1', '', null, null, null, 1, null, [])"
        ),
        f"insert into raw.cbs_cell values {cells}",
    ]


def _indicator(name: str, unit: str, low: float, high: float) -> str:
    return (
        f"insert into catalog.indicator by name select '{name}' as indicator_id, "
        f"'{name}' as name_nl, 'liveability' as theme, '{unit}' as unit, 1 as decimals, "
        f"1 as direction, {low} as range_low, {high} as range_high, "
        "'weighted_mean' as aggregation, 'inwoners' as denominator_id, 8 as window_years"
    )


def _received(source_id: str, rows: int) -> str:
    return (
        f"insert into meta.source by name select '{source_id}' as source_id, "
        f"'{source_id}' as title_nl, 'x' as publisher, '1' as snapshot_id, now() as retrieved_at, "
        f"date '2026-06-01' as retrieved_on, {rows} as rows_received, now() as checked_at, "
        "31 as max_age_days, true as is_synthetic"
    )


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
