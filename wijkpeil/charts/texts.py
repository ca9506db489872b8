"""What every chart says in words: what is measured, the names at the lines, and the notes below."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from wijkpeil.text import capital
from wijkpeil.words import SHARE, Words, stands_apart

_THOUSANDS = "x 1.000 "
GAP_JUDGES = ("gap_nl", "gap_gemeente")


def labels(words: Words) -> dict[str, str]:
    """The names of marks and lines, in the words of a language."""
    tables = words.tables("chart")
    own = ("no_figures", "pace", "hint")
    return {**tables["status"], **tables["mark"], **{key: tables["word"][key] for key in own}}


def heading(indicator: Mapping[str, Any], words: Words) -> str:
    """What is measured, in which unit, and which way is better; `indicator` as in the catalog."""
    name = indicator[f"name_{words.language}"] or indicator["name_nl"]
    unit = unit_of(indicator, words)
    better = words("direction.higher" if indicator["direction"] > 0 else "direction.lower")
    share = words("chart.word.share")
    if unit == SHARE and name.startswith(share):
        name = name.removeprefix(share)
        return words("chart.word.heading_share", name=name, better=better)
    is_told = not (stands_apart(unit) or unit == SHARE) or unit in name
    form = "heading_bare" if is_told else "heading"
    return words(f"chart.word.{form}", name=capital(name), unit=unit, better=better)


def gap_heading(
    indicator: Mapping[str, Any], words: Words, *, reference: str, is_relative: bool
) -> str:
    """The same of a gap: in steps of the unit, held against `reference`."""
    form = "beside" if is_relative else "lead"
    unit = words.step(unit_of(indicator, words))
    return words(f"chart.word.{form}", reference=reference, unit=unit)


def unit_of(indicator: Mapping[str, Any], words: Words) -> str:
    """The unit in the language, where the catalog has it in that."""
    unit, other = str(indicator["unit"] or ""), indicator["unit_en"]
    if words.language == "nl" or not other or other == unit:
        return unit
    return f"x 1,000 {other}" if unit.startswith(_THOUSANDS) else str(other)


def missing_notes(
    statuses: Sequence[tuple[int, str]], valued: Collection[int], words: Words
) -> list[str]:
    """Why there is no figure in years after the first; `statuses` are of all years, in order, and
    `valued` the years with a figure."""
    first = min(valued, default=0)
    lacking = [(year, of) for year, of in statuses if year > first and year not in valued]
    reasons = words.tables("chart")["status"]
    return [
        words(
            "chart.word.missing",
            years=_listed([year for year, of in lacking if of == status], words),
            reason=reasons[status],
        )
        for status in dict.fromkeys(status for _, status in lacking)
    ]


def pace_note(judge: str, axis: str, reference: str, words: Words) -> list[str]:
    """Why a chart of this axis has no agreed pace: the indicator is judged by another; nothing
    where it is judged by this one. `reference` is what a gap that is judged is held against."""
    judged = judge if judge in GAP_JUDGES else "own"
    if axis == judged:
        return []
    form = "pace_of_level" if judged == "own" else "pace_of_gap"
    return [words(f"chart.word.{form}", reference=reference)]


def _listed(years: Sequence[int], words: Words) -> str:
    """Years as a text, with neighbours as a range."""
    found = []
    for _, group in groupby(enumerate(years), key=lambda each: each[1] - each[0]):
        part = [year for _, year in group]
        found.append(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}")
    return words.listed(found)
