"""Rules that are in use elsewhere, on the same figures: what they would say of a panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from judged import ALERTS, GAP, WINDOW, Judge, Verdict
from numpy.typing import NDArray
from panel import KINDS, Panel

Array = NDArray[Any]


@dataclass(frozen=True)
class Window:
    """The last eight years of every series: scores in meaningful changes, and a line through."""

    year: Array
    score: Array
    points: Array
    first: Array
    last: Array
    slope: Array
    error: Array
    freedom: Array

    @property
    def is_enough(self) -> Array:
        """The same demands on the figures as the project's rule makes."""
        last_seen = np.where(np.isfinite(self.score), self.year, -np.inf).max(axis=1)
        first_seen = np.where(np.isfinite(self.score), self.year, np.inf).min(axis=1)
        return (
            (self.points >= 4)
            & (self.freedom >= 1)
            & (last_seen - first_seen >= 3)
            & (self.year.max() - last_seen <= 2)
        )


def window(panel: Panel, edition: int, axis: str) -> Window:
    """What the rules see in one edition; the line may step at a known break."""
    seen = (panel.years > edition - WINDOW) & (panel.years <= edition)
    year = panel.years[seen].astype(float)
    value, national = panel.value[:, seen], panel.national[:, seen]
    segment = panel.segment[:, seen]
    has = np.isfinite(value)
    level = _mean(value, has)
    scale = np.empty(len(value))
    for name, fact in KINDS.items():
        at = panel.kind == name
        if fact.change_relative is None:
            scale[at] = fact.direction * (fact.change_per_year or 0)
        else:
            scale[at] = fact.direction * fact.change_relative * level[at]
            country = np.where(has.any(axis=1), _mean(national, has), 1)
            national = np.where(at[:, None], national * (level / country)[:, None], national)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (value - national if axis == GAP else value) / scale[:, None]
    has &= np.isfinite(score)

    spread, product, square = np.zeros((3, len(value)))
    segments, points = np.zeros((2, len(value)), dtype=int)
    for number in np.unique(segment):
        inside = has & (segment == number)
        inside &= (inside.sum(axis=1) >= 2)[:, None]
        x = np.where(inside, year - _mean(np.broadcast_to(year, inside.shape), inside)[:, None], 0)
        y = np.where(inside, score - _mean(score, inside)[:, None], 0)
        spread += (x * x).sum(axis=1)
        product += (x * y).sum(axis=1)
        square += (y * y).sum(axis=1)
        segments += inside.any(axis=1)
        points += inside.sum(axis=1)
    freedom = points - segments - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = product / spread
        rest = np.maximum(square - product**2 / spread, 0)
        error = np.sqrt(rest / np.maximum(freedom, 1) / spread)
    score = np.where(has, score, np.nan)
    order = np.arange(len(year))
    first = np.where(has, order, len(year)).min(axis=1).clip(max=len(year) - 1)
    last = np.where(has, order, -1).max(axis=1).clip(min=0)
    return Window(year, score, points, first, last, slope, error, freedom)


def _mean(value: Array, where: Array) -> Array:
    return np.where(where, value, 0).sum(axis=1) / np.maximum(where.sum(axis=1), 1)


def last_minus_first(seen: Window) -> Array:
    """The change a year from the first figure to the last, noise or not."""
    row = np.arange(len(seen.score))
    change = seen.score[row, seen.last] - seen.score[row, seen.first]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = change / (seen.year[seen.last] - seen.year[seen.first])
    return np.select([change >= 1, change <= -1], ["improving", "deteriorating"], "stagnating")


def least_squares(seen: Window) -> Array:
    """Stagnation is a line of which the slope does not differ from 0 at p <= 0.05."""
    from scipy import stats

    bound = stats.t.ppf(0.975, np.maximum(seen.freedom, 1)) * seen.error
    return np.select(
        [seen.slope > bound, seen.slope < -bound], ["improving", "deteriorating"], "stagnating"
    )


def mann_kendall(seen: Window) -> Array:
    """Stagnation is what pymannkendall calls no trend."""
    import pymannkendall

    names = {"increasing": "improving", "decreasing": "deteriorating", "no trend": "stagnating"}
    found = np.full(len(seen.score), "insufficient", dtype="U14")
    for row in np.nonzero(seen.is_enough)[0]:
        score = seen.score[row]
        found[row] = names[pymannkendall.original_test(score[np.isfinite(score)]).trend]
    return found


def two_one_sided_tests(seen: Window) -> Array:
    """Stagnation is a slope that is proven to lie between -1 and 1: least squares and TOST."""
    from scipy import stats

    bound = stats.t.ppf(0.95, np.maximum(seen.freedom, 1)) * seen.error
    return np.select(
        [
            (seen.slope <= -1) & (seen.slope + bound < 0),
            (seen.slope >= 1) & (seen.slope - bound > 0),
            (seen.slope + bound < 1) & (seen.slope - bound > -1),
        ],
        ["deteriorating", "improving", "stagnating"],
        "inconclusive",
    )


Rule = Callable[[Window], Array]
RULES: dict[str, Rule] = {
    "last-first": last_minus_first,
    "OLS": least_squares,
    "MK": mann_kendall,
    "TOST": two_one_sided_tests,
}


def judged_by(rule: Rule) -> Judge:
    """A rule that looks at one window and remembers nothing."""

    def judge(panel: Panel, axes: Sequence[str]) -> dict[str, Verdict]:
        verdicts = {}
        for axis in axes:
            windows = [window(panel, edition, axis) for edition in panel.editions]
            is_enough = np.stack([seen.is_enough for seen in windows], axis=1)
            said = np.stack([rule(seen) for seen in windows], axis=1)
            label = np.where(is_enough, said, "insufficient")
            is_alert = np.isin(label, ALERTS)
            verdicts[axis] = Verdict(
                label=label,
                is_alert=is_alert,
                is_held=np.zeros_like(is_alert),
                is_mailed=is_alert,
                slope=np.where(is_enough, np.stack([s.slope for s in windows], axis=1), np.nan),
            )
        return verdicts

    return judge
