"""A chart as a file: PNG, SVG, or one page that loads nothing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from wijkpeil.charts.drawing import draw
from wijkpeil.charts.picture import Picture
from wijkpeil.charts.svg import as_file, for_page, script, style
from wijkpeil.errors import WijkError
from wijkpeil.text import clean

FORMATS = (".png", ".svg", ".html")


def write_chart(picture: Picture, path: Path, *, text: Sequence[str]) -> None:
    """The chart as PNG, SVG or one page that loads nothing, by the ending of `path`.

    `text` goes into the page as text. Raises WijkError for another ending or no folder.
    """
    demand_format(path)
    if path.suffix.lower() == ".html":
        content = _page(picture, text).encode()
    elif path.suffix.lower() == ".png":
        content = png_of(picture, scale=2)
    else:
        content = as_file(draw(picture), clean(picture.title)).encode()
    path.write_bytes(content)


def png_of(picture: Picture, *, scale: float) -> bytes:
    """The chart as PNG, with so many pixels for each unit of its size."""
    import vl_convert  # noqa: PLC0415  # 30 MB, only where pixels are made

    return bytes(vl_convert.svg_to_png(as_file(draw(picture), clean(picture.title)), scale=scale))


def demand_format(path: Path) -> None:
    """Raise WijkError when no chart can be written there."""
    if path.suffix.lower() not in FORMATS:
        raise WijkError(f"{path}: a chart ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    if not path.parent.is_dir():
        raise WijkError(f"{path.parent} is no folder; make it first, or name another.")


def _page(picture: Picture, text: Sequence[str]) -> str:
    title = html.escape(clean(picture.title)[:200])
    told = "\n".join(f"<p>{html.escape(clean(each))}</p>" for each in text)
    chart = for_page(draw(picture), clean(picture.title), picture.words["hint"])
    return f"""<!DOCTYPE html>
<html lang="{picture.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style>
body {{ font-family: Arial, Helvetica, sans-serif; color: #1b1f24; margin: 1.5rem; \
max-width: 52rem; overflow-wrap: anywhere; }}
p {{ line-height: 1.5; }}
svg {{ width: 100%; height: auto; }}
{style()}</style>
</head>
<body>
{chart}
{told}
<script>
{script()}</script>
</body>
</html>
"""
