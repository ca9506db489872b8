"""Simulated wijken of the hard cases: small counts, bends, waves, floors, wild wijken, memory.

As in panel.py a slope is in meaningful changes a year, positive when things get better. Constants
of the rule may be tuned on seeds 1 to 10; figures that are published are of seeds 101, 102, 103.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from judged import SQL
from numpy.random import Generator
from numpy.typing import NDArray
from panel import (
    KINDS,
    LAST_YEAR,
    Kind,
    Panel,
    autocorrelated,
    between,
    measured,
    mixture,
)

from wijkpeil.edition.rule import read_rule

Array = NDArray[Any]

TUNING, REPORTING = tuple(range(1, 11)), (101, 102, 103)
WINDOW = 8

# half the noise of the main panel, in the years and in what scatters; chance in counts and samples
# stays as it is
QUIET = {
    name: kind._replace(scatter=kind.scatter / 2, process=kind.process / 2, shared=kind.shared / 2)
    for name, kind in KINDS.items()
}
# people with bijstand by 1,000 inhabitants: the catalog's change that matters, 5% of the level
BIJSTAND = {"bijstand": Kind(-1, None, 0.05, None, scatter=0.0, process=0.4, shared=0.4)}
# a share that lies near 0, and one that lies near 100, beside others of the same indicator
BOUNDED = {
    "floor": Kind(-1, 0.2, None, 2, scatter=0.0, bounds=(0.0, 100.0)),
    "ceiling": Kind(1, 0.2, None, 2, scatter=0.0, bounds=(0.0, 100.0)),
}
# noise of 1 point where 0.2 matters, all of which remembers the year before
WIDE = {"wide": Kind(-1, 0.2, None, 2, scatter=0.0, process=5.0, shared=0.0)}


def around(
    rng: Generator,
    *,
    kind: Array,
    scenario: Array,
    path: Array,
    years: Array,
    editions: Sequence[int],
    slope: Array | None = None,
    national_path: Array | None = None,
    indicator: Array | None = None,
    **rest: Any,
) -> Panel:
    """The panel of these paths, with every year present."""
    size = len(kind)
    return measured(
        rng,
        kind=kind,
        path=path,
        national_path=np.zeros_like(path) if national_path is None else national_path,
        present=np.ones(path.shape, dtype=bool),
        years=years,
        editions=tuple(editions),
        scenario=scenario,
        indicator=kind if indicator is None else indicator,
        history=np.full(size, len(years)),
        slope=np.full(size, np.nan) if slope is None else slope,
        national_slope=np.zeros(size),
        segment=np.zeros(path.shape, dtype=int),
        **rest,
    )


# ---- small counts


class Size(NamedTuple):
    """Wijken by the number of recipients that is expected, with what they have by 1,000."""

    persons: tuple[int, int]
    per_1000: tuple[int, int]
    share: float


# of the wijken in KWB 2020 with a recipient or more; per 1,000 the middle 80% of each class
SIZES = {
    "about 10": Size((7, 15), (4, 18), 0.19),
    "about 20": Size((15, 25), (5, 18), 0.10),
    "30 to 50": Size((25, 55), (6, 20), 0.18),
    "50 to 100": Size((55, 105), (8, 28), 0.15),
    "100 to 300": Size((105, 305), (12, 41), 0.23),
    "over 300": Size((305, 1500), (19, 71), 0.15),
}
COURSES = {"improving 1": 1.0, "improving 1.5": 1.5, "flat": 0.0, "deteriorating 1": -1.0}
STAYS_YEARS, ROUNDED_TO, INHABITANTS_ROUNDED_TO = 4.0, 10, 5


def register_error(persons: Array, inhabitants: Array) -> Array:
    """The standard error that sql/core/observations/rate.sql gives a rate of a register by 1,000.

    Rounding has the variance of what is lost by it, and turnover a part of that of the persons; a
    test compares. NaN, none, while sql/rule.toml has no register_turnover.
    """
    turnover = getattr(read_rule(SQL), "register_turnover", None)
    if turnover is None:
        return np.full(persons.shape, np.nan)
    rounding, of_inhabitants = ROUNDED_TO**2 / 12, INHABITANTS_ROUNDED_TO**2 / 12
    variance = turnover * np.maximum(persons, 1) + rounding
    variance = variance + of_inhabitants * (persons / inhabitants) ** 2
    return 1000 * np.sqrt(variance) / inhabitants


# what moves all wijken of a country at once is drawn once for each
COUNTRIES = 20


def small_panel(seed: int, n: int) -> Panel:
    """`n` wijken of real sizes in COUNTRIES, each with a course of its own; `scenario` is
    size / course.

    A person leaves in a year with a chance of one in four; who comes is drawn so that the number
    that is expected follows the course.
    """
    rng = np.random.default_rng([seed, 11])
    fact = BIJSTAND["bijstand"]
    relative = (fact.change_relative or 0) * fact.direction
    names = rng.choice(list(SIZES), n, p=[size.share for size in SIZES.values()])
    course = rng.choice(list(COURSES), n)
    slope = np.array([COURSES[name] for name in course])
    years = np.arange(LAST_YEAR - WINDOW - 2, LAST_YEAR + 1)
    middle = LAST_YEAR - (WINDOW - 1) / 2

    persons, per_1000 = np.empty((2, n))
    for name, size in SIZES.items():
        at = names == name
        persons[at] = between(rng, size.persons, int(at.sum()))
        per_1000[at] = between(rng, size.per_1000, int(at.sum()))
    people = (1000 * persons / per_1000)[:, None]
    people = people * np.exp(np.cumsum(rng.normal(0, 0.005, (n, len(years))), axis=1))
    country = np.arange(n) % COUNTRIES
    shared = fact.shared * autocorrelated(rng, (COUNTRIES, len(years)))[country]
    own = fact.process * autocorrelated(rng, (n, len(years)))
    path = slope[:, None] * (years - middle)
    expected = people * per_1000[:, None] / 1000 * np.exp(relative * (path + shared + own))

    stays = 1 - 1 / STAYS_YEARS
    count = np.empty(expected.shape)
    count[:, 0] = rng.poisson(expected[:, 0])
    for year in range(1, len(years)):
        come = np.maximum(expected[:, year] - stays * expected[:, year - 1], 0)
        count[:, year] = rng.binomial(count[:, year - 1].astype(int), stays) + rng.poisson(come)
    published = ROUNDED_TO * np.floor(count / ROUNDED_TO + 0.5)
    inhabitants = INHABITANTS_ROUNDED_TO * np.round(people / INHABITANTS_ROUNDED_TO)
    kind = np.full(n, "bijstand")
    return Panel(
        years=years,
        editions=tuple(range(LAST_YEAR - 3, LAST_YEAR + 1)),
        scenario=np.char.add(np.char.add(names, " / "), course),
        kind=kind,
        indicator=np.array([f"bijstand_{c}" for c in country]),
        history=np.full(n, len(years)),
        slope=slope,
        national_slope=np.zeros(n),
        value=1000 * published / inhabitants,
        error=register_error(published, inhabitants),
        national=25 * np.exp(relative * shared),
        segment=np.zeros(expected.shape, dtype=int),
        sampling=1 / np.sqrt(expected) / abs(relative),
        process=np.full(n, fact.process),
    )


# ---- bends


BEND_YEAR, BEND_YEARS, BEND_EDITIONS = LAST_YEAR - 5, 15, 6
# slope before and after the bend
BENDS = {
    **{f"turned up by {k:g}": (0.0, k) for k in (1.0, 1.5, 2.0, 3.0)},
    "crept up, turned up by 1.5": (0.5, 1.5),
    "crept down, turned up by 1.5": (-0.5, 1.5),
    **{f"plateau after {k:g}": (k, 0.0) for k in (1.0, 2.0, 3.0)},
    "fell by 2, flat since": (-2.0, 0.0),
    "flat throughout": (0.0, 0.0),
    "improving by 1.5 throughout": (1.5, 1.5),
    "half the pace throughout": (0.5, 0.5),
}


def bending_panel(seed: int, n: int, *, is_quiet: bool) -> Panel:
    """`n` series per bend and kind that turn in BEND_YEAR, with the editions from then on."""
    rng = np.random.default_rng([seed, 12, int(is_quiet)])
    cells = [(kind, bend) for kind in KINDS for bend in BENDS for _ in range(n)]
    kind, bend = (np.array(column) for column in zip(*cells, strict=True))
    before, after = np.array([BENDS[name] for name in bend]).T[:, :, None]
    years = np.arange(LAST_YEAR - BEND_YEARS + 1, LAST_YEAR + 1)
    since = years - BEND_YEAR
    return around(
        rng,
        kind=kind,
        kinds=QUIET if is_quiet else KINDS,
        scenario=bend,
        path=before * np.minimum(since, 0) + after * np.maximum(since, 0),
        years=years,
        editions=range(BEND_YEAR, LAST_YEAR + 1),
    )


# ---- a city with wild wijken


CITY, WILD, LOUDNESS = 38, 3, 10.0


def city_panel(seed: int, cities: int) -> Panel:
    """Cities of 38 wijken, three of them ten times as noisy, per kind; each city twice, the second
    time without the wild ones.

    Scenario `wild` or `tame`; of each city the tame come in the same order, with and without.
    """
    rng = np.random.default_rng([seed, 15])
    size = len(KINDS) * cities * CITY
    kind = np.repeat(list(KINDS), cities * CITY)
    number = np.tile(np.repeat(np.arange(cities), CITY), len(KINDS))
    is_wild = np.tile(np.arange(CITY) < WILD, len(KINDS) * cities)
    slope = mixture(rng, size)
    years = np.arange(LAST_YEAR - WINDOW + 1, LAST_YEAR + 1)
    panel = around(
        rng,
        kind=kind,
        scenario=np.where(is_wild, "wild", "tame"),
        path=slope[:, None] * (years - years.mean()),
        years=years,
        editions=[LAST_YEAR],
        slope=slope,
        indicator=np.array([f"{k}_{i}" for k, i in zip(kind, number, strict=True)]),
        loudness=np.where(is_wild, LOUDNESS, 1.0),
    )
    twice = np.concatenate([np.arange(size), np.nonzero(~is_wild)[0]])
    both = panel.of(twice)
    again = np.char.add(both.indicator[size:], "_without")
    return replace(both, indicator=np.concatenate([both.indicator[:size], again]))


# ---- national waves


WAVE_YEARS, WAVES = (LAST_YEAR - 3, LAST_YEAR - 2), (-5.0, -3.0, 3.0, 5.0)
FOLLOWS_SHARE = 0.8
WAVE_COURSES = {"improving": 1.5, "flat": 0.0}


def waving_panel(seed: int, n: int) -> Panel:
    """Per kind and wave `n` wijken of a country that is better or worse off for two years and then
    as before; most of them are so too. The first edition is that of the first of these years.

    Scenario dip or surge / follows or not / course.
    """
    rng = np.random.default_rng([seed, 13])
    cells = [(kind, wave) for kind in KINDS for wave in WAVES for _ in range(n)]
    kind, wave = (np.array(column) for column in zip(*cells, strict=True))
    follows = rng.random(len(kind)) < FOLLOWS_SHARE
    course = rng.choice(list(WAVE_COURSES), len(kind))
    slope = np.array([WAVE_COURSES[name] for name in course])
    years = np.arange(LAST_YEAR - WINDOW - 2, LAST_YEAR + 1)
    national = wave[:, None] * np.isin(years, WAVE_YEARS)
    names = np.where(wave < 0, "dip", "surge")
    for more in (np.where(follows, "follows", "does not follow"), course):
        names = np.char.add(np.char.add(names, ", "), more)
    return around(
        rng,
        kind=kind,
        scenario=names,
        path=slope[:, None] * (years - years.mean()) + national * follows[:, None],
        national_path=national,
        years=years,
        editions=range(WAVE_YEARS[0], LAST_YEAR + 1),
        slope=slope,
        indicator=np.array([f"{k}_{w:g}" for k, w in zip(kind, wave, strict=True)]),
    )


# ---- floors and ceilings


# level in points from the bound, course: who has less than eight years of what matters before the
# bound cannot improve by it. The country lies at 4 points, or nearer to the bound than any wijk
ROOMS = {
    "no room, flat": ((0.1, 1.5), 0.0),
    "no room at first, getting worse by 1.5": ((0.1, 1.5), -1.5),
    "room, behind, flat": ((5.0, 12.0), 0.0),
    "room, behind, improving by 1.5": ((5.0, 12.0), 1.5),
    "room, ahead, flat": ((2.5, 3.5), 0.0),
}
COUNTRY_AT, COUNTRY_NEAR = 4.0, 0.05
NOISE_AT_ONE = 0.14  # points at a level of 1, as the square root of the level


def bounded_panel(seed: int, n: int) -> Panel:
    """Shares near 0 and near 100, in countries at 4 points from that bound and in some so near it
    that all wijken are behind. `n` wijken per room, bound and country; scenario bound, room."""
    rng = np.random.default_rng([seed, 14])
    cells = [
        (kind, country, room)
        for kind in BOUNDED
        for country in (COUNTRY_AT, COUNTRY_NEAR)
        for room in ROOMS
        if country == COUNTRY_AT or "ahead" not in room
        for _ in range(n)
    ]
    kind, country, room = (np.array(column) for column in zip(*cells, strict=True))
    size = len(kind)
    years = np.arange(LAST_YEAR - WINDOW - 2, LAST_YEAR + 1)
    low, high = np.array([ROOMS[name][0] for name in room]).T
    slope = np.array([ROOMS[name][1] for name in room])
    # what gets worse began where the others are
    past = np.where(slope < 0, years[0], years[-1])[:, None]
    distance = rng.uniform(low, high)[:, None] - 0.2 * slope[:, None] * (years - past)
    noise = NOISE_AT_ONE * np.sqrt(distance) * autocorrelated(rng, distance.shape)
    distance = np.round(np.maximum(distance + noise, 0), 2)
    upward = (kind == "ceiling")[:, None]
    national = np.broadcast_to(country[:, None], distance.shape)
    return Panel(
        years=years,
        editions=tuple(range(LAST_YEAR - 3, LAST_YEAR + 1)),
        scenario=np.char.add(np.char.add(kind, ", "), room),
        kind=kind,
        indicator=np.array([f"{k}_{c:g}" for k, c in zip(kind, country, strict=True)]),
        history=np.full(size, len(years)),
        slope=slope,
        national_slope=np.zeros(size),
        value=np.where(upward, 100 - distance, distance),
        error=np.full(distance.shape, np.nan),
        national=np.where(upward, 100 - national, national),
        segment=np.zeros(distance.shape, dtype=int),
        sampling=np.zeros(distance.shape),
        process=np.full(size, np.nan),
    )


# ---- years that resemble the year before


CORRELATIONS = (0.3, 0.4, 0.5, 0.6)


def remembering_panel(seed: int, n: int) -> Panel:
    """Flat wijken, `n` per kind and correlation between one year's noise and the next's; kind
    `wide` has nothing but such noise, five times what matters."""
    rng = np.random.default_rng([seed, 16])
    cells = [(kind, phi) for kind in (*KINDS, *WIDE) for phi in CORRELATIONS for _ in range(n)]
    kind, phi = (np.array(column) for column in zip(*cells, strict=True))
    years = np.arange(LAST_YEAR - WINDOW - 2, LAST_YEAR + 1)
    return around(
        rng,
        kind=kind,
        kinds=KINDS | WIDE,
        autocorrelation=phi,
        scenario=np.array([f"{p:g}" for p in phi]),
        path=np.zeros((len(kind), len(years))),
        years=years,
        editions=range(LAST_YEAR - 3, LAST_YEAR + 1),
        slope=np.zeros(len(kind)),
        indicator=np.array([f"{k}_{p:g}" for k, p in zip(kind, phi, strict=True)]),
    )
