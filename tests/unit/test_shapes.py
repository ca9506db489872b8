"""Shapes: neighbours keep one border, holes and islands stay, and gemeenten are put together."""

from __future__ import annotations

import math

import pytest

from wijkpeil.sources.boundaries import Ring, Shape, outlines, simplified
from wijkpeil.sources.boundaries.shapes import area

ALL = 10**6


def wave(west: int, east: int, south: int, step: int = 10) -> Ring:
    """A line with a wave in it, from west to east."""
    points = range(west, east + 1, step)
    return [(x, south + round(40 * math.sin(x / 60))) for x in points]


def strip(south: int, west: int = 0, east: int = 1000, height: int = 1000) -> Ring:
    """What lies between two waves, on its left."""
    return [*wave(west, east, south), *reversed(wave(west, east, south + height))]


def edges(shape: Shape) -> set[frozenset[tuple[int, int]]]:
    return {
        frozenset(pair) for ring in shape for pair in zip(ring, [*ring[1:], ring[0]], strict=True)
    }


def size(shape: Shape) -> float:
    return sum(area(ring) for ring in shape)


def test_neighbours_have_the_same_border_after_simplifying() -> None:
    low, high = strip(0), strip(1000)
    # the neighbour begins elsewhere in its ring
    high = high[37:] + high[:37]
    kept = simplified({"low": [low], "high": [high]}, 5, ALL)
    shared = edges(kept["low"]) & edges(kept["high"])
    assert len(kept["low"][0]) < len(low) / 2
    assert len(shared) > 5
    assert size(kept["low"]) + size(kept["high"]) == pytest.approx(2 * 1000 * 1000, rel=0.01)


def test_no_point_lies_further_off_than_the_tolerance() -> None:
    line = wave(0, 1000, 0)
    (kept,) = simplified({"a": [[*line, (1000, 500), (0, 500)]]}, 8, ALL)["a"]
    for x, y in line:
        before = max((p for p in kept if p[0] <= x and p[1] < 400), key=lambda p: p[0])
        after = min((p for p in kept if p[0] >= x and p[1] < 400), key=lambda p: p[0])
        share = (x - before[0]) / ((after[0] - before[0]) or 1)
        # upright, which on this slope is a fifth more than straight to the line
        assert abs(before[1] + share * (after[1] - before[1]) - y) <= 8 * 1.2


def test_a_wijk_inside_another_fills_its_hole_exactly() -> None:
    hole = [(300 + round(100 * math.cos(t / 9)), 300 + round(100 * math.sin(t / 9)))
            for t in range(57)]  # fmt: skip
    around = [(0, 0), (600, 0), (600, 600), (0, 600)]
    inside = hole[20:] + hole[:20]
    kept = simplified({"around": [around, hole[::-1]], "inside": [inside]}, 6, ALL)
    assert len(kept["inside"][0]) < len(hole) / 2
    assert edges([kept["around"][1]]) == edges(kept["inside"])
    assert size(kept["around"]) + size(kept["inside"]) == 600 * 600


def test_islets_go_and_the_largest_island_stays() -> None:
    large, islet = [(0, 0), (90, 0), (90, 90), (0, 90)], [(200, 0), (203, 0), (203, 3)]
    assert simplified({"a": [islet, large]}, 10, ALL)["a"] == [large]
    assert len(simplified({"a": [islet]}, 10, ALL)["a"][0]) == 3


def test_a_map_has_no_more_points_than_it_may() -> None:
    shapes = {f"WK{n}": [strip(n * 1000)] for n in range(20)}
    assert sum(len(r) for s in simplified(shapes, 0.1, ALL).values() for r in s) > 1000
    for most in (400, 120, 1):
        kept = simplified(shapes, 0.1, most)
        assert kept.keys() == shapes.keys()
        assert all(len(ring) > 2 for shape in kept.values() for ring in shape)
        # the places where borders meet stay
        assert sum(len(r) for s in kept.values() for r in s) <= max(most, 4 * len(shapes))


def test_a_gemeente_is_its_wijken_without_the_borders_between_them() -> None:
    wijken = {
        "WK000101": [strip(0)],
        "WK000102": [strip(1000)],
        "WK000201": [strip(2000)],
        "WK000103": [strip(9000)],
        "WK990101": [strip(4000)],
    }
    group_of = {code: code[2:6] for code in wijken if code != "WK990101"}
    found = outlines(wijken, group_of)
    assert found.keys() == {"0001", "0002"}
    assert size(found["0001"]) == sum(size(wijken[f"WK00010{n}"]) for n in (1, 2, 3))
    # the two that touch are one, the third lies apart
    assert len(found["0001"]) == 2
    assert not edges(found["0001"]) & (edges(wijken["WK000101"]) & edges(wijken["WK000102"]))
    assert edges(found["0001"]) & edges(found["0002"])


def test_wijken_that_overlap_are_put_together_all_the_same() -> None:
    one, other = ([(x, 0), (x + 600, 0), (x + 600, 600), (x, 600)] for x in (0, 500))
    found = outlines({"a": [one], "b": [other]}, {"a": "g", "b": "g"})
    assert size(found["g"]) == 1100 * 600
    kept = simplified({"a": [one], "b": [other]}, 5, ALL)
    assert {code: size(shape) for code, shape in kept.items()} == {"a": 360_000, "b": 360_000}


def test_a_wijk_that_fills_a_hole_leaves_no_hole_in_its_gemeente() -> None:
    hole = [(200, 200), (400, 200), (400, 400), (200, 400)]
    around = [(0, 0), (600, 0), (600, 600), (0, 600)]
    found = outlines({"a": [around, hole[::-1]], "b": [hole]}, {"a": "g", "b": "g"})
    assert edges(found["g"]) == edges([around])
    apart = outlines({"a": [around, hole[::-1]], "b": [hole]}, {"a": "g", "b": "h"})
    assert size(apart["g"]) == 600 * 600 - 200 * 200
