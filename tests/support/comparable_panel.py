"""Wijken of known courses, judged, and beside each alert those that began alike and improved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
from judged_panel import Figure, make_panel

from wijkpeil.backtest.run import SQL
from wijkpeil.edition.models import read_models, run_models

# what marts.comparable reads beside what is judged: who is where, how large, and what is doubted
_READ = """
alter table core.programme_area add column area_kind varchar;
alter table core.programme_area add column inhabitants double;
create table core.division as select 2025 as target_year;
create table core.area as
    select area_code, 2025 as year, area_kind, 10000::double as inhabitants from core.place;
insert into core.area
    select distinct gemeente_code, 2025, 'gemeente', 100000 from core.place;
create table core.programme_part (programme_id varchar, area_code varchar, target_code varchar);
create table core.doubted (indicator_id varchar, area_code varchar);
"""


def compare(
    figures: Iterable[Figure],
    *,
    followed: Iterable[str],
    programme: str = "p",
    before: str = "",
    sql: Path = SQL,
    **how: Any,
) -> duckdb.DuckDBPyConnection:
    """The figures judged, of which a programme follows some areas; every wijk has 10,000
    inhabitants, and its gemeente 100,000, unless `before` says otherwise."""
    codes = ", ".join(f"('{programme}', '{code}', true, true)" for code in followed)
    given = f"""
        {_READ}
        insert into catalog.programme by name
            select '{programme}' as programme_id, 1 as position, 'programme' as comparator;
        insert into core.programme_area (programme_id, area_code, is_used, is_on_list)
            values {codes};
        insert into catalog.programme_indicator
            select '{programme}', indicator_id from catalog.indicator;
        {before}
    """
    connection = make_panel(":memory:", figures, is_told=True, before=given, sql=sql, **how)
    [model] = [each for each in read_models(sql) if each.name == "marts.comparable"]
    run_models(connection, [model])
    return connection


STILL, YEARS = "WK000100", range(2018, 2026)
OTHERS = [f"WK9000{number:02d}" for number in range(25)]
Course = Callable[[int], float]


def line(start: float, slope: float) -> Course:
    return lambda year: start + slope * (year - YEARS.start)


FLAT, BETTER, ELSEWHERE = line(50, 0), line(50, 2), line(20, 0)


def figures(
    indicator: str,
    courses: dict[str, Course],
    *,
    noise: float = 0.4,
    others: Course = ELSEWHERE,
    still: Course = FLAT,
    years: range = YEARS,
    seed: int = 3,
) -> list[Figure]:
    """Of one indicator: the wijk that stands still and those of known courses follow them exactly,
    and 25 others scatter around one of theirs by so much."""
    draw = random.Random(seed)
    known = {STILL: still, **courses}
    rows: list[Figure] = [
        (area, indicator, year, course(year), None)
        for area, course in known.items()
        for year in years
    ]
    rows += [
        (area, indicator, year, others(year) + draw.gauss(0, noise), None)
        for area in OTHERS
        for year in years
    ]
    return rows


def lists(connection: duckdb.DuckDBPyConnection, area: str = STILL) -> dict[str, list[str]]:
    """The areas named beside the alert of an area, by indicator, in order."""
    found: dict[str, list[str]] = {}
    for indicator, code in connection.execute(
        "select indicator_id, comparable_code from marts.comparable where area_code = ? "
        "order by indicator_id, rank",
        [area],
    ).fetchall():
        found.setdefault(indicator, []).append(code)
    return found
