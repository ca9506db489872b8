"""What becomes a snapshot is what the build's own reader has read; what cannot be read is told."""

from __future__ import annotations

import bz2
import csv
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from boundary_helpers import QUICK, collection, feature, square
from boundary_helpers import block as boundary_block
from client_helpers import Api, block, fetched, left_over, planned, table_of_three

from wijkpeil.catalog import AddressFile, Extract
from wijkpeil.demo import Fault, StandInCbs
from wijkpeil.demo.cbs.response import Answer
from wijkpeil.errors import SourceUnavailable, Unreadable, WijkError
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.cells import CELLS
from wijkpeil.sources.extracts import fetch_extract
from wijkpeil.sources.reading import read_in
from wijkpeil.sources.snapshots import Snapshot, mark_unreadable, newest, why_unreadable

pytestmark = pytest.mark.usefixtures("quick_disk")


def extract(**changes: Any) -> Extract:
    given = {
        "id": "survey",
        "title_nl": "Enquête",
        "licence": "CC0 1.0",
        "attribution": "Verzonnen voor de tests",
        "synthetic": True,
        "publisher": "Gemeente Testdam",
        "location": "survey.csv",
        "decimal": ",",
        "area_column": "Gebied",
        "year_column": "Jaar",
        "measure": [{"indicator": "safety", "column": "Cijfer"}],
        **changes,
    }
    return Extract.model_validate(given)


def received(folder: Path, content: bytes, **changes: Any) -> tuple[Extract, Snapshot]:
    """The snapshot that these bytes become."""
    source = extract(**changes)
    (folder / "survey.csv").write_bytes(content)
    snapshot, _ = fetch_extract(source, QUICK, folder, folder / "warehouse")
    return source, snapshot


def read(folder: Path, source: Any, snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """The cells as the build has them: line, area, year, column, value."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        for table, columns in CELLS.items():
            connection.execute(f"create table {table} ({columns})")
        read_in(connection, source, snapshot, folder)
        return connection.execute(
            "select row_number, area_text, year_text, column_key, value_text "
            "from raw.extract_cell order by all"
        ).fetchall()


def cells(folder: Path, content: bytes, **changes: Any) -> list[tuple[Any, ...]]:
    return read(folder, *received(folder, content, **changes))


TWO = [
    (2, "WK990101", "2024", "Cijfer", "6,1"),
    (3, "WK990102", "2024", "Cijfer", "7,2"),
]
ENDS = {
    "unix": b"Gebied;Jaar;Cijfer\nWK990101;2024;6,1\nWK990102;2024;7,2\n",
    "windows": b"Gebied;Jaar;Cijfer\r\nWK990101;2024;6,1\r\nWK990102;2024;7,2\r\n",
    "old mac": b"Gebied;Jaar;Cijfer\rWK990101;2024;6,1\rWK990102;2024;7,2\r",
    "header of windows": b"Gebied;Jaar;Cijfer\r\nWK990101;2024;6,1\nWK990102;2024;7,2\n",
    "last row of windows": b"Gebied;Jaar;Cijfer\nWK990101;2024;6,1\nWK990102;2024;7,2\r\n",
    "no last end": b"Gebied;Jaar;Cijfer\r\nWK990101;2024;6,1\nWK990102;2024;7,2",
}


@pytest.mark.parametrize("content", ENDS.values(), ids=ENDS.keys())
def test_an_extract_is_read_whatever_its_line_ends(tmp_path: Path, content: bytes) -> None:
    assert cells(tmp_path, content, delimiter=";") == TWO


def test_a_header_with_a_line_break_and_names_that_differ_in_case_is_read(tmp_path: Path) -> None:
    content = (
        'Gebied;Jaar;"Cijfer\nveiligheid";CIJFER;cijfer;"met ""haken"" [1]"\n'
        "WK990101;2024;6,1;1;2;3\n"
    )
    names = ["Cijfer\nveiligheid", "CIJFER", "cijfer", 'met "haken" [1]']
    measures = [{"indicator": f"m{n}", "column": name} for n, name in enumerate(names)]
    found = cells(tmp_path, content.encode(), delimiter=";", measure=measures)
    assert {column: value for _, _, _, column, value in found} == {
        "Cijfer\nveiligheid": "6,1",
        "CIJFER": "1",
        "cijfer": "2",
        'met "haken" [1]': "3",
    }
    assert {line for line, *_ in found} == {3}


def test_a_field_with_every_sign_that_means_something_is_read_as_it_is(tmp_path: Path) -> None:
    signs = 'a "b";c\r\nd, \t|é€ '
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";", lineterminator="\n")
    writer.writerows([["Gebied", "Jaar", "Cijfer"], ["WK990101", "2024", signs]])
    ((*_, value),) = cells(tmp_path, content.getvalue().encode(), delimiter=";")
    assert value == signs


def test_bytes_that_the_builds_reader_refuses_become_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise duckdb.InvalidInputException("Invalid Input Error: no such thing as this row")

    _, before = received(tmp_path, ENDS["unix"])
    monkeypatch.setattr("wijkpeil.sources.cells._load_extract", refuses)
    with pytest.raises(WijkError, match=r"Extract survey .* no such thing as this row.*correct"):
        received(tmp_path, ENDS["unix"].replace(b"7,2", b"7,3"))
    assert newest(tmp_path / "warehouse", "survey") == before


# CBS

_DEEP = b"[" * 100_000 + b"]" * 100_000
FIRST = b'"value":[{'
# what stands in a page, and what stands there instead
BODIES: dict[str, tuple[bytes, bytes]] = {
    "a key twice": (FIRST, FIRST + b'"WijkenEnBuurten":"NL00",'),
    "value twice": (b'"value":', b'"value":[],"value":'),
    "half a character": (FIRST, FIRST + b'"noot":"\\ud800",'),
    "deep": (FIRST, b'"noot":' + _DEEP + b"," + FIRST),
    "deep in a row": (FIRST, FIRST + b'"noot":' + _DEEP + b","),
    "a list as code": (b'"Geslacht":"T001038"', b'"Geslacht":["T001038"]'),
    "an object as code": (b'"Geslacht":"T001038"', b'"Geslacht":{"a":1}'),
    "a number of too many digits": (FIRST, FIRST + b'"noot":1' + b"0" * 10_000 + b","),
}


@pytest.mark.parametrize(("old", "new"), BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("api", ["v3", "v4"])
def test_a_page_that_the_build_could_not_read_is_told_and_leaves_nothing(
    cbs: StandInCbs,
    tmp_path: Path,
    api: Api,
    old: bytes,
    new: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hostile(answer: Answer, *_: object) -> Answer:
        assert old in answer.body
        return replace(answer, body=answer.body.replace(old, new, 1))

    before, _ = fetched(cbs, block(api), tmp_path)
    monkeypatch.setattr("wijkpeil.demo.cbs.server.spoil", hostile)
    cbs.replace(table_of_three().touched("2026-02-02"))
    cbs.fault(planned(Fault("html"), api, nth=1, times=99))
    with pytest.raises(SourceUnavailable) as told:
        fetched(cbs, block(api), tmp_path)
    assert len(str(told.value)) < 1000
    str(told.value).encode()
    assert newest(tmp_path, "proef") == before
    cbs.heal()
    after, is_new = fetched(cbs, block(api), tmp_path)
    assert is_new
    assert after.origin.rows == before.origin.rows
    assert left_over(tmp_path) == []


# addresses and boundaries


def address_file() -> AddressFile:
    given = {
        "id": "addresses_2024",
        "title_nl": "Adressen 2024",
        "licence": "CC0 1.0",
        "attribution": "Verzonnen voor de tests",
        "synthetic": True,
        "year": 2024,
        "location": "addresses",
    }
    return AddressFile.model_validate(given)


ADDRESSES = b"PC6;Huisnummer;Buurt2024\r\n" + b"".join(
    b"10%02dXY;%d;03630000\r\n" % (11 + number % 80, number) for number in range(1, 500)
)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_a_zip_damaged_anywhere_costs_that_file_with_a_sentence(
    tmp_path: Path, method: int
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        archive.writestr("adressen.csv", ADDRESSES)
    content = whole.getvalue()
    whole_ones = 0
    for place in range(0, len(content), max(1, len(content) // 150)):
        spoiled = bytearray(content)
        spoiled[place] ^= 0xFF
        (tmp_path / "addresses").write_bytes(spoiled)
        with suppress(WijkError):
            fetch_addresses(address_file(), QUICK, tmp_path, tmp_path / f"warehouse-{place}")
            whole_ones += 1
    assert whole_ones < 20


def test_an_address_file_of_several_line_ends_is_read(tmp_path: Path) -> None:
    for content in (
        ADDRESSES.replace(b"\r\n", b"\n", 1),
        ADDRESSES.replace(b"\r\n", b"\n", 400),
        ADDRESSES.replace(b"\r\n", b"\r"),
        b"\xef\xbb\xbf" + ADDRESSES,
    ):
        (tmp_path / "addresses").write_bytes(content)
        snapshot, _ = fetch_addresses(address_file(), QUICK, tmp_path, tmp_path / "warehouse")
        assert snapshot.origin.rows == 499


def test_an_address_file_that_the_build_cannot_read_becomes_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / "addresses").write_bytes(ADDRESSES + b"1011AB;1\r\n")
    with pytest.raises(WijkError, match=r"the addresses cannot be read .*as CBS publishes it"):
        fetch_addresses(address_file(), QUICK, tmp_path, tmp_path / "warehouse")
    assert newest(tmp_path / "warehouse", "addresses_2024") is None


def with_geometry(kind: object, coordinates: object) -> bytes:
    one = feature("WK990101", square(4, 52))
    one["geometry"] = {"type": kind, "coordinates": coordinates}
    return json.dumps(collection([one])).encode()


SHAPES = {
    "too large for a float": with_geometry("Polygon", [[[10**400, 52]] * 4]),
    "text": with_geometry("Polygon", [[["4", "52"]] * 4]),
    "a list as kind": with_geometry(["Polygon"], [[[4, 52]] * 4]),
    "a number": with_geometry("Polygon", 4),
    "null": with_geometry("MultiPolygon", None),
    "true": with_geometry("Polygon", [[[True, {}]] * 4]),
    "not a number": with_geometry("Polygon", [[[float("nan"), 52]] * 4]),
    "half a character": json.dumps(
        collection([feature("WK990101", square(4, 52), note="\ud800")])
    ).encode(),
    "deep": b'{"type":"FeatureCollection","features":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a code that is half a character": json.dumps(
        collection([feature("WK\ud800", square(4, 52))])
    ).encode(),
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES.keys())
def test_shapes_of_another_form_cost_that_file_with_a_sentence(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "wijken.geojson").write_bytes(content)
    block = boundary_block("wijken.geojson")
    with pytest.raises(WijkError, match=r"^Boundaries wijken_2025 \(areas\.toml\): ") as told:
        fetch_boundaries(block, QUICK, tmp_path, tmp_path / "warehouse")
    str(told.value).encode()
    assert newest(tmp_path / "warehouse", block.id) is None


# reading a snapshot that is there


def spoil_bytes(snapshot: Snapshot) -> None:
    path = snapshot.folder / snapshot.origin.files[0].name
    path.write_bytes(path.read_bytes() + b"x")


def lose_a_file(snapshot: Snapshot) -> None:
    (snapshot.folder / snapshot.origin.files[0].name).unlink()


@pytest.mark.parametrize("spoil", [spoil_bytes, lose_a_file])
def test_bytes_that_changed_on_disk_are_unreadable(
    tmp_path: Path, spoil: Callable[[Snapshot], None]
) -> None:
    source, snapshot = received(tmp_path, ENDS["unix"])
    spoil(snapshot)
    with pytest.raises(Unreadable, match="is not what was received"):
        read(tmp_path, source, snapshot)


def test_a_snapshot_marked_unreadable_is_passed_by_until_its_files_change(tmp_path: Path) -> None:
    _, first = received(tmp_path, ENDS["unix"])
    source, second = received(tmp_path, ENDS["unix"].replace(b"7,2", b"7,3"))
    mark_unreadable(second, "It cannot be read.")
    assert newest(tmp_path / "warehouse", "survey") == first
    assert why_unreadable(second.folder) == "It cannot be read."
    # the same bytes, asked anew, are a snapshot of their own
    third, is_new = fetch_extract(source, QUICK, tmp_path, tmp_path / "warehouse")
    assert is_new
    mark_unreadable(third, "It cannot be read.")
    spoil_bytes(third)
    assert newest(tmp_path / "warehouse", "survey") == third


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", bz2.compress(b"{}"), b'{"files": 1}'])
def test_a_snapshot_whose_origin_cannot_be_read_is_passed_by(
    tmp_path: Path, content: bytes
) -> None:
    _, first = received(tmp_path, ENDS["unix"])
    _, second = received(tmp_path, ENDS["unix"].replace(b"7,2", b"7,3"))
    (second.folder / "origin.json").write_bytes(content)
    assert newest(tmp_path / "warehouse", "survey") == first
    assert "cannot be read" in (why_unreadable(second.folder) or "")
