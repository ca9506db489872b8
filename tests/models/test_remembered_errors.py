"""Errors that resemble those of the year before: how far is measured, and widens margins."""

from __future__ import annotations

import random
from typing import Any

import duckdb
import pytest
from judged_panel import Figure, make_panel, noisy
from rule_by_hand import line_through, memory_of, noise_of

YEARS = range(2018, 2026)


def remembering(*, wijken: int, memory: float, years: range = YEARS, seed: int = 1) -> list[Figure]:
    """Wijken that stand still; each error is so much of that of the year before."""
    draw = random.Random(seed)
    figures: list[Figure] = []
    for wijk in range(wijken):
        error = draw.gauss(0, 1)
        for year in years:
            figures.append((f"WK{wijk:06d}", "grade", year, 50 + 3 * error, None))
            error = memory * error + (1 - memory**2) ** 0.5 * draw.gauss(0, 1)
    return figures


def found(figures: list[Figure], **how: Any) -> list[tuple[Any, ...]]:
    """Axis, series and autocorrelation of each pool."""
    with make_panel(":memory:", figures, **how) as panel:
        return memory_in(panel)


def memory_in(panel: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return panel.execute(
        "select axis, series, autocorrelation from core.trend_memory order by axis"
    ).fetchall()


def by_hand(figures: list[Figure]) -> float | None:
    courses: dict[str, dict[int, float]] = {}
    for area, _, year, value, _ in figures:
        if value is not None:
            courses.setdefault(area, {})[year] = value
    lines = [
        line_through({year: value for year, value in course.items() if year > 2017})
        for course in courses.values()
    ]
    noise = noise_of(lines)
    return memory_of((line, noise) for line in lines)


@pytest.mark.parametrize(("memory", "about"), [(0.5, 0.1), (0.3, 0.1)])
def test_errors_that_remember_half_are_found_to(memory: float, about: float) -> None:
    figures = remembering(wijken=600, memory=memory)
    [(axis, series, autocorrelation)] = found(figures)
    assert axis == "own"
    # a few are left out for a noise of their own
    assert 0.9 * 600 < series <= 600
    assert autocorrelation == pytest.approx(memory, abs=about)
    assert autocorrelation == by_hand(figures)


def test_a_longer_memory_than_a_window_can_tell_is_held_at_the_largest() -> None:
    assert found(remembering(wijken=200, memory=0.99))[0][2] <= 0.7


@pytest.mark.parametrize("seed", range(3))
def test_white_noise_remembers_nothing(seed: int) -> None:
    [(_, _, autocorrelation)] = found(noisy(wijken=600, years=YEARS, noise=3, seed=seed))
    assert 0 <= autocorrelation < 0.06


def test_errors_that_swing_back_make_no_margin_narrower() -> None:
    assert found(remembering(wijken=100, memory=-0.5))[0][2] == 0


def test_a_trend_and_a_level_of_its_own_are_no_memory() -> None:
    steep = [
        (area, name, year, value + int(area[-2:]) * (year - 2018), error)
        for area, name, year, value, error in noisy(wijken=400, years=YEARS, noise=3)
        if value is not None
    ]
    assert found(steep)[0][2] < 0.08


@pytest.mark.parametrize(("wijken", "is_known"), [(19, False), (21, True)])
def test_of_fewer_than_twenty_wijken_nothing_is_known(wijken: int, is_known: bool) -> None:
    # of one size each, so that none has a noise of its own
    wave = [1.0, 2.0, 1.0, 0.0, -1.0, -2.0, -1.0, 0.0]
    figures: list[Figure] = [
        (f"WK{wijk:06d}", "grade", year, 50 + level, None)
        for wijk in range(wijken)
        for year, level in zip(YEARS, wave, strict=True)
    ]
    [(_, series, autocorrelation)] = found(figures)
    assert series == wijken
    assert (autocorrelation is not None and autocorrelation > 0) == is_known
    assert (autocorrelation is None) == (not is_known)
    assert autocorrelation == by_hand(figures)


def test_wijken_without_any_error_are_none_of_the_twenty() -> None:
    """Beside 30 that never move 15 that remember are few: the pool says nothing."""
    wave = [1.0, 2.0, 1.0, 0.0, -1.0, -2.0, -1.0, 0.0]
    figures: list[Figure] = [
        (f"WK{wijk:06d}", "grade", year, 50 + (level if wijk % 3 == 0 else 0), None)
        for wijk in range(45)
        for year, level in zip(YEARS, wave, strict=True)
    ]
    for _, series, autocorrelation in found(figures):
        assert series <= 15
        assert autocorrelation is None


def test_a_window_that_lacks_a_year_tells_nothing_of_neighbours() -> None:
    figures = remembering(wijken=60, memory=0.9)
    lacking: list[Figure] = [row for row in figures if row[2] != 2021 or int(row[0][2:]) < 30]
    [(_, series, _)] = found(lacking)
    assert 20 <= series <= 30


def test_five_years_are_too_few() -> None:
    assert found(remembering(wijken=60, memory=0.9, years=range(2021, 2026))) == []


def test_every_margin_is_wider_by_what_errors_remember_by_hand() -> None:
    figures = remembering(wijken=200, memory=0.5)
    with make_panel(":memory:", figures) as panel:
        [(_, _, memory)] = memory_in(panel)
        rows = panel.execute(
            "select autocorrelation, slope_error, has_own_noise, residual_sum, degrees_of_freedom, "
            "year_spread, noise_variance from core.trend where edition_year > 2020 "
            "and axis = 'own' and class <> 'insufficient'"
        ).fetchall()
    assert len(rows) == 200 * 5
    assert memory > 0.3
    for remembered, error, has_own_noise, residual, degrees, spread, noise in rows:
        # also of the editions before the newest, in which it is not measured
        assert remembered == memory
        variance = (20 * noise + residual) / (20 + degrees)
        if has_own_noise:
            variance = residual / max(degrees - 1.35, 0.08)
        assert error == pytest.approx(
            (variance * (1 + memory) / (1 - memory) / spread) ** 0.5, abs=1e-9
        )


def test_each_axis_remembers_by_itself() -> None:
    """What wijken share with the country moves them all, and no gap to it."""
    draw = random.Random(2)
    wave = dict(zip(YEARS, [3.0, 6.0, 3.0, 0.0, -3.0, -6.0, -3.0, 0.0], strict=True))
    figures: list[Figure] = [
        (f"WK{wijk:06d}", "grade", year, 50 + wave[year] + draw.gauss(0, 1), None)
        for wijk in range(300)
        for year in YEARS
    ]
    references = [(area, name, year, "nl", 50 + wave[year]) for area, name, year, *_ in figures]
    memory = {axis: r for axis, _, r in found(figures, references=references)}
    assert memory.keys() == {"own", "gap_nl"}
    assert memory["own"] > 0.4
    assert memory["gap_nl"] < 0.08


def test_a_size_of_a_programme_changes_nothing_of_the_memory() -> None:
    """A programme asks half as much of two wijken: the same line, with the same memory."""
    programme = """
    insert into catalog.programme (programme_id, position, comparator)
    values ('eigen', 1, 'programme');
    insert into core.programme_area
    select 'eigen', area, true, true from (values ('WK000000'), ('WK000001')) as t(area);
    insert into catalog.programme_indicator values ('eigen', 'grade');
    insert into catalog.programme_change (programme_id, indicator_id, change_per_year)
    values ('eigen', 'grade', 0.5);
    """
    figures = remembering(wijken=60, memory=0.6)
    with make_panel(":memory:", figures, before=programme) as panel:
        rows = panel.execute(
            "select area_code, programme_id is not null, autocorrelation, slope_error, "
            "recent_score "
            "from core.trend where edition_year = 2025 and axis = 'own' "
            "and area_code in ('WK000000', 'WK000001') order by all"
        ).fetchall()
    assert len(rows) == 4
    for usual, own in (rows[:2], rows[2:]):
        assert (usual[1], own[1]) == (False, True)
        assert usual[2] == own[2] > 0.3
        assert own[3:] == pytest.approx([2 * usual[3], 2 * usual[4]], abs=1e-8)
