"""Metrics, the levels that they are held against, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Figure:
    """A share of the editions asked after, and the number of series behind it."""

    share: float
    series: int

    @property
    def error(self) -> float:
        """Standard error, as if a series' editions all said the same."""
        return float(np.sqrt(max(self.share * (1 - self.share), 1e-4) / max(self.series, 1)))


@dataclass(frozen=True)
class Level:
    """A metric: which way is better, what it must be and what it is hoped to be, in percent."""

    metric: str
    must: float | None = None
    ambition: float | None = None
    at_least: bool = False

    def is_missed(self, figure: Figure, errors: float = 0.0) -> bool:
        """Whether it is worse than it must be by more than so many standard errors."""
        if self.must is None or figure.series == 0:
            return False
        slack = 100 * errors * figure.error
        value = 100 * figure.share
        return value < self.must - slack if self.at_least else value > self.must + slack


def share(said: Array, of: Array) -> Figure:
    """How often it is said, of the series (or series and editions) `of`."""
    among = np.broadcast_to(of[:, None], said.shape) if of.ndim == 1 else of
    count = int(among.sum())
    share = float(said[among].mean()) if count else 0.0
    return Figure(share, int(among.any(axis=1).sum()))


def wrong(alert: Array, improving: Array, known: Array) -> Figure:
    return share(np.broadcast_to(improving[:, None], alert.shape), alert & known[:, None])


def table(levels: Sequence[Level], columns: Mapping[str, Mapping[str, Figure]]) -> str:
    """The metrics as docs/benchmarks.md shows them, in percent."""
    lines = [
        "| % | must | ambition | " + " | ".join(columns) + " |",
        "|---|---:|---:|" + "---:|" * len(columns),
    ]
    for level in levels:
        if not any(level.metric in figures for figures in columns.values()):
            continue
        sign = ">= " if level.at_least else "<= "
        cells = [
            level.metric,
            *("" if x is None else f"{sign}{x:g}" for x in (level.must, level.ambition)),
            *(
                f"{100 * figures[level.metric].share:.1f}" if level.metric in figures else ""
                for figures in columns.values()
            ),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def missed(
    levels: Sequence[Level], figures: Mapping[str, Figure], errors: float = 0.0
) -> list[str]:
    """The metrics that are worse than they must be, each with its figure and its level."""
    return [
        f"{level.metric}: {100 * figures[level.metric].share:.1f}%, must be "
        f"{'at least' if level.at_least else 'at most'} {level.must:g}%"
        for level in levels
        if level.metric in figures and level.is_missed(figures[level.metric], errors)
    ]
