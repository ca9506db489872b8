"""Editions one after the other, and what each tells to whom."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

from mail_helpers import SENDER, Trend, no_picture, publish

from wijkpeil.alerts import Audience, QueueReport, Recipients, queue_alerts
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.settings import Settings

MANAGER, ALDERMAN = "manager@voorbeeld.nl", "wethouder@voorbeeld.nl"
WOZ, BURGLARY = "woz_value_keur", "burglary_per_1000"


def audience(**changes: Any) -> Audience:
    """The manager, who hears of everything in Dutch."""
    usual = {"programme_id": "zuid", "areas": None, "language": "nl", "threshold": "all"}
    return Audience(**{**usual, "to": (MANAGER,), **changes})


def unwrapped(text: str) -> str:
    """The text of a mail on one line."""
    return re.sub(r"[ \n]+", " ", text)


class Story:
    """Editions one after the other, and what each tells."""

    def __init__(self, folder: Path, *audiences: Audience, notes: bool = False) -> None:
        self.folder, self.number = folder, 0
        self.settings = Settings(warehouse=folder / "warehouse", mail_from=SENDER)
        self.recipients = Recipients(
            audiences or (audience(),), yearly_notes=frozenset({"zuid"} if notes else ())
        )
        self.database = folder

    def edition(self, *trends: Trend, year: int, **more: Any) -> list[str]:
        """Publish, queue, and give the subjects of what was queued, without programme and year."""
        self.number += 1
        self.database = publish(self.folder, trends, number=self.number, year=year, **more)
        subjects = [message.subject for message in self.again().queued]
        assert all(re.search(rf" \(Programma \w+, {year}\)$", each) for each in subjects)
        return [subject.rpartition(" (")[0] for subject in subjects]

    def again(self) -> QueueReport:
        """Run once more on the same edition."""
        return queue_alerts(self.settings, self.database, self.recipients, draw=no_picture)

    @property
    def texts(self) -> dict[str, str]:
        """The text of the newest edition's mail by its first address."""
        ledger = Ledger(self.settings.warehouse)
        found = {}
        for message in ledger.messages().values():
            if message.edition_id == f"editie-{self.number}":
                mail = message_from_bytes(ledger.content(message).read_bytes(), policy=SMTP)
                body = mail.get_body(("plain",))  # type: ignore[attr-defined]
                found[message.recipients[0].address] = body.get_content().replace("\r\n", "\n")
        return found

    @property
    def text(self) -> str:
        """The text of the only mail of the newest edition, on one line."""
        (text,) = self.texts.values()
        return unwrapped(text)
