"""Files as Excel, Notepad, R and pandas save them: read, or one sentence of how they were saved."""

from __future__ import annotations

import codecs
import gzip
import itertools
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from archives import workbook
from boundary_helpers import QUICK
from test_readable import cells, extract

from wijkpeil.doctor.environment import look_at_extract_file
from wijkpeil.errors import WijkError
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


@pytest.mark.parametrize("names", [("5", "9"), ("9", "5"), ("17", "0")])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_row_names_of_a_part_of_a_data_frame_are_left_out(
    tmp_path: Path, names: tuple[str, str], quote: str
) -> None:
    lines = zip(("", *names), written(";").splitlines(), strict=True)
    content = "\n".join(f"{quote}{name}{quote};{line}" for name, line in lines)
    assert values(tmp_path, content.encode()) == READ


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("is_header_too", [True, False])
def test_lines_that_stand_in_quotes_are_read(
    tmp_path: Path, delimiter: str, is_header_too: bool
) -> None:
    header, *rows = written(delimiter, quote='"').splitlines()
    quoted = ['"' + line.replace('"', '""') + '"' for line in (header, *rows)]
    lines = quoted if is_header_too else [header, *quoted[1:]]
    assert values(tmp_path, "\r\n".join(lines).encode()) == READ


def test_names_are_the_same_however_their_letters_are_composed(tmp_path: Path) -> None:
    content = written(";").replace("é", "e\u0301").replace("Gebied", "\xa0Gebied ")
    assert values(tmp_path, content.encode()) == READ


# what is told in one sentence


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
            "holds 'wijk' on line 2; if it names the row, save the file without names of rows (R: ",
        ),
        (
            ";" + written(";").replace("\r\nWK", "\r\n7;WK"),
            {},
            "column 1 has no name in the header, and holds '7' on line 3; if it names",
        ),
        (
            written(";").replace("\r\nWK", "\r\n17;WK").encode(),
            {},
            "the header 3; if the first ('17') names the row, save the file without names of rows",
        ),
        (
            '"' + written(";").replace("\r\n", '"\r\n"') + 'WK990103"',
            {},
            "line 4 has 1 fields, the header 3; 'WK990103' is no row: delete it",
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
