"""The phrases of one language, and how it counts, lists and writes numbers and dates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Literal

from wijkpeil.rounding import rounded
from wijkpeil.text import clean
from wijkpeil.words import PHRASES

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")
# a grade needs no unit
BARE_UNITS = ("rapportcijfer", "cijfer", "")
NAME_LENGTH = 60


class Words:
    """One language: `words("lead.where", count="3")` fills a phrase, in one pass."""

    def __init__(self, language: Language) -> None:
        path = PHRASES / f"alert.{language}.toml"
        self.language = language
        self._phrases: Mapping[str, Mapping[str, str | list[str]]] = tomllib.loads(
            path.read_text(encoding="utf-8")
        )

    def __call__(self, key: str, **fields: str) -> str:
        """The phrase of that key, filled in."""
        table, name = key.split(".")
        return re.sub(r"\{(\w+)\}", lambda place: fields[place[1]], str(self._phrases[table][name]))

    def form(self, key: str, count: int) -> str:
        """The word for one, or for more."""
        table, name = key.split(".")
        return self._phrases[table][name][count != 1]

    def counted(self, count: int, noun: str) -> str:
        """A number with its noun."""
        return f"{self.number(count)} {self.form(f'noun.{noun}', count)}"

    def areas(self, codes: Collection[str]) -> str:
        """How many areas, called by their kind where they have one."""
        return self.counted(len(set(codes)), self.kind(codes))

    def kind(self, codes: Collection[str]) -> str:
        """The noun for these areas."""
        kinds = {code[:2] if re.fullmatch(r"[A-Z]{2}\w+", code) else "area" for code in codes}
        kind = kinds.pop() if len(kinds) == 1 else "area"
        return kind if kind in self._phrases["noun"] else "area"

    def listed(self, texts: Sequence[str]) -> str:
        """One, two and three."""
        *before, last = texts
        return f"{', '.join(before)} {self('word.and')} {last}" if before else last

    def some(self, names: Sequence[str], most: int = 5) -> str:
        """The first of these names, shortened, and how many there are more."""
        rest = len(names) - most
        shown = [short(name) for name in (names if rest < 2 else names[:most])]
        if rest >= 2:
            shown.append(self("word.others", count=self.number(rest)))
        return self.listed(shown)

    def number(self, number: float, decimals: int = 0) -> str:
        """A number as the language writes it."""
        text = f"{rounded(number, decimals):,.{decimals}f}"
        if self.language == "en":
            return text
        return text.replace(",", "_").replace(".", ",").replace("_", ".")

    def value(self, value: float, decimals: int, unit: str) -> str:
        """A figure with its unit."""
        space = "" if unit == "%" else " "
        return self.number(value, decimals) + ("" if unit in BARE_UNITS else f"{space}{unit}")

    def day(self, moment: datetime) -> str:
        """A date in words."""
        return f"{moment.day} {self._phrases['word']['months'][moment.month - 1]} {moment.year}"


@cache
def words_of(language: Language) -> Words:
    """The words of that language, read once."""
    return Words(language)


def short(name: str, length: int = NAME_LENGTH) -> str:
    """What a line can hold of a name from outside."""
    name = clean(name)
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"
