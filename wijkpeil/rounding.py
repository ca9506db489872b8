"""How a figure is rounded, wherever it is written: a page, a mail, a chart or a terminal.

The macro `half_up` of sql/macros.sql does the same for sentences, so that a sentence and the table
beside it agree in every digit.
"""

from __future__ import annotations

import math


def rounded(number: float, decimals: int) -> float:
    """`number` to so many decimals, halves away from zero; never -0.0.

    What differs by less than half a hundred-millionth is one number: the last bit of a sum, which
    differs by build, may not decide between 0.12 and 0.13.
    """
    unit = 10.0**decimals
    scaled = round(round(number, 8) * unit, 6)
    return math.copysign(math.floor(abs(scaled) + 0.5), scaled) / unit + 0.0


def percent(share: float, decimals: int = 0) -> str:
    """A share in percent, as a terminal writes it."""
    return f"{rounded(100 * float(share), decimals):.{decimals}f}%"


def slope_decimals(decimals: int, meaningful_change: float | None) -> int:
    """Decimals of a yearly change: one more than of the figure, and one more again where what
    matters would else be told as nought."""
    usual = min(decimals + 1, 4)
    is_small = meaningful_change is not None and meaningful_change < 10.0**-usual
    return usual + 1 if is_small else usual


def change_decimals(decimals: int, meaningful_change: float, *, is_relative: bool) -> int:
    """Decimals of the change that matters: as people decided it; a share of the level is told as
    the slope is, where that comes near."""
    usual = slope_decimals(decimals, meaningful_change)
    off = abs(rounded(meaningful_change, usual) - meaningful_change)
    is_near = off <= (0.05 * meaningful_change if is_relative else 1e-9)
    return usual if is_near else min(decimals + 2, 5)
