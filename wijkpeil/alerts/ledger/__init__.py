"""The ledger: every message, what became of it for each address, and the alerts it carried.

Facts that survive every rebuild: `warehouse/alerts.sqlite` and the contents in
`warehouse/outbox/`. What a row says is in `messages`, how it is kept in `database`, what may
happen to it in `store`.
"""

from __future__ import annotations

from wijkpeil.alerts.ledger.messages import (
    AlertKey,
    MailRefused,
    MailTrouble,
    Message,
    NotHandedOver,
    Recipient,
    ServerTrouble,
    StillSending,
    TakenByAnother,
    Trouble,
    as_text,
    shown,
    utc_now,
)
from wijkpeil.alerts.ledger.store import Ledger

__all__ = [
    "AlertKey",
    "Ledger",
    "MailRefused",
    "MailTrouble",
    "Message",
    "NotHandedOver",
    "Recipient",
    "ServerTrouble",
    "StillSending",
    "TakenByAnother",
    "Trouble",
    "as_text",
    "shown",
    "utc_now",
]
