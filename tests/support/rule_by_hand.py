"""The rule in plain Python with its numbers written out: what tests hold the SQL against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, sqrt
from statistics import median, median_low
from typing import NamedTuple


class Line(NamedTuple):
    """A straight line through the points of one window, in changes that matter; up is better."""

    years: tuple[int, ...]
    slope: float
    spread: float
    rests: tuple[float, ...]
    # the mean squared error of the points themselves
    sampling: float = 0.0

    @property
    def points(self) -> int:
        return len(self.years)

    @property
    def freedom(self) -> int:
        return self.points - 2

    @property
    def residual(self) -> float:
        return fsum(rest * rest for rest in self.rests)

    @property
    def is_whole(self) -> bool:
        """Whether every year from the first to the last has a figure."""
        return self.years[-1] - self.years[0] + 1 == self.points


class Judged(NamedTuple):
    """How sure a line is of its slope."""

    error: float
    has_own_noise: bool

    @property
    def entry_errors(self) -> float:
        """The errors above a slope that must stay under what matters for a new alert."""
        wide = 1.7 + 0.5 * max(self.error - 1, 0)
        return max(wide, 2.3) if self.has_own_noise else wide


def line_through(window: Mapping[int, float], sampling: float = 0.0) -> Line:
    years = sorted(window)
    middle, level = fsum(years) / len(years), fsum(window.values()) / len(years)
    spread = fsum((year - middle) ** 2 for year in years)
    slope = fsum((year - middle) * (window[year] - level) for year in years) / spread
    rests = tuple(window[year] - level - slope * (year - middle) for year in years)
    return Line(tuple(years), slope, spread, rests, sampling)


def scatters_beyond(line: Line, usual: float) -> bool:
    """Whether a line has a noise of its own beside what is usual."""
    pooled = (20 * usual + line.residual) / (20 + line.freedom)
    return pooled > 2 * usual + 1e-9


def noise_of(lines: Sequence[Line]) -> float:
    """The noise of a pool: from its median, and twice the mean of who has no noise of its own."""
    scatter = [
        # the median of a chi-squared beside its mean, by Wilson and Hilferty
        line.residual / (line.freedom * (1 - 2 / (9 * line.freedom)) ** 3) - line.sampling
        for line in lines
    ]
    scatter = [round(each, 9) for each in scatter]
    if median(scatter) > 0 or any(line.sampling > 0 for line in lines):
        noise = max(median_low(scatter), 0.0)
    else:
        noise = _mean_scatter(lines)
    for _ in range(2):
        noise = _mean_scatter(
            [line for line in lines if not scatters_beyond(line, noise + line.sampling)]
        )
    return noise


def _mean_scatter(lines: Sequence[Line]) -> float:
    beyond = fsum(line.residual - line.freedom * line.sampling for line in lines)
    return max(0.0, beyond / sum(line.freedom for line in lines))


def memory_of(newest: Iterable[tuple[Line, float]]) -> float | None:
    """The autocorrelation of a pool: of the newest window of each series, with its noise; None of
    fewer than 20."""
    told = [
        (line, noise + line.sampling)
        for line, noise in newest
        if line.points >= 6
        and line.is_whole
        and line.residual > 1e-9
        and not scatters_beyond(line, noise + line.sampling)
    ]
    if len(told) < 20:
        return None
    remembered = fsum(
        (
            fsum(one * next_one for one, next_one in zip(line.rests, line.rests[1:], strict=False))
            + 2 / line.points * line.residual
        )
        / usual
        for line, usual in told
        if usual
    )
    possible = fsum(
        (1 - 4.2 / line.points) * line.residual / usual for line, usual in told if usual
    )
    return round(max(0.0, min(remembered / possible, 0.7)), 3) if possible > 0 else None


def judged(line: Line, noise: float, memory: float | None) -> Judged:
    usual = noise + line.sampling
    has_own_noise = scatters_beyond(line, usual)
    if has_own_noise:
        variance = line.residual / max(line.freedom - 1.35, 0.08)
    else:
        variance = (20 * usual + line.residual) / (20 + line.freedom)
    # where no memory is known none is counted
    inflation = 1 if memory is None else (1 + memory) / (1 - memory)
    return Judged(sqrt(variance * inflation / line.spread), has_own_noise)


def class_of(slope: float, judged: Judged, *, was_alert: bool) -> str:
    """The class; `was_alert` says whether an alert was up in the edition before."""
    error = judged.error
    if slope <= -1 and slope + 1.7 * error < 0:
        return "deteriorating"
    if slope >= 1 and slope - 1.7 * error > 0:
        return "improving"
    if slope + judged.entry_errors * error < 1 or (was_alert and slope + 0.65 * error < 1):
        return "stagnating"
    return "inconclusive"
