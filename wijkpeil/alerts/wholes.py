"""An area as a whole: what it rests on, and when its end can be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from wijkpeil.alerts.edition import ALERT_CLASSES, HELD_AGAINST, FollowedEdition, Signal
from wijkpeil.alerts.ledger import AlertKey

CONCLUSIVE = (*ALERT_CLASSES, "improving", *HELD_AGAINST)


def part_key(signal: Signal, whole: AlertKey) -> AlertKey:
    """Where the ledger keeps the class of an indicator that an area as a whole rested on."""
    return signal.key._replace(axis=f"{whole.axis}:{whole.indicator_id}")


def of_whole(whole: AlertKey, signals: Iterable[Signal]) -> list[Signal]:
    """Those of these signals that an area as a whole is made of."""
    return [
        signal
        for signal in signals
        if signal.key.area_code == whole.area_code and signal.theme == whole.indicator_id
    ]


def past_parts(
    edition: FollowedEdition, whole: AlertKey, indicators: Iterable[str], year: int
) -> dict[str, str]:
    """The classes of these indicators of the area for an edition year, as this build has them."""
    keys = {each: whole._replace(indicator_id=each, axis="own") for each in indicators}
    past = {each: edition.past.get((key, year)) for each, key in keys.items()}
    return {each: found for each, found in past.items() if found is not None}


def rests_on_figures(basis: Collection[str], classes: Mapping[str, str]) -> bool:
    """Whether each of these indicators is assessed by these classes; one that is not there is
    not, so that no area recovers by losing its figures."""
    return all(classes.get(each, "insufficient") != "insufficient" for each in basis)
