"""The line once more, from the points that an explanation shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flows.explain.facts import Fit, Year


def fitted(
    years: Sequence[Year], fit: Fit
) -> tuple[tuple[Year, ...], tuple[float, float | None, float | None] | None]:
    """The years with the line through them; slope, residual sum and error from the points."""
    parts: dict[int, list[Year]] = {}
    for year in years:
        if year.is_in_fit and year.segment is not None:
            parts.setdefault(year.segment, []).append(year)
    middles = {
        segment: (
            sum(each.year for each in part) / len(part),
            sum(each.fit_value or 0.0 for each in part) / len(part),
        )
        for segment, part in parts.items()
    }
    moved = [
        (each.year - middles[segment][0], (each.fit_value or 0.0) - middles[segment][1])
        for segment, part in parts.items()
        for each in part
    ]
    spread = sum(t * t for t, _ in moved)
    if not spread:
        return tuple(years), None
    slope = sum(t * y for t, y in moved) / spread
    residual = error = None
    if fit.meaningful_change:
        left = sum((y - slope * t) ** 2 for t, y in moved)
        residual = left / fit.meaningful_change**2
    lines = {}
    for segment, part in parts.items():
        middle, level = middles[segment]
        for each in part:
            line = level + slope * (each.year - middle)
            margin = None
            if fit.is_whole:
                share = 1 / len(part) + (each.year - middle) ** 2 / spread
                margin = 1.75 * fit.error_per_point * math.sqrt(share)
            lines[each.year] = (line, margin)
    sampling, pooled = fit.sampling_variance, fit.noise_variance
    if residual is not None and sampling is not None and pooled is not None:
        degrees = len(moved) - len(parts) - 1
        error = _slope_error(sampling + pooled, residual, degrees, spread)
    lined = tuple(_with_line(year, lines.get(year.year)) for year in years)
    return lined, (slope, residual, error)


def _slope_error(usual: float, residual: float, degrees: int, spread: float) -> float:
    """The standard error of a slope, in the unit of the roots of `usual` and `residual`.

    `usual` is e2 + tau2; an area that scatters far beyond it is taken by its own residuals.
    """
    variance = (12 * usual + residual) / (12 + degrees)
    if round(variance - 3 * usual, 9) > 0:
        variance = residual / max(degrees - 1.25, 0.08)
    return math.sqrt(variance / spread)


def _with_line(year: Year, line: tuple[float, float | None] | None) -> Year:
    if line is None:
        return year
    fitted, margin = line
    values = vars(year) | {"fitted": fitted}
    if margin is not None:
        values |= {"low": fitted - margin, "high": fitted + margin}
    return Year(**values)
