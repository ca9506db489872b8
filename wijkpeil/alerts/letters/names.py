"""What areas are called in a mail: by their name alone, where that is enough to know them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wijkpeil.alerts.digest import Digest
from wijkpeil.alerts.edition import Signal
from wijkpeil.alerts.items import AreaItems
from wijkpeil.alerts.ranking import weightiest
from wijkpeil.text import short, without_number
from wijkpeil.words import Words

# a badge or a subject tells the worst of these that an area has; of a gap it is not said that the
# figure itself stands still
KINDS = ("deteriorating", "gap_deteriorating", "stagnating", "gap_stagnating")


@dataclass(frozen=True)
class Names:
    """The names of the areas of a digest by code, and their gemeenten where there are several."""

    by_code: dict[str, str]
    gemeenten: dict[str, str]

    def __call__(self, area: AreaItems) -> str:
        """The name, with its gemeente in brackets where areas lie in several."""
        name = self.by_code[area.area_code]
        gemeente = self.gemeenten.get(area.area_code)
        return f"{name} ({gemeente})" if gemeente else name


def names_of(digest: Digest) -> Names:
    """Names without the number that CBS puts before them, where no two are the same then."""
    told = (digest.new, digest.continuing, digest.recovered, digest.corrected, digest.ended)
    areas = [area for part in told for area in part]
    whole = {code: short(place.area_name) or code for code, place in digest.places.items()}
    whole |= {area.area_code: short(area.area_name) or area.area_code for area in areas}
    plain = {code: without_number(name) for code, name in whole.items()}
    gemeenten = {area.area_code: short(area.gemeente_name or "") for area in areas}
    is_known = len({*plain.values()}) == len(plain)
    is_known = is_known and not {*plain.values()} & {*gemeenten.values()}
    several = len({*filter(None, gemeenten.values())}) > 1
    return Names(plain if is_known else whole, gemeenten if several else {})


def kind_of(signals: Iterable[Signal]) -> str:
    """The worst that these signals say of their area."""
    found = {signal.said().removeprefix("class.") for signal in signals}
    return next((kind for kind in KINDS if kind in found), "stagnating")


def is_better(area: AreaItems) -> bool:
    """Whether something that is over in it surely gets better, and is not only untold now."""
    return any(item.trend_class == "improving" for item in area.items)


def indicators_of(signals: Sequence[Signal], words: Words, *, most: int) -> str:
    """The indicators of these signals, those that weigh most first."""
    return words.some([s.indicator(words.language) for s in weightiest(signals)], most)


def theme_name(theme: str, words: Words) -> str:
    """A theme in the language of the mail; one of an own catalog as it is there."""
    return words(f"theme.{theme}") if theme in ("liveability", "safety") else short(theme)
