"""The words and numbers of a language, as pages write them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[1] / "templates" / "report"
LANGUAGES = ("nl", "en")
MINUS, NARROW_SPACE = "\u2212", "\u00a0"


@cache
def words(language: str) -> dict[str, Any]:
    """The tables of `words.<language>.toml`."""
    path = TEMPLATES / f"words.{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def filled(phrase: str, **fields: object) -> str:
    """The phrase with each `{name}` filled in."""
    return re.sub(r"\{(\w+)\}", lambda place: str(fields[place[1]]), phrase)


def number(value: float | None, decimals: int, language: str) -> str:
    """A number as the language writes it; a dash where there is none."""
    if value is None:
        return "–"
    # adding zero turns -0.0 into 0.0
    text = f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", MINUS)
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def with_unit(value: float | None, decimals: int, unit: str, language: str) -> str:
    """A number with its unit; a dash where there is none."""
    text = number(value, decimals, language)
    if value is None:
        return text
    return f"{text}%" if unit == "%" else f"{text}{NARROW_SPACE}{unit}"


def exact(value: float | None, decimals: int, language: str) -> str:
    """A number that people decided, with one decimal more where it would not be told whole."""
    if value is not None and abs(round(value, decimals) - value) > 1e-9:
        decimals += 1
    return number(value, decimals, language)


def day(text: str | None, language: str) -> str:
    """A date as the language writes it; a dash where there is none."""
    if text is None:
        return "–"
    found = date.fromisoformat(text)
    months = words(language)["months"]
    return f"{found.day} {months[found.month - 1]} {found.year}"


def slope_unit(unit: str, language: str) -> str:
    """The unit of a yearly change: of a share it is percentage points."""
    return str(words(language)["word"]["points_of_percent"]) if unit == "%" else unit


def trend(card: Mapping[str, Any], decimals: int, language: str) -> str:
    """The yearly change with its margin, without a unit."""
    if card["slope"] is None:
        return "–"
    digits = min(decimals + 1, 4)
    slope = number(card["slope"], digits, language)
    if card["low"] is None or card["high"] is None:
        return slope
    low, high = (number(card[end], digits, language) for end in ("low", "high"))
    return f"{slope} ({low} {words(language)['word']['to']} {high})"
