"""The small trend picture of a signal: a PNG of few bytes, and the same in words."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wijkpeil.alerts.edition import Signal
from wijkpeil.charts.files import png_of
from wijkpeil.charts.picture import SMALL, LinePoint, Picture, Point
from wijkpeil.explain import as_picture, explain
from wijkpeil.text import short
from wijkpeil.words import Language, Words, words_of

# in a mail of 600 px; on a phone as wide as that, where its letters are 12 px
WIDTH = 448
# drawn so much larger than it is on a phone, for sharp screens
_SCALE = 2.55


@dataclass(frozen=True)
class Drawing:
    """A picture with what says the same; `cid` is its name within a mail."""

    png: bytes
    alt: str
    cid: str

    @property
    def height(self) -> int:
        """Of the picture as it is shown, WIDTH wide."""
        width, height = struct.unpack(">II", self.png[16:24])
        return round(WIDTH * int(height) / int(width))


Draw = Callable[[Signal, int, Language], Drawing | None]


def drawing_from(warehouse: Path) -> Draw:
    """What draws the trend of a signal in an edition year, each once, from the published
    edition of this folder."""
    made: dict[tuple[object, ...], Drawing] = {}

    def draw_signal(signal: Signal, year: int, language: Language) -> Drawing:
        name = (signal.key, year, language)
        if name not in made:
            made[name] = _drawing(warehouse, signal, year, language)
        return made[name]

    return draw_signal


def _drawing(warehouse: Path, signal: Signal, year: int, language: Language) -> Drawing:
    picture = picture_of(warehouse, signal, year, language)
    png = png_of(picture, scale=_SCALE)
    cid = hashlib.sha256(repr((signal.key, year, language)).encode()).hexdigest()[:24]
    return Drawing(packed(png), in_words(picture, signal, language), f"{cid}@wijkpeil")


def picture_of(warehouse: Path, signal: Signal, year: int, language: Language) -> Picture:
    """What is drawn: as `explain` draws it, small and bare."""
    key = signal.key
    found = explain(
        *(warehouse, key.area_code, key.indicator_id),
        programme=key.programme_id,
        # also where a gap is judged: with the country in it, it shows both
        axis="own",
        edition=year,
    )
    return replace(as_picture(found, language), size=SMALL, is_bare=True)


def in_words(picture: Picture, signal: Signal, language: Language) -> str:
    """What the picture shows, for who does not see it."""
    words = words_of(language)

    def value(number: float) -> str:
        return words.value(number, signal.decimals, signal.unit)

    shown = [point for point in picture.points if point.mark != "published"]
    course = words("word.no_figures")
    if shown:
        course = words("mail.picture.course", **_ends(shown, value))
    trend = ""
    if picture.line:
        trend = words("mail.picture.trend", **_ends(picture.line, value))
        if (pace := picture.line[-1].pace) is not None:
            trend += words("mail.picture.pace", last=value(pace))
    return words(
        "mail.picture.alt",
        indicator=short(signal.indicator(language), 80),
        area=short(signal.area_name),
        course=course,
        trend=trend,
        references=_references(picture, value, words),
    )


def _ends(
    ends: Sequence[Point] | Sequence[LinePoint], value: Callable[[float], str]
) -> dict[str, str]:
    first, last = ends[0], ends[-1]
    return {
        "first": value(first.value),
        "first_year": str(first.year),
        "last": value(last.value),
        "last_year": str(last.year),
    }


def _references(picture: Picture, value: Callable[[float], str], words: Words) -> str:
    told = ""
    for each in picture.references:
        if each.values:
            years = min(each.values), max(each.values)
            first, last = (value(each.values[year]) for year in years)
            phrase = "reference" if years[0] != years[1] else "reference_once"
            fields = {"name": short(each.name), "first": first, "last": last}
            told += words(f"mail.picture.{phrase}", **fields, year=str(years[1]))
    return told


def packed(png: bytes) -> bytes:
    """The same picture in fewer bytes: it is drawn with little compression."""
    place, parts, pixels = 8, [], b""
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        if kind == b"IDAT":
            pixels += body
        elif kind == b"IEND":
            parts.append((b"IDAT", zlib.compress(zlib.decompress(pixels), 9)))
        if kind != b"IDAT":
            parts.append((kind, body))
        place += 12 + size
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return png[:8] + b"".join(chunks)
