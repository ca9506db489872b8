"""Beside an alert the areas that stood there too and improved: which are named, and which are not.

One wijk stands still at 50 and is followed; of each indicator another begins near it and improves,
and 25 others stand still elsewhere. What matters is 1 a year, higher is better.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from comparable_panel import compare
from judged_panel import Figure, Reference

from wijkpeil.edition.comparable import AlertPlace, read_comparables, told
from wijkpeil.words import words_of

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


# who goes first, and what is too wild to tell

CANDIDATES = {
    "WK000300": 50.0,  # nearest, but elsewhere
    "WK000101": 50.1,  # of the same gemeente
    "WK000200": 50.3,  # of another programme
    "WK000400": 50.4,  # of the same programme
    "WK000500": 50.4,  # likewise, and its code comes later
}


@pytest.fixture(scope="module")
def several() -> Iterator[duckdb.DuckDBPyConnection]:
    """Indicators on which several may be named, which scatter a lot, and which jump."""
    areas = {code: line(start, 2) for code, start in CANDIDATES.items()}
    few = ("WK000200", "WK000101", "WK000300")
    worse, other = line(50, -2), "WK000600"
    years = range(2013, 2026)

    def jumping(year: int) -> float:
        return 20 + 10 * (year >= 2022)

    rows = [
        *figures("all", areas),
        *figures("some", {code: areas[code] for code in few}),
        *figures("wild_near", {other: line(47, 7)}, still=worse, noise=5),
        *figures("wild_far", {other: line(45, 7)}, still=worse, noise=5),
        *figures("calm", {other: line(50, 5)}, still=worse, years=years),
        *figures("jumped", {other: line(50, 5)}, still=worse, others=jumping, years=years),
    ]
    before = """
        insert into core.programme_area (programme_id, area_code, is_used, is_on_list)
            values ('q', 'WK000200', true, true), ('q', 'WK000400', true, true),
            ('q', 'WK000300', false, true), ('r', 'WK000300', true, false);
    """
    with compare(rows, followed=[STILL, "WK000400", "WK000500"], before=before) as connection:
        yield connection


def test_areas_of_programmes_go_first_then_of_the_gemeente_then_the_nearest(
    several: duckdb.DuckDBPyConnection,
) -> None:
    found = lists(several)
    assert found["all"] == ["WK000400", "WK000500", "WK000200"]
    assert found["some"] == ["WK000200", "WK000101", "WK000300"]
    assert several.execute(
        "select distinct comparable_code, comparable_programme_id from marts.comparable "
        "where indicator_id in ('all', 'some') order by 1"
    ).fetchall() == [
        ("WK000101", None),
        ("WK000200", "q"),
        ("WK000300", None),
        ("WK000400", "p"),
        ("WK000500", "p"),
    ]


def test_a_wild_line_is_not_near_to_all(several: duckdb.DuckDBPyConnection) -> None:
    """At this noise the margin at the start is 7; half of what was to be gained is 4."""
    found = lists(several)
    assert found["wild_near"] == ["WK000600"]
    assert "wild_far" not in found
    assert several.execute(
        "select start_margin from marts.comparable where indicator_id = 'wild_near'"
    ).fetchone() == (4.0,)


def test_a_jump_of_all_that_nobody_explains_leaves_nothing_to_compare(
    several: duckdb.DuckDBPyConnection,
) -> None:
    assert several.execute("select indicator_id, year from core.suspected_break").fetchall() == [
        ("jumped", 2022)
    ]
    classes = several.execute(
        "select distinct indicator_id, area_code, class from marts.stagnation where is_headline "
        "and edition_year = 2025 and indicator_id in ('calm', 'jumped') "
        "and area_code in ('WK000100', 'WK000600') order by all"
    ).fetchall()
    assert classes == [
        ("calm", "WK000100", "deteriorating"),
        ("calm", "WK000600", "improving"),
        ("jumped", "WK000100", "deteriorating"),
        ("jumped", "WK000600", "improving"),
    ]
    assert "calm" in lists(several)
    assert "jumped" not in lists(several)


# areas made of parts

COMPOSED = """
    update core.place set area_kind = 'programme_area', gemeente_code = 'GM0001'
        where area_code not like 'WK%';
    delete from core.area where area_code not like 'WK%' and area_code not like 'GM0%';
    insert into core.programme_area
        (programme_id, area_code, is_used, is_on_list, area_kind, inhabitants)
        select distinct 'p', area_code, true, true, 'programme_area', 10000
        from core.observation where area_code not like 'WK%';
    insert into core.programme_part values
"""
# the parts of the one with the alert, those of the one that improves, and whether this is named;
# a wijk is what it is, and has no parts
GROUND: dict[str, tuple[list[str], str | list[str], bool]] = {
    "the_wijk_itself": (["WK000150"], "WK000150", False),
    "a_wijk_of_it": (["WK000150", "WK000151"], "WK000151", False),
    "the_wijk_around_it": (["BU00015001"], "WK000150", False),
    "a_wijk_beside_it": (["BU00015001"], "WK000151", True),
    "a_part_in_common": (["BU00015001", "BU00015002"], ["BU00015002", "BU00015101"], False),
    "another_part_of_the_wijk": (["BU00015001"], ["BU00015002"], True),
    "a_part_of_it": (["WK000150"], ["BU00015002"], False),
}


@pytest.fixture(scope="module")
def ground() -> Iterator[duckdb.DuckDBPyConnection]:
    rows = figures("twice", {"WK000150": BETTER, "p/same": BETTER, "WK000160": line(50.2, 2)})
    parts = [("p/same", "WK000150")]
    for name, (own, other, _) in GROUND.items():
        better = other if isinstance(other, str) else f"p/{name}_other"
        rows += figures(name, {f"p/{name}": line(50, 0), better: BETTER}, still=line(80, 0))
        parts += [(f"p/{name}", part) for part in own]
        parts += [(better, part) for part in other] if isinstance(other, list) else []
    before = COMPOSED + ", ".join(f"('p', '{area}', '{part}')" for area, part in parts)
    with compare(rows, followed=[STILL], before=before) as connection:
        yield connection


@pytest.mark.parametrize("name", GROUND)
def test_what_shares_ground_is_no_example(ground: duckdb.DuckDBPyConnection, name: str) -> None:
    _, other, is_named = GROUND[name]
    better = other if isinstance(other, str) else f"p/{name}_other"
    assert lists(ground, f"p/{name}") == ({name: [better]} if is_named else {})


def test_an_area_of_two_programmes_is_named_once(ground: duckdb.DuckDBPyConnection) -> None:
    """Here one wijk is followed as it is, and as an area of another list."""
    assert lists(ground) == {"twice": ["p/same", "WK000160"]}


def test_nobody_is_its_own_example_nor_is_what_it_lies_in() -> None:
    """Programme areas made of wijken and buurten at random, all followed, beside the wijken."""
    draw = random.Random(11)
    wijken = [f"WK0003{number:02d}" for number in range(24)]
    buurten = [f"BU{wijk[2:]}{number:02d}" for wijk in wijken for number in range(3)]
    lies_on = {wijk: {buurt for buurt in buurten if buurt[2:8] == wijk[2:]} for wijk in wijken}
    parts: list[tuple[str, str]] = []
    for number in range(24):
        made_of = draw.sample(wijken + buurten, draw.choice([1, 1, 2, 3]))
        parts += [(f"p/{number}", part) for part in made_of]
        lies_on[f"p/{number}"] = {
            buurt for part in made_of for buurt in buurten if buurt[2:].startswith(part[2:])
        }
    courses = {area: line(50, draw.choice([0, 2])) for area in lies_on}
    before = COMPOSED + ", ".join(f"('p', '{area}', '{part}')" for area, part in parts)
    with compare(figures("i", courses), followed=[STILL, *wijken], before=before) as connection:
        pairs = connection.execute(
            "select area_code, comparable_code, rank from marts.comparable"
        ).fetchall()
    assert len(pairs) > 40
    assert {rank for _, _, rank in pairs} == {1, 2, 3}
    for area, other, _ in pairs:
        assert area != other
        assert not lies_on.get(area, set()) & lies_on[other]


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
