"""Files as Excel, Notepad, R and pandas save them: read, or one sentence of how they were saved."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import json
import re
import shutil
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from boundary_helpers import QUICK
from boundary_helpers import block as boundary_block
from test_readable import address_file, cells, extract

from wijkpeil.alerts.recipients_file import read_file
from wijkpeil.catalog import load_catalog
from wijkpeil.delimited import text_of
from wijkpeil.doctor.areas import look_at_address_files, look_at_boundaries
from wijkpeil.doctor.environment import look_at_extract_file
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.extracts import fetch_extract

ROOT = Path(__file__).parents[2]
SCHOOL = {"measure": [{"indicator": "safety", "column": "Cijfer sfeer é"}]}


pytestmark = pytest.mark.usefixtures("quick_disk")


def written(delimiter: str, decimal: str = ",", quote: str = "") -> str:
    rows = [["Gebied", "Jaar", "Cijfer sfeer é"]]
    rows += [[f"WK9901{n:02d}", "2024", f"{quote}{n}{decimal}5{quote}"] for n in (1, 2)]
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def values(folder: Path, content: bytes, **changes: Any) -> list[tuple[Any, ...]]:
    """Area, year and figure of each row."""
    return [
        (area, year, value)
        for _, area, year, _, value in cells(folder, content, **{**SCHOOL, **changes})
    ]


READ = [("WK990101", "2024", "1,5"), ("WK990102", "2024", "2,5")]


# what is read without a word about it in the catalog


ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("first", ["", "sep={0}\r\n", '"sep={0}"\r\n', "\r\n\r\n"])
def test_encoding_and_delimiter_are_found(
    tmp_path: Path, encoding: str, delimiter: str, first: str
) -> None:
    text = first.format(delimiter) + written(delimiter)
    assert values(tmp_path, text.encode(encoding)) == READ


def test_utf_16_of_both_orders_is_read(tmp_path: Path) -> None:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert values(tmp_path, mark + written("\t").encode(encoding)) == READ


@pytest.mark.parametrize("declared", ["cp1252", "latin-1"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_sure_goes_before_what_was_declared(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    assert values(tmp_path, written(";").encode(encoding), encoding=declared) == READ


def test_decimal_commas_in_a_file_of_commas_are_read_where_they_are_quoted(tmp_path: Path) -> None:
    assert values(tmp_path, written(",", quote='"').encode()) == READ
    with pytest.raises(WijkError, match=r"line 2 has 4 fields, the header 3; .* quote the field"):
        values(tmp_path, written(",").encode())


EMPTY = {
    "in all rows": lambda line: line + ";",
    "three": lambda line: line + ";;;",
    "of spaces": lambda line: line + "; ",
    "in the rows only": lambda line: line if line.startswith("Gebied") else line + ";",
    "in front": lambda line: ";" + line,
}


@pytest.mark.parametrize("added", EMPTY.values(), ids=EMPTY.keys())
def test_empty_columns_without_a_name_are_left_out(tmp_path: Path, added: Any) -> None:
    lines = written(";").splitlines()
    assert values(tmp_path, "\n".join(map(added, lines)).encode()) == READ


def test_empty_lines_are_no_rows_and_empty_rows_of_a_sheet_are(tmp_path: Path) -> None:
    content = written(";") + "\r\n" + "   \r\n" + ";;;;\r\n"
    assert values(tmp_path, content.encode()) == READ
    content += ";;\r\n" * 2
    assert values(tmp_path, content.encode()) == [*READ, *[(None, None, None)] * 2]
    snapshot, _ = fetch_extract(extract(**SCHOOL), QUICK, tmp_path, tmp_path / "warehouse")
    assert snapshot.origin.rows == 4
    with pytest.raises(WijkError, match="the file has no rows; was it cut off"):
        values(tmp_path, written(";").splitlines()[0].encode() + b"\n;;\n;;\n")


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_row_numbers_of_r_and_pandas_are_left_out(
    tmp_path: Path, first: int, quote: str
) -> None:
    numbers = itertools.chain([""], map(str, itertools.count(first)))
    lines = [f"{quote}{n}{quote};{line}" for n, line in zip(numbers, written(";").splitlines())]  # noqa: B905  # one is endless
    assert values(tmp_path, "\n".join(lines).encode()) == READ


def test_names_are_the_same_however_their_letters_are_composed(tmp_path: Path) -> None:
    content = written(";").replace("é", "e\u0301").replace("Gebied", "\xa0Gebied ")
    assert values(tmp_path, content.encode()) == READ


# what is told in one sentence


def workbook(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            is_kind = name == "mimetype"
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" * is_kind)
    return content.getvalue()


OTHER = {
    "xlsx": (workbook("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an Excel workbook (.xls)"),
    "ods": (workbook("mimetype", "content.xml"), "an OpenDocument workbook (.ods)"),
    "zip": (workbook("cijfers.csv"), "a zip"),
    "half a zip": (workbook("cijfers.csv")[:40], "a zip"),
    "gzip": (gzip.compress(b"Gebied;Jaar"), "a gzip"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE HTML><html><body>Log in</body></html>", "a web page"),
    "html 2": (b'<html lang="nl"><head>', "a web page"),
    "xml": (b'<?xml version="1.0"?><rows/>', "XML"),
    "excel xml": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "an Excel workbook (XML)",
    ),
    "json": (json.dumps([{"Gebied": "WK990101"}]).encode(), "JSON"),
    "json 2": (b'{\n "value": []}', "JSON"),
    "pdf": (b"%PDF-1.7\n", "a PDF"),
    "parquet": (b"PAR1\x15\x04", "a parquet file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    "utf-16 without a mark": (written(";").encode("utf-16-le"), "UTF-16 without a byte order"),
    "zeros": (b"Gebied;Jaar\0\0;Cijfer\n", "no text (it holds zero bytes)"),
}


@pytest.mark.parametrize(("content", "name"), OTHER.values(), ids=OTHER.keys())
def test_what_is_no_csv_is_named_by_doctor_and_fetch_alike(
    tmp_path: Path, content: bytes, name: str
) -> None:
    with pytest.raises(WijkError) as told:
        values(tmp_path, content)
    assert f"Extract survey (extracts.toml): the file is {name}" in str(told.value)
    assert look_at_extract_file(extract(**SCHOOL), tmp_path) == str(told.value)
    assert not list((tmp_path / "warehouse").rglob("origin.json"))


@pytest.mark.parametrize(
    ("content", "changes", "told"),
    [
        (b"", {}, "the file is empty; was it cut off?"),
        (b"\xef\xbb\xbf\r\n\r\n", {}, "the file is empty; was it cut off?"),
        (b"sep=;\r\n", {}, "the file is empty; was it cut off?"),
        (
            b"Tabel 1: cijfers;;\n" + written(";").encode(),
            {},
            "nor any other that is wanted; the first line is 'Tabel 1: cijfers;;'. It must hold",
        ),
        (
            written(";").replace("Cijfer sfeer", "Cijfer").encode(),
            {},
            "no column 'Cijfer sfeer é'; nearest: 'Cijfer é'",
        ),
        (
            written(";").encode(),
            {"delimiter": ","},
            "separated by ';', not by ','. Correct 'delimiter', or take it out.",
        ),
        (
            written(";").encode("cp1252"),
            {"encoding": "utf-8"},
            "is not utf-8; correct 'encoding' (cp1252 for most Windows exports), or take it out.",
        ),
        (
            b"Gebied;Jaar;Cijfer sfeer \xe9 \x81\n",
            {},
            "byte 0x81 after line 1 is not cp1252, though it is not UTF-8 either",
        ),
        (
            codecs.BOM_UTF8 + written(";").encode("cp1252"),
            {},
            "is not utf-8-sig, though it begins as UTF-8; save the file again",
        ),
        (
            written(";").replace("1,5", "1,5;noot").replace("é\r", "é;\r").encode(),
            {},
            "column 4 has no name in the header, and holds 'noot' on line 2; give it a name",
        ),
        (
            ";" + written(";").replace("\r\nWK", "\r\nwijk;WK").encode().decode(),
            {},
            "column 1 has no name in the header, and holds 'wijk' on line 2",
        ),
        (
            written(";").replace("\r\nWK", "\r\n1;WK").encode(),
            {},
            "line 2 has 4 fields, the header 3; the first may be the row numbers of R: write",
        ),
        (
            written(";").encode() + b"Bron: gemeente\r\n",
            {},
            "line 4 has 1 fields, the header 3; 'Bron: gemeente' is no row: delete it",
        ),
        (
            written(";").replace("1,5", '"1,5').encode(),
            {},
            "end of data: is a quote opened that is never closed?); correct the file.",
        ),
        (
            written(";").replace("é\r", "é;Gebied\r").encode(),
            {},
            "column 'Gebied' stands twice in the header.",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, content: bytes | str, changes: dict[str, Any], told: str
) -> None:
    given = content.encode() if isinstance(content, str) else content
    with pytest.raises(WijkError) as error:
        values(tmp_path, given, **changes)
    assert told in str(error.value)
    assert str(error.value).count("Extract survey (extracts.toml)") == 1


STRANGE = [
    "",
    "met 'haken' [1]",
    'met "quotes"',
    "met\nregel",
    "*",
    "?[a-z]",
    "back\\slash",
    "x" * 5000,
    "[" * 100,
    "\x7f\x1b[31m",
]


@pytest.mark.parametrize("name", STRANGE)
def test_the_advice_for_a_column_that_is_not_declared_can_be_followed(
    tmp_path: Path, name: str
) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    lines = written(";").splitlines()
    content = [f"{line};{'x' if n else quoted}" for n, line in enumerate(lines)]
    with pytest.raises(WijkError) as told:
        values(tmp_path, "\n".join(content).encode())
    text = str(told.value)
    assert len(text) < 500
    assert text.isprintable()
    if not name:
        assert "give it a name in the file, or delete the column there" in text
        return
    (_, _, listed) = text.partition("add to 'ignored_columns': ")
    ignored = tomllib.loads(f"names = [{listed.removesuffix('.')}]")["names"]
    assert values(tmp_path, "\n".join(content).encode(), ignored_columns=ignored) == READ


def test_a_header_of_many_columns_is_looked_at_at_once(tmp_path: Path) -> None:
    names = ";".join(f"kolom {number}" for number in range(40_000))
    content = f"Gebied;Jaar;Cijfer sfeer é;{names}\n{'1;' * 40_002}1\n"
    with pytest.raises(WijkError, match=r"column 'kolom 0' \(40000 such\).*, and 39995 more\."):
        values(tmp_path, content.encode())


def test_the_same_bytes_are_not_new_after_a_key_is_taken_out(tmp_path: Path) -> None:
    cells(tmp_path, written(",", ".").encode(), **SCHOOL, encoding="utf-8", delimiter=",")
    _, is_new = fetch_extract(extract(**SCHOOL), QUICK, tmp_path, tmp_path / "warehouse")
    assert not is_new


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
