"""Text as spreadsheets, editors and statistical programs save it: which encoding, which delimiter.

What is sure is read (a byte order mark, strict UTF-8, the delimiter under which the wanted columns
are there); what is not, or is no text at all, is one sentence that says how it was saved.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from wijkpeil.errors import SourceUnavailable, WijkError, nearest, short

DELIMITERS = (";", ",", "\t", "|")
CHUNK = 1024 * 1024
# UTF-32 first: its mark begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS = "open it there and save it as 'CSV UTF-8'"
_UNPACK = "unpack it, and give the file that is in it"
# a file of the largest size has no more rows
_NUMBER_DIGITS = 8
_WITHOUT_NAMES = "save the file without names of rows (R: row.names = FALSE, pandas: index=False)"


class Kind(NamedTuple):
    """What a file is that is no text: how a sentence names it, and what to do with it."""

    name: str
    advice: str
    # what a service sends in place of the file when it has a fault
    is_passing: bool = False
    # what a text may begin like
    is_maybe_text: bool = False


_STARTS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("an Excel workbook (.xls)", _SAVE_AS)),
    (b"\x1f\x8b", Kind("a gzip", _UNPACK)),
    (b"BZh", Kind("a bzip2", _UNPACK)),
    (b"\xfd7zXZ\0", Kind("an xz", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-zip", _UNPACK)),
    (b"Rar!", Kind("a rar", _UNPACK)),
    (b"%PDF", Kind("a PDF", "ask who publishes it for the figures as CSV")),
    (b"{\\rtf", Kind("a text with mark-up (.rtf)", "save it as plain text")),
    (b"PAR1", Kind("a parquet file", "save it as CSV")),
    (b"SQLite format 3\0", Kind("an SQLite database (a GeoPackage is one)", "save it as text")),
    (b"\0\0\x27\x0a", Kind("a shapefile", "save it as text")),
    (b"$FL2", Kind("an SPSS file (.sav)", "save it as CSV")),
    (b"version https://git-lfs", Kind("a pointer of Git LFS", "fetch the file: `git lfs pull`")),
)


def kind_of(path: Path) -> Kind | None:
    """What the file is when it is no plain text, by its first bytes; None for text."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path, start)
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return kind
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    text = start.decode(encoding or "latin-1", errors="replace").lstrip("\ufeff \t\r\n").lower()
    if re.match(r"<(!doctype html|html|head|body|table|script|meta)\b", text):
        return Kind("a web page", "open its address in a browser, and correct it", is_passing=True)
    if "urn:schemas-microsoft-com:office:spreadsheet" in text:
        return Kind("an Excel workbook (XML)", _SAVE_AS)
    if re.match(r"<(\?xml|!doctype|[a-z][\w:.-]*[\s>/])", text):
        return Kind("XML", "give the address of the same as CSV")
    if re.match(r'\{\s*("|\}|$)|\[\s*([\["{\]\d-]|$)', text):
        return Kind("JSON", "give the address of the same as CSV", is_maybe_text=True)
    if encoding is None and b"\0" in start:
        is_wide = start[1::2].count(0) > len(start) // 4 or start[::2].count(0) > len(start) // 4
        name = "UTF-16 without a byte order mark" if is_wide else "no text (it holds zero bytes)"
        return Kind(name, "save it as UTF-8")
    return None


def _kind_of_zip(path: Path, start: bytes) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in islice(archive.infolist(), 1000)]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        names = []
    if any(name.startswith("xl/") for name in names):
        return Kind("an Excel workbook (.xlsx)", _SAVE_AS)
    if b"application/vnd.oasis.opendocument.spreadsheet" in start:
        return Kind("an OpenDocument workbook (.ods)", _SAVE_AS)
    if any(name.lower().endswith(".shp") for name in names):
        return Kind("a zip with a shapefile", "save it as text")
    return Kind("a zip", _UNPACK)


def text_of(content: bytes) -> str:
    """The text of a whole file without its byte order mark: what the mark says, else UTF-8, else
    the Windows of western Europe (cp1252).

    Raises WijkError, with what is wrong in words that fit behind "is", where it is none of them.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(name).removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                raise WijkError(f"damaged: it begins as {name.upper()} and is not") from error
    if b"\0" in content:
        raise WijkError("no text or UTF-16 without a byte order mark (it holds zero bytes)")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
        raise WijkError(f"neither UTF-8 nor cp1252 (byte {byte:#04x} on line {line})") from error


def encoding_of(path: Path, declared: str | None, where: str) -> str:
    """How the file is encoded, after reading all of it once.

    A byte order mark and signs that only UTF-8 writes so are sure, and go before what was
    declared; without a declaration the rest is cp1252. Raises WijkError where the bytes are not.
    """
    with path.open("rb") as file:
        start = file.read(4)
        found = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        file.seek(0)
        if found is not None:
            _decodes(file, found, where, f"it begins as {found.removesuffix('-sig').upper()}")
            return found
        try:
            is_plain = _decodes(file, "utf-8", where, None)
        except UnicodeDecodeError as error:
            if declared == "utf-8":
                byte = error.object[error.start]
                raise WijkError(
                    f"{where}: byte {byte:#04x} is not utf-8; correct 'encoding' "
                    "(cp1252 for most Windows exports), or take it out."
                ) from error
        else:
            return declared if declared and is_plain else "utf-8"
        file.seek(0)
        encoding = declared or "cp1252"
        told = "'encoding' says so" if declared else "it is not UTF-8 either"
        _decodes(file, encoding, where, told)
        return encoding


def _decodes(file: IO[bytes], encoding: str, where: str, told: str | None) -> bool:
    """Whether all of it is plain ASCII. Raises WijkError where it is not what `told` says, and
    UnicodeDecodeError where nothing was told."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_plain, lines = True, 1
    try:
        while chunk := file.read(CHUNK):
            text = decoder.decode(chunk)
            if "\0" in text:
                line = lines + text[: text.index("\0")].count("\n")
                raise WijkError(
                    f"{where}: line {line} holds a zero byte, so the file is damaged or UTF-16 "
                    "without a byte order mark; save it again as UTF-8."
                )
            lines += text.count("\n")
            is_plain = is_plain and chunk.isascii()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if told is None:
            raise
        byte = error.object[error.start]
        raise WijkError(
            f"{where}: byte {byte:#04x} after line {lines} is not {encoding}, though {told}; "
            "save the file again as UTF-8."
        ) from error
    return is_plain


def tidy_name(name: str) -> str:
    """The name of a column as it is compared: without the spaces and marks around it."""
    return unicodedata.normalize("NFC", name).strip().strip("\ufeff\u200b").strip()


@dataclass(frozen=True)
class Delimited:
    """A delimited file: how it was saved, and the columns that have a name, with their places."""

    path: Path
    where: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    places: tuple[int, ...]
    width: int
    lines_before: int

    def rows(self, uneven: list[str] | None = None) -> Iterator[tuple[int, list[str]]]:
        """The line on which each row ends, and its fields of `header`; empty lines are no rows.

        Raises WijkError for a row with another number of fields than the header, unless `uneven`
        is there to take the sentences; and for a column without a name that is not empty and
        does not number the rows.
        """
        nameless = sorted(set(range(self.width)) - set(self.places))
        numbers = bytearray()
        for line, row in _lines(self.path, self.encoding, self.delimiter, self.where):
            if line <= self.lines_before:
                continue
            if not any(map(str.strip, row)):
                # what is left of a row of the sheet counts as one
                if len(row) == self.width:
                    yield line, [row[place] for place in self.places]
                continue
            if len(row) < self.width or any(map(str.strip, row[self.width :])):
                if uneven is None:
                    raise WijkError(self._uneven(line, row))
                uneven.append(self._uneven(line, row))
                continue
            for place in nameless:
                field = row[place].strip()
                if field and not (place == 0 and _is_new_number(field, numbers)):
                    raise WijkError(self._nameless(place, field, line))
            yield line, [row[place] for place in self.places]

    def _nameless(self, place: int, field: str, line: int) -> str:
        told = (
            f"{self.where}: column {place + 1} has no name in the header, and holds "
            f"'{short(field, most=40)}' on line {line}; "
        )
        if place == 0:
            told += f"if it names the row, {_WITHOUT_NAMES}; else "
        return f"{told}give it a name in the file, or delete the column there."

    def _uneven(self, line: int, row: list[str]) -> str:
        told = f"{self.where}: line {line} has {len(row)} fields, the header {self.width}; "
        if len(row) == 1:
            return told + f"'{short(row[0], most=40)}' is no row: delete it, or correct the file."
        if len(row) == self.width + 1:
            first = short(row[0].strip(), most=40)
            told += f"if the first ('{first}') names the row, {_WITHOUT_NAMES}; else "
        return told + "correct the file, or quote the field that holds the delimiter."


def read_delimited(
    path: Path,
    wanted: Sequence[str],
    *,
    where: str,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Delimited:
    """How to read the file so that the `wanted` columns are in its header.

    Without a declared `delimiter` it is the one under which they are all there. Raises WijkError
    that begins with `where`.
    """
    kind = kind_of(path)
    if kind is not None:
        error = SourceUnavailable if kind.is_passing else WijkError
        raise error(f"{where}: the file is {kind.name}, not CSV; {kind.advice}.")
    found = encoding_of(path, encoding, where)
    tried: dict[str, tuple[int, list[str]]] = {}
    # a quote that ends before another delimiter is no CSV, and no fault of the file
    refused: list[WijkError] = []
    for each in (delimiter,) if delimiter else DELIMITERS:
        try:
            tried[each] = _header(path, found, each, where)
        except WijkError as error:
            refused.append(error)
    if not tried:
        raise refused[0]
    if not any(names for _, names in tried.values()):
        raise WijkError(f"{where}: the file is empty; was it cut off?")
    fitting = [each for each, (_, names) in tried.items() if set(wanted) <= set(names)]
    if not fitting:
        best = max(tried, key=lambda each: (len(set(wanted) & set(tried[each][1])), -len(each)))
        raise WijkError(_not_there(path, found, where, wanted, delimiter, best, tried[best][1]))
    before, names = tried[fitting[0]]
    times = Counter(names)
    twice = next((name for name in wanted if times[name] > 1), None)
    if twice is not None:
        raise WijkError(f"{where}: column '{short(twice)}' stands twice in the header.")
    places = tuple(place for place, name in enumerate(names) if name)
    return Delimited(
        path=path,
        where=where,
        encoding=found,
        delimiter=fitting[0],
        header=tuple(names[place] for place in places),
        places=places,
        width=len(names),
        lines_before=before,
    )


def _not_there(
    path: Path,
    encoding: str,
    where: str,
    wanted: Sequence[str],
    declared: str | None,
    delimiter: str,
    names: Sequence[str],
) -> str:
    missing = next(name for name in wanted if name not in names)
    told = f"{where}: no column '{short(missing)}'"
    if declared is not None:
        for other in DELIMITERS:
            # under another delimiter it may be no CSV
            with suppress(WijkError):
                if other != declared and wanted[0] in _header(path, encoding, other, where)[1]:
                    return (
                        f"{told}; the header is separated by {other!r}, not by {declared!r}. "
                        "Correct 'delimiter', or take it out."
                    )
    if not set(wanted) & set(names):
        return (
            f"{told}, nor any other that is wanted; the first line is "
            f"'{short(delimiter.join(names), most=80)}'. It must hold the names of the columns, "
            "separated by one of ; , | or a tab."
        )
    return f"{told}; nearest: {nearest(missing, filter(None, names))}."


def _header(path: Path, encoding: str, delimiter: str, where: str) -> tuple[int, list[str]]:
    """The line on which the header ends, and its names; a line `sep=;` is one of Excel's."""
    for line, row in _lines(path, encoding, delimiter, where):
        if not any(map(str.strip, row)):
            continue
        if line == 1 and re.fullmatch(r'"?sep=.?"?', delimiter.join(row).strip()):
            continue
        return line, [tidy_name(name) for name in row]
    return 0, []


def _is_new_number(field: str, known: bytearray) -> bool:
    """Whether it is a number that no row before had: R and pandas write one before each row, and
    what was filtered or sorted keeps that of before. `known` has a bit for each, of eight digits
    at most."""
    if not (field.isascii() and field.isdigit() and len(field) <= _NUMBER_DIGITS):
        return False
    place, bit = divmod(int(field), 8)
    known.extend(bytes(max(place + 1 - len(known), 0)))
    is_new = not known[place] >> bit & 1
    known[place] |= 1 << bit
    return is_new


def _lines(
    path: Path, encoding: str, delimiter: str, where: str
) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row ends, and its fields; whatever the ends of lines are."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                yield reader.line_num, _unquoted(row, delimiter)
        except csv.Error as error:
            told = str(error)
            if "field limit" in told or "end of data" in told:
                told += ": is a quote opened that is never closed?"
            raise WijkError(
                f"{where}: line {reader.line_num} is not CSV ({told}); correct the file."
            ) from error


def _unquoted(row: list[str], delimiter: str) -> list[str]:
    """The fields of a row, also where all of its line stands in quotes."""
    if len(row) != 1 or delimiter not in row[0]:
        return row
    inside = [*csv.reader(io.StringIO(row[0], newline=""), delimiter=delimiter, strict=True)]
    return inside[0] if len(inside) == 1 else row
