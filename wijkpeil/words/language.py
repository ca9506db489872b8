"""One language: its phrases, and how it counts, lists and writes numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache, reduce
from typing import Any, Literal, get_args

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list

from wijkpeil.rounding import rounded
from wijkpeil.text import short
from wijkpeil.words.phrases import READERS, fill, read_phrases
from wijkpeil.words.units import SHARE, stands_apart, step_key

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# English as Europe writes it: 3 March 2026; one, two and three
_LOCALES = {"nl": Locale("nl"), "en": Locale("en", "GB")}
# CLDR writes a hyphen and trusts the font
MINUS, NO_BREAK = "\u2212", "\u00a0"
NOTHING = "–"


class Words:
    """One language: `words("mail.subject.more", areas="3 wijken")` fills a phrase, in one pass."""

    def __init__(self, language: Language, phrases: Mapping[str, Any]) -> None:
        self.language = language
        self._phrases = phrases
        self._locale = _LOCALES[language]
        signs = self._locale.number_symbols["latn"]
        self.decimal_mark, self.thousands_mark = signs["decimal"], signs["group"]
        # Babel's own writer takes five to ten times as long, and a report has millions of numbers
        self._signs = str.maketrans(",.-", self.thousands_mark + self.decimal_mark + MINUS)

    def __call__(self, key: str, **fields: object) -> str:
        """The phrase of that key, filled in."""
        return fill(str(self._at(key)), **fields)

    def form(self, key: str, count: int) -> str:
        """The word for one, or for more."""
        return str(self._at(key)[count != 1])

    def tables(self, reader: str) -> dict[str, Any]:
        """The tables of one reader by name, and those of everybody; its own word goes first."""
        found = {name: table for name, table in self._phrases.items() if name not in READERS}
        for name, table in self._phrases[reader].items():
            found[name] = {**found.get(name, {}), **table}
        return found

    def _at(self, key: str) -> Any:
        return reduce(lambda table, name: table[name], key.split("."), self._phrases)

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
        return format_list(texts, locale=self._locale)

    def some(self, names: Sequence[str], most: int = 5) -> str:
        """The first of these names, shortened, and how many there are more."""
        rest = len(names) - most
        shown = [short(name) for name in (names if rest < 2 else names[:most])]
        if rest >= 2:
            shown.append(self("word.others", count=self.number(rest)))
        return self.listed(shown)

    def number(self, number: float | None, decimals: int = 0) -> str:
        """A number as the language writes it; a dash where there is none."""
        if number is None:
            return NOTHING
        return f"{rounded(number, decimals):,.{decimals}f}".translate(self._signs)

    def value(self, value: float | None, decimals: int, unit: str) -> str:
        """A figure with its unit on the same line; a dash where there is none."""
        text = self.number(value, decimals)
        if value is None or not (stands_apart(unit) or unit == SHARE):
            return text
        return f"{text}{unit}" if unit == SHARE else f"{text}{NO_BREAK}{unit}"

    def step(self, unit: str) -> str:
        """The unit of a change: points of a share and of a grade."""
        key = step_key(unit)
        return unit if key is None else self(key)

    def comparator(
        self, kind: str, name: str | None, *, is_rest: bool = False, form: str = "comparator"
    ) -> str:
        """What an area is compared with, as a label, or as a `reference` in a sentence.

        `kind` is gemeente, nl or programme, `name` that of the gemeente or of the group that a
        programme chose; with `is_rest` the area itself is left out, which a group's name keeps.
        """
        if kind == "gemeente":
            name = name or self(f"{form}.gemeente")
            return self(f"{form}.rest_of", name=name) if is_rest else name
        if kind == "programme":
            return name or self(f"{form}.other_areas" if is_rest else f"{form}.programme")
        return self(f"{form}.{kind}")

    def day(self, day: date) -> str:
        """A date in words."""
        return format_date(day, "long", locale=self._locale)


@cache
def words_of(language: Language) -> Words:
    """The words of that language, read once."""
    return Words(language, read_phrases(LANGUAGES)[language])
