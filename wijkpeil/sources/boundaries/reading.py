"""A snapshot of boundaries → the shape of each wijk on a flat map, in metres."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians

from wijkpeil.catalog import Boundaries
from wijkpeil.sources.boundaries.features import Position, read_page
from wijkpeil.sources.boundaries.shapes import Point, Ring, Shape, area
from wijkpeil.sources.snapshots import Snapshot

_MIDDLE = 52.2
_METRES_PER_DEGREE = 111_250


def read_wijken(snapshot: Snapshot) -> dict[str, Shape]:
    """The shape of each wijk by its code. Neighbours have the points of their border in common.

    Raises WijkError when the snapshot is no longer what was received.
    """
    snapshot.verify()
    origin = snapshot.origin
    block = Boundaries.model_validate(
        {
            **origin.request,
            "title_nl": origin.title,
            "licence": origin.licence,
            "attribution": origin.attribution,
        }
    )
    flat = _flat if block.crs == "CRS84" else _rounded
    shapes = {}
    for file in origin.files:
        for feature in read_page(snapshot.folder / file.name, block).features:
            rings = (
                _ring(ring, flat, is_hole=place > 0)
                for polygon in feature.polygons
                for place, ring in enumerate(polygon)
            )
            shape = [ring for ring in rings if len(ring) > 2]
            if shape:
                shapes[feature.code] = shape
    return shapes


def _ring(positions: list[Position], flat: Callable[[Position], Point], *, is_hole: bool) -> Ring:
    """The points, the first not again at the end; what is inside the shape lies to the left."""
    points: Ring = []
    for position in positions[:-1]:
        point = flat(position)
        if not points or point != points[-1]:
            points.append(point)
    while len(points) > 1 and points[-1] == points[0]:
        points.pop()
    return points if (area(points) < 0) == is_hole else points[::-1]


def _flat(position: Position) -> Point:
    """Metres from the middle of the country, of which a degree is as long everywhere."""
    x, y = position
    return (
        round((x - 5) * _METRES_PER_DEGREE * cos(radians(_MIDDLE))),
        round((y - _MIDDLE) * _METRES_PER_DEGREE),
    )


def _rounded(position: Position) -> Point:
    return round(position[0]), round(position[1])
