"""A digest in sentences of one language: plain text, no mail in it yet, each on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.letters.area import ToldArea, ToldSignal, area_line, told_area
from wijkpeil.alerts.letters.basis import basis_lines, footer
from wijkpeil.alerts.letters.expected import expected_lines
from wijkpeil.alerts.letters.lead import lead_of, subject_of
from wijkpeil.text import short
from wijkpeil.words import Language, Words, words_of

# a mail is read on a phone, where a signal in full takes most of a screen: of an area at most
# three, and in all no more than four, but the first of each area in any case
MOST_OF_AREA, MOST_IN_FULL = 3, 4
# more areas have their signals in a line, and then are a count: mail readers cut a long mail off
MOST_AREAS_IN_FULL, MOST_AREAS, MOST_LINES = 12, 60, 25


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
        subject=subject_of(digest, words),
        banner=words("mail.basis.synthetic") if digest.is_synthetic else "",
        title=short(digest.programme.name_nl, 120),
        lead=tuple(lead_of(digest, words)),
        sections=tuple(_sections(digest, words)),
        basis=Section(words("mail.section.basis"), lines=tuple(basis_lines(digest, words))),
        footer=footer(digest, words),
    )


def _sections(digest: Digest, words: Words) -> Iterator[Section]:
    """What changed first, then what holds on, then what waits and what cannot be told."""
    kinds = (
        ("new", digest.new),
        ("corrected", digest.corrected),
        ("recovered", digest.recovered),
        ("ended", digest.ended),
    )
    shares = _shares([len(area.signals) for _, areas in kinds for area in areas])
    for name, areas in kinds:
        if not areas:
            continue
        own, shares = shares[: len(areas)], shares[len(areas) :]
        shown = zip(areas[:MOST_AREAS], own, strict=False)
        whole = [told_area(area, name, digest, words, most=most) for area, most in shown]
        rest = [area.area_code for area in areas[MOST_AREAS:]]
        count = words.counted(len(rest), words.kind(rest))
        lines = [words("mail.item.more_areas", areas=count)] if rest else []
        heading = "first" if name == "new" and digest.is_first else name
        yield Section(words(f"mail.section.{heading}"), tuple(whole), tuple(lines))
    if digest.continuing:
        lines = [area_line(area, words) for area in digest.continuing]
        codes = [area.area_code for area in digest.continuing]
        yield Section(words("mail.section.continuing"), lines=tuple(_cut(lines, codes, words)))
    if digest.behind_gate.total:
        yield Section(words("mail.section.waiting"), lines=(_waiting(digest, words),))
    yield Section(words("mail.section.unknown"), lines=tuple(_unknown(digest, words)))


def _shares(counts: Sequence[int]) -> list[int]:
    """How many signals of each area are told in full: one of each, then a second and a third of
    the first areas while there is room."""
    shares = [min(count, 1) if n < MOST_AREAS_IN_FULL else 0 for n, count in enumerate(counts)]
    for wanted in range(2, MOST_OF_AREA + 1):
        for n, count in enumerate(counts):
            if shares[n] == wanted - 1 and count >= wanted and sum(shares) < MOST_IN_FULL:
                shares[n] = wanted
    return shares


def _cut(lines: list[str], codes: Sequence[str], words: Words) -> list[str]:
    rest = codes[MOST_LINES:]
    if len(rest) < 2:
        return lines
    count = words.counted(len(rest), words.kind(rest))
    return [*lines[:MOST_LINES], words("mail.item.more_areas", areas=count)]


def _waiting(digest: Digest, words: Words) -> str:
    """How many possible signals wait, and on what."""
    reasons = {
        "doubted": digest.behind_gate.doubted,
        "provisional": digest.behind_gate.provisional,
        "recovering": digest.behind_gate.recovering,
        "unsure": digest.behind_gate.unsure,
    }
    told = [
        words(
            f"mail.line.wait_{reason}",
            count=words.number(count),
            rest=words.form("mail.line.rest", count),
        )
        for reason, count in reasons.items()
        if count
    ]
    signals = words.counted(digest.behind_gate.total, "possible")
    return words("mail.line.waiting", signals=signals, reasons="; ".join(told))


def _unknown(digest: Digest, words: Words) -> Iterator[str]:
    count = digest.counts.inconclusive + digest.counts.insufficient
    every = words.counted(count + digest.counts.conclusive, "series")
    if count:
        yield words(
            "mail.line.unknown",
            count=words.number(count),
            all=every,
            inconclusive=words.number(digest.counts.inconclusive),
            insufficient=words.number(digest.counts.insufficient),
        )
    else:
        count_all = words.number(digest.counts.conclusive)
        yield words("mail.line.unknown_none", count=count_all, all=every)
    yield from expected_lines(digest, words)
    yield from _unfollowed(digest, words)
    if digest.silent:
        yield words("mail.line.silent", signals=words.counted(digest.silent, "signal"))
    if digest.doubted:
        yield words("mail.line.doubted", signals=words.counted(digest.doubted, "signal"))


def _unfollowed(digest: Digest, words: Words) -> Iterator[str]:
    """The areas that no figure can be about."""
    lost = [each for each in digest.places.values() if not each.is_used]
    for phrase, is_code_sure in (("no_code", False), ("not_traced", True)):
        names = [
            each.area_name
            for each in lost
            if (each.certainty in ("confirmed", "name_match")) == is_code_sure
        ]
        if names:
            fit = words.form(f"mail.line.{phrase}", len(names))
            yield words("mail.line.unfollowed", areas=words.some(names, 10), why=fit)
