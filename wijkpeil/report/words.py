"""The words and numbers of a language, as pages write them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from wijkpeil.rounding import rounded, slope_decimals
from wijkpeil.words import PHRASES

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGES = ("nl", "en")
MINUS, NARROW_SPACE = "\u2212", "\u00a0"


@cache
def words(language: str) -> dict[str, Any]:
    """The tables of `words.<language>.toml`."""
    path = PHRASES / f"report.{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def filled(phrase: str, **fields: object) -> str:
    """The phrase with each `{name}` filled in."""
    return re.sub(r"\{(\w+)\}", lambda place: str(fields[place[1]]), phrase)


def number(value: float | None, decimals: int, language: str) -> str:
    """A number as the language writes it; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{rounded(value, decimals):,.{decimals}f}".replace("-", MINUS)
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def with_unit(value: float | None, decimals: int, unit: str, language: str) -> str:
    """A number with its unit; a dash where there is none."""
    text = number(value, decimals, language)
    if value is None:
        return text
    return f"{text}%" if unit == "%" else f"{text}{NARROW_SPACE}{unit}"


def exact(value: float | None, decimals: int, language: str) -> str:
    """A number that people decided, with one decimal more where it would not be told whole."""
    if value is not None and abs(rounded(value, decimals) - value) > 1e-9:
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
    """The yearly change with its margin, without a unit; with as many decimals as its sentence."""
    if card["slope"] is None:
        return "–"
    digits = slope_decimals(decimals, card["meaningful"])
    slope = number(card["slope"], digits, language)
    if card["low"] is None or card["high"] is None:
        return slope
    low, high = (number(card[end], digits, language) for end in ("low", "high"))
    return f"{slope} ({low} {words(language)['word']['to']} {high})"


def difference(
    gap: Mapping[str, Any], decimals: int, unit: str, language: str, *, is_relative: bool
) -> str:
    """How much higher or lower a figure is than what it is compared with: the difference of both
    as they are shown, or in percent where developments are compared so."""
    word = words(language)["word"]
    value, reference = rounded(gap["value"], decimals), rounded(gap["reference"], decimals)
    off, digits, sign = value - reference, decimals, ""
    if unit == "%":
        sign = f"{NARROW_SPACE}{word['points_short']}"
    if is_relative and gap["reference"] > 0:
        off, digits, sign = 100 * (gap["value"] / gap["reference"] - 1), 1, "%"
    if rounded(off, digits) == 0:
        return str(word["alike"])
    return f"{number(abs(off), digits, language)}{sign} {word['above' if off > 0 else 'below']}"
