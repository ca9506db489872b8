"""Synthetic figures about the fictive areas: the same on every run and every machine.

Only plain arithmetic and square roots are used, and sums are exact (`fsum`), so that no version
of Python or of the C library gives another digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import fsum, sqrt
from random import Random
from typing import Literal

from wijkpeil.demo.country.areas import FIRST_YEAR, YEARS, Area, Kind, Wijk, wijken

SEED = 2229
# improvement per year, in units of the meaningful change
_TREND: dict[Kind, tuple[float, float]] = {
    "improving": (2.0, 2.3),
    "moderate": (1.25, 1.8),
    "stagnating": (-0.1, 0.15),
    "deteriorating": (-1.7, -1.4),
    "noisy": (0.4, 0.8),
    "suppressed": (1.5, 1.7),
    "recoded": (1.5, 1.8),
    "boundary": (1.5, 1.7),
}
# the buurt that moves in 2021 is much worse off than the wijken it leaves and enters
_OUTLIERS = {"BU99030504": 2.0}
# buurten with work and hardly a home: their shares are suppressed
_TINY = {"BU99011005": 35}


@dataclass(frozen=True)
class Quantity:
    """A share or a mean: its level in the first year at average disadvantage, what one standard
    deviation of disadvantage adds, the meaningful change per year (of the level when `relative`),
    its sign when things get better, and its noise in meaningful changes."""

    level: float
    spread: float
    change: float
    better: Literal[-1, 1]
    weight: str
    noise: float
    relative: bool = False


QUANTITIES: Mapping[str, Quantity] = {
    "low_income": Quantity(9.0, 3.0, 0.2, -1, "households", noise=1.3),
    "income": Quantity(24.0, -2.5, 0.02, 1, "inhabitants", noise=1.1, relative=True),
    "participation": Quantity(64.0, -4.0, 0.5, 1, "inhabitants", noise=1.2),
    "vacancy": Quantity(7.0, 1.2, 0.25, -1, "dwellings", noise=1.3),
    "youth_care": Quantity(12.0, 2.0, 0.25, -1, "inhabitants", noise=1.8),
    "gas": Quantity(1050.0, 40.0, 0.02, -1, "dwellings", noise=1.1, relative=True),
    "electricity": Quantity(2150.0, 30.0, 0.005, -1, "dwellings", noise=1.0, relative=True),
    "woz": Quantity(215.0, -25.0, 0.02, 1, "dwellings", noise=1.2, relative=True),
    "business_vacancy": Quantity(9.0, 0.5, 0.1, -1, "dwellings", noise=1.0),
    "welfare_per_1000": Quantity(45.0, 13.0, 1.0, -1, "inhabitants", noise=1.4),
}
# crimes per 1 000 inhabitants in the first year; one meaningful change is 5% a year
CRIMES: Mapping[str, float] = {
    "burglary": 8.0,
    "bicycle_theft": 10.0,
    "assault": 6.0,
    "vandalism": 11.0,
    "pesticides": 0.05,
}
CRIME_CHANGE = 0.05
COUNTS = ("inhabitants", "men", "households", "dwellings", "welfare", *CRIMES)


@dataclass(frozen=True)
class Figures:
    """Unrounded figures per first-year buurt code, year and quantity; counts are whole."""

    by_buurt: Mapping[str, Mapping[int, Mapping[str, float]]]

    def value(self, area: Area, year: int, quantity: str) -> float:
        """The sum over the buurten of an area for a count, else their weighted mean."""
        rows = [self.by_buurt[buurt][year] for buurt in area.buurten]
        if quantity in COUNTS:
            return fsum(row[quantity] for row in rows)
        weight = QUANTITIES[quantity].weight
        total = fsum(row[weight] for row in rows)
        return fsum(row[quantity] * row[weight] for row in rows) / total if total else 0.0


@cache
def figures(seed: int = SEED) -> Figures:
    """Every figure of the demo but the survey's."""
    by_buurt: dict[str, dict[int, dict[str, float]]] = {}
    for wijk in wijken():
        for code in wijk.buurt_codes:
            by_buurt[code] = {year: {} for year in YEARS}
        _people(wijk, seed, by_buurt)
        for name, quantity in QUANTITIES.items():
            _mean_quantity(wijk, seed, name, quantity, by_buurt)
        for code in wijk.buurt_codes:
            for row in by_buurt[code].values():
                # CBS rounds the number of people on welfare to tens
                people = row["welfare_per_1000"] * row["inhabitants"] / 1000
                row["welfare"] = 10.0 * round(people / 10)
        for name, per_1000 in CRIMES.items():
            _crimes(wijk, seed, name, per_1000, by_buurt)
    return Figures(by_buurt)


def stream(seed: int, *names: str) -> Random:
    """An own stream of chance for one thing, so that adding another changes nothing here."""
    return Random(":".join([str(seed), *names]))  # noqa: S311 - repeatable on purpose


def normal(chance: Random) -> float:
    """A draw that is normal for all practical purposes, by sums only: within six deviations."""
    return fsum(chance.random() for _ in range(12)) - 6.0


def gains(wijk: Wijk, chance: Random) -> dict[int, float]:
    """How many meaningful changes a wijk has improved by each year since the first."""
    share, gained, reached = chance.random(), 0.0, {}
    for year in YEARS:
        reached[year] = gained
        low, high = _TREND["moderate" if year < wijk.stalls_in else wijk.kind]
        gained += low + (high - low) * share
    return reached


def unrest(wijk: Wijk) -> float:
    """By how much the figures of a wijk jump more than those of a common one."""
    return 10.0 if wijk.kind == "noisy" else 1.0


def grown(level: float, rate: float, periods: float) -> float:
    """`level` after `periods` of growth at `rate`; a part of a period grows linearly."""
    step = rate if periods >= 0 else -rate
    whole = int(abs(periods))
    for _ in range(whole):
        level *= 1.0 + step
    return level * (1.0 + step * (abs(periods) - whole))


Rows = dict[str, dict[int, dict[str, float]]]


def _people(wijk: Wijk, seed: int, rows: Rows) -> None:
    chance = stream(seed, wijk.code, "people")
    growth = 0.008 * chance.random() - 0.001
    shares = {code: 0.7 + 0.6 * chance.random() for code in wijk.buurt_codes}
    home_size, dwelling_share = 2.0 + 0.4 * chance.random(), 0.96 + 0.06 * chance.random()
    total = fsum(shares.values())
    for code, share in shares.items():
        start = float(_TINY.get(code, 0)) or wijk.inhabitants * share / total
        for year in YEARS:
            wobble = 1.0 + 0.002 * normal(chance)
            people = 5.0 * round(grown(start, growth, year - FIRST_YEAR) * wobble / 5)
            households = 5.0 * round(people / home_size / 5)
            rows[code][year]["inhabitants"] = people
            rows[code][year]["men"] = 5.0 * round(people * 0.496 / 5)
            rows[code][year]["households"] = households
            rows[code][year]["dwellings"] = float(round(households * dwelling_share))


def _mean_quantity(wijk: Wijk, seed: int, name: str, quantity: Quantity, rows: Rows) -> None:
    chance = stream(seed, wijk.code, name)
    gained = gains(wijk, chance)
    shared = {year: normal(chance) * quantity.noise * unrest(wijk) for year in YEARS}
    for code in wijk.buurt_codes:
        apart = _OUTLIERS.get(code, 0.25 * normal(chance))
        start = quantity.level + quantity.spread * (wijk.disadvantage + apart)
        for year in YEARS:
            noise = shared[year] + 0.5 * quantity.noise * normal(chance)
            if quantity.relative:
                level = grown(start, quantity.better * quantity.change, gained[year])
                value = level * (1 + noise * quantity.change)
            else:
                value = start + quantity.change * (quantity.better * gained[year] + noise)
            rows[code][year][name] = max(value, quantity.level / 20)


def _crimes(wijk: Wijk, seed: int, name: str, per_1000: float, rows: Rows) -> None:
    chance = stream(seed, wijk.code, name)
    gained = gains(wijk, chance)
    for code in wijk.buurt_codes:
        apart = _OUTLIERS.get(code, 0.25 * normal(chance))
        start = per_1000 * max(0.4, 1 + 0.3 * (wijk.disadvantage + apart))
        for year in YEARS:
            rate = grown(start, -CRIME_CHANGE, gained[year])
            expected = rate * rows[code][year]["inhabitants"] / 1000
            rows[code][year][name] = whole_around(expected, chance)


def whole_around(expected: float, chance: Random) -> float:
    """A whole number around `expected`, with somewhat less spread than pure chance has."""
    return float(max(0, round(expected + 0.8 * sqrt(expected) * normal(chance))))
