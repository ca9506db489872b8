"""What of a source's figures is seen to be odd: against the snapshot before, or the year before."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sieve_helpers import CODES, INDICATORS, Shelf, shelf, usual_cells

from wijkpeil.edition.build import SQL
from wijkpeil.edition.quarantine import Finding
from wijkpeil.edition.quarantine.comparing import find_differences
from wijkpeil.edition.quarantine.profile import profile_of

Cells = dict[tuple[str, int], list[Any]]
Change = Callable[[Cells, random.Random], None]
NEWEST = 2025


def in_newest(index: int, to: Callable[[Any], Any]) -> Change:
    def change(cells: Cells, _: random.Random) -> None:
        for (_area, year), values in cells.items():
            if year == NEWEST:
                values[index] = to(values[index])

    return change


def columns_swapped(cells: Cells, _: random.Random) -> None:
    for (_area, year), values in cells.items():
        if year == NEWEST:
            values.reverse()


def year_before_again(cells: Cells, _: random.Random) -> None:
    for area in CODES:
        cells[area, NEWEST] = list(cells[area, NEWEST - 1])


def year_before_again_in_some(cells: Cells, chance: random.Random) -> None:
    for area in chance.sample(CODES, 16):
        cells[area, NEWEST] = list(cells[area, NEWEST - 1])


def year_before_again_in_a_gemeente(cells: Cells, _: random.Random) -> None:
    for area in CODES[:20]:
        cells[area, NEWEST] = list(cells[area, NEWEST - 1])


def rows_shifted(cells: Cells, _: random.Random) -> None:
    values = [cells[area, NEWEST] for area in CODES]
    for area, value in zip(CODES, [values[-1], *values[:-1]], strict=True):
        cells[area, NEWEST] = value


def shuffled_in_gemeente(cells: Cells, chance: random.Random) -> None:
    for gemeente in ("WK9901", "WK9902"):
        own = [area for area in CODES if area.startswith(gemeente)]
        values = [cells[area, NEWEST] for area in own]
        chance.shuffle(values)
        for area, value in zip(own, values, strict=True):
            cells[area, NEWEST] = value


def two_wijken_swapped(cells: Cells, chance: random.Random) -> None:
    one, other = CODES[chance.randrange(3)], CODES[chance.randrange(12, 20)]
    cells[one, NEWEST], cells[other, NEWEST] = cells[other, NEWEST], cells[one, NEWEST]


def third_of_the_wijken_zero(cells: Cells, chance: random.Random) -> None:
    for area in chance.sample(CODES, 13):
        cells[area, NEWEST] = [0.0, 0.0]


def figure_of_the_gemeente(cells: Cells, _: random.Random) -> None:
    for area in CODES:
        cells[area, NEWEST] = [18.0, 20.0]


def one_typo(cells: Cells, chance: random.Random) -> None:
    cells[chance.choice(CODES), NEWEST][0] = 97.0


def one_gemeente_more(cells: Cells, _: random.Random) -> None:
    for area in CODES[:20]:
        cells[area, NEWEST][0] = round(cells[area, NEWEST][0] + 2.0, 1)


# mutation: how it changes the cells, the rules that see it in place of figures that were there, and
# those that see it in the first figures of a year
MUTATIONS: dict[str, tuple[Change, set[str], set[str]]] = {
    "all 0": (in_newest(0, lambda _: 0.0), {"zeros", "moved"}, {"zeros"}),
    "complement": (in_newest(0, lambda v: round(100 - v, 1)), {"moved", "shifted"}, {"order"}),
    "fraction": (in_newest(0, lambda v: round(v / 100, 1)), {"moved", "shifted"}, {"scale"}),
    "times 10": (in_newest(0, lambda v: v * 10), {"bad"}, set()),
    "rounded": (in_newest(0, lambda v: float(round(v))), {"rounded"}, {"rounded"}),
    "columns swapped": (columns_swapped, {"moved"}, {"order"}),
    "figures of the year before": (year_before_again, {"copied"}, {"copied"}),
    "figures of the year before in some": (year_before_again_in_some, set(), {"copied"}),
    "those of a gemeente": (year_before_again_in_a_gemeente, set(), {"copied"}),
    "one row down": (rows_shifted, {"odd"}, {"wild"}),
    "random order in the gemeente": (shuffled_in_gemeente, {"moved"}, {"order"}),
    "two wijken swapped": (two_wijken_swapped, {"odd"}, {"wild"}),
    "a third 0": (third_of_the_wijken_zero, {"zeros"}, {"zeros"}),
    "figure of the gemeente": (figure_of_the_gemeente, {"constant"}, {"constant"}),
    "one typo": (one_typo, {"odd"}, {"wild"}),
    "one gemeente moved": (one_gemeente_more, {"odd"}, {"together"}),
}
# changes as publishers make them
HONEST: dict[str, Change] = {
    "nothing": lambda _cells, _chance: None,
    "small corrections": lambda cells, chance: [  # type: ignore[func-returns-value]
        values.__setitem__(0, round(values[0] + chance.choice((-0.1, 0.1)), 1))
        for values in cells.values()
        if chance.random() < 0.05
    ],
    "all weighted anew": lambda cells, chance: [  # type: ignore[func-returns-value]
        values.__setitem__(0, round(values[0] + chance.choice((-0.1, 0.0, 0.1)), 1))
        for values in cells.values()
    ],
}


def differences(shelved: Shelf, before: Cells, now: Cells) -> list[Finding]:
    found = []
    for cells in (before, now):
        snapshot = shelved.put_survey(cells)
        found.append(profile_of(shelved.survey, snapshot, INDICATORS, shelved.warehouse))
    return find_differences(*found, shelved.survey, INDICATORS)


@pytest.fixture
def shelved(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)


@pytest.fixture
def edition() -> Iterator[duckdb.DuckDBPyConnection]:
    """What core.odd_year reads."""
    with duckdb.connect() as connection:
        connection.execute("create schema core; create schema catalog")
        connection.execute(
            "create table core.observation (indicator_id varchar, area_code varchar, year integer, "
            "value double, standard_error double, source_id varchar)"
        )
        connection.execute(
            "create table core.place as select unnest(?::varchar[]) as area_code, "
            "'wijk' as area_kind, 'GM' || substr(area_code, 3, 4) as gemeente_code, "
            "true as is_listed",
            [CODES],
        )
        connection.execute(
            "create table catalog.indicator as select unnest(['unsafe', 'nuisance']) as "
            "indicator_id, 1 as decimals, 0.3 as change_per_year, null::double as change_relative"
        )
        for name in ("indicator_break", "explained_jump"):
            connection.execute(f"create table catalog.{name} (indicator_id varchar, year integer)")
        connection.execute("create table catalog.rate (indicator_id varchar, counts varchar)")
        yield connection


def odd(edition: duckdb.DuckDBPyConnection, cells: Cells) -> set[str]:
    edition.execute("delete from core.observation")
    edition.executemany(
        "insert into core.observation values (?, ?, ?, ?, null, 'survey')",
        [
            (name, area, year, value)
            for (area, year), values in cells.items()
            for name, value in zip(("unsafe", "nuisance"), values, strict=True)
        ],
    )
    sql = (SQL / "core" / "checks" / "odd_year.sql").read_text(encoding="utf-8")
    return {rule for (rule,) in edition.execute(f"select distinct rule from ({sql})").fetchall()}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_seen_in_place_of_figures_that_were_there(
    shelved: Shelf, name: str, seed: int
) -> None:
    change, rules, _ = MUTATIONS[name]
    cells = usual_cells()
    change(cells, random.Random(seed))
    found = differences(shelved, usual_cells(), cells)
    assert rules <= {each.rule for each in found}
    # one area is published with a doubt, and so is a part that is copied; more of it is held
    assert not rules or any(each.is_hold for each in found) == (name != "one typo")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", [name for name, found in MUTATIONS.items() if found[2]])
def test_a_mutation_is_seen_in_the_first_figures_of_a_year(
    edition: duckdb.DuckDBPyConnection, name: str, seed: int
) -> None:
    change, _, rules = MUTATIONS[name]
    cells = usual_cells()
    assert odd(edition, cells) == set()
    change(cells, random.Random(seed))
    assert rules <= odd(edition, cells)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_change_is_neither_held_nor_doubted(
    shelved: Shelf, edition: duckdb.DuckDBPyConnection, name: str, seed: int
) -> None:
    cells = usual_cells()
    HONEST[name](cells, random.Random(seed))
    assert differences(shelved, usual_cells(), cells) == []
    assert odd(edition, cells) == set()


@pytest.mark.parametrize(
    ("usual", "newest", "is_seen"),
    [((7, 5), (0, 0), True), ((7, 5), (1, 0), False), ((3, 2), (0, 0), False)],
    ids=["both none", "one left", "few as usual"],
)
def test_a_wijk_where_nothing_happens_any_more_is_seen_in_its_crimes_together(
    edition: duckdb.DuckDBPyConnection,
    usual: tuple[int, int],
    newest: tuple[int, int],
    is_seen: bool,
) -> None:
    """Seven burglaries and five assaults a year are too few for a jump of either alone."""
    edition.execute("insert into catalog.rate values ('unsafe', 'events'), ('nuisance', 'events')")
    edition.executemany(
        "insert into core.observation values (?, ?, ?, ?, sqrt(greatest(?, 1)), 'police')",
        [
            (name, area, year, events, events)
            for area in CODES
            for year in range(2019, NEWEST + 1)
            for name, events in zip(
                ("unsafe", "nuisance"),
                newest if (area, year) == (CODES[7], NEWEST) else usual,
                strict=True,
            )
        ],
    )
    sql = (SQL / "core" / "checks" / "odd_year.sql").read_text(encoding="utf-8")
    found = edition.execute(
        f"select indicator_id, area_code from ({sql}) where rule = 'vanished' order by all"
    ).fetchall()
    assert found == ([("nuisance", CODES[7]), ("unsafe", CODES[7])] if is_seen else [])


@pytest.mark.parametrize(("error", "is_seen"), [(0.3, False), (0.15, False), (0.07, True)])
def test_a_margin_of_another_size_is_seen(
    edition: duckdb.DuckDBPyConnection, error: float, is_seen: bool
) -> None:
    """A wijk with the code of a larger one has its figures, and the margin of a larger sample."""
    edition.executemany(
        "insert into core.observation values ('unsafe', ?, ?, 6.5, ?, 'survey')",
        [
            (area, year, error if (area, year) == (CODES[7], NEWEST) else 0.3)
            for area in CODES
            for year in range(2019, NEWEST + 1)
        ],
    )
    sql = (SQL / "core" / "checks" / "odd_year.sql").read_text(encoding="utf-8")
    found = edition.execute(f"select area_code from ({sql}) where rule = 'margin'").fetchall()
    assert found == ([(CODES[7],)] if is_seen else [])


def test_the_margins_that_are_gone_and_the_flags_that_are_others_are_seen(
    shelved: Shelf,
) -> None:
    people = {code: 1000.0 + 10 * n for n, code in enumerate(CODES)}
    profiles = [
        profile_of(shelved.table, shelved.put_table(people, flag), INDICATORS, shelved.warehouse)
        for flag in ("1", "2")
    ]
    found = find_differences(profiles[0], profiles[1], shelved.table, INDICATORS)
    assert [each.rule for each in found] == ["flags"]
