"""What a source may publish wrong, and honest changes beside it: what all of them are made with.

The changes themselves stand by source in `mutated_kwb.py`, `mutated_police.py` and
`mutated_survey.py`; `mutations.py` publishes each and tells who sees it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.country import kwb_columns as topics
from wijkpeil.demo.country.kwb_tables import cbs_tables

YEAR = 2025
AREA = topics.AREA_DIMENSION
KWB, POLICE, SURVEY = "kwb_2025", "police_crimes", "safety_survey"
CRIME = "GeregistreerdeMisdrijven_1"
Row = dict[str, Any]
Change = Callable[[list[Row], random.Random], list[Row] | None]


@dataclass(frozen=True)
class Mutation:
    """A change of the rows of a source. `kinds` are the steps for which it makes sense."""

    name: str
    what: str
    source: str
    change: Change
    kinds: tuple[str, ...] = ("revised", "first")
    honest: bool = False


MUTATIONS: list[Mutation] = []


def mutation(name: str, source: str, what: str, **more: Any) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        MUTATIONS.append(Mutation(name, what, source, change, **more))
        return change

    return add


@cache
def right_tables() -> tuple[StandInTable, ...]:
    """What the stand-in serves when all is right."""
    return tuple(cbs_tables())


# rows


def column(quantity: str) -> str:
    """The key of a column of the newest yearly table."""
    return next(k for k, topic in topics.topics_of(YEAR).items() if topic.quantity == quantity)


VALUES = ("low_income", "youth_care", "participation", "woz", "vacancy", "gas", "welfare",
          "inhabitants", "households", "dwellings")  # fmt: skip


def code(row: Row) -> str:
    return str(row[AREA]).strip()


def is_small(row: Row) -> bool:
    return code(row)[:2] in ("WK", "BU")


def wijken(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if code(row).startswith("WK")]


def each(rows: list[Row], key: str, to: Callable[[Any], Any], among: Callable[[Row], bool]) -> None:
    for row in rows:
        if row[key] is not None and among(row):
            row[key] = to(row[key])


def on_column(
    quantity: str, to: Callable[[Any], Any], among: Callable[[Row], bool] = is_small
) -> Change:
    def change(rows: list[Row], _: random.Random) -> None:
        each(rows, column(quantity), to, among)

    return change


def swap_areas(rows: list[Row], one: str, other: str, keys: Sequence[str]) -> None:
    by_code = {code(row): row for row in rows}
    a, b = by_code[one], by_code[other]
    for key in keys:
        a[key], b[key] = b[key], a[key]


def all_keys() -> list[str]:
    return [column(quantity) for quantity in VALUES] + [column("income")]


def as_it_is(_rows: list[Row], _: random.Random) -> None:
    """Nothing is wrong."""


for _source in (KWB, POLICE, SURVEY):
    mutation(f"c10_{_source}", _source, "an ordinary new year", honest=True, kinds=("first",))(
        as_it_is
    )
