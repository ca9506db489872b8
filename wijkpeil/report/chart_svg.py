"""The pictures of the site: charts from the cards of its pages, and those that only pages have.

They stand in every page, by the thousand, so they are written as SVG at once. What is drawn, and
how, is what mails and `wijkpeil explain` draw too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from wijkpeil.charts.drawing import draw
from wijkpeil.charts.picture import SMALL, LinePoint, Picture, Point, Reference, runs_of
from wijkpeil.charts.shapes import Plot
from wijkpeil.charts.svg import for_page
from wijkpeil.charts.texts import (
    gap_heading,
    heading,
    labels,
    missing_notes,
    pace_note,
    unit_of,
)
from wijkpeil.text import without_number
from wijkpeil.words import SHARE, Language, Words, words_of

REFERENCES = ("gemeente", "nl", "programme")
# a gap without a line of its own is lower
_LOW = (SMALL[0], 110)
_WIDTH = 480
Rows = Sequence[Mapping[str, Any]]


def chart(picture: Picture, label: str) -> Markup:
    """The chart for a page; `label` says the finding in words. Nothing where there is no figure."""
    if not picture.points and not any(each.values for each in picture.references):
        return Markup("")
    return Markup(for_page(draw(picture), label, picture.words["hint"]))  # noqa: S704  # escaped


def trend_picture(
    card: Mapping[str, Any],
    years: Rows,
    *,
    area: str,
    names: Mapping[str, str],
    indicator: Mapping[str, Any],
    words: Words,
) -> Picture:
    """The figures with their line, margin and agreed pace, and what they are compared with."""
    valued = {each["year"] for each in years if each["value"] is not None}
    notes = missing_notes([(each["year"], each["status"]) for each in years], valued, words)
    line = list(_line(card["line"]))
    if line:
        notes += pace_note(card["judge"], "own", _judged_reference(card, words), words)
    return Picture(
        *("", (), "", list(_points(card, years, line))),
        words=labels(words),
        line=line,
        references=[
            Reference(names[kind], values, kind)
            for kind in REFERENCES
            if kind in names and (values := _values(years, kind))
        ],
        breaks=_breaks(card, words),
        decimals=indicator["decimals"],
        language=words.language,
        years=_shown(years),
        heading=heading(indicator, words),
        name=without_number(area),
        sign=SHARE if indicator["unit"] == SHARE else "",
        notes=notes,
        size=SMALL,
        is_bare=True,
    )


def gap_picture(
    card: Mapping[str, Any],
    years: Rows,
    *,
    area: str,
    names: Mapping[str, str],
    indicator: Mapping[str, Any],
    words: Words,
) -> Picture:
    """How much better than its comparators the area is, year by year; below 0 it is behind.

    Where the indicator is judged by one of these gaps it has its points, line and agreed pace, as
    `explain` draws them; else all gaps are lines, in percent of the comparator where developments
    are compared so.
    """
    kind = (card["gap_axis"] or "").removeprefix("gap_")
    if card["gap_points"] and kind in names:
        return _judged_gap(card, years, kind, area, names[kind], indicator, words)
    is_relative = card["is_relative"]
    leads = {
        kind: leads
        for kind in REFERENCES
        if kind in names
        and (leads := dict(_leads(years, kind, indicator["direction"], is_relative=is_relative)))
    }
    unit = SHARE if is_relative else words.step(unit_of(indicator, words))
    return Picture(
        *("", (), "", []),
        words=labels(words),
        references=[Reference(names[kind], values, kind) for kind, values in leads.items()],
        decimals=0 if is_relative else indicator["decimals"],
        language=words.language,
        years=_shown(years),
        zero_name="",
        heading=words("chart.word.lead", reference=words("chart.word.comparison"), unit=unit),
        notes=pace_note(card["judge"], "gap", "", words),
        size=_LOW,
        is_bare=True,
    )


def _judged_gap(
    card: Mapping[str, Any],
    years: Rows,
    kind: str,
    area: str,
    name: str,
    indicator: Mapping[str, Any],
    words: Words,
) -> Picture:
    line = list(_line(card["gap_line"]))
    known = {each["year"]: each for each in years}
    gaps = [{**known[each["year"]], "value": each["value"]} for each in card["gap_points"]]
    reference = words.comparator(kind, name if kind == "gemeente" else None, form="reference")
    zero = name if kind == "gemeente" else reference
    return Picture(
        *("", (), "", list(_points(card, gaps, line))),
        words=labels(words),
        line=line,
        breaks=_breaks(card, words),
        decimals=indicator["decimals"],
        language=words.language,
        years=[year for year in _shown(years) if year >= card["gap_points"][0]["year"]],
        zero_name=words("chart.word.moving_as", reference=zero) if card["is_relative"] else zero,
        heading=gap_heading(indicator, words, reference=reference, is_relative=card["is_relative"]),
        name=without_number(area),
        size=SMALL,
        is_bare=True,
    )


def sparkline(years: Rows, trend_class: str) -> Markup:
    """The course of the figures, for a cell, with its end in the colour of the class; decoration
    beside the numbers."""
    shown = [(each["year"], each["value"]) for each in years if each["value"] is not None]
    if len(shown) < 2:
        return Markup("")
    values = [value for _, value in shown]
    low, high = min(values), max(values)
    air = (high - low or abs(high) or 1.0) * 0.05
    plot = Plot(shown[0][0], shown[-1][0], low - air, high + air, 3, 99, 4, 22)
    runs = runs_of([year for year, _ in shown])
    lines = [
        Markup('<polyline class="run" points="{}"/>').format(
            " ".join(
                f"{plot.x(year):.1f},{plot.y(value):.1f}"
                for (year, value), of in zip(shown, runs, strict=True)
                if of == run
            )
        )
        for run in dict.fromkeys(runs)
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 104 26" aria-hidden="true">{}'
        '<circle class="c-{}" cx="{:.1f}" cy="{:.1f}" r="3.4"/></svg>'
    ).format(Markup("").join(lines), trend_class, *plot.place(*shown[-1]))


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
    step = (_WIDTH - 40) / bins
    bars = [
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            20 + step * place, 20 + 140 * (1 - count / most), max(step - 1, 1), 140 * count / most
        )
        for place, count in enumerate(counts)
    ]
    strokes = [
        Markup('<line class="mark" x1="{0:.1f}" x2="{0:.1f}" y1="162" y2="176"/>').format(
            20 + (_WIDTH - 40) * min(1, max(0, (value - low) / ((high - low) or 1.0)))
        )
        for value in marked
    ]
    ends = [
        Markup('<text x="{}" y="194" text-anchor="{}">{}</text>').format(
            x, anchor, words_of(language).number(value, decimals)
        )
        for x, anchor, value in (
            (20, "start", low),
            (_WIDTH / 2, "middle", (low + high) / 2),
            (_WIDTH - 20, "end", high),
        )
    ]
    return Markup(
        '<svg class="trend" viewBox="0 0 {} 200" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, label, Markup("").join([*bars, *strokes, *ends]))


def _line(rows: Rows) -> Iterator[LinePoint]:
    """The line of a class as the warehouse has it."""
    for each in rows:
        yield LinePoint(
            *(each["year"], each["value"], each["low"], each["high"]),
            segment=each["segment"],
            pace=each["pace"],
        )


def _points(card: Mapping[str, Any], years: Rows, line: Sequence[LinePoint]) -> Iterator[Point]:
    """The figures; all count where there is no line."""
    in_fit = {each.year for each in line}
    valued = [each["year"] for each in years if each["value"] is not None]
    breaks = {each["year"] for each in card["breaks"]}
    runs = dict(zip(valued, runs_of(valued, breaks), strict=True))
    for each in years:
        year = each["year"]
        if each["value"] is not None:
            is_in_fit = not line or year in in_fit
            yield Point(year, each["value"], _mark(each), runs[year], is_in_fit=is_in_fit)
        elif each["published"] is not None:
            yield Point(year, each["published"], "published", None, is_in_fit=False)


def _mark(year: Mapping[str, Any]) -> str:
    if year["is_restated"]:
        return "restated_provisional" if year["status"] == "provisional" else "restated"
    return "provisional" if year["status"] == "provisional" else "final"


def _shown(years: Rows) -> list[int]:
    """The years from the first with anything to show."""
    told = ("value", "published", *REFERENCES)
    first = next(
        (n for n, each in enumerate(years) if any(each[key] is not None for key in told)), 0
    )
    return [each["year"] for each in years[first:]]


def _values(years: Rows, kind: str) -> dict[int, float]:
    return {each["year"]: each[kind] for each in years if each[kind] is not None}


def _leads(
    years: Rows, kind: str, direction: int, *, is_relative: bool
) -> Iterable[tuple[int, float]]:
    for each in years:
        value, reference = each["value"], each[kind]
        if value is None or reference is None or (is_relative and reference <= 0):
            continue
        apart = 100 * (value / reference - 1) if is_relative else value - reference
        yield each["year"], direction * apart


def _breaks(card: Mapping[str, Any], words: Words) -> list[tuple[int, str]]:
    reasons = words.tables("chart")["break"]
    breaks = [(each["year"], reasons[each["reason"]]) for each in card["breaks"]]
    suspected = (int(year) for year in (card["suspected"] or "").split())
    return sorted([*breaks, *((year, words("chart.word.suspected")) for year in suspected)])


def _judged_reference(card: Mapping[str, Any], words: Words) -> str:
    """What a gap that is judged is held against, in a sentence."""
    kind = "gemeente" if card["judge"] == "gap_gemeente" else "nl"
    return words.comparator(kind, None, form="reference")
