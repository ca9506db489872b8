"""The colours of the classes: one set for report, mail and charts.

Improving, stagnating and deteriorating differ in lightness first, so that they can be told apart in
grey and by the colour-blind; blue and orange then do the rest.
"""

from __future__ import annotations

from typing import NamedTuple


class ClassColour(NamedTuple):
    """The ground of a mark and the ink on it."""

    ground: str
    ink: str


_PALE = ClassColour("#e8ecf1", "#1f2a33")
_NONE = ClassColour("#ffffff", "#4a5560")
CLASS_COLOURS = {
    "improving": ClassColour("#b3daf2", "#00243b"),
    "stagnating": ClassColour("#e8a02a", "#140c00"),
    "deteriorating": ClassColour("#8c2f00", "#ffffff"),
    "inconclusive": ClassColour("#eef1f3", "#3a444d"),
    "at_level": _PALE,
    "follows": _PALE,
    "falls_behind": _PALE,
    "catching_up": _PALE,
    "turned": _PALE,
    "flattened": _PALE,
    "insufficient": _NONE,
    "ahead": _NONE,
}


def class_rules() -> str:
    """The same as rules of a style sheet: grounds of boxes, and of shapes."""
    return "".join(
        f".c-{name} {{ background: {colour.ground}; color: {colour.ink}; "
        f"fill: {colour.ground}; }}\n"
        for name, colour in CLASS_COLOURS.items()
    )
