"""The bounds of what can be known of a panel: by its true noise, and by an ideal observer."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from judged import GAP, OWN, WINDOW, Verdict
from metrics import Figure
from numpy.typing import NDArray
from panel import AUTOCORRELATION, KINDS, MIXTURE, NATIONAL_MIXTURE, Kind, Panel

Array = NDArray[Any]


def covariance(panel: Panel, axis: str = OWN, kinds: Mapping[str, Kind] = KINDS) -> Array:
    """The true covariance of each series' years around its line, in meaningful changes."""
    lag = np.abs(panel.years[:, None] - panel.years[None, :])
    shared = np.array([kinds[kind].shared for kind in panel.kind])
    remembered = panel.process**2 + (shared**2 if axis == OWN else 0)
    noise = remembered[:, None, None] * AUTOCORRELATION**lag
    diagonal = np.arange(len(panel.years))
    noise[:, diagonal, diagonal] += panel.sampling**2
    return noise


def information(panel: Panel) -> Array:
    """A meaningful change over the true error of the line, by series and edition.

    0 where the window lacks years.
    """
    noise = covariance(panel)
    found = np.zeros((len(panel.slope), len(panel.editions)))
    for column, edition in enumerate(panel.editions):
        seen = (panel.years > edition - WINDOW) & (panel.years <= edition)
        year = panel.years[seen] - panel.years[seen].mean()
        weight = year / (year @ year)
        error = np.sqrt(np.einsum("i,sij,j->s", weight, noise[:, seen][:, :, seen], weight))
        full = np.isfinite(panel.value[:, seen]).all(axis=1)
        full &= (panel.segment[:, seen] == panel.segment[:, seen][:, :1]).all(axis=1)
        found[:, column] = np.where(full, 1 / error, 0)
    return found


def against_ideal(panel: Panel, verdict: Verdict, axis: str) -> Figure | None:
    """Of the not improving that an ideal observer alerts at as many false alerts, how many are.

    It knows the mixture that the slopes come from, the noise, and that lines are straight, and it
    uses every year of the first edition; the rule is taken without its memory. What is improving
    is counted by the chance that the ideal gives it, which wavers less than the truth itself.
    None for a rule with more than 5% false alerts: who may be wrong that often finds all.
    """
    which = panel.scenario == "continuous"
    some = panel.of(which).first_edition()
    alert = (verdict.is_alert & ~verdict.is_held)[which, 0]
    improving = _chance_of_improving(*_best_slopes(some, axis), axis)
    if improving[alert].sum() > 0.05 * improving.sum():
        return None
    order = np.argsort(improving)
    # the ideal alerts from the least doubtful on, until as many are wrong
    reach = np.searchsorted(np.cumsum(improving[order]), improving[alert].sum(), side="right")
    best = (1 - improving[order][:reach]).sum()
    return Figure(float((1 - improving[alert]).sum() / max(best, 1)), int(alert.sum()))


def _best_slopes(panel: Panel, axis: str) -> tuple[Array, Array]:
    """Slopes by generalised least squares under the true noise, and their standard errors."""
    score = np.empty_like(panel.value)
    for name, fact in KINDS.items():
        at = panel.kind == name
        value, national = panel.value[at], panel.national[at]
        if fact.change_relative is None:
            scale = fact.direction * (fact.change_per_year or 0)
        else:
            # a change by a share is a straight line in logs; half an event keeps zero finite
            error, scale = panel.error[at], fact.direction * fact.change_relative
            event = np.where(value > 0, error**2 / np.where(value > 0, value, 1), error)
            value, national = np.log(value + event / 2), np.log(national)
        score[at] = (value - national if axis == GAP else value) / scale
    noise = covariance(panel, axis)
    slope, slope_error = np.empty((2, len(score)))
    for history in np.unique(panel.history):
        at = panel.history == history
        span = panel.years > panel.editions[0] - history
        line = np.stack([np.ones(int(span.sum())), panel.years[span] - panel.editions[0]], axis=1)
        weight = np.linalg.inv(noise[at][:, span][:, :, span])
        spread = np.linalg.inv(np.einsum("yi,syz,zj->sij", line, weight, line))
        slope[at] = np.einsum("sij,yj,syz,sz->si", spread, line, weight, score[at][:, span])[:, 1]
        slope_error[at] = np.sqrt(spread[:, 1, 1])
    return slope, slope_error


def _chance_of_improving(slope: Array, error: Array, axis: str) -> Array:
    """The chance of a slope of at least 1, given the estimate and the mixture it comes from."""
    share, mean, spread = np.array(MIXTURE).T
    if axis == GAP:
        mean, spread = mean - NATIONAL_MIXTURE[0], np.hypot(spread, NATIONAL_MIXTURE[1])
    estimate, variance = slope[:, None], error[:, None] ** 2
    total = spread**2 + variance
    weight = share / np.sqrt(total) * np.exp(-((estimate - mean) ** 2) / total / 2)
    middle = (estimate * spread**2 + mean * variance) / total
    above = _normal((middle - 1) / np.sqrt(spread**2 * variance / total))
    return (weight * above).sum(axis=1) / weight.sum(axis=1)


_normal = np.vectorize(NormalDist().cdf, otypes=[float])


def told_apart(panel: Panel, course: Array, edition: int, kinds: Mapping[str, Kind]) -> Array:
    """How far a course by year, in meaningful changes, lies from none in one window: in standard
    deviations of what tells the two apart best, with the true noise and without the level."""
    seen = (panel.years > edition - WINDOW) & (panel.years <= edition)
    weight = np.linalg.inv(covariance(panel, kinds=kinds)[:, seen][:, :, seen])
    level = np.ones(int(seen.sum()))
    of_course, of_both, of_level = (
        np.einsum("i,sij,j->s", one, weight, other)
        for one, other in (
            (course[seen], course[seen]),
            (course[seen], level),
            (level, level),
        )
    )
    return np.sqrt(of_course - of_both**2 / of_level)


def found_at(distance: Array, wrong: float) -> float:
    """The share that is found of what lies so far from what is found wrongly in `wrong` of all."""
    return float(_normal(distance - NormalDist().inv_cdf(1 - wrong)).mean())
