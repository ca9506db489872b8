"""Boundaries: the shapes of the wijken of a year, from a map service or a file, to draw maps of."""

from flows.boundaries.fetching import fetch_boundaries
from flows.boundaries.reading import read_wijken
from flows.boundaries.shapes import Point, Ring, Shape, outlines, simplified

__all__ = [
    "Point",
    "Ring",
    "Shape",
    "fetch_boundaries",
    "outlines",
    "read_wijken",
    "simplified",
]
