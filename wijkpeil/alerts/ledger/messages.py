"""What the ledger keeps: messages with an outcome per address, alerts, and what was told."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from wijkpeil.errors import WijkError

_FOR_GOOD = re.compile(r"^(sender \S+ refused, )?5\d\d\b")
# what the state of an address makes of its message, the least settled first
_STATES = {
    "in_flight": "sending",
    "uncertain": "uncertain",
    "waiting": "queued",
    "given_up": "given_up",
    "delivered": "sent",
    "refused": "failed",
}


class MailTrouble(WijkError):
    """Mail cannot be handed over now: settings, connection, TLS, login or sender."""


class StillSending(MailTrouble):
    """Another process holds the send lock; nothing is wrong."""


class ServerTrouble(MailTrouble):
    """A server that was asked and cannot be used, by no message: all that goes there waits.

    `retry_after_s` is what the server itself asked for.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotHandedOver(MailTrouble):
    """This message was surely not taken, for a reason that may be its own."""


class MailRefused(NotHandedOver):
    """The server refuses this message for good, for a reason that is not of an address: its
    sender, its content or the server itself, which a person may mend."""


class TakenByAnother(MailTrouble):
    """Another sender was first with this message; nothing was given to the server."""


@dataclass(frozen=True)
class Trouble:
    """A server that could not be used at the last of `attempts` since `trying_since`."""

    server: str
    attempts: int
    trying_since: str
    next_attempt_at: str
    reason: str


class AlertKey(NamedTuple):
    """What makes two alerts the same alert, in whatever edition they appear."""

    programme_id: str
    area_code: str
    indicator_id: str
    axis: str


class Recipient(NamedTuple):
    """An address, what became of it (a key of `_STATES`), and why when it has no message.

    The address is one of mail, or `webhook:<name>`.
    """

    address: str
    state: str = "waiting"
    reply: str | None = None


@dataclass(frozen=True)
class Message:
    """A message as the ledger knows it; times are ISO 8601 in UTC, so that they sort as text.

    `audience` is a word of the maker's for whom it was written. `attempts`, since `trying_since`,
    are the tries that failed or ended it, on so many days (`days_tried`, last `tried_on`); the next
    is due at `next_attempt_at`, at once when that is None. It last went to a server at
    `handed_over_at`.
    """

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
    channel: str = "mail"
    audience: str = ""
    trying_since: str | None = None
    next_attempt_at: str | None = None
    handed_over_at: str | None = None
    days_tried: int = 0
    tried_on: str | None = None

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
        """queued, sending, sent, failed, uncertain or given_up: what its least settled address
        makes it."""
        return next(made for state, made in _STATES.items() if self.addresses(state))

    @property
    def refusal(self) -> str | None:
        """The words with which a server refused it for good while it waits all the same, since
        their reason is not of an address; None where there are none."""
        replies = [r.reply for r in self.recipients if r.state == "waiting" and r.reply]
        return next((reply for reply in replies if _FOR_GOOD.search(reply)), None)

    @property
    def sentence(self) -> str:
        """The state in one line for a data engineer, with the next step where one is needed."""
        label = f"Message {self.message_id} ('{self.subject}')"
        send = "wijkpeil alerts send"
        again = f"{send} --again {self.message_id}"
        why = "; ".join(f"{r.address}: {r.reply}" for r in self.recipients if r.reply)
        elsewhere = f" ({why}); for another address run '{again} --to ADDRESS'." if why else "."
        match self.state:
            case "sending":
                return f"{label} is being sent, or its sender died: '{send}' tells."
            case "uncertain":
                return (
                    f"{label} may or may not have arrived ({why}), so it is not sent again by "
                    f"itself. It went {self.handed_over}: ask there, or look in the server's log "
                    f"for its id, or for address and time; then run "
                    f"'{send} --arrived {self.message_id}' or '{again}'."
                )
            case "queued":
                to = ", ".join(self.addresses("waiting"))
                reason = (self.last_error or why or "not tried yet").removesuffix(".")
                return f"{label} waits for {to}: {reason}.{self._next_try}"
            case "given_up":
                to = ", ".join(self.addresses("given_up"))
                return (
                    f"{label} was given up for {to} after {self.attempts} tries since "
                    f"{shown(self.trying_since)} ({why}); mend that, then run '{again}'."
                )
            case "failed":
                return f"{label} reached nobody{elsewhere}"
        return f"{label} was sent to {', '.join(self.addresses('delivered'))}{elsewhere}"

    @property
    def handed_over(self) -> str:
        """To whom and when it last went."""
        at = shown(self.handed_over_at) if self.handed_over_at else "at a time that was not kept"
        return f"to {', '.join(self.addresses('uncertain'))}, {at}"

    @property
    def _next_try(self) -> str:
        if self.next_attempt_at is None:
            return ""
        return f" Tried {self.attempts} times, the next is at {shown(self.next_attempt_at)}."


def utc_now() -> datetime:
    """The moment, with its zone."""
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    """A moment as the ledger writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def shown(text: str | None) -> str:
    """A moment of the ledger for a person, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC" if text else "not yet"
