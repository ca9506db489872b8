"""A line whose last years go another way: turned up, or flattened."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from judged_panel import Figure, Reference, make_panel

WIJK, YEARS = "WK000101", range(2014, 2026)
Course = Callable[[int], float]


def bent(before: float, after: float, in_year: int) -> Course:
    """A course of one slope until a year, and of another from then on; 1 a year matters."""
    return lambda year: 50 + (before if year < in_year else after) * (year - in_year)


def first_judged_in_2025(course: Course) -> dict[str, Any]:
    """Nine figures behind as many withheld ones as leave 2025 the first edition that is judged: no
    alert was up before it."""
    return {
        "course": {year: None if year < 2017 else course(year) for year in range(2013, 2026)},
        "years": range(2013, 2026),
        "window": 12,
    }


def told(
    course: Course | Mapping[int, float | None],
    *,
    years: range = YEARS,
    nation: Course | None = None,
    noise: float = 0.5,
    **how: Any,
) -> dict[int, dict[str, Any]]:
    """The headline of the wijk by edition year, with its line; 30 others make the noise."""
    draw = random.Random(3)
    own = course if isinstance(course, Mapping) else {year: course(year) for year in years}
    others = [f"WK00{2 + number // 20:02d}{number % 20:02d}" for number in range(30)]
    figures: list[Figure] = [(WIJK, "grade", year, value, None) for year, value in own.items()]
    figures += [
        (area, "grade", year, 50 + (nation(year) if nation else 0) + draw.gauss(0, noise), None)
        for area in others
        for year in years
    ]
    references: list[Reference] = [
        (area, "grade", year, "nl", nation(year))
        for area in [WIJK, *others]
        for year in years
        if nation is not None
    ]
    with make_panel(":memory:", figures, references=references, is_told=True, **how) as connection:
        cursor = connection.execute(
            "select verdict.*, trend.is_alert as is_alert_of_line, "
            "from core.verdict as verdict join core.trend as trend "
            "using (series_id, axis, edition_year) "
            "where verdict.area_code = ? and verdict.is_headline",
            [WIJK],
        )
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["edition_year"]: row for row in rows}


def recent_slope(course: Mapping[int, float], last: int) -> float:
    """Of the last five years, by hand."""
    window = {year: value for year, value in course.items() if last - 5 < year <= last}
    middle = sum(window) / len(window)
    spread = sum((year - middle) ** 2 for year in window)
    return sum((year - middle) * value for year, value in window.items()) / spread


# it fell by half of what matters a year, and rises by what matters since 2022
TURNED = bent(-0.5, 1.0, 2022)


def test_a_line_that_turned_up_begins_no_alert() -> None:
    found = told(**first_judged_in_2025(TURNED))
    seen = found[2025]
    assert {row["class"] for year, row in found.items() if year < 2025} == {"insufficient"}
    assert seen["line_class"] == "stagnating"
    assert seen["recent_score"] >= 0.3
    assert (seen["bend"], seen["class"], seen["phrase"]) == ("up", "turned", "turned_stagnating")
    assert (seen["is_alert"], seen["is_new_alert_allowed"]) == (False, False)
    assert (seen["editions_in_a_row"], seen["is_held"]) == (0, False)


def test_an_alert_that_was_up_stays_up_though_its_line_turned() -> None:
    found = told(TURNED)
    before, after = found[2022], found[2025]
    assert (before["class"], before["is_alert"], before["bend"]) == ("stagnating", True, None)
    assert (after["class"], after["bend"], after["line_class"]) == ("turned", "up", "stagnating")
    assert after["is_alert"]
    assert (
        after["editions_in_a_row"]
        == 2025 - min(found[y]["edition_year"] for y in found if found[y]["is_alert"]) + 1
    )
    # it is no new one
    assert not after["is_new_alert_allowed"]


def test_one_that_fell_and_turned_up_is_told_so_too() -> None:
    """The fall of the whole window is sure, and so are its last years."""
    seen = told(bent(-4.0, 0.6, 2021), years=range(2018, 2026))[2025]
    assert seen["line_class"] == "deteriorating"
    assert (seen["bend"], seen["class"], seen["phrase"]) == (
        *("up", "turned", "turned_deteriorating"),
    )


def test_what_never_bent_has_no_bend() -> None:
    for slope, found in ((0.0, "stagnating"), (-2.0, "deteriorating"), (2.0, "improving")):
        seen = told(bent(slope, slope, 2020))[2025]
        assert (seen["class"], seen["bend"]) == (found, None)
        assert seen["recent_slope"] == pytest.approx(slope)


@pytest.mark.parametrize(("after", "is_turned"), [(0.29, False), (0.31, True)])
def test_a_turn_is_of_three_tenths_of_what_matters(after: float, is_turned: bool) -> None:
    """The bend lies five figures back, so that the last years have but one slope."""
    seen = told(bent(-0.2, after, 2021), years=range(2018, 2026))[2025]
    assert seen["line_class"] == "stagnating"
    assert seen["recent_score"] == pytest.approx(after)
    assert (seen["bend"] == "up") == is_turned


@pytest.mark.parametrize("pace", [0.3, 0.5, 0.7])
def test_a_straight_line_never_turned_however_fast_it_goes(pace: float) -> None:
    """Half of the agreed pace is too slow, in the last years as in all."""
    found = told(bent(pace, pace, 2020))
    for year, seen in found.items():
        assert (year, seen["bend"]) == (year, None)
        assert seen["class"] in ("stagnating", "inconclusive", "insufficient")
    assert (found[2025]["class"], found[2025]["is_alert"]) == ("stagnating", True)


@pytest.mark.parametrize(("before", "is_turned"), [(0.45, False), (0.3, True)])
def test_the_last_years_go_faster_than_the_whole_line(before: float, is_turned: bool) -> None:
    seen = told(bent(before, 0.54, 2021), years=range(2018, 2026))[2025]
    assert seen["recent_score"] - seen["score_slope"] == pytest.approx(
        0.4 * (0.54 - before), abs=0.01
    )
    assert (seen["bend"] == "up") == is_turned


def test_what_is_lower_better_turns_down_for_the_better() -> None:
    """And what goes up there did not turn up."""
    better = told(direction=-1, **first_judged_in_2025(bent(0.5, -1.0, 2022)))[2025]
    assert (better["bend"], better["class"], better["is_alert"]) == ("up", "turned", False)
    worse = told(direction=-1, **first_judged_in_2025(TURNED))[2025]
    assert (worse["bend"], worse["class"], worse["is_alert"]) == (None, "stagnating", True)


def test_what_improved_and_stands_still_since_has_flattened_and_is_no_alert() -> None:
    seen = told(bent(2.0, 0.0, 2021), years=range(2018, 2026))[2025]
    assert seen["line_class"] in ("improving", "inconclusive")
    assert (seen["bend"], seen["class"], seen["phrase"]) == ("down", "flattened", "flattened")
    assert (seen["is_alert"], seen["editions_in_a_row"]) == (False, 0)


def test_what_improves_ever_less_but_by_more_than_matters_has_not_flattened() -> None:
    seen = told(bent(4.0, 2.0, 2021), years=range(2018, 2026))[2025]
    assert (seen["class"], seen["bend"]) == ("improving", None)


@pytest.mark.parametrize("course", [TURNED, bent(2.0, 0.0, 2021)])
def test_of_six_figures_there_is_no_bend(course: Course) -> None:
    seen = told(course, years=range(2020, 2026))[2025]
    assert seen["points"] == 6
    assert (seen["bend"], seen["recent_slope"], seen["recent_score"], seen["recent_error"]) == (
        *(None, None, None, None),
    )
    assert seen["class"] not in ("turned", "flattened")


@pytest.mark.parametrize(
    ("lacking", "recent"),
    [((2023,), True), ((2021,), True), ((2025,), True), ((2021, 2023), False), ((), True)],
)
def test_of_the_last_five_years_one_may_lack(lacking: tuple[int, ...], recent: bool) -> None:
    """Counted back from the last figure; a window of ten years leaves enough of them."""
    course = {year: TURNED(year) for year in range(2016, 2026) if year not in lacking}
    seen = told(course, years=range(2016, 2026), window=10)[2025 if 2025 not in lacking else 2024]
    assert seen["points"] >= 7
    assert (seen["recent_slope"] is not None) == recent
    if recent:
        last = max(course)
        assert seen["last_year"] == last
        assert seen["recent_slope"] == pytest.approx(recent_slope(course, last))


def test_the_error_of_the_last_years_is_of_the_same_noise() -> None:
    seen = told(TURNED)[2025]
    # five years in a row spread by 10, and eight by 42
    assert seen["recent_error"] == pytest.approx(seen["slope_error"] * (42 / 10) ** 0.5, abs=1e-8)
    assert seen["recent_score"] == pytest.approx(recent_slope({y: TURNED(y) for y in YEARS}, 2025))


def test_a_gap_bends_as_it_is_judged() -> None:
    """The wijk stands still all along: the country ran ahead of it, and fell back since 2022."""
    still = first_judged_in_2025(lambda year: 50.0)
    seen = told(nation=lambda year: 160 - TURNED(year), judge="gap_nl", **still)[2025]
    assert seen["axis"] == "gap_nl"
    assert (seen["bend"], seen["class"], seen["is_alert"]) == ("up", "turned", False)
    assert seen["recent_slope"] == pytest.approx(recent_slope({y: TURNED(y) for y in YEARS}, 2025))


def test_a_gap_that_closed_and_does_so_no_more_has_flattened() -> None:
    seen = told(
        lambda year: 50.0,
        nation=lambda year: 160 - bent(2.0, 0.0, 2021)(year),
        years=range(2018, 2026),
        judge="gap_nl",
    )[2025]
    assert (seen["axis"], seen["bend"], seen["class"]) == ("gap_nl", "down", "flattened")
    assert not seen["is_alert"]


def test_ahead_of_what_it_is_compared_with_a_bend_is_no_verdict() -> None:
    seen = told(
        lambda year: 50.0,
        nation=lambda year: 60 - bent(-0.5, 1.0, 2022)(year),
        years=range(2019, 2026),
        judge="gap_nl",
    )[2025]
    assert (seen["axis"], seen["class"], seen["is_alert"]) == ("gap_nl", "ahead", False)


def test_an_alert_may_begin_once_the_last_years_no_longer_go_up() -> None:
    """It turned up, and stands still again since 2025: what began no alert in its turn does now."""
    still = {year: None if year < 2017 else TURNED(min(year, 2025)) for year in range(2013, 2029)}
    found = told(still, years=range(2013, 2029), window=12)
    for year in (2025, 2026, 2027):
        assert (found[year]["class"], found[year]["is_alert"]) == ("turned", False), year
    last = found[2028]
    assert (last["class"], last["bend"], last["line_class"]) == ("stagnating", None, "stagnating")
    assert (last["is_alert"], last["editions_in_a_row"]) == (True, 1)
