"""What the headline of an indicator is about, and when it is an alert: one wijk of which the course
is known, beside others that make the noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import pytest
from judged_panel import Figure, Reference, make_panel

WIJK, YEARS = "WK000101", range(2018, 2026)
Course = Callable[[int], float]


class Headline(NamedTuple):
    """The headline of the wijk in the newest edition."""

    axis: str
    found: str
    is_alert: bool
    run: int
    sentence: str


def line(start: float, slope: float) -> Course:
    return lambda year: start + slope * (year - YEARS.start)


class World(NamedTuple):
    """The course of the wijk, and of what it is compared with where that is known."""

    own: Course
    nation: Course | None
    gemeente: Course | None = None


def panel(
    *worlds: World, noise: float = 0.4, before: str = "", **how: Any
) -> duckdb.DuckDBPyConnection:
    """One indicator for each world, `i0` and on: the wijk follows its course exactly, and 25
    others scatter around the country by so much."""
    draw = random.Random(3)
    figures: list[Figure] = []
    references: list[Reference] = []
    others = [f"WK00{2 + number // 20:02d}{number % 20:02d}" for number in range(25)]
    for number, (own, nation, gemeente) in enumerate(worlds):
        name, around = f"i{number}", nation or own
        figures += [(WIJK, name, year, own(year), None) for year in YEARS]
        for area in others:
            figures += [(area, name, y, around(y) + draw.gauss(0, noise), None) for y in YEARS]
        for kind, course in (("nl", nation), ("gemeente", gemeente)):
            if course is not None:
                references += [
                    (area, name, year, kind, course(year))
                    for area in [WIJK, *others]
                    for year in YEARS
                ]
    return make_panel(
        ":memory:", figures, references=references, is_told=True, before=before, **how
    )


def headlines(connection: duckdb.DuckDBPyConnection, language: str = "nl") -> list[Headline]:
    """Of each world, in the newest edition."""
    rows = connection.execute(
        f"select axis, class, is_alert, editions_in_a_row, sentence_{language} "
        "from marts.stagnation where area_code = ? and edition_year = 2025 and is_headline "
        "order by substr(indicator_id, 2)::integer",
        [WIJK],
    ).fetchall()
    return [Headline(*row) for row in rows]


# money, and what else is judged by its gap

MONEY: dict[str, Any] = {
    "per_year": None, "relative": 0.025, "unit": "duizend euro", "judge": "gap_nl",
    "is_money": True, "noise": 1.0,
}  # fmt: skip


def prices(year: int) -> float:
    """Up by six percent a year."""
    return 230 * 1.06 ** (year - YEARS.start)


@pytest.fixture(scope="module")
def money() -> Iterator[duckdb.DuckDBPyConnection]:
    """Fallen from 107 to 82 percent of the country, at 80 percent of it, at 80 percent of prices
    that stand still, far ahead of the country, and without a country."""
    fallen, ahead = line(1.07, -0.25 / 7), line(1.7, -0.06)
    with panel(
        World(lambda year: fallen(year) * prices(year), prices),
        World(lambda year: 0.8 * prices(year), prices),
        World(line(184, 0), line(230, 0)),
        World(lambda year: ahead(year) * prices(year), prices),
        World(prices, None),
        **MONEY,
    ) as connection:
        yield connection


def test_a_wijk_that_went_from_107_to_82_percent_of_the_country_is_an_alert(
    money: duckdb.DuckDBPyConnection,
) -> None:
    """Its prices rose all the same: on the level alone it would be told to do well enough."""
    found = headlines(money)[0]
    assert found[:3] == ("gap_nl", "deteriorating", True)
    assert "raakt achterop bij Nederland op i0, van 107,0% naar 82,0% van Ned" in found.sentence
    assert "In die jaren steeg het cijfer" in found.sentence


def test_a_wijk_that_follows_the_prices_of_the_country_is_no_alert_and_not_better(
    money: duckdb.DuckDBPyConnection,
) -> None:
    for language, told in (
        ("nl", "verbetert op i1, maar volgt alleen de trend van Nederland"),
        ("en", "gets better on i1, but only follows the trend of the Netherlands"),
    ):
        found = headlines(money, language)[1]
        assert found[:4] == ("gap_nl", "follows", False, 0)
        assert told in found.sentence


def test_prices_that_stand_still_everywhere_are_no_standing_still(
    money: duckdb.DuckDBPyConnection,
) -> None:
    found = headlines(money)[2]
    assert found[:3] == ("gap_nl", "follows", False)
    assert "volgt op i2 de trend van Nederland, van 80,0% naar 80,0% van" in found.sentence


def test_ahead_of_the_country_there_is_no_gap_to_close(money: duckdb.DuckDBPyConnection) -> None:
    found = headlines(money)[3]
    assert found[:3] == ("gap_nl", "ahead", False)
    assert "maar dat verschil slinkt" in found.sentence


def test_without_what_it_is_judged_by_there_is_no_class_of_the_level_instead(
    money: duckdb.DuckDBPyConnection,
) -> None:
    found = headlines(money)[4]
    assert found[:4] == ("own", "insufficient", False, 0)
    assert "niet te beoordelen: het wordt vergeleken met Nederland" in found.sentence
    assert money.execute(
        "select distinct lack, line_class from core.verdict "
        "where is_headline and area_code = ? and indicator_id = 'i4' and edition_year = 2025",
        [WIJK],
    ).fetchall() == [("reference", "improving")]


# own movement a year, that of the country and where it began; what is found, and whether it is an
# alert. What matters is 1 a year, higher is better, and the wijk begins at 100
Case = tuple[float, float | None, float, str, bool]


def judged(judge: str, cases: Sequence[Case]) -> list[tuple[str, bool]]:
    """What is found of each case."""
    worlds = [
        World(line(100, own), None if nation is None else line(level, nation))
        for own, nation, level, *_ in cases
    ]
    with panel(*worlds, judge=judge) as connection:
        found = headlines(connection)
    assert all((seen.run > 0) == seen.is_alert for seen in found)
    return [(seen.found, seen.is_alert) for seen in found]


def wanted(cases: Sequence[Case]) -> list[tuple[str, bool]]:
    return [(found, is_alert) for *_, found, is_alert in cases]


_GAP: list[Case] = [
    # it moves, and so does the country
    (2.0, 2.0, 160, "follows", False),
    (-2.0, -2.0, 160, "follows", False),
    # it does not move, and does not catch up
    (0.0, 0.0, 160, "stagnating", True),
    (0.0, 2.0, 160, "deteriorating", True),
    (2.0, 4.0, 160, "deteriorating", True),
    # the gap widens by less than what matters, and surely
    (2.0, 2.7, 160, "falls_behind", False),
    (-2.0, -1.3, 160, "stagnating", True),
    (0.0, -2.0, 160, "improving", False),
    (0.0, 0.0, 40, "ahead", False),
]
_BOTH: list[Case] = [
    # stands still itself
    (0.0, 0.0, 160, "stagnating", True),
    (0.0, 2.0, 160, "stagnating", True),
    (0.0, -2.0, 160, "catching_up", False),
    (0.0, -0.95, 160, "inconclusive", False),
    (0.0, 0.0, 40, "at_level", False),
    (0.0, None, 0, "stagnating", True),
    # gets worse itself
    (-2.0, 0.0, 160, "deteriorating", True),
    (-2.0, -2.0, 160, "deteriorating", True),
    (-2.0, -2.95, 160, "deteriorating", True),
    (-2.0, -4.0, 160, "catching_up", False),
    (-2.0, -2.0, 40, "deteriorating", True),
    (-2.0, None, 0, "deteriorating", True),
    # gets better itself
    (2.0, 0.0, 160, "improving", False),
    (2.0, 2.0, 160, "follows", False),
    (2.0, 4.0, 160, "falls_behind", False),
    (2.0, 2.0, 40, "improving", False),
    (2.0, None, 0, "improving", False),
]
# on the level alone the country makes no alert less
_LEVEL: list[Case] = [
    (0.0, -2.0, 160, "stagnating", True),
    (0.0, -0.95, 160, "stagnating", True),
    (-2.0, -4.0, 160, "deteriorating", True),
    *(case for case in _BOTH if case[:2] not in ((0.0, -2.0), (0.0, -0.95), (-2.0, -4.0))),
]


@pytest.mark.parametrize(("judge", "cases"), [("gap_nl", _GAP), ("both", _BOTH), ("level", _LEVEL)])
def test_what_is_found_by_what_is_judged(judge: str, cases: Sequence[Case]) -> None:
    assert judged(judge, cases) == wanted(cases)


# room to improve

FLOOR: dict[str, Any] = {"direction": -1, "per_year": 0.2, "unit": "%", "limits": (0, 100)}


@pytest.fixture(scope="module")
def floor() -> Iterator[list[Headline]]:
    """Wijken near the bound, with a country that is lower still."""
    country, city = line(0.5, 0), line(6.0, 0)
    with panel(
        *(World(line(level, 0), country) for level in (0.9, 1.5, 2.2)),
        *(World(line(1.4, slope), country) for slope in (0.1, 0.25)),
        World(line(5.9, 0), country, city),
        World(line(6.1, 0), country, city),
        World(line(3.2, 0.3), country, city),
        noise=0.05,
        **FLOOR,
    ) as connection:
        yield headlines(connection)


def test_a_wijk_so_near_its_bound_that_the_pace_is_not_possible_is_at_level(
    floor: list[Headline],
) -> None:
    """Eight times 0.2 a year does not fit under 1.6; what it is compared with is lower still."""
    assert [seen.found for seen in floor[:3]] == ["at_level", "at_level", "stagnating"]
    assert all("dicht bij 0% dat een daling van 0,20" in seen.sentence for seen in floor[:2])


def test_where_the_window_began_without_room_the_pace_was_not_possible(
    floor: list[Headline],
) -> None:
    risen, worse = floor[3:5]
    assert risen.found == "at_level"
    assert worse[1:3] == ("deteriorating", True)


def test_a_wijk_that_is_as_good_as_its_city_is_at_level_and_one_that_gets_worse_is_not(
    floor: list[Headline],
) -> None:
    better, behind, worse = floor[5:]
    assert better[1:4] == ("at_level", False, 0)
    assert "minstens zo goed als dat van de gemeente" in better.sentence
    assert behind[1:3] == ("stagnating", True)
    assert worse[1:3] == ("deteriorating", True)


def test_what_matters_as_a_share_of_the_level_always_has_room() -> None:
    share = FLOOR | {"per_year": None, "relative": 0.05}
    with panel(World(line(0.9, 0), line(0.5, 0)), noise=0.05, **share) as connection:
        [seen] = headlines(connection)
    assert seen.is_alert


def test_a_run_of_alerts_begins_after_the_last_edition_at_level() -> None:
    """The wijk always stands still; its city becomes better than it in 2024."""
    city = World(line(5.0, 0), line(3.0, 0), lambda year: 6.0 if year < 2024 else 4.5)
    with panel(city, noise=0.05, **FLOOR) as connection:
        found = connection.execute(
            "select edition_year, class, editions_in_a_row, is_new_alert_allowed "
            "from marts.stagnation where is_headline and area_code = ? and edition_year > 2021 "
            "order by edition_year",
            [WIJK],
        ).fetchall()
    assert found == [
        (2022, "at_level", 0, False),
        (2023, "at_level", 0, False),
        (2024, "stagnating", 1, True),
        (2025, "stagnating", 2, True),
    ]


# one row

_FOLLOWED = f"""
insert into catalog.programme (programme_id, position, comparator)
values ('tweede', 2, 'programme'), ('eerste', 1, 'programme');
insert into core.programme_area
select programme_id, area, true, true
from (values ('eerste', '{WIJK}'), ('tweede', '{WIJK}'), ('tweede', 'WK000201'))
    as t(programme_id, area);
insert into catalog.programme_indicator values ('eerste', 'i0'), ('tweede', 'i0');
insert into catalog.programme_change (programme_id, indicator_id, change_per_year)
values ('tweede', 'i0', 4.0);
"""


@pytest.fixture(scope="module", params=["level", "gap_nl", "gap_gemeente", "both"])
def followed(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    world = World(line(100, 2), line(160, 2))
    with panel(world, judge=request.param, before=_FOLLOWED) as connection:
        yield connection


def test_of_each_edition_one_row_is_the_headline_and_one_counts_for_the_area(
    followed: duckdb.DuckDBPyConnection,
) -> None:
    """Also where two programmes follow a wijk, one with a size of its own."""
    per_programme, per_area = followed.execute(
        """
        select
            (
                select list(distinct headlines) from (
                    select count(*) filter (where is_headline) as headlines
                    from marts.stagnation
                    group by area_code, programme_id, indicator_id, edition_year
                )
            ),
            (
                select list(distinct counted) from (
                    select count(*) filter (where is_headline and is_once_per_area) as counted
                    from marts.stagnation group by area_code, indicator_id, edition_year
                )
            ),
        """
    ).fetchone() or (None, None)
    assert (per_programme, per_area) == ([1], [1])
    assert followed.execute(
        "select area_code, programme_id from marts.stagnation "
        "where is_headline and is_once_per_area and edition_year = 2025 "
        "and (programme_id is not null or area_code = 'WK000202') order by 1"
    ).fetchall() == [(WIJK, "eerste"), ("WK000201", "tweede"), ("WK000202", None)]
