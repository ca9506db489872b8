"""What a unit of the catalog means for how a figure is told; sentences in SQL ask the same.

A share has its sign against the figure, a grade stands bare, and of a unit in thousands the
sentences count the thousands out.
"""

from __future__ import annotations

SHARE = "%"
GRADES = ("rapportcijfer", "cijfer")
IN_THOUSANDS = "duizend "


def said_unit(unit: str, in_words: str | None) -> str:
    """The unit as it is said behind a figure: in words where the catalog has them."""
    return unit if unit in (SHARE, *GRADES) else in_words or unit


def stands_apart(unit: str) -> bool:
    """Whether the unit is a word, which a heading can say for all figures below it."""
    return unit not in ("", SHARE, *GRADES)


def step_key(unit: str) -> str | None:
    """The phrase for a step of a share or a grade; any other unit is its own."""
    if unit == SHARE:
        return "unit.points_of_percent"
    return "unit.point" if unit in GRADES else None
