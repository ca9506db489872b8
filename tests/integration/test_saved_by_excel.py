"""Lists, TOML, recipients and passwords as a Dutch Excel and Notepad save them."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from archives import workbook
from boundary_helpers import QUICK
from boundary_helpers import block as boundary_block
from test_readable import address_file

from wijkpeil.alerts.recipients_file import read_file
from wijkpeil.catalog import load_catalog
from wijkpeil.delimited import text_of
from wijkpeil.doctor.areas import look_at_address_files, look_at_boundaries
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries

ROOT = Path(__file__).parents[2]
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"]


# the catalog


def shipped(folder: Path) -> Path:
    shutil.copytree(ROOT / "catalog", folder / "catalog")
    return folder / "catalog"


def as_excel(path: Path, encoding: str, delimiter: str) -> None:
    """As a Dutch Excel saves a list after looking at it."""
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    width = len(rows[0])

    def field(text: str) -> str:
        found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
        if found:
            return f"{int(found[3])}-{int(found[2])}-{found[1]}"
        return re.sub(r"^(\d)\.(\d+)$", r"\1,\2", text)

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([*map(field, row), *[""] * (width - len(row))] for row in rows)
    writer.writerows([[""] * width] * 3)
    path.write_bytes(out.getvalue().encode(encoding, errors="replace"))


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("cp1252", ";"), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-8-sig", ",")],
)
def test_every_list_of_the_catalog_may_come_from_a_dutch_excel(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    folder = shipped(tmp_path)
    lists = [*folder.glob("*.csv"), *folder.glob("*/*.csv")]
    assert len(lists) > 2
    before = load_catalog(folder)
    for path in lists:
        as_excel(path, encoding, delimiter)
    after = load_catalog(folder)
    assert after.herindelingen == before.herindelingen
    assert after.members == before.members
    assert after.steps == before.steps


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_every_file_of_the_catalog_may_come_from_notepad(tmp_path: Path, encoding: str) -> None:
    folder = shipped(tmp_path)
    before = load_catalog(folder)
    for path in folder.glob("*.toml"):
        text = path.read_text("utf-8").encode("cp1252", "replace").decode("cp1252")
        path.write_bytes(text.encode())
    plain = load_catalog(folder)
    for path in folder.glob("*.toml"):
        path.write_bytes(path.read_text("utf-8").replace("\n", "\r\n").encode(encoding))
    after = load_catalog(folder)
    assert after.indicators == plain.indicators
    assert after.tables == plain.tables
    assert after.programmes == plain.programmes
    assert len(after.indicators) == len(before.indicators)


def test_a_mistake_on_every_line_of_a_list_is_one(tmp_path: Path) -> None:
    folder = shipped(tmp_path)
    path = folder / "herindelingen.csv"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^(\d{4})-(\d\d)-(\d\d)", r"\2/\3/\1", text), "utf-8")
    with pytest.raises(WijkError) as told:
        load_catalog(folder)
    first, second = str(told.value).splitlines()
    assert "1 mistake;" in first
    assert "is no date; write 2025-12-31 or 31-12-2025." in second
    assert re.search(r"line 2 and \d+ more up to line \d+: 'date': '\d\d/\d\d/\d{4}'", second)


def test_a_workbook_as_a_list_or_as_toml_is_told(tmp_path: Path) -> None:
    folder = shipped(tmp_path)
    content = workbook("[Content_Types].xml", "xl/workbook.xml")
    (folder / "herindelingen.csv").write_bytes(content)
    (folder / "programmes.toml").write_bytes(content)
    with pytest.raises(WijkError) as told:
        load_catalog(folder)
    text = str(told.value)
    assert "herindelingen.csv: the file is an Excel workbook (.xlsx), not CSV; open it" in text
    assert "programmes.toml is an Excel workbook (.xlsx), not text; save it as UTF-8 text." in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_file_of_recipients_may_come_from_notepad(tmp_path: Path, encoding: str) -> None:
    text = '# één\r\n[[recipient]]\r\nprogramme = "nplv"\r\naddress = "a@b.example"\r\n'
    (tmp_path / "recipients.toml").write_bytes(text.encode(encoding))
    mistakes: list[str] = []
    found = read_file(tmp_path / "recipients.toml", mistakes)
    assert mistakes == []
    assert [block.address for block in found.people.values()] == ["a@b.example"]


def test_a_workbook_for_addresses_or_boundaries_is_told_by_doctor_and_by_fetch(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook("[Content_Types].xml", "xl/workbook.xml"))
    file = address_file().model_copy(update={"location": "a.xlsx"})
    shapes = boundary_block("a.xlsx")
    settings = Settings(catalog=tmp_path, warehouse=tmp_path / "warehouse")
    told = [*look_at_address_files([file], settings), *look_at_boundaries([shapes], settings)]
    errors = [finding.sentence for finding in told if finding.level == "error"]
    path = tmp_path / "a.xlsx"
    assert errors == [
        f"{path} is an Excel workbook (.xlsx), not the addresses; correct 'location'.",
        f"{path} is an Excel workbook (.xlsx), not GeoJSON; correct 'location'.",
    ]
    with pytest.raises(WijkError, match=r"is an Excel workbook \(\.xlsx\), not the addresses"):
        fetch_addresses(file, QUICK, tmp_path, tmp_path)
    with pytest.raises(WijkError, match=r"is an Excel workbook \(\.xlsx\), not GeoJSON"):
        fetch_boundaries(shapes, QUICK, tmp_path, tmp_path)


# settings


@pytest.mark.parametrize(
    "content",
    [
        b"geh\xc3\xa9im 1",
        b"geh\xc3\xa9im 1\n",
        b"geh\xc3\xa9im 1\r\n\r\n",
        b"\xef\xbb\xbfgeh\xc3\xa9im 1\r\n",
        "gehéim 1\r\n".encode("utf-16"),
        b"geh\xe9im 1\r\n",
    ],
)
def test_the_password_is_what_was_typed_however_it_was_saved(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "password").write_bytes(content)
    assert Settings(smtp_password_file=tmp_path / "password").smtp_password() == "gehéim 1"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty; it must hold the password on one line"),
        (b"\r\n", "is empty; it must hold the password on one line"),
        (b"geheim\nuser\n", "has more than one line"),
        (b"g\0e\0", "is no text or UTF-16 without a byte order mark"),
        (b"\xe9\x81", "is neither UTF-8 nor cp1252"),
    ],
)
def test_a_password_file_that_is_none_is_told_without_what_stands_in_it(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "password").write_bytes(content)
    with pytest.raises(WijkError) as error:
        Settings(smtp_password_file=tmp_path / "password").smtp_password()
    assert told in str(error.value)
    assert "geheim" not in str(error.value)


def test_text_of_every_encoding_is_one() -> None:
    for encoding in ENCODINGS:
        assert text_of("één\n".encode(encoding)) == "één\n"
