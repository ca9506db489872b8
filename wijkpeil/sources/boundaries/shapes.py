"""Shapes on a flat map: simplified so that neighbours keep their border, and put together.

A border that two shapes share is simplified once, so that no gap comes between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

Point = tuple[int, int]
# closed by itself: the last point leads to the first
Ring = list[Point]
# what is inside an odd number of its rings; an outer ring has it on its left, a hole on its right
Shape = list[Ring]
# more than this no map is across, in metres
_WHOLE_COUNTRY = 1_000_000


def area(ring: Ring) -> float:
    """The area inside, negative when it lies to the right."""
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in _pairs(ring))
    return doubled / 2


def outlines(shapes: Mapping[str, Shape], group_of: Mapping[str, str]) -> dict[str, Shape]:
    """The shapes of each group put together: borders inside a group are left out."""
    edges: dict[str, set[tuple[Point, Point]]] = defaultdict(set)
    for code, shape in shapes.items():
        if code in group_of:
            own = edges[group_of[code]]
            for ring in shape:
                for a, b in _pairs(ring):
                    if (b, a) in own:
                        own.remove((b, a))
                    else:
                        own.add((a, b))
    found = {group: [*_chained(own)] for group, own in edges.items()}
    return {group: shape for group, shape in found.items() if shape}


def _chained(edges: Iterable[tuple[Point, Point]]) -> Iterator[Ring]:
    onward: dict[Point, list[Point]] = defaultdict(list)
    for a, b in sorted(edges):
        onward[a].append(b)
    for start in list(onward):
        while onward[start]:
            ring = [start]
            point = onward[start].pop()
            while point != start and onward[point]:
                ring.append(point)
                point = onward[point].pop()
            if len(ring) > 2:
                yield ring


def simplified(shapes: Mapping[str, Shape], tolerance: float, most_points: int) -> dict[str, Shape]:
    """The shapes with points left out that lie within `tolerance` of the line without them
    (Douglas-Peucker), and twice as much until at most `most_points` are left. Rings that
    become smaller than a square of that size are gone; of a shape without any other, a triangle
    is left."""
    borders = _Borders(shapes, tolerance)
    while True:
        kept = {code: borders.kept(shape, tolerance) for code, shape in shapes.items()}
        points = sum(len(ring) for shape in kept.values() for ring in shape)
        if points <= most_points or tolerance > _WHOLE_COUNTRY:
            return kept
        tolerance *= 2


class _Borders:
    """The borders of shapes, cut where more than two of them meet, with the weight of each point:
    the tolerance up to which it stays."""

    def __init__(self, shapes: Mapping[str, Shape], least: float) -> None:
        self._least = least
        self._corners = _corners(ring for shape in shapes.values() for ring in shape)
        self._weights: dict[tuple[Point, ...], list[float]] = {}

    def kept(self, shape: Shape, tolerance: float) -> Shape:
        """The shape at this tolerance, which is at least that of the first time."""
        rings = [self._ring(ring, tolerance) for ring in shape]
        whole = [ring for ring in rings if len(ring) > 2 and abs(area(ring)) >= tolerance**2]
        return whole or [_triangle(max(shape, key=lambda ring: abs(area(ring))))]

    def _ring(self, ring: Ring, tolerance: float) -> Ring:
        found: Ring = []
        for border in self._cut(ring):
            ends = border[0], border[1], border[-2], border[-1]
            is_back = ends[::-1] < ends
            line = border[::-1] if is_back else border
            key = (line[0], line[1], line[-2], line[-1])
            weights = self._weights.get(key)
            if weights is None or len(weights) != len(line):
                weights = self._weights[key] = _weights(line, self._least)
            points = [
                point for point, weight in zip(line, weights, strict=True) if weight >= tolerance
            ]
            found += (points[::-1] if is_back else points)[:-1]
        return found

    def _cut(self, ring: Ring) -> Iterator[Ring]:
        """The borders in the ring, each with both its ends."""
        corners = [place for place, point in enumerate(ring) if point in self._corners]
        # of an island or a wijk inside another, both sides must begin at one point
        first = corners[0] if corners else ring.index(min(ring))
        turned = ring[first:] + ring[: first + 1]
        places = [place - first for place in corners[1:]]
        for start, end in zip([0, *places], [*places, len(ring)], strict=True):
            yield turned[start : end + 1]


def _corners(rings: Iterable[Ring]) -> set[Point]:
    """The points beside which not all rings have the same two neighbours."""
    beside: dict[Point, tuple[Point, Point]] = {}
    corners = set()
    for ring in rings:
        before, point = ring[-2], ring[-1]
        for after in ring:
            pair = (before, after) if before < after else (after, before)
            if beside.setdefault(point, pair) != pair:
                corners.add(point)
            before, point = point, after
    return corners


def _weights(line: Ring, least: float) -> list[float]:
    """How far each point lies off the line without it, no further than the one it depends on;
    the ends stay always, and what lies nearer than `least` is not looked into."""
    weights = [0.0] * len(line)
    weights[0] = weights[-1] = float("inf")
    todo = [(0, len(line) - 1, float("inf"))]
    while todo:
        start, end, most = todo.pop()
        if end - start < 2:
            continue
        (x, y), (to_x, to_y) = line[start], line[end]
        across, up = to_x - x, to_y - y
        length = across * across + up * up
        farthest, place = -1.0, start
        for index in range(start + 1, end):
            right, over = line[index][0] - x, line[index][1] - y
            along = right * across + over * up
            if length and 0 <= along <= length:
                turned = right * up - over * across
                squared = turned * turned / length
            else:
                if length and along > length:
                    right, over = right - across, over - up
                squared = right * right + over * over
            if squared > farthest:
                farthest, place = squared, index
        weight = min(most, farthest**0.5)
        if weight >= least:
            weights[place] = weight
            todo += [(start, place, weight), (place, end, weight)]
    return weights


def _triangle(ring: Ring) -> Ring:
    return [ring[0], ring[len(ring) // 3], ring[2 * len(ring) // 3]]


def _pairs(ring: Ring) -> Iterator[tuple[Point, Point]]:
    return zip(ring, [*ring[1:], *ring[:1]], strict=True)
