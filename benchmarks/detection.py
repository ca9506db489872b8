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
from dataclasses import dataclass

import numpy as np
from ideal import against_ideal, information
from judged import AXES, GAP, OWN, Judge, judged_by_sql
from metrics import Figure, Level, missed, share, table, wrong
from other_rules import RULES, judged_by
from panel import SCENARIOS, TURN_YEAR, Panel, main_panel, mixed_panel, turning_panel

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
            f"false alert, truly improving{mark}": share(verdict.is_alert, improving),
            f"alerts that are wrong{mark}": wrong(verdict.is_alert, improving, known),
            f"flat wijken found{mark}": share(verdict.label == "stagnating", flat),
        }
        of_ideal = against_ideal(main, verdict, axis)
        if of_ideal:
            figures[f"found, of what an ideal observer finds{mark}"] = of_ideal
    own = judged[OWN]
    alerted = own.is_alert[:, :-1]
    figures |= {
        "false flag, improving by exactly the change": share(
            own.is_alert, main.scenario == "improving 1"
        ),
        "deteriorating wijken alerted": share(own.is_alert, main.slope <= -1),
        "alert gone in the next edition": share(~own.is_alert[:, 1:], alerted),
        "alert turned into improving": share(own.label[:, 1:] == "improving", alerted),
    }
    # what is known of the noise says nothing of spikes, shocks and breaks
    undisturbed = np.array([not SCENARIOS[name].what for name in main.scenario])
    precise = (undisturbed & (np.abs(main.slope) <= 0.25))[:, None] & (information(main) >= 2.5)
    figures["flat wijken found, precise enough (I >= 2.5)"] = share(own.is_alert, precise)
    if GAP in judged:
        figures["gap called improving on a national trend only"] = share(
            judged[GAP].label == "improving", main.scenario == "national trend only"
        )

    turning = judge(panels.turning, [OWN])[OWN].is_alert
    since = np.array(panels.turning.editions) - TURN_YEAR
    plateau = panels.turning.scenario == "plateau"
    # a plateau that was flagged before it began was not seen
    plateau &= ~turning[:, 0]
    for years in (5, 9):
        seen = turning[:, (since >= 1) & (since <= years)].any(axis=1)
        figures[f"plateau seen within {years} years"] = share(seen[:, None], plateau)
    lifted = ~turning[:, since <= 3].all(axis=1)
    release = (panels.turning.scenario == "release") & turning[:, 0]
    figures["alert lifted within 3 years of recovery"] = share(lifted[:, None], release)

    for name, panel in (
        ("false alert, improving minority in a flat panel", panels.minority),
        ("the same in panels of 20 wijken", panels.twenty),
    ):
        figures[name] = share(judge(panel, [OWN])[OWN].is_alert, panel.slope >= 1)
    few = judge(panels.few_flat, [OWN])[OWN]
    improving = panels.few_flat.slope >= 1
    everyone = np.ones_like(improving)
    figures["alerts that are wrong, 10% flat panel"] = wrong(few.is_alert, improving, everyone)
    figures["the same, mailed"] = wrong(few.is_mailed, improving, everyone)
    return figures


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
    print(table(LEVELS, columns))
    print(
        f"\n{len(panels.main.slope):,} wijken of seed {given.seed}, and four panels beside them; "
        f"{time.monotonic() - started:.0f} s"
    )
    # so few series miss a level by chance
    problems = missed(LEVELS, columns["wijkpeil"], errors=3.0 if given.quick else 0.0)
    if problems:
        sys.exit("Not met:\n  " + "\n  ".join(problems))


if __name__ == "__main__":
    main()
