"""Messages to send, and a clock that a test sets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from mail_helpers import SENDER

from wijkpeil.alerts.delivery import SendReport, send_outbox
from wijkpeil.alerts.ledger import AlertKey, Ledger, Message, Recipient
from wijkpeil.settings import Settings

A, B = "a@voorbeeld.nl", "b@voorbeeld.nl"


class Clock:
    """The time, which stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **amount: float) -> None:
        """Let so much time pass: `minutes=5`."""
        self.moment += timedelta(**amount)


def message(
    message_id: str, recipients: Sequence[str], *, channel: str = "mail", sender: str = SENDER
) -> Message:
    """A message about nothing in particular."""
    return Message(
        message_id=message_id,
        programme_id="zuid",
        edition_id="editie-1",
        edition_year=2022,
        published_at="2024-05-02T12:00:00.000000+00:00",
        sender=sender,
        subject="Onderwerp",
        recipients=tuple(Recipient(address) for address in recipients),
        channel=channel,
    )


def queue(
    settings: Settings, *recipients: str, message_id: str = "bericht-1", sender: str = SENDER
) -> str:
    """Queue one mail with one alert of its own; its id."""
    assert queue_once(settings, *recipients, message_id=message_id, sender=sender)
    return message_id


def queue_once(settings: Settings, *recipients: str, message_id: str, sender: str = SENDER) -> bool:
    """The same; False when it is there already."""
    email = EmailMessage(policy=SMTP)
    email["Subject"], email["From"], email["To"] = "Onderwerp", sender, ", ".join(recipients)
    email["Message-ID"] = f"<{message_id}@voorbeeld.nl>"
    email.set_content("regel\n.punt\n..punten\n")
    alert = AlertKey("zuid", message_id, "burglary_per_1000", "own")
    pair = (message(message_id, recipients, sender=sender), email.as_bytes())
    return Ledger(settings.warehouse).tell([pair], claimed=[alert])


def queue_post(
    settings: Settings, *names: str, message_id: str = "post-1", content: bytes = b'{"a": 1}'
) -> str:
    """Queue one message to these webhooks; its id."""
    addresses = [f"webhook:{name}" for name in names]
    pair = (message(message_id, addresses, channel="webhook"), content)
    assert Ledger(settings.warehouse).tell([pair])
    return message_id


class Refuser:
    """A port that counts who connects and hangs up at once, as a server in trouble does."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_server(("127.0.0.1", port))
        self.connections = 0

    def run(self) -> None:
        """Count until the port is closed."""
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@contextmanager
def refusing(port: int) -> Iterator[Refuser]:
    """A server that is down on this port."""
    refuser = Refuser(port)
    thread = threading.Thread(target=refuser.run)
    thread.start()
    try:
        yield refuser
    finally:
        refuser.socket.shutdown(socket.SHUT_RDWR)
        refuser.socket.close()
        thread.join()


def deliver(settings: Settings, clock: Clock) -> SendReport:
    """What the flow on a schedule does."""
    return send_outbox(settings, only_due=True, now=clock)


def the_message(settings: Settings, message_id: str = "bericht-1") -> Message:
    """A message as the ledger has it."""
    return Ledger(settings.warehouse).message(message_id)
