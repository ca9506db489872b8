"""Letters to programmes: sections, lines and pictures of a mail, and the body of a webhook."""

from wijkpeil.alerts.letters.area import ToldArea, ToldSignal
from wijkpeil.alerts.letters.mail import Mail, Postage, compose, slug
from wijkpeil.alerts.letters.pictures import Draw, Drawing, drawing_from
from wijkpeil.alerts.letters.sections import Section, Telling, tell
from wijkpeil.alerts.letters.webhook import notice_content, payload_message

__all__ = [
    "Draw",
    "Drawing",
    "Mail",
    "Postage",
    "Section",
    "Telling",
    "ToldArea",
    "ToldSignal",
    "compose",
    "drawing_from",
    "notice_content",
    "payload_message",
    "slug",
    "tell",
]
