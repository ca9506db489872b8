"""Series made by hand in a warehouse file, judged by the project's own trend SQL."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import duckdb

from wijkpeil.backtest.run import SQL
from wijkpeil.backtest.simulate import trend_models
from wijkpeil.edition.given import create_given
from wijkpeil.edition.models import Model, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences

# area, indicator, year, value, standard error
Figure = tuple[str, str, int, float | None, float | None]
# area, indicator, year, comparator, value
Reference = tuple[str, str, int, str, float]

# what the rule reads beside the catalog
_READ = """
create schema core;
create table meta.edition as select 'panel' as edition_id;
create table core.observation (
    area_code varchar, indicator_id varchar, year integer, value double, standard_error double,
    status varchar, is_never_revised boolean, source_id varchar, boundary_segment integer
);
create table core.benchmark (
    area_code varchar, programme_id varchar, indicator_id varchar, year integer,
    comparator varchar, value double, is_self_excluded boolean default false
);
create table core.place (
    area_code varchar, area_name varchar, area_kind varchar, gemeente_code varchar,
    gemeente_name varchar, is_listed boolean
);
create table core.programme_area (
    programme_id varchar, area_code varchar, is_used boolean, is_on_list boolean
);
"""


def make_panel(
    path: Path | str,
    figures: Iterable[Figure],
    *,
    references: Iterable[Reference] = (),
    window: int = 8,
    direction: int = 1,
    per_year: float | None = 1.0,
    relative: float | None = None,
    unit: str = "stuks",
    limits: tuple[float, float] = (-1e12, 1e12),
    judge: str = "level",
    is_money: bool = False,
    is_told: bool = False,
    before: str = "",
    sql: Path = SQL,
) -> duckdb.DuckDBPyConnection:
    """Every wijk that has a figure, judged; all indicators alike, and with `is_told` also in
    words. `before` is done to the catalog first. The connection stays open; `sql` is the folder
    of the rule."""
    connection = duckdb.connect(path)
    create_given(connection)
    connection.execute(_READ)
    rows = [
        (area, indicator, year, value, error, "suppressed" if value is None else "final")
        for area, indicator, year, value, error in figures
    ]
    _insert(
        connection,
        "core.observation (area_code, indicator_id, year, value, standard_error, status, "
        "boundary_segment)",
        [(*row, 0) for row in rows],
    )
    _insert(
        connection,
        "core.benchmark (area_code, indicator_id, year, comparator, value)",
        [*references],
    )
    connection.execute(
        """
        insert into core.place by name
        select distinct area_code, 'Wijk ' || area_code as area_name, 'wijk' as area_kind,
            'GM' || substr(area_code, 3, 4) as gemeente_code, true as is_listed,
        from core.observation
        """
    )
    connection.execute(
        """
        insert into catalog.indicator by name
        select distinct indicator_id, indicator_id as name_nl, $unit as unit, 1 as decimals,
            $direction as direction, $window as window_years, $per_year as change_per_year,
            $relative as change_relative, $low as range_low, $high as range_high,
            $judge as judge, $is_money as is_money,
        from core.observation
        """,
        {
            "unit": unit,
            "direction": direction,
            "window": window,
            "per_year": per_year,
            "relative": relative,
            "low": limits[0],
            "high": limits[1],
            "judge": judge,
            "is_money": is_money,
        },
    )
    connection.execute(before)
    make_macros(connection, sql)
    models = trend_models(sql)
    if is_told:
        make_sentences(connection)
        models += _verdicts(sql)
    run_models(connection, models)
    return connection


def _verdicts(sql: Path) -> list[Model]:
    found = {model.name: model for model in read_models(sql)}
    return [found["core.verdict"], found["marts.stagnation"]]


def noisy(
    *,
    wijken: int,
    years: range,
    noise: float,
    slope: float = 0,
    level: float = 50,
    indicator: str = "grade",
    seed: int = 1,
) -> list[Figure]:
    """Straight lines with noise of one size, from seeded numbers."""
    draw = random.Random(seed)
    return [
        (
            f"WK{1 + wijk // 20:04d}{wijk % 20:02d}",
            indicator,
            year,
            level + slope * (year - years.start) + draw.gauss(0, noise),
            None,
        )
        for wijk in range(wijken)
        for year in years
    ]


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]
) -> None:
    if rows:
        marks = ", ".join("unnest(?)" for _ in rows[0])
        connection.execute(
            f"insert into {table} select {marks}", [*map(list, zip(*rows, strict=True))]
        )
