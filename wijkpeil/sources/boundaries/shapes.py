"""Shapes on a flat map: simplified so that neighbours keep their border, and put together.

Shapely does both on all shapes at once, so that no gap comes between two of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely import Geometry, MultiPolygon

Point = tuple[int, int]
# closed by itself: the last point leads to the first
Ring = list[Point]
# polygons one after the other: an outer ring, which has its inside on the left, and then its holes,
# which have it on the right
Shape = list[Ring]
# more than this no map is across, in metres
_WHOLE_COUNTRY = 1_000_000


def area(ring: Ring) -> float:
    """The area inside, negative when it lies to the right."""
    doubled = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], *ring[:1]], strict=True)
    )
    return doubled / 2


def outlines(shapes: Mapping[str, Shape], group_of: Mapping[str, str]) -> dict[str, Shape]:
    """The shapes of each group put together: borders inside a group are left out."""
    members: dict[str, list[MultiPolygon]] = defaultdict(list)
    for code, shape in shapes.items():
        if code in group_of:
            members[group_of[code]].append(_polygons(shape))
    found = {group: _rings(_together(own)) for group, own in members.items()}
    return {group: shape for group, shape in found.items() if shape}


def simplified(shapes: Mapping[str, Shape], tolerance: float, most_points: int) -> dict[str, Shape]:
    """The shapes without the points that make corners smaller than a square of `tolerance`, in the
    unit of the points, and twice as much until at most `most_points` are left. Rings that are
    smaller than that square are gone; of a shape without any other, its largest is left."""
    import shapely

    whole = [_polygons(shape) for shape in shapes.values()]
    while True:
        drawn = shapely.coverage_simplify(whole, tolerance)
        kept = {
            code: _seen(_rings(each), tolerance) for code, each in zip(shapes, drawn, strict=True)
        }
        points = sum(len(ring) for shape in kept.values() for ring in shape)
        if points <= most_points or tolerance > _WHOLE_COUNTRY:
            return kept
        tolerance *= 2


def _seen(shape: Shape, tolerance: float) -> Shape:
    return [ring for ring in shape if abs(area(ring)) >= tolerance**2] or [
        max(shape, key=lambda ring: abs(area(ring)))
    ]


def _together(polygons: Iterable[MultiPolygon]) -> Geometry:
    import shapely

    parts = [*polygons]
    if shapely.coverage_is_valid(parts):
        return shapely.coverage_union_all(parts)
    # some overlap: slower, and right too
    return shapely.union_all(shapely.make_valid(parts))


def _polygons(shape: Shape) -> MultiPolygon:
    from shapely import MultiPolygon

    found: list[tuple[Ring, list[Ring]]] = []
    for ring in shape:
        if area(ring) > 0:
            found.append((ring, []))
        elif found:
            found[-1][1].append(ring)
    return MultiPolygon(found)


def _rings(drawn: Geometry) -> Shape:
    import shapely

    polygons = [
        each
        for each in shapely.get_parts(shapely.orient_polygons(drawn))
        if each.geom_type == "Polygon"
    ]
    return [
        [(round(x), round(y)) for x, y in ring.coords[:-1]]
        for polygon in polygons
        for ring in (polygon.exterior, *polygon.interiors)
    ]
