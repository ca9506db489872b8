"""What one chart shows, as plain rows; texts are in the language of the reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wijkpeil.words import Language

# the whole width, and the height of the plot alone: letters of 12 are 12 px on a phone of 390
SMALL, LARGE = (356, 150), (760, 320)
MARKS = ("final", "provisional", "restated", "restated_provisional", "published")


@dataclass(frozen=True)
class Point:
    """One figure; `mark` is one of MARKS. Points of one `run` are joined by a line; a `run` of None
    stands alone. What is not `is_in_fit` lies outside the window of the line."""

    year: int
    value: float
    mark: str = "final"
    run: int | None = 0
    is_in_fit: bool = True


@dataclass(frozen=True)
class LinePoint:
    """One year of the fitted line, with its margin where there is one, and where it would be at the
    agreed `pace` on the axis that is judged; it steps at a `segment`."""

    year: int
    value: float
    low: float | None
    high: float | None
    segment: int = 0
    pace: float | None = None


@dataclass(frozen=True)
class Reference:
    """What the series is held against: a thin dashed line with its name and last value.

    Its `role` gives the colour and the dashes: gemeente, nl, programme, or anything else.
    """

    name: str
    values: Mapping[int, float]
    role: str = ""


@dataclass(frozen=True)
class Picture:
    """All that one chart shows; `words` has the names of marks and lines in one language.

    `heading` says what is measured, in which unit and which way is better; `name` stands at the
    last point of the series, and `sign` against each value. `years` are on the axis even when
    there is no figure. With a `zero_name` the values are differences with what has that name.
    `notes` are told below. One that `is_bare` has no title, subtitle and source, for where these
    stand beside it.
    """

    title: str
    subtitle: Sequence[str]
    source: str
    points: Sequence[Point]
    words: Mapping[str, str]
    line: Sequence[LinePoint] = ()
    references: Sequence[Reference] = ()
    breaks: Sequence[tuple[int, str]] = ()
    decimals: int = 1
    language: Language = "nl"
    years: Sequence[int] = ()
    zero_name: str | None = None
    heading: str = ""
    name: str = ""
    sign: str = ""
    notes: Sequence[str] = ()
    size: tuple[int, int] = LARGE
    is_bare: bool = False


def runs_of(years: Sequence[int], breaks: Collection[int] = ()) -> list[int]:
    """The number of the run that each year belongs to: neighbours, where every other year counts as
    neighbouring if all are so. A run ends before each of `breaks`."""
    gap = min((after - before for before, after in pairwise(years)), default=1)
    runs, run = [], 0
    for place, year in enumerate(years):
        if place:
            before = years[place - 1]
            run += year - before != gap or any(before < each <= year for each in breaks)
        runs.append(run)
    return runs


def years_of(picture: Picture) -> list[int]:
    """The years on the axis."""
    found = {*picture.years, *(each.year for each in picture.points)}
    found |= {year for each in picture.references for year in each.values}
    found |= {each.year for each in picture.line}
    return list(range(min(found, default=0), max(found, default=0) + 1))
