"""Municipal extracts: a CSV file or https address → a snapshot, byte for byte.

The bytes are read as the build reads them before they become a snapshot, so that a file with
another delimiter or other columns never takes the place of the last good one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from wijkpeil.catalog import Extract
from wijkpeil.errors import Unreadable, WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cells import prove_cells
from wijkpeil.sources.extract_rows import check, where_of
from wijkpeil.sources.file import receive
from wijkpeil.sources.snapshots import Origin, Snapshot, finish, new_snapshot, newest

FILE = "extract.csv"


def fetch_extract(
    extract: Extract, settings: Settings, catalog_folder: Path, warehouse: Path
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the extract, and whether its bytes or description are new."""
    known = newest(warehouse, extract.id)
    with new_snapshot(warehouse, extract.id) as folder:
        file, rows = receive(
            extract.location,
            folder / FILE,
            beside=catalog_folder,
            where=where_of(extract),
            settings=settings,
            parse=partial(check, extract),
        )
        if (
            known
            and known.origin.request == extract.request
            and known.origin.files[0].sha256 == file.sha256
        ):
            return known, False
        received = [replace(file, rows=rows)]
        origin = Origin.of(extract, received, rows=rows, layout={"file": FILE})
        try:
            return finish(folder, origin, read=partial(prove_cells, extract)), True
        except Unreadable as error:
            raise WijkError(f"{where_of(extract)}: {error}; correct the file.") from error
