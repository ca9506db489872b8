"""Synthetic boundaries of the fictive wijken: a country of three gemeenten in the North Sea."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from math import cos, dist, radians, sin
from random import Random

from wijkpeil.demo.country.areas import GEMEENTEN, LAST_YEAR, areas
from wijkpeil.demo.country.figures import SEED, stream

Spot = tuple[float, float]
FILE_NAME = f"boundaries/wijken-{LAST_YEAR}.geojson"
# where the middle of each gemeente lies, in wijken; one wijk is about a kilometre across
_MIDDLES: dict[str, Spot] = {"GM9901": (0.0, 0.0), "GM9902": (3.6, 1.0), "GM9903": (1.4, -3.2)}
_WEST, _SOUTH, _NORTH_OF_EQUATOR = 4.0, 53.9, radians(53.9)
_KM_PER_DEGREE = 111.25
# a wijk with an island, and one that lies inside another
_WITH_ISLAND, _INSIDE = "WK990309", {"WK990115": "WK990110"}


def boundaries_geojson(seed: int = SEED) -> bytes:
    """The wijken of the last year, as a FeatureCollection."""
    features = [
        {
            "type": "Feature",
            "properties": {"statcode": code, "statnaam": name, "jaarcode": LAST_YEAR},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        }
        for code, name, polygons in _wijken(seed)
    ]
    document = {
        "type": "FeatureCollection",
        "name": "Wijken van de wijkpeil-demo: verzonnen grenzen (synthetisch)",
        "features": features,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _wijken(seed: int) -> Iterator[tuple[str, str, list[list[list[Spot]]]]]:
    names = {area.code: area.name for area in areas(LAST_YEAR) if area.level == "wijk"}
    chance = stream(seed, "boundaries")
    land, sea = _sites([code for code in names if code not in _INSIDE], chance)
    every = [*land.values(), *sea]
    rings = {code: _winding(_cell(spot, every), seed) for code, spot in land.items()}
    inner = {host: _round(land[host], 0.24, chance) for host in _INSIDE.values()}
    for code, name in names.items():
        if code in _INSIDE:
            yield code, name, [[_placed(inner[_INSIDE[code]])]]
            continue
        holes = [_placed(inner[code][::-1])] if code in inner else []
        polygons = [[_placed(rings[code]), *holes]]
        if code == _WITH_ISLAND:
            x, y = _MIDDLES["GM9903"]
            polygons.append([_placed(_round((x + 3.2, y - 0.4), 0.4, chance))])
        yield code, name, polygons


def _sites(codes: list[str], chance: Random) -> tuple[dict[str, Spot], list[Spot]]:
    """A place for each wijk around the middle of its gemeente, and places in the sea around."""
    land: dict[str, Spot] = {}
    grid = [
        (column + (row % 2) / 2, row * 0.87) for row in range(-9, 9) for column in range(-6, 12)
    ]
    free = [(x + chance.uniform(-0.3, 0.3), y + chance.uniform(-0.3, 0.3)) for x, y in grid]
    for gemeente in GEMEENTEN:
        own = [code for code in codes if code[2:6] == gemeente[2:]]
        near = sorted(free, key=partial(dist, _MIDDLES[gemeente]))[: len(own)]
        land.update(zip(own, near, strict=True))
        free = [spot for spot in free if spot not in near]
    return land, free


def _cell(spot: Spot, others: list[Spot]) -> list[Spot]:
    """What lies nearer to `spot` than to any other: a square, cut off halfway to each."""
    x, y = spot
    cell = [(x - 3, y - 3), (x + 3, y - 3), (x + 3, y + 3), (x - 3, y + 3)]
    for other in others:
        if other != spot and dist(other, spot) < 6:
            cell = _cut(cell, spot, other)
    return list(dict.fromkeys((round(px, 6), round(py, 6)) for px, py in cell))


def _cut(cell: list[Spot], spot: Spot, other: Spot) -> list[Spot]:
    right, up = other[0] - spot[0], other[1] - spot[1]
    limit = (other[0] ** 2 + other[1] ** 2 - spot[0] ** 2 - spot[1] ** 2) / 2
    kept = []
    for start, end in zip(cell, [*cell[1:], cell[0]], strict=True):
        before = right * start[0] + up * start[1] - limit
        after = right * end[0] + up * end[1] - limit
        if before <= 0:
            kept.append(start)
        if (before < 0) != (after < 0) and before != after:
            share = before / (before - after)
            kept.append(
                (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            )
    return kept


def _winding(cell: list[Spot], seed: int) -> list[Spot]:
    """The ring with each side bent; a side bends the same way seen from the neighbour."""
    ring: list[Spot] = []
    for start, end in zip(cell, [*cell[1:], cell[0]], strict=True):
        low, high = sorted((start, end))
        chance = stream(seed, f"{low}", f"{high}")
        bent = [low, *_bent(low, high, chance, 4), high]
        ring += (bent if low == start else bent[::-1])[:-1]
    return ring


def _bent(start: Spot, end: Spot, chance: Random, depth: int) -> list[Spot]:
    if depth == 0:
        return []
    across, up = end[0] - start[0], end[1] - start[1]
    push = chance.uniform(-0.16, 0.16)
    middle = ((start[0] + end[0]) / 2 - up * push, (start[1] + end[1]) / 2 + across * push)
    return [
        *_bent(start, middle, chance, depth - 1),
        middle,
        *_bent(middle, end, chance, depth - 1),
    ]


def _round(middle: Spot, size: float, chance: Random) -> list[Spot]:
    around = [(size * chance.uniform(0.8, 1.2), radians(15 * step)) for step in range(24)]
    return [(middle[0] + r * cos(turn), middle[1] + r * sin(turn)) for r, turn in around]


def _placed(ring: list[Spot]) -> list[Spot]:
    """The closed ring in degrees."""
    degrees = [
        (
            round(_WEST + x / _KM_PER_DEGREE / cos(_NORTH_OF_EQUATOR), 6),
            round(_SOUTH + y / _KM_PER_DEGREE, 6),
        )
        for x, y in ring
    ]
    return [*degrees, degrees[0]]
