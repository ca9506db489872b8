"""Telling the data owner of mail that did not arrive: of each message and state once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from wijkpeil.alerts.delivery import SendReport
from wijkpeil.alerts.delivery.backoff import backoff, is_due
from wijkpeil.alerts.delivery.listing import Outbox
from wijkpeil.alerts.delivery.sending import NEEDS_A_PERSON
from wijkpeil.alerts.ledger import Ledger, Message, Trouble, as_text, shown, utc_now
from wijkpeil.alerts.notices import mail_notice
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

# a server that fails once or twice is tried again before anybody hears of it
TRIES_BEFORE_TOLD = 3
MOST_TOLD = 25
_NOTICE = "notice to the data owner"


class _News(NamedTuple):
    """What the data owner is to hear: of a message or a server, in a state, in a sentence."""

    subject: str
    state: str
    sentence: str


def tell_of_mail(
    settings: Settings, report: SendReport, *, now: Callable[[], datetime] = utc_now
) -> SendReport:
    """Tell the data owner of mail that is uncertain, failed, given up or refused, and of a server
    in trouble for long, once each; the report with how that went.

    Where the data owner cannot be told, that is the report's problem together with what was to be
    told, and it is tried again ever more rarely.
    """
    ledger = Ledger(settings.warehouse, now=now)
    if not ledger.path.exists():
        return report
    known = ledger.owner_told()
    news = [each for each in _news(settings, ledger) if (each.subject, each.state) not in known]
    if not news:
        return report
    before = ledger.troubles().get(_NOTICE)
    if before is not None and not is_due(before.next_attempt_at, now()):
        return _untold(report, news, before.reason)
    try:
        mail_notice(settings, _subject(news), _text(news))
    except WijkError as error:
        ledger.record_trouble(_next_trouble(before, str(error), now()))
        return _untold(report, news, str(error))
    ledger.record_told([(each.subject, each.state) for each in news])
    ledger.forget_trouble(_NOTICE)
    what = "1 message or server" if len(news) == 1 else f"{len(news)} messages and servers"
    return replace(report, told=f"The data owner was told of {what}: {_subject(news)}.")


def _news(settings: Settings, ledger: Ledger) -> Iterator[_News]:
    for message in ledger.messages().values():
        if message.state in NEEDS_A_PERSON:
            yield _News(message.message_id, message.state, message.sentence)
        elif message.refusal:
            yield _News(message.message_id, "refused", message.sentence)
        elif lost := _refused(message):
            yield _News(message.message_id, f"refused {lost}", message.sentence)
    for name, trouble in Outbox(settings).troubles.items():
        if trouble.attempts >= TRIES_BEFORE_TOLD:
            since = f"Tried {trouble.attempts} times since {shown(trouble.trying_since)}."
            yield _News(name, "trouble", f"{trouble.reason} {since}")


def _refused(message: Message) -> str:
    """Who has not got a message that others have."""
    return ", ".join(
        recipient.address
        for recipient in message.recipients
        if recipient.state == "refused" and recipient.reply != "replaced by hand"
    )


def _subject(news: list[_News]) -> str:
    return f"wijkpeil: mail that did not arrive ({len(news)})"


def _text(news: list[_News]) -> str:
    lines = [each.sentence for each in news[:MOST_TOLD]]
    if news[MOST_TOLD:]:
        lines.append(f"{len(news) - MOST_TOLD} more.")
    lines.append("Each is told once. 'wijkpeil alerts list' shows all, with what to do.")
    return "\n\n".join(lines) + "\n"


def _untold(report: SendReport, news: list[_News], reason: str) -> SendReport:
    told = [each.sentence for each in news[:5]]
    if news[5:]:
        told.append(f"{len(news) - 5} more: 'wijkpeil alerts list'.")
    already = report.problem or ""
    text = " ".join([*(each for each in told if each not in already), reason])
    return replace(report, problem=f"{already} The data owner could not be told: {text}".strip())


def _next_trouble(before: Trouble | None, reason: str, now: datetime) -> Trouble:
    attempts = before.attempts + 1 if before else 1
    return Trouble(
        server=_NOTICE,
        attempts=attempts,
        trying_since=before.trying_since if before else as_text(now),
        next_attempt_at=as_text(now + backoff(attempts, _NOTICE)),
        reason=reason,
    )
