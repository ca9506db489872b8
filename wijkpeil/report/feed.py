"""The Atom feed: an entry per area of a programme whose signals changed this edition year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from wijkpeil.report.paths import path_of
from wijkpeil.report.render import Renderer, cleaned
from wijkpeil.words import LANGUAGES, Language

if TYPE_CHECKING:
    from wijkpeil.report.load import Pages


def write_feed(path: Path, pages: Pages, language: Language, base_url: str | None) -> None:
    """Write the feed beside the pages; links are whole where `base_url` says where they lead."""
    ((_, _, data),) = pages.data([("start", "start")])
    start = cleaned(json.loads(data))
    base = f"{base_url.rstrip('/')}/" if base_url else ""
    renderer = Renderer(pages.site, language)
    path.write_text(
        renderer.render_text(
            "feed.xml.j2",
            page=start,
            base=base,
            # without a base a link is seen from the feed, which lies in the language's folder
            href=lambda code: base + path_of("area", code, language if base else LANGUAGES[0]),
        ),
        encoding="utf-8",
    )
