"""A mail over SMTP: one conversation about one message, and what each answer makes of it."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from flows.errors import WijkError
from flows.ledger import (
    Ledger,
    MailTrouble,
    Message,
    NotHandedOver,
    SenderRefused,
    ServerTrouble,
)
from flows.settings import Settings

# answers to MAIL that are not about its sender: the server closes, or asks for a login
_OF_SERVER = {421, 530}


def server_name(settings: Settings) -> str:
    """The mail server as the ledger calls it, also where none is set."""
    if settings.smtp_url is None:
        return "mail"
    server = settings.mail_server()
    return f"{server.host}:{server.port}"


def mail(
    settings: Settings,
    ledger: Ledger,
    message: Message,
    addresses: Sequence[str],
    content: bytes,
    *,
    answer_s: float,
) -> Message:
    """Hand the message over for these addresses; it with their outcome, which is committed.

    Raises ServerTrouble when the server cannot be used, NotHandedOver when the line was lost
    before the mail went or its sender is refused; all leave its addresses without it for sure.
    """
    with mail_session(settings) as smtp:
        with _before_the_mail():
            code, reply = smtp.mail(message.sender)
        if code in _OF_SERVER:
            raise smtplib.SMTPSenderRefused(code, reply, message.sender)
        if code != 250:
            kind = SenderRefused if _refused(code) == "refused" else NotHandedOver
            raise kind(f"sender {message.sender} refused, {_words(code, reply)}")
        with _before_the_mail():
            answers = {address: smtp.rcpt(address) for address in addresses}
        for address, (code, reply) in answers.items():
            state = "in_flight" if code in (250, 251) else _refused(code)
            message = message.having([address], state, _words(code, reply))
        if accepted := message.addresses("in_flight"):
            ledger.begin_handover(message, server_name(settings))
            state, words = _hand_over(smtp, content, answer_s)
            message = message.having(accepted, state, words)
            if smtp.sock is not None:
                smtp.sock.settimeout(settings.timeout_s)
        ledger.record(message)
    return message


@contextmanager
def _before_the_mail() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise NotHandedOver(f"the line was lost before the mail, {_reason(error)}") from None


def _hand_over(smtp: smtplib.SMTP, content: bytes, answer_s: float) -> tuple[str, str | None]:
    """DATA, the mail, the answer: the state this gives and why. Before 354 nothing was handed
    over; after it only an answer gives certainty, and no mail trouble is raised."""
    with _before_the_mail():
        code, reply = smtp.docmd("DATA")
    if code == 354:
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(answer_s)
            smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            code, reply = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return "uncertain", f"the line was lost after DATA, {_reason(error)}"
        if code == 250:
            return "delivered", None
        if code < 400:
            return "uncertain", _words(code, reply)
    return _refused(code), _words(code, reply)


@contextmanager
def mail_session(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A conversation with the mail server, TLS verified and logged in as the settings say.

    Raises MailTrouble in one sentence with host and port, which never holds the password; also
    for trouble in the body. It is ServerTrouble when the server was asked. Without the TLS asked
    for, neither login nor mail is tried.
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
                    raise ServerTrouble(
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
        raise ServerTrouble(
            f"{where} refused the login of '{server.user}' (code {error.smtp_code}); check the "
            "user in WIJK_SMTP_URL and the file in WIJK_SMTP_PASSWORD_FILE."
        ) from None
    except UnicodeError:
        raise ServerTrouble(
            f"{where}: user or password holds a character outside ASCII, which SMTP login "
            "cannot carry; choose another password."
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise ServerTrouble(
            f"{where} has no certificate to trust ({error.verify_message}); name its authority's "
            "PEM file with ca= in WIJK_SMTP_URL, or correct the host."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise ServerTrouble(
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
