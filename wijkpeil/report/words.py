"""Numbers and dates as pages write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from wijkpeil.rounding import rounded, slope_decimals
from wijkpeil.words import Language, words_of

TEMPLATES = Path(__file__).with_name("templates")
MINUS, NARROW_SPACE = "\u2212", "\u00a0"


def number(value: float | None, decimals: int, language: Language) -> str:
    """A number as the language writes it; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{rounded(value, decimals):,.{decimals}f}".replace("-", MINUS)
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def with_unit(value: float | None, decimals: int, unit: str, language: Language) -> str:
    """A number with its unit; a dash where there is none."""
    text = number(value, decimals, language)
    if value is None:
        return text
    return f"{text}%" if unit == "%" else f"{text}{NARROW_SPACE}{unit}"


def exact(value: float | None, decimals: int, language: Language) -> str:
    """A number that people decided, with one decimal more where it would not be told whole."""
    if value is not None and abs(rounded(value, decimals) - value) > 1e-9:
        decimals += 1
    return number(value, decimals, language)


def day(text: str | None, language: Language) -> str:
    """A date as the language writes it; a dash where there is none."""
    return "–" if text is None else words_of(language).day(date.fromisoformat(text))


def slope_unit(unit: str, language: Language) -> str:
    """The unit of a yearly change: of a share it is percentage points."""
    return words_of(language)("unit.points_of_percent") if unit == "%" else unit


def trend(card: Mapping[str, Any], decimals: int, language: Language) -> str:
    """The yearly change with its margin, without a unit; with as many decimals as its sentence."""
    if card["slope"] is None:
        return "–"
    digits = slope_decimals(decimals, card["meaningful"])
    slope = number(card["slope"], digits, language)
    if card["low"] is None or card["high"] is None:
        return slope
    low, high = (number(card[end], digits, language) for end in ("low", "high"))
    return f"{slope} ({low} {words_of(language)('report.word.to')} {high})"


def difference(
    gap: Mapping[str, Any], decimals: int, unit: str, language: Language, *, is_relative: bool
) -> str:
    """How much higher or lower a figure is than what it is compared with: the difference of both
    as they are shown, or in percent where developments are compared so."""
    words = words_of(language)
    value, reference = rounded(gap["value"], decimals), rounded(gap["reference"], decimals)
    off, digits, sign = value - reference, decimals, ""
    if unit == "%":
        sign = f"{NARROW_SPACE}{words('unit.points_short')}"
    if is_relative and gap["reference"] > 0:
        off, digits, sign = 100 * (gap["value"] / gap["reference"] - 1), 1, "%"
    if rounded(off, digits) == 0:
        return words("report.word.alike")
    side = "above" if off > 0 else "below"
    return f"{number(abs(off), digits, language)}{sign} {words(f'report.word.{side}')}"
