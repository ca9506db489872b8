"""When a message or a server is tried again, and when it is given up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wijkpeil.alerts.ledger import Message, as_text

SHORTEST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=5)
# so that days in which nothing ran, and a clock that jumped, are not taken for days of trying
LEAST_ATTEMPTS, LEAST_DAYS = 12, 5
RATE_WINDOW = timedelta(minutes=1)


def backoff(attempts: int, key: str) -> timedelta:
    """The wait after so many tries: about twice the last, from 5 minutes to at most 4 hours.

    The key (of a message or server) takes off up to a fifth, always the same.
    """
    digest = hashlib.sha256(f"{key} {attempts}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    doubled: timedelta = SHORTEST_WAIT * 1.25 * 2 ** min(attempts - 1, 16)
    return min(doubled, LONGEST_WAIT) * (1 - share / 5)


def is_due(next_attempt_at: str | None, now: datetime) -> bool:
    """Whether that moment has come; one further off than any wait is of a clock since set back."""
    if next_attempt_at is None:
        return True
    wait = datetime.fromisoformat(next_attempt_at) - now
    return not timedelta(0) < wait <= LONGEST_WAIT


def after_a_miss(
    message: Message,
    addresses: Collection[str],
    now: datetime,
    *,
    reason: str | None,
    next_attempt_at: str | None = None,
) -> Message:
    """This message after a try that left these addresses without it: due again later, by its own
    backoff or then, or given up for them. `message` counts the try already."""
    since = datetime.fromisoformat(message.trying_since or as_text(now))
    if (day := as_text(now)[:10]) != message.tried_on:
        message = replace(message, tried_on=day, days_tried=message.days_tried + 1)
    is_long = now - since >= GIVE_UP_AFTER and message.days_tried >= LEAST_DAYS
    if is_long and message.attempts >= LEAST_ATTEMPTS:
        for recipient in message.recipients:
            if recipient.address in addresses:
                why = reason or recipient.reply
                message = message.having([recipient.address], "given_up", why)
        return replace(message, next_attempt_at=None)
    own = as_text(now + backoff(message.attempts, message.message_id))
    return replace(message, last_error=reason, next_attempt_at=next_attempt_at or own)


def free_at(handovers: Sequence[datetime], per_minute: int, now: datetime) -> datetime:
    """When a server may be given the next message, if these (newest first) went to it and it
    takes so many a minute; 0 is no limit."""
    if per_minute == 0 or len(handovers) < per_minute:
        return now
    return max(now, handovers[per_minute - 1] + RATE_WINDOW)
