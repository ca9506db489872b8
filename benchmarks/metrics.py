"""Metrics, the levels that they are held against, and their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Figure:
    """A share of the editions asked after, and the number of series behind it."""

    share: float
    series: int
    spread: float | None = None  # of what is no share but a number, between its series

    @property
    def error(self) -> float:
        """Standard error, as if a series' editions all said the same."""
        if self.spread is not None:
            return float(self.spread / np.sqrt(max(self.series, 1)))
        return float(np.sqrt(max(self.share * (1 - self.share), 1e-4) / max(self.series, 1)))

    @property
    def shown(self) -> float:
        """In percent, or the number itself."""
        return self.share if self.spread is not None else 100 * self.share

    @property
    def cell(self) -> str:
        """As a table shows it."""
        return f"{self.shown:.{1 if self.spread is None else 2}f}"


@dataclass(frozen=True)
class Level:
    """A metric: which way is better, what it must be and what it is hoped to be.

    In percent, unless its figure is a number; `must` has two bounds where both sides are wrong.
    """

    metric: str
    must: float | tuple[float, float] | None = None
    ambition: float | tuple[float, float] | None = None
    at_least: bool = False

    def is_missed(self, figure: Figure, errors: float = 0.0) -> bool:
        """Whether it is worse than it must be by more than so many standard errors."""
        if self.must is None or figure.series == 0:
            return False
        slack = errors * figure.error * (1 if figure.spread is not None else 100)
        low, high = self._bounds(self.must)
        return not low - slack <= figure.shown <= high + slack

    def told(self, figure: Figure) -> str:
        """The figure and what it must be, in words."""
        low, high = self._bounds(self.must or 0)
        sign = "" if figure.spread is not None else "%"
        bound = {
            np.isinf(low): f"at most {high:g}{sign}",
            np.isinf(high): f"at least {low:g}{sign}",
        }.get(True, f"from {low:g} to {high:g}{sign}")
        return f"{self.metric}: {figure.cell}{sign}, must be {bound}"

    def _bounds(self, of: float | tuple[float, float]) -> tuple[float, float]:
        if isinstance(of, tuple):
            return of
        return (of, np.inf) if self.at_least else (-np.inf, of)

    def cell(self, of: float | tuple[float, float] | None) -> str:
        """A level as the table shows it."""
        if of is None:
            return ""
        if isinstance(of, tuple):
            return f"{of[0]:g} to {of[1]:g}"
        return f"{'>=' if self.at_least else '<='} {of:g}"


Figures = dict[str, Figure]


class Family(NamedTuple):
    """What is measured of one kind of panel, by seed and size; `size` is that of a full run."""

    levels: list[Level]
    measure: Callable[[int, int], Figures]
    size: int


def share(said: Array, of: Array) -> Figure:
    """How often it is said, of the series (or series and editions) `of`."""
    among = np.broadcast_to(of[:, None], said.shape) if of.ndim == 1 else of
    mean = float(said[among].mean()) if among.any() else 0.0
    return Figure(mean, int(among.any(axis=1).sum()))


def wrong(alert: Array, improving: Array, known: Array) -> Figure:
    """The alerts that fall on series that improve."""
    return share(np.broadcast_to(improving[:, None], alert.shape), alert & known[:, None])


def number(each: Array) -> Figure:
    """The mean of a number, one for each of independent cases."""
    return Figure(float(each.mean()), len(each), float(each.std()))


def table(levels: Sequence[Level], columns: Mapping[str, Mapping[str, Figure]]) -> str:
    """The metrics as docs/benchmarks.md shows them, in percent."""
    lines = [
        "| % | must | ambition | " + " | ".join(columns) + " |",
        "|---|---:|---:|" + "---:|" * len(columns),
    ]
    for level in levels:
        if not any(level.metric in figures for figures in columns.values()):
            continue
        cells = [
            level.metric,
            *(level.cell(bound) for bound in (level.must, level.ambition)),
            *(
                figures[level.metric].cell if level.metric in figures else ""
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
        level.told(figures[level.metric])
        for level in levels
        if level.metric in figures and level.is_missed(figures[level.metric], errors)
    ]
