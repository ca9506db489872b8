"""The pictures of the site as SVG: small enough to stand in every page, by the thousand.

Altair draws the charts of `wijkpeil explain` and of the mails; at some hundred milliseconds each
it cannot draw the sixty thousand of a national report. What is drawn is the same: figures with
their status, the fitted line with its margin, comparators and breaks.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup

from wijkpeil.words import Language, words_of

WIDTH, HEIGHT = 480, 220
LOW_HEIGHT = 160
LEFT, RIGHT, TOP, BOTTOM = 54, 118, 12, 24
REFERENCES = ("gemeente", "programme", "nl")
_BREAK_YEAR = re.compile(r"(\d{4}): ")


@dataclass(frozen=True)
class Fit:
    """The fitted line of one run of years: its points as year, value, low and high; the limits are
    None where no noise could be pooled."""

    points: tuple[tuple[int, float, float | None, float | None], ...]


def fitted(card: Mapping[str, Any]) -> list[Fit]:
    """The line of a class and its margin, as the warehouse has them: a run of points for each
    definition and boundary, in which the line does not step."""
    return [
        Fit(tuple((each["year"], each["value"], each["low"], each["high"]) for each in run))
        for _, run in groupby(card["line"], key=lambda each: each["segment"])
    ]


def trend_chart(
    card: Mapping[str, Any],
    years: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str],
    label: str,
    decimals: int,
    language: Language,
) -> Markup:
    """The figures with their line, margin and comparators; `label` says the finding in words."""
    shown = [each for each in years if each["value"] is not None]
    if not shown:
        return Markup("")
    fits = fitted(card)
    references = {
        name: [(each["year"], each[name]) for each in years if each[name] is not None]
        for name in REFERENCES
        if name in names
    }
    values = [each["value"] for each in shown]
    values += [value for points in references.values() for _, value in points]
    values += [end for fit in fits for _, *ends in fit.points for end in ends if end is not None]
    plot = _Plot.over([each["year"] for each in years], values)
    parts = [
        *plot.axes(decimals, language),
        *_breaks(plot, card),
        *(_band(plot, fit) for fit in fits),
        *_references(plot, references, names),
        *(_path(plot, [(y, v) for y, v, *_ in fit.points], "fit") for fit in fits),
        *_figures(plot, years, {year for fit in fits for year, *_ in fit.points}),
    ]
    return Markup(
        '<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, label, Markup("").join(parts))


def gap_chart(
    years: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str],
    direction: int,
    is_relative: bool,
    label: str,
    decimals: int,
    language: Language,
) -> Markup:
    """How much better than its comparators the area is, year by year; below 0 it is behind. In
    percent of the comparator where developments are compared so."""

    def lead(value: float, reference: float) -> float:
        return direction * (100 * (value / reference - 1) if is_relative else value - reference)

    leads = {
        name: [
            (each["year"], lead(each["value"], each[name]))
            for each in years
            if each["value"] is not None
            and each[name] is not None
            and not (is_relative and each[name] <= 0)
        ]
        for name in REFERENCES
        if name in names
    }
    values = [lead for points in leads.values() for _, lead in points]
    if not values:
        return Markup("")
    plot = _Plot.over([each["year"] for each in years], [*values, 0.0], box=_LOW_CHART)
    # a lead may lie on either side of nothing
    plot = replace(plot, low=min(plot.low, min(values) - (plot.high - min(values)) * 0.08))
    zero = Markup('<line class="zero" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
        LEFT, WIDTH - RIGHT, plot.y(0.0), plot.y(0.0)
    )
    parts = [*plot.axes(decimals, language), zero, *_references(plot, leads, names)]
    return Markup(
        '<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, LOW_HEIGHT, label, Markup("").join(parts))


def sparkline(years: Sequence[Mapping[str, Any]]) -> Markup:
    """The course of the figures, for a cell; decoration beside the numbers."""
    shown = [(each["year"], each["value"]) for each in years if each["value"] is not None]
    if len(shown) < 2:
        return Markup("")
    plot = _Plot.over([year for year, _ in shown], [value for _, value in shown], box=_SPARK)
    last = shown[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 104 26" aria-hidden="true">{}'
        '<circle cx="{:.1f}" cy="{:.1f}" r="2.6"/></svg>'
    ).format(
        Markup("").join(_path(plot, run, "run") for run in _runs(shown)),
        plot.x(last[0]),
        plot.y(last[1]),
    )


def distribution(
    values: Sequence[float],
    marked: Sequence[float],
    *,
    label: str,
    decimals: int,
    language: Language,
) -> Markup:
    """How the wijken of the country are spread, with the areas of programmes as strokes."""
    if len(values) < 5:
        return Markup("")
    low, high = values[0], values[-1]
    bins = min(40, max(8, len(values) // 12))
    width = (high - low) / bins or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int((value - low) / width))] += 1
    most = max(counts)
    step = (WIDTH - 40) / bins
    bars = [
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            20 + step * place, 20 + 140 * (1 - count / most), max(step - 1, 1), 140 * count / most
        )
        for place, count in enumerate(counts)
    ]
    strokes = [
        Markup('<line class="mark" x1="{0:.1f}" x2="{0:.1f}" y1="162" y2="176"/>').format(
            20 + (WIDTH - 40) * min(1, max(0, (value - low) / ((high - low) or 1.0)))
        )
        for value in marked
    ]
    ends = [
        Markup('<text x="{}" y="194" text-anchor="{}">{}</text>').format(
            x, anchor, words_of(language).number(value, decimals)
        )
        for x, anchor, value in (
            (20, "start", low),
            (WIDTH / 2, "middle", (low + high) / 2),
            (WIDTH - 20, "end", high),
        )
    ]
    return Markup(
        '<svg class="trend" viewBox="0 0 {} 200" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, label, Markup("").join([*bars, *strokes, *ends]))


_CHART = (LEFT, RIGHT, TOP, BOTTOM, WIDTH, HEIGHT)
_LOW_CHART = (LEFT, RIGHT, TOP, BOTTOM, WIDTH, LOW_HEIGHT)
_SPARK = (3, 5, 4, 4, 104, 26)


@dataclass(frozen=True)
class _Plot:
    """Years and values to places in a box."""

    first: int
    last: int
    low: float
    high: float
    box: tuple[int, int, int, int, int, int]

    @classmethod
    def over(
        cls,
        years: Sequence[int],
        values: Sequence[float],
        box: tuple[int, int, int, int, int, int] = _CHART,
    ) -> _Plot:
        low, high = min(values), max(values)
        air = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
        # a share or a count is not drawn below nothing
        floor = 0.0 if low >= 0 else -math.inf
        return cls(min(years), max(years), max(low - air, floor), high + air, box)

    def x(self, year: float) -> float:
        left, right, _, _, width, _ = self.box
        return left + (width - left - right) * (year - self.first) / max(self.last - self.first, 1)

    def y(self, value: float) -> float:
        _, _, top, bottom, _, height = self.box
        return top + (height - top - bottom) * (self.high - value) / (self.high - self.low)

    def axes(self, decimals: int, language: Language) -> Iterator[Markup]:
        left, right, _, _, width, height = self.box
        for tick in _ticks(self.low, self.high):
            y = self.y(tick)
            yield Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                left, width - right, y, y
            )
            digits = decimals if float(f"{tick:.{decimals}f}") == tick else decimals + 1
            yield Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                left - 6, y + 4, words_of(language).number(tick, digits)
            )
        step = max(1, math.ceil((self.last - self.first + 1) / 8))
        for year in range(self.last, self.first - 1, -step):
            yield Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                self.x(year), height - 6, year
            )


def _ticks(low: float, high: float) -> list[float]:
    """Some four round numbers between the two."""
    rough = (high - low) / 4
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 2.5, 5, 10) if size * each >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


def _runs(points: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """Neighbouring years; every other year counts as neighbouring where all are so."""
    gap = min((b[0] - a[0] for a, b in pairwise(points)), default=1)
    runs: list[list[tuple[int, float]]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] == gap:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _path(plot: _Plot, points: Sequence[tuple[int, float]], kind: str) -> Markup:
    places = " ".join(f"{plot.x(year):.1f},{plot.y(value):.1f}" for year, value in points)
    return Markup('<polyline class="{}" points="{}"/>').format(kind, places)


def _band(plot: _Plot, fit: Fit) -> Markup:
    upper = [(year, high) for year, _, _, high in fit.points if high is not None]
    lower = [(year, low) for year, _, low, _ in reversed(fit.points) if low is not None]
    places = " ".join(f"{plot.x(y):.1f},{plot.y(v):.1f}" for y, v in [*upper, *lower])
    return Markup('<polygon class="band" points="{}"/>').format(places)


def _breaks(plot: _Plot, card: Mapping[str, Any]) -> Iterator[Markup]:
    for year in sorted({int(found) for found in _BREAK_YEAR.findall(card["breaks"] or "")}):
        if plot.first < year <= plot.last:
            yield Markup(
                '<line class="break" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>'
            ).format(plot.x(year - 0.5), TOP, HEIGHT - BOTTOM)


def _references(
    plot: _Plot, references: Mapping[str, Sequence[tuple[int, float]]], names: Mapping[str, str]
) -> Iterator[Markup]:
    ends = {name: plot.y(points[-1][1]) for name, points in references.items() if points}
    labels = {name: textwrap.wrap(names[name], 17, max_lines=2, placeholder="…") for name in ends}
    places: dict[str, float] = {}
    lowest = -math.inf
    for name in sorted(ends, key=ends.__getitem__):
        places[name] = max(ends[name], lowest)
        lowest = places[name] + 13 * len(labels[name])
    for name, points in references.items():
        if not points:
            continue
        for run in _runs(points):
            yield _path(plot, run, f"reference {name}")
        for number_, line in enumerate(labels[name]):
            yield Markup('<text class="{}" x="{}" y="{:.1f}">{}</text>').format(
                name, WIDTH - RIGHT + 8, places[name] + 4 + 13 * number_, line
            )


def _figures(
    plot: _Plot, years: Sequence[Mapping[str, Any]], in_fit: Collection[int]
) -> Iterator[Markup]:
    """The figures; those that the line, where there is one, does not go through are pale."""
    shown = [(each["year"], each["value"]) for each in years if each["value"] is not None]
    for run in _runs(shown):
        yield _path(plot, run, "run")
    for each in years:
        if each["value"] is None:
            continue
        kind = "point hollow" if each["status"] == "provisional" else "point"
        kind += " pale" if in_fit and each["year"] not in in_fit else ""
        x, y = plot.x(each["year"]), plot.y(each["value"])
        if each["is_restated"]:
            yield Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="7" height="7"/>').format(
                kind, x - 3.5, y - 3.5
            )
        else:
            yield Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(kind, x, y)
