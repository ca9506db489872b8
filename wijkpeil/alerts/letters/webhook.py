"""A digest for a channel of Teams or Slack: one JSON document that both understand.

`text` is plain enough for either to show; `attachments` is an Adaptive Card for Teams. Signs that
one of them reads as markup become signs that look alike, so that a name is no link and calls
nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from wijkpeil.alerts.ledger import Message, Recipient
from wijkpeil.alerts.letters.telling import Telling
from wijkpeil.alerts.recipients import Audience
from wijkpeil.report.paths import address_of
from wijkpeil.text import clean
from wijkpeil.words import words_of

# channels refuse a message of more than some 28 kB, and each text is in it twice
MOST_LETTERS = 9000
_SAFE = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "*": "∗", "`": "ˋ", "|": "∣"})
_CARD = "application/vnd.microsoft.card.adaptive"


def payload_message(
    telling: Telling, audience: Audience, *, report_url: str | None
) -> tuple[Message, bytes]:
    """The message for this channel, with its row for the ledger; its content decides its id."""
    content = json.dumps(payload(telling, report_url), ensure_ascii=False, indent=1).encode()
    digest = telling.digest
    identity = [audience.to, audience.name, digest.edition_id, content.decode()]
    message = Message(
        message_id=hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32],
        programme_id=digest.programme.programme_id,
        edition_id=digest.edition_id,
        edition_year=digest.year,
        published_at=digest.stamp,
        sender="wijkpeil",
        subject=telling.subject,
        recipients=tuple(Recipient(address) for address in audience.to),
        channel="webhook",
        audience=audience.name,
    )
    return message, content


def payload(telling: Telling, report_url: str | None) -> dict[str, Any]:
    """The document itself."""
    programme_id = telling.digest.programme.programme_id
    report = address_of(report_url, "programme", programme_id, telling.language)
    title = words_of(telling.language)("mail.basis.report")
    return _document(telling.subject, list(_lines(telling, report)), report, title)


def notice_content(subject: str, text: str) -> bytes:
    """A notice to the data owner for a channel, as long as one takes."""
    lines = [clean(line) for line in text[:MOST_LETTERS].splitlines() if line]
    return json.dumps(_document(clean(subject), lines), ensure_ascii=False, indent=1).encode()


def _document(
    subject: str, lines: Sequence[str], report: str = "", title: str = ""
) -> dict[str, Any]:
    lines = [line.translate(_SAFE) for line in lines]
    subject = subject.translate(_SAFE)
    text = "\n\n".join([subject, *lines, *([report] if report else [])])
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": subject, "weight": "Bolder", "size": "Medium"}
            | {"wrap": True},
            *({"type": "TextBlock", "text": line, "wrap": True} for line in lines),
        ],
    }
    # a card opens web pages only
    if report.startswith("https:"):
        card["actions"] = [{"type": "Action.OpenUrl", "title": title, "url": report}]
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "text": text, "attachments": [attachment]}


def _lines(telling: Telling, report: str) -> Iterator[str]:
    """What a mail says, without its picture and its table."""
    words = words_of(telling.language)
    yield from filter(None, (telling.banner, *telling.opening))
    for line in telling.lines:
        yield (
            f"{line.badge} {line.name}: {line.said}" if line.name else f"{line.badge}: {line.said}"
        )
    if telling.spotlight:
        yield f"{telling.spotlight.heading}. {' '.join(telling.spotlight.lines)}"
    parts = {
        "sure": telling.sure,
        "step": telling.steps,
        "full": () if report else telling.in_full,
        "more": telling.more,
    }
    for title, lines in parts.items():
        if lines:
            yield f"{words(f'mail.{title}.title').rstrip('?')}: {' '.join(lines)}"
    yield telling.basis[0]
    yield telling.footer
