"""An address file: a zip whose largest CSV holds the addresses, or that CSV itself.

Column names differ by year; they are found once, when the file is received, and kept with it.
Nothing of a zip is taken by the path it names, and nothing larger than the bounds is unpacked.
"""

from __future__ import annotations

import csv
import difflib
import errno
import lzma
import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from wijkpeil.catalog import AddressFile, AddressPart
from wijkpeil.delimited import kind_of
from wijkpeil.errors import SourceUnavailable, WijkError, short
from wijkpeil.text import clean

MAX_MEMBERS = 64
MAX_UNPACKED_BYTES = 4 * 1024**3
# addresses shrink to a tenth; what shrinks this much more is no list of addresses
MAX_RATIO = 200
# a line of an address file has some thirty characters
MAX_LINE_BYTES = 64 * 1024
CHUNK = 1024 * 1024
# the names of each column, without a year, in small letters
NAMES: dict[AddressPart, tuple[str, ...]] = {
    "postcode": ("pc6", "pc6code", "postcode", "postcode6"),
    "number": ("huisnummer", "huisnr", "hnr"),
    "buurt": ("buurt", "buurtcode", "brt", "brtcode", "bu", "bucode", "gwb", "gwbcode"),
    "wijk": ("wijk", "wijkcode", "wk", "wkcode"),
    "gemeente": ("gemeente", "gemeentecode", "gem", "gemcode", "gm", "gmcode"),
}
_SHOWN: tuple[AddressPart, ...] = ("postcode", "number", "buurt")
_ALIKE = 0.5
_DELIMITERS = ";,\t|"
# so much of a header is shown
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Layout:
    """How to read the addresses of a file; `member` is None where the file is the CSV itself."""

    member: str | None
    delimiter: str
    columns: list[str]
    postcode: str
    number: str
    buurt: str
    wijk: str | None
    gemeente: str | None


def where_of(block: AddressFile) -> str:
    """How a sentence about the file begins."""
    return f"Address file {block.id} (areas.toml)"


def look(
    path: Path, where: str, columns: Mapping[AddressPart, str] | None = None
) -> tuple[Layout, int]:
    """How to read the file and its number of addresses, after reading all of it once.

    `columns` are the names of its columns where the catalog gives them, by part. Raises
    SourceUnavailable for what another try may mend (a page instead of the file, a file cut off),
    WijkError for a file of another form. `where` begins the sentence.
    """
    member = _largest_csv(path, where)
    with _unpacking(path, member, where) as file:
        first, rows = _count(file, where)
    layout = _layout(member, first, where, columns or {})
    if rows == 0:
        raise WijkError(f"{where}: the file has no rows; was it cut off?")
    return layout, rows


def unpack(path: Path, member: str | None, target: Path, where: str) -> Path:
    """The CSV on disk with one kind of line end: `target` when it comes from a zip or is written
    with several, else the file itself."""
    if member is None and _has_one_line_end(path):
        return path
    with _unpacking(path, member, where) as file, target.open("wb") as writer:
        half = b""
        while chunk := file.read(CHUNK):
            chunk = half + chunk
            # the second half of a line end may be in the next chunk
            half = b"\r" if chunk.endswith(b"\r") else b""
            text = chunk[: len(chunk) - len(half)]
            writer.write(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        writer.write(b"\n" if half else b"")
    return target


def _has_one_line_end(path: Path) -> bool:
    """Whether all lines end in a line feed alone, or all in a carriage return before it."""
    ends, feeds, returns, before = 0, 0, 0, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            ends += (before + chunk).count(b"\r\n")
            before = chunk[-1:]
    return returns == ends and ends in {0, feeds}


def _largest_csv(path: Path, where: str) -> str | None:
    with path.open("rb") as file:
        start = file.read(512)
    kind = kind_of(path)
    if kind is not None and kind.is_passing:
        raise SourceUnavailable(
            f"{where}: the file is {kind.name}, not the addresses; open 'location' in a browser "
            "and correct it."
        )
    if kind is not None and not kind.name.startswith("a zip"):
        raise WijkError(f"{where}: the file is {kind.name}, not the addresses; {kind.advice}.")
    if not start.startswith(b"PK"):
        if b"\0" in start:
            raise WijkError(f"{where}: the file is written as UTF-16; save it as UTF-8.")
        if not start.removeprefix(b"\xef\xbb\xbf").strip():
            raise SourceUnavailable(
                f"{where}: the file is neither a zip nor a CSV, not the addresses; open "
                "'location' in a browser and correct it."
            )
        return None
    _refuse_many(path, where)
    with _readable(where), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES:
        raise WijkError(
            f"{where}: the zip unpacks to {unpacked / 2**30:,.1f} GiB, more than the "
            f"{MAX_UNPACKED_BYTES / 2**30:g} GiB of any address file; correct 'location'."
        )
    if unpacked > CHUNK and unpacked > MAX_RATIO * path.stat().st_size:
        raise WijkError(
            f"{where}: the zip unpacks to more than {MAX_RATIO} times its size, which addresses "
            "do not; correct 'location'."
        )
    found = [each for each in members if each.filename.lower().endswith(".csv")]
    if not found:
        names = ", ".join(f"'{short(each.filename)}'" for each in members[:5]) or "nothing"
        raise WijkError(f"{where}: the zip holds no .csv but {names}; correct 'location'.")
    return max(found, key=lambda each: each.file_size).filename


def _refuse_many(path: Path, where: str) -> None:
    """Before anything of the list of members is held in memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        members = re.finditer(rb"PK\x01\x02", view)
        count = sum(1 for _ in islice(members, MAX_MEMBERS + 1))
        del members  # it holds the view
    if count > MAX_MEMBERS:
        raise WijkError(
            f"{where}: the zip holds more than {MAX_MEMBERS} files; an address file holds a few. "
            "Correct 'location'."
        )


@contextmanager
def _unpacking(path: Path, member: str | None, where: str) -> Iterator[IO[bytes]]:
    """The CSV, as a stream."""
    with _readable(where):
        if member is None:
            with path.open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                yield file


@contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error) as error:
        raise SourceUnavailable(
            f"{where}: the zip is damaged or cut off ({error}); fetch it again."
        ) from error
    except OSError as error:
        # the disk, and not bytes that bz2 cannot take or a place that no file has
        if error.errno not in {None, errno.EINVAL}:
            raise
        raise SourceUnavailable(
            f"{where}: the zip is damaged or cut off ({error}); fetch it again."
        ) from error
    except (
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # a list of members that is none
        raise SourceUnavailable(
            f"{where}: the zip is damaged ({type(error).__name__}: {short(error)}); fetch it again."
        ) from error
    except (NotImplementedError, RuntimeError) as error:  # another method, or a password
        raise WijkError(
            f"{where}: the zip cannot be unpacked ({error}); unpack it by hand and give the "
            "CSV as 'location'."
        ) from error


def _count(file: IO[bytes], where: str) -> tuple[bytes, int]:
    """The first line, and the number of lines after it that are not empty."""
    first, rows, rest = b"", -1, b""
    while chunk := file.read(CHUNK):
        lines = (rest + chunk.replace(b"\r", b"\n")).split(b"\n")
        rest = lines.pop()
        if len(rest) > MAX_LINE_BYTES:
            raise WijkError(
                f"{where}: a line is longer than {MAX_LINE_BYTES:,} bytes, so this is no list of "
                "addresses; correct 'location'."
            )
        if not first and lines:
            first = lines[0]
        rows += len(lines) - lines.count(b"")
    return first or rest, rows + bool(rest.strip())


def _layout(
    member: str | None, first: bytes, where: str, columns: Mapping[AddressPart, str]
) -> Layout:
    line = first.decode("utf-8-sig", errors="replace").strip()
    delimiter = max(_DELIMITERS, key=line.count)
    header = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    found: dict[AddressPart, str | None] = {}
    for part, names in NAMES.items():
        given = columns.get(part)
        fitting = [name for name in header if name == given or (not given and _bare(name) in names)]
        if given and not fitting:
            raise WijkError(
                f"{where}: 'columns' gives '{given}' for the {part}, and the header is "
                f"'{_shown(line)}'; correct 'columns'."
            )
        if len(fitting) > 1:
            raise WijkError(
                f"{where}: '{short(fitting[0])}' and '{short(fitting[1])}' may both be the {part} "
                f"column, and one is needed; {_as_given(header, columns)}"
            )
        if not fitting and part in _SHOWN:
            raise WijkError(
                f"{where}: no column is known as the {part} of an address; the header is "
                f"'{_shown(line)}'. If this is the file with the addresses, "
                f"{_as_given(header, columns)}"
            )
        found[part] = fitting[0] if fitting else None
    return Layout(
        member=member,
        delimiter=delimiter,
        columns=header,
        postcode=found["postcode"] or "",
        number=found["number"] or "",
        buurt=found["buurt"] or "",
        wijk=found["wijk"],
        gemeente=found["gemeente"],
    )


def _as_given(header: list[str], columns: Mapping[AddressPart, str]) -> str:
    """What to write in the block, filled in with what is known or like it."""
    names: dict[AddressPart, str] = {}
    for part in _SHOWN:
        known = columns.get(part)
        fitting = [name for name in header if name == known or _bare(name) in NAMES[part]]
        names |= {part: fitting[0]} if fitting else {}
    for part in _SHOWN:
        rest = [name for name in header if name not in names.values()]
        best = max(rest, key=lambda name: _likeness(name, part), default="")
        names.setdefault(part, best if best and _likeness(best, part) > _ALIKE else "...")
    given = ", ".join(f'{part} = "{clean(names[part])}"' for part in _SHOWN)
    return f"write in its block: columns = {{ {given} }}."


def _likeness(name: str, part: AddressPart) -> float:
    return max(difflib.SequenceMatcher(None, _bare(name), known).ratio() for known in NAMES[part])


def _shown(line: str) -> str:
    return clean(line[:_SHOWN_CHARACTERS])


def _bare(name: str) -> str:
    """The name without a year or signs, in small letters."""
    return re.sub(r"(19|20)\d\d|[\W_]", "", name).lower()
