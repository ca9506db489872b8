"""The file of the ledger: its tables, those of earlier versions, and one transaction at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flows.errors import WijkError

_MESSAGE = """
create table message (
    message_id text primary key, programme_id text not null, edition_id text not null,
    edition_year integer not null, published_at text not null, sender text not null,
    subject text not null, recipients text not null check (json_valid(recipients)),
    attempts integer not null, last_error text, created_at text not null, updated_at text not null,
    state text not null
        check (state in ('queued', 'sending', 'sent', 'failed', 'uncertain', 'given_up')),
    channel text not null default 'mail' check (channel in ('mail', 'webhook')),
    audience text not null default '', trying_since text, next_attempt_at text
) strict
"""
_ALERT = """
create table alert (
    programme_id text not null, area_code text not null, indicator_id text not null,
    axis text not null, message_id text not null, opened_at text not null,
    lifted_at text, lifted_edition_id text, lifted_published_at text
) strict;
create unique index open_alert on alert (programme_id, area_code, indicator_id, axis)
    where lifted_at is null
"""
_SINCE_VERSION_1 = """
create table told (
    programme_id text not null, area_code text not null, indicator_id text not null,
    axis text not null, published_at text not null, edition_id text not null,
    edition_year integer not null, class text not null,
    primary key (programme_id, area_code, indicator_id, axis, published_at)
) strict;
create table trouble (
    server text primary key, attempts integer not null, trying_since text not null,
    next_attempt_at text not null, reason text not null
) strict;
create table handover (server text not null, handed_over_at text not null) strict;
create index latest_handover on handover (server, handed_over_at)
"""
_COPIED = (
    "message_id, programme_id, edition_id, edition_year, published_at, sender, subject, "
    "recipients, attempts, last_error, created_at, updated_at, state"
)
# how the file of a message's content ends, by its channel
SUFFIXES = {"mail": ".eml", "webhook": ".json"}
# a ledger of version 0 was written before versions were
VERSION = 1
_NEW = ";".join([_MESSAGE, _ALERT, _SINCE_VERSION_1])
_FROM_VERSION_0 = ";".join(
    [
        "alter table message rename to message_of_version_0",
        _MESSAGE,
        f"insert into message ({_COPIED}) select {_COPIED} from message_of_version_0",
        "drop table message_of_version_0",
        _SINCE_VERSION_1,
    ]
)


class Database:
    """The ledger's file and the folder of contents beside it. Raises WijkError where these
    cannot be used."""

    def __init__(self, warehouse: Path) -> None:
        self.path = warehouse / "alerts.sqlite"
        self.outbox = warehouse / "outbox"

    @contextmanager
    def transaction(self, *, is_change: bool = True) -> Iterator[sqlite3.Connection]:
        """EXTRA, not FULL: with it a commit also outlives a power cut right after it. Reading
        makes no file. A lost ledger beside contents that were made is refused, not begun anew."""
        try:
            if is_change:
                self.outbox.mkdir(parents=True, exist_ok=True)
            place = self.path if is_change or self.path.exists() else ":memory:"
            with closing(sqlite3.connect(place, timeout=30, isolation_level=None)) as db:
                db.execute("pragma synchronous = extra")
                self._bring_up_to_date(db)
                db.execute("begin immediate" if is_change else "begin")
                yield db
                db.execute("commit")
        except (OSError, sqlite3.Error) as error:
            raise WijkError(
                f"Ledger {self.path} cannot be used ({error}); mend the disk or restore the file "
                "from a backup, then run again."
            ) from error

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        """Make the tables, or those of an earlier version into those of this one, as a whole."""
        if _version(db) == VERSION:
            return
        db.execute("begin immediate")
        version = _version(db)
        if version > VERSION:
            raise OSError("it was written by a newer wijkpeil, which this one cannot read")
        if version < VERSION:
            is_new = not db.execute("select 1 from sqlite_master").fetchone()
            if is_new and any(path.suffix in SUFFIXES.values() for path in self.outbox.glob("*")):
                raise OSError("it is empty or gone, while outbox/ holds mails")
            for statement in (_NEW if is_new else _FROM_VERSION_0).split(";"):
                db.execute(statement)
            db.execute(f"pragma user_version = {VERSION}")
        db.execute("commit")


def write_content(path: Path, content: bytes) -> None:
    """The whole file, on disk under its name, or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("pragma user_version").fetchone()
    return int(version)
