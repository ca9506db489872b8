"""The rows of an extract's file as its catalog block declares them, and what is wrong with it."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterator
from pathlib import Path

from wijkpeil.catalog import Extract, toml_value
from wijkpeil.delimited import Delimited, read_delimited, tidy_name
from wijkpeil.errors import WijkError, short

# so many columns are named in one error
_SHOWN = 5


def where_of(extract: Extract) -> str:
    """How a sentence about the extract begins."""
    return f"Extract {extract.id} (extracts.toml)"


def columns_of(extract: Extract) -> list[str]:
    """The columns with figures or margins, each once, as the catalog names them."""
    names: list[str] = []
    for measure in extract.measure:
        names += [measure.column, *filter(None, [measure.margin_95_column])]
    return list(dict.fromkeys(names))


def check(extract: Extract, path: Path) -> int:
    """The number of rows; raises WijkError when the file is not as its block declares."""
    found = _look(extract, path)
    wanted = set(_wanted(extract))
    ignored = extract.ignored_columns
    strange = [
        name
        for name in found.header
        if name not in wanted
        and name not in map(tidy_name, ignored)
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in ignored)
    ]
    if strange:
        count = f" ({len(strange)} such)" if len(strange) > 1 else ""
        raise WijkError(
            f"{where_of(extract)}: column '{short(strange[0])}'{count} is neither a measure nor "
            f"ignored; declare it, or add to 'ignored_columns': {_shown(strange)}."
        )
    rows, filled = 0, False
    for _, row in found.rows():
        rows += 1
        filled = filled or any(map(str.strip, row))
    if not filled:
        raise WijkError(f"{where_of(extract)}: the file has no rows; was it cut off?")
    return rows


def read_rows(extract: Extract, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it ends: area, year, and a field for each of `columns_of`.

    Raises WijkError when the file is not as its block declares.
    """
    found = _look(extract, path)
    wanted = [extract.area_column, extract.year_column, *columns_of(extract)]
    places = [found.header.index(tidy_name(name)) for name in wanted]
    for line, row in found.rows():
        yield line, [row[place] for place in places]


def has_column(extract: Extract, path: Path, name: str) -> bool:
    """Whether the file has this column; raises WijkError when it is no such extract at all."""
    keys = [tidy_name(extract.area_column), tidy_name(extract.year_column)]
    found = read_delimited(
        path,
        keys,
        where=where_of(extract),
        encoding=extract.encoding,
        delimiter=extract.delimiter,
    )
    return tidy_name(name) in found.header


def _look(extract: Extract, path: Path) -> Delimited:
    return read_delimited(
        path,
        _wanted(extract),
        where=where_of(extract),
        encoding=extract.encoding,
        delimiter=extract.delimiter,
    )


def _wanted(extract: Extract) -> list[str]:
    names = [extract.area_column, extract.year_column, *columns_of(extract)]
    return list(dict.fromkeys(map(tidy_name, names)))


def _shown(names: list[str]) -> str:
    """The columns as the catalog would list them: the first few."""
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(toml_value(_listed(name)) for name in names[:_SHOWN]) + more


def _listed(name: str) -> str:
    """The name, or a pattern that it fits where it is long or has signs that do not print."""
    if len(name) <= 80 and name.isprintable():
        return name
    pattern = "".join(sign if sign.isprintable() else "?" for sign in glob.escape(name[:40]))
    return f"{pattern}*" if len(name) > 40 else pattern
