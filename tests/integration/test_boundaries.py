"""Boundaries: what is fetched of a map service or a file, when it is new, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boundary_helpers import (
    QUICK,
    Document,
    MapService,
    block,
    collection,
    feature,
    map_service,
    row_of_wijken,
    square,
)

from wijkpeil.catalog import load_catalog
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.edition.build import find_inputs
from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.runs import Fetched, Outcome
from wijkpeil.sources.boundaries import fetch_boundaries, fetching, read_wijken
from wijkpeil.sources.snapshots import PARTIAL, Snapshot, all_snapshots


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_INTERVAL_S", 0.0)


@pytest.fixture
def service() -> Iterator[MapService]:
    with map_service(row_of_wijken(25), most=10) as running:
        yield running


def fetched(service: MapService, folder: Path, **more: Any) -> tuple[Snapshot, bool]:
    return fetch_boundaries(block(service.location, **more), QUICK, folder, folder)


def by_hand(folder: Path, document: Document | bytes, **more: Any) -> Snapshot:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    (folder / "wijken.geojson").write_bytes(content)
    return fetch_boundaries(block("wijken.geojson", **more), QUICK, folder, folder)[0]


def refused(folder: Path, document: Document | bytes, **more: Any) -> str:
    with pytest.raises(WijkError) as caught:
        by_hand(folder, document, **more)
    assert all_snapshots(folder, "wijken_2025") == []
    return str(caught.value)


# what is kept


def test_all_pages_of_a_collection_are_one_snapshot(service: MapService, tmp_path: Path) -> None:
    snapshot, is_new = fetched(service, tmp_path)
    assert is_new
    assert snapshot.origin.rows == 25
    assert [file.rows for file in snapshot.origin.files] == [10, 10, 5]
    assert snapshot.origin.attribution == "Verzonnen voor de tests"
    assert len(read_wijken(snapshot)) == 25
    assert [(asked["f"], asked["limit"]) for asked in service.asked] == [("json", "1000")] * 3


def test_a_service_that_does_not_count_is_followed_to_the_end(
    service: MapService, tmp_path: Path
) -> None:
    service.counts = False
    assert fetched(service, tmp_path)[0].origin.rows == 25


def test_the_same_shapes_with_another_time_stamp_are_nothing_new(
    service: MapService, tmp_path: Path
) -> None:
    first, _ = fetched(service, tmp_path)
    service.most = 7
    again, is_new = fetched(service, tmp_path)
    assert (again.snapshot_id, is_new) == (first.snapshot_id, False)
    service.features[3]["geometry"]["coordinates"] = [square(4.5, 52)]
    assert fetched(service, tmp_path)[1]
    assert len(all_snapshots(tmp_path, "wijken_2025")) == 2


def test_a_block_that_asks_for_something_else_is_fetched_anew(
    service: MapService, tmp_path: Path
) -> None:
    fetched(service, tmp_path)
    for feature_ in service.features:
        feature_["properties"]["statcode"] = feature_["properties"]["statcode"].replace("99", "98")
    snapshot, is_new = fetched(service, tmp_path, year=2024)
    assert is_new
    assert snapshot.origin.request["year"] == 2024


def test_what_the_address_asks_goes_before_our_own_wishes(
    service: MapService, tmp_path: Path
) -> None:
    fetch_boundaries(block(f"{service.location}?jaarcode=2025&limit=4"), QUICK, tmp_path, tmp_path)
    assert {(asked["jaarcode"], asked["limit"]) for asked in service.asked} == {("2025", "4")}


def test_a_file_put_there_by_hand_is_taken_as_it_is(tmp_path: Path) -> None:
    snapshot = by_hand(tmp_path, collection(row_of_wijken(3)))
    name = snapshot.origin.files[0].name
    assert (snapshot.folder / name).read_bytes() == (tmp_path / "wijken.geojson").read_bytes()
    assert sorted(read_wijken(snapshot)) == ["WK990101", "WK990102", "WK990103"]


def test_only_features_that_are_meant_are_taken(tmp_path: Path) -> None:
    land = feature("WK990101", square(4, 52), water="NEE")
    water = feature("WK990101", square(4.1, 52), water="JA")
    snapshot = by_hand(tmp_path, collection([land, water]), where={"water": "NEE"})
    assert snapshot.origin.rows == 1


def test_a_wijk_that_comes_twice_is_refused(tmp_path: Path) -> None:
    both = [feature("WK990101", square(west, 52)) for west in (4, 4.1)]
    assert "WK990101 comes twice; narrow 'location' to one year" in refused(
        tmp_path, collection(both)
    )


def test_a_wijk_without_a_shape_is_left_out(tmp_path: Path) -> None:
    bare = {**feature("WK990109"), "geometry": None}
    assert by_hand(tmp_path, collection([*row_of_wijken(2), bare])).origin.rows == 2


def test_coordinates_of_the_national_grid_are_metres(tmp_path: Path) -> None:
    corners = square(90_000, 437_000, 500)
    snapshot = by_hand(tmp_path, collection([feature("WK059901", corners)]), crs="EPSG:28992")
    (ring,) = read_wijken(snapshot)["WK059901"]
    assert {x for x, _ in ring} == {90_000, 90_500}


def test_degrees_become_metres_that_are_as_long_both_ways(tmp_path: Path) -> None:
    # a kilometre at the middle of the country
    corners = [[5, 52.2], [5.014665, 52.2], [5.014665, 52.208989], [5, 52.208989], [5, 52.2]]
    (ring,) = read_wijken(by_hand(tmp_path, collection([feature("WK990101", corners)])))["WK990101"]
    assert max(x for x, _ in ring) - min(x for x, _ in ring) == pytest.approx(1000, abs=5)
    assert max(y for _, y in ring) - min(y for _, y in ring) == pytest.approx(1000, abs=5)


# what is refused


@pytest.mark.parametrize(
    ("page", "change", "told"),
    [
        (2, lambda d: {**d, "features": d["features"][:-1]}, "holds 9 features and says 10"),
        (2, lambda d: {**d, "links": []}, "20 features were received of 25"),
        (1, lambda d: b"<!DOCTYPE html><title>Storing</title>", "begins with '<!DOCTYPE html>"),
        (3, lambda d: json.dumps(d).encode()[:-40], "not whole JSON"),
        (2, lambda d: {**d, "links": 4}, "'links' is no list"),
        (2, lambda d: {**d, "links": [{"rel": "next", "href": 4}]}, "is no text"),
        (2, lambda d: {**d, "links": [{"rel": "next", "href": "http://["}]}, "no address"),
    ],
    ids=["cut page", "no link", "html", "cut json", "links", "href", "address"],
)
def test_what_is_not_whole_is_not_kept_and_asked_again_later(
    service: MapService, tmp_path: Path, page: int, change: Any, told: str
) -> None:
    service.spoil = lambda number, document: change(document) if number == page else document
    with pytest.raises(SourceUnavailable, match="run again later") as caught:
        fetched(service, tmp_path)
    assert told in str(caught.value)
    assert "Boundaries wijken_2025 (areas.toml)" in str(caught.value)
    assert all_snapshots(tmp_path, "wijken_2025") == []
    assert not list((tmp_path / "snapshots" / "wijken_2025").glob(f"{PARTIAL}*"))


@pytest.mark.parametrize(
    "link",
    ["https://elders.example/items?cursor=10", "ftp://127.0.0.1/items", "//elders.example/items",
     "http://127.0.0.1@elders.example/items"],
)  # fmt: skip
def test_a_link_to_another_host_is_refused(service: MapService, tmp_path: Path, link: str) -> None:
    service.spoil = lambda _, document: {**document, "links": [{"rel": "next", "href": link}]}
    with pytest.raises(WijkError, match=r"is not on 127\.0\.0\.1 and is refused"):
        fetched(service, tmp_path)
    assert len(service.asked) == 1


def test_a_link_that_names_another_scheme_and_port_is_asked_where_we_asked(
    service: MapService, tmp_path: Path
) -> None:
    def behind_a_proxy(_: int, document: Document) -> bytes:
        return json.dumps(document).replace(service.root, "https://127.0.0.1").encode()

    service.spoil = behind_a_proxy
    assert fetched(service, tmp_path)[0].origin.rows == 25


def test_pages_that_go_round_are_left(service: MapService, tmp_path: Path) -> None:
    around = [{"rel": "next", "href": f"{service.location}?f=json&limit=1000"}]
    service.spoil = lambda _, document: {**document, "links": around}
    with pytest.raises(SourceUnavailable, match="after page 1 the links lead to no other features"):
        fetched(service, tmp_path)


def test_empty_pages_without_an_end_are_left(service: MapService, tmp_path: Path) -> None:
    def endless(page: int, document: Document) -> Document:
        link = {"rel": "next", "href": f"{service.location}?limit=10&cursor={page * 10}"}
        return {**document, "links": [link]}

    service.spoil, service.counts = endless, False
    with pytest.raises(SourceUnavailable, match="after page 4"):
        fetched(service, tmp_path)


def test_a_collection_without_an_end_is_left(
    service: MapService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_PAGES", 2)
    with pytest.raises(WijkError, match="more than 2 pages; narrow 'location'"):
        fetched(service, tmp_path)


def test_more_bytes_than_a_map_has_are_left(
    service: MapService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 5000)
    with pytest.raises(WijkError, match="take a generalised collection"):
        fetched(service, tmp_path)
    monkeypatch.setattr(fetching, "MAX_PAGE_BYTES", 500)
    with pytest.raises(WijkError, match="in one answer"):
        fetched(service, tmp_path)
    assert all_snapshots(tmp_path, "wijken_2025") == []


def test_a_service_that_fails_is_asked_again_later(service: MapService, tmp_path: Path) -> None:
    service.status = 503
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        fetched(service, tmp_path)


def with_geometry(geometry: object) -> Document:
    return collection([{**feature("WK990101"), "geometry": geometry}])


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (collection([feature("BU99010101", square(4, 52))]), "'BU99010101', which is no code"),
        (collection([feature("9901", square(4, 52))]), "'9901', which is no code of a wijk"),
        (collection([{"type": "Feature", "properties": {"statcod": "x"}}]), "nearest: 'statcod'"),
        (collection([{"type": "Feature"}]), "a feature has no properties"),
        (collection([]), "there is no wijk with a shape"),
        ({"type": "Feature"}, "no FeatureCollection"),
        (b"[]", "no GeoJSON"),
        (b"[" * 100_000, "levels deep"),
        (with_geometry({"type": "Point", "coordinates": [4, 52]}), "is a Point, not a Polygon"),
        (with_geometry({"type": "Polygon", "coordinates": [[[4, 52]] * 3]}), "is not closed"),
        (with_geometry({"type": "Polygon", "coordinates": [square(4, 52)[:-1]]}), "is not closed"),
        (with_geometry({"type": "Polygon", "coordinates": [[["4", "52"]] * 4]}), "not those of a"),
        (with_geometry({"type": "MultiPolygon", "coordinates": [square(4, 52)]}), "not those of a"),
        (with_geometry({"type": "Polygon", "coordinates": 5}), "not those of a Polygon"),
        (with_geometry({"type": "Polygon", "coordinates": [square(52, 4)]}), "lies at 52, 4"),
        (with_geometry({"type": "Polygon", "coordinates": [square(9e4, 4e5)]}), "correct 'crs'"),
        (with_geometry({"type": "Polygon", "coordinates": [[[4, float("nan")]] * 4]}), "no"),
        (collection(row_of_wijken(2), numberMatched=9), "2 features were received of 9"),
        (
            collection(row_of_wijken(2), links=[{"rel": "next", "href": "https://x.example/?2"}]),
            "is one page of several",
        ),
    ],
)  # fmt: skip
def test_what_is_no_map_of_wijken_is_refused(
    tmp_path: Path, document: Document | bytes, told: str
) -> None:
    text = refused(tmp_path, document)
    assert told in text
    assert text.startswith("Boundaries wijken_2025 (areas.toml): ")


def test_a_snapshot_that_was_changed_is_not_read(tmp_path: Path) -> None:
    snapshot = by_hand(tmp_path, collection(row_of_wijken(3)))
    (snapshot.folder / snapshot.origin.files[0].name).write_text("{}")
    with pytest.raises(WijkError, match="is not what was received"):
        read_wijken(snapshot)


# what a failure costs


def test_a_failure_costs_the_map_and_never_the_run() -> None:
    cost = block("wijken.geojson").cost
    never = Fetched("wijken_2025", False, 0, None, "The service is down.", cost=cost)
    before = Fetched("wijken_2024", False, 9, 3, "Its snapshot stays in use.", cost=cost)
    outcome = Outcome("run", sources=[never, before])
    assert outcome.faults == {}
    told = [line.full for line in outcome.notes]
    assert "The service is down. Without it the report has tiles and no map." in told
    assert "Its snapshot stays in use." in told


def test_a_build_does_without_boundaries_and_is_another_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    write_catalog(folder)
    catalog = load_catalog(folder)
    only = catalog.model_copy(update={"tables": (), "extracts": (), "address_files": ()})
    without = find_inputs(only, tmp_path)
    assert without.snapshots == {}
    fetch_boundaries(catalog.boundaries[0], QUICK, folder, tmp_path)
    found = find_inputs(only, tmp_path)
    assert found.snapshots.keys() == {"wijken_shapes"}
    assert found.fingerprint != without.fingerprint
