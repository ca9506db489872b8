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
from wijkpeil.alerts.letters.area import ToldArea
from wijkpeil.alerts.letters.sections import Telling
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
    return _document(telling.subject, list(_lines(telling)), report, title)


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


def _lines(telling: Telling) -> Iterator[str]:
    """The lead, then a line for each indicator with its sentence while there is room, then what
    else there is."""
    if telling.banner:
        yield telling.banner
    for label, lines in telling.lead:
        yield f"{label}: {' '.join(lines)}"
    words = words_of(telling.language)
    room = MOST_LETTERS
    for section in telling.sections:
        left = list[str]()
        for area in section.areas:
            told = list(_area(section.heading, area))
            room -= sum(map(len, told))
            if room < 0:
                left.append(area.area_code)
                continue
            yield from told
        if left:
            count = words.counted(len(left), words.kind(left))
            yield f"{section.heading}: {words('mail.item.more_areas', areas=count)}"
        for line in section.lines:
            room -= len(line)
            if room > 0:
                yield f"{section.heading}: {line}"
    yield telling.basis.lines[0]
    yield telling.footer


def _area(heading: str, area: ToldArea) -> Iterator[str]:
    about = f"{heading}: {area.name}"
    if area.remarks:
        yield f"{about}. {' '.join(area.remarks)}"
    if not area.signals and area.lines:
        yield f"{about}. {' '.join(area.lines)}"
    for told in area.signals:
        yield f"{about}, {told.heading}. {' '.join(told.lines)}"
    if area.also:
        yield f"{about}. {area.also}"
