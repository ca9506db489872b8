"""What is measured of national waves, of floors and ceilings, and of years that remember."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hard_panels import (
    BOUNDED,
    CORRELATIONS,
    ROOMS,
    WAVE_YEARS,
    WIDE,
    bounded_panel,
    remembering_panel,
    waving_panel,
)
from judged import AXES, GAP, HEADLINE, OWN, judged_by_sql
from metrics import Figure, Figures, Level, share
from panel import KINDS

# ---- national waves

WAVES = ("dip", "surge")
FOLLOWING = ("follows", "does not follow")
# the level follows the wave, or the gap does; there it is harder to see the course beneath
MOVED = {"follows": OWN, "does not follow": GAP}
WAVE_LEVELS = [
    level
    for wave in WAVES
    for following in FOLLOWING
    for axis in AXES
    for must in ((10.0, 5.0) if MOVED[following] == axis else (5.0, 2.5),)
    for level in (
        Level(f"{wave}, {following}, improving by 1.5, flagged ({axis})", *must),
        Level(f"{wave}, {following}, flat, told to improve ({axis})", *must),
        Level(f"{wave}, {following}, flat, told to deteriorate ({axis})", *must),
        Level(f"{wave}, {following}, flat, found ({axis})"),
    )
]


def waves(seed: int, n: int) -> Figures:
    """What is told while the whole country is off its course for two years, and just after."""
    panel = waving_panel(seed, n)
    judged = judged_by_sql(panel, AXES, explained=WAVE_YEARS)
    figures = {}
    for axis, verdict in judged.items():
        for wave in WAVES:
            for following in FOLLOWING:
                of = f"{wave}, {following}"
                improving = panel.scenario == f"{of}, improving"
                flat = panel.scenario == f"{of}, flat"
                told = {
                    "improving by 1.5, flagged": (verdict.is_alert, improving),
                    "flat, told to improve": (verdict.label == "improving", flat),
                    "flat, told to deteriorate": (verdict.label == "deteriorating", flat),
                    "flat, found": (verdict.is_alert, flat),
                }
                figures |= {f"{of}, {name} ({axis})": share(*said) for name, said in told.items()}
    return figures


# ---- floors and ceilings

_OF_ROOM = {
    "no room, flat": Level("alert", 0.0),
    "no room at first, getting worse by 1.5": Level("alert", 84.0, 91.0, at_least=True),
    "room, behind, flat": Level("alert", 38.0, 46.0, at_least=True),
    "room, behind, improving by 1.5": Level("alert", 2.5, 1.5),
    "room, ahead, flat": Level("alert"),
}
JUDGED_BY = "judged by the headline row of core.verdict, % (0: by its own axis)"
BOUND_LEVELS = [
    Level(JUDGED_BY),
    *(
        level
        for kind in BOUNDED
        for level in (
            *(replace(of, metric=f"{kind}, {room}: alert") for room, of in _OF_ROOM.items()),
            Level(f"{kind}, no room, flat: told to be at the level", ambition=95.0, at_least=True),
        )
    ),
]


def bounds(seed: int, n: int) -> Figures:
    """Alerts on wijken that have nothing left to gain, by the class that mails and pages show."""
    panel = bounded_panel(seed, n)
    told = judged_by_sql(panel, [HEADLINE], kinds=BOUNDED, view="core.verdict")[HEADLINE]
    figures = {JUDGED_BY: Figure(float(told.is_headline), 1)}
    for kind in BOUNDED:
        for room in ROOMS:
            which = panel.scenario == f"{kind}, {room}"
            figures[f"{kind}, {room}: alert"] = share(told.is_alert, which)
        figures[f"{kind}, no room, flat: told to be at the level"] = share(
            told.label == "at_level", panel.scenario == f"{kind}, no room, flat"
        )
    return figures


# ---- years that resemble the year before

_NOISES = {"usual noise": tuple(KINDS), "noise of 5": tuple(WIDE)}
MEMORY_LEVELS = [
    Level(f"flat, {name}, correlation {phi:g}: told to {way}", 5.0 if phi == 0.5 else None, 2.5)
    for name in _NOISES
    for way in ("deteriorate", "improve")
    for phi in CORRELATIONS
]


def memory(seed: int, n: int) -> Figures:
    """Changes that are seen in flat wijken of which a year's noise resembles the year before."""
    panel = remembering_panel(seed, n)
    own = judged_by_sql(panel, [OWN], kinds=KINDS | WIDE)[OWN]
    figures = {}
    for name, kinds in _NOISES.items():
        for phi in CORRELATIONS:
            which = (panel.scenario == f"{phi:g}") & np.isin(panel.kind, kinds)
            for way, label in {"deteriorate": "deteriorating", "improve": "improving"}.items():
                figures[f"flat, {name}, correlation {phi:g}: told to {way}"] = share(
                    own.label == label, which
                )
    return figures
