"""The warehouse folder: where everything lies, and who may change it.

snapshots/<source>/<id>/    facts, as received
revisions/<source>/         what differs between two snapshots in a row
lineage/                    what was read from address files, and from two of them together
editions/<edition>.duckdb   facts, as published
alerts.sqlite, outbox/      facts, what was mailed
notices.jsonl               facts, what the data owner is to hear and was told
runs/<run>.json             what each run did; <run>.started while it works
reports/, report            the report of an edition as a static site; the newest
build/candidate.duckdb      what will be published when its checks pass
wijken.duckdb               the published edition, replaced by one rename
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.edition.memory import bound
from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import utc_now


def candidate_path(warehouse: Path) -> Path:
    """The built file that waits for its checks."""
    return warehouse / "build" / "candidate.duckdb"


def published_path(warehouse: Path) -> Path:
    """The published edition, which readers open."""
    return warehouse / "wijken.duckdb"


class AtWorkElsewhere(WijkError):
    """Another run has the warehouse; nothing is wrong."""


@contextmanager
def writing(warehouse: Path) -> Iterator[None]:
    """The right to change the warehouse; raises AtWorkElsewhere when another run has it.

    The lock goes with the process: a killed run leaves nothing to clean up.
    """
    warehouse.mkdir(parents=True, exist_ok=True)
    path = warehouse / ".lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            raise AtWorkElsewhere(
                f"Another run is at work in {warehouse} ({holder or 'unknown process'}); "
                "wait until it ends, then run again."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} since {utc_now():%H:%M:%S} UTC".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection; raises WijkError when the file is not there or is no warehouse."""
    if not path.exists():
        raise WijkError(f"{path} does not exist yet; run `wijkpeil refresh` or `wijkpeil demo`.")
    try:
        connection = duckdb.connect(path, read_only=True)
        bound(connection)
    except duckdb.Error as error:
        raise WijkError(f"{path} cannot be opened: {str(error).splitlines()[0]}") from error
    try:
        yield connection
    finally:
        connection.close()


def rows_of(warehouse: Path, table: str, sql: str) -> list[tuple[Any, ...]]:
    """What the published edition answers; nothing before the first, and of one that was made before
    it had this table (`schema.name`)."""
    path = published_path(warehouse)
    if not path.exists():
        return []
    with reading(path) as connection:
        return connection.execute(sql).fetchall() if has_table(connection, table) else []


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether an edition has this table (`schema.name`), which one made before may lack."""
    # without a parameter: binding one loads pandas, also in a run that changes nothing
    known = connection.execute("select schema_name || '.' || table_name from duckdb_tables()")
    return (table,) in known.fetchall()


@contextmanager
def edition_with_areas(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published edition; raises WijkError when it is of before areas had lists."""
    path = published_path(warehouse)
    with reading(path) as connection:
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise WijkError(
                f"{path} was made by an older wijkpeil, which knew no areas through time; "
                "run `wijkpeil refresh`."
            ) from error
