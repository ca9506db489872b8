"""The names at the ends of the lines of a chart, pushed apart so that none lies on another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wijkpeil.charts.letters import cut, width, wrapped
from wijkpeil.charts.picture import Picture, years_of
from wijkpeil.charts.shapes import LETTER, Mark, Plot, Text
from wijkpeil.text import clean
from wijkpeil.words import words_of

LINE, GAP = 14, 6


@dataclass(frozen=True)
class Label:
    """The name at the end of a line, on its own lines."""

    kind: str
    lines: tuple[str, ...]
    year: int
    value: float
    is_bold: bool = False

    @property
    def height(self) -> float:
        """Of all its lines."""
        return LINE * len(self.lines)

    @property
    def width(self) -> float:
        """Of its longest line."""
        return max(width(line, LETTER, is_bold=self.is_bold) for line in self.lines)


def apart(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """The middles of labels between `low` and `high`, as near to those wanted as can be without one
    lying on another; in the order given, which is that of `wanted`."""
    below, total = [], 0.0
    for height in heights:
        below.append(total + height / 2)
        total += height
    # what each would be if those before it took no room; neighbours that clash share a place
    blocks: list[tuple[float, int]] = []
    for want, room in zip(wanted, below, strict=True):
        blocks.append((want - room, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, many), (other, more) = blocks.pop(), blocks.pop()
            blocks.append(((one * many + other * more) / (many + more), many + more))
    starts = [min(max(start, low), high - total) for start, many in blocks for _ in range(many)]
    return [start + room for start, room in zip(starts, below, strict=True)]


def labels_of(picture: Picture, room: float) -> Iterator[Label]:
    """What stands at the ends: name and last value, each once."""
    words = words_of(picture.language)

    def told(value: float) -> str:
        return f"{words.number(value, picture.decimals)}{picture.sign}"

    last = [each for each in picture.points if each.mark != "published"][-1:]
    if picture.name:
        yield from (
            _label("ink", picture.name, told(each.value), each.year, each.value, room, is_bold=True)
            for each in last
        )
    pace = [each for each in picture.line if each.pace is not None][-1:]
    for each in pace:
        yield _label("pace", picture.words["pace"], "", each.year, each.pace or 0.0, room)
    if picture.zero_name:
        yield _label("zero", picture.zero_name, "", years_of(picture)[-1], 0.0, room)
    for reference in picture.references:
        if reference.values:
            year = max(reference.values)
            value = reference.values[year]
            yield _label(role_of(reference.role), reference.name, told(value), year, value, room)


def _label(
    kind: str, name: str, value: str, year: int, at: float, room: float, *, is_bold: bool = False
) -> Label:
    """A name on two lines at most, with its value behind it, or below where there is no room."""
    lines = wrapped(clean(name), room, LETTER, most=2, is_bold=is_bold)
    behind = f"{lines[-1]} {value}" if lines else value
    if value and width(behind, LETTER, is_bold=is_bold) <= room:
        lines[-1:] = [behind]
    elif value:
        lines.append(cut(value, room, LETTER, is_bold=is_bold))
    return Label(kind, tuple(lines), year, at, is_bold)


def placed(plot: Plot, labels: Sequence[Label], right: float) -> Iterator[tuple[Text, Mark | None]]:
    """The lines of the labels, none on another, with a thread to what lies elsewhere."""
    order = sorted(labels, key=lambda each: plot.y(each.value))
    middles = apart(
        [plot.y(each.value) for each in order],
        [each.height for each in order],
        plot.top - 3,
        plot.bottom + 3,
    )
    for label, middle in zip(order, middles, strict=True):
        end = plot.place(label.year, label.value)
        is_near = abs(middle - end[1]) <= 5 and label.year == plot.last
        places = ((end[0] + 5, end[1]), (right + 2, middle))
        thread = None if is_near else Mark(f"thread {label.kind}", "line", places)
        first = middle - label.height / 2 + LINE - 3.5
        for number, line in enumerate(label.lines):
            text = Text(
                *(right + GAP, first + LINE * number, line, label.kind),
                is_bold=label.is_bold,
            )
            yield text, thread if number == 0 else None


def role_of(role: str) -> str:
    """What a reference is drawn as; those that have no look of their own share one."""
    return role if role in ("gemeente", "nl", "programme") else "other"
