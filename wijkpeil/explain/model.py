"""The figures behind one class, and the line again through the points that are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from wijkpeil.edition.rule import Rule
from wijkpeil.explain.resolve import Choice
from wijkpeil.text import without_year


@dataclass(frozen=True)
class Year:
    """One year of the series: as published, as compared, and what the line says of it.

    `fit_value` is what the line is fitted to: the value, or on a gap axis how much better the area
    is than `compared`, the reference brought to its level. `low` and `high` are the margin
    of the line around `fitted`: 90% lies between them, so that each alone is 95% sure. `on_pace` is
    where it would be at the agreed pace, on the axis that is judged.
    """

    year: int
    status: str
    value: float | None
    value_as_published: float | None
    is_restated: bool
    moved_share: float | None
    standard_error: float | None
    source_id: str | None
    gemeente_value: float | None
    nl_value: float | None
    programme_value: float | None
    segment: int | None
    compared: float | None
    fit_value: float | None
    is_in_fit: bool
    fitted: float | None = None
    low: float | None = None
    high: float | None = None
    on_pace: float | None = None


@dataclass(frozen=True)
class Fit:
    """The row of core.trend, its window, and the size that matters with who decided it.

    Slopes are in units per year, up is better on a gap axis; what follows `score` is in units of
    `meaningful_change`. `pool` says over which areas the noise was pooled.
    """

    window_years: int
    line: str
    direction: int
    points: int
    segments: int
    first_year: int | None
    last_year: int | None
    suppressed_share: float | None
    mean_value: float | None
    scale: float
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    meaningful_change: float | None
    change_per_year: float | None
    change_relative: float | None
    change_owner: str | None
    change_decided_on: date | None
    change_reason: str | None
    is_own_change: bool
    score: float | None
    slope_error: float | None
    residual_sum: float | None
    sampling_variance: float | None
    noise_variance: float | None
    has_own_noise: bool
    autocorrelation: float | None
    recent_slope: float | None
    recent_score: float | None
    recent_error: float | None
    bend: str | None
    pool: str | None
    degrees_of_freedom: int | None
    year_spread: float | None

    @property
    def is_whole(self) -> bool:
        """Whether there is a line with a margin."""
        return None not in (self.slope, self.slope_error, self.meaningful_change)

    def above(self, quantile: float) -> float:
        """The favourable end of the margin, b + quantile x s; needs `is_whole`."""
        return (self.score or 0.0) + quantile * (self.slope_error or 0.0)

    @property
    def error_per_point(self) -> float:
        """The standard deviation of a point around the line, in the unit; needs `is_whole`."""
        spread = math.sqrt(self.year_spread or 0.0)
        return (self.slope_error or 0.0) * spread * (self.meaningful_change or 0.0)


@dataclass(frozen=True)
class Source:
    """A source that the series rests on, with the years it gave."""

    source_id: str
    years: tuple[int, ...]
    title: str | None
    retrieved_on: date | None
    licence: str | None
    attribution: str | None
    is_synthetic: bool

    @property
    def series(self) -> str:
        """The title without its year: yearly tables are one source to a reader."""
        return without_year(self.title or self.source_id)[0]


@dataclass(frozen=True)
class Explanation:
    """Everything that one class rests on; `row` is marts.stagnation, `trend` core.trend, `rule`
    what the edition was judged by. From the comparators in `without_area`
    the area itself, a large part of them, is left out."""

    choice: Choice
    row: dict[str, Any]
    trend: dict[str, Any]
    area: dict[str, Any]
    indicator: dict[str, Any]
    programme: dict[str, Any] | None
    years: tuple[Year, ...]
    fit: Fit
    rule: Rule
    recomputed: tuple[float, float | None, float | None] | None
    past: tuple[tuple[int, str], ...]
    other_axes: dict[str, str]
    comparability: dict[str, Any] | None
    breaks: tuple[tuple[int, str], ...]
    suspected: tuple[tuple[int, float, float], ...]
    sources: tuple[Source, ...]
    without_area: frozenset[str]
    edition_id: str
    is_synthetic: bool

    @property
    def is_gap(self) -> bool:
        """Whether the class is about a difference with a reference."""
        return self.choice.axis != "own"

    @property
    def is_recomputed_alike(self) -> bool:
        """Whether the points give the slope, residual sum and error that the warehouse has."""
        fit = self.fit
        if self.recomputed is None:
            return fit.slope is None
        told = (fit.slope, fit.residual_sum, fit.slope_error)
        return all(
            (one is None) == (other is None)
            and math.isclose(one or 0.0, other or 0.0, rel_tol=1e-6, abs_tol=1e-6)
            for one, other in zip(self.recomputed, told, strict=True)
        )
