"""How often a wijk that is named as one that began alike and improved truly did.

    .venv/bin/python benchmarks/comparable.py            two countries of each kind
    .venv/bin/python benchmarks/comparable.py --seeds 1  one of each, to see that it works

Countries of 300 wijken, of which a programme follows 60. Levels are drawn between 40 and 60, what
matters is 1 a year, and the true slopes are known: all of one size, or mixed as those of panel.py.
Errors are of 1, 2 or 3 a year, and one resembles the year before by 0.3.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from panel import autocorrelated, mixture

WIJKEN, FOLLOWED, YEARS, NOISES = 300, 60, range(2014, 2026), (1, 2, 3)
WINDOW_BEGINS = YEARS.index(2018)
# mean and spread of the true slopes; none: the mixture of panel.py
SLOPES: dict[str, tuple[float, float] | None] = {
    "all stand still": (0.0, 0.0),
    "around a standstill, by 0.3": (0.0, 0.3),
    "all improve by half of what matters": (0.5, 0.0),
    "mixed": None,
}


class Named(NamedTuple):
    """One that was named beside an alert: its true slope, the told one, and how much higher it
    truly began than the wijk with the alert."""

    slope: float
    told: float
    apart: float


class Found(NamedTuple):
    """What was named in one country or more."""

    alerts: int
    improving: int
    with_example: int
    named: Sequence[Named]


def country(slopes: str, noise: float, seed: int) -> Found:
    """One country, judged by the project's SQL."""
    from comparable_panel import compare

    rng = np.random.default_rng([seed, 7])
    spread = SLOPES[slopes]
    slope = mixture(rng, WIJKEN) if spread is None else rng.normal(*spread, WIJKEN)
    level = rng.uniform(40, 60, WIJKEN)
    past = np.arange(len(YEARS)) - WINDOW_BEGINS
    errors = noise * autocorrelated(rng, (WIJKEN, len(YEARS)))
    value = level[:, None] + slope[:, None] * past + errors
    codes = [f"WK{number // 10:04d}{number % 10:02d}" for number in range(WIJKEN)]
    figures = [
        (codes[wijk], "i", year, float(value[wijk, number]), None)
        for wijk in range(WIJKEN)
        for number, year in enumerate(YEARS)
    ]
    at = {code: number for number, code in enumerate(codes)}
    with compare(figures, followed=codes[:FOLLOWED]) as db:
        [(alerts, improving)] = db.execute(
            "select count(*) filter (where is_alert and programme_id is not null), "
            "count(*) filter (where class = 'improving') from marts.stagnation "
            "where is_headline and is_once_per_area and edition_year = 2025"
        ).fetchall()
        rows = db.execute(
            "select area_code, comparable_code, comparable_slope from marts.comparable"
        ).fetchall()
    named = [
        Named(slope[at[other]], told, level[at[other]] - level[at[area]])
        for area, other, told in rows
    ]
    return Found(alerts, improving, len({area for area, _, _ in rows}), named)


def line(slopes: str, noise: float, seeds: int) -> str:
    """A row of the table: all countries of one kind together."""
    found = [country(slopes, noise, seed) for seed in range(seeds)]
    alerts = sum(each.alerts for each in found)
    named = [each for one in found for each in one.named]
    true = np.array([each.slope for each in named])
    cells = [
        slopes,
        str(noise),
        str(alerts),
        str(sum(each.improving for each in found)),
        f"{100 * sum(each.with_example for each in found) / alerts:.0f}%",
        *(
            [
                f"{100 * np.mean(true < 1):.0f}%",
                f"{100 * np.mean(true <= 0.25):.0f}%",
                f"{true.mean():.2f} ({np.mean([each.told for each in named]):.2f})",
                f"{np.mean([each.apart for each in named]):+.1f}",
            ]
            if named
            else ["–"] * 4
        ),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    root = Path(__file__).parents[1]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    print(
        "| true slopes | noise | alerts | class improving | with an example | improves less than δ "
        "| stands still | true slope (told) | truly began higher by |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for slopes in SLOPES:
        for noise in NOISES:
            print(line(slopes, noise, given.seeds), flush=True)


if __name__ == "__main__":
    main()
