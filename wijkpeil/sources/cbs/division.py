"""The division in wijken and buurten that a table's codes mean, as the table itself tells it.

A table that restates its series moves on to a new division without a new id, and codes are used
again for other places: the year is read from the table's own texts each time it is received.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from wijkpeil.catalog import CbsTable
from wijkpeil.errors import WijkError
from wijkpeil.sources.cbs.columns import normal

# a year by itself: not one end of 2009-2012
_YEAR = r"(?<![\d/–-])((?:19|20)\d\d)(?!\d)(?!\s?[–/-]\s?\d)"
SHOWN_CHARACTERS = 160


@dataclass(frozen=True)
class Division:
    """The year whose areas the codes mean, whether the table's words or the year of its map tell
    it, and sentences to tell. Without a year nothing tells it."""

    year: int | None = None
    basis: Literal["words", "map"] | None = None
    told: tuple[str, ...] = ()


def find_division(
    table: CbsTable,
    texts: Mapping[str, str],
    map_year: int | None,
    *,
    where: str,
    area_years: Collection[int] | None = None,
    before: Division | None = None,
) -> Division:
    """The division of a table, held against its block.

    `texts` are the table's own, the title first; `map_year` is that of the map its areas are
    drawn on, which decides where no words ever did. `before` is the division of the last
    snapshot, and `area_years` are the years that have an area list (None: not known). Raises
    WijkError where the figures may not be taken.
    """
    if not table.divisions:
        return Division()
    before = before or Division()
    expected = table.division_year
    year, words = _read(table.divisions, texts, map_year)
    basis: Literal["words", "map"] = "words"
    told: list[str] = []
    if year is None:
        title = next(iter(texts.values()), "")[:SHOWN_CHARACTERS]
        lacking = (
            f"{where} does not say which division in wijken and buurten its codes are of (its "
            f"title is '{title}'); write the words it uses in 'division'."
        )
        if before.basis == "words":
            raise WijkError(f"{lacking} Until then its figures are not taken.")
        if map_year is None:
            return Division(told=(f"{lacking} Its codes are taken as those of {expected}.",))
        year, words, basis = map_year, f"MapYear {map_year}", "map"
    elif map_year not in (None, year):
        told.append(
            f"{where} is of {year} by its own words ('{words}'), and its areas are drawn on the "
            f"map of {map_year}; see which is right."
        )
    if table.geography_year is None and year != expected:
        raise WijkError(
            f"{where} is of {year} by its own metadata ('{words}'), and its block says {expected}; "
            "correct 'cbs_id' or the year."
        )
    was = before.year or expected
    moved = (
        f"{where} is in the division in wijken and buurten of {year} now ('{words}'), and was in "
        f"that of {was}."
    )
    if area_years is not None and year not in area_years:
        raise WijkError(
            f"{moved} There is no area list of {year}, so its figures are not taken; add "
            f"Kerncijfers wijken en buurten {year} to cbs.toml."
        )
    if year != was:
        told.append(f"{moved} Its codes are taken as those of {year}.")
    return Division(year, basis, tuple(told))


def _read(
    patterns: Collection[str], texts: Mapping[str, str], map_year: int | None
) -> tuple[int | None, str]:
    """The year in the first text that tells one, and the words; of several that of the map."""
    for text in texts.values():
        plain = normal(text)
        found: dict[int, str] = {}
        for pattern in patterns:
            words, _, rest = normal(pattern).partition("{year}")
            sought = f"{re.escape(words.rstrip())}\\s?{_YEAR}{re.escape(rest)}"
            for match in re.finditer(sought, plain, re.IGNORECASE):
                found.setdefault(int(match[1]), match[0])
        if len(found) == 1:
            return next(iter(found.items()))
        if map_year in found:
            return map_year, found[map_year]
    return None, ""
