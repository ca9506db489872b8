"""One area of a digest in sentences: in full with its figures, or in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.items import AreaItems, Item
from wijkpeil.rounding import rounded
from wijkpeil.text import capital, short
from wijkpeil.words import SHARE, Words, stands_apart

# below so many inhabitants a handful of people moves a share by whole points
SMALL_AREA = 1000
_MOST_ALSO = 20


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
    """An area with news: `remarks` on the area itself, `lines` that count, its first signals in
    full, and `also` the others in one line."""

    area_code: str
    name: str
    gemeente: str
    badge: str
    remarks: tuple[str, ...]
    lines: tuple[str, ...]
    signals: tuple[ToldSignal, ...]
    also: str = ""


def found_on(area: AreaItems, words: Words, *, most: int = 2) -> str:
    """Gets worse on these, stands still on those."""
    if any(item.rollup for item in area.items):
        how = words("mail.lead.rollup_how") if area.items[0].key.axis == "structural" else ""
        names = [signal.indicator(words.language) for signal in area.signals]
        return words("mail.lead.rollup_new", how=how, indicators=words.some(names, most))
    return words.listed(
        [
            words(
                "mail.lead.on",
                **{"class": words(said)},
                indicators=words.some([s.indicator(words.language) for s in group], most),
            )
            for said, group in _by_class(area.signals)
        ]
    )


def _by_class(signals: Sequence[Signal]) -> Iterator[tuple[str, list[Signal]]]:
    """The signals of each phrase for a class, in the order in which these come first."""
    groups: dict[str, list[Signal]] = {}
    for signal in signals:
        groups.setdefault(signal.said(), []).append(signal)
    yield from groups.items()


def over_on(area: AreaItems, how: str, words: Words) -> str:
    """What is over, on what: surely better, no longer excluded, or never so."""
    groups: dict[str, list[str]] = {}
    for item in area.items:
        said = _said_of(item, item.trend_class).removeprefix("class.")
        phrase = how if how == "corrected" else f"{how}_{said}"
        if how == "corrected" and item.is_alert:
            phrase = "corrected_otherwise"
        groups.setdefault(phrase, []).append(_subject_of(item, words))
    return words.listed(
        [
            words(f"mail.lead.{phrase}", indicators=words.some(names, 2))
            for phrase, names in groups.items()
        ]
    )


def _subject_of(item: Item, words: Words) -> str:
    """What an alert is about: an indicator, or a theme."""
    if item.rollup is None:
        return item.signals[0].indicator(words.language)
    return theme_name(item.rollup.theme, words)


def theme_name(theme: str, words: Words) -> str:
    """A theme in the language of the mail; one of an own catalog as it is there."""
    return words(f"theme.{theme}") if theme in ("liveability", "safety") else short(theme)


def told_area(
    area: AreaItems, how: str, digest: Digest, words: Words, *, most: int = 3
) -> ToldArea:
    """An area with at most so many signals in full; `how` is new, corrected, recovered or ended."""
    # of other themes the count would be beside the point
    themes = {signal.theme for signal in area.signals} | {
        item.rollup.theme for item in area.items if item.rollup
    }
    lines = [r.sentence(words.language) for r in area.rollups if r.theme in themes]
    if how == "new" and digest.threshold == "all":
        lines = [_count(area, digest, words)]
    by_area = [item for item in area.items if item.rollup is not None]
    if how != "new":
        lines = [_before(item, how, digest, words) for item in by_area] + lines
    signals = [
        (signal, item)
        for item in area.items
        for signal in (item.signals if how == "new" or item.rollup is None else ())
    ]
    return ToldArea(
        area.area_code,
        short(area.area_name, 120),
        _gemeente(area.gemeente_name, words),
        words("word.structural") if area.is_structural else "",
        tuple(_remarks(area, digest, words)),
        tuple(filter(None, lines)),
        tuple(_told_signal(signal, item, how, digest, words) for signal, item in signals[:most]),
        _also([signal for signal, _ in signals[most:]], words, is_all=not most),
    )


def told_before(area_code: str, digest: Digest) -> list[Signal]:
    """The signals of an area that were told before and hold on."""
    return [s for area in digest.continuing if area.area_code == area_code for s in area.signals]


def _count(area: AreaItems, digest: Digest, words: Words) -> str:
    """On how many of what can be told it stands still or gets worse, by theme, and what waits."""
    up = [*area.signals, *told_before(area.area_code, digest)]
    parts: list[str] = []
    for code, theme in digest.conclusive:
        if code != area.area_code or not any(signal.theme == theme for signal in up):
            continue
        phrase = "mail.item.count_more" if parts else "mail.item.count"
        if digest.conclusive[code, theme] == 1:
            phrase += "_only"
        parts.append(
            words(
                phrase,
                count=words.number(sum(signal.theme == theme for signal in up)),
                all=words.number(digest.conclusive[code, theme]),
                theme=theme_name(theme, words),
            )
        )
    waiting = digest.waiting.get(area.area_code, 0)
    rest = words("mail.item.waiting", signals=words.counted(waiting, "possible")) if waiting else ""
    return f"{words('mail.item.counted', parts=words.listed(parts))}{rest}"


def _remarks(area: AreaItems, digest: Digest, words: Words) -> Iterator[str]:
    """How many people live there, and how sure its CBS codes are."""
    place = digest.places.get(area.area_code)
    if place is None:
        return
    if place.inhabitants is not None:
        people = words.counted(int(rounded(place.inhabitants, 0)), "inhabitant")
        kind = words.form(f"noun.{words.kind([area.area_code])}", 1)
        is_small = place.inhabitants < SMALL_AREA
        yield words("mail.item.small", kind=kind, people=people) if is_small else f"{people}."
    if place.certainty == "name_match":
        yield words("mail.item.by_name")


def _also(signals: list[Signal], words: Words, *, is_all: bool) -> str:
    """The signals that are not told in full, in one line."""
    if not signals:
        return ""
    told = [
        words(
            "mail.item.also_signal",
            indicator=short(signal.indicator(words.language)),
            found=", ".join(filter(None, [words(signal.said()), _run(signal, words)])),
        )
        for signal in signals
    ]
    if len(told) > _MOST_ALSO + 1:
        told[_MOST_ALSO:] = [words("word.others", count=words.number(len(told) - _MOST_ALSO))]
    return words("mail.item.only" if is_all else "mail.item.also", signals="; ".join(told))


def _run(signal: Signal, words: Words) -> str:
    """For how long, where that is long."""
    if not signal.is_lasting:
        return ""
    return words("word.run", n=words.number(signal.editions_in_a_row))


def _gemeente(name: str | None, words: Words) -> str:
    return f"{words.form('noun.GM', 1)} {short(name)}" if name else ""


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
    fields = {"indicator": capital(short(signal.indicator(words.language), 80))}
    fields["class"] = words(signal.said())
    # of what is new the sentence has it
    if (run := _run(signal, words)) and not is_new:
        return words("mail.item.heading_run", **fields, run=run)
    return words("mail.item.heading", **fields)


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
        "class_now": words(_said_of(item, item.trend_class)),
        "then": words(_said_of(item, item.then or item.trend_class)),
    }
    lines = [words(f"mail.item.{how}", **fields)]
    if how == "corrected" and item.told.edition_year != digest.year:
        lines.append(words("mail.item.corrected_now", **fields))
    return " ".join(lines)


def _said_of(item: Item, trend_class: str) -> str:
    """The phrase for a class of an alert, or of an area as a whole."""
    if item.rollup is None:
        return item.signals[0].said(trend_class)
    return f"class.{trend_class}"


def _figures_heading(signal: Signal, words: Words) -> str:
    if signal.last_year is None:
        return ""
    year = words("mail.item.figures", year=str(signal.last_year))
    return f"{year}, {signal.unit}" if stands_apart(signal.unit) else year


def _figures(signal: Signal, digest: Digest, words: Words) -> Iterator[tuple[str, str]]:
    """The area beside the gemeente, the country and what the programme is compared with."""
    gemeente, group = (
        name and short(name, 24) for name in (signal.gemeente_name, digest.programme.group_name)
    )
    for name, value in (
        (words.form(f"noun.{words.kind([signal.key.area_code])}", 1), signal.area_value),
        (
            words.comparator("gemeente", gemeente, is_rest=signal.is_rest_of_gemeente),
            signal.gemeente_value,
        ),
        (words.comparator("nl", None), signal.nl_value),
        (
            words.comparator("programme", group, is_rest=signal.is_rest_of_programme),
            signal.programme_value,
        ),
    ):
        if value is not None:
            unit = SHARE if signal.unit == SHARE else ""
            yield capital(name), words.value(value, signal.decimals, unit)


def area_line(area: AreaItems, words: Words) -> str:
    """One area in one line: what it does on which indicators, and for how long."""
    name = short(area.area_name)
    if area.is_structural:
        name = f"{name} ({words('word.structural')})"
    parts = []
    for said, group in _by_class(area.signals):
        told = []
        for signal in group:
            lasting = f" ({run})" if (run := _run(signal, words)) else ""
            told.append(short(signal.indicator(words.language)) + lasting)
        parts.append(words("mail.lead.on", **{"class": words(said)}, indicators=words.listed(told)))
    return f"{name}: {'; '.join(parts)}"
