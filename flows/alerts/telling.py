"""A digest in sentences of one language: plain text, no mail in it yet, each on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from flows.alerts.digest import AreaItems, Digest, Item, items_of
from flows.alerts.reading import FollowedSource, Signal
from flows.alerts.words import BARE_UNITS, Language, Words, capital, short, words_of

# more is one line for each area, and then a count: mail readers cut a long mail off
MOST_SIGNALS, MOST_LINES = 24, 25
_MOST_IN_LEAD = 3


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


@dataclass(frozen=True)
class Section:
    """A part of a digest: areas in full, then lines."""

    heading: str
    areas: tuple[ToldArea, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Telling:
    """All sentences of a digest. `lead` says it all: what and where, how sure, what else, each
    with its label; the first has a line for each area."""

    digest: Digest
    language: Language
    subject: str
    banner: str
    title: str
    lead: tuple[tuple[str, tuple[str, ...]], ...]
    sections: tuple[Section, ...]
    basis: Section
    footer: str

    @property
    def shown(self) -> list[tuple[ToldArea, ToldSignal]]:
        """Every signal that is told in full, in order."""
        areas = [area for section in self.sections for area in section.areas]
        return [(area, signal) for area in areas for signal in area.signals]


def tell(digest: Digest, language: Language) -> Telling:
    """The digest in that language."""
    words = words_of(language)
    return Telling(
        digest=digest,
        language=language,
        subject=_subject(digest, words),
        banner=words("basis.synthetic") if digest.is_synthetic else "",
        title=short(digest.programme.name_nl, 120),
        lead=tuple(_lead(digest, words)),
        sections=tuple(_sections(digest, words)),
        basis=Section(words("section.basis"), lines=tuple(_basis(digest, words))),
        footer=_footer(digest, words),
    )


def _subject(digest: Digest, words: Words) -> str:
    parts = []
    if digest.new:
        fields = {
            "signals": words.counted(len(items_of(digest.new)), "new_signal"),
            "areas": words.areas([area.area_code for area in digest.new]),
        }
        by = "" if digest.threshold == "all" else f"_{digest.threshold}"
        parts.append(words(f"subject.new{by}", **fields))
    for name, areas in (("recovered", digest.recovered), ("corrected", digest.corrected)):
        if count := len(items_of(areas)):
            alone = "" if parts else "_alone"
            fields = {"count": words.number(count), "signals": words.counted(count, "signal")}
            parts.append(words(f"subject.{name}{alone}", **fields))
    if not parts:
        parts.append(words("subject.note", year=str(digest.year)))
    head = words("subject.synthetic") if digest.is_synthetic else ""
    return f"{head}{', '.join(parts)}: {short(digest.programme.name_nl, 90)}"


def _lead(digest: Digest, words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield words("lead.where"), tuple(_where(digest, words))
    yield words("lead.sure"), (_how_sure(digest, words),)
    yield words("lead.more"), (_more(digest, words),)


def _where(digest: Digest, words: Words) -> Iterator[str]:
    """Which areas, on what: the first few, and how many more."""
    told = [(area, _found(area, words)) for area in digest.new]
    told += [(area, _over(area, "corrected", words)) for area in digest.corrected]
    told += [(area, _over(area, "recovered", words)) for area in digest.recovered]
    if not told:
        yield words("lead.note", year=str(digest.year))
    # so that the last line is never about one
    most = _MOST_IN_LEAD + (len(told) == _MOST_IN_LEAD + 1)
    for area, found in told[:most]:
        yield f"{words('lead.of_area', area=short(area.area_name), found=found)}."
    if rest := [area.area_code for area, _ in told[most:]]:
        count = words.counted(len(rest), words.kind(rest))
        yield words("item.more_areas", areas=count, where="")


def _found(area: AreaItems, words: Words, *, most: int = 2) -> str:
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


def _over(area: AreaItems, how: str, words: Words) -> str:
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


def _how_sure(digest: Digest, words: Words) -> str:
    signals = [s for area in digest.new for s in area.signals]
    held = sum(signal.is_held for signal in signals)
    if signals and held == len(signals):
        return words("lead.held")
    if signals and held:
        count = words.counted(len(signals) - held, "signal")
        return words("lead.excluded_some", count=count, held=words.number(held))
    if signals:
        return words("lead.excluded")
    parts = [words("lead.corrected_sure")] if digest.corrected else []
    if classes := {item.trend_class for item in items_of(digest.recovered)}:
        sure = "both" if len(classes) > 1 else classes.pop()
        parts.append(words(f"lead.recovered_sure_{sure}"))
    if parts:
        return " ".join(parts)
    indicators = words.counted(digest.basis.indicators, "indicator")
    return words("lead.assessed", areas=words.areas(digest.basis.area_codes), indicators=indicators)


def _more(digest: Digest, words: Words) -> str:
    parts = []
    if digest.continuing:
        count = len(items_of(digest.continuing))
        signals = words.counted(count, "signal")
        hold = words.form("lead.holds", count)
        areas = words.areas([area.area_code for area in digest.continuing])
        parts.append(words("lead.continuing", signals=signals, hold=hold, areas=areas))
    if digest.new:
        for name, over in (("over", digest.recovered), ("changed", digest.corrected)):
            if over:
                parts.append(words(f"lead.{name}", count=words.number(len(items_of(over)))))
    return f"{words.listed(parts)}." if parts else words("lead.nothing_more")


def _sections(digest: Digest, words: Words) -> Iterator[Section]:
    """What changed first, then what holds on, then what cannot be told."""
    room = MOST_SIGNALS
    for name, areas in (
        ("new", digest.new),
        ("corrected", digest.corrected),
        ("recovered", digest.recovered),
    ):
        if not areas:
            continue
        whole: list[ToldArea] = []
        lines = []
        for area in areas:
            signals = len(area.signals) or 1
            if signals <= room or (not whole and room == MOST_SIGNALS):
                room -= signals
                whole.append(_told_area(area, name, digest, words))
            else:
                lines.append(_line(area, words, how=name))
        lines = _cut(lines, [area.area_code for area in areas[len(whole) :]], words)
        yield Section(words(f"section.{name}"), tuple(whole), tuple(lines))
    if digest.continuing:
        lines = [_line(area, words, how="continuing") for area in digest.continuing]
        codes = [area.area_code for area in digest.continuing]
        yield Section(words("section.continuing"), lines=tuple(_cut(lines, codes, words)))
    yield Section(words("section.unknown"), lines=tuple(_unknown(digest, words)))


def _cut(lines: list[str], codes: Sequence[str], words: Words) -> list[str]:
    rest = codes[MOST_LINES:]
    if len(rest) < 2:
        return lines
    count = words.counted(len(rest), words.kind(rest))
    return [*lines[:MOST_LINES], words("item.more_areas", areas=count, where="")]


def _told_area(area: AreaItems, how: str, digest: Digest, words: Words) -> ToldArea:
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


def _line(area: AreaItems, words: Words, *, how: str) -> str:
    """One area in one line: what it does on which indicators, and for how long."""
    name = short(area.area_name)
    if area.is_structural:
        name = f"{name} ({words('word.structural')})"
    if how in ("recovered", "corrected"):
        return f"{name}: {_over(area, how, words)}"
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


def _unknown(digest: Digest, words: Words) -> Iterator[str]:
    count = digest.counts.inconclusive + digest.counts.insufficient
    every = words.counted(count + digest.counts.conclusive, "series")
    if count:
        yield words(
            "line.unknown",
            count=words.number(count),
            all=every,
            inconclusive=words.number(digest.counts.inconclusive),
            insufficient=words.number(digest.counts.insufficient),
        )
    else:
        yield words("line.unknown_none", all=every)
    if digest.held:
        signals = words.counted(digest.held, "signal")
        wait = words.form("line.waits", digest.held)
        verb = words.form("line.is", digest.held)
        yield words("line.held", signals=signals, wait=wait, verb=verb)
    if digest.silent:
        yield words("line.silent", signals=words.counted(digest.silent, "signal"))


def _basis(digest: Digest, words: Words) -> Iterator[str]:
    yield words(
        "basis.edition",
        edition=digest.edition_id,
        day=words.day(digest.published_at),
        year=str(digest.year),
    )
    if digest.basis.provisional:
        years = words.listed([str(year) for year in digest.basis.provisional])
        yield words("basis.provisional", years=years)
    elif digest.has_news or digest.continuing:
        yield words("basis.final")
    if digest.basis.unconfirmed:
        areas = words.counted(len(digest.basis.unconfirmed), "area")
        yield words("basis.unconfirmed", areas=areas, names=words.some(digest.basis.unconfirmed))
    if stale := [source for source in digest.basis.sources if source.is_stale]:
        told = [
            words(
                "basis.stale_source",
                title=short(source.title_nl, 120),
                day=words.day(source.retrieved_at),
                age=words.counted((digest.published_at - source.retrieved_at).days, "day"),
            )
            for source in stale
        ]
        yield words("basis.stale", sources=words.listed(told))
    by_licence: dict[tuple[str, str], list[FollowedSource]] = {}
    for source in digest.basis.sources:
        by_licence.setdefault((source.attribution, source.licence), []).append(source)
    for (by, licence), sources in by_licence.items():
        titles = "; ".join(_titles(sources))
        yield words("basis.source", by=by, licence=licence, titles=titles)


def _titles(sources: Sequence[FollowedSource]) -> Iterator[str]:
    """Titles without their year, with the years: yearly tables are one source to a reader."""
    series: dict[str, set[int]] = {}
    for source in sources:
        years = re.findall(r"\b(?:19|20)\d\d\b", source.title_nl)
        title = re.sub(r"\s+(?:19|20)\d\d\b", "", source.title_nl) if len(years) == 1 else None
        found = series.setdefault(title or source.title_nl, set())
        found |= {int(year) for year in years} if title else set()
    for title, of_years in series.items():
        span = f"{min(of_years)}-{max(of_years)}" if len(of_years) > 1 else ""
        yield f"{short(title, 120)} {span or next(iter(map(str, of_years)), '')}".rstrip()


def _footer(digest: Digest, words: Words) -> str:
    contact = digest.programme.contact
    questions = f" {words('basis.questions', contact=contact)}" if contact else ""
    return words("basis.footer") + questions
