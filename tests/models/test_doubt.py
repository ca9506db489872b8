"""What a doubt is about, how far it reaches, and that one person's yes ends it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.rule import filled

WIJKEN = [f"WK9901{number:02d}" for number in range(1, 11)] + ["WK990201"]


@pytest.fixture
def core() -> Iterator[duckdb.DuckDBPyConnection]:
    """Eleven wijken in two gemeenten with recipients of welfare, inhabitants, and the rate of the
    two; an area of a programme has the first wijk as a part. Nothing is doubted."""
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        connection.execute(
            f"""
            create schema catalog;
            create schema meta;
            create table catalog.indicator as from (values
                ('people', 8, null), ('welfare', 8, null), ('welfare_rate', 8, 'people'),
                ('age', 8, 'people')
            ) as t(indicator_id, window_years, denominator_id);
            create table catalog.rate as
                select 'welfare_rate' as indicator_id, 'welfare' as numerator_id,
                    'people' as denominator_id;
            create table catalog.restating (inhabitants_id varchar);
            create table catalog.source_measure as
                select 'cbs' as source_id, unnest(['people', 'welfare', 'age']) as indicator_id;
            create table catalog.indicator_break (indicator_id varchar, year integer);
            create table catalog.explained_jump (indicator_id varchar, year integer);
            create table meta.compared_doubt (
                source_id varchar, indicator_id varchar, area_code varchar, year integer,
                rule varchar, sentence varchar
            );
            create table meta.released_doubt (source_id varchar, doubt_id varchar);
            create table core.suspected_break (
                indicator_id varchar, year integer, areas integer, jump double, usual_jump double
            );
            create table core.odd_year (
                indicator_id varchar, area_code varchar, year integer, rule varchar,
                sentence varchar
            );
            create table core.odd_whole as from core.odd_year;
            create table core.quarantined_figure (
                source_id varchar, indicator_id varchar, area_code varchar, year integer,
                reason varchar
            );
            create table core.published (
                area_code varchar, indicator_id varchar, year integer, source_id varchar,
                value double
            );
            create table core.place (area_code varchar, area_kind varchar, gemeente_code varchar);
            create table core.programme_part as
                select 'p/kade' as area_code, 'WK990101' as target_code;
            create table core.missing_basis (
                measure_id varchar, indicator_id varchar, source_id varchar, year integer,
                missing_reason varchar, is_in_window boolean
            );
            create table core.observation as
                select 'cbs' as source_id, indicator_id, area_code, 10.0 as value, year
                from (select unnest(['people', 'welfare', 'age']) as indicator_id),
                    (select unnest({WIJKEN}) as area_code),
                    (select unnest(range(2010, 2026)) as year);
            insert into core.place
                select wijk, 'wijk', 'GM' || wijk[3:6] from (select unnest({WIJKEN}) as wijk)
                union all from (values ('GM9901', 'gemeente', null), ('NL00', 'land', null));
            """
        )
        yield connection


def build(core: duckdb.DuckDBPyConnection) -> None:
    for name in ("national_step", "doubt", "doubted"):
        sql = filled(SQL / "core" / "checks" / f"{name}.sql", SQL)
        core.execute(f"create or replace table core.{name} as {sql}")


def doubts(core: duckdb.DuckDBPyConnection) -> set[tuple[object, ...]]:
    build(core)
    return set(
        core.execute("select rule, indicator_id, area_code, year from core.doubt").fetchall()
    )


def held(core: duckdb.DuckDBPyConnection) -> set[tuple[str, str | None]]:
    """Each indicator and area, or None for all, on which no mail may rest."""
    build(core)
    return set(core.execute("select indicator_id, area_code from core.doubted").fetchall())


def odd(core: duckdb.DuckDBPyConnection, indicator: str, area: str, year: int = 2025) -> None:
    core.execute("insert into core.odd_year values (?, ?, ?, 'far', '?')", [indicator, area, year])


def test_without_a_finding_nothing_is_held(core: duckdb.DuckDBPyConnection) -> None:
    assert held(core) == set()


def test_a_jump_everywhere_holds_all_areas_and_what_is_computed_with_it(
    core: duckdb.DuckDBPyConnection,
) -> None:
    core.execute("insert into core.suspected_break values ('welfare', 2024, 11, 9.0, -0.5)")
    assert doubts(core) == {("jump", "welfare", None, 2024)}
    assert held(core) == {("welfare", None), ("welfare_rate", None)}


@pytest.mark.parametrize(
    ("area", "reached"),
    [
        ("NL00", {None}),
        ("GM9901", {"GM9901", *WIJKEN[:10]}),
        ("WK990101", {"WK990101", "p/kade"}),
        ("WK990201", {"WK990201"}),
    ],
)
def test_a_doubt_about_a_whole_is_one_about_its_parts(
    core: duckdb.DuckDBPyConnection, area: str, reached: set[str | None]
) -> None:
    odd(core, "people", area)
    # inhabitants are below the rate, and below the mean
    assert held(core) == {(i, a) for i in ("people", "welfare_rate", "age") for a in reached}


def test_inhabitants_by_which_all_is_restated_hold_all(core: duckdb.DuckDBPyConnection) -> None:
    core.execute("insert into catalog.restating values ('people')")
    odd(core, "people", "NL00")
    assert {each for each, _ in held(core)} == {"people", "welfare", "welfare_rate", "age"}


@pytest.mark.parametrize(("year", "is_held"), [(2017, False), (2018, True), (2025, True)])
def test_a_doubt_holds_as_long_as_its_year_is_in_the_window(
    core: duckdb.DuckDBPyConnection, year: int, is_held: bool
) -> None:
    odd(core, "age", "WK990101", year)
    assert (held(core) == {("age", "WK990101"), ("age", "p/kade")}) == is_held


def test_a_yes_ends_the_doubt_it_was_said_to_and_no_other(
    core: duckdb.DuckDBPyConnection,
) -> None:
    odd(core, "age", "WK990101")
    odd(core, "age", "GM9902")
    build(core)
    (first,) = core.execute(
        "select doubt_id from core.doubt where area_code = 'WK990101'"
    ).fetchall()
    core.execute("insert into meta.released_doubt values ('another', ?)", first)
    assert {area for _, area in held(core)} == {"WK990101", "p/kade", "GM9902", "WK990201"}
    core.execute("insert into meta.released_doubt values ('cbs', ?)", first)
    assert {area for _, area in held(core)} == {"GM9902", "WK990201"}


@pytest.mark.parametrize(("wijken", "is_all"), [(1, False), (2, True)])
def test_from_so_many_odd_wijken_on_all_are_doubted(
    core: duckdb.DuckDBPyConnection, wijken: int, is_all: bool
) -> None:
    for wijk in WIJKEN[1 : 1 + wijken]:
        odd(core, "age", wijk)
    assert (("scattered", "age", None, 2025) in doubts(core)) == is_all
    assert (("age", None) in held(core)) == is_all


@pytest.mark.parametrize(
    ("values", "is_step"),
    [
        ([50.0, 51.0, 52.0, 53.0, 20.0], True),
        ([50.0, 51.0, 52.0, 53.0, 54.0], False),
        ([10.0, 20.0, 40.0, 80.0, 160.0], False),
    ],
)
def test_a_step_of_the_country_as_it_never_takes_is_doubted(
    core: duckdb.DuckDBPyConnection, values: list[float], is_step: bool
) -> None:
    for year, value in enumerate(values, start=2021):
        core.execute(
            "insert into core.published values ('NL00', 'age', ?, 'cbs', ?)", [year, value]
        )
    assert (("national", "age", None, 2025) in doubts(core)) == is_step
    assert (("age", None) in held(core)) == is_step


@pytest.mark.parametrize("table", ["indicator_break", "explained_jump"])
def test_a_step_that_the_catalog_explains_is_none(
    core: duckdb.DuckDBPyConnection, table: str
) -> None:
    for year, value in enumerate([50.0, 51.0, 52.0, 53.0, 20.0], start=2021):
        core.execute(
            "insert into core.published values ('NL00', 'age', ?, 'cbs', ?)", [year, value]
        )
    core.execute(f"insert into catalog.{table} values ('age', 2025)")
    assert doubts(core) == set()
