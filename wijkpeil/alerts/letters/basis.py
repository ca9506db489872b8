"""What the figures of a digest rest on, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import FollowedSource
from wijkpeil.text import short, without_year
from wijkpeil.words import Words

# figures of a year come in the next or the one after
_RECENT_YEARS = 2


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
        yield words("mail.basis.common", names=words.some(names))
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
    by_licence: dict[tuple[str, str], list[FollowedSource]] = {}
    for source in digest.basis.sources:
        by_licence.setdefault((source.attribution, source.licence), []).append(source)
    for (by, licence), sources in by_licence.items():
        titles = "; ".join(_titles(sources))
        yield words("mail.basis.source", by=by, licence=licence, titles=titles)


def _titles(sources: Sequence[FollowedSource]) -> Iterator[str]:
    """Titles without their year, with the years: yearly tables are one source to a reader."""
    series: dict[str, set[int]] = {}
    for source in sources:
        title, year = without_year(source.title_nl)
        found = series.setdefault(title, set())
        found |= {year} if year is not None else set()
    for title, of_years in series.items():
        span = f"{min(of_years)}-{max(of_years)}" if len(of_years) > 1 else ""
        yield f"{short(title, 120)} {span or next(iter(map(str, of_years)), '')}".rstrip()


def footer(digest: Digest, words: Words) -> str:
    """Who wrote this, and whom to ask."""
    contact = digest.programme.contact
    questions = f" {words('mail.basis.questions', contact=contact)}" if contact else ""
    return words("mail.basis.footer") + questions
