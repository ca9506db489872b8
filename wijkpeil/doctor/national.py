"""The figures of the whole country, or of one gemeente, that tell what a column means.

One request for the first rows of a table brings them, and shows how its area codes begin. A
column whose figure is far from that of the year before is not the measure, whatever its title.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wijkpeil.catalog import CbsTable, Indicator
from wijkpeil.doctor.proposals import Weighed
from wijkpeil.sources.cbs.columns import is_figure, normal

# the first rows of a table: the country, a gemeente, its wijken and their buurten
SAMPLE_ROWS = 60
# a national figure moves by less in a year; the largest that CBS published are of median wealth
LARGEST_RATIO = 1.5
# what is the same figure a year on, where the title differs in a small word
CLOSE = 0.15
# so far apart nothing is compared
MOST_YEARS = 3
# with so many digits two figures are not the same by chance
SURE_DIGITS = 4


@dataclass(frozen=True)
class Figures:
    """The figures of one area by year, column key and category, as the table writes them."""

    area_code: str = ""
    values: Mapping[tuple[int, str, str], float] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What figures of other tables are compared with these: of the country, or of a gemeente
        by its code."""
        return "land" if self.area_code.startswith("NL") else self.area_code


@dataclass(frozen=True)
class Point:
    """A figure that is known of a measure: its year, and where it stands."""

    year: int
    value: float
    where: str


def read_figures(
    table: CbsTable, rows: Sequence[Mapping[str, Any]], others: Sequence[str]
) -> Figures:
    """The figures of the country in these rows, of the code that is filled best where more begin
    with NL; where none does, of the first gemeente."""
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_code.setdefault(normal(row.get(table.area_dimension)), []).append(row)
    lands = [code for code in by_code if code.startswith("NL")]
    if table.land_code in lands:
        lands = [table.land_code]
    areas = lands or [code for code in by_code if code.startswith("GM")][:1]
    if not areas:
        return Figures()
    area = max(areas, key=lambda code: sum(map(_filled, by_code[code])))
    return Figures(area, {
        (year, key, "|".join(normal(row.get(name)) for name in others)): float(value)
        for row in by_code[area]
        if (year := _year_of(table, row)) is not None
        for key, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    })  # fmt: skip


def weigh(
    indicator: Indicator | None, year: int, value: float | None, known: Iterable[Point]
) -> Weighed:
    """A figure of an indicator held against its limits and against what is known of it.

    `value` and `known` are in the indicator's unit; a point of the same year is the figure that
    was held of this table before.
    """
    if value is None:
        return Weighed("no national value")
    told = [f"national value {number(value)}"]
    points = sorted(known, key=lambda point: abs(point.year - year))
    held = next((point for point in points if point.year == year), None)
    beside = next((p for p in points if 0 < abs(p.year - year) <= MOST_YEARS), None)
    decimals = indicator.decimals if indicator else 0
    if held is not None:
        told.append(f"{number(held.value)} was held of {held.where}")
    if beside is not None:
        told.append(f"{number(beside.value)} in {beside.where}")
    if indicator is not None:
        low, high = indicator.usual or indicator.range
        told.append(f"usual {number(low)} to {number(high)}")
    agrees = None if beside is None and held is None else True
    refused = None
    if indicator is not None and not indicator.range[0] <= value <= indicator.range[1]:
        refused = "it is outside the range of the indicator"
    elif beside is not None and jumps(value, beside, year, indicator):
        refused = f"it is too far from the {number(beside.value)} of {beside.where}"
    elif held is not None and jumps(value, held, year, indicator):
        refused = f"it is not the {number(held.value)} that was held of {held.where}"
    if refused:
        agrees = False
    same = held is not None and abs(held.value - value) <= 0.5 * 10**-decimals
    is_held = same and len(f"{value:.10g}".replace(".", "").strip("-0")) >= SURE_DIGITS
    is_close = refused is None and beside is not None and _is_close(value, beside.value)
    return Weighed("; ".join(told), agrees, is_held, is_close, refused)


def jumps(value: float, known: Point, year: int, indicator: Indicator | None) -> bool:
    """Whether a national figure differs from a known one by more than years can explain."""
    if indicator is not None and _explained(indicator, known.year, year):
        return False
    decimals = indicator.decimals if indicator else 0
    apart = abs(value - known.value)
    if apart <= 10**-decimals:
        return False
    if min(value, known.value) <= 0:
        low, high = (indicator.usual or indicator.range) if indicator else (0.0, abs(known.value))
        return apart > 0.2 * (high - low)
    ratio = max(value, known.value) / min(value, known.value)
    return bool(ratio > LARGEST_RATIO ** max(1, abs(year - known.year)))


def number(value: float) -> str:
    """A figure as a sentence shows it."""
    return f"{value:,.10g}" if abs(value) < 1e9 else f"{value:,.0f}"


def _is_close(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _explained(indicator: Indicator, one: int, other: int) -> bool:
    """Whether a year between the two, the later one included, may jump by the catalog."""
    years = range(min(one, other) + 1, max(one, other) + 1)
    return any(year in years for year in (*indicator.breaks, *indicator.explained_years))


def _filled(row: Mapping[str, Any]) -> int:
    return sum(is_figure(value) for value in row.values())


def _year_of(table: CbsTable, row: Mapping[str, Any]) -> int | None:
    if table.period_dimension is None:
        return table.year
    code = normal(row.get(table.period_dimension))
    return int(code[:4]) if code[4:] == table.period_suffix and code[:4].isdigit() else None
