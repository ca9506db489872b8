"""Back-test: what the rule said in every edition year, and what it says where the truth is known.

Classes of earlier years are those that the rule of today gives on the figures of today, with in
each edition year only the figures up to that year. A series of which blocks of years are dealt anew
has no trend; one with the meaningful change planted in it improves, and may not be flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.backtest.simulate import (
    SIMULATIONS,
    Counted,
    Share,
    beside_published,
    run_simulation,
    trend_models,
)
from wijkpeil.errors import WijkError, nearest
from wijkpeil.settings import PROJECT_ROOT

SQL = PROJECT_ROOT / "sql"
ALL = "all"
# the largest share of wrong classes: improving where nothing changed, flagged where it improved,
# and flagged where it improves of late, as benchmarks/hard_cases.py asks of who has turned up
LIMITS = {"placebo": 0.05, "planted": 0.08, "gaining": 0.10}
# what is wrong in each simulation, as a page tells it
WRONG = {
    "placebo": "improving, where blocks of years are dealt anew (placebo)",
    "planted": "with an alert, where what matters is planted in these (planted)",
    "own_course": "with an alert, where it is planted in the own course (own_course)",
    "gaining": "with an alert, where the last four years of that gain it too (gaining)",
}
EDITION_COLUMNS = ("edition", "assessed", "alerts", "new", "vanished", "contradicted")
SIMULATION_COLUMNS = ("indicator", "series", *SIMULATIONS, "limits")
CSV_COLUMNS = (
    *("part", "indicator", "edition_year", "assessed", "alerts", "new_alerts", "vanished"),
    *("contradicted", "series", "share", "margin", "largest_share"),
)

# an alert that ends for lack of figures did not vanish
_HISTORY = """
with judged as (
    select trend.indicator_id, trend.edition_year, trend.class, trend.is_alert,
        coalesce(lag(trend.is_alert) over editions, false) as was_alert,
        lead(trend.edition_year, 2) over editions is not null as is_followed,
        lead(trend.class, 1) over editions as next_class,
        lead(trend.class, 2) over editions as second_class,
        lead(trend.is_alert, 1) over editions as is_next_alert,
        lead(trend.is_alert, 2) over editions as is_second_alert,
    from published.core.trend as trend
    where trend.axis = 'own'
        and trend.area_kind = 'wijk'
        and trend.programme_id is null
        and trend.indicator_id in (select unnest($indicators))
    window editions as (
        partition by trend.area_code, trend.indicator_id order by trend.edition_year
    )
)

select
    indicator_id,
    edition_year,
    count(*) filter (where class <> 'insufficient') as assessed,
    count(*) filter (where is_alert) as alerts,
    count(*) filter (where is_alert and not was_alert) as new_alerts,
    if(bool_or(is_followed), count(*) filter (
        where is_alert and (
            (not is_next_alert and next_class <> 'insufficient')
            or (not is_second_alert and second_class <> 'insufficient')
        )
    ), null) as vanished,
    if(bool_or(is_followed), count(*) filter (
        where is_alert and 'improving' in (next_class, second_class)
    ), null) as contradicted,
from judged
group by indicator_id, edition_year
having assessed > 0
order by edition_year, indicator_id
"""


@dataclass(frozen=True)
class Edition:
    """The classes of one indicator in one edition year; None where two later ones are lacking."""

    indicator: str
    year: int
    assessed: int
    alerts: int
    new_alerts: int
    vanished: int | None
    contradicted: int | None

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """What is counted, for a row of a table."""
        return (self.assessed, self.alerts, self.new_alerts, self.vanished, self.contradicted)


@dataclass(frozen=True)
class Simulation:
    """The share of wrong classes in a simulation, of an indicator or all; None where too short."""

    name: str
    indicator: str
    share: Share | None

    @property
    def limit(self) -> float | None:
        """What the share may not exceed. A course that bends stands still for some years, so of the
        own course only those are held to one that gain what matters of late."""
        return LIMITS.get(self.name)

    @property
    def state(self) -> str:
        """`broken` where the whole margin lies above the limit: at the limit itself, where the
        rule is made to be, half of the shares lie above it by chance."""
        if self.share is None or self.limit is None or self.share.share <= self.limit:
            return "hold"
        return "broken" if self.share.share - (self.share.margin or 0) > self.limit else "not sure"

    @property
    def excess(self) -> float:
        """How far the share lies above its limit."""
        return self.share.share - self.limit if self.share and self.limit else 0.0

    @property
    def cell(self) -> str | None:
        """The share and its margin, in percent."""
        if self.share is None:
            return None
        margin = "" if self.share.margin is None else f" ± {100 * self.share.margin:.1f}"
        return f"{_percent(self.share.share)}{margin}"


@dataclass(frozen=True)
class Backtest:
    """What was found, per indicator and edition year, and per simulation."""

    edition_id: str
    editions: list[Edition]
    simulations: list[Simulation]

    def edition_rows(self) -> Iterator[tuple[object, ...]]:
        """A row per edition year, of all indicators together."""
        for year in sorted({edition.year for edition in self.editions}):
            of_year = [edition.numbers for edition in self.editions if edition.year == year]
            yield (year, *(_total(numbers) for numbers in zip(*of_year, strict=True)))

    def simulation_rows(self) -> Iterator[tuple[object, ...]]:
        """A row per indicator that could be tested; the last is of all together."""
        for indicator in dict.fromkeys(simulation.indicator for simulation in self.simulations):
            of_indicator = [
                simulation for simulation in self.simulations if simulation.indicator == indicator
            ]
            series = max(
                (simulation.share.series for simulation in of_indicator if simulation.share),
                default=0,
            )
            states = {simulation.state for simulation in of_indicator}
            if series:
                yield (
                    indicator,
                    series,
                    *(simulation.cell for simulation in of_indicator),
                    next(state for state in ("broken", "not sure", "hold") if state in states),
                )

    @property
    def together(self) -> list[Simulation]:
        """The simulations of all indicators together, as far as they could be run."""
        last = self.simulations[-1].indicator if self.simulations else ALL
        return [
            simulation
            for simulation in self.simulations
            if simulation.indicator == last and simulation.share
        ]

    def page_lines(self) -> Iterator[str]:
        """A table for a page, of all indicators together."""
        yield "| wrong classes | at most | share | 95% margin | wijken and indicators |"
        yield "|---|---:|---:|---:|---:|"
        for told in self.page_rows():
            limit = "" if told["limit"] is None else _percent(told["limit"])
            margin = "" if told["margin"] is None else f"± {100 * told['margin']:.1f}"
            cells = (WRONG[told["id"]], limit, _percent(told["share"]), margin, f"{told['series']}")
            yield f"| {' | '.join(cells)} |"

    def page_rows(self) -> Iterator[dict[str, Any]]:
        """The same for the report: shares as fractions."""
        for simulation in self.together:
            if share := simulation.share:
                yield {
                    "id": simulation.name,
                    "limit": simulation.limit,
                    "share": share.share,
                    "margin": share.margin,
                    "series": share.series,
                }

    def csv_rows(self) -> Iterator[tuple[object, ...]]:
        """Everything, for a file: shares as fractions."""
        for edition in self.editions:
            yield ("history", edition.indicator, edition.year, *edition.numbers, *[None] * 4)
        for simulation in self.simulations:
            if simulation.share is not None:
                share = simulation.share
                yield (
                    *(simulation.name, simulation.indicator, None, share.assessed, *[None] * 4),
                    *(share.series, share.share, share.margin, simulation.limit),
                )

    def sentences(self) -> Iterator[str]:
        """What cannot be tested and why, and what holds."""
        short = [
            simulation.indicator
            for simulation in self.simulations
            if simulation.name == "placebo"
            and simulation.share is None
            and simulation.indicator != ALL
        ]
        if short:
            yield (
                f"Too little history to test: {', '.join(short)}. A class takes four years of "
                "figures within the window, and a size of change that matters in the catalog."
            )
        unsure = {
            simulation.indicator: None
            for simulation in self.simulations
            if simulation.state == "not sure"
        }
        if unsure:
            yield (
                f"Above a limit, but by less than the margin: {', '.join(unsure)}. "
                "More wijken or years would tell."
            )
        if any(simulation.share for simulation in self.simulations) and not self.broken:
            yield (
                f"No limit is shown to be broken: {_percent(LIMITS['placebo'])} improving where "
                f"nothing changes (placebo), {_percent(LIMITS['planted'])} flagged where a wijk "
                f"improves by what matters (planted), {_percent(LIMITS['gaining'])} flagged where "
                "it has done so in its last four years too (gaining)."
            )

    @property
    def broken(self) -> list[Simulation]:
        """The simulations that show that the rule errs more than it may, the worst first."""
        return sorted(
            (simulation for simulation in self.simulations if simulation.state == "broken"),
            key=lambda simulation: -simulation.excess,
        )


def backtest(
    path: Path,
    indicators: Sequence[str],
    *,
    sql: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Test the project's rule, or that in `sql`, on the published file.

    Without a name, every indicator with a direction; raises WijkError for one that is not followed.
    `tell` hears what is at work: a national history takes some ten seconds per indicator.
    """
    models = trend_models(sql or SQL)
    with beside_published(path, sql or SQL) as connection:
        chosen = _chosen(connection, indicators)
        editions = [
            Edition(*row) for row in connection.execute(_HISTORY, {"indicators": chosen}).fetchall()
        ]
        simulations = []
        for name in SIMULATIONS:
            everything: dict[str, list[Counted]] = {}
            for indicator in chosen:
                tell(f"{name} of {indicator}")
                counted = run_simulation(connection, models, indicator, name)
                simulations.append(Simulation(name, indicator, _share(counted)))
                everything[indicator] = counted
            if len(chosen) > 1:
                together = [each for counted in everything.values() for each in counted]
                simulations.append(Simulation(name, ALL, _share(together)))
        (edition_id,) = connection.execute(
            "select edition_id from published.meta.edition"
        ).fetchone() or ("",)
    return Backtest(edition_id=str(edition_id), editions=editions, simulations=simulations)


def demand_limits_hold(found: Backtest) -> None:
    """Raise WijkError when a limit is broken, with by how much and for which indicators."""
    told = {
        "placebo": "called improving where blocks of years were dealt anew and nothing changes",
        "planted": "flagged where a wijk improves by what matters",
        "gaining": "flagged where a wijk improves by what matters, also in its last four years",
    }
    broken = []
    for name, limit in LIMITS.items():
        beyond = [
            f"{each.indicator} {each.cell} ({100 * each.excess:.1f} points too much)"
            for each in found.broken
            if each.name == name
        ]
        if beyond:
            broken.append(f"More than {_percent(limit)} {told[name]}: {', '.join(beyond)}.")
    if broken:
        raise WijkError(
            "The rule breaks its limits. "
            + " ".join(broken)
            + " Look at these series and their size of change before you rely on their classes."
        )


def _chosen(connection: duckdb.DuckDBPyConnection, indicators: Sequence[str]) -> list[str]:
    followed = [
        str(name)
        for (name,) in connection.execute(
            "select indicator_id from published.catalog.indicator where direction <> 0 order by all"
        ).fetchall()
    ]
    for indicator in indicators:
        if indicator not in followed:
            raise WijkError(
                f"No indicator '{indicator}' with a direction in the published warehouse; "
                f"nearest: {nearest(indicator, followed)}."
            )
    return list(dict.fromkeys(indicators)) or followed


def _share(counted: Sequence[Counted]) -> Share | None:
    return Share.of([(series.wrong, series.assessed) for series in counted])


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
