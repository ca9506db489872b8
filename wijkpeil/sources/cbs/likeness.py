"""Whether what was received says the same as a snapshot, in whatever order and however written.

Only what the build reads is held against each other: the rows of figures, the codes with their
titles and status, and what the metadata says of the status of the figures. The numbers that a
service gives its rows, its links and its stamps may differ from answer to answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.cbs.figure_status import figure_statuses
from wijkpeil.sources.snapshots import ReceivedFile, Snapshot

# how the build reads the files: two snapshots that differ here are not alike
_LAYOUT = (
    *("area_column", "period_column", "category_columns", "change_column", "value_columns"),
    *("measures", "periods", "division", "unresolved"),
)
_CODE_FIELDS = ("Key", "Identifier", "Title", "Status")
_ROW_NUMBERS = ("ID", "Id")
_MODULUS = 2**256


def is_alike(
    known: Snapshot, folder: Path, files: Mapping[str, ReceivedFile], layout: Mapping[str, Any]
) -> bool:
    """Whether the files in `folder`, read as `layout` says, hold what the snapshot holds."""
    old = known.origin.layout
    if any(name in old and old[name] != layout.get(name) for name in _LAYOUT):
        return False
    for start in ("codes-", "data-"):
        before = [file for file in known.origin.files if file.name.startswith(start)]
        now = [file for name, file in sorted(files.items()) if name.startswith(start)]
        if [file.sha256 for file in before] == [file.sha256 for file in now]:
            continue
        if _digests(known.folder, before) != _digests(folder, now):
            return False
    keys = {each["column_key"] for each in layout["measures"]}
    told = figure_statuses(known.folder, [file.name for file in known.origin.files])
    now_told = figure_statuses(folder, files)
    return all(told.get(key) == now_told.get(key) for key in keys)


def _digests(folder: Path, files: Collection[ReceivedFile]) -> dict[str, tuple[int, int]]:
    """By set of files how many rows it has, and a sum over them that no order changes."""
    found: dict[str, tuple[int, int]] = {}
    for file in files:
        stem = file.name.rsplit("-", maxsplit=1)[0]
        count, total = found.get(stem, (0, 0))
        for row in _rows(folder / file.name, is_code=stem.startswith("codes-")):
            text = json.dumps(row, sort_keys=True, ensure_ascii=False)
            count += 1
            total += int.from_bytes(hashlib.sha256(text.encode(errors="surrogatepass")).digest())
        found[stem] = (count, total % _MODULUS)
    return found


def _rows(path: Path, *, is_code: bool) -> Iterator[dict[str, Any]]:
    document = json.loads(path.read_bytes().decode("utf-8-sig"))
    for row in document["value"]:
        if is_code:
            yield {name: normal(row.get(name)) for name in _CODE_FIELDS}
        else:
            yield {name: _cell(row[name]) for name in row if name not in _ROW_NUMBERS}


def _cell(value: Any) -> Any:
    """A number as one number, a text without padding."""
    if isinstance(value, bool) or value is None:
        return value
    return float(value) if isinstance(value, int | float) else normal(value)
