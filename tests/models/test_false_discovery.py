"""The chance that a signal is wrong: as numpy computes it, and as simulated signals are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from judged import behind, lay_out
from panel import KINDS, Panel, main_panel, mixed_panel

from wijkpeil.edition.models import in_order, run_models
from wijkpeil.edition.rule import read_rule

RULE = read_rule(Path(__file__).parents[2] / "sql")
STATED = [0.006, 0.037, 0.068, 0.083, 0.098, 0.118, 0.111, 0.094, 0.088, 0.091, 0.09, 0.082, 0.034]


def judged(panel: Panel, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Every class with the truth beside it."""
    given = lay_out(connection, panel, KINDS, with_gaps=False)
    run_models(connection, in_order(behind("core.trend", given), given))
    rows = connection.execute(
        "select substr(area_code, 3)::integer as series, indicator_id, edition_year, is_alert, "
        "is_held, editions_in_a_row, class, score_slope, slope_error, "
        "false_discovery_rate, standstill_chance "
        "from core.trend where axis = 'own' and class <> 'insufficient' and edition_year >= ? ",
        [panel.editions[0]],
    ).fetchnumpy()
    found = {
        name: np.ma.filled(column, np.nan) if column.dtype.kind == "f" else np.asarray(column)
        for name, column in rows.items()
    }
    return {**found, "truth": panel.slope[found["series"]]}


# no two wijken improve alike, and thirteen slopes cannot tell of a world that has but two
SPREAD = 0.25
PANELS = {
    "most flat": lambda: mixed_panel(31, 500, [(0.9, 0.0), (0.1, 1.5)], spread=SPREAD),
    "few flat": lambda: mixed_panel(31, 500, [(0.1, 0.0), (0.9, 1.5)], spread=SPREAD),
    "few flat, pools of 20": lambda: mixed_panel(
        31, 500, [(0.1, 0.0), (0.9, 1.5)], wijken=20, spread=SPREAD
    ),
    "half near what matters": lambda: mixed_panel(31, 500, [(0.5, 0.0), (0.5, 1.1)], spread=SPREAD),
    "continuous": lambda: _continuous(main_panel(31, 20)),
}


def _continuous(panel: Panel) -> Panel:
    return panel.of(panel.scenario == "continuous")


@pytest.mark.parametrize("name", PANELS)
def test_so_many_signals_are_wrong_as_is_said(name: str) -> None:
    with duckdb.connect() as connection:
        found = judged(PANELS[name](), connection)
    alert = found["is_alert"].astype(bool)
    said = found["false_discovery_rate"][alert].sum()
    wrong = int((found["truth"][alert] >= 1).sum())
    # chance moves a small number: two of its standard errors at most, and then 1.5 times
    slack = 2 * np.sqrt(wrong)
    assert (wrong - slack) / 1.5 <= said <= 1.5 * (wrong + slack)
    unseen = ~alert & np.isin(found["class"], ["inconclusive", "improving"])
    said = found["standstill_chance"][unseen].sum()
    missed = int((found["truth"][unseen] <= 0.25).sum())
    assert missed / 1.5 <= said <= 1.5 * missed


def test_chances_are_those_that_numpy_computes() -> None:
    with duckdb.connect() as connection:
        found = judged(mixed_panel(32, 60, [(0.5, 0.0), (0.5, 1.5)]), connection)
        slopes = np.array(connection.sql("select core.true_slopes()").fetchone()[0])  # type: ignore[index]
        lines = connection.execute(
            "select indicator_id, edition_year, score_slope, slope_error from core.trend "
            "where axis = 'own' and class <> 'insufficient'"
        ).fetchnumpy()
    error = np.maximum(lines["slope_error"], RULE.prior_least_error)
    error = np.exp(np.round(5 * np.log(error)) / 5)
    quarters = 4 * lines["score_slope"]
    # halves away from zero, as SQL rounds
    score = np.clip(np.sign(quarters) * np.floor(np.abs(quarters) + 0.5) / 4, -3, 3)
    fits = np.exp(-((slopes - score[:, None]) ** 2) / error[:, None] ** 2 / 2)

    def fitted(rows: Any, known: Any, weight: float, steps: int) -> Any:
        chances = known
        for _ in range(steps):
            one = chances * rows
            one = one / one.sum(axis=1, keepdims=True)
            chances = (one.sum(axis=0) + weight * known) / (len(rows) + weight)
        return chances

    shared = fitted(fits, np.array(STATED), RULE.prior_stated_weight, RULE.prior_shared_steps)
    for indicator in np.unique(found["indicator_id"].astype(str)):
        year = found["edition_year"].max()
        pool = (lines["indicator_id"] == indicator) & (lines["edition_year"] == year)
        chances = fitted(fits[pool], shared, RULE.prior_shared_weight, RULE.prior_steps)
        rows = (found["indicator_id"] == indicator) & (found["edition_year"] == year)
        alert = rows & found["is_alert"].astype(bool)
        s = found["slope_error"]
        assert s[alert].min() > RULE.prior_least_error
        is_held, in_a_row = found["is_held"].astype(bool), found["editions_in_a_row"]
        # of a series with ten years each alert that begins had editions before it
        shift = np.where(in_a_row > 1, RULE.lasting_shift, -RULE.entered_shift)
        b = found["score_slope"] - np.where(is_held, RULE.held_shift, shift) * s
        fit = np.exp(-((slopes - np.clip(b, -3, 3)[:, None]) ** 2) / s[:, None] ** 2 / 2) * chances
        # of the one at what matters half lies below it
        wrong = (fit[:, slopes > 1].sum(axis=1) + fit[:, slopes == 1][:, 0] / 2) / fit.sum(axis=1)
        assert found["false_discovery_rate"][alert] == pytest.approx(wrong[alert], abs=6e-5)
        assert np.isnan(found["false_discovery_rate"][rows & ~alert]).all()


def test_of_a_handful_of_wijken_no_signal_is_never_wrong() -> None:
    with duckdb.connect() as connection:
        found = judged(mixed_panel(33, 3, [(1.0, 0.0)]), connection)
    alert = found["is_alert"].astype(bool)
    assert alert.sum() > 5
    assert 0 < found["false_discovery_rate"][alert].sum() < alert.sum() / 5
