"""The ledger: every mail, what became of it for each address, and the alerts it carried.

Facts that survive every rebuild: `warehouse/alerts.sqlite`, `warehouse/outbox/<message_id>.eml`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flows.errors import WijkError, nearest
from flows.settings import mail_address

_SCHEMA = """
create table message (
    message_id text primary key, programme_id text not null, edition_id text not null,
    edition_year integer not null, published_at text not null, sender text not null,
    subject text not null, recipients text not null check (json_valid(recipients)),
    attempts integer not null, last_error text, created_at text not null, updated_at text not null,
    state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'uncertain'))
) strict;
create table alert (
    programme_id text not null, area_code text not null, indicator_id text not null,
    axis text not null, message_id text not null, opened_at text not null,
    lifted_at text, lifted_edition_id text, lifted_published_at text
) strict;
create unique index open_alert on alert (programme_id, area_code, indicator_id, axis)
    where lifted_at is null
"""
# what the state of an address makes of its message, the least settled first
_STATES = {
    "in_flight": "sending",
    "uncertain": "uncertain",
    "waiting": "queued",
    "delivered": "sent",
    "refused": "failed",
}


class AlertKey(NamedTuple):
    """What makes two alerts the same alert, in whatever edition they appear."""

    programme_id: str
    area_code: str
    indicator_id: str
    axis: str


class Recipient(NamedTuple):
    """An address, what became of it (a key of `_STATES`), and why when it has no mail."""

    address: str
    state: str = "waiting"
    reply: str | None = None


@dataclass(frozen=True)
class Message:
    """A mail as the ledger knows it; times are ISO 8601 in UTC, so that they sort as text."""

    message_id: str
    programme_id: str
    edition_id: str
    edition_year: int
    published_at: str
    sender: str
    subject: str
    recipients: tuple[Recipient, ...]
    attempts: int = 0
    last_error: str | None = None
    created_at: str = ""
    updated_at: str = ""

    def addresses(self, state: str) -> list[str]:
        """The addresses in this state."""
        return [recipient.address for recipient in self.recipients if recipient.state == state]

    def having(self, addresses: Collection[str], state: str, reply: str | None = None) -> Message:
        """This message with that outcome for these addresses."""
        recipients = tuple(
            Recipient(r.address, state, reply) if r.address in addresses else r
            for r in self.recipients
        )
        return replace(self, recipients=recipients, last_error=reply)

    @property
    def state(self) -> str:
        """queued, sending, sent, failed or uncertain: what its least settled address makes it."""
        return next(made for state, made in _STATES.items() if self.addresses(state))

    @property
    def sentence(self) -> str:
        """The state in one line for a data engineer, with the next step where one is needed."""
        label = f"Message {self.message_id} ('{self.subject}')"
        again = f"wijkpeil alerts send --again {self.message_id}"
        why = "; ".join(f"{r.address}: {r.reply}" for r in self.recipients if r.reply)
        elsewhere = f" ({why}); for another address run '{again} --to ADDRESS'." if why else "."
        match self.state:
            case "sending":
                return f"{label} is being sent, or its sender died: 'wijkpeil alerts send' tells."
            case "uncertain":
                return (
                    f"{label} may or may not have arrived ({why}), so it is not sent again by "
                    "itself: ask there, or look for its id in the mail server's log, and if it "
                    f"did not arrive run '{again}'."
                )
            case "queued":
                to = ", ".join(self.addresses("waiting"))
                return f"{label} waits for {to}: {self.last_error or why or 'not tried yet'}."
            case "failed":
                return f"{label} reached nobody{elsewhere}"
        return f"{label} was sent to {', '.join(self.addresses('delivered'))}{elsewhere}"


class MailTrouble(WijkError):
    """Mail cannot be handed over now: settings, connection, TLS, login or sender."""


class Ledger:
    """Ledger and outbox of one warehouse: each change is one transaction, on disk on return,
    safe for several processes. Raises WijkError where the files cannot be used."""

    def __init__(self, warehouse: Path) -> None:
        self.path = warehouse / "alerts.sqlite"
        self.outbox = warehouse / "outbox"

    def eml(self, message_id: str) -> Path:
        """Where the bytes of this message are."""
        return self.outbox / f"{message_id}.eml"

    def queue(self, message: Message, content: bytes, alerts: Collection[AlertKey]) -> bool:
        """Store a new mail and claim its alerts, whole or not at all.

        False when one of the alerts, or this very mail, is there already: another run was first.
        """
        now = _now()
        with self._transaction() as db:
            known = db.execute("select 1 from message where message_id = ?", [message.message_id])
            if known.fetchone() or _keys(db, "lifted_at is null").intersection(alerts):
                return False
            _write(self.eml(message.message_id), content)
            _put(db, replace(message, created_at=now))
            rows = [[*key, message.message_id, now] for key in alerts]
            db.executemany("insert into alert values (?, ?, ?, ?, ?, ?, null, null, null)", rows)
        return True

    def taken(self, published_at: str) -> set[AlertKey]:
        """The alerts an edition of that time must not mail: open, or lifted by a later one."""
        with self._transaction(is_change=False) as db:
            return _keys(db, "lifted_at is null or lifted_published_at >= ?", published_at)

    def lift(
        self, keys: Collection[AlertKey], edition_id: str, edition_year: int, published_at: str
    ) -> int:
        """Close the open ones of these alerts; how many. Only an edition after the one that
        opened an alert lifts it, so that going back to an old edition changes nothing."""
        with self._transaction() as db:
            lifted = [_now(), edition_id, published_at]
            query = (
                "update alert set lifted_at = ?, lifted_edition_id = ?, lifted_published_at = ? "
                "where (programme_id, area_code, indicator_id, axis) = (?, ?, ?, ?) "
                "and lifted_at is null and message_id in "
                "(select message_id from message where published_at < ? and edition_year <= ?)"
            )
            rows = [[*lifted, *key, published_at, edition_year] for key in keys]
            return sum(db.execute(query, row).rowcount for row in rows)

    def messages(self) -> dict[str, Message]:
        """Every message by its id, oldest first."""
        names = [field.name for field in fields(Message)]
        query = f"select {', '.join(names)} from message order by created_at, message_id"
        with self._transaction(is_change=False) as db:
            rows = [dict(zip(names, row, strict=True)) for row in db.execute(query)]
        for row in rows:
            row["recipients"] = tuple(Recipient(*parts) for parts in json.loads(row["recipients"]))
        return {row["message_id"]: Message(**row) for row in rows}

    def message(self, message_id: str) -> Message:
        """The message of that id; raises WijkError naming the nearest ids."""
        messages = self.messages()
        if message_id not in messages:
            known = nearest(message_id, messages)
            raise WijkError(f"Ledger {self.path}: no message '{message_id}'; nearest: {known}.")
        return messages[message_id]

    def record(self, message: Message) -> None:
        """Commit what became of this message."""
        with self._transaction() as db:
            _put(db, message)

    def requeue(self, message_id: str, to: Sequence[str] = ()) -> None:
        """Let a message go again, as a person decided: to all who have not got it for sure, or
        only to the addresses `to`, which replace those. Raises WijkError when nobody is left."""
        message = self.message(message_id)
        done = message.addresses("delivered")
        others = [r.address for r in message.recipients if r.address not in done]
        if not (again := {mail_address(a) for a in to or others} - {*done}):
            raise WijkError(f"Message {message_id} has already reached {', '.join(done)}.")
        message = message.having(others, "refused", "replaced by hand")
        kept = tuple(r for r in message.recipients if r.address not in again)
        waiting = tuple(Recipient(address) for address in sorted(again))
        self.record(replace(message, recipients=kept + waiting, last_error=None))

    def arrived(self, message_id: str) -> None:
        """Settle an uncertain message as delivered, as a person found out."""
        message = self.message(message_id)
        self.record(message.having(message.addresses("uncertain"), "delivered"))

    @contextmanager
    def sending_alone(self, wait_s: float) -> Iterator[None]:
        """Hold the send lock, which the system lets go when this process dies, and make what a
        dead sender left in `sending` uncertain."""
        try:
            self.outbox.mkdir(parents=True, exist_ok=True)
            lock = (self.outbox / "send.lock").open("a")
        except OSError as error:
            raise WijkError(
                f"Outbox {self.outbox} cannot be written ({error}); mend it."
            ) from error
        deadline = time.monotonic() + wait_s
        with lock:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > deadline:
                    raise MailTrouble(f"Outbox {self.outbox}: another process is sending.")
                time.sleep(0.05)
            for message in self.messages().values():
                flying = message.addresses("in_flight")
                if flying:
                    self.record(message.having(flying, "uncertain", "the sender was stopped"))
            yield

    @contextmanager
    def _transaction(self, *, is_change: bool = True) -> Iterator[sqlite3.Connection]:
        """EXTRA, not FULL: with it a commit also outlives a power cut right after it. Reading
        makes no file. A lost ledger beside mails that were made is refused, not begun anew."""
        begin = "begin immediate" if is_change else "begin"
        try:
            if is_change:
                self.outbox.mkdir(parents=True, exist_ok=True)
            place = self.path if is_change or self.path.exists() else ":memory:"
            with closing(sqlite3.connect(place, timeout=30, isolation_level=None)) as db:
                db.execute("pragma synchronous = extra")
                db.execute(begin)
                if not db.execute("select 1 from sqlite_master").fetchone():
                    if any(self.outbox.glob("*.eml")):
                        raise OSError("it is empty or gone, while outbox/ holds mails")
                    for statement in [*_SCHEMA.split(";"), "commit", begin]:
                        db.execute(statement)
                yield db
                db.execute("commit")
        except (OSError, sqlite3.Error) as error:
            raise WijkError(
                f"Ledger {self.path} cannot be used ({error}); mend the disk or restore the file "
                "from a backup, then run again."
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _keys(db: sqlite3.Connection, condition: str, *values: str) -> set[AlertKey]:
    fields_of_key = ", ".join(AlertKey._fields)
    query = f"select {fields_of_key} from alert where {condition}"
    return {AlertKey(*row) for row in db.execute(query, values)}


def _put(db: sqlite3.Connection, message: Message) -> None:
    values = {**asdict(replace(message, updated_at=_now())), "state": message.state}
    values["recipients"] = json.dumps(message.recipients, ensure_ascii=False)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"insert or replace into message ({names}) values ({marks})", values)


def _write(path: Path, content: bytes) -> None:
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
