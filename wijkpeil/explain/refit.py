"""The line once more, from the points that an explanation shows: what the warehouse has is held
against it, and drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wijkpeil.edition.rule import Rule
from wijkpeil.explain.model import Fit, Year


def recomputed(
    years: Sequence[Year], fit: Fit, rule: Rule
) -> tuple[float, float | None, float | None] | None:
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
        variance, _ = point_variance(sampling + pooled, residual, degrees, rule)
        error = math.sqrt(variance * memory_inflation(fit.autocorrelation) / spread)
    return slope, residual, error


def point_variance(usual: float, residual: float, degrees: int, rule: Rule) -> tuple[float, float]:
    """The variance of a point around its line, and the same as the pool alone would have it.

    `usual` is e2 + tau2; an area that scatters far beyond it is taken by its own residuals.
    """
    pooled = (rule.pool_weight * usual + residual) / (rule.pool_weight + degrees)
    if round(pooled - rule.own_noise_ratio * usual, rule.score_decimals) > 0:
        return residual / own_degrees(degrees, rule), pooled
    return pooled, pooled


def memory_inflation(autocorrelation: float) -> float:
    """How much wider errors that remember the year before make the variance of a slope."""
    return (1 + autocorrelation) / (1 - autocorrelation)


def own_degrees(degrees: int, rule: Rule) -> float:
    """The degrees of freedom that a noise of its own leaves an area."""
    return max(degrees - rule.own_noise_fewer_degrees, rule.own_noise_least_degrees)
