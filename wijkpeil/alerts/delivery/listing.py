"""What is in the outbox, for a terminal of 80 columns and for a monitor."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wijkpeil.alerts.delivery.refusals import advice_on
from wijkpeil.alerts.delivery.smtp import server_name
from wijkpeil.alerts.ledger import Ledger, Message, Trouble, shown
from wijkpeil.settings import Settings

WIDTH = 80
# the states that wait for a decision
NEEDS_A_PERSON = {
    "uncertain": "it may or may not have arrived, {went}: look in the server's log for that id in "
    "Message-ID or X-Wijkpeil-Message, or for address and time, then "
    "'wijkpeil alerts send --arrived {id}' "
    "or 'wijkpeil alerts send --again {id}'",
    "given_up": "mend the cause, then 'wijkpeil alerts send --again {id}'",
    "failed": "'wijkpeil alerts send --again {id} --to ADDRESS', or '--arrived {id}' when you told "
    "them yourself",
}


class Outbox:
    """The messages of a warehouse, those that are settled first, and the servers in trouble for
    which something waits."""

    def __init__(self, settings: Settings) -> None:
        ledger = Ledger(settings.warehouse)
        found = ledger.messages().values()
        self.messages = sorted(found, key=lambda message: message.state != "sent")
        self._mail_server = server_name(settings)
        bound = {server for message in self.messages for server in self._servers(message)}
        self.troubles = {k: v for k, v in ledger.troubles().items() if k in bound}

    def next_attempt_at(self, message: Message) -> str | None:
        """When what is left of it is tried again: its own time, or later by its server's."""
        if not (servers := self._servers(message)):
            return None
        held = [self.troubles[name].next_attempt_at for name in servers if name in self.troubles]
        of_server = min(held) if len(held) == len(servers) else None
        return max(filter(None, [message.next_attempt_at, of_server]), default=None)

    @property
    def lines(self) -> Iterator[str]:
        """Every message with its state, tries, next try and for whom; last what needs a person."""
        for message in self.messages:
            yield from self._lines(message)
        for trouble in self.troubles.values():
            yield from _wrapped("trouble", _sentence(trouble))
        states = Counter(
            "refused" if message.refusal and message.state == "queued" else message.state
            for message in self.messages
        )
        wanted = (*NEEDS_A_PERSON, "refused")
        if loud := [f"{states[state]} {_word(state)}" for state in wanted if states[state]]:
            yield from _wrapped("TO DO", f"{', '.join(loud)}: each says above what to do.")

    @property
    def as_json(self) -> dict[str, Any]:
        """The same for a machine: `messages` and `servers` in trouble."""
        messages = [
            {
                **asdict(message),
                "state": message.state,
                "recipients": [recipient._asdict() for recipient in message.recipients],
                "next_attempt_at": self.next_attempt_at(message),
            }
            for message in self.messages
        ]
        servers = [asdict(trouble) for trouble in self.troubles.values()]
        return {"messages": messages, "servers": servers}

    def _servers(self, message: Message) -> list[str]:
        """Where what is left of it goes."""
        waiting = message.addresses("waiting")
        return waiting if message.channel == "webhook" else [self._mail_server] * bool(waiting)

    def _lines(self, message: Message) -> Iterator[str]:
        yield from _wrapped(_word(message.state), message.subject)
        yield from _wrapped("", f"for {'; '.join(_recipients(message))}")
        if message.state == "sent":
            yield from _wrapped(
                "", f"{_tries(message.attempts)}, settled {shown(message.updated_at)}"
            )
            return
        when = self.next_attempt_at(message)
        then = "goes with the next run" if when is None else f"the next at {shown(when)}"
        is_waiting = bool(message.addresses("waiting"))
        yield from _wrapped("", _tries(message.attempts) + (f", {then}" if is_waiting else ""))
        if message.last_error and is_waiting:
            yield from _wrapped("", message.last_error)
        if message.refusal and message.state == "queued":
            advice = f"{advice_on(message.refusal)}; then it goes, at once with"
            yield from _wrapped("", f"{advice} 'wijkpeil alerts send'")
        yield from _wrapped("", f"id {message.message_id}")
        if message.state in NEEDS_A_PERSON:
            advice = NEEDS_A_PERSON[message.state]
            yield from _wrapped("", advice.format(id=message.message_id, went=message.handed_over))


def _recipients(message: Message) -> Iterator[str]:
    whom = f"{message.audience}: " if message.audience else ""
    for recipient in message.recipients:
        notes = []
        if _word(recipient.state) != "delivered" or message.state != "sent":
            notes.append(_word(recipient.state))
        if recipient.reply:
            notes.append(recipient.reply)
        yield f"{whom}{recipient.address}" + (f" ({', '.join(notes)})" if notes else "")


def _tries(attempts: int) -> str:
    return f"{attempts} {'try' if attempts == 1 else 'tries'}"


def _sentence(trouble: Trouble) -> str:
    return (
        f"{trouble.reason} {_tries(trouble.attempts)} since {shown(trouble.trying_since)}, "
        f"the next at {shown(trouble.next_attempt_at)}."
    )


def _word(state: str) -> str:
    return state.replace("_", " ")


def _wrapped(label: str, text: str) -> list[str]:
    """Lines with the label before the first; a word that does not fit is not broken."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label:11}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
