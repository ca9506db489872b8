"""A drawing as SVG: classes for a page that has the style sheet, or a whole file with its own."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path

from wijkpeil.charts.shapes import TITLE, Drawing, Mark, Text

_FOLDER = Path(__file__).parent
# a square is as large as a circle of this radius
RADIUS = 3.2


@cache
def style() -> str:
    """The style sheet of all charts."""
    return (_FOLDER / "chart.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """What tells the figures of a year where a reader points at them."""
    return (_FOLDER / "chart.js").read_text(encoding="utf-8")


def for_page(drawing: Drawing, label: str, hint: str) -> str:
    """The chart in its box, for a page that has style and script; `label` says the finding, and
    `hint` how the figures of a year are reached."""
    told = json.dumps([[round(each.x, 1), each.text] for each in drawing.told], ensure_ascii=False)
    more = (
        f' data-told="{escape(told)}" data-top="{drawing.top:.0f}" '
        f'data-bottom="{drawing.bottom:.0f}"'
    )
    return (
        f'<div class="chart-box" tabindex="0" role="group" aria-label="{escape(hint)}">'
        f"{_svg(drawing, label, more, '')}</div>"
    )


def as_file(drawing: Drawing, label: str) -> str:
    """The chart as a file that needs nothing beside it, on white."""
    more = (
        f' xmlns="http://www.w3.org/2000/svg" width="{drawing.width:g}" height="{drawing.height:g}"'
    )
    ground = f'<style>{style()}</style><rect width="100%" height="100%" fill="#ffffff"/>'
    return _svg(drawing, label, more, ground)


def _svg(drawing: Drawing, label: str, more: str, before: str) -> str:
    marks = "".join(map(_mark, drawing.marks))
    texts = "".join(map(_text, drawing.texts))
    return (
        f'<svg class="chart"{more} viewBox="0 0 {drawing.width:g} {drawing.height:g}" role="img" '
        f'aria-label="{escape(label)}">{before}{marks}{texts}</svg>'
    )


def _mark(mark: Mark) -> str:
    x, y = mark.places[0]
    if mark.shape == "circle":
        return f'<circle class="{mark.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}"/>'
    if mark.shape == "square":
        side = f'width="{2 * RADIUS}" height="{2 * RADIUS}"'
        return f'<rect class="{mark.kind}" x="{x - RADIUS:.1f}" y="{y - RADIUS:.1f}" {side}/>'
    if mark.shape == "cross":
        left, right, top, bottom = x - RADIUS, x + RADIUS, y - RADIUS, y + RADIUS
        path = f"M{left:.1f} {y:.1f}H{right:.1f}M{x:.1f} {top:.1f}V{bottom:.1f}"
        return f'<path class="{mark.kind}" d="{path}"/>'
    tag = "polygon" if mark.shape == "area" else "polyline"
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.places)
    return f'<{tag} class="{mark.kind}" points="{places}"/>'


def _text(text: Text) -> str:
    kind = text.kind + " bold" * text.is_bold + " title" * (text.size == TITLE)
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return (
        f'<text class="{kind}" x="{text.x:.1f}" y="{text.y:.1f}"{anchor}>{escape(text.text)}</text>'
    )
