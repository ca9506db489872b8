"""Letters to programmes: the lines and the picture of a mail, and the body of a webhook."""

from wijkpeil.alerts.letters.lines import AreaLine
from wijkpeil.alerts.letters.mail import Mail, Postage, compose, slug
from wijkpeil.alerts.letters.pictures import Draw, Drawing, drawing_from
from wijkpeil.alerts.letters.spotlight import Spotlight
from wijkpeil.alerts.letters.telling import CountRow, Telling, tell
from wijkpeil.alerts.letters.webhook import notice_content, payload_message

__all__ = [
    "AreaLine",
    "CountRow",
    "Draw",
    "Drawing",
    "Mail",
    "Postage",
    "Spotlight",
    "Telling",
    "compose",
    "drawing_from",
    "notice_content",
    "payload_message",
    "slug",
    "tell",
]
