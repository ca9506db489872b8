"""How pages write what is more than one number: a trend with its margin, a difference, a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from wijkpeil.rounding import rounded, slope_decimals
from wijkpeil.words import NO_BREAK, NOTHING, SHARE, Words


def exact(value: float | None, decimals: int, words: Words) -> str:
    """A number that people decided, with one decimal more where it would not be told whole."""
    if value is not None and abs(rounded(value, decimals) - value) > 1e-9:
        decimals += 1
    return words.number(value, decimals)


def day(text: str | None, words: Words) -> str:
    """A date as the language writes it; a dash where there is none."""
    return NOTHING if text is None else words.day(date.fromisoformat(text))


def trend(card: Mapping[str, Any], decimals: int, words: Words) -> str:
    """The yearly change with its margin, without a unit; with as many decimals as its sentence."""
    digits = slope_decimals(decimals, card["meaningful"])
    slope = words.number(card["slope"], digits)
    if card["slope"] is None or card["low"] is None or card["high"] is None:
        return slope
    low, high = (words.number(card[end], digits) for end in ("low", "high"))
    return f"{slope} ({low} {words('report.word.to')} {high})"


def difference(
    gap: Mapping[str, Any], decimals: int, unit: str, words: Words, *, is_relative: bool
) -> str:
    """How much higher or lower a figure is than what it is compared with: the difference of both
    as they are shown, or in percent where developments are compared so."""
    value, reference = rounded(gap["value"], decimals), rounded(gap["reference"], decimals)
    off, digits, sign = value - reference, decimals, ""
    if unit == SHARE:
        sign = f"{NO_BREAK}{words('unit.points_short')}"
    if is_relative and gap["reference"] > 0:
        off, digits, sign = 100 * (gap["value"] / gap["reference"] - 1), 1, SHARE
    if rounded(off, digits) == 0:
        return words("report.word.alike")
    side = "above" if off > 0 else "below"
    return f"{words.number(abs(off), digits)}{sign} {words(f'report.word.{side}')}"
