"""How often the trend classes are wrong, on simulated wijken of which the true change is known.

    .venv/bin/python benchmarks/detection.py           about 7,000 wijken and four panels beside
    .venv/bin/python benchmarks/detection.py --quick   a fifth of it
    .venv/bin/python benchmarks/detection.py --seed 3 --n 50

The classes are those of the project's own SQL; four rules that are in use elsewhere judge the
same figures. Ends in an error that names each level that must be met and is not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from panel import (
    AUTOCORRELATION,
    KINDS,
    MIXTURE,
    NATIONAL_MIXTURE,
    SCENARIOS,
    TURN_YEAR,
    Panel,
    main_panel,
    mixed_panel,
    turning_panel,
)

from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import Model, in_order, make_macros, read_models, run_models

Array = NDArray[Any]

SQL = Path(__file__).parents[1] / "sql"
OWN, GAP = AXES = ("own", "gap_nl")
WINDOW = 8
ALERTS = ("stagnating", "deteriorating")


@dataclass(frozen=True)
class Verdict:
    """What a rule says of each series (rows) in each edition (columns)."""

    label: Array
    is_alert: Array
    is_held: Array  # an alert that would not begin in this edition
    is_mailed: Array  # an alert that may begin a mail
    slope: Array  # in meaningful changes per year, NaN where the figures are too few


# the verdicts by axis, on the axes asked for
Judge = Callable[[Panel, Sequence[str]], dict[str, Verdict]]


@dataclass(frozen=True)
class Figure:
    """A share of the editions asked after, and the number of series behind it."""

    share: float
    series: int

    @property
    def error(self) -> float:
        """Standard error, as if a series' editions all said the same."""
        return float(np.sqrt(max(self.share * (1 - self.share), 1e-4) / max(self.series, 1)))


@dataclass(frozen=True)
class Level:
    """A metric: which way is better, what it must be and what it is hoped to be, in percent."""

    metric: str
    must: float | None = None
    ambition: float | None = None
    at_least: bool = False

    def is_missed(self, figure: Figure, errors: float = 0.0) -> bool:
        """Whether it is worse than it must be by more than so many standard errors."""
        if self.must is None or figure.series == 0:
            return False
        slack = 100 * errors * figure.error
        value = 100 * figure.share
        return value < self.must - slack if self.at_least else value > self.must + slack


LEVELS = [
    Level("false alert, truly improving", 2.5, 1.5),
    Level("false alert, truly improving (gap)", 3.0, 2.0),
    Level("false flag, improving by exactly the change", 9.0, 6.5),
    Level("alerts that are wrong", 4.0, 2.5),
    Level("alerts that are wrong (gap)", 4.0, 2.5),
    Level("flat wijken found", 38.0, 46.0, at_least=True),
    Level("flat wijken found (gap)", 44.0, 52.0, at_least=True),
    Level("deteriorating wijken alerted", 84.0, 91.0, at_least=True),
    Level("alert gone in the next edition", 6.0, 4.0),
    Level("alert turned into improving", 1.5, 0.5),
    Level("plateau seen within 5 years", 15.0, 33.0, at_least=True),
    Level("plateau seen within 9 years", 75.0, 85.0, at_least=True),
    Level("alert lifted within 3 years of recovery", 55.0, 70.0, at_least=True),
    Level("false alert, improving minority in a flat panel", 4.0, 1.5),
    Level("the same in panels of 20 wijken"),
    Level("alerts that are wrong, 10% flat panel", 15.0, 5.0),
    Level("the same, mailed"),
    Level("gap called improving on a national trend only", 7.0, 4.0),
    Level("found, of what an ideal observer finds", 85.0, 95.0, at_least=True),
    Level("found, of what an ideal observer finds (gap)", 85.0, 95.0, at_least=True),
    Level("flat wijken found, precise enough (I >= 2.5)", 90.0, 95.0, at_least=True),
]


# ---- the project's own classes


def judged_by_sql(panel: Panel, axes: Sequence[str]) -> dict[str, Verdict]:
    """The classes that the project's trend SQL gives the series, on those of `axes` it has."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        given = _lay_out(connection, panel, with_gaps=GAP in axes)
        run_models(connection, in_order(_behind("core.trend", given), given))
        rows = connection.execute(
            "select substr(area_code, 3)::integer as series, edition_year, axis, class, is_alert, "
            "is_held, is_new_alert_allowed, score_slope "
            "from core.trend where edition_year >= ? and axis in ?",
            [panel.editions[0], list(axes)],
        ).fetchnumpy()
    shape = (len(panel.slope), len(panel.editions))
    verdicts = {}
    for axis in np.unique(rows["axis"].astype(str)):
        found = rows["axis"] == axis
        at = rows["series"][found], rows["edition_year"][found] - panel.editions[0]
        label = np.full(shape, "insufficient", dtype="U14")
        label[at] = rows["class"][found].astype(str)
        said = {}
        for column in ("is_alert", "is_held", "is_new_alert_allowed"):
            said[column] = np.zeros(shape, dtype=bool)
            said[column][at] = np.ma.filled(rows[column][found], False)
        slope = np.full(shape, np.nan)
        slope[at] = np.ma.filled(rows["score_slope"][found].astype(float), np.nan)
        verdicts[str(axis)] = Verdict(
            label=label,
            is_alert=said["is_alert"],
            is_held=said["is_held"],
            is_mailed=said["is_alert"] & said["is_new_alert_allowed"],
            slope=np.where(label == "insufficient", np.nan, slope),
        )
    return verdicts


def _behind(name: str, given: Collection[str]) -> list[Model]:
    """The model and all that it reads, as far as it is not given."""
    models = {model.name: model for model in read_models(SQL)}
    wanted, found = [name], {}
    while wanted:
        model = models[wanted.pop()]
        found[model.name] = model
        wanted += model.reads - set(given) - set(found)
    return list(found.values())


def _lay_out(connection: duckdb.DuckDBPyConnection, panel: Panel, *, with_gaps: bool) -> list[str]:
    """The tables that the trend SQL reads, filled with the panel: every series is a wijk."""
    create_given(connection)
    make_macros(connection, SQL)
    for name in np.unique(panel.indicator):
        fact = KINDS[name.split("_")[0]]
        connection.execute(
            "insert into catalog.indicator by name select ? as indicator_id, ? as direction, "
            "? as window_years, ?::double as change_per_year, ?::double as change_relative",
            [str(name), fact.direction, WINDOW, fact.change_per_year, fact.change_relative],
        )
    series, year = np.nonzero(np.isfinite(panel.value))
    point = {
        "series": series,
        "indicator_id": panel.indicator[series].astype(object),
        "year": panel.years[year],
        "value": panel.value[series, year],
        "standard_error": panel.error[series, year],
        "national": panel.national[series, year],
        "boundary_segment": panel.segment[series, year],
    }
    connection.register("point", point)
    connection.execute(
        """
        create table core.observation as
        select
            format('WK{:08d}', series) as area_code,
            year::integer as geography_year,
            year::integer as year,
            indicator_id,
            value,
            value as value_as_published,
            'final' as status,
            if(isfinite(standard_error), standard_error, null) as standard_error,
            false as is_restated,
            0.0 as moved_share,
            boundary_segment::bigint as boundary_segment,
            'simulated' as source_id,
            null::date as retrieved_on,
        from point
        """
    )
    connection.execute(
        """
        create table core.benchmark as
        select
            format('WK{:08d}', series) as area_code,
            null::varchar as programme_id,
            indicator_id,
            year::integer as year,
            'nl' as comparator,
            'NL00' as comparator_code,
            national as value,
            0.0 as own_share,
            false as is_self_excluded,
            1000 as areas,
            true as is_published,
            null::date as list_date,
        from point
        where ?
        """,
        [with_gaps],
    )
    connection.execute(
        """
        create table core.place as
        select distinct
            area_code,
            area_code as area_name,
            'wijk' as area_kind,
            'GM' || substr(area_code, 3) as gemeente_code,
            'GM' || substr(area_code, 3) as gemeente_name,
            true as is_listed,
        from core.observation
        """
    )
    connection.execute(
        """
        create table core.programme_area (
            programme_id varchar, area_code varchar, area_id varchar, area_name varchar,
            area_kind varchar, gemeente_code varchar, gemeente_name varchar, is_used boolean,
            is_on_list boolean, is_in_group boolean, list_date date
        )
        """
    )
    connection.unregister("point")
    filled = ["core.observation", "core.benchmark", "core.place", "core.programme_area"]
    return [*GIVEN, *filled]


# ---- the rules that are in use elsewhere


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


# ---- the metrics


@dataclass(frozen=True)
class Panels:
    """Everything that is judged."""

    main: Panel
    turning: Panel
    minority: Panel
    twenty: Panel
    few_flat: Panel


def make_panels(seed: int, n: int) -> Panels:
    """`n` series per cell of the main panel; the panels beside it grow along."""
    flat, improving = 0.0, 1.5
    return Panels(
        main=main_panel(seed, n),
        turning=turning_panel(seed, 8 * n),
        minority=mixed_panel(seed, 40 * n, [(0.9, flat), (0.1, improving)]),
        twenty=mixed_panel(seed, 40 * n, [(0.9, flat), (0.1, improving)], wijken=20),
        few_flat=mixed_panel(seed, 40 * n, [(0.9, improving), (0.1, flat)]),
    )


def measure(panels: Panels, judge: Judge) -> dict[str, Figure]:
    """Every metric that a rule's verdicts allow."""
    main = panels.main
    judged = judge(main, AXES)
    figures = {}
    for axis, slope, mark in ((OWN, main.slope, ""), (GAP, main.gap_slope, " (gap)")):
        if axis not in judged:
            continue
        verdict = judged[axis]
        known = np.isfinite(slope)
        improving = known & (slope >= 1)
        flat = known & (np.abs(slope) <= 0.25)
        figures |= {
            f"false alert, truly improving{mark}": _share(verdict.is_alert, improving),
            f"alerts that are wrong{mark}": _wrong(verdict.is_alert, improving, known),
            f"flat wijken found{mark}": _share(verdict.label == "stagnating", flat),
        }
        against_ideal = _against_ideal(main, verdict, axis)
        if against_ideal:
            figures[f"found, of what an ideal observer finds{mark}"] = against_ideal
    own = judged[OWN]
    alerted = own.is_alert[:, :-1]
    figures |= {
        "false flag, improving by exactly the change": _share(
            own.is_alert, main.scenario == "improving 1"
        ),
        "deteriorating wijken alerted": _share(own.is_alert, main.slope <= -1),
        "alert gone in the next edition": _share(~own.is_alert[:, 1:], alerted),
        "alert turned into improving": _share(own.label[:, 1:] == "improving", alerted),
    }
    # what is known of the noise says nothing of spikes, shocks and breaks
    undisturbed = np.array([not SCENARIOS[name].what for name in main.scenario])
    precise = (undisturbed & (np.abs(main.slope) <= 0.25))[:, None] & (information(main) >= 2.5)
    figures["flat wijken found, precise enough (I >= 2.5)"] = _share(own.is_alert, precise)
    if GAP in judged:
        figures["gap called improving on a national trend only"] = _share(
            judged[GAP].label == "improving", main.scenario == "national trend only"
        )

    turning = judge(panels.turning, [OWN])[OWN].is_alert
    since = np.array(panels.turning.editions) - TURN_YEAR
    plateau = panels.turning.scenario == "plateau"
    # a plateau that was flagged before it began was not seen
    plateau &= ~turning[:, 0]
    for years in (5, 9):
        seen = turning[:, (since >= 1) & (since <= years)].any(axis=1)
        figures[f"plateau seen within {years} years"] = _share(seen[:, None], plateau)
    lifted = ~turning[:, since <= 3].all(axis=1)
    release = (panels.turning.scenario == "release") & turning[:, 0]
    figures["alert lifted within 3 years of recovery"] = _share(lifted[:, None], release)

    for name, panel in (
        ("false alert, improving minority in a flat panel", panels.minority),
        ("the same in panels of 20 wijken", panels.twenty),
    ):
        figures[name] = _share(judge(panel, [OWN])[OWN].is_alert, panel.slope >= 1)
    few = judge(panels.few_flat, [OWN])[OWN]
    improving = panels.few_flat.slope >= 1
    everyone = np.ones_like(improving)
    figures["alerts that are wrong, 10% flat panel"] = _wrong(few.is_alert, improving, everyone)
    figures["the same, mailed"] = _wrong(few.is_mailed, improving, everyone)
    return figures


def _share(said: Array, of: Array) -> Figure:
    """How often it is said, of the series (or series and editions) `of`."""
    among = np.broadcast_to(of[:, None], said.shape) if of.ndim == 1 else of
    count = int(among.sum())
    share = float(said[among].mean()) if count else 0.0
    return Figure(share, int(among.any(axis=1).sum()))


def _wrong(alert: Array, improving: Array, known: Array) -> Figure:
    return _share(np.broadcast_to(improving[:, None], alert.shape), alert & known[:, None])


# ---- the bounds of what can be known


def covariance(panel: Panel, axis: str = OWN) -> Array:
    """The true covariance of each series' years around its line, in meaningful changes."""
    lag = np.abs(panel.years[:, None] - panel.years[None, :])
    shared = np.array([KINDS[kind].shared for kind in panel.kind])
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


def _against_ideal(panel: Panel, verdict: Verdict, axis: str) -> Figure | None:
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


# ---- the table


def table(columns: Mapping[str, Mapping[str, Figure]]) -> str:
    """The metrics as docs/benchmarks.md shows them, in percent."""
    lines = [
        "| % | must | ambition | " + " | ".join(columns) + " |",
        "|---|---:|---:|" + "---:|" * len(columns),
    ]
    for level in LEVELS:
        if not any(level.metric in figures for figures in columns.values()):
            continue
        sign = ">= " if level.at_least else "<= "
        cells = [
            level.metric,
            *("" if x is None else f"{sign}{x:g}" for x in (level.must, level.ambition)),
            *(
                f"{100 * figures[level.metric].share:.1f}" if level.metric in figures else ""
                for figures in columns.values()
            ),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def missed(figures: Mapping[str, Figure], errors: float = 0.0) -> list[str]:
    """The metrics that are worse than they must be, each with its figure and its level."""
    return [
        f"{level.metric}: {100 * figures[level.metric].share:.1f}%, must be "
        f"{'at least' if level.at_least else 'at most'} {level.must:g}%"
        for level in LEVELS
        if level.metric in figures and level.is_missed(figures[level.metric], errors)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--n", type=int, default=25, help="Series per cell.")
    parser.add_argument("--quick", action="store_true", help="Five series per cell.")
    given = parser.parse_args()
    started = time.monotonic()
    n = 5 if given.quick else given.n
    panels = make_panels(given.seed, n)
    columns = {"wijkpeil": measure(panels, judged_by_sql)}
    for name, rule in RULES.items():
        columns[name] = measure(panels, judged_by(rule))
    print(table(columns))
    print(
        f"\n{len(panels.main.slope):,} wijken of seed {given.seed}, and four panels beside them; "
        f"{time.monotonic() - started:.0f} s"
    )
    # so few series miss a level by chance
    problems = missed(columns["wijkpeil"], errors=3.0 if given.quick else 0.0)
    if problems:
        sys.exit("Not met:\n  " + "\n  ".join(problems))


if __name__ == "__main__":
    main()
