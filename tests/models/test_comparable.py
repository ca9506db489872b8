"""Beside an alert the areas that stood there too and improved: which are named, and which are not.

One wijk stands still at 50 and is followed; of each indicator another begins near it and improves,
and 25 others stand still elsewhere. What matters is 1 a year, higher is better.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from comparable_panel import (
    BETTER,
    OTHERS,
    STILL,
    YEARS,
    Course,
    compare,
    figures,
    line,
    lists,
)
from judged_panel import Figure, Reference

from wijkpeil.edition.comparable import AlertPlace, read_comparables, told
from wijkpeil.words import words_of


def after_step(start: float, slope: float, *, first: float) -> Course:
    """A line of which the first figure alone is another."""
    straight = line(start, slope)
    return lambda year: first if year == YEARS.start else straight(year)


# indicator, the course of the area that improves, what is done to the world, whether it is named.
# The lines scatter so little that the margin at the start is 0.6
CASES: dict[str, tuple[Course, str, bool]] = {
    "alike": (BETTER, "", True),
    "a_little_below": (line(49.6, 2), "", True),
    "a_little_above": (line(50.4, 2), "", True),
    "began_elsewhere": (line(48.9, 2), "", False),
    # the line begins at 51.2, whatever the first figure is
    "only_first_figure_alike": (after_step(52, 2, first=50), "", False),
    "stands_still_too": (line(50, 0.1), "", False),
    "too_slow": (line(50, 0.8), "", False),
    "gets_worse": (line(50, -2), "", False),
    "stopped_to_improve": (lambda year: 50 + 3 * min(year - 2018, 3), "", False),
    "follows_the_country": (BETTER, "", False),
    "as_large": (BETTER, "update core.area set inhabitants = 20000 where {area}", True),
    "larger": (BETTER, "update core.area set inhabitants = 20001 where {area}", False),
    "smaller": (BETTER, "update core.area set inhabitants = 4999 where {area}", False),
    "of_unknown_size": (BETTER, "update core.area set inhabitants = null where {area}", False),
    "in_a_like_gemeente": (
        BETTER,
        "update core.area set inhabitants = 300000 where {gemeente}",
        True,
    ),
    "in_a_city": (BETTER, "update core.area set inhabitants = 300001 where {gemeente}", False),
    "in_a_village": (BETTER, "update core.area set inhabitants = 33333 where {gemeente}", False),
    "provisional": (
        BETTER,
        "update core.observation set status = 'provisional' where {series} and year = 2025",
        False,
    ),
    "provisional_before": (
        BETTER,
        "update core.observation set status = 'provisional' where {series} and year = 2022",
        False,
    ),
    "never_revised": (
        BETTER,
        (
            "update core.observation set status = 'provisional', is_never_revised = true "
            "where {series} and year = 2025"
        ),
        True,
    ),
    "doubted": (BETTER, "insert into core.doubted values ('{indicator}', '{code}')", False),
    "doubted_everywhere": (BETTER, "insert into core.doubted values ('{indicator}', null)", False),
    "alert_doubted": (
        BETTER,
        f"insert into core.doubted values ('{{indicator}}', '{STILL}')",
        False,
    ),
    "other_doubted": (BETTER, "insert into core.doubted values ('{indicator}', 'WK900000')", True),
    "boundary_changed": (
        BETTER,
        "update core.observation set boundary_segment = 1 where {series} and year < 2021",
        False,
    ),
    "other_definition": (
        BETTER,
        "insert into catalog.indicator_break values ('{indicator}', 2021)",
        False,
    ),
    "other_years": (
        BETTER,
        "delete from core.observation where {series} and year = 2018",
        False,
    ),
    "a_year_lacks": (BETTER, "delete from core.observation where {series} and year = 2020", True),
    # the line ends at 64
    "beyond_what_can_be": (
        BETTER,
        "update catalog.indicator set range_high = 63 where indicator_id = '{indicator}'",
        False,
    ),
    "less_than_the_programme_asks": (
        BETTER,
        (
            "insert into catalog.programme_change (programme_id, indicator_id, change_per_year) "
            "values ('p', '{indicator}', 2.5)"
        ),
        False,
    ),
    "all_that_the_programme_asks": (
        line(50, 3),
        (
            "insert into catalog.programme_change (programme_id, indicator_id, change_per_year) "
            "values ('p', '{indicator}', 2.5)"
        ),
        True,
    ),
}
CODES = {name: f"WK{2 + number:04d}01" for number, name in enumerate(CASES)}


@pytest.fixture(scope="module")
def cases() -> Iterator[duckdb.DuckDBPyConnection]:
    rows: list[Figure] = []
    changes = []
    for name, (course, change, _) in CASES.items():
        rows += figures(name, {CODES[name]: course})
        code = CODES[name]
        changes.append(
            change.format(
                area=f"area_code = '{code}'",
                gemeente=f"area_code = 'GM{code[2:6]}'",
                series=f"area_code = '{code}' and indicator_id = '{name}'",
                indicator=name,
                code=code,
            )
        )
    followed_by: list[Reference] = [
        (area, "follows_the_country", year, "nl", BETTER(year) + 5)
        for area in (CODES["follows_the_country"], STILL, *OTHERS)
        for year in YEARS
    ]
    with compare(
        rows, followed=[STILL], references=followed_by, before="; ".join(filter(None, changes))
    ) as connection:
        yield connection


@pytest.mark.parametrize("name", CASES)
def test_who_is_named_beside_an_alert(cases: duckdb.DuckDBPyConnection, name: str) -> None:
    alerts = cases.execute(
        "select count(*) from marts.stagnation where area_code = ? and indicator_id = ? "
        "and is_headline and is_alert and programme_id = 'p' and edition_year = 2025",
        [STILL, name],
    ).fetchone()
    assert alerts == (1,)
    assert lists(cases).get(name, []) == ([CODES[name]] if CASES[name][2] else [])


def test_each_is_refused_for_what_its_case_says(cases: duckdb.DuckDBPyConnection) -> None:
    """All that begin alike and are no example by their class have one that is none."""
    classes = dict(
        cases.execute(
            "select indicator_id, class from marts.stagnation where is_headline "
            "and programme_id is null and edition_year = 2025 and area_code not in "
            "(select unnest(?))",
            [OTHERS],
        ).fetchall()
    )
    refused = {
        "stands_still_too": "stagnating",
        "too_slow": "stagnating",
        "gets_worse": "deteriorating",
        "stopped_to_improve": "flattened",
        "follows_the_country": "follows",
    }
    assert {name: classes[name] for name in refused} == refused
    others = CASES.keys() - refused.keys() - {"other_definition"}
    assert {classes[name] for name in others} == {"improving"}


def test_the_figures_of_both_are_told(cases: duckdb.DuckDBPyConnection) -> None:
    [row] = cases.execute(
        """
        select edition_year, programme_id, axis, rank, first_year, last_year, level_form,
            round(start_level, 6), round(comparable_start_level, 6), round(end_level, 6),
            round(comparable_end_level, 6), last_value, comparable_last_value, round(slope, 6),
            round(comparable_slope, 6), meaningful_change, comparable_programme_id,
            inhabitants, comparable_inhabitants, comparable_improvement_chance
        from marts.comparable where indicator_id = 'a_little_below'
        """
    ).fetchall()
    assert row == (
        *(2025, "p", "own", 1, 2018, 2025, "figure", 50.0, 49.6, 50.0, 63.6, 50.0, 63.6),
        *(0.0, 2.0, 1.0, None, 10_000, 10_000, 1.0),
    )


def test_a_reader_tells_them_in_words(cases: duckdb.DuckDBPyConnection) -> None:
    found = read_comparables(cases)
    place = AlertPlace("p", STILL, "a_little_below")
    nb = "\u00a0"
    name = f"Wijk {CODES['a_little_below']}"
    assert told(found[place], words_of("nl")) == [
        (
            f"Begon in 2018 ongeveer gelijk en ging wél vooruit: {name}, op de trendlijn van "
            f"49,6{nb}stuks naar 63,6{nb}stuks in 2025 (hier van 50,0{nb}stuks naar 50,0{nb}stuks)."
        ),
        "Vergelijkbaar op deze indicator; het zegt niet waardoor.",
    ]
    assert {each.indicator_id for each in found} == {
        name for name, (_, _, is_named) in CASES.items() if is_named
    }


def test_of_an_edition_without_the_table_nothing_is_read() -> None:
    with duckdb.connect() as older:
        assert read_comparables(older) == {}


def test_only_who_is_followed_has_examples_beside_its_alert(
    cases: duckdb.DuckDBPyConnection,
) -> None:
    assert cases.execute("select distinct area_code from marts.comparable").fetchall() == [(STILL,)]
    assert cases.execute(
        "select count(*) from marts.stagnation "
        "where is_headline and is_alert and edition_year = 2025"
    ).fetchone() > (25 * len(CASES),)


# what is judged by a gap

MONEY: dict[str, Any] = {
    "per_year": None, "relative": 0.025, "unit": "duizend euro", "judge": "gap_nl",
    "is_money": True,
}  # fmt: skip


def prices(year: int) -> float:
    """Up by six percent a year."""
    return 230 * 1.06 ** (year - YEARS.start)


def test_money_began_alike_as_a_share_of_the_country() -> None:
    """What matters is 2 percent of the country a year, and half of eight years of that is 8."""
    falling = line(0.8, -0.03)
    starts = {"alike": 0.8, "below": 0.7, "above": 0.9}
    rows: list[Figure] = []
    for name, start in starts.items():
        closing = line(start, 0.03)
        rows += figures(
            name,
            {"WK000201": lambda year, closing=closing: closing(year) * prices(year)},  # type: ignore[misc]
            still=lambda year: falling(year) * prices(year),
            others=lambda year: 0.5 * prices(year),
            noise=1,
        )
    references: list[Reference] = [
        (area, name, year, "nl", prices(year))
        for name in starts
        for area in [STILL, "WK000201", *OTHERS]
        for year in YEARS
    ]
    with compare(rows, followed=[STILL], references=references, **MONEY) as connection:
        assert connection.execute(
            "select indicator_id, comparable_code, axis, level_form, round(start_level, 1), "
            "round(end_level, 1), round(comparable_start_level, 1), "
            "round(comparable_end_level, 1) from marts.comparable"
        ).fetchall() == [("alike", "WK000201", "gap_nl", "share", 80.0, 59.0, 80.0, 101.0)]


def test_a_step_began_alike_as_a_difference_with_the_country() -> None:
    """The country gets better by 1 a year; one wijk does not, the other three times as fast."""
    rows = figures("i", {"WK000201": line(50, 3)}, still=line(50, 0), others=line(40, 1))
    references: list[Reference] = [
        (area, "i", year, "nl", line(70, 1)(year))
        for area in [STILL, "WK000201", *OTHERS]
        for year in YEARS
    ]
    with compare(rows, followed=[STILL], references=references, judge="gap_nl") as connection:
        assert connection.execute(
            "select comparable_code, level_form, round(start_level, 6), "
            "round(comparable_start_level, 6), round(comparable_end_level, 6) from marts.comparable"
        ).fetchall() == [("WK000201", "difference", -20.0, -20.0, -6.0)]


# where chance makes some improve


@pytest.mark.parametrize(("slope", "noise"), [(0, 4), (0.5, 3)])
def test_where_nobody_improves_by_what_matters_nobody_is_named(slope: float, noise: float) -> None:
    """Of 200 wijken that all stand still, or all improve by half of what matters, dozens begin near
    another, and chance makes some of them improve: these have the class, and are no example."""
    draw = random.Random(5)
    wijken = [f"WK{number // 10:04d}{number % 10:02d}" for number in range(200)]
    levels = {wijk: draw.uniform(45, 55) for wijk in wijken}
    rows: list[Figure] = [
        (wijk, "i", year, levels[wijk] + slope * (year - 2018) + draw.gauss(0, noise), None)
        for wijk in wijken
        for year in YEARS
    ]
    with compare(rows, followed=wijken[:100]) as connection:
        assert connection.execute("select count(*) from marts.comparable").fetchone() == (0,)
        alerts, improving = connection.execute(
            "select count(*) filter (where is_alert and programme_id is not null), "
            "count(*) filter (where class = 'improving') from marts.stagnation "
            "where is_headline and is_once_per_area and edition_year = 2025"
        ).fetchall()[0]
    assert alerts > 10
    assert improving > 2
