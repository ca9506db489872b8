"""Sending what waits in the outbox, over SMTP.

The promise is that no alert is mailed twice by itself. Between handing over a mail and hearing
the server's 250 nobody can know whether it arrived, so `sending` is committed before DATA, and a
mail that got no answer (line lost, time-out, process killed) becomes `uncertain` and is not sent
again. We err on this side because a repeated alarm is what makes managers stop reading, while an
uncertain mail is loud: every SendReport and `alerts list` names it with the way to decide,
`wijkpeil alerts send --again MESSAGE_ID`. Whatever goes wrong before DATA leaves it `queued`.

A mail is one envelope for all its recipients, with an outcome per address: one refused for good
(5xx) does not hold the others, one refused for now (4xx) waits for the next try, and nobody who
has the mail gets it again. A `failed` mail (refused for everybody) keeps its alerts, so a person
sends it on with `--again --to`.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from flows.errors import WijkError
from flows.ledger import Ledger, MailTrouble, Message
from flows.settings import Settings


@dataclass(frozen=True)
class SendReport:
    """What one `send_outbox` sent, all messages not settled, and why the rest waits."""

    messages: tuple[Message, ...]
    problem: str | None

    def having(self, state: str) -> list[str]:
        """The ids of the messages in this state; `sent` are those of this call only."""
        return [message.message_id for message in self.messages if message.state == state]

    @property
    def sentences(self) -> list[str]:
        """All of it for a person, the most urgent first."""
        order = ["sending", "uncertain", "failed", "queued", "sent"]
        told = sorted(self.messages, key=lambda message: order.index(message.state))
        return ([self.problem] if self.problem else []) + [message.sentence for message in told]


def list_messages(settings: Settings) -> list[Message]:
    """Every message ever made, oldest first; each tells its state in `sentence`."""
    return list(Ledger(settings.warehouse).messages().values())


def send_outbox(
    settings: Settings,
    *,
    again: str | None = None,
    to: Sequence[str] = (),
    wait_s: float = 60.0,
    answer_s: float = 600.0,
) -> SendReport:
    """Send what is queued, one sender at a time, and report every message that is not settled.

    `again` lets that message go once more, with `to` to other addresses. Mail trouble is not
    raised: it is the report's `problem`, and the rest stays queued. `answer_s` is the patience
    after DATA (RFC 5321 asks for ten minutes), since a time-out there makes a mail uncertain.
    """
    ledger, problem = Ledger(settings.warehouse), None
    tried: list[str] = []
    try:
        with ledger.sending_alone(wait_s):
            if again is not None:
                ledger.requeue(again, to)
            tried = [m.message_id for m in ledger.messages().values() if m.state == "queued"]
            try:
                for message_id in tried:
                    _send(settings, ledger, ledger.message(message_id), answer_s)
            except MailTrouble as error:
                for message in ledger.messages().values():
                    if message.state == "queued":
                        ledger.record(replace(message, last_error=str(error)))
                raise
    except MailTrouble as error:
        problem = f"{error} What is not sent stays queued; run 'wijkpeil alerts send' again later."
    messages = ledger.messages().values()
    told = [m for m in messages if m.state != "sent" or m.message_id in tried]
    return SendReport(tuple(told), problem)


def _send(settings: Settings, ledger: Ledger, message: Message, answer_s: float) -> None:
    """One conversation about one message; raises MailTrouble when the server cannot be used,
    which can only be before DATA."""
    message = replace(message, attempts=message.attempts + 1)
    ledger.record(message)
    try:
        content = ledger.eml(message.message_id).read_bytes()
    except OSError as error:
        ledger.record(replace(message, last_error=f"{error}; restore that file from a backup"))
        return
    with mail_session(settings) as smtp:
        code, reply = smtp.mail(message.sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, reply, message.sender)
        answers = {address: smtp.rcpt(address) for address in message.addresses("waiting")}
        for address, (code, reply) in answers.items():
            state = "in_flight" if code in (250, 251) else _refused(code)
            message = message.having([address], state, _words(code, reply))
        ledger.record(message)
        if accepted := message.addresses("in_flight"):
            ledger.record(message.having(accepted, *_hand_over(smtp, content, answer_s)))


def _hand_over(smtp: smtplib.SMTP, content: bytes, answer_s: float) -> tuple[str, str | None]:
    """DATA, the mail, the answer: the state this gives and why. Before 354 nothing was handed
    over; after it only an answer gives certainty. Raises nothing for mail trouble."""
    unanswered = "waiting"
    try:
        code, reply = smtp.docmd("DATA")
        if code == 354:
            unanswered = "uncertain"
            if smtp.sock is not None:
                smtp.sock.settimeout(answer_s)
            smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            code, reply = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        return unanswered, f"the line was lost at DATA, {_reason(error)}"
    if code == 250:
        return "delivered", None
    return (_refused(code) if code >= 400 else unanswered), _words(code, reply)


@contextmanager
def mail_session(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A conversation with the mail server, TLS verified and logged in as the settings say.

    Raises MailTrouble in one sentence with host and port, which never holds the password; also
    for trouble in the body. Without the TLS asked for, neither login nor mail is tried.
    """
    try:
        server, password = settings.mail_server(), settings.smtp_password()
        context = server.tls_context() if server.starttls else None
    except WijkError as error:
        raise MailTrouble(str(error)) from error
    where = f"Mail server {server.host}:{server.port}"
    if server.user is not None and not password:
        raise MailTrouble(
            f"{where}: WIJK_SMTP_URL names user '{server.user}' but there is no password; put it "
            "in a file and name that in WIJK_SMTP_PASSWORD_FILE."
        )
    try:
        smtp = smtplib.SMTP(server.host, server.port, timeout=settings.timeout_s)
        try:
            smtp.ehlo_or_helo_if_needed()
            if context is not None:
                if not smtp.has_extn("starttls"):
                    raise MailTrouble(
                        f"{where} offers no STARTTLS, so neither password nor mail was given to "
                        "it; check host and port in WIJK_SMTP_URL."
                    )
                smtp.starttls(context=context)
            if server.user is not None and password:
                smtp.login(server.user, password)
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            with suppress(OSError):
                smtp.close()
    except smtplib.SMTPAuthenticationError as error:
        raise MailTrouble(
            f"{where} refused the login of '{server.user}' (code {error.smtp_code}); check the "
            "user in WIJK_SMTP_URL and the file in WIJK_SMTP_PASSWORD_FILE."
        ) from None
    except UnicodeError:
        raise MailTrouble(
            f"{where}: user or password holds a character outside ASCII, which SMTP login "
            "cannot carry; choose another password."
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise MailTrouble(
            f"{where} has no certificate to trust ({error.verify_message}); name its authority's "
            "PEM file with ca= in WIJK_SMTP_URL, or correct the host."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailTrouble(
            f"{where} cannot be used ({_reason(error)}); check WIJK_SMTP_URL and the server."
        ) from None


def _refused(code: int) -> str:
    return "refused" if 500 <= code < 600 else "waiting"


def _words(code: int, reply: bytes) -> str | None:
    """The server's reply on one printable line, or None when it is a yes."""
    text = "".join(c if c.isprintable() else " " for c in reply.decode("utf-8", "replace"))
    return None if code in (250, 251) else f"{code} {' '.join(text.split())[:200]}".rstrip(" .")


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return _words(error.smtp_code, reply if isinstance(reply, bytes) else reply.encode()) or ""
    return str(getattr(error, "strerror", None) or error).rstrip(".")
