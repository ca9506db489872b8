"""Any snapshot, read as the build reads it: what this cannot read is never published."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import duckdb

from wijkpeil.catalog import AddressFile, Boundaries, CbsTable, Extract
from wijkpeil.errors import Unreadable
from wijkpeil.sources.addresses import prove_addresses
from wijkpeil.sources.boundaries import read_wijken
from wijkpeil.sources.cells import load_cells, prove_cells
from wijkpeil.sources.snapshots import Snapshot, mark_unreadable

_LOG = logging.getLogger(__name__)


def read_in(
    connection: duckdb.DuckDBPyConnection,
    source: CbsTable | Extract | AddressFile | Boundaries,
    snapshot: Snapshot,
    scratch: Path,
) -> None:
    """The figures of a snapshot in the tables of `cells.CELLS` of `connection`, which must be
    there; those of addresses and boundaries are read for nothing but the proof.

    Raises Unreadable, with a whole sentence and nothing of it loaded, when the bytes are not what
    was received or cannot be read. `scratch` is a folder for files that are removed again.
    """
    snapshot.verify()
    try:
        if isinstance(source, AddressFile):
            prove_addresses(source, snapshot)
        elif isinstance(source, Boundaries):
            read_wijken(snapshot)
        else:
            load_cells(connection, source, snapshot, scratch)
    except Unreadable as error:
        raise Unreadable(f"Snapshot {snapshot.folder}: {str(error).rstrip('.')}.") from error


def mark_those_unread(source: CbsTable | Extract, snapshots: Sequence[Snapshot]) -> int:
    """Mark each of these snapshots that cannot be read, and say how many those are."""
    count = 0
    for snapshot in snapshots:
        try:
            snapshot.verify()
            prove_cells(source, snapshot)
        except Unreadable as error:
            _LOG.info("%s", error)
            mark_unreadable(snapshot, f"Snapshot {snapshot.folder}: {error}")
            count += 1
    return count
