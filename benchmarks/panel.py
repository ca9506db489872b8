"""Simulated wijken of which the true change is known, to measure the trend classes by.

A slope is in meaningful changes per year, positive when things get better. Every series is a
wijk with a country of its own, so that what a whole country shares does not make or break one
seed. How loud the noise is, is a choice: such that least squares, Mann-Kendall and TOST err about
as often as in the study that the rule comes from (36, 47 and 0.8% false alerts; 38, 50 and 0.7%
there). No constant of the rule was chosen on these panels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[Any]

HISTORIES, EDITIONS = (5, 7, 10), 4
LAST_YEAR = 2025
SHARED_SHOCK = (2020, 2021)
AUTOCORRELATION = 0.3


class Kind(NamedTuple):
    """How an indicator is measured, and its noise in meaningful changes.

    `process` and `shared`, which the country has too, remember the year before; `scatter` does
    not, and is in no published standard error.
    """

    direction: int
    change_per_year: float | None
    change_relative: float | None
    decimals: int | None
    scatter: float
    process: float = 0.8
    shared: float = 0.4
    levels: tuple[float, float] = (16.0, 24.0)
    bounds: tuple[float, float] | None = None

    @property
    def rounding(self) -> float:
        """The standard deviation that rounding adds, in meaningful changes."""
        if self.decimals is None or self.change_per_year is None:
            return 0.0
        return float(10**-self.decimals / np.sqrt(12) / self.change_per_year)


# a grade by survey with its standard error; events by 1,000 inhabitants, that scatter by 7% more
# than chance; a percentage out of a register, without a standard error
KINDS = {
    "grade": Kind(1, 0.05, None, 1, scatter=0.0, levels=(6.0, 7.5)),
    "count": Kind(-1, None, 0.05, None, scatter=0.07 / 0.05),
    "register": Kind(-1, 0.2, None, 1, scatter=1.8),
}
# 60 to 600 respondents a year whose grades differ by 1.8: with 250 of them a line of eight years
# can just show that a wijk stands still
RESPONDENTS, SPREAD_OF_GRADES = (60, 600), 1.8
INHABITANTS, EVENTS_PER_1000 = (500, 30_000), (5, 20)


class Scenario(NamedTuple):
    """What happens to a wijk. A slope of None is drawn from the continuous mixture."""

    slope: float | None = 0.0
    national: float = 0.0
    what: str = ""


SCENARIOS = {
    "improving 1": Scenario(1.0),
    "improving 1.5": Scenario(1.5),
    "improving 2": Scenario(2.0),
    "improving 3": Scenario(3.0),
    "improving 0.5": Scenario(0.5),
    "flat": Scenario(),
    "deteriorating 1": Scenario(-1.0),
    "deteriorating 2": Scenario(-2.0),
    "national trend only": Scenario(1.5, 1.5),
    "left behind": Scenario(0.0, 1.5),
    "plateau of 5 years": Scenario(1.5, 0.0, "plateau"),
    "flat with a spike": Scenario(0.0, 0.0, "spike"),
    "improving with a spike": Scenario(1.5, 0.0, "spike"),
    "flat over a known break": Scenario(0.0, 0.0, "known break"),
    "improving over a known break": Scenario(1.5, 0.0, "known break"),
    "flat over an unknown break": Scenario(0.0, 0.0, "unknown break"),
    "flat in a shared shock": Scenario(0.0, 0.0, "shock"),
    "improving in a shared shock": Scenario(1.5, 0.0, "shock"),
    "flat with gaps": Scenario(0.0, 0.0, "gaps"),
    "improving with gaps": Scenario(1.5, 0.0, "gaps"),
    "flat every other year": Scenario(0.0, 0.0, "biennial"),
    "improving every other year": Scenario(1.5, 0.0, "biennial"),
    "too short": Scenario(0.0, 0.0, "short"),
    "continuous": Scenario(None),
}
CONTINUOUS_TIMES = 8  # most of the real wijken are like these, and the others are the hard cases
# share, mean and spread of slope: standing still, improving as planned, getting worse
MIXTURE = ((0.45, 0.2, 0.4), (0.35, 1.6, 0.6), (0.20, -0.8, 0.7))
NATIONAL_MIXTURE = (0.3, 0.4)
# in meaningful changes; an unknown break of 5 makes one flat wijk in five look improving
BREAK, SPIKE, SHOCK, GAP_SHARE = 5.0, 6.0, -3.0, 0.25


@dataclass(frozen=True)
class Panel:
    """Series by year, NaN where there is no figure; what the truth is stands beside them."""

    years: Array
    editions: tuple[int, ...]
    scenario: Array
    kind: Array
    indicator: Array  # pooled with all series of the same name
    history: Array
    slope: Array  # NaN where it changes within the series
    national_slope: Array
    value: Array
    error: Array  # as published; NaN where nothing is published
    national: Array
    segment: Array
    sampling: Array  # true standard deviation of what a year does not remember, and
    process: Array  # of what it does, in meaningful changes

    @property
    def gap_slope(self) -> Array:
        """How fast the gap with the country really closes."""
        return self.slope - self.national_slope

    def of(self, which: Array) -> Panel:
        """Some of the series."""
        return Panel(
            **{
                field.name: getattr(self, field.name)
                if field.name in {"years", "editions"}
                else getattr(self, field.name)[which]
                for field in fields(self)
            }
        )

    def first_edition(self) -> Panel:
        """As it was when the first edition came out."""
        known = self.years <= self.editions[0]
        yearly = ("value", "error", "national", "segment", "sampling")
        return replace(
            self,
            years=self.years[known],
            editions=self.editions[:1],
            **{name: getattr(self, name)[:, known] for name in yearly},
        )


def main_panel(seed: int, n: int) -> Panel:
    """All scenarios, kinds and histories, mixed within each indicator so that none is pooled."""
    rng = np.random.default_rng([seed, 1])
    cells = [
        (scenario, kind, history)
        for scenario in SCENARIOS
        for kind in KINDS
        for history in HISTORIES
        for _ in range(n * (CONTINUOUS_TIMES if scenario == "continuous" else 1))
    ]
    scenario, kind, history = (np.array(column) for column in zip(*cells, strict=True))
    drawn = mixture(rng, len(cells))
    slope = np.array(
        [
            x if SCENARIOS[s].slope is None else SCENARIOS[s].slope
            for s, x in zip(scenario, drawn, strict=True)
        ],
        dtype=float,
    )
    national = np.array([SCENARIOS[s].national for s in scenario])
    national = np.where(
        scenario == "continuous", rng.normal(*NATIONAL_MIXTURE, len(cells)), national
    )
    return _simulated(rng, scenario, kind, kind, history, slope, national)


def mixed_panel(
    seed: int,
    n: int,
    shares: Sequence[tuple[float, float]],
    *,
    wijken: int | None = None,
    spread: float = 0.0,
) -> Panel:
    """A programme in which nearly all wijken do the same: `shares` are (share, slope).

    The slopes of a share lie around it by `spread`. With `wijken` it falls apart in panels of that
    many, each pooled by itself.
    """
    rng = np.random.default_rng([seed, 2, wijken or 0, round(10 * shares[0][1])])
    kind = np.repeat(list(KINDS), n)
    of_kind = np.tile(np.arange(n), len(KINDS))
    within = of_kind % (wijken or n) / (wijken or n)
    bounds = np.cumsum([share for share, _ in shares]) - 1e-9
    slope = np.array([s for _, s in shares])[np.searchsorted(bounds, within, side="right")]
    number = of_kind // (wijken or n)
    indicator = np.array([f"{k}_{i}" for k, i in zip(kind, number, strict=True)])
    scenario = np.array([f"panel {s:g}" for s in slope])
    if spread:
        slope = slope + rng.normal(0, spread, len(slope))
    history = rng.choice(HISTORIES, len(kind))
    return _simulated(rng, scenario, kind, indicator, history, slope, np.zeros(len(kind)))


TURN_YEAR, LONG_YEARS = LAST_YEAR - 9, 18


def turning_panel(seed: int, n: int) -> Panel:
    """18 years that turn after half: from improving by two changes to none, and the reverse."""
    rng = np.random.default_rng([seed, 3])
    kind = np.tile(np.repeat(list(KINDS), n), 2)
    scenario = np.repeat(["plateau", "release"], n * len(KINDS))
    years = np.arange(LAST_YEAR - LONG_YEARS + 1, LAST_YEAR + 1)
    past = years - TURN_YEAR
    path = np.where(
        (scenario == "plateau")[:, None], 2.0 * np.minimum(past, 0), 2.0 * np.maximum(past, 0)
    )
    history = np.full(len(kind), LONG_YEARS)
    level = np.zeros_like(path)
    return measured(
        rng,
        years=years,
        editions=tuple(range(TURN_YEAR, LAST_YEAR + 1)),
        scenario=scenario,
        kind=kind,
        indicator=kind,
        history=history,
        slope=np.full(len(kind), np.nan),
        national_slope=np.zeros(len(kind)),
        path=path,
        national_path=level,
        present=np.ones_like(path, dtype=bool),
        segment=level.astype(int),
    )


def mixture(rng: Generator, size: int) -> Array:
    share, mean, spread = np.array(MIXTURE).T
    part = rng.choice(len(MIXTURE), size, p=share)
    return rng.normal(mean[part], spread[part])


def _simulated(
    rng: Generator,
    scenario: Array,
    kind: Array,
    indicator: Array,
    history: Array,
    slope: Array,
    national: Array,
) -> Panel:
    span = max(HISTORIES) + EDITIONS - 1
    years = np.arange(LAST_YEAR - span + 1, LAST_YEAR + 1)
    first = LAST_YEAR - EDITIONS + 1 - history + 1
    what = np.array([SCENARIOS[s].what if s in SCENARIOS else "" for s in scenario])
    size = (len(scenario), span)
    series = np.arange(len(scenario))
    centred = years[None, :] - (LAST_YEAR - span / 2)

    path, national_path = slope[:, None] * centred, national[:, None] * centred
    plateau = what == "plateau"
    # the last edition has five years of it behind itself, the first two
    bent = slope[:, None] * np.minimum(years[None, :] - (LAST_YEAR - 4), 0)
    path[plateau] = bent[plateau]

    # breaks fall where both sides have figures in every edition
    break_year = LAST_YEAR - EDITIONS - rng.integers(0, 2, len(series))
    after = (years[None, :] >= break_year[:, None]).astype(int)
    jump = BREAK * rng.choice([-1, 1], len(series))[:, None] * after
    broken = np.isin(what, ["known break", "unknown break"])[:, None]
    shocked = (what == "shock")[:, None] & np.isin(years, SHARED_SHOCK)[None, :]
    path += jump * broken + SHOCK * shocked
    national_path += jump * broken + SHOCK * shocked
    spiked = rng.integers(0, 8, len(series))
    sign = rng.choice([-1, 1], len(series))
    path[series, span - 1 - spiked] += (what == "spike") * SPIKE * sign

    present = years[None, :] >= first[:, None]
    present &= ~((what == "gaps")[:, None] & (rng.random(size) < GAP_SHARE))
    odd = (years[None, :] + rng.integers(0, 2, len(series))[:, None]) % 2 == 1
    present &= ~((what == "biennial")[:, None] & odd)
    present &= ~((what == "short")[:, None] & (years[None, :] <= LAST_YEAR - 3))

    return measured(
        rng,
        years=years,
        editions=tuple(range(LAST_YEAR - EDITIONS + 1, LAST_YEAR + 1)),
        scenario=scenario,
        kind=kind,
        indicator=indicator,
        history=history,
        slope=np.where(plateau | (what == "short"), np.nan, slope),
        national_slope=national,
        path=path,
        national_path=national_path,
        present=present,
        segment=np.where((what == "known break")[:, None], after, 0),
    )


def measured(
    rng: Generator,
    *,
    kind: Array,
    path: Array,
    national_path: Array,
    present: Array,
    kinds: Mapping[str, Kind] = KINDS,
    autocorrelation: Array | float = AUTOCORRELATION,
    loudness: Array | float = 1.0,
    **rest: Any,
) -> Panel:
    """What is published of the true paths: noise of the years, of measuring, and rounding.

    `loudness` is how many times as noisy as others each series is.
    """
    shape = path.shape
    facts = [kinds[k] for k in kind]
    loud = np.broadcast_to(loudness, shape[:1])[:, None]
    process = np.array([fact.process for fact in facts])
    remembered = np.array([fact.shared for fact in facts])[:, None]
    shared = autocorrelated(rng, shape, autocorrelation) * remembered
    scatter = rng.normal(0, 1, shape) * np.array([fact.scatter for fact in facts])[:, None]
    own = autocorrelated(rng, shape, autocorrelation) * process[:, None] * loud
    own = path + shared + own + scatter * loud
    country = national_path + shared

    value, national = np.empty(shape), np.empty(shape)
    error, sampling = np.full(shape, np.nan), np.empty(shape)
    for name, fact in kinds.items():
        at = kind == name
        size = int(at.sum())
        if name == "count":
            value[at], national[at], error[at], sampling[at] = _counted(
                rng, fact, own[at], path[at], country[at]
            )
            continue
        change = fact.direction * (fact.change_per_year or 0)
        level = rng.uniform(*fact.levels, size)[:, None]
        measuring = np.zeros((size, shape[1]))
        if name == "grade":
            respondents = between(rng, RESPONDENTS, size)[:, None]
            measuring = measuring + SPREAD_OF_GRADES / np.sqrt(respondents)
            error[at] = measuring
        noise = rng.normal(0, 1, measuring.shape) * measuring * loud[at]
        value[at] = np.round(level + change * own[at] + noise, fact.decimals or 0)
        # the country has respondents enough to be published with a decimal more
        national[at] = np.round(level + change * country[at], (fact.decimals or 0) + 1)
        sampling[at] = np.hypot(measuring / abs(change), fact.rounding)
    sampling = np.hypot(sampling, np.array([fact.scatter for fact in facts])[:, None])
    value[~present] = np.nan
    return Panel(
        kind=kind,
        value=value,
        error=error,
        national=national,
        sampling=sampling,
        process=process,
        **rest,
    )


def _counted(
    rng: Generator, fact: Kind, own: Array, path: Array, country: Array
) -> tuple[Array, Array, Array, Array]:
    """Events by 1,000: a meaningful change is a share of the level, so paths are exponential."""
    relative = fact.change_relative or 0
    inhabitants = between(rng, INHABITANTS, len(own))[:, None]
    usual = between(rng, EVENTS_PER_1000, len(own))[:, None]
    expected = inhabitants * usual / 1000 * np.exp(fact.direction * relative * own)
    events = rng.poisson(expected)
    smooth = inhabitants * usual / 1000 * np.exp(fact.direction * relative * path)
    return (
        1000 * events / inhabitants,
        usual * np.exp(fact.direction * relative * country),
        1000 * np.sqrt(np.maximum(events, 1)) / inhabitants,
        1 / np.sqrt(smooth) / relative,
    )


def between(rng: Generator, bounds: tuple[float, float], size: int) -> Array:
    """As many small ones between the bounds as large ones, on the scale of ratios."""
    return np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]), size))


def autocorrelated(
    rng: Generator, shape: tuple[int, ...], correlation: Array | float = AUTOCORRELATION
) -> Array:
    """Noise of variance 1 in which a year remembers the one before."""
    noise = rng.normal(0, 1, shape)
    for year in range(1, shape[1]):
        noise[:, year] = (
            correlation * noise[:, year - 1] + np.sqrt(1 - correlation**2) * noise[:, year]
        )
    return noise
