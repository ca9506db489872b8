"""Back-test: what the rule said in every edition year, and what it says where the truth is known.

Classes of earlier years are those that the rule of today gives on the figures of today, with in
each edition year only the figures up to that year. A series whose years are dealt anew has no
trend; one with the meaningful change planted in it improves, and may not be flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.errors import WijkError, nearest
from flows.settings import PROJECT_ROOT
from flows.trials import TRIALS, Counted, Share, beside_published, run_trial, trend_models

SQL = PROJECT_ROOT / "sql"
ALL = "all"
# the largest share of wrong classes: improving where nothing changed, flagged where it improved
LIMITS = {"placebo": 0.05, "planted": 0.08}
EDITION_COLUMNS = ("edition", "assessed", "alerts", "new", "vanished", "contradicted")
TRIAL_COLUMNS = ("trial", "indicator", "series", "classes", "share", "margin", "limit", "")
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
class Trial:
    """The share of wrong classes in a trial, of one indicator or of all; None where too short."""

    name: str
    indicator: str
    share: Share | None

    @property
    def limit(self) -> float | None:
        """What the share may not exceed. The own course may bend, so it has none."""
        return LIMITS.get(self.name)

    @property
    def excess(self) -> float:
        """How far the share lies above its limit."""
        if self.share is None or self.limit is None:
            return 0.0
        return max(0.0, self.share.share - self.limit)


@dataclass(frozen=True)
class Backtest:
    """What was found, per indicator and edition year, and per trial."""

    editions: list[Edition]
    trials: list[Trial]

    def edition_rows(self) -> Iterator[tuple[object, ...]]:
        """A row per edition year, of all indicators together."""
        for year in sorted({edition.year for edition in self.editions}):
            of_year = [edition.numbers for edition in self.editions if edition.year == year]
            yield (year, *(_total(numbers) for numbers in zip(*of_year, strict=True)))

    def trial_rows(self) -> Iterator[tuple[object, ...]]:
        """A row per trial and indicator; the last of a trial is of all together."""
        for trial in self.trials:
            if trial.share is not None:
                yield (
                    trial.name,
                    trial.indicator,
                    trial.share.series,
                    trial.share.assessed,
                    _percent(trial.share.share),
                    None if trial.share.margin is None else f"± {trial.share.margin:.1%}",
                    None if trial.limit is None else _percent(trial.limit),
                    "broken" if trial.excess else None,
                )

    def csv_rows(self) -> Iterator[tuple[object, ...]]:
        """Everything, for a file: shares as fractions."""
        for edition in self.editions:
            yield ("history", edition.indicator, edition.year, *edition.numbers, *[None] * 4)
        for trial in self.trials:
            if trial.share is not None:
                share = trial.share
                yield (
                    *(trial.name, trial.indicator, None, share.assessed, *[None] * 4),
                    *(share.series, share.share, share.margin, trial.limit),
                )

    def sentences(self) -> Iterator[str]:
        """What cannot be tested and why, and what holds."""
        short = [
            trial.indicator
            for trial in self.trials
            if trial.name == "placebo" and trial.share is None and trial.indicator != ALL
        ]
        if short:
            yield (
                f"Too little history to test: {', '.join(short)}. A class takes four years of "
                "figures within the window, and a size of change that matters in the catalog."
            )
        if any(trial.share for trial in self.trials) and not any(t.excess for t in self.trials):
            yield (
                f"The limits hold: at most {_percent(LIMITS['placebo'])} improving where nothing "
                f"changes, at most {_percent(LIMITS['planted'])} flagged where a wijk improves by "
                "what matters."
            )


def backtest(path: Path, indicators: Sequence[str], *, sql: Path = SQL) -> Backtest:
    """Test the rule in `sql` on the published file; on all indicators with a direction when none
    is named. Raises WijkError for an indicator that is not followed."""
    models = trend_models(sql)
    with beside_published(path) as connection:
        chosen = _chosen(connection, indicators)
        editions = [
            Edition(*row)
            for row in connection.execute(_HISTORY, {"indicators": chosen}).fetchall()
        ]
        trials = []
        for name in TRIALS:
            everything: dict[str, list[Counted]] = {}
            for indicator in chosen:
                counted = run_trial(connection, models, indicator, name)
                trials.append(Trial(name, indicator, _share(name, counted)))
                everything[indicator] = counted
            if len(chosen) > 1:
                together = [each for counted in everything.values() for each in counted]
                trials.append(Trial(name, ALL, _share(name, together)))
    return Backtest(editions=editions, trials=trials)


def demand_limits_hold(found: Backtest) -> None:
    """Raise WijkError when a limit is broken, with by how much and for which indicators."""
    told = {
        "placebo": "called improving where the years were dealt anew and nothing changes",
        "planted": "flagged where a wijk improves by what matters",
    }
    broken = []
    for name, limit in LIMITS.items():
        over = [trial for trial in found.trials if trial.name == name and trial.excess]
        if over:
            each = ", ".join(
                f"{trial.indicator} {_percent(trial.share.share)} "
                f"({100 * trial.excess:.1f} points too much)"
                for trial in sorted(over, key=lambda trial: -trial.excess)
                if trial.share
            )
            broken.append(f"More than {_percent(limit)} {told[name]}: {each}.")
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


def _share(trial: str, counted: Sequence[Counted]) -> Share | None:
    """The wrong classes: improving where nothing changes, else flagged."""
    return Share.of(
        [
            (series.improving if trial == "placebo" else series.flagged, series.assessed)
            for series in counted
        ]
    )


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
