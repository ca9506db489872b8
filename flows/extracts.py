"""Municipal extracts: a CSV file or https address → a snapshot, byte for byte.

The header is looked at before the bytes become a snapshot, so that a file with another
delimiter or other columns never takes the place of the last good one.
"""

from __future__ import annotations

import csv
import fnmatch
from pathlib import Path

from flows.catalog import Extract
from flows.errors import WijkError, nearest
from flows.receiving import receive
from flows.settings import Settings
from flows.snapshots import Origin, Snapshot, finish, new_snapshot, newest

FILE = "extract.csv"


def fetch_extract(
    extract: Extract, settings: Settings, catalog_folder: Path, warehouse: Path
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the extract, and whether its bytes or description are new."""
    known = newest(warehouse, extract.id)
    request = extract.request
    with new_snapshot(warehouse, extract.id) as folder:
        file = receive(
            extract.location,
            folder / FILE,
            beside=catalog_folder,
            where=_where(extract),
            settings=settings,
            check=lambda path: _check(extract, path),
        )
        if (
            known
            and known.origin.request == request
            and known.origin.files[0].sha256 == file.sha256
        ):
            return known, False
        origin = Origin(
            source_id=extract.id,
            kind="csv",
            title=extract.title_nl,
            licence=extract.licence,
            attribution=extract.attribution,
            retrieved_at=file.retrieved_at,
            modified=file.headers.get("last-modified"),
            rows=file.rows or 0,
            request=request,
            layout={"file": FILE},
            files=[file],
        )
        return finish(folder, origin), True


def _check(extract: Extract, path: Path) -> int:
    """The number of data rows; raises WijkError when the file is not as its block declares."""
    encoding = "utf-8-sig" if extract.encoding == "utf-8" else extract.encoding
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=extract.delimiter, strict=True)
            header = [name.strip() for name in next(lines, [])]
            _check_header(extract, header)
            rows = 0
            for row in lines:
                rows += bool(row)
                if row and len(row) != len(header):
                    raise WijkError(
                        f"{_where(extract)}: line {lines.line_num} has {len(row)} fields, the "
                        f"header {len(header)}; correct the file, or quote the field that holds "
                        "the delimiter."
                    )
    except UnicodeDecodeError as error:
        raise WijkError(
            f"{_where(extract)}: byte {error.object[error.start]:#04x} is not {extract.encoding}; "
            "correct 'encoding' (cp1252 for most Windows exports)."
        ) from error
    except csv.Error as error:
        raise WijkError(
            f"{_where(extract)}: line {lines.line_num} is not CSV ({error}); correct the file."
        ) from error
    if rows == 0:
        raise WijkError(f"{_where(extract)}: the file has no rows; was it cut off?")
    return rows


def _check_header(extract: Extract, header: list[str]) -> None:
    where = _where(extract)
    wanted = [extract.area_column, extract.year_column]
    for measure in extract.measure:
        wanted += [measure.column, *filter(None, [measure.margin_95_column])]
    missing = [name for name in dict.fromkeys(wanted) if name not in header]
    if missing:
        hint = _delimiter_hint(extract, header)
        raise WijkError(
            f"{where}: no column '{missing[0]}'; "
            + (hint or f"nearest: {nearest(missing[0], header)}. Correct the catalog block.")
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise WijkError(f"{where}: column '{twice[0]}' stands twice in the header.")
    strange = [
        name
        for name in header
        if name not in wanted
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in extract.ignored_columns)
    ]
    if strange:
        raise WijkError(
            f"{where}: column '{strange[0]}' ({len(strange)} such) is neither a measure nor "
            "ignored; declare it, or list it under 'ignored_columns'."
        )


def _delimiter_hint(extract: Extract, header: list[str]) -> str | None:
    line = extract.delimiter.join(header)
    for other in (";", ",", "\t", "|"):
        if other != extract.delimiter and extract.area_column in line.split(other):
            return (
                f"the header is separated by {other!r}, not by {extract.delimiter!r}. "
                "Correct 'delimiter'."
            )
    return None


def _where(extract: Extract) -> str:
    return f"Extract {extract.id} (extracts.toml)"
