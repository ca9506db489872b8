"""Charts of series: plain rows in, an Altair chart out, and the file that it becomes.

Texts come from outside: all are data to Vega, which writes them as text, and in a page nothing can
leave the script that it stands in. A page carries its own scripts and may load nothing.
"""

from __future__ import annotations

import html
import json
import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkpeil.errors import WijkError
from wijkpeil.text import clean
from wijkpeil.words import MINUS, Language, words_of

if TYPE_CHECKING:
    import altair as alt

FORMATS = (".png", ".svg", ".html")
WIDTH, HEIGHT = 620, 320
# after Okabe and Ito, and Tol: told apart by the colour-blind, and dark enough to read a name in
_BLUE, _GREEN, _PURPLE, _RED, _BROWN = "#0072B2", "#00664A", "#882255", "#A63A00", "#6B5200"
# what the page's own script needs of the bundle
_GLOBALS = "window.vegaEmbed = vegaEmbed;"
_INK, _GREY, _PALE = "#222222", "#666666", "#DDDDDD"
# as in the pages of the report
_ROLE_COLOURS = {"gemeente": _RED, "nl": _GREEN, "programme": _PURPLE}
# in order of the legend: which mark a point has, and whether it is filled
_MARKS = {
    "final": ("circle", True),
    "provisional": ("circle", False),
    "restated": ("square", True),
    "restated_provisional": ("square", False),
    "published": ("cross", False),
}


@dataclass(frozen=True)
class Point:
    """One figure; `mark` is one of final, provisional, restated, restated_provisional, published.

    Points of one `run` are joined by a line; a `run` of None stands alone.
    """

    year: int
    value: float
    mark: str = "final"
    run: int | None = 0
    is_in_fit: bool = True


@dataclass(frozen=True)
class LinePoint:
    """One year of the fitted line, with its margin where there is one; it steps at a `segment`."""

    year: int
    value: float
    low: float | None
    high: float | None
    segment: int = 0


@dataclass(frozen=True)
class Reference:
    """What the series is held against: a thin line with its name at the end.

    Its `role` gives the colour: gemeente, nl, programme, or anything else.
    """

    name: str
    values: Mapping[int, float]
    role: str = ""


@dataclass(frozen=True)
class Picture:
    """All that one chart shows; `words` has the names of the marks and columns in one language.

    `years` are on the axis even when there is no figure. With a `zero_name` the values are
    differences with what has that name. One that `is_bare` has no title, subtitle and source, for
    where these stand beside it.
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
    size: tuple[int, int] = (WIDTH, HEIGHT)
    is_bare: bool = False


def draw(picture: Picture) -> alt.LayerChart:
    """The series with its fitted line, margin, references and breaks."""
    import altair as alt  # noqa: PLC0415  # half a second, only where a chart is made

    years = _years(picture)
    low, high = _bounds(picture)
    step = _step(years, picture.size[0])
    has_names = bool(picture.references) or picture.zero_name is not None
    x = alt.X(
        "year:Q",
        scale=alt.Scale(domain=[years[0] - 0.5, years[-1] + 0.5], nice=False, zero=False),
        axis=alt.Axis(
            values=[each for each in years if (years[-1] - each) % step == 0],
            format="d",
            title=None if picture.is_bare else _wrapped(picture.source, 120, lines=4),
            titleAnchor="start",
            titleAlign="left",
            titleX=0,
            titleColor=_GREY,
            titleFontWeight="normal",
            titleFontSize=10,
            titleLineHeight=13,
            titlePadding=12,
            grid=False,
        ),
    )
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    y = alt.Y(
        "value:Q",
        scale=scale,
        axis=alt.Axis(title=None, grid=True, gridColor=_PALE, domain=False, ticks=False)
        if _has_values(picture)
        else None,
    )
    layers: list[Any] = [
        *_zero_layers(alt, picture, x, y, years, is_first_named=has_names),
        *_break_layers(alt, picture, x, scale, high),
        *_line_layers(alt, picture, x, y, scale),
        *_reference_layers(alt, picture, x, y, (low, high)),
        *_point_layers(alt, picture, x, y),
    ]
    words = words_of(picture.language)
    number_words = {
        "decimal": words.decimal_mark,
        "thousands": words.thousands_mark,
        "minus": MINUS,
        "grouping": [3],
        "currency": ["€ ", ""],
    }
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=picture.size[0],
            height=picture.size[1],
            padding={"left": 12, "right": 12, "top": 12, "bottom": 12},
            **({} if picture.is_bare else {"title": _title(alt, picture)}),
        )
        .configure(background="white", font="Liberation Sans, Arial, Helvetica, sans-serif")
        .configure_view(stroke=None)
        .configure_legend(
            orient="bottom",
            title=None,
            direction="horizontal",
            columns=max(1, picture.size[0] // 200),
            offset=8,
        )
    )
    # the locale is not among the names that Altair checks
    chart.config.locale = {"number": number_words}
    return chart


def _title(alt: Any, picture: Picture) -> Any:
    return alt.TitleParams(
        _wrapped(picture.title, 72, lines=3),
        subtitle=[part for each in picture.subtitle for part in _wrapped(each, 105, lines=2)],
        anchor="start",
        frame="group",
        fontSize=16,
        subtitleFontSize=12,
        subtitleColor=_GREY,
        color=_INK,
        offset=14,
    )


def write_chart(chart: alt.LayerChart, path: Path, *, title: str, text: Sequence[str]) -> None:
    """The chart as PNG, SVG or one page that loads nothing, by the ending of `path`.

    `title` and `text` go into the page as text. Raises WijkError for another ending or no folder.
    """
    demand_format(path)
    spec = chart.to_dict()
    if path.suffix.lower() == ".html":
        content = _page(spec, title=title, text=text).encode()
    else:
        import vl_convert  # noqa: PLC0415  # 30 MB, only where a chart is made

        if path.suffix.lower() == ".png":
            content = vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[])
        else:
            content = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode()
    path.write_bytes(content)


def demand_format(path: Path) -> None:
    """Raise WijkError when no chart can be written there."""
    if path.suffix.lower() not in FORMATS:
        raise WijkError(f"{path}: a chart ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    if not path.parent.is_dir():
        raise WijkError(f"{path.parent} is no folder; make it first, or name another.")


def _page(spec: dict[str, Any], *, title: str, text: Sequence[str]) -> str:
    import vl_convert  # noqa: PLC0415

    # neither data nor bundle may end the script they stand in
    data = json.dumps(spec, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    bundle = re.sub(
        r"</(?=script)", r"<\\/", vl_convert.javascript_bundle(_GLOBALS), flags=re.IGNORECASE
    )
    told = "\n".join(f"<p>{html.escape(clean(each))}</p>" for each in text)
    language = "nl" if spec["config"]["locale"]["number"]["decimal"] == "," else "en"
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' \
'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<title>{html.escape(clean(title)[:200])}</title>
<style>
body {{ font-family: Arial, Helvetica, sans-serif; color: {_INK}; margin: 1.5rem; \
max-width: 52rem; overflow-wrap: anywhere; }}
p {{ line-height: 1.5; }}
</style>
</head>
<body>
<div id="chart" role="img" aria-label="{html.escape(clean(title)[:200])}"></div>
{told}
<script>{bundle}</script>
<script>
vegaEmbed("#chart", {data}, {{mode: "vega-lite", actions: false, renderer: "svg"}});
</script>
</body>
</html>
"""


def _zero_layers(
    alt: Any, picture: Picture, x: Any, y: Any, years: Sequence[int], *, is_first_named: bool
) -> Iterator[Any]:
    """Where the area and what it is compared with are alike."""
    if picture.zero_name is None:
        return
    data = _data(alt, [{"value": 0.0, "year": years[-1] + 0.4, "name": clean(picture.zero_name)}])
    yield alt.Chart(data).mark_rule(color=_RED, strokeWidth=1.2).encode(y=y)
    if is_first_named:
        yield _names(alt, data, x, y, _RED)


def _break_layers(alt: Any, picture: Picture, x: Any, scale: Any, high: float) -> Iterator[Any]:
    years = _years(picture)
    middle = (years[0] + years[-1]) / 2
    # a break before the first figure breaks nothing that is shown
    shown = [each for each in picture.breaks if years[0] <= each[0] <= years[-1]]
    # reasons one below the other, so that neighbours do not run into each other
    for number, (year, reason) in enumerate(shown):
        data = _data(alt, [{"year": year - 0.5, "top": high, "reason": _short(reason, 60)}])
        yield (
            alt.Chart(data)
            .mark_rule(color=_GREY, strokeDash=[4, 4], strokeWidth=1)
            .encode(x=x, tooltip=alt.Tooltip("reason:N"))
        )
        yield (
            alt.Chart(data)
            .mark_text(
                align="left" if year <= middle else "right",
                baseline="top",
                dx=4 if year <= middle else -4,
                dy=number % 3 * 13,
                color=_GREY,
                fontSize=10,
            )
            .encode(x=x, y=alt.Y("top:Q", scale=scale), text="reason:N")
        )


def _line_layers(alt: Any, picture: Picture, x: Any, y: Any, scale: Any) -> Iterator[Any]:
    rows = [vars(each) for each in picture.line]
    banded = _data(alt, [row for row in rows if row["low"] is not None])
    if picture.line and any(row["low"] is not None for row in rows):
        yield (
            alt.Chart(banded)
            .mark_area(color=_BLUE, opacity=0.15)
            .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", detail="segment:N")
        )
    if rows:
        yield (
            alt.Chart(_data(alt, rows))
            .mark_line(color=_BLUE, strokeWidth=2.5)
            .encode(x=x, y=y, detail="segment:N")
        )


def _reference_layers(
    alt: Any, picture: Picture, x: Any, y: Any, bounds: tuple[float, float]
) -> Iterator[Any]:
    shown = [each for each in picture.references if each.values]
    ends = {each.name: each.values[max(each.values)] for each in shown}
    places = _apart(ends, (bounds[1] - bounds[0]) * 16 / picture.size[1])
    for reference in shown:
        colour = _ROLE_COLOURS.get(reference.role, _BROWN)
        rows: list[dict[str, Any]] = []
        for year in sorted(reference.values):
            run = rows[-1]["run"] if rows and rows[-1]["year"] == year - 1 else year
            rows.append({"year": year, "value": reference.values[year], "run": run})
        yield (
            alt.Chart(_data(alt, rows))
            .mark_line(color=colour, strokeWidth=1.2, point={"size": 8, "color": colour})
            .encode(x=x, y=y, detail="run:N")
        )
        name = {"year": max(reference.values), "value": places[reference.name]}
        yield _names(alt, _data(alt, [name | {"name": _short(reference.name, 24)}]), x, y, colour)


def _names(alt: Any, data: Any, x: Any, y: Any, colour: str) -> Any:
    return (
        alt.Chart(data)
        .mark_text(align="left", dx=9, color=colour, fontSize=11, limit=150, clip=False)
        .encode(x=x, y=y, text="name:N")
    )


def _point_layers(alt: Any, picture: Picture, x: Any, y: Any) -> Iterator[Any]:
    present = [mark for mark in _MARKS if any(each.mark == mark for each in picture.points)]
    words = {mark: clean(picture.words[mark]) for mark in present}
    rows = [
        {
            "year": each.year,
            "value": each.value,
            "told": words_of(picture.language).number(each.value, picture.decimals),
            "run": each.run,
            "mark": words[each.mark],
            "opacity": 1.0 if each.is_in_fit and each.mark != "published" else 0.55,
        }
        for each in picture.points
    ]
    joined = [row for row in rows if row["run"] is not None]
    if joined:
        yield (
            alt.Chart(_data(alt, joined))
            .mark_line(color=_INK, strokeWidth=1, opacity=0.5)
            .encode(x=x, y=y, detail="run:N")
        )
    if not rows:
        years, (low, high) = _years(picture), _bounds(picture)
        note = [
            {
                "year": (years[0] + years[-1]) / 2,
                "value": (low + high) / 2,
                "name": picture.words["no_figures"],
            }
        ]
        yield (
            alt.Chart(_data(alt, note))
            .mark_text(color=_GREY, fontSize=13)
            .encode(x=x, y=y, text="name:N")
        )
        return
    domain = list(words.values())
    legend = alt.Legend() if len(domain) > 1 or present != ["final"] else None
    yield (
        alt.Chart(_data(alt, rows))
        .mark_point(size=60, strokeWidth=1.6, opacity=1)
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "mark:N",
                scale=alt.Scale(domain=domain, range=[_MARKS[mark][0] for mark in present]),
                legend=legend,
            ),
            fill=alt.Fill(
                "mark:N",
                scale=alt.Scale(
                    domain=domain,
                    range=[_INK if _MARKS[mark][1] else "white" for mark in present],
                ),
                legend=legend,
            ),
            stroke=alt.Stroke(
                "mark:N",
                scale=alt.Scale(
                    domain=domain,
                    range=[_GREY if mark == "published" else _INK for mark in present],
                ),
                legend=legend,
            ),
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("year:Q", format="d", title=picture.words["year"]),
                alt.Tooltip("told:N", title=picture.words["value"]),
                alt.Tooltip("mark:N", title=picture.words["status"]),
            ],
        )
    )


def _years(picture: Picture) -> list[int]:
    found = {*picture.years, *(each.year for each in picture.points)}
    found |= {year for each in picture.references for year in each.values}
    return list(range(min(found, default=0), max(found, default=0) + 1))


def _has_values(picture: Picture) -> bool:
    return bool(picture.points) or any(each.values for each in picture.references)


def _step(years: Sequence[int], width: int) -> int:
    """As many years as fit under the axis."""
    return max(1, math.ceil(len(years) * 41 / width))


def _bounds(picture: Picture) -> tuple[float, float]:
    """The lowest and highest that is shown, with air; breaks are told in the air above."""
    values = [each.value for each in picture.points]
    values += [bound for each in picture.line for bound in (each.low, each.high, each.value)
               if bound is not None]  # fmt: skip
    values += [value for each in picture.references for value in each.values.values()]
    values += [0.0] if picture.zero_name is not None else []
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    air = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    reasons = min(3, len(picture.breaks)) * 0.5 * air
    # a figure that cannot be negative is not shown as if it could
    floor = 0.0 if low >= 0 and low - air < 0 else low - air
    return floor, high + air + reasons


def _apart(ends: Mapping[str, float], room: float) -> dict[str, float]:
    """The heights of the names, moved up where they would lie on each other."""
    places: dict[str, float] = {}
    last = -math.inf
    for name, value in sorted(ends.items(), key=lambda each: each[1]):
        last = max(value, last + room)
        places[name] = last
    return places


def _data(alt: Any, rows: Sequence[Mapping[str, object]]) -> Any:
    return alt.Data(values=[dict(row) for row in rows])


def _wrapped(text: str, width: int, *, lines: int) -> list[str]:
    # a thousand stays one number
    whole = re.sub(r"(?<=\d) (?=\d{3}\b)", "\u00a0", clean(text))
    return textwrap.wrap(whole, width, max_lines=lines, placeholder=" …") or [" "]


def _short(text: str, length: int) -> str:
    text = clean(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"
