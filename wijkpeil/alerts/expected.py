"""How many signals of a mail are wrong, and how many areas that stand still are not seen.

What has one cause counts once: indicators of one area that `counts_with` the same. Of a cause the
mean of its chances counts, which is right whatever its indicators have in common: a cause of which
half of the signals are wrong counts for a half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wijkpeil.alerts.edition import Signal

# these cannot be told to stand still, or need not
_LEFT_OUT = ("insufficient", "at_level")


@dataclass(frozen=True)
class Expected:
    """So many signals, of so many causes, of which so many causes are wrong by expectation."""

    signals: int
    causes: int
    wrong: float


@dataclass(frozen=True)
class Unseen:
    """Of so many causes with a class so many stand still or get worse by expectation, and so many
    of these without a signal."""

    causes: int
    standing_still: float
    unseen: float


def expected_wrong(signals: Iterable[Signal], counts_with: Mapping[str, str]) -> Expected:
    """Of these signals, how many causes are wrong."""
    causes: dict[tuple[str, str], list[float]] = {}
    for signal in {signal.key: signal for signal in signals}.values():
        if signal.wrong_chance is None:
            raise ValueError(f"{signal.key} is a signal without a local_fdr")
        causes.setdefault(_cause(signal, counts_with), []).append(signal.wrong_chance)
    return Expected(
        sum(map(len, causes.values())),
        len(causes),
        sum(sum(chances) / len(chances) for chances in causes.values()),
    )


def expected_unseen(signals: Iterable[Signal], counts_with: Mapping[str, str]) -> Unseen:
    """Of all that is judged, how much stands still without a signal."""
    causes: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for signal in signals:
        if signal.standstill_chance is not None and signal.trend_class not in _LEFT_OUT:
            row = (signal.standstill_chance, not signal.is_alert)
            causes.setdefault(_cause(signal, counts_with), []).append(row)
    every = causes.values()
    return Unseen(
        len(causes),
        sum(sum(chance for chance, _ in rows) / len(rows) for rows in every),
        sum(sum(chance for chance, is_unseen in rows if is_unseen) / len(rows) for rows in every),
    )


def _cause(signal: Signal, counts_with: Mapping[str, str]) -> tuple[str, str]:
    indicator_id = signal.key.indicator_id
    return signal.key.area_code, counts_with.get(indicator_id, indicator_id)
