"""One area of a digest in sentences: in full with its figures, or in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from flows.alerts.digest import AreaItems, Digest, Item
from flows.alerts.reading import Signal
from flows.alerts.words import BARE_UNITS, Words, capital, short


@dataclass(frozen=True)
class ToldSignal:
    """One indicator of an area with news: heading, what is known of it, the figures beside it."""

    signal: Signal
    heading: str
    lines: tuple[str, ...]
    figures_heading: str
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ToldArea:
    """An area with news."""

    area_code: str
    name: str
    gemeente: str
    badge: str
    lines: tuple[str, ...]
    signals: tuple[ToldSignal, ...]


def found_on(area: AreaItems, words: Words, *, most: int = 2) -> str:
    """Gets worse on these, stands still on those."""
    if any(item.rollup for item in area.items):
        how = words("lead.rollup_how") if area.items[0].key.axis == "structural" else ""
        names = [signal.indicator(words.language) for signal in area.signals]
        return words("lead.rollup_new", how=how, indicators=words.some(names, most))
    return words.listed(
        [
            words(
                "lead.on",
                **{"class": words(f"class.{found}")},
                indicators=words.some([s.indicator(words.language) for s in group], most),
            )
            for found, group in groupby(area.signals, key=lambda s: s.trend_class)
        ]
    )


def over_on(area: AreaItems, how: str, words: Words) -> str:
    """What is over, on what: surely better, no longer excluded, or never so."""
    groups: dict[str, list[str]] = {}
    for item in area.items:
        phrase = f"{how}_{item.trend_class}" if how == "recovered" else how
        if how == "corrected" and item.is_alert:
            phrase = "corrected_otherwise"
        groups.setdefault(phrase, []).append(_subject_of(item, words))
    return words.listed(
        [
            words(f"lead.{phrase}", indicators=words.some(names, 2))
            for phrase, names in groups.items()
        ]
    )


def _subject_of(item: Item, words: Words) -> str:
    """What an alert is about: an indicator, or a theme."""
    if item.rollup is None:
        return item.signals[0].indicator(words.language)
    theme = item.rollup.theme
    return words(f"word.{theme}") if theme in ("liveability", "safety") else theme


def told_area(area: AreaItems, how: str, digest: Digest, words: Words) -> ToldArea:
    """An area in full; `how` is new, corrected or recovered."""
    # of other themes the count would be beside the point
    themes = {signal.theme for signal in area.signals} | {
        item.rollup.theme for item in area.items if item.rollup
    }
    lines = [r.sentence(words.language) for r in area.rollups if r.theme in themes]
    by_area = [item for item in area.items if item.rollup is not None]
    if how != "new":
        lines = [_before(item, how, digest, words) for item in by_area] + lines
    signals = tuple(
        _told_signal(signal, item, how, digest, words)
        for item in area.items
        for signal in (item.signals if how == "new" or item.rollup is None else ())
    )
    return ToldArea(
        area.area_code,
        short(area.area_name, 120),
        _gemeente(area.gemeente_name, words),
        words("word.structural") if area.is_structural else "",
        tuple(filter(None, lines)),
        signals,
    )


def _gemeente(name: str | None, words: Words) -> str:
    return f"{words('word.gemeente')} {short(name)}" if name else ""


def _told_signal(signal: Signal, item: Item, how: str, digest: Digest, words: Words) -> ToldSignal:
    lines = [signal.sentence(words.language)]
    if how != "new":
        lines.insert(0, _before(item, how, digest, words))
    return ToldSignal(
        signal,
        _heading(signal, words, is_new=how == "new"),
        tuple(lines),
        _figures_heading(signal, words),
        tuple(_figures(signal, digest, words)),
    )


def _heading(signal: Signal, words: Words, *, is_new: bool) -> str:
    fields = {"indicator": short(signal.indicator(words.language), 80)}
    fields["class"] = words(f"class.{signal.trend_class}")
    # what is told for the first time is confusing as the eighth in a row; the sentence has it
    if signal.is_alert and signal.editions_in_a_row >= 3 and not is_new:
        run = words("word.nth", n=words.number(signal.editions_in_a_row))
        return words("item.heading_run", **fields, run=run)
    return words("item.heading", **fields)


def _before(item: Item, how: str, digest: Digest, words: Words) -> str:
    """What was told, and what that is now."""
    if item.told is None:
        return ""
    told = item.told.trend_class
    fields = {
        "year": str(item.told.edition_year),
        # an old ledger did not keep which class it was
        "class": words(f"class.{told}") if told else words.form("noun.signal", 1),
        "now": str(digest.year),
        "class_now": words(f"class.{item.trend_class}"),
        "then": words(f"class.{item.then or item.trend_class}"),
    }
    lines = [words(f"item.{how}", **fields)]
    if how == "corrected" and item.told.edition_year != digest.year:
        lines.append(words("item.corrected_now", **fields))
    return " ".join(lines)


def _figures_heading(signal: Signal, words: Words) -> str:
    if signal.last_year is None:
        return ""
    year = words("item.figures", year=str(signal.last_year))
    return year if signal.unit in ("%", *BARE_UNITS) else f"{year}, {signal.unit}"


def _figures(signal: Signal, digest: Digest, words: Words) -> Iterator[tuple[str, str]]:
    """The area beside the gemeente, the country and what the programme is compared with."""
    group = digest.programme.group_name
    for name, value in (
        (capital(words.form(f"noun.{words.kind([signal.key.area_code])}", 1)), signal.area_value),
        (short(signal.gemeente_name or words("word.gemeente"), 24), signal.gemeente_value),
        (words("word.nl"), signal.nl_value),
        (short(group, 24) if group else capital(words("word.programme")), signal.programme_value),
    ):
        if value is not None:
            unit = "%" if signal.unit == "%" else ""
            yield name, words.value(value, signal.decimals, unit)


def area_line(area: AreaItems, words: Words, *, how: str) -> str:
    """One area in one line: what it does on which indicators, and for how long."""
    name = short(area.area_name)
    if area.is_structural:
        name = f"{name} ({words('word.structural')})"
    if how in ("recovered", "corrected"):
        return f"{name}: {over_on(area, how, words)}"
    parts = []
    for found, group in groupby(area.signals, key=lambda s: s.trend_class):
        told = []
        for signal in group:
            run = words("word.nth", n=words.number(signal.editions_in_a_row))
            lasting = f" ({run})" if signal.editions_in_a_row >= 3 else ""
            told.append(short(signal.indicator(words.language)) + lasting)
        parts.append(
            words("lead.on", **{"class": words(f"class.{found}")}, indicators=words.listed(told))
        )
    return f"{name}: {'; '.join(parts)}"
