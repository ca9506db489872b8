"""The file of the ledger: its tables, and one transaction at a time."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wijkpeil.errors import WijkError

_TABLES = """
create table message (
    message_id text primary key, programme_id text not null, edition_id text not null,
    edition_year integer not null, published_at text not null, sender text not null,
    subject text not null, recipients text not null check (json_valid(recipients)),
    attempts integer not null, last_error text, created_at text not null, updated_at text not null,
    state text not null
        check (state in ('queued', 'sending', 'sent', 'failed', 'uncertain', 'given_up')),
    channel text not null default 'mail' check (channel in ('mail', 'webhook')),
    audience text not null default '', trying_since text, next_attempt_at text,
    handed_over_at text, days_tried integer not null default 0, tried_on text
) strict;
create table alert (
    programme_id text not null, area_code text not null, indicator_id text not null,
    axis text not null, message_id text not null, opened_at text not null,
    lifted_at text, lifted_edition_id text, lifted_published_at text
) strict;
create unique index open_alert on alert (programme_id, area_code, indicator_id, axis)
    where lifted_at is null;
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
create index latest_handover on handover (server, handed_over_at);
create table owner_told (
    subject text not null, state text not null, told_at text not null,
    primary key (subject, state)
) strict;
create table change (number integer not null) strict;
insert into change values (0)
"""
# how the file of a message's content ends, by its channel
SUFFIXES = {"mail": ".eml", "webhook": ".json"}
# those before it were never released
VERSION = 2

_RESTORE = (
    "mend the disk, or restore the newest copy of the file from a backup (with an older one mails "
    "may go twice)"
)
COUNT = "ledger.count"


class OtherLedger(OSError):
    """The file is no ledger that this program may go on with, and what to do."""

    def __init__(self, fault: str, advice: str) -> None:
        super().__init__(fault)
        self.advice = advice


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
                self._make_tables(db)
                db.execute("begin immediate" if is_change else "begin")
                yield db
                db.execute("commit")
        except (OSError, sqlite3.Error) as error:
            raise WijkError(
                f"Ledger {self.path} cannot be used ({error}); {_advice(error)}, then run again."
            ) from error

    def counted(self) -> int:
        """How many changes the folder of contents knows of; 0 where it tells none."""
        try:
            return int((self.outbox / COUNT).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def made(self) -> set[str]:
        """The ids of the messages of which the folder has the content."""
        return {path.stem for path in self.outbox.glob("*") if path.suffix in SUFFIXES.values()}

    def demand_newest(self, db: sqlite3.Connection, counted: int, made: Collection[str]) -> None:
        """Refuse a ledger that is older than the folder beside it, as one from a backup is: it
        would send again what was sent since. `counted` and `made` were read before."""
        known = {row[0] for row in db.execute("select message_id from message")}
        (number,) = db.execute("select number from change").fetchone()
        unknown = sorted({*made} - known)
        if not unknown and counted <= number:
            return
        seen = f"{len(unknown)} message(s) that it does not know ({', '.join(unknown[:3])})"
        raise OtherLedger(
            "it is older than outbox/, which holds " + (seen if unknown else "later changes"),
            f"restore a newer copy of it; or, if its news may be mailed again, remove {COUNT} "
            "and what it does not know from outbox/",
        )

    @contextmanager
    def counted_change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that the folder of contents is told of, so that an older ledger shows."""
        with self.transaction() as db:
            yield db
            (number,) = db.execute(
                "update change set number = number + 1 returning number"
            ).fetchone()
        part = self.outbox / f"{COUNT}.part"
        try:
            part.write_text(str(number), encoding="ascii")
            part.replace(part.with_suffix(""))
        except OSError:
            # the change is made all the same; the next one counts for both
            part.unlink(missing_ok=True)

    def _make_tables(self, db: sqlite3.Connection) -> None:
        """Make the tables as a whole where there are none yet; a file of another version is left
        as it is."""
        if _version(db) == VERSION:
            return
        db.execute("begin immediate")
        version = _version(db)
        if version > VERSION:
            raise OtherLedger(
                "it was written by a newer wijkpeil, which this one cannot read", "use that one"
            )
        if version < VERSION:
            if db.execute("select 1 from sqlite_master").fetchone():
                raise OtherLedger(
                    "it was written by a version that was never released",
                    "move it and outbox/ away, after which what is up is told once more",
                )
            if any(path.suffix in SUFFIXES.values() for path in self.outbox.glob("*")):
                raise OtherLedger("it is empty or gone, while outbox/ holds mails", _RESTORE)
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"pragma user_version = {VERSION}")
        db.execute("commit")


def write_content(path: Path, content: bytes) -> None:
    """The whole file, on disk under its name, or not at all."""
    part = path.with_name(f"{path.name}.part")
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


def _advice(error: Exception) -> str:
    """What mends it. Only a file that is damaged or gone is to be restored: an older ledger does
    not know what was mailed since."""
    if isinstance(error, OtherLedger):
        return error.advice
    code = getattr(error, "sqlite_errorcode", None)
    # the low byte of an extended code is its kind
    kind = None if code is None else code & 0xFF
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return "another program, as a backup, has it open: nothing is wrong with it; let that end"
    if kind == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return "make room on that disk"
    if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or (
        isinstance(error, PermissionError)
    ):
        return "let the user that runs wijkpeil write that file and its folder"
    return _RESTORE


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("pragma user_version").fetchone()
    return int(version)
