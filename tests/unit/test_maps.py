"""Maps of the report: which boundaries are drawn, and what a page shows and says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest
from boundary_helpers import QUICK, block, collection, feature, row_of_wijken, square

from wijkpeil.demo.country.boundary_files import boundaries_geojson
from wijkpeil.report.map_data import load_maps
from wijkpeil.report.map_svg import map_of_gemeenten, map_of_wijken
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.snapshots import Snapshot
from wijkpeil.words import LANGUAGES, Language, words_of

NL = words_of("nl").tables("report")["map"]
Drawing = dict[str, Any]


@pytest.fixture
def edition() -> Iterator[duckdb.DuckDBPyConnection]:
    """An edition of 2025 with three wijken in one gemeente and one in another."""
    with duckdb.connect() as connection:
        connection.execute("create schema core; create schema meta; create schema catalog")
        connection.execute("create table catalog.source (source_id varchar)")
        connection.execute("create table core.area as select 2025 as year")
        connection.execute(
            "create table core.place as select * from (values "
            "('WK990101', 'GM9901', 'wijk', true), ('WK990102', 'GM9901', 'wijk', true), "
            "('WK990103', 'GM9901', 'wijk', true), ('WK990201', 'GM9902', 'wijk', true), "
            "('WK990109', 'GM9901', 'wijk', false)) "
            "as place (area_code, gemeente_code, area_kind, is_listed)"
        )
        connection.execute(
            "create table meta.source (source_id varchar, snapshot_id varchar, attribution varchar)"
        )
        yield connection


def received(folder: Path, features: list[Any], **more: Any) -> Snapshot:
    (folder / "wijken.geojson").write_text(json.dumps(collection(features)))
    return fetch_boundaries(block("wijken.geojson", **more), QUICK, folder, folder)[0]


def drawn(
    edition: duckdb.DuckDBPyConnection, warehouse: Path, *used: Snapshot
) -> dict[str, Drawing]:
    for snapshot in used:
        edition.execute(
            "insert into meta.source values (?, ?, ?)",
            [snapshot.origin.source_id, snapshot.snapshot_id, "Bron: niemand"],
        )
    load_maps(edition, warehouse)
    rows = edition.execute("select page_id, drawing from drawn_map").fetchall()
    return {page_id: json.loads(drawing) for page_id, drawing in rows}


def codes(drawing: Drawing) -> list[str]:
    return [shape["code"] for shape in drawing["shapes"]]


def area(code: str, **more: Any) -> Drawing:
    given = {
        "name": f"Wijk {code}",
        "alerts": 0,
        "assessed": 9,
        "conclusive": 12,
        "is_alert": False,
    }
    return {"code": code, "kind": "wijk", "is_structural": False, **given, **more}


def link(kind: str, page_id: str) -> str:
    return f"../{kind}/{page_id}.html"


def picture(html: str) -> ET.Element:
    found = ET.fromstring(html).find("svg")
    assert found is not None
    return found


# what is drawn


def test_each_gemeente_has_a_map_of_its_wijken_and_the_first_page_one_of_gemeenten(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    wijken = [*row_of_wijken(9), feature("WK990201", square(4.01, 51.99))]
    maps = drawn(edition, tmp_path, received(tmp_path, wijken))
    assert codes(maps["GM9901"]) == ["WK990101", "WK990102", "WK990103"]
    assert codes(maps["GM9902"]) == ["WK990201"]
    assert codes(maps["start"]) == ["GM9901", "GM9902"]
    assert maps.keys() == {"start", "GM9901", "GM9902"}
    # three squares put together are an oblong of four corners and the points between
    assert maps["start"]["shapes"][0]["path"].count("M") == 1
    assert maps["GM9901"]["year"] == 2025
    assert maps["GM9901"]["attribution"] == "Bron: niemand"


def test_a_path_is_whole_steps_within_the_view(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    maps = drawn(edition, tmp_path, received(tmp_path, row_of_wijken(3)))
    left, top, width, height = map(int, maps["GM9901"]["view"].split())
    assert (left, top, width) == (-2, -2, 1004)
    for shape in maps["GM9901"]["shapes"]:
        assert re.fullmatch(r"(M\d+ \d+l(-?\d+[ -]\d+( |(?=-)|z))+)+", shape["path"])
        x, y, *_ = map(int, re.findall(r"-?\d+", shape["path"]))
        assert 0 <= x <= 1000 and 0 <= y <= height - 4


def test_an_edition_without_boundaries_has_no_map(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert drawn(edition, tmp_path) == {}


def test_an_edition_keeps_to_the_boundaries_it_was_built_with(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    received(tmp_path, row_of_wijken(3))
    assert drawn(edition, tmp_path) == {}
    edition.execute("insert into meta.source values ('wijken_2025', '20200101T000000Z', 'x')")
    assert drawn(edition, tmp_path) == {}, "its snapshot is no longer there"


def test_boundaries_of_the_year_of_the_areas_go_before_newer_ones(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    of_year = received(tmp_path, row_of_wijken(3))
    newer = received(tmp_path, row_of_wijken(3), id="wijken_2026", year=2026)
    older = received(tmp_path, row_of_wijken(3), id="wijken_2024", year=2024)
    assert drawn(edition, tmp_path, older, of_year, newer)["start"]["year"] == 2025
    edition.execute("delete from meta.source where source_id = 'wijken_2025'")
    assert drawn(edition, tmp_path)["start"]["year"] == 2026


def test_the_same_boundaries_make_the_same_map(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = drawn(edition, tmp_path, received(tmp_path, row_of_wijken(3)))
    edition.execute("delete from meta.source")
    moved = row_of_wijken(4)
    moved[3] = feature("WK990201", square(4.2, 52))
    second = drawn(edition, tmp_path, received(tmp_path, moved))
    assert second["GM9901"] == first["GM9901"]
    assert second["start"] != first["start"]


# what a page shows


@pytest.fixture
def wijken(edition: duckdb.DuckDBPyConnection, tmp_path: Path) -> Drawing:
    return drawn(edition, tmp_path, received(tmp_path, row_of_wijken(3)))["GM9901"]


def test_a_wijk_is_as_dark_as_its_tile_and_leads_to_its_page(wijken: Drawing) -> None:
    areas = [
        area("WK990101", alerts=5, is_alert=True, is_structural=True),
        area("WK990102", alerts=1, name='<b> & "'),
    ]
    html = map_of_wijken({"name": "Wolkenmeer", "map": wijken}, areas, link, NL)
    svg = picture(html)
    assert svg.get("aria-label") == (
        "Kaart van Wolkenmeer: 1 van de 2 wijken staat op een thema stil of gaat achteruit."
    )
    first, second = svg.findall("a")
    assert first.get("href") == "../area/WK990101.html"
    assert [a.find("path").get("class") for a in (first, second)] == ["s-4", "s-1"]  # type: ignore[union-attr]
    assert second.findtext("title") == '<b> & ": signaal op 1 van de 12 indicatoren'
    # no judgement: drawn, without colour and without a link
    (bare,) = svg.findall("path")
    assert bare.get("class") is None
    assert "Grenzen van 2025. Bron: niemand." in html
    assert "Niet op de kaart" not in html


def test_wijken_without_a_shape_are_counted(wijken: Drawing) -> None:
    areas = [area("WK990101"), area("WK990177"), area("WK990178")]
    html = map_of_wijken({"name": "Wolkenmeer", "map": wijken}, areas, link, NL)
    assert "Niet op de kaart, want er is geen grens van: 2 van de 3 wijken." in html
    assert "De gebieden zijn die van" not in html


def test_boundaries_of_another_year_are_said_to_be_so(wijken: Drawing) -> None:
    older = {**wijken, "year": 2023}
    html = map_of_wijken({"name": "Wolkenmeer", "map": older}, [area("WK990101")], link, NL)
    assert "Grenzen van 2023." in html
    assert "De gebieden zijn die van 2025" in html


@pytest.mark.parametrize(
    ("standing", "of", "darkness"),
    [(0, 9, "s-0"), (1, 20, "s-1"), (1, 10, "s-2"), (1, 4, "s-3"), (2, 4, "s-4"), (0, 0, "s-0")],
)
def test_a_gemeente_is_as_dark_as_the_share_that_stands_still(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path, standing: int, of: int, darkness: str
) -> None:
    start = drawn(edition, tmp_path, received(tmp_path, row_of_wijken(3)))["start"]
    gemeenten = [{"code": "GM9901", "name": "Wolkenmeer", "standing": standing, "wijken": of}]
    svg = picture(map_of_gemeenten({"gemeenten": gemeenten, "map": start}, link, NL))
    (found,) = svg.iter("path")
    assert found.get("class") == darkness


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_words(wijken: Drawing, language: Language) -> None:
    other, own = {**wijken, "year": 2023}, words_of(language).tables("report")["map"]
    html = map_of_wijken({"name": "Wolkenmeer", "map": other}, [area("WK990177")], link, own)
    html += map_of_gemeenten({"gemeenten": None, "map": other}, link, own)
    assert "{" not in html


# the demo


def test_the_boundaries_of_the_demo_are_of_all_its_wijken(
    edition: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "demo.geojson").write_bytes(boundaries_geojson())
    snapshot, _ = fetch_boundaries(block("demo.geojson"), QUICK, tmp_path, tmp_path)
    assert snapshot.origin.rows == 40
    edition.execute("delete from core.place")
    for wijk in json.loads(boundaries_geojson())["features"]:
        code = wijk["properties"]["statcode"]
        edition.execute(
            "insert into core.place values (?, ?, 'wijk', true)", [code, f"GM{code[2:6]}"]
        )
    maps = drawn(edition, tmp_path, snapshot)
    # no cracks between wijken: one outline each, and one island
    rings = {each["code"]: each["path"].count("M") for each in maps["start"]["shapes"]}
    assert rings == {"GM9901": 1, "GM9902": 1, "GM9903": 2}
    assert boundaries_geojson(1) != boundaries_geojson(2)
    assert all(len(json.dumps(drawing)) < 20_000 for drawing in maps.values())
