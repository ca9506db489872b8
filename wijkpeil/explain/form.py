"""How numbers and lines of an explanation are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wijkpeil.explain.resolve import shortened


def number(value: float | None) -> str:
    """Seven digits, enough to compute again with; `none` when there is no number."""
    return "none" if value is None else f"{value + 0.0:.7g}"


def yes(value: object) -> str:
    """`yes` or `no`."""
    return "yes" if value else "no"


def indented(lines: Iterator[str]) -> Iterator[str]:
    """Lines under a heading."""
    for line in lines:
        yield f"  {line}"


def one_line(text: str) -> str:
    """A line from outside: no signs that move the cursor, and not without end."""
    return shortened(re.sub(r"\s+", " ", text), 1500)
