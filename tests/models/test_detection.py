"""Does the trend rule find stagnation, and spare who improves, where the truth is known?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detection import LEVELS, make_panels, measure
from judged import AXES, OWN, Verdict, judged_by_sql
from metrics import Figure, Level, missed, table
from other_rules import judged_by, last_minus_first
from panel import HISTORIES, KINDS, Panel, main_panel, mixed_panel

# few series: a level is missed when it is so by more than three standard errors
SMALL, ERRORS = 8, 3.0


@pytest.fixture(scope="module")
def judged() -> tuple[Panel, dict[str, Verdict]]:
    panel = main_panel(11, 2)
    return panel, judged_by_sql(panel, AXES)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_levels_that_must_be_met_are_met(seed: int) -> None:
    assert missed(LEVELS, measure(make_panels(seed, SMALL), judged_by_sql), ERRORS) == []


def test_the_levels_show_up_a_rule_that_takes_noise_for_change() -> None:
    figures = measure(make_panels(1, SMALL), judged_by(last_minus_first))
    problems = "\n".join(missed(LEVELS, figures, ERRORS))

    assert "false alert, truly improving" in problems
    assert "alert turned into improving" in problems
    assert "false alert, improving minority" in problems


def test_an_improving_wijk_is_not_flagged_because_its_neighbours_stand_still() -> None:
    panel = mixed_panel(5, 200, [(0.9, 0.0), (0.1, 2.0)])
    alert = judged_by_sql(panel, [OWN])[OWN].is_alert

    assert alert[panel.slope >= 1].mean() < 0.02
    assert alert[panel.slope == 0].mean() > 0.5


def test_the_line_of_the_sql_is_that_of_another_calculation(judged: Any) -> None:
    panel, verdicts = judged
    others = judged_by(last_minus_first)(panel, AXES)

    for axis, verdict in verdicts.items():
        np.testing.assert_allclose(verdict.slope, others[axis].slope, rtol=0, atol=1e-6)


def test_three_years_are_not_enough_for_a_class(judged: Any) -> None:
    panel, verdicts = judged

    for verdict in verdicts.values():
        assert set(verdict.label[panel.scenario == "too short"].flat) == {"insufficient"}


def test_a_panel_is_the_same_for_the_same_seed() -> None:
    first, second, other = main_panel(1, 1), main_panel(1, 1), main_panel(2, 1)

    np.testing.assert_array_equal(first.value, second.value)
    assert not np.array_equal(first.value, other.value, equal_nan=True)


def test_every_indicator_holds_all_scenarios_and_histories() -> None:
    panel = main_panel(1, 1)

    for name in KINDS:
        inside = panel.indicator == name
        assert set(panel.scenario[inside]) == set(panel.scenario)
        assert set(panel.history[inside]) == set(HISTORIES)


def test_a_missed_level_is_named_with_its_figure() -> None:
    figures = {"flat wijken found": Figure(0.30, 1000), "alerts that are wrong": Figure(0.02, 1000)}

    assert missed(LEVELS, figures) == ["flat wijken found: 30.0%, must be at least 38%"]


def test_a_level_gives_way_to_chance_as_far_as_is_asked() -> None:
    level, figure = Level("x", must=5.0), Figure(0.10, 36)

    assert level.is_missed(figure)
    assert not level.is_missed(figure, errors=3.0)


def test_the_table_has_a_line_for_every_metric_that_was_measured() -> None:
    level = LEVELS[0]

    assert table(LEVELS, {"wijkpeil": {level.metric: Figure(0.018, 900)}}).splitlines()[2:] == [
        f"| {level.metric} | <= 2.5 | <= 1.5 | 1.8 |"
    ]
