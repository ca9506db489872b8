"""The line once more, from the points that an explanation shows: what the warehouse has is held
against it, and drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wijkpeil.explain.model import Fit, Year


def recomputed(years: Sequence[Year], fit: Fit) -> tuple[float, float | None, float | None] | None:
    """Slope, residual sum and error from the points; None where no line goes through them."""
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
        return None
    slope = sum(t * y for t, y in moved) / spread
    residual = error = None
    if fit.meaningful_change:
        left = sum((y - slope * t) ** 2 for t, y in moved)
        residual = left / fit.meaningful_change**2
    sampling, pooled = fit.sampling_variance, fit.noise_variance
    if residual is not None and sampling is not None and pooled is not None:
        degrees = len(moved) - len(parts) - 1
        error = _slope_error(sampling + pooled, residual, degrees, spread)
    return slope, residual, error


def _slope_error(usual: float, residual: float, degrees: int, spread: float) -> float:
    """The standard error of a slope, in the unit of the roots of `usual` and `residual`.

    `usual` is e2 + tau2; an area that scatters far beyond it is taken by its own residuals.
    """
    variance = (12 * usual + residual) / (12 + degrees)
    if round(variance - 3 * usual, 9) > 0:
        variance = residual / max(degrees - 1.25, 0.08)
    return math.sqrt(variance / spread)
