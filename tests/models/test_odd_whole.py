"""A figure that contradicts its parts, or the other years of its area, is doubted until a yes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import duckdb
import pytest

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.rule import filled

YEARS = range(2018, 2026)
WIJKEN = [f"WK99{gemeente:02d}{wijk:02d}" for gemeente in (1, 2) for wijk in range(1, 11)]
# how many times the figure of an area and year is what its parts give
Changes = Mapping[tuple[str, int], float]


@pytest.fixture
def core() -> Iterator[duckdb.DuckDBPyConnection]:
    """Twenty wijken in two gemeenten, with an indicator that is a share and one that is a sum; the
    whole has a fifth more of the share than its wijken: of some nobody knows the wijk."""
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        connection.execute(
            """
            create schema catalog;
            create table catalog.indicator as from (values
                ('share', 'weighted_mean', 'people', 1, 0.0, 60.0),
                ('people', 'sum', null, 0, null, null)
            ) as t(indicator_id, aggregation, denominator_id, decimals, usual_low, usual_high);
            create table catalog.indicator_break (indicator_id varchar, year integer);
            create table catalog.restating as select 0.2 as largest_missing_share;
            create table core.place (
                area_code varchar, area_kind varchar, gemeente_code varchar, is_listed boolean
            );
            create table core.observation (
                area_code varchar, indicator_id varchar, year integer, value double,
                standard_error double, source_id varchar
            );
            create table core.area (
                area_code varchar, area_kind varchar, inhabitants double, year integer
            );
            create table core.division as select 2025 as target_year;
            create table core.group_member (group_id varchar, area_code varchar, areas bigint);
            create table core.programme_value (
                programme_id varchar, indicator_id varchar, year integer, value double,
                mass double, areas bigint
            );
            create table core.programme_area (
                programme_id varchar, area_code varchar, gemeente_code varchar, is_in_group boolean
            );
            """
        )
        for code in ("NL00", "GM9901", "GM9902", *WIJKEN):
            kind = {"NL": "land", "GM": "gemeente", "WK": "wijk"}[code[:2]]
            gemeente = f"GM{code[2:6]}" if kind == "wijk" else None
            connection.execute(
                "insert into core.place values (?, ?, ?, true)", [code, kind, gemeente]
            )
            if kind == "gemeente":
                connection.execute("insert into core.area values (?, ?, 1, 2025)", [code, kind])
        yield connection


def fill(
    core: duckdb.DuckDBPyConnection, changes: Changes, indicator: str, *, error: float = 0.0
) -> None:
    chance = random.Random(7)
    own = {wijk: chance.uniform(10, 40) for wijk in WIJKEN}
    rows: list[tuple[str, str, int, float, float | None]] = []
    for year in YEARS:
        shares = {w: round(own[w] + chance.gauss(0, 1 + error), 1) for w in WIJKEN}
        for code in ("NL00", "GM9901", "GM9902", *WIJKEN):
            parts = [w for w in WIJKEN if w.startswith(f"WK{code[2:6]}") or code == "NL00"]
            of_wijk = code in shares
            share = shares[code] if of_wijk else 1.2 * sum(shares[w] for w in parts) / len(parts)
            people = 1000.0 if of_wijk else 1000.0 * len(parts)
            for name, value in (("share", share), ("people", people)):
                told = value * changes.get((code, year), 1.0) if name == indicator else value
                rows.append(
                    (code, name, year, round(told, 1), (error or None) if of_wijk else None)
                )
    core.executemany("insert into core.observation values (?, ?, ?, ?, ?, 'cbs')", rows)
    for name in ("comparators/comparator_value", "checks/odd_whole"):
        sql = filled(SQL / "core" / f"{name}.sql", SQL)
        core.execute(f"create table core.{name.rpartition('/')[2]} as {sql}")


def found(core: duckdb.DuckDBPyConnection) -> set[tuple[str, str, int, str]]:
    return set(
        core.execute("select indicator_id, area_code, year, rule from core.odd_whole").fetchall()
    )


def test_a_whole_that_lies_beside_its_parts_every_year_is_not_doubted(
    core: duckdb.DuckDBPyConnection,
) -> None:
    fill(core, {}, "share")
    assert found(core) == set()


@pytest.mark.parametrize("year", [2019, 2024, 2025])
@pytest.mark.parametrize("code", ["NL00", "GM9901"])
@pytest.mark.parametrize("factor", [1.25, 0.8])
def test_a_whole_that_moves_from_its_parts_in_one_year_is_doubted(
    core: duckdb.DuckDBPyConnection, code: str, year: int, factor: float
) -> None:
    fill(core, {(code, year): factor}, "share")
    assert {each for each in found(core) if each[1] == code} == {("share", code, year, "whole")}
    # the country has a wrong part where a gemeente of two is wrong
    assert {each[1] for each in found(core)} <= {code, "NL00"}
    assert {each[2] for each in found(core)} == {year}


def test_a_sum_that_its_wijken_do_not_give_is_doubted(core: duckdb.DuckDBPyConnection) -> None:
    fill(core, {("GM9902", 2024): 1.1}, "people")
    assert ("people", "GM9902", 2024, "whole") in found(core)


def test_what_is_drawn_by_chance_is_not_doubted(core: duckdb.DuckDBPyConnection) -> None:
    fill(core, {}, "share", error=4.0)
    assert found(core) == set()


def test_a_new_definition_has_years_of_its_own(core: duckdb.DuckDBPyConnection) -> None:
    core.execute("insert into catalog.indicator_break values ('share', 2023)")
    fill(core, {("NL00", year): 1.3 for year in range(2023, 2026)}, "share")
    assert found(core) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({("WK990101", 2022): 8.0}, {("share", "WK990101", 2022, "unusual")}),
        # an area that is always so is what it is
        ({("WK990101", year): 8.0 for year in YEARS}, set()),
    ],
)
def test_one_year_beyond_what_is_usual_is_doubted(
    core: duckdb.DuckDBPyConnection,
    changes: dict[tuple[str, int], float],
    expected: set[tuple[str, str, int, str]],
) -> None:
    fill(core, changes, "share")
    assert {each for each in found(core) if each[3] == "unusual"} == expected
