"""Boundaries: the shapes of the wijken of a year, from a map service or a file, to draw maps of."""

from wijkpeil.sources.boundaries.fetching import fetch_boundaries
from wijkpeil.sources.boundaries.reading import read_wijken
from wijkpeil.sources.boundaries.shapes import Point, Ring, Shape, outlines, simplified

__all__ = [
    "Point",
    "Ring",
    "Shape",
    "fetch_boundaries",
    "outlines",
    "read_wijken",
    "simplified",
]
