"""GeoJSON as a map service or a file gives it: read, and checked before anything is drawn of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from wijkpeil.catalog import Boundaries
from wijkpeil.delimited import kind_of
from wijkpeil.errors import SourceUnavailable, WijkError, nearest, short
from wijkpeil.sources.json_document import UnfitJson, parsed

Position = tuple[float, float]
# the outer ring of each polygon, and the holes in it
Polygons = list[list[list[Position]]]
_WIJK = re.compile(r"WK[0-9]{4}[0-9A-Z]{2}")


class Extent(NamedTuple):
    """The coordinates that a place in or near the Netherlands can have."""

    west: float
    south: float
    east: float
    north: float


EXTENTS = {"CRS84": Extent(2, 50, 8, 56), "EPSG:28992": Extent(-60_000, 250_000, 320_000, 900_000)}


@dataclass(frozen=True)
class Feature:
    """A wijk with its shape."""

    code: str
    polygons: Polygons


@dataclass(frozen=True)
class Page:
    """What one answer holds. `matched` is how many features there are in all, where it says so."""

    features: list[Feature]
    received: int
    matched: int | None
    next_link: str | None


def where_of(block: Boundaries) -> str:
    """How an error names the block."""
    return f"Boundaries {block.id} (areas.toml)"


def read_page(path: Path, block: Boundaries) -> Page:
    """A FeatureCollection. Raises SourceUnavailable where it is not whole, WijkError where it is
    not what the block says."""
    where = where_of(block)
    document = _document(path, where)
    rows = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(rows, list):
        raise WijkError(
            f"{where}: the answer is JSON but no FeatureCollection; give 'location' the address "
            "of a collection's items, or a GeoJSON file."
        )
    returned = document.get("numberReturned")
    if isinstance(returned, int) and returned != len(rows):
        raise SourceUnavailable(
            f"{where}: a page holds {len(rows)} features and says {returned}; it was cut off, "
            "run again later."
        )
    matched = document.get("numberMatched")
    return Page(
        features=list(_features(rows, block)),
        received=len(rows),
        matched=matched if isinstance(matched, int) else None,
        next_link=_next_link(document, where),
    )


def _document(path: Path, where: str) -> dict[str, Any]:
    kind = kind_of(path)
    if kind is not None and kind.name != "JSON" and not kind.is_passing:
        raise WijkError(
            f"{where}: the file is {kind.name}, not GeoJSON; give 'location' the address of a "
            "collection's items, or a GeoJSON file."
        )
    content = path.read_bytes()
    try:
        document = parsed(content)
    except UnfitJson as error:
        start = short(content[:40].decode("latin-1").strip())
        raise SourceUnavailable(
            f"{where}: the answer cannot be used: {error}; it begins with {start!r}. "
            "The service has a fault or the page was cut off; run again later."
        ) from error
    if not isinstance(document, dict):
        raise WijkError(f"{where}: the answer is JSON but no GeoJSON; correct 'location'.")
    return document


def _next_link(document: dict[str, Any], where: str) -> str | None:
    links = document.get("links", [])
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise SourceUnavailable(f"{where}: 'links' is no list of links; run again later.")
    # a service may link to the same page for people too
    found = [
        link.get("href")
        for link in links
        if link.get("rel") == "next" and link.get("type") != "text/html"
    ]
    if found and not isinstance(found[0], str):
        raise SourceUnavailable(f"{where}: the link to the next page is no text; run again later.")
    return found[0] if found else None


def _features(rows: list[Any], block: Boundaries) -> Iterator[Feature]:
    where = where_of(block)
    for row in rows:
        properties = row.get("properties") if isinstance(row, dict) else None
        if not isinstance(properties, dict):
            raise WijkError(f"{where}: a feature has no properties; correct 'location'.")
        for name in (block.code_property, *block.where):
            if name not in properties:
                key = "code_property" if name == block.code_property else "where"
                raise WijkError(
                    f"{where}: no property '{name}'; nearest: {nearest(name, properties)}. "
                    f"Correct '{key}'."
                )
        if any(str(properties[name]) != value for name, value in block.where.items()):
            continue
        code = properties[block.code_property]
        if not isinstance(code, str) or not _WIJK.fullmatch(code.strip()):
            raise WijkError(
                f"{where}: property '{block.code_property}' holds {_named(code)}, which is no code "
                "of a wijk such as 'WK036301'; correct 'code_property' or 'location'."
            )
        # a wijk without a shape is one that is not on the map
        if row.get("geometry") is not None:
            yield Feature(code.strip(), _polygons(row["geometry"], code.strip(), block))


def _named(value: object) -> str:
    return f"'{short(value)}'" if isinstance(value, str) else short(repr(value))


def _polygons(geometry: Any, code: str, block: Boundaries) -> Polygons:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise WijkError(
            f"{where_of(block)}: {code} is a {short(kind)}, not a Polygon or MultiPolygon; "
            "correct 'location'."
        )
    given = geometry.get("coordinates")
    try:
        polygons = [given] if kind == "Polygon" else given
        return [[_ring(ring, code, block) for ring in polygon] for polygon in polygons]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise WijkError(
            f"{where_of(block)}: the coordinates of {code} are not those of a {kind}; "
            "correct the file or tell who publishes it."
        ) from error


def _figure(number: float) -> str:
    """A coordinate; one too large for a float by its digits."""
    return f"{number:g}" if abs(number) < 1e300 else short(str(number), most=20)


def _ring(positions: list[Any], code: str, block: Boundaries) -> list[Position]:
    extent = EXTENTS[block.crs]
    ring = [(each[0], each[1]) for each in positions]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise WijkError(
            f"{where_of(block)}: a ring of {code} is not closed or has fewer than four positions; "
            "correct the file or tell who publishes it."
        )
    for x, y in ring:
        # also false for what is no number
        if not (extent.west <= x <= extent.east and extent.south <= y <= extent.north):
            raise WijkError(
                f"{where_of(block)}: {code} lies at {_figure(x)}, {_figure(y)}, which is not in or "
                f"near the Netherlands in {block.crs}; correct 'crs' or 'location'."
            )
    return ring
