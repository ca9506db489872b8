"""A digest as a mail: text and HTML that say the same, with the pictures inside it.

`templates/alert.txt.j2` and `alert.html.j2` lay the sentences out and escape them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wijkpeil.alerts.ledger import AlertKey, Message, Recipient
from wijkpeil.alerts.letters.pictures import WIDTH, Draw, Drawing
from wijkpeil.alerts.letters.sections import Telling
from wijkpeil.alerts.recipients import Audience
from wijkpeil.report.paths import address_of
from wijkpeil.settings import mail_address
from wijkpeil.words import words_of

if TYPE_CHECKING:
    import jinja2

MOST_PICTURES, MOST_BYTES = 12, 700_000
# an id without spaces must not be folded into an encoded word, as a plain header would be
_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-id", MessageIDHeader)  # type: ignore[arg-type]  # as typeshed has it
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class Mail:
    """A mail with its row for the ledger, and its parts; `html` names the pictures by cid."""

    message: Message
    email: EmailMessage
    text: str
    html: str
    drawings: tuple[Drawing, ...]

    @property
    def page(self) -> str:
        """The HTML with its pictures in it, for a browser."""
        page = self.html
        for drawing in self.drawings:
            data = base64.b64encode(drawing.png).decode()
            page = page.replace(f'src="cid:{drawing.cid}"', f'src="data:image/png;base64,{data}"')
        return page


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

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def compose(telling: Telling, audience: Audience, postage: Postage) -> Mail:
    """The mail for this audience. Its content decides its id; only Date depends on the time."""
    digest = telling.digest
    programme = digest.programme
    drawings = _drawings(telling, postage.draw)
    context = _context(telling, drawings, postage.report_url)
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
    _add_parts(email, text, html, list(drawings.values()), mail_id)
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
    return Mail(message, email, text, html, tuple(drawings.values()))


def slug(text: str) -> str:
    """A name of letters and digits for a header or a file."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60] or "_"


def _add_parts(
    email: EmailMessage, text: str, html: str, drawings: Sequence[Drawing], mail_id: str
) -> None:
    """The text, and beside it the HTML with its pictures."""
    email.set_content(text, cte="quoted-printable")
    email.add_alternative(html, subtype="html", cte="quoted-printable")
    email.set_boundary(f"=_{mail_id}")
    page = cast("EmailMessage", list(email.iter_parts())[1])
    for number, drawing in enumerate(drawings, start=1):
        page.add_related(
            drawing.png,
            maintype="image",
            subtype="png",
            cid=f"<{drawing.cid}>",
            filename=f"trend-{number}.png",
            disposition="inline",
        )
    if drawings:
        page.set_boundary(f"=_{mail_id[::-1]}")


def _drawings(telling: Telling, draw: Draw) -> dict[AlertKey, Drawing]:
    """The first pictures, as many as a mail can carry."""
    found: dict[AlertKey, Drawing] = {}
    size = 0
    for _, told in telling.shown:
        if len(found) == MOST_PICTURES:
            break
        drawing = draw(told.signal, telling.digest.year, telling.language)
        if drawing is not None and size + len(drawing.png) <= MOST_BYTES:
            found[told.signal.key] = drawing
            size += len(drawing.png)
    return found


def _context(
    telling: Telling, drawings: dict[AlertKey, Drawing], report_url: str | None
) -> dict[str, Any]:
    programme_id = telling.digest.programme.programme_id
    links = {
        area.area_code: address_of(report_url, "area", area.area_code, telling.language)
        for section in telling.sections
        for area in section.areas
        if report_url
    }
    return {
        "telling": telling,
        "words": words_of(telling.language),
        "drawings": drawings,
        "width": WIDTH,
        "links": links,
        "report": address_of(report_url, "programme", programme_id, telling.language),
        "notes": list(_notes(telling, drawings, has_report=bool(report_url))),
    }


def _notes(
    telling: Telling, drawings: dict[AlertKey, Drawing], *, has_report: bool
) -> Iterator[str]:
    words = words_of(telling.language)
    missing = sum(told.signal.key not in drawings for _, told in telling.shown)
    if drawings:
        yield words("mail.basis.picture")
    if missing and drawings and has_report:
        yield words("mail.item.no_pictures", signals=words.counted(missing, "signal"))
