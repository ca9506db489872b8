"""Mails of simulated programmes: how many of their signals are wrong, beside what the mail says.

A signal is wrong when the wijk truly improves by what matters or more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hard_panels import WINDOW, around
from judged import OWN, judged_by_sql
from metrics import Figure, Figures, Level, number, share
from metrics import wrong as wrong_share
from numpy.typing import NDArray
from panel import KINDS, LAST_YEAR, MIXTURE, Panel, autocorrelated

Array = NDArray[Any]

# of the noise in the years of a wijk half is common to its indicators; chance in counts and samples
# is of each alone
CORRELATED = 0.5
_ALONE = np.sqrt(1 - CORRELATED)
MAIL_KINDS = {
    name: kind._replace(process=kind.process * _ALONE, scatter=kind.scatter * _ALONE)
    for name, kind in KINDS.items()
}
INDICATORS = ("grade", "grade", "count", "count", "count", "register", "register", "register")
WIJKEN = (5, 20)
# countries: shares of who stands still, improves as planned and gets worse; those of a programme
# lie around them
COUNTRIES = ((0.45, 0.35, 0.20), (0.75, 0.15, 0.10), (0.15, 0.75, 0.10), (0.30, 0.30, 0.40))
PROGRAMME_ALIKE = 10.0
# what a mail says of its errors where the SQL has no rate: that one may be wrong, from ten on
FIXED_FROM = 10


class Mailed(NamedTuple):
    """A panel and the programme of each of its series."""

    panel: Panel
    programme: Array


def mailed_panel(seed: int, programmes: int) -> Mailed:
    """Programmes of 5 to 20 wijken with 8 indicators, in four countries of which the noise is
    pooled; four editions."""
    rng = np.random.default_rng([seed, 17])
    means, spreads = np.array(MIXTURE)[:, 1:].T
    wijken = rng.integers(WIJKEN[0], WIJKEN[1] + 1, programmes)
    of_wijk = np.repeat(np.arange(programmes), wijken)
    country = np.arange(programmes) % len(COUNTRIES)
    shares = np.array([rng.dirichlet(PROGRAMME_ALIKE * np.array(COUNTRIES[c])) for c in country])
    size = len(of_wijk) * len(INDICATORS)
    wijk = np.repeat(np.arange(len(of_wijk)), len(INDICATORS))
    programme = of_wijk[wijk]
    number = np.tile(np.arange(len(INDICATORS)), len(of_wijk))
    kind = np.array(INDICATORS)[number]
    bound = np.cumsum(shares, axis=1)[programme]
    part = (rng.random(size)[:, None] > bound[:, :-1]).sum(axis=1)
    slope = rng.normal(means[part], spreads[part])

    years = np.arange(LAST_YEAR - WINDOW - 2, LAST_YEAR + 1)
    shape = (len(of_wijk), len(years))
    remembered, scattered = autocorrelated(rng, shape)[wijk], rng.normal(0, 1, shape)[wijk]
    process, scatter = (
        np.sqrt(CORRELATED) * np.array([getattr(KINDS[k], name) for k in kind])[:, None]
        for name in ("process", "scatter")
    )
    panel = around(
        rng,
        kind=kind,
        kinds=MAIL_KINDS,
        scenario=np.full(size, "mailed"),
        path=slope[:, None] * (years - years.mean()) + process * remembered + scatter * scattered,
        years=years,
        editions=range(LAST_YEAR - 3, LAST_YEAR + 1),
        slope=slope,
        indicator=np.array(
            [f"{k}_{country[p]}_{n}" for k, p, n in zip(kind, programme, number, strict=True)]
        ),
    )
    return Mailed(panel, programme)


WHICH = ("first mails", "later mails")
BINS = ((0.0, 0.1), (0.1, 0.2), (0.2, 0.5), (0.5, 1.0), (1.0, np.inf))
RATIO = (0.67, 1.5)


def _bin(low: float, high: float) -> str:
    return f"{low:g} or more" if np.isinf(high) else f"{low:g} to {high:g}"


MAIL_LEVELS = [
    Level("said is computed from the SQL's rates, % (0: the fixed sentence)"),
    *(
        level
        for which in WHICH
        for level in (
            Level(f"{which}: signals"),
            Level(f"{which}: truly wrong"),
            Level(f"{which}: said to be wrong"),
            Level(f"{which}: said over truly wrong", RATIO, (0.8, 1.25)),
            *(
                level
                for low, high in BINS
                for level in (
                    Level(f"{which}, {_bin(low, high)} said: share of mails, %"),
                    Level(f"{which}, {_bin(low, high)} said: truly wrong"),
                    Level(f"{which}, {_bin(low, high)} said: said over truly wrong"),
                )
            ),
        )
    ),
    Level("truly standing still, by less than a quarter of what matters: not seen"),
    Level("improving by less than what matters, or getting worse: not seen"),
    Level("signals that are wrong"),
    Level("not seen in a programme: truly standing still or getting worse"),
    Level("not seen in a programme: said over truly", RATIO, (0.8, 1.25)),
]


def mails(seed: int, programmes: int) -> Figures:
    """What mails say of their own errors, beside how many there are."""
    panel, programme = mailed_panel(seed, programmes)
    own = judged_by_sql(panel, [OWN], kinds=MAIL_KINDS)[OWN]
    improving = panel.slope >= 1
    figures = {
        MAIL_LEVELS[0].metric: Figure(float(own.chance_wrong is not None), 1),
        "truly standing still, by less than a quarter of what matters: not seen": share(
            ~own.is_alert, np.abs(panel.slope) <= 0.25
        ),
        "improving by less than what matters, or getting worse: not seen": share(
            ~own.is_alert, ~improving
        ),
        "signals that are wrong": wrong_share(own.is_alert, improving, np.ones_like(improving)),
    }
    unseen = ~own.is_alert & (own.label != "insufficient")
    truly = _by_mail(programme, programmes, unseen & (panel.slope <= 0.25)[:, None])[:, 0]
    figures["not seen in a programme: truly standing still or getting worse"] = number(truly)
    if own.chance_still is not None:
        said = _by_mail(
            programme, programmes, np.where(unseen, np.nan_to_num(own.chance_still), 0)
        )[:, 0]
        figures["not seen in a programme: said over truly"] = _ratio(said, truly)
    began = own.is_mailed.copy()
    began[:, 1:] &= ~own.is_alert[:, :-1]
    for which, columns in zip(WHICH, (slice(0, 1), slice(1, None)), strict=True):
        new = began[:, columns]
        chance = None if own.chance_wrong is None else own.chance_wrong[:, columns]
        per_mail = [
            _by_mail(programme, programmes, numbers)
            for numbers in (
                new,
                new & improving[:, None],
                np.zeros(new.shape) if chance is None else np.where(new, np.nan_to_num(chance), 0),
            )
        ]
        sent = per_mail[0] > 0
        signals, wrong, said = (numbers[sent] for numbers in per_mail)
        if chance is None:
            said = (signals >= FIXED_FROM).astype(float)
        figures |= {
            f"{which}: signals": number(signals),
            f"{which}: truly wrong": number(wrong),
            f"{which}: said to be wrong": number(said),
            f"{which}: said over truly wrong": _ratio(said, wrong),
        }
        for low, high in BINS:
            at = (said >= low) & (said < high)
            if at.any():
                of = f"{which}, {_bin(low, high)} said"
                figures |= {
                    f"{of}: share of mails, %": Figure(float(at.mean()), len(at)),
                    f"{of}: truly wrong": number(wrong[at]),
                    f"{of}: said over truly wrong": _ratio(said[at], wrong[at]),
                }
    return figures


def _by_mail(programme: Array, programmes: int, numbers: Array) -> Array:
    """The sum over each programme's series, for each edition."""
    return np.stack(
        [np.bincount(programme, column, minlength=programmes) for column in numbers.T], axis=1
    )


def _ratio(said: Array, wrong: Array) -> Figure:
    """Said over wrong, of all mails together; without any that is wrong, over one."""
    total = max(wrong.sum(), 1)
    ratio = said.sum() / total
    spread = (said - ratio * wrong).std() * len(wrong) / total
    return Figure(float(ratio), len(wrong), float(spread))
