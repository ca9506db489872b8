"""What the figures of a digest rest on, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from wijkpeil.alerts.digest import Digest
from wijkpeil.text import short
from wijkpeil.words import Words

# figures of a year come in the next or the one after
_RECENT_YEARS = 2
_MOST_NAMED = 2


def basis_lines(digest: Digest, words: Words) -> Iterator[str]:
    """Edition, provisional years, unconfirmed codes, figures that are old, and sources."""
    yield words(
        "mail.basis.edition",
        edition=digest.edition_id,
        day=words.day(digest.published_at),
        year=str(digest.year),
    )
    if digest.basis.provisional:
        years = words.listed([str(year) for year in digest.basis.provisional])
        yield words("mail.basis.provisional", years=years)
    if digest.basis.never_revised:
        years = words.listed([str(year) for year in digest.basis.never_revised])
        yield words("mail.basis.never_revised", years=years)
    has_signals = digest.has_news or digest.continuing
    if has_signals and not digest.basis.provisional and not digest.basis.never_revised:
        yield words("mail.basis.final")
    if digest.basis.common:
        names = [signal.indicator(words.language) for signal in digest.basis.common]
        if len(names) > _MOST_NAMED:
            names = [words.counted(len(names), "indicator")]
        yield words("mail.basis.common", names=words.listed([short(name) for name in names]))
    if digest.basis.missing:
        told = [each.name(words.language) for each in digest.basis.missing]
        yield words("mail.basis.missing", names=words.some(told))
    if (years_ago := digest.published_at.year - digest.year) > _RECENT_YEARS:
        yield words("mail.basis.long_ago", year=str(digest.year), count=words.number(years_ago))
    if digest.basis.unconfirmed:
        areas = words.counted(len(digest.basis.unconfirmed), "area")
        yield words(
            "mail.basis.unconfirmed", areas=areas, names=words.some(digest.basis.unconfirmed)
        )
    if stale := [source for source in digest.basis.sources if source.is_stale]:
        told = [
            words(
                "mail.basis.stale_source",
                title=short(source.title_nl, 120),
                day=words.day(source.retrieved_at),
                age=words.counted((digest.published_at - source.retrieved_at).days, "day"),
            )
            for source in stale
        ]
        yield words("mail.basis.stale", sources=words.listed(told))
    if old := [source for source in digest.basis.sources if source.is_old and not source.is_stale]:
        told = [
            words(
                "mail.basis.old_source",
                title=short(source.title_nl, 120),
                day=words.day(source.checked_at),
            )
            for source in old
        ]
        yield words("mail.basis.old", sources=words.listed(told))
    licences = dict.fromkeys((each.attribution, each.licence) for each in digest.basis.sources)
    if licences:
        told = [words("mail.basis.source_of", by=by, licence=licence) for by, licence in licences]
        yield words("mail.basis.source", sources=words.listed(told))


def footer(digest: Digest, words: Words) -> str:
    """Who wrote this, and whom to ask."""
    contact = digest.programme.contact
    questions = f" {words('mail.basis.questions', contact=contact)}" if contact else ""
    return words("mail.basis.footer") + questions
