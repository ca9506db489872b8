"""Where each mark and text of a chart lies: the one geometry that all charts are written from.

Lengths are in units of which a letter has 12; y grows downward. No text lies on another or past the
frame: labels at the ends of lines are pushed apart both ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wijkpeil.charts.labels import GAP, LINE, labels_of, placed, role_of
from wijkpeil.charts.letters import cut, width, wrapped
from wijkpeil.charts.picture import MARKS, Picture, Point, runs_of, years_of
from wijkpeil.charts.shapes import LETTER, TITLE, Drawing, Mark, Place, Plot, Text, Told
from wijkpeil.text import clean
from wijkpeil.words import words_of

# labels take so much of the width at most
_MOST_LABEL = 0.36


def draw(picture: Picture) -> Drawing:
    """The chart of a series with its line, margin, agreed pace, references and breaks."""
    wide, plot_height = picture.size
    edge = 2.0 if picture.is_bare else 12.0
    texts = [*_above(picture, edge)]
    top = (texts[-1].box[3] if texts else edge) + 9
    years, ticks = years_of(picture), ticks_over(*_bounds(picture))
    labels = [*labels_of(picture, wide * _MOST_LABEL)]
    has_values = bool(picture.points) or any(each.values for each in picture.references)
    numbers = [_tick(tick, ticks, picture) for tick in ticks] if has_values else []
    left = edge + max((width(each, LETTER) for each in numbers), default=0) + 2 * GAP
    right = wide - edge - max((each.width + 2 * GAP for each in labels), default=13.0)
    bottom = top + max(plot_height, sum(each.height for each in labels))
    plot = Plot(years[0], years[-1], ticks[0], ticks[-1], left + GAP, right - GAP, top, bottom)
    marks = [*_grid(plot, ticks if has_values else [], left, right)]
    texts += [
        Text(left - GAP, plot.y(tick) + 4, number, anchor="end")
        for tick, number in zip(ticks, numbers, strict=False)
    ]
    marks += _window(plot, picture)
    texts += _years(plot, years, picture)
    marks += _breaks(plot, picture)
    marks += _band_and_line(plot, picture)
    marks += _references(plot, picture)
    marks += _series(plot, picture)
    for text, thread in placed(plot, labels, right):
        texts.append(text)
        marks += [thread] if thread is not None else []
    if not has_values:
        middle = ((left + right) / 2, (top + bottom) / 2)
        texts.append(Text(*middle, clean(picture.words["no_figures"]), anchor="middle"))
    key, told, below = _below(picture, bottom + LINE + 7, edge)
    marks += key
    texts += told
    return Drawing(
        wide, math.ceil(below + 4 + edge), tuple(marks), tuple(texts), _told(plot, picture),
        top, bottom,
    )  # fmt: skip


def ticks_over(low: float, high: float) -> list[float]:
    """Three round numbers or more, of which the first and last have all between them."""
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 2.5, 5, 10) if size * each >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 2)
    return [number * step for number in range(first, last + 1)]


def _above(picture: Picture, edge: float) -> Iterator[Text]:
    """Title, subtitle, and what is measured."""
    room, y = picture.size[0] - 2 * edge, edge
    if not picture.is_bare:
        for line in wrapped(clean(picture.title), room, TITLE, most=3, is_bold=True):
            y += 20
            yield Text(edge, y, line, "ink", size=TITLE, is_bold=True)
        y += 3
        for each in picture.subtitle:
            for line in wrapped(clean(each), room, LETTER, most=2):
                y += LINE + 1
                yield Text(edge, y, line)
        y += 8
    for line in wrapped(clean(picture.heading), room, LETTER, most=3):
        y += LINE
        yield Text(edge, y, line, "ink")


def _bounds(picture: Picture) -> tuple[float, float]:
    """The lowest and highest that is shown, with some air."""
    values = [each.value for each in picture.points]
    for each in picture.line:
        bounds = (each.low, each.high, each.value, each.pace)
        values += [bound for bound in bounds if bound is not None]
    values += [value for each in picture.references for value in each.values.values()]
    values += [0.0] if picture.zero_name is not None else []
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    air = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    # a figure that cannot be negative is not shown as if it could
    floor = 0.0 if low >= 0 and low - air < 0 else low - air
    return floor, high + air


def _tick(tick: float, ticks: Sequence[float], picture: Picture) -> str:
    """The number at a line of the grid, with no more decimals than the step between them has."""
    step = ticks[1] - ticks[0]
    if abs(tick) >= 1e9 or step < 1e-6:
        return f"{tick:.1e}"
    decimals = next(n for n in range(9) if abs(step * 10.0**n - round(step * 10.0**n)) < 1e-6)
    return words_of(picture.language).number(tick, decimals)


def _grid(plot: Plot, ticks: Sequence[float], left: float, right: float) -> Iterator[Mark]:
    for tick in ticks:
        yield Mark("grid", "line", ((left, plot.y(tick)), (right, plot.y(tick))))


def _window(plot: Plot, picture: Picture) -> Iterator[Mark]:
    """The years that the line goes through, on the axis of years."""
    drawn = [each.year for each in picture.line]
    if drawn:
        ends = (plot.x(drawn[0]), plot.bottom), (plot.x(drawn[-1]), plot.bottom)
        yield Mark("window", "line", ends)


def _years(plot: Plot, years: Sequence[int], picture: Picture) -> Iterator[Text]:
    """The last and first year, where the window begins, and as many others as there is room for."""
    drawn = [each.year for each in picture.line]
    room = width(str(years[-1]), LETTER) + 8
    shown: list[int] = []
    for year in [years[-1], years[0], *drawn[:1], *reversed(years)]:
        if all(abs(plot.x(year) - plot.x(other)) >= room for other in shown):
            shown.append(year)
            yield Text(plot.x(year), plot.bottom + LINE + 4, str(year), anchor="middle")


def _breaks(plot: Plot, picture: Picture) -> Iterator[Mark]:
    for year in sorted({year for year, _ in _shown_breaks(picture)}):
        x = plot.x(year - 0.5)
        yield Mark("break", "line", ((x, plot.top), (x, plot.bottom)))


def _shown_breaks(picture: Picture) -> list[tuple[int, str]]:
    """A break before the first figure breaks nothing that is shown."""
    years = years_of(picture)
    return [each for each in picture.breaks if years[0] < each[0] <= years[-1]]


def _band_and_line(plot: Plot, picture: Picture) -> Iterator[Mark]:
    if picture.zero_name is not None:
        y = plot.y(0.0)
        yield Mark("zero", "line", ((plot.left, y), (plot.right, y)))
    segments = dict.fromkeys(each.segment for each in picture.line)
    parts = [[each for each in picture.line if each.segment == segment] for segment in segments]
    for part in parts:
        upper = [plot.place(each.year, each.high) for each in part if each.high is not None]
        lower = [plot.place(each.year, each.low) for each in part if each.low is not None]
        if upper:
            yield Mark("band", "area", (*upper, *reversed(lower)))
    for part in parts:
        pace = [plot.place(each.year, each.pace) for each in part if each.pace is not None]
        if pace:
            yield Mark("pace", "line", tuple(pace))
        yield Mark("fit", "line", tuple(plot.place(each.year, each.value) for each in part))


def _references(plot: Plot, picture: Picture) -> Iterator[Mark]:
    for reference in picture.references:
        years = sorted(reference.values)
        runs = runs_of(years)
        for run in dict.fromkeys(runs):
            part = [year for year, of in zip(years, runs, strict=True) if of == run]
            places = tuple(plot.place(year, reference.values[year]) for year in part)
            kind = f"reference {role_of(reference.role)}"
            yield Mark(kind, "line", places) if len(part) > 1 else Mark(kind, "circle", places)


def _series(plot: Plot, picture: Picture) -> Iterator[Mark]:
    """The figures; what the line does not go through is grey, and what is missing is a gap."""
    joined = [
        (one, other)
        for one, other in pairwise(each for each in picture.points if each.run is not None)
        if one.run == other.run
    ]
    for one, other in joined:
        outside = "" if one.is_in_fit and other.is_in_fit else " outside"
        ends = plot.place(one.year, one.value), plot.place(other.year, other.value)
        yield Mark(f"run{outside}", "line", ends)
    for each in picture.points:
        yield _point(each, plot.place(each.year, each.value))


def _point(point: Point, place: Place) -> Mark:
    if point.mark == "published":
        return Mark("point published", "cross", (place,))
    kind = "point" + (" hollow" if point.mark.endswith("provisional") else "")
    kind += "" if point.is_in_fit else " outside"
    return Mark(kind, "square" if point.mark.startswith("restated") else "circle", (place,))


def _below(picture: Picture, y: float, edge: float) -> tuple[list[Mark], list[Text], float]:
    """What the marks mean that are not plain, the notes, and the source; and where these end."""
    room = picture.size[0] - 2 * edge
    marks: list[Mark] = []
    texts: list[Text] = []
    x = edge
    for kind in MARKS[1:]:
        if all(each.mark != kind for each in picture.points):
            continue
        name = cut(clean(picture.words[kind]), room - 16, LETTER)
        right = x + 16 + width(name, LETTER)
        if x == edge or right > edge + room:
            y += LINE + 2
            right += edge - x
            x = edge
        marks.append(_point(Point(0, 0.0, kind), (x + 5, y - 4)))
        texts.append(Text(x + 16, y, name))
        x = right + 14
    notes = [
        *picture.notes,
        *(f"{year}: {reason}" for year, reason in _shown_breaks(picture)),
        *([] if picture.is_bare else [picture.source]),
    ]
    for note in notes:
        y += 3
        for line in wrapped(clean(note), room, LETTER, most=4):
            y += LINE
            texts.append(Text(edge, y, line))
    return marks, texts, y


def _told(plot: Plot, picture: Picture) -> tuple[Told, ...]:
    """Of each year that has anything: the figure with its standing, the pace and the references."""
    words = words_of(picture.language)
    told: dict[int, list[str]] = {}

    def add(year: int, name: str, value: float, beside: str = "") -> None:
        number = f"{words.number(value, picture.decimals)}{picture.sign}"
        told.setdefault(year, []).append(f"{clean(name)} {number}{beside}".strip())

    for each in picture.points:
        status = "" if each.mark == "final" else f" ({clean(picture.words[each.mark])})"
        add(each.year, picture.name, each.value, status)
    for step in picture.line:
        if step.pace is not None:
            add(step.year, picture.words["pace"], step.pace)
    for reference in picture.references:
        for year, value in reference.values.items():
            add(year, reference.name, value)
    return tuple(
        Told(plot.x(year), f"{year}: {'; '.join(lines)}") for year, lines in sorted(told.items())
    )
