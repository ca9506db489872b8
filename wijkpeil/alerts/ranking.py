"""Which signals weigh most: what is told first, and what stands in the first lines."""

from __future__ import annotations

from collections.abc import Iterable

from wijkpeil.alerts.edition import Signal

# what a neighbourhood programme is held to first: safety, and what people have to live on
_SAFETY, _INCOME = "safety", "income"


def is_first_concern(signal: Signal) -> bool:
    """Whether it is about safety or income."""
    return signal.theme == _SAFETY or _INCOME in signal.key.indicator_id


def rank(signal: Signal) -> tuple[bool, int, bool, int]:
    """What gets worse first, then what lasts longest, then safety and income, then as in the
    catalog."""
    return (
        signal.trend_class != "deteriorating",
        -signal.editions_in_a_row,
        not is_first_concern(signal),
        signal.catalog_order,
    )


def weightiest(signals: Iterable[Signal]) -> list[Signal]:
    """One on safety and one on income first, where there are; then as ranked."""
    ranked = sorted(signals, key=rank)
    of_safety = [each for each in ranked if each.theme == _SAFETY][:1]
    of_income = [each for each in ranked if _INCOME in each.key.indicator_id][:1]
    return list(dict.fromkeys([*of_safety, *of_income, *ranked]))
