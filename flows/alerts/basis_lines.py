"""What the figures of a digest rest on, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flows.alerts.digest import Digest
from flows.alerts.reading import FollowedSource
from flows.alerts.words import Words, short


def basis_lines(digest: Digest, words: Words) -> Iterator[str]:
    """Edition, provisional years, unconfirmed codes, figures that are old, and sources."""
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


def footer(digest: Digest, words: Words) -> str:
    """Who wrote this, and whom to ask."""
    contact = digest.programme.contact
    questions = f" {words('basis.questions', contact=contact)}" if contact else ""
    return words("basis.footer") + questions
