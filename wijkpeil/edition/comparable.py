"""Beside an alert the areas that stood there too and improved: marts.comparable, read and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import duckdb

from wijkpeil.edition.folder import has_table
from wijkpeil.text import clean
from wijkpeil.words import SHARE, Language, Words, said_unit

Form = Literal["figure", "share", "difference"]

# what is compared with is of each area its own
_READ = """
select
    comparable.programme_id,
    comparable.area_code,
    comparable.indicator_id,
    comparable_code,
    comparable_name as area_name,
    comparable_gemeente_name as gemeente_name,
    comparable.axis,
    level_form as form,
    first_year,
    last_year,
    comparable_start_level as start,
    comparable_end_level as "end",
    start_level as own_start,
    end_level as own_end,
    coalesce(indicator.decimals, 1) as decimals,
    indicator.unit,
    indicator.unit_in_words,
    indicator.unit_en as unit_en_in_words,
from marts.comparable as comparable
join catalog.indicator as indicator using (indicator_id)
order by comparable.programme_id, comparable.area_code, comparable.indicator_id, rank
"""


class AlertPlace(NamedTuple):
    """Where an alert stands."""

    programme_id: str
    area_code: str
    indicator_id: str


@dataclass(frozen=True)
class Comparable:
    """An area that stood where the one with the alert stood, and improved since.

    The levels are those of the straight lines through the years `first_year` to `last_year`, of
    this area and of the `own` one with the alert: a figure in the indicator's unit, its percentage
    of what it is compared with, or its difference with that.
    """

    comparable_code: str
    area_name: str
    gemeente_name: str | None
    axis: str
    form: Form
    first_year: int
    last_year: int
    start: float
    end: float
    own_start: float
    own_end: float
    decimals: int
    unit_nl: str
    unit_en: str

    def sentence(self, words: Words) -> str:
        """What it did and the one with the alert did not, with the figures of both."""
        return self._filled(f"comparable.{self.form}", words)

    def brief(self, words: Words) -> str:
        """What it did, in half as many words."""
        return self._filled(f"comparable.brief_{self.form}", words)

    def _filled(self, key: str, words: Words) -> str:
        place = f"{self.area_name} ({self.gemeente_name})" if self.gemeente_name else self.area_name
        is_of_gemeente = self.axis == "gap_gemeente"
        return words(
            key,
            place=place,
            first_year=self.first_year,
            last_year=self.last_year,
            reference=words("comparable.own_gemeente" if is_of_gemeente else "reference.nl"),
            start=self._level(self.start, words),
            end=self._level(self.end, words),
            own_start=self._level(self.own_start, words),
            own_end=self._level(self.own_end, words),
        )

    def _level(self, level: float, words: Words) -> str:
        if self.form == "share":
            return words.value(level, 1, SHARE)
        unit = self._unit(words.language)
        if self.form == "difference":
            return words.value(level, self.decimals, words.step(unit))
        return words.value(level, self.decimals, unit)

    def _unit(self, language: Language) -> str:
        return self.unit_nl if language == "nl" else self.unit_en


def read_comparables(
    connection: duckdb.DuckDBPyConnection,
) -> Mapping[AlertPlace, tuple[Comparable, ...]]:
    """By alert the areas that began alike and improved, at most three, best first.

    An alert without one is not in it; nor is any of an edition that was made before it had
    marts.comparable.
    """
    if not has_table(connection, "marts.comparable"):
        return {}
    cursor = connection.execute(_READ)
    names = [column[0] for column in cursor.description or []]
    found: dict[AlertPlace, tuple[Comparable, ...]] = {}
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        place = AlertPlace(*(row.pop(name) for name in AlertPlace._fields))
        found[place] = (*found.get(place, ()), comparable_of(row))
    return found


def comparable_of(row: Mapping[str, Any]) -> Comparable:
    """One row, in which the unit is as the catalog has it."""
    given = dict(row)
    unit, in_words, in_english = (
        given.pop(key) for key in ("unit", "unit_in_words", "unit_en_in_words")
    )
    name, gemeente = given.pop("area_name"), given.pop("gemeente_name")
    return Comparable(
        area_name=clean(name),
        gemeente_name=None if gemeente is None else clean(gemeente),
        unit_nl=said_unit(unit, in_words),
        unit_en=said_unit(unit, in_english or in_words),
        **given,
    )


def told(comparables: Sequence[Comparable], words: Words) -> list[str]:
    """The sentences about these areas and what they do not say; that there is none."""
    if not comparables:
        return [words("comparable.none")]
    return [*(each.sentence(words) for each in comparables), words("comparable.note")]
