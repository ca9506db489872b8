"""Which signals weigh most: what is told first, and what stands in the first lines."""

from __future__ import annotations

from collections.abc import Iterable

from wijkpeil.alerts.edition import Signal

# what a neighbourhood programme is held to first; what else is, the catalog says
_SAFETY = "safety"


def rank(signal: Signal) -> tuple[bool, int, bool, int]:
    """What gets worse first, then what lasts longest, then safety and what the catalog has told
    first, then as in the catalog."""
    return (
        signal.trend_class != "deteriorating",
        -signal.editions_in_a_row,
        not (signal.theme == _SAFETY or signal.is_told_first),
        signal.catalog_order,
    )


def weightiest(signals: Iterable[Signal]) -> list[Signal]:
    """One on safety and one that the catalog has told first, where there are; then as ranked."""
    ranked = sorted(signals, key=rank)
    of_safety = [each for each in ranked if each.theme == _SAFETY][:1]
    told_first = [each for each in ranked if each.is_told_first][:1]
    return list(dict.fromkeys([*of_safety, *told_first, *ranked]))
