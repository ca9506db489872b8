"""A wijk that scatters far beyond all others: its margin rests on its own figures alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from judged_panel import Figure, make_panel, noisy

YEARS = range(2014, 2022)
WILD = "WK999901"
# improves by 1 a year below its noise, and seems to fall by more than 3
MISLEADING = [50.0, 75.0, 62.0, 71.0, 38.0, 60.0, 42.0, 40.0]
# the 95% quantiles of t
T_95 = {2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943}


def of_wijk(values: list[float], area: str = WILD, indicator: str = "grade") -> list[Figure]:
    """The last years of one wijk."""
    years = YEARS[-len(values) :]
    return [(area, indicator, year, value, None) for year, value in zip(years, values, strict=True)]


def judged(values: list[float]) -> dict[str, Any]:
    """The last row of a wijk with these figures, among 60 quiet ones that stand still."""
    with make_panel(":memory:", noisy(wijken=60, years=YEARS, noise=1) + of_wijk(values)) as panel:
        found = panel.execute(
            "select *, sampling_variance + noise_variance as usual from core.trend "
            "where area_code = ? and axis = 'own' and edition_year = 2021",
            [WILD],
        )
        names = [column[0] for column in found.description or []]
        [row] = found.fetchall()
    return dict(zip(names, row, strict=True))


def test_wild_figures_are_not_told_as_a_fall() -> None:
    row = judged(MISLEADING)
    degrees = row["degrees_of_freedom"]
    pooled = (20 * row["usual"] + row["residual_sum"]) / (20 + degrees) / row["year_spread"]
    pooled *= (1 + row["autocorrelation"]) / (1 - row["autocorrelation"])
    # with the noise of the others it would have been said, with 95%
    assert row["score_slope"] + 1.7 * pooled**0.5 < 0
    assert (row["class"], row["has_own_noise"]) == ("inconclusive", True)
    assert not row["is_new_alert_allowed"]


def test_one_wild_year_is_no_trend() -> None:
    row = judged([50.0, 51.6, 52.8, 54.7, 56.1, 57.2, 59.3, 20.0])
    assert (row["class"], row["has_own_noise"]) == ("inconclusive", True)


def test_a_fall_far_beyond_wild_figures_is_told() -> None:
    fall = [value - 12 * passed for passed, value in enumerate(MISLEADING)]
    assert judged(fall)["class"] == "deteriorating"


@pytest.mark.parametrize("points", [4, 5, 6, 7, 8])
def test_a_margin_of_few_figures_is_as_wide_as_those_ask_for(points: int) -> None:
    row = judged([100 * value for value in MISLEADING[-points:]])
    degrees = points - 2
    assert row["has_own_noise"]
    remembered = (1 + row["autocorrelation"]) / (1 - row["autocorrelation"])
    own = (row["residual_sum"] / degrees * remembered / row["year_spread"]) ** 0.5
    assert 1.7 * row["slope_error"] == pytest.approx(T_95[degrees] * own, rel=0.03)


@pytest.fixture(scope="module")
def mixed() -> Iterator[duckdb.DuckDBPyConnection]:
    """40 indicators of 48 quiet wijken that stand still, and two that are ten times as noisy: one
    improves by one and a half times what matters, one by exactly that."""
    draw = random.Random(4)
    figures: list[Figure] = []
    for number in range(40):
        name = f"indicator {number}"
        figures += noisy(wijken=48, years=YEARS, noise=1.5, indicator=name, seed=number)
        for slope, area in ((1.5, "WK999901"), (1.0, "WK999902")):
            wild = [slope * passed + draw.gauss(0, 15) for passed in range(len(YEARS))]
            figures += of_wijk(wild, area, name)
    with make_panel(":memory:", figures) as panel:
        yield panel


def test_noisy_wijken_that_improve_are_spared_as_others_are(
    mixed: duckdb.DuckDBPyConnection,
) -> None:
    found = mixed.execute(
        "select count(*), count(*) filter (where has_own_noise), count(*) filter (where is_alert) "
        "from core.trend where area_code like 'WK9999%' and edition_year = 2021"
    ).fetchone()
    assert found is not None
    wijken, own, alerts = found
    assert wijken == 80
    assert own >= 78
    # with the pooled noise 18 would be told
    assert alerts / wijken <= 0.08


def test_quiet_wijken_are_judged_as_before_to_the_last_bit(
    mixed: duckdb.DuckDBPyConnection,
) -> None:
    found = mixed.execute(
        """
        select count(*), count(*) filter (
            where has_own_noise
            or abs(entry_errors - (1.7 + 0.5 * greatest(slope_error - 1, 0))) > 1e-12
            or abs(
                slope_error - sqrt(
                    (20 * (sampling_variance + noise_variance) + residual_sum)
                    / (20 + degrees_of_freedom)
                    * (1 + autocorrelation) / (1 - autocorrelation)
                    / year_spread
                )
            ) > 0.5000001e-9
        )
        from core.trend where area_code not like 'WK9999%' and class <> 'insufficient'
        """
    ).fetchone()
    assert found == (40 * 48 * 5, 0)
