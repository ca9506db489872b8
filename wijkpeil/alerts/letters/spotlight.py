"""The one signal that a mail draws and gives the figures of: the worst that is new."""

from __future__ import annotations

from dataclasses import dataclass

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.items import AreaItems
from wijkpeil.alerts.letters.names import KINDS, kind_of, names_of
from wijkpeil.alerts.ranking import rank
from wijkpeil.edition.comparable import AlertPlace
from wijkpeil.text import short
from wijkpeil.words import Words


@dataclass(frozen=True)
class Spotlight:
    """A signal with its heading and what is known of it; `example` is an area that began where
    this one did, and improved."""

    signal: Signal
    heading: str
    lines: tuple[str, ...]
    example: str = ""


def spotlight_of(digest: Digest, words: Words) -> Spotlight | None:
    """The worst new signal; without any what recovered, or else what was corrected. None where
    there is no such news, or it is of areas as a whole."""
    if digest.threshold != "all":
        return None
    for areas in (digest.new, digest.recovered, digest.corrected):
        told = [(_order(signal), area, signal) for area in areas for signal in area.signals]
        if told:
            _, area, signal = min(told, key=lambda each: (each[0], each[1].area_code))
            return _told(area, signal, digest, words)
    return None


def _order(signal: Signal) -> tuple[int, tuple[bool, int, bool, int]]:
    """What gets worse itself before what only falls behind; then as ranked."""
    return KINDS.index(kind_of([signal])), rank(signal)


def _told(area: AreaItems, signal: Signal, digest: Digest, words: Words) -> Spotlight:
    kind = signal.said().removeprefix("class.")
    heading = words(
        f"mail.spotlight.{kind if kind in KINDS else 'other'}",
        area=names_of(digest)(area),
        indicator=short(signal.indicator(words.language), 80),
        found=words(signal.said()),
    )
    summary = signal.summary(words.language)
    place = AlertPlace(signal.key.programme_id, signal.key.area_code, signal.key.indicator_id)
    if found := digest.comparables.get(place):
        lines = summary, found[0].brief(words)
        return Spotlight(signal, heading, lines, short(found[0].area_name))
    return Spotlight(signal, heading, (summary,))
