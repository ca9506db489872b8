"""What a drawing is made of: marks, texts, and the box that years and values lie in.

Lengths are in units of which a letter has 12; y grows downward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wijkpeil.charts.letters import width

LETTER, TITLE = 12, 16
# what a letter takes above and below its base line, of its size
ASCENT, DESCENT = 0.91, 0.22
Place = tuple[float, float]
Shape = Literal["line", "area", "circle", "square", "cross"]


@dataclass(frozen=True)
class Mark:
    """A shape at its places; `kind` says what it is, and so how it looks."""

    kind: str
    shape: Shape
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Text:
    """One line of letters; `y` is its base line, `anchor` start, middle or end."""

    x: float
    y: float
    text: str
    kind: str = "grey"
    anchor: str = "start"
    size: float = LETTER
    is_bold: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        wide = width(self.text, self.size, is_bold=self.is_bold)
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, self.y - ASCENT * self.size, left + wide, self.y + DESCENT * self.size


@dataclass(frozen=True)
class Told:
    """What is said of one year where a reader points at it."""

    x: float
    text: str


@dataclass(frozen=True)
class Drawing:
    """A whole chart: what lies where, and what is said of each year."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    texts: tuple[Text, ...]
    told: tuple[Told, ...]
    top: float
    bottom: float


@dataclass(frozen=True)
class Plot:
    """Years and values to places in a box."""

    first: int
    last: int
    low: float
    high: float
    left: float
    right: float
    top: float
    bottom: float

    def x(self, year: float) -> float:
        """From the left; a single year lies in the middle."""
        if self.first == self.last:
            return (self.left + self.right) / 2
        share = (year - self.first) / (self.last - self.first)
        return self.left + (self.right - self.left) * share

    def y(self, value: float) -> float:
        """From the top."""
        share = (self.high - value) / (self.high - self.low)
        return self.top + (self.bottom - self.top) * share

    def place(self, year: float, value: float) -> Place:
        """Where a figure lies."""
        return self.x(year), self.y(value)
