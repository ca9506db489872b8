"""The noise of a pool, which a few wild wijken do not move."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import duckdb
import pytest
from judged_panel import Figure, make_panel, noisy
from rule_by_hand import Line, judged, line_through, noise_of

YEARS = range(2018, 2026)
# of each wijk its figures by year
Courses = dict[str, dict[int, float]]


def by_wijk(figures: list[Figure]) -> Courses:
    found: Courses = defaultdict(dict)
    for area, _, year, value, _ in figures:
        assert value is not None
        found[area][year] = value
    return found


def lines_of(figures: list[Figure]) -> list[Line]:
    """The newest window of each wijk, where 1 a year matters."""
    return [line_through(course) for course in by_wijk(figures).values()]


def constant(wijken: int, *, first: int = 0) -> list[Figure]:
    return [
        (f"WK9{(first + wijk) // 100:03d}{(first + wijk) % 100:02d}", "grade", year, 50.0, None)
        for wijk in range(wijken)
        for year in YEARS
    ]


def newest(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The last row of each wijk."""
    cursor = connection.execute("from core.trend where axis = 'own' and edition_year = 2025")
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["area_code"]: row for row in rows}


def noise_in(connection: duckdb.DuckDBPyConnection) -> list[tuple[float, int]]:
    return connection.execute(
        "select noise_variance, series from core.trend_noise "
        "where axis = 'own' and edition_year = 2025"
    ).fetchall()


@pytest.mark.parametrize("wildness", [10, 100, 10_000])
def test_three_wild_wijken_leave_the_class_of_every_other_as_it_is(wildness: float) -> None:
    """Of 38, as in a city: they were a twentieth and more, and made the noise of all."""
    tame: list[Figure] = []
    for number, slope in enumerate((0.0, 0.6, 1.2, -1.2)):
        tame += [
            (f"WK{number:02d}{area[4:]}", *rest)
            for area, *rest in noisy(
                wijken=9 - (number == 0), years=YEARS, noise=1.0, slope=slope, seed=number
            )
        ]
    draw = random.Random(5)
    wild: list[Figure] = [
        (f"WK99990{wijk}", "grade", year, 50 + draw.gauss(0, wildness), None)
        for wijk in range(3)
        for year in YEARS
    ]
    with make_panel(":memory:", tame) as calm:
        without, [(noise_without, pooled_without)] = newest(calm), noise_in(calm)
    with make_panel(":memory:", tame + wild) as city:
        beside, [(noise, pooled)] = newest(city), noise_in(city)
    assert len(without) == 35
    assert {row["class"] for row in without.values()} >= {"stagnating", "improving"}
    assert {area: beside[area]["class"] for area in without} == {
        area: row["class"] for area, row in without.items()
    }
    assert all(beside[f"WK99990{wijk}"]["has_own_noise"] for wijk in range(3))
    assert (noise, pooled) == (pytest.approx(noise_without), pooled_without)
    assert noise == pytest.approx(noise_of(lines_of(tame + wild)))


@pytest.mark.parametrize("seed", range(4))
def test_the_noise_is_that_of_the_rule_by_hand(seed: int) -> None:
    """Noise of many sizes, so that both rounds leave wijken out."""
    draw = random.Random(seed)
    figures: list[Figure] = [
        (f"WK{wijk:06d}", "grade", year, 50 + size * draw.gauss(0, 1), None)
        for wijk in range(40)
        for size in [draw.choice([0.5, 1.0, 1.5, 2.0, 4.0])]
        for year in YEARS
    ]
    with make_panel(":memory:", figures) as panel:
        [(noise, pooled)] = noise_in(panel)
        rows = newest(panel)
        memory = {row["autocorrelation"] for row in rows.values()}
    assert pooled < 40
    assert noise == pytest.approx(noise_of(lines_of(figures)))
    [remembered] = memory
    for area, course in by_wijk(figures).items():
        by_hand = judged(line_through(course), noise, remembered)
        assert rows[area]["slope_error"] == pytest.approx(by_hand.error, abs=1e-9)
        assert rows[area]["has_own_noise"] == by_hand.has_own_noise
        assert rows[area]["entry_errors"] == pytest.approx(by_hand.entry_errors)


def test_white_noise_of_one_size_is_found_as_loud_as_it_is() -> None:
    """Who is left out by chance takes next to nothing of it."""
    figures = noisy(wijken=2000, years=YEARS, noise=3.0)
    with make_panel(":memory:", figures) as panel:
        [(noise, pooled)] = noise_in(panel)
    assert noise == pytest.approx(9.0, rel=0.03)
    assert pooled > 0.99 * 2000


def test_where_all_are_constant_there_is_no_noise_and_all_stand_still() -> None:
    with make_panel(":memory:", constant(30)) as panel:
        assert noise_in(panel) == [(0.0, 30)]
        rows = newest(panel).values()
    assert {(row["class"], row["slope_error"], row["has_own_noise"]) for row in rows} == {
        ("stagnating", 0.0, False)
    }
    # of what never errs nobody knows how errors of years are alike
    assert {row["autocorrelation"] for row in rows} == {None}


@pytest.mark.parametrize("constants", [14, 15, 16, 29])
def test_beside_constant_wijken_each_wijk_has_a_margin_of_its_own_scatter_or_more(
    constants: int,
) -> None:
    """Just under half, half, just over half and all but one: nobody's noise is lost in the pool."""
    figures = constant(constants) + noisy(wijken=30 - constants, years=YEARS, noise=2.0)
    with make_panel(":memory:", figures) as panel:
        [(noise, _)] = noise_in(panel)
        rows = newest(panel)
    assert noise == pytest.approx(noise_of(lines_of(figures)))
    assert len(rows) == 30
    for area, course in by_wijk(figures).items():
        line, row = line_through(course), rows[area]
        assert row["slope_error"] is not None
        if line.residual:
            # it is none of the pool beyond 2 u = (20 u + RSS) / 26, where RSS / 6 is 32 / 6 u
            own = (line.residual / line.freedom / line.spread) ** 0.5
            assert row["slope_error"] > own / (32 / 12) ** 0.5 - 1e-9
        by_hand = judged(line, noise, row["autocorrelation"])
        assert row["slope_error"] == pytest.approx(by_hand.error, abs=1e-9)


def test_one_wijk_is_its_own_pool() -> None:
    figures = noisy(wijken=1, years=YEARS, noise=2.0)
    [line] = lines_of(figures)
    with make_panel(":memory:", figures) as panel:
        [(noise, pooled)] = noise_in(panel)
        [row] = newest(panel).values()
    assert (noise, pooled) == (pytest.approx(line.residual / line.freedom), 1)
    assert row["slope_error"] == pytest.approx((noise / line.spread) ** 0.5, abs=1e-9)
    assert (row["has_own_noise"], row["autocorrelation"]) == (False, None)


def test_one_constant_wijk_has_no_noise() -> None:
    with make_panel(":memory:", constant(1)) as panel:
        assert noise_in(panel) == [(0.0, 1)]
        [row] = newest(panel).values()
    assert (row["class"], row["slope_error"]) == ("stagnating", 0.0)


def test_the_scatter_that_the_figures_have_of_themselves_is_no_noise_of_the_pool() -> None:
    """A sampled figure scatters by its own error: what is pooled is what lies beyond it."""
    figures: list[Figure] = [
        (area, name, year, value, 2.0)
        for area, name, year, value, _ in noisy(wijken=400, years=YEARS, noise=2.0)
    ]
    with make_panel(":memory:", figures) as panel:
        [(noise, _)] = noise_in(panel)
    assert noise < 0.3


@pytest.mark.parametrize("size", [1e12, 1e20])
def test_where_all_scatter_by_more_than_a_sum_can_hold_nothing_is_told(size: float) -> None:
    with make_panel(":memory:", noisy(wijken=25, years=YEARS, noise=size)) as panel:
        rows = newest(panel).values()
    assert len(rows) == 25
    assert {(row["class"], row["is_alert"]) for row in rows} == {("inconclusive", False)}
