"""Of areas that stood where one with an alert stood and improved: which go first, and what ground
they may not share."""

from __future__ import annotations

import random
from collections.abc import Iterator

import duckdb
import pytest
from comparable_panel import (
    BETTER,
    STILL,
    compare,
    figures,
    line,
    lists,
)

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
