"""What the table of registered crimes may have wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from mutated_rows import CRIME, POLICE, YEAR, Change, Row, code, each, mutation, wijken


def of_year(row: Row) -> bool:
    return str(row["Perioden"]).strip() == f"{YEAR}JJ00"


def on_crimes(to: Callable[[Any], Any]) -> Change:
    def change(rows: list[Row], _: random.Random) -> None:
        each(rows, CRIME, to, of_year)

    return change


mutation("p01", POLICE, "2025 is nine months")(on_crimes(lambda v: round(v * 0.75)))
mutation("p02", POLICE, "2025 counted twice")(on_crimes(lambda v: v * 2))
mutation("p03", POLICE, "2025 all 0")(on_crimes(lambda _: 0))
mutation("p04", POLICE, "2025 all null")(on_crimes(lambda _: None))


def keyed(rows: Sequence[Row]) -> dict[tuple[str, str, str], Row]:
    return {(str(r["SoortMisdrijf"]).strip(), code(r), str(r["Perioden"]).strip()): r for r in rows}


@mutation("p05", POLICE, "kinds of crime swapped in 2025")
def _(rows: list[Row], _: random.Random) -> None:
    by_key = keyed(rows)
    for area in {code(row) for row in rows}:
        one, other = (by_key[kind, area, f"{YEAR}JJ00"] for kind in ("1.1.1", "1.2.3"))
        one[CRIME], other[CRIME] = other[CRIME], one[CRIME]


@mutation("p06", POLICE, "2025 has the figures of 2024")
def _(rows: list[Row], _: random.Random) -> None:
    by_key = keyed(rows)
    for (kind, area, period), row in by_key.items():
        if period == f"{YEAR}JJ00":
            row[CRIME] = by_key[kind, area, f"{YEAR - 1}JJ00"][CRIME]


def book_on_neighbour(rows: list[Row], one: str, other: str) -> None:
    by_key = keyed(rows)
    for (kind, area, period), row in by_key.items():
        if period == f"{YEAR}JJ00" and area == one:
            to = by_key[kind, other, period]
            to[CRIME] = (to[CRIME] or 0) + (row[CRIME] or 0)
            row[CRIME] = 0


@mutation("p07", POLICE, "2025: all crimes of WK990104 booked on WK990105")
def _(rows: list[Row], _: random.Random) -> None:
    book_on_neighbour(rows, "WK990104", "WK990105")


@mutation("p07_like", POLICE, "2025: crimes of another wijk booked on its neighbour")
def _(rows: list[Row], chance: random.Random) -> None:
    names = sorted({code(row) for row in wijken(rows)})
    at = chance.randrange(len(names) - 1)
    book_on_neighbour(rows, names[at], names[at + 1])


@mutation("p08", POLICE, "four older years of one wijk gone", kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    gone = chance.choice(sorted({code(row) for row in wijken(rows)}))
    first = chance.randrange(YEAR - 7, YEAR - 3)
    for row in rows:
        if code(row) == gone and int(str(row["Perioden"]).strip()[:4]) in range(first, first + 4):
            row[CRIME] = None


# an honest change, which may not be held


@mutation("c05", POLICE, "provisional to final: crimes 2% more", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        if of_year(row) and row[CRIME] is not None:
            row[CRIME] += sum(chance.random() < 0.02 for _ in range(min(row[CRIME], 500)))
