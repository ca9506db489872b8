"""A digest as a mail: text and HTML that say the same, with one picture inside it.

`templates/alert.txt.j2` and `alert.html.j2` lay the sentences out and escape them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import (
    BaseHeader,
    HeaderRegistry,
    MessageIDHeader,
    UniqueUnstructuredHeader,
)
from email.message import EmailMessage
from email.policy import SMTP, Policy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wijkpeil.alerts.edition import MARKS
from wijkpeil.alerts.ledger import Message, Recipient
from wijkpeil.alerts.letters.pictures import WIDTH, Draw, Drawing
from wijkpeil.alerts.letters.telling import Telling
from wijkpeil.alerts.recipients import Audience
from wijkpeil.charts.colours import CLASS_COLOURS
from wijkpeil.report.paths import address_of
from wijkpeil.settings import mail_address
from wijkpeil.words import words_of

if TYPE_CHECKING:
    import jinja2

# of a larger mail some reader cuts the end off
_MOST_BYTES = 700_000
_TEXT_WIDTH = 72


class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # as typeshed has it
    """A subject that begins on its own line: Python would fold one of a line and a bit before its
    first word, which readers of headers show as an empty one."""

    def fold(self, *, policy: Policy) -> str:
        """As the policy folds it, unless that is plain text, which has 998 letters of room."""
        plain = str(self).isascii()
        return super().fold(policy=policy.clone(max_line_length=998) if plain else policy)


# an id without spaces must not be folded into an encoded word, as a plain header would be
_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_HEADERS.map_to_type("list-id", MessageIDHeader)  # type: ignore[arg-type]  # as typeshed has it
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class Mail:
    """A mail with its row for the ledger, and its parts; `html` names the picture by cid."""

    message: Message
    email: EmailMessage
    text: str
    html: str
    drawing: Drawing | None

    @property
    def page(self) -> str:
        """The HTML with its picture in it, for a browser."""
        if self.drawing is None:
            return self.html
        data = base64.b64encode(self.drawing.png).decode()
        return self.html.replace(
            f'src="cid:{self.drawing.cid}"', f'src="data:image/png;base64,{data}"'
        )


@dataclass(frozen=True)
class Postage:
    """What every mail of one run has in common; with `trial_to` it goes there alone."""

    sender: str
    draw: Draw
    report_url: str | None = None
    now: datetime | None = None
    trial_to: str | None = None


@cache
def _templates() -> jinja2.Environment:
    # here, since most runs have no mail to make
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["wrapped"] = _wrapped
    return made


def _wrapped(text: str, after: str = "") -> str:
    """The text in lines of a width that plain mail is read in, later lines set in by `after`."""
    return textwrap.fill(
        text,
        _TEXT_WIDTH,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )


def compose(telling: Telling, audience: Audience, postage: Postage) -> Mail:
    """The mail for this audience. Its content decides its id; only Date depends on the time."""
    digest = telling.digest
    programme = digest.programme
    drawing = _drawing(telling, postage.draw)
    context = _context(telling, drawing, postage.report_url)
    templates = _templates()
    text = templates.get_template("alert.txt.j2").render(context)
    html = templates.get_template("alert.html.j2").render(context)
    to = [mail_address(address) for address in audience.to]
    cc = [mail_address(address) for address in audience.cc]
    subject = telling.subject
    if postage.trial_to is not None:
        to, cc = [mail_address(postage.trial_to)], []
        subject = words_of(telling.language)("mail.subject.trial") + subject
    content = [postage.sender, to, cc, subject, text, html, digest.edition_id]
    mail_id = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    domain = postage.sender.rpartition("@")[2]
    email = EmailMessage(policy=_POLICY)
    email["Subject"] = subject
    email["From"], email["To"] = mail_address(postage.sender), ", ".join(to)
    if cc:
        email["Cc"] = ", ".join(cc)
    if programme.contact:
        email["Reply-To"] = mail_address(programme.contact)
    email["Date"] = postage.now or datetime.now(UTC)
    email["Message-ID"] = f"<{mail_id}.wijkpeil@{domain}>"
    # relays may write a Message-ID of their own
    email["X-Wijkpeil-Message"] = mail_id
    email["List-Id"] = f"<{slug(programme.programme_id)}.wijkpeil.{domain}>"
    email["Auto-Submitted"] = "auto-generated"
    _add_parts(email, text, html, drawing, mail_id)
    message = Message(
        message_id=mail_id,
        programme_id=programme.programme_id,
        edition_id=digest.edition_id,
        edition_year=digest.year,
        published_at=digest.stamp,
        sender=postage.sender,
        subject=subject,
        recipients=tuple(Recipient(address) for address in (*to, *cc)),
        audience=audience.name,
    )
    return Mail(message, email, text, html, drawing)


def slug(text: str) -> str:
    """A name of letters and digits for a header or a file."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60] or "_"


def _add_parts(
    email: EmailMessage, text: str, html: str, drawing: Drawing | None, mail_id: str
) -> None:
    """The text, and beside it the HTML with its picture."""
    email.set_content(text, cte="quoted-printable")
    email.add_alternative(html, subtype="html", cte="quoted-printable")
    email.set_boundary(f"=_{mail_id}")
    if drawing is None:
        return
    page = cast("EmailMessage", list(email.iter_parts())[1])
    page.add_related(
        drawing.png,
        maintype="image",
        subtype="png",
        cid=f"<{drawing.cid}>",
        filename="trend.png",
        disposition="inline",
    )
    page.set_boundary(f"=_{mail_id[::-1]}")


def _drawing(telling: Telling, draw: Draw) -> Drawing | None:
    """The picture of the one signal that is told in full, where a mail can carry it."""
    if telling.spotlight is None:
        return None
    drawing = draw(telling.spotlight.signal, telling.digest.year, telling.language)
    return drawing if drawing is not None and len(drawing.png) <= _MOST_BYTES else None


def _context(telling: Telling, drawing: Drawing | None, report_url: str | None) -> dict[str, Any]:
    programme_id = telling.digest.programme.programme_id
    named = [line.area_code for line in telling.lines] + [row.area_code for row in telling.rows]
    codes = dict.fromkeys([*named, *(code for code, _ in telling.sheets)])
    links = {
        code: address_of(report_url, "area", code, telling.language)
        for code in codes
        if report_url and code
    }
    return {
        "telling": telling,
        "words": words_of(telling.language),
        "marks": MARKS,
        "drawing": drawing,
        "width": WIDTH,
        "class_colours": CLASS_COLOURS,
        "links": links,
        "report": address_of(report_url, "programme", programme_id, telling.language),
    }
