"""Extreme but legal series: each is judged, every number is finite, and no class is absurd."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import duckdb
import pytest
from judged_panel import Figure, make_panel

LAST = 2025
SEEDS = range(3)
# what happens to a mean change: an amount a year, or a share of the level
SIZES = {
    "amount": {"per_year": 1.0, "relative": None},
    "share": {"per_year": None, "relative": 0.02},
}
# of one series: year → value, None where it was withheld
Course = dict[int, float | None]


def _flat(level: float, *, first: int = 2010) -> Course:
    return dict.fromkeys(range(first, LAST + 1), level)


def _one_early(level: float, value: float) -> Course:
    """The value in the first year, the level from then on: one crime, and none after it."""
    return {**_flat(level), 2010: value}


def _noise(draw: random.Random, size: float, level: float = 0.0, *, first: int = 2010) -> Course:
    return {year: level + draw.gauss(0, size) for year in range(first, LAST + 1)}


def _courses(seed: int) -> dict[str, Course]:
    """Every course by its name; those that begin with `flat` are the same in each year."""
    draw = random.Random(seed)
    tiny = 10.0 ** -draw.randint(6, 12)
    huge = draw.uniform(1, 9) * 1e12
    share = draw.choice([0.1, 0.3, 0.7, 1 / 3])
    return {
        "flat zeros": _flat(0.0),
        "flat share": _flat(share),
        "flat huge": _flat(huge),
        "flat tiny": _flat(tiny),
        "flat negative": _flat(-share),
        "flat but the first year": _one_early(0.0, share),
        "flat but a huge first year": _one_early(share, huge),
        "flat but a tiny first year": _one_early(0.0, tiny),
        "zeros but the last year": {**_flat(0.0), LAST: share},
        "one crime in the middle": {**_flat(0.0), 2018: 1000 / 3},
        "a person": {year: draw.choice([0.0, 1000.0]) for year in range(2010, LAST + 1)},
        "alternating": {year: share * (-1) ** year for year in range(2010, LAST + 1)},
        "about nought": _noise(draw, share),
        "huge": _noise(draw, huge / 100, huge),
        "huge and hardly moving": _noise(draw, 0.001, huge),
        "tiny": _noise(draw, tiny, tiny * 5),
        "growing by a factor": {year: 7.0 ** (year - 2010) for year in range(2010, LAST + 1)},
        "one year": {LAST: share},
        "two years": {2010: share, LAST: 2 * share},
        "gaps": {year: draw.uniform(0, 9) for year in (2008, 2013, 2014, 2019, 2020, 2024, LAST)},
        "mostly withheld": {
            year: draw.uniform(0, 9) if year % 4 == 0 else None for year in range(2006, LAST + 1)
        },
        "never published": dict.fromkeys(range(2010, LAST + 1)),
        "sixty years": _noise(draw, 1.0, 40.0, first=LAST - 60),
        "a year of long ago": {**_noise(draw, 1.0, 40.0), 1919: 3.0},
        "more than sixty years": _noise(draw, 1.0, 40.0, first=1890),
        "long ended": {year: draw.uniform(0, 9) for year in range(1900, 1930)},
        "a year to come": {**_noise(draw, 1.0, 40.0), 2099: 3.0},
        "a year that is none": {**_noise(draw, 1.0, 40.0), 20250: 3.0, 3: 1.0},
        "no number": {**_noise(draw, 1.0, 40.0), 2020: float("nan"), 2021: float("inf")},
        "at the end of what a float holds": {**_flat(1e300), 2020: -1e308},
    }


def _figures(
    courses: dict[str, Course], *, indicator: str = "i", error: float | None = None
) -> list[Figure]:
    """A wijk per course, in their order."""
    return [
        (_wijk(number), indicator, year, value, error)
        for number, course in enumerate(courses.values())
        for year, value in course.items()
    ]


def _wijk(number: int) -> str:
    return f"WK{number // 50:04d}{number % 50:02d}"


def _demand_finite(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Every number of the table is finite, or null."""
    columns = connection.execute(
        "select column_name from (describe (from query_table($table))) "
        "where column_type in ('DOUBLE', 'FLOAT')",
        {"table": table},
    ).fetchall()
    assert columns
    for (column,) in columns:
        wrong = connection.execute(
            f"select * from {table} where not isfinite({column}) limit 1"
        ).fetchall()
        assert not wrong, f"{table}.{column}: {wrong[0]}"


def _classes(
    connection: duckdb.DuckDBPyConnection, axis: str = "own"
) -> dict[tuple[str, int], Any]:
    return {
        (area, year): found
        for area, year, found in connection.execute(
            "select area_code, edition_year, class from core.trend where axis = ?", [axis]
        ).fetchall()
    }


@pytest.mark.parametrize("size", SIZES)
def test_each_is_judged_with_finite_numbers(size: str) -> None:
    """Each seed and each standard error is an indicator of its own, whose noise is pooled."""
    figures: list[Figure] = []
    for seed, error in product(SEEDS, (None, 0.5, 1e9)):
        figures += _figures(_courses(seed), indicator=f"i{seed} {error}", error=error)
    draw = random.Random(1)
    levels = [0.0, 1e-9, -0.1, 0.3, 1e12]

    def level(area: str) -> float:
        return levels[int(area[2:]) % 5] * draw.choice([1, 1, 1.1])

    references = [
        (area, indicator, year, comparator, level(area))
        for area, indicator, year, *_ in figures
        for comparator in ("gemeente", "nl")
    ]
    with make_panel(
        ":memory:", figures, references=references, direction=-1, **SIZES[size]
    ) as connection:
        for table in ("core.trend", "core.trend_noise", "core.suspected_break"):
            _demand_finite(connection, table)
        names = dict(zip(map(_wijk, range(99)), _courses(0), strict=False))
        classes = connection.execute(
            "select area_code, edition_year, class from core.trend where axis = 'own'"
        ).fetchall()
    assert {area for area, *_ in classes} == {*names}
    moving = {
        (names[area], year)
        for area, year, found in classes
        # from there on what is far out of line lies before the window
        if year >= 2018 and found in {"improving", "deteriorating"}
    }
    assert not {name for name, _ in moving if name.startswith("flat")}, moving
    assert moving


def test_a_country_of_equal_series_moves_nowhere() -> None:
    figures = [
        (_wijk(wijk), "i", year, 0.1, None)
        for wijk in range(1000)
        for year in range(2012, LAST + 1)
    ]
    references = [(*figure[:3], "nl", 0.1) for figure in figures]
    with make_panel(":memory:", figures, references=references, **SIZES["share"]) as connection:
        _demand_finite(connection, "core.trend")
        found = connection.execute(
            "select axis, class, min(score_slope), max(score_slope), max(slope_error), count(*) "
            "from core.trend where edition_year = 2025 group by all order by all"
        ).fetchall()
    assert found == [
        ("gap_nl", "stagnating", 0, 0, 0, 1000),
        ("own", "stagnating", 0, 0, 0, 1000),
    ]


def test_a_share_of_the_level_knows_no_unit() -> None:
    """The classes of figures in euros and in thousands of euros are the same."""
    draw = random.Random(1)
    courses: dict[str, Course] = {}
    for wijk in range(40):
        slope = draw.uniform(-2, 2)
        courses[str(wijk)] = {
            year: 40 + slope * (year - 2012) + draw.gauss(0, 1) for year in range(2012, LAST + 1)
        }
    figures: list[Figure] = []
    for factor in (1, 1e-9, 1e12):
        scaled = {
            name: {year: factor * value for year, value in course.items() if value is not None}
            for name, course in courses.items()
        }
        figures += _figures(scaled, indicator=f"{factor:.0e}")
    with make_panel(":memory:", figures, **SIZES["share"]) as connection:
        found = connection.execute(
            "select area_code, edition_year, list(distinct class) from core.trend "
            "where axis = 'own' group by all"
        ).fetchall()
    assert [row for row in found if len(row[2]) > 1] == []
    assert len({classes[0] for *_, classes in found}) >= 4


def test_what_lies_before_the_window_has_no_part_in_its_line() -> None:
    draw = random.Random(1)
    courses = {str(wijk): _noise(draw, 1.0, draw.uniform(0.1, 9)) for wijk in range(40)}
    early = {name: {**course, 2010: 1e12} for name, course in courses.items()}
    figures = [*_figures(courses, indicator="plain"), *_figures(early, indicator="early")]
    lines = (
        "select slope, mean_value, residual_sum from core.trend "
        "where edition_year = 2025 and axis = 'own' and indicator_id = ? order by area_code"
    )
    with make_panel(":memory:", figures, **SIZES["share"]) as connection:
        plain = connection.execute(lines, ["plain"]).fetchall()
        other = connection.execute(lines, ["early"]).fetchall()
    assert len(plain) == 40
    for one, two in zip(plain, other, strict=True):
        assert two == pytest.approx(one, rel=1e-9)


def test_a_series_of_more_than_sixty_two_years_is_judged_on_its_last() -> None:
    """A figure of 1919 takes no class from the years of today."""
    draw = random.Random(1)
    courses = {str(wijk): _noise(draw, 1.0, 40.0) for wijk in range(20)}
    figures = _figures(courses)
    area = figures[0][0]
    with make_panel(":memory:", figures) as plain:
        expected = _classes(plain)
    mistyped = (area, "i", 1919, 41.0, None)
    with make_panel(":memory:", [*figures, mistyped]) as other:
        seen = _classes(other)
        assert {key: found for key, found in seen.items() if key in expected} == expected
        # the years before the first edition are told, each series once
        assert other.execute(
            "select area_code, first_figure, first_seen from core.trend_series "
            "where first_figure < first_seen"
        ).fetchall() == [(area, 1919, LAST - 61)]
    long = [(area, "i", year, 41.0 + year % 2, None) for year in range(1900, LAST + 1)]
    with make_panel(":memory:", [*figures, *long[:-16]]) as other:
        editions = [year for code, year in _classes(other) if code == area]
        assert (min(editions), max(editions)) == (LAST - 61, LAST)
