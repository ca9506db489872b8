"""What may happen to messages and alerts: queued, sent, settled, lifted, each as one change."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, fields, replace
from datetime import datetime, timedelta
from pathlib import Path

from wijkpeil.alerts.ledger.database import SUFFIXES, Database, write_content
from wijkpeil.alerts.ledger.messages import (
    AlertKey,
    Message,
    Recipient,
    StillSending,
    TakenByAnother,
    Trouble,
    as_text,
    utc_now,
)
from wijkpeil.errors import WijkError, nearest
from wijkpeil.settings import mail_address

_KEY = ", ".join(AlertKey._fields)


class Ledger(Database):
    """Ledger and outbox of one warehouse: each change is one transaction, on disk on return,
    safe for several processes. Raises WijkError where the files cannot be used. `now` is the
    clock by which it writes."""

    def __init__(self, warehouse: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(warehouse)
        self.now = now
        # what this sender has put in flight, whose end nobody else can know
        self._flying: set[tuple[str, str]] = set()

    def eml(self, message_id: str) -> Path:
        """Where the bytes of this mail are."""
        return self.outbox / f"{message_id}.eml"

    def content(self, message: Message) -> Path:
        """Where the bytes of this message are: a mail, or what a webhook is given."""
        return self.outbox / f"{message.message_id}{SUFFIXES[message.channel]}"

    def read_content(self, message: Message) -> bytes:
        """The bytes of this message; raises OSError where the file cannot be read."""
        path = self.content(message)
        if not path.exists() and (staged := _staged(path)).exists():
            # its writer died between the change and the name
            staged.replace(path)
        return path.read_bytes()

    def taken(self, published_at: str) -> set[AlertKey]:
        """The alerts an edition of that time must not mail: open, or lifted by a later one."""
        with self.transaction(is_change=False) as db:
            return _keys(db, "lifted_at is null or lifted_published_at >= ?", published_at)

    def messages(self) -> dict[str, Message]:
        """Every message by its id, oldest first."""
        with self.transaction(is_change=False) as db:
            return {message.message_id: message for message in _read(db)}

    def message(self, message_id: str) -> Message:
        """The message of that id; raises WijkError naming the nearest ids."""
        with self.transaction(is_change=False) as db:
            for message in _read(db, "where message_id = ?", message_id):
                return message
        known = nearest(message_id, self.messages())
        raise WijkError(f"Ledger {self.path}: no message '{message_id}'; nearest: {known}.")

    def record(self, *messages: Message) -> None:
        """Commit what became of these messages, where it is this sender's to say: of an address
        that another sender has settled or is giving it to, what that one says stays."""
        with self.transaction() as db:
            self._put_own(db, messages)

    def begin_handover(self, message: Message, server: str | None = None) -> Message:
        """Commit that the addresses in flight get this message now; with `server` it counts for
        its rate. The message with the time.

        Raises TakenByAnother, and changes nothing, unless each of them still waits: of two
        senders one hands it over, also where a lock on a file does nothing.
        """
        now = self.now()
        flying = message.addresses("in_flight")
        message = replace(message, handed_over_at=as_text(now))
        with self.counted_change() as db:
            (current,) = _read(db, "where message_id = ?", message.message_id)
            if {*flying} - {*current.addresses("waiting")}:
                raise TakenByAnother(f"Message {message.message_id} goes by another sender.")
            message = self._merged(current, message)
            _put(db, message, as_text(now))
            if server is not None:
                db.execute("insert into handover values (?, ?)", [server, as_text(now)])
                a_day_ago = as_text(now - timedelta(days=1))
                db.execute("delete from handover where handed_over_at < ?", [a_day_ago])
        self._flying |= {(message.message_id, address) for address in flying}
        return message

    def _put_own(self, db: sqlite3.Connection, messages: Collection[Message]) -> None:
        for message in messages:
            (current,) = _read(db, "where message_id = ?", message.message_id)
            _put(db, self._merged(current, message), as_text(self.now()))
            self._flying -= {
                (message.message_id, r.address)
                for r in message.recipients
                if r.state not in ("in_flight", "uncertain")
            }

    def _merged(self, current: Message, message: Message) -> Message:
        """The message with what this sender may say of each address, and else what is kept."""
        said = {recipient.address: recipient for recipient in message.recipients}
        recipients = []
        for kept in current.recipients:
            is_flown = (message.message_id, kept.address) in self._flying
            may_say = kept.state == "waiting" or (
                is_flown and kept.state in ("in_flight", "uncertain")
            )
            recipients.append(said.get(kept.address, kept) if may_say else kept)
        return replace(message, recipients=tuple(recipients))

    def handovers(self, server: str, since: datetime) -> list[datetime]:
        """When messages went to this server since then, newest first; a clock that was set back
        leaves none in the future."""
        query = (
            "select handed_over_at from handover where server = ? "
            "and handed_over_at > ? and handed_over_at <= ? order by handed_over_at desc"
        )
        with self.transaction(is_change=False) as db:
            rows = db.execute(query, [server, as_text(since), as_text(self.now())]).fetchall()
        return [datetime.fromisoformat(text) for (text,) in rows]

    def troubles(self) -> dict[str, Trouble]:
        """The servers that could not be used when last tried."""
        query = "select server, attempts, trying_since, next_attempt_at, reason from trouble"
        with self.transaction(is_change=False) as db:
            return {row[0]: Trouble(*row) for row in db.execute(query)}

    def record_trouble(self, trouble: Trouble, *messages: Message) -> None:
        """Commit that a server cannot be used, and what this makes of its messages."""
        with self.transaction() as db:
            db.execute("insert or replace into trouble values (?, ?, ?, ?, ?)", astuple(trouble))
            self._put_own(db, messages)

    def forget_trouble(self, server: str) -> None:
        """Commit that a server can be used again."""
        with self.transaction() as db:
            db.execute("delete from trouble where server = ?", [server])
            db.execute("delete from owner_told where subject = ?", [server])

    def owner_told(self) -> set[tuple[str, str]]:
        """What the data owner was told of: a message id or server, and its state then."""
        with self.transaction(is_change=False) as db:
            return set(db.execute("select subject, state from owner_told"))

    def record_told(self, told: Collection[tuple[str, str]]) -> None:
        """Commit that the data owner was told of these."""
        rows = [[*each, as_text(self.now())] for each in told]
        with self.transaction() as db:
            db.executemany("insert or replace into owner_told values (?, ?, ?)", rows)

    def requeue(self, message_id: str, to: Sequence[str] = ()) -> None:
        """Let a message go again, as a person decided: to all who have not got it for sure, or
        only to the addresses `to`, which replace those. Its tries begin anew. Raises WijkError
        when nobody is left."""
        message = self.message(message_id)
        done = message.addresses("delivered")
        others = [r.address for r in message.recipients if r.address not in done]
        for address in to:
            _demand_address(message.channel, address)
        if not (again := {*(to or others)} - {*done}):
            raise WijkError(f"Message {message_id} has already reached {', '.join(done)}.")
        message = message.having(others, "refused", "replaced by hand")
        kept = tuple(r for r in message.recipients if r.address not in again)
        waiting = tuple(Recipient(address) for address in sorted(again))
        self._decide(replace(message, recipients=kept + waiting), is_new_try=True)

    def revive(self, message_id: str) -> None:
        """Let a message go again to the addresses for which it was given up, and to no others;
        their tries begin anew."""
        message = self.message(message_id)
        message = message.having(message.addresses("given_up"), "waiting")
        self._decide(message, is_new_try=True)

    def arrived(self, message_id: str, *, wait_s: float = 60.0) -> None:
        """Settle a message that is uncertain, failed or given up, as a person found out or told
        its recipients herself, while nobody sends. Raises WijkError when it is none of these."""
        with self.sending_alone(wait_s):
            message = self.message(message_id)
            open_states = {"uncertain": ["uncertain"], "given_up": ["given_up", "refused"]}
            states = open_states.get(message.state, ["refused"] * (message.state == "failed"))
            if not (found := [a for state in states for a in message.addresses(state)]):
                raise WijkError(f"There is nothing to settle: {message.sentence}")
            self._decide(message.having(found, "delivered"), is_new_try=False)

    def _decide(self, message: Message, *, is_new_try: bool) -> None:
        """Commit what a person decides, which is news of which the data owner was not told."""
        if is_new_try:
            message = replace(
                message,
                attempts=0,
                trying_since=None,
                next_attempt_at=None,
                last_error=None,
                days_tried=0,
                tried_on=None,
            )
        with self.transaction() as db:
            _put(db, message, as_text(self.now()))
            db.execute("delete from owner_told where subject = ?", [message.message_id])

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
                    raise StillSending(f"Outbox {self.outbox}: another process is sending.")
                time.sleep(0.05)
            counted, made = self.counted(), self.made()
            with self.transaction(is_change=False) as db:
                self.demand_newest(db, counted, made)
                is_left = any(message.addresses("in_flight") for message in _read(db))
            if is_left:
                self._doubt_what_flies()
            yield

    def _doubt_what_flies(self) -> None:
        with self.transaction() as db:
            for message in list(_read(db)):
                if flying := message.addresses("in_flight"):
                    left = message.having(flying, "uncertain", "the sender was stopped")
                    _put(db, left, as_text(self.now()))

    def tell(
        self,
        messages: Sequence[tuple[Message, bytes]],
        *,
        claimed: Collection[AlertKey] = (),
        lifted: Collection[AlertKey] = (),
        classes: Mapping[AlertKey, str] | None = None,
    ) -> bool:
        """Store new messages of one edition with their contents, and in the same change claim the
        alerts they tell for the first time, lift those of which they tell the end, and keep the
        classes they state; all of it or nothing, so that news is neither lost nor told twice.

        False when another run was first with one of the messages, claims or lifts.
        """
        (first, _), *_ = messages
        now = as_text(self.now())
        lift = (
            "update alert set lifted_at = ?, lifted_edition_id = ?, lifted_published_at = ? "
            f"where ({_KEY}) = (?, ?, ?, ?) and lifted_at is null"
        )
        counted, made = self.counted(), self.made()
        with self.counted_change() as db:
            self.demand_newest(db, counted, made)
            standing = _keys(db, "lifted_at is null")
            known = {row[0] for row in db.execute("select message_id from message")}
            if (
                known & {message.message_id for message, _ in messages}
                or standing.intersection(claimed)
                or not standing.issuperset(lifted)
            ):
                return False
            for message, content in messages:
                write_content(_staged(self.content(message)), content)
                _put(db, replace(message, created_at=now), now)
            ended = [now, first.edition_id, first.published_at]
            db.executemany(lift, [[*ended, *key] for key in lifted])
            rows = [[*key, first.message_id, now] for key in claimed]
            db.executemany("insert into alert values (?, ?, ?, ?, ?, ?, null, null, null)", rows)
            _put_told(db, first, classes or {})
        for message, _ in messages:
            # a content with its own name says that its message was told; `read_content` gives it
            # that where this does not come so far
            with suppress(OSError):
                _staged(self.content(message)).replace(self.content(message))
        return True

    def last_told(self) -> dict[AlertKey, tuple[str | None, int, str]]:
        """Of each open alert the class last told, None where it was not kept, and the edition
        year and time of publication that it was told of."""
        key = [f"alert.{name}" for name in AlertKey._fields]
        same = " and ".join(f"told.{name} = alert.{name}" for name in AlertKey._fields)
        query = (
            f"select {', '.join(key)}, told.class, "
            "coalesce(told.edition_year, message.edition_year), "
            "max(coalesce(told.published_at, message.published_at)) "
            "from alert join message using (message_id) "
            f"left join told on {same} and told.published_at >= message.published_at "
            f"where lifted_at is null group by {', '.join(key)}"
        )
        with self.transaction(is_change=False) as db:
            return {AlertKey(*row[:4]): (row[4], row[5], row[6]) for row in db.execute(query)}

    def told_parts(self) -> dict[tuple[AlertKey, str], frozenset[str]]:
        """The indicators that an open alert of an area as a whole rested on, by the alert and the
        time of publication it was told of: their axis is its own with its theme."""
        query = (
            "select alert.programme_id, alert.area_code, alert.indicator_id, alert.axis, "
            "told.published_at, told.indicator_id from alert join told "
            "on told.programme_id = alert.programme_id and told.area_code = alert.area_code "
            "and told.axis = alert.axis || ':' || alert.indicator_id where lifted_at is null"
        )
        found: dict[tuple[AlertKey, str], set[str]] = {}
        with self.transaction(is_change=False) as db:
            for row in db.execute(query):
                found.setdefault((AlertKey(*row[:4]), row[4]), set()).add(row[5])
        return {key: frozenset(parts) for key, parts in found.items()}


def _staged(path: Path) -> Path:
    """Where a content is until its message is in the ledger."""
    return path.with_name(f"{path.name}.new")


def _demand_address(channel: str, address: str) -> None:
    if channel == "mail":
        mail_address(address)
    elif not address.startswith("webhook:"):
        raise WijkError(f"'{address}' is not a webhook; give webhook:NAME.")


def _read(db: sqlite3.Connection, condition: str = "", *values: str) -> Iterator[Message]:
    names = [field.name for field in fields(Message)]
    query = f"select {', '.join(names)} from message {condition} order by created_at, message_id"
    for row in db.execute(query, values):
        found = dict(zip(names, row, strict=True))
        found["recipients"] = tuple(Recipient(*parts) for parts in json.loads(found["recipients"]))
        yield Message(**found)


def _keys(db: sqlite3.Connection, condition: str, *values: str) -> set[AlertKey]:
    query = f"select {_KEY} from alert where {condition}"
    return {AlertKey(*row) for row in db.execute(query, values)}


def _put(db: sqlite3.Connection, message: Message, now: str) -> None:
    values = {**asdict(replace(message, updated_at=now)), "state": message.state}
    values["recipients"] = json.dumps(message.recipients, ensure_ascii=False)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"insert or replace into message ({names}) values ({marks})", values)


def _put_told(db: sqlite3.Connection, message: Message, classes: Mapping[AlertKey, str]) -> None:
    edition = [message.published_at, message.edition_id, message.edition_year]
    rows = [[*key, *edition, stated] for key, stated in classes.items()]
    db.executemany("insert or replace into told values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
