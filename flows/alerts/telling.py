"""A digest in sentences of one language: plain text, no mail in it yet, each on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.alerts.area_lines import (
    ToldArea,
    ToldSignal,
    area_line,
    found_on,
    over_on,
    told_area,
)
from flows.alerts.basis_lines import basis_lines, footer
from flows.alerts.digest import Digest, items_of
from flows.alerts.words import Language, Words, short, words_of

# more is one line for each area, and then a count: mail readers cut a long mail off
MOST_SIGNALS, MOST_LINES = 24, 25
_MOST_IN_LEAD = 3


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
        basis=Section(words("section.basis"), lines=tuple(basis_lines(digest, words))),
        footer=footer(digest, words),
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
    told = [(area, found_on(area, words)) for area in digest.new]
    told += [(area, over_on(area, "corrected", words)) for area in digest.corrected]
    told += [(area, over_on(area, "recovered", words)) for area in digest.recovered]
    if not told:
        yield words("lead.note", year=str(digest.year))
    # so that the last line is never about one
    most = _MOST_IN_LEAD + (len(told) == _MOST_IN_LEAD + 1)
    for area, found in told[:most]:
        yield f"{words('lead.of_area', area=short(area.area_name), found=found)}."
    if rest := [area.area_code for area, _ in told[most:]]:
        count = words.counted(len(rest), words.kind(rest))
        yield words("item.more_areas", areas=count)


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
                whole.append(told_area(area, name, digest, words))
            else:
                lines.append(area_line(area, words, how=name))
        lines = _cut(lines, [area.area_code for area in areas[len(whole) :]], words)
        yield Section(words(f"section.{name}"), tuple(whole), tuple(lines))
    if digest.continuing:
        lines = [area_line(area, words, how="continuing") for area in digest.continuing]
        codes = [area.area_code for area in digest.continuing]
        yield Section(words("section.continuing"), lines=tuple(_cut(lines, codes, words)))
    yield Section(words("section.unknown"), lines=tuple(_unknown(digest, words)))


def _cut(lines: list[str], codes: Sequence[str], words: Words) -> list[str]:
    rest = codes[MOST_LINES:]
    if len(rest) < 2:
        return lines
    count = words.counted(len(rest), words.kind(rest))
    return [*lines[:MOST_LINES], words("item.more_areas", areas=count)]


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
