"""What is handed over at once, outside the ledger: a notice to the data owner, a trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from wijkpeil.alerts.delivery import mail_session, post_now
from wijkpeil.alerts.recipients import owner_webhook
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.text import clean


def send_notice(settings: Settings, subject: str, text: str) -> str:
    """Mail the data owner at once; says how it went, never raises for mail."""
    try:
        mail_notice(settings, subject, text)
    except WijkError as error:
        return str(error)
    return f"A notice was mailed to {settings.data_owner}."


def mail_notice(settings: Settings, subject: str, text: str) -> None:
    """Tell the data owner at once: by mail, and where that cannot be by the webhook of
    [data_owner] in the file of recipients. Raises WijkError saying why neither can be."""
    try:
        _mail(settings, subject, text)
    except WijkError as error:
        if (url := owner_webhook(settings)) is None:
            raise
        from wijkpeil.alerts.letters import notice_content

        try:
            post_now("of the data owner", url, notice_content(subject, text), settings.timeout_s)
        except WijkError as trouble:
            raise WijkError(f"{error} {trouble}") from error


def _mail(settings: Settings, subject: str, text: str) -> None:
    if settings.data_owner is None or settings.mail_from is None:
        raise WijkError(
            "No notice was mailed: WIJK_DATA_OWNER and WIJK_MAIL_FROM are not both set."
        )
    email = EmailMessage(policy=SMTP)
    email["Subject"] = clean(subject)[:200]
    email["From"], email["To"] = settings.mail_from, settings.data_owner
    email["Date"] = datetime.now(UTC)
    email["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    email["Auto-Submitted"] = "auto-generated"
    lines = "".join(f"{clean(line)}\n" for line in text.splitlines())
    email.set_content(lines, cte="quoted-printable")
    try:
        send_now(settings, [email])
    except WijkError as error:
        raise WijkError(f"The notice to {settings.data_owner} was not mailed: {error}") from error


def send_now(settings: Settings, emails: Sequence[EmailMessage]) -> None:
    """Hand these mails over in one conversation; raises MailTrouble when that cannot be."""
    with mail_session(settings) as smtp:
        for email in emails:
            smtp.send_message(email)
