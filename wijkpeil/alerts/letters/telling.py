"""A digest in sentences of one language: plain text, no mail in it yet, each on one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import MARKS
from wijkpeil.alerts.letters.basis import basis_lines, footer
from wijkpeil.alerts.letters.certainty import certainty_lines, wrong_line
from wijkpeil.alerts.letters.lines import AreaLine, area_lines, full_lines, over_lines
from wijkpeil.alerts.letters.names import names_of
from wijkpeil.alerts.letters.spotlight import Spotlight, spotlight_of
from wijkpeil.alerts.letters.subject import headline_of, subject_of
from wijkpeil.alerts.letters.wholes import note_line, whole_lines
from wijkpeil.text import short
from wijkpeil.words import Language, Words, words_of

# a table of more rows is longer than the mail it stands under
_MOST_ROWS = 25


@dataclass(frozen=True)
class CountRow:
    """An area with how many of its indicators get worse, stand still, get better, do none of
    these, and cannot be told."""

    area_code: str
    name: str
    counts: tuple[str, ...]


@dataclass(frozen=True)
class Telling:
    """All sentences of a digest, in the order of a mail: what it is, a line for each area, one
    signal in full, how sure, what to do; then the counts, what else there is, and the basis. The
    `headline` is the subject without the programme; `sheets` are areas, by code and name, for who
    hears of areas as a whole; `in_full` are the new signals that the lines do not name, for who
    has no report to look them up in."""

    digest: Digest
    language: Language
    subject: str
    headline: str
    banner: str
    opening: tuple[str, ...]
    sheets: tuple[tuple[str, str], ...]
    lines: tuple[AreaLine, ...]
    spotlight: Spotlight | None
    sure: tuple[str, ...]
    steps: tuple[str, ...]
    rows: tuple[CountRow, ...]
    in_full: tuple[str, ...]
    more: tuple[str, ...]
    basis: tuple[str, ...]
    footer: str


def tell(digest: Digest, language: Language) -> Telling:
    """The digest in that language; who hears of areas as a whole gets three sentences only."""
    words = words_of(language)
    is_whole = digest.threshold != "all"
    spotlight = spotlight_of(digest, words)
    lines = [] if is_whole else area_lines(digest, words)
    return Telling(
        digest=digest,
        language=language,
        subject=subject_of(digest, words),
        headline=headline_of(digest, words),
        banner=words("mail.basis.synthetic") if digest.is_synthetic else "",
        opening=tuple(whole_lines(digest, words) if is_whole else _opening(digest, words)),
        sheets=tuple(_sheets(digest)) if is_whole else (),
        lines=() if is_whole else (*lines, *over_lines(digest, words)),
        spotlight=spotlight,
        sure=() if is_whole else tuple(certainty_lines(digest, words)),
        steps=() if is_whole else tuple(_steps(digest, spotlight, words)),
        rows=() if is_whole else tuple(_rows(digest, words)),
        in_full=() if is_whole else tuple(full_lines(digest, lines, words)),
        more=tuple(_more(digest, words)),
        basis=tuple(basis_lines(digest, words)),
        footer=footer(digest, words),
    )


def _opening(digest: Digest, words: Words) -> Iterator[str]:
    """What kind of mail it is, where it is not the usual one."""
    if digest.is_first and digest.new:
        yield words("mail.opening.first")
    if not digest.has_news:
        yield note_line(digest, words)


def _sheets(digest: Digest) -> Iterator[tuple[str, str]]:
    """Code and name of the areas that news is of."""
    names = names_of(digest)
    for area in (*digest.new, *digest.recovered, *digest.corrected):
        yield area.area_code, names(area)


def _steps(digest: Digest, spotlight: Spotlight | None, words: Words) -> Iterator[str]:
    """What a manager can do with it."""
    if digest.new:
        example = spotlight.example if spotlight else ""
        yield words("mail.step.compare")
        yield words("mail.step.ask_named", area=example) if example else words("mail.step.ask")
        yield words("mail.step.sheet")
    elif digest.recovered:
        yield from (words(f"mail.step.{name}") for name in ("learn", "share", "sheet"))


def _rows(digest: Digest, words: Words) -> Iterator[CountRow]:
    names = names_of(digest).by_code
    marks = digest.marks
    ordered = sorted(
        marks,
        key=lambda code: (-marks[code]["deteriorating"], -marks[code]["stagnating"], names[code]),
    )
    for code in ordered[:_MOST_ROWS]:
        counts = tuple(words.number(marks[code][mark]) for mark in MARKS)
        yield CountRow(code, names[code], counts)
    if rest := ordered[_MOST_ROWS:]:
        total = tuple(words.number(sum(marks[code][mark] for code in rest)) for mark in MARKS)
        count = words.counted(len(rest), words.kind(rest))
        yield CountRow("", words("word.others", count=count), total)


def _more(digest: Digest, words: Words) -> Iterator[str]:
    """What waits, and what cannot be told."""
    if digest.wrong_of_all.signals > digest.wrong_of_new.signals:
        yield wrong_line(digest.wrong_of_all, "all", words)
    if digest.behind_gate.total:
        yield _waiting(digest, words)
    count = digest.counts.inconclusive + digest.counts.insufficient
    if count:
        yield words(
            "mail.more.unknown",
            count=words.number(count),
            all=words.number(count + digest.counts.conclusive),
        )
    yield from _unfollowed(digest, words)
    if digest.silent:
        yield words("mail.more.silent", signals=words.counted(digest.silent, "signal"))
    if digest.doubted:
        yield words("mail.more.doubted", signals=words.counted(digest.doubted, "signal"))


def _waiting(digest: Digest, words: Words) -> str:
    """How many possible signals wait, and on what."""
    reasons = {
        "doubted": digest.behind_gate.doubted,
        "provisional": digest.behind_gate.provisional,
        "recovering": digest.behind_gate.recovering,
        "unsure": digest.behind_gate.unsure,
    }
    told = [
        words(f"mail.more.wait_{reason}", count=words.number(count))
        for reason, count in reasons.items()
        if count
    ]
    signals = words.counted(digest.behind_gate.total, "possible")
    return words("mail.more.waiting", signals=signals, reasons=", ".join(told))


def _unfollowed(digest: Digest, words: Words) -> Iterator[str]:
    """The areas that no figure can be about."""
    lost = [each for each in digest.places.values() if not each.is_used]
    for phrase, is_code_sure in (("no_code", False), ("not_traced", True)):
        names = [
            short(each.area_name)
            for each in lost
            if (each.certainty in ("confirmed", "name_match")) == is_code_sure
        ]
        if names:
            fit = words.form(f"mail.more.{phrase}", len(names))
            yield words("mail.more.unfollowed", areas=words.some(names, 10), why=fit)
