"""A mail's HTML as a strict reader sees it: nesting, what it loads, its words and colours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "img", "meta"}
ALLOWED = VOID | {
    *("html", "head", "title", "style", "body", "div", "table", "caption", "tr", "td", "th"),
    *("h1", "h2", "h3", "p", "span", "strong", "ul", "ol", "li", "a"),
}
# where each may stand, for those that may not stand anywhere
INSIDE = {
    "tr": {"table"},
    "td": {"tr"},
    "th": {"tr"},
    "caption": {"table"},
    "li": {"ul", "ol"},
    "title": {"head"},
    "style": {"head"},
}
# which may hold no text of their own, and no blocks
NO_TEXT = {"html", "head", "table", "tr", "ul", "ol"}
INLINE_ONLY = {"p", "h1", "h2", "h3", "span", "strong", "a", "caption", "title"}
INLINE = {"span", "strong", "a", "br", "img"}
Colours = tuple[str, str]


@dataclass
class _Open:
    tag: str
    colours: Mapping[str, Colours]
    is_shown: bool


@dataclass
class Reader(HTMLParser):
    """Reads a page and asserts that it is well made.

    `texts` are what is shown, with the colour of text and ground in each mode; `loaded` and
    `links` are addresses.
    """

    dark: Mapping[str, Mapping[str, str]]
    texts: list[tuple[str, Mapping[str, Colours]]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    path: list[_Open] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert tag in ALLOWED, tag
        assert not [name for name in given if name.startswith("on")], given
        assert len(given) == len(attrs), f"{tag} has an attribute twice"
        parent = self.path[-1].tag if self.path else ""
        assert parent in INSIDE.get(tag, {parent}), f"{tag} in {parent}"
        assert parent not in INLINE_ONLY or tag in INLINE, f"{tag} in {parent}"
        style = dict(
            re.findall(r"(?:^|;)\s*([a-z-]+)\s*:\s*([^;]+)", given.get("style", ""), re.IGNORECASE)
        )
        before = (
            self.path[-1]
            if self.path
            else _Open("", dict.fromkeys(("light", "dark"), ("#000000", "#ffffff")), True)
        )
        shown = before.is_shown and style.get("display") != "none"
        classes: dict[str, str] = {}
        for name in given.get("class", "").split():
            classes |= self.dark.get(name, {})
        colours = {
            mode: (
                over.get("color", before.colours[mode][0]),
                over.get("background-color", before.colours[mode][1]),
            )
            for mode, over in (("light", style), ("dark", {**style, **classes}))
        }
        if tag == "img":
            self.loaded.append(given["src"])
            assert given["width"] and given["height"] and given["alt"]
            self.texts.append((given["alt"], colours))
        if tag == "a":
            self.links.append(given["href"])
        if tag not in VOID:
            self.path.append(_Open(tag, colours, shown))

    def handle_endtag(self, tag: str) -> None:
        assert self.path and self.path[-1].tag == tag, f"</{tag}> closes {self.path[-1:]}"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        here = self.path[-1]
        assert here.tag not in NO_TEXT, f"text in {here.tag}: {data!r}"
        if here.is_shown and here.tag not in ("title", "style"):
            self.texts.append((data, here.colours))

    @property
    def words(self) -> str:
        """All that is shown, on one line."""
        return " ".join(" ".join(text for text, _ in self.texts).split())


def read(html: str) -> Reader:
    """The page, read to its end."""
    assert html.startswith("<!DOCTYPE html>\n<html lang=")
    rules = re.search(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}\n", html, re.DOTALL)
    assert rules
    dark = {
        name: dict(re.findall(r"([a-z-]+): (#[0-9a-f]{6}) !important", body))
        for name, body in re.findall(r"\.(\w+) \{ ([^}]*) \}", rules[1])
    }
    reader = Reader(dark)
    reader.feed(html)
    reader.close()
    assert not reader.path
    return reader


def contrast(text: str, ground: str) -> float:
    """The ratio of WCAG 2.1 between two colours."""
    bright, dim = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def inverted(colour: str) -> str:
    """The colour as a mail program makes it that turns every page dark by itself."""
    return f"#{0xFFFFFF ^ int(colour[1:], 16):06x}"


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
