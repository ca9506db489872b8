"""An area as a whole: what it rests on, when it may be mailed, and when its end can be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from wijkpeil.alerts.edition import (
    ALERT_CLASSES,
    HELD_AGAINST,
    FollowedEdition,
    Rollup,
    Signal,
)
from wijkpeil.alerts.ledger import AlertKey
from wijkpeil.edition.rule import Rule

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


def may_be_mailed(
    rollup: Rollup,
    threshold: str,
    up: Sequence[Signal],
    conclusive: Iterable[Signal],
    counts_with: Mapping[str, str],
    rule: Rule,
) -> bool:
    """Whether the alerts with an open mail gate would do by themselves, counted as
    marts.area_alert does: indicators of one cause once, where at least half of those of the cause
    that are `conclusive` have one."""
    found = [signal for signal in up if signal.is_mailable]
    if threshold == "structural":
        found = [signal for signal in found if signal.is_lasting]
    told, of_cause = (
        Counter(counts_with.get(s.key.indicator_id, s.key.indicator_id) for s in each)
        for each in (found, conclusive)
    )
    alerts = sum(2 * count >= of_cause[cause] for cause, count in told.items())
    if threshold == "structural":
        return alerts >= rule.structural_indicators
    if rollup.conclusive >= rule.area_many_conclusive:
        return alerts >= rule.area_alerts and rule.area_one_in * alerts >= rollup.conclusive
    return rollup.conclusive >= rule.area_few_conclusive and alerts >= rule.area_alerts_of_few


def rests_on_figures(basis: Collection[str], classes: Mapping[str, str]) -> bool:
    """Whether each of these indicators is assessed by these classes; one that is not there is
    not, so that no area recovers by losing its figures."""
    return all(classes.get(each, "insufficient") != "insufficient" for each in basis)
