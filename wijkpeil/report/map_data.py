"""The maps of an edition as SVG paths: the wijken of each gemeente, and all gemeenten."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from wijkpeil.sources.boundaries import Shape, outlines, read_wijken, simplified
from wijkpeil.sources.snapshots import ORIGIN, Snapshot, read_snapshot

# how far a map reaches, in steps of its own; a screen shows no more of it
ACROSS = 1000
# a corner that is smaller than a square of this many steps is not seen
_SEEN = 1.4
# a point takes some six bytes of a page
_MOST_POINTS = {"gemeente": 9_000, "start": 60_000}


def load_maps(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Makes the temp table `drawn_map`: page, and the drawing as JSON (`view`, `year` of the
    boundaries, `area_year` of the areas, `attribution`, `shapes` with code and path). It is empty
    where the edition has no boundaries."""
    connection.execute("create or replace temp table drawn_map (page_id varchar, drawing json)")
    (area_year,) = connection.execute("select max(year) from core.area").fetchone() or (None,)
    found = _boundaries(connection, warehouse, area_year)
    if found is None:
        return
    snapshot, attribution = found
    rows = connection.execute(
        "select area_code, gemeente_code from core.place where is_listed and area_kind = 'wijk'"
    ).fetchall()
    gemeente_of = dict(rows)
    wijken = {code: shape for code, shape in read_wijken(snapshot).items() if code in gemeente_of}
    told = {
        "year": snapshot.origin.request["year"],
        "area_year": area_year,
        "attribution": attribution,
    }
    drawn = [
        (page_id, json.dumps({**told, **_drawing(shapes, most_points)}, separators=(",", ":")))
        for page_id, shapes, most_points in _pages(wijken, gemeente_of)
    ]
    if drawn:
        pages, drawings = zip(*drawn, strict=True)
        connection.execute(
            "insert into drawn_map select unnest(?), unnest(?)", [list(pages), list(drawings)]
        )


def _boundaries(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, area_year: int | None
) -> tuple[Snapshot, str] | None:
    """The boundaries the edition was built with, of the year of its areas, else the newest; and
    whose they are."""
    used = connection.execute(
        """
        select source_id, snapshot_id, attribution
        from meta.source
        -- those are the sources of figures
        where source_id not in (select source_id from catalog.source)
        order by source_id
        """
    ).fetchall()
    found: list[tuple[bool, int, Snapshot, str]] = []
    for source_id, snapshot_id, attribution in used:
        folder = warehouse / "snapshots" / source_id / snapshot_id
        if (folder / ORIGIN).is_file():
            snapshot = read_snapshot(folder)
            if snapshot.origin.kind == "boundaries":
                year = snapshot.origin.request["year"]
                found.append((year == area_year, year, snapshot, attribution))
    best = max(found, key=lambda each: each[:2], default=None)
    return best[2:] if best else None


def _pages(
    wijken: Mapping[str, Shape], gemeente_of: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Shape], int]]:
    """The page of each map, what is on it, and how many points it may have."""
    if not wijken:
        return
    yield "start", outlines(wijken, gemeente_of), _MOST_POINTS["start"]
    by_gemeente: dict[str, dict[str, Shape]] = defaultdict(dict)
    for code, shape in wijken.items():
        by_gemeente[gemeente_of[code]][code] = shape
    for gemeente_code, own in by_gemeente.items():
        yield gemeente_code, own, _MOST_POINTS["gemeente"]


class _Frame(NamedTuple):
    """Where the upper left corner lies, and how many metres a step is."""

    west: int
    north: int
    metres: float


def _drawing(shapes: Mapping[str, Shape], most_points: int) -> dict[str, Any]:
    xs = [x for shape in shapes.values() for ring in shape for x, _ in ring]
    ys = [y for shape in shapes.values() for ring in shape for _, y in ring]
    across, down = max(xs) - min(xs), max(ys) - min(ys)
    frame = _Frame(min(xs), max(ys), max(across, down, 1) / ACROSS)
    kept = simplified(shapes, frame.metres * _SEEN, most_points)
    # a line along the edge is as thick as any other
    width, height = (round(size / frame.metres) + 4 for size in (across, down))
    return {
        "view": f"-2 -2 {width} {height}",
        "shapes": [{"code": code, "path": _path(kept[code], frame)} for code in sorted(kept)],
    }


def _path(shape: Shape, frame: _Frame) -> str:
    """Whole steps, each from the last; a closed ring after the other."""
    parts = []
    for ring in shape:
        places = [
            (round((x - frame.west) / frame.metres), round((frame.north - y) / frame.metres))
            for x, y in ring
        ]
        x, y = places[0]
        parts.append(f"M{x} {y}l")
        for to_x, to_y in places[1:]:
            if (to_x, to_y) != (x, y):
                step = f"{to_x - x} {to_y - y}"
                parts.append(step if parts[-1][-1] == "l" or step[0] == "-" else f" {step}")
                x, y = to_x, to_y
        parts.append("z")
    return "".join(parts).replace(" -", "-").replace("lz", "z")
