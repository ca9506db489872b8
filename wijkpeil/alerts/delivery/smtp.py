"""A mail over SMTP: one conversation about one message, and what each answer makes of it."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from wijkpeil.alerts.delivery.refusals import Reply, advice_on
from wijkpeil.alerts.ledger import (
    Ledger,
    MailRefused,
    MailTrouble,
    Message,
    NotHandedOver,
    ServerTrouble,
)
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings, is_whole_name

# answers to MAIL that are not about its sender: the server closes, or asks for a login
_CLOSING = 421
_OF_SERVER = {_CLOSING, 530}
# RFC 5321 (4.5.3.1.10): it may mean that these are enough, which is not for good
_FULL = 552
_CHECK_LOGIN = "check the user in WIJK_SMTP_URL and the file in WIJK_SMTP_PASSWORD_FILE"
_LOGINS = ("CRAM-MD5", "PLAIN", "LOGIN")


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
) -> tuple[Message, list[list[str]]]:
    """Hand the message over for these addresses; it with their outcome, which is committed, and
    the groups in which the server wants some of them by themselves, who have not got it.

    Raises ServerTrouble when the server cannot be used, NotHandedOver when the line was lost
    before the mail went, MailRefused when it is refused for a reason that is not of an address,
    TakenByAnother when another sender was first; those who are left wait and have not got it.
    """
    with mail_session(settings) as smtp:
        with _before_the_mail():
            code, reply = smtp.mail(message.sender)
        if code in _OF_SERVER:
            raise smtplib.SMTPSenderRefused(code, reply, message.sender)
        if code != 250:
            kind = MailRefused if 500 <= code < 600 else NotHandedOver
            raise kind(f"sender {message.sender} refused, {_reply(code, reply).words}")
        with _before_the_mail():
            answers, rest = _ask_for(smtp, addresses)
        taken = [address for address, answer in answers.items() if answer.is_yes]
        for address, answer in answers.items():
            if not answer.is_yes:
                is_open = answer.verdict == "unclear" and answer.code != _FULL
                is_final = answer.verdict == "address" or (is_open and taken)
                state = "refused" if is_final else "waiting"
                message = message.having([address], state, answer.words)
        if not taken:
            ledger.record(message)
            _raise_of_all([answer for answer in answers.values() if answer.verdict != "address"])
            return message, []
        message = ledger.begin_handover(message.having(taken, "in_flight"), server_name(settings))
        groups = [rest] if rest else []
        try:
            outcome = _hand_over(smtp, content, answer_s)
        except NotHandedOver:
            ledger.record(message.having(taken, "waiting"))
            raise
        if isinstance(outcome, Reply):
            refusal, outcome = outcome, ("waiting", outcome.words)
            if refusal.verdict == "address" and len(taken) == 1:
                outcome = "refused", refusal.words
            elif refusal.verdict == "address":
                # of one of them, and not said of which
                groups = [*([each] for each in taken), *groups]
            elif refusal.verdict == "more" and len(taken) > 1:
                half = len(taken) // 2
                groups = [taken[:half], taken[half:], *groups]
            elif 500 <= refusal.code < 600 or refusal.verdict == "slow":
                ledger.record(message.having(taken, *outcome))
                kind = MailRefused if 500 <= refusal.code < 600 else NotHandedOver
                raise kind(refusal.words)
        message = message.having(taken, *outcome)
        ledger.record(message)
        if smtp.sock is not None:
            smtp.sock.settimeout(settings.timeout_s)
    return message, groups


def _ask_for(smtp: smtplib.SMTP, addresses: Sequence[str]) -> tuple[dict[str, Reply], list[str]]:
    """The answer for each address, and those for which the server wants another mail after this
    one: none where it takes none now."""
    answers: dict[str, Reply] = {}
    for number, address in enumerate(addresses):
        answer = _reply(*smtp.rcpt(address))
        if answer.code == _CLOSING:
            raise NotHandedOver(answer.words)
        has_taken = any(each.is_yes for each in answers.values())
        is_full = answer.verdict == "more" or (answer.code == _FULL and answer.verdict == "unclear")
        if has_taken and not answer.is_yes and is_full:
            return answers, list(addresses[number:])
        answers[address] = answer
    return answers, []


def _raise_of_all(answers: Sequence[Reply]) -> None:
    """Nobody is taken: raise what is not of single addresses."""
    answers = sorted(answers, key=lambda answer: not 500 <= answer.code < 600)
    words = list(dict.fromkeys(answer.words for answer in answers))
    text = words[0] + (f" (and {len(words) - 1} like it)" if words[1:] else "") if words else ""
    if any(500 <= answer.code < 600 for answer in answers):
        raise MailRefused(text)
    if answers and all(answer.verdict == "slow" for answer in answers):
        raise NotHandedOver(text)


@contextmanager
def _before_the_mail() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise NotHandedOver(f"the line was lost before the mail, {_reason(error)}") from None


def _hand_over(
    smtp: smtplib.SMTP, content: bytes, answer_s: float
) -> Reply | tuple[str, str | None]:
    """DATA, the mail, the answer: a no, or the state this gives and why. Before 354 nothing was
    handed over; after it only an answer gives certainty, and no mail trouble is raised."""
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
            return "uncertain", _reply(code, reply).words
    return _reply(code, reply)


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
        # a name is given, since smtplib would ask the name service for one
        smtp = smtplib.SMTP(
            server.host, server.port, local_hostname="[127.0.0.1]", timeout=settings.timeout_s
        )
        try:
            smtp.local_hostname = ehlo_name(settings, smtp.sock)
            smtp.ehlo_or_helo_if_needed()
            if context is not None:
                if not smtp.has_extn("starttls"):
                    raise ServerTrouble(
                        f"{where} offers no STARTTLS, so neither password nor mail was given to "
                        "it; check host and port in WIJK_SMTP_URL."
                    )
                smtp.starttls(context=context)
            if server.user is not None and password:
                _demand_login(smtp, where)
                smtp.login(server.user, password)
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            with suppress(OSError):
                smtp.close()
    except smtplib.SMTPAuthenticationError as error:
        words = _without(password or "", _reply(error.smtp_code, error.smtp_error).text)
        advice = advice_on(words, or_else=_CHECK_LOGIN)
        said = f": {words.rstrip('. ')}" if words else ""
        raise ServerTrouble(
            f"{where} refused the login of '{server.user}' (code {error.smtp_code}){said}; "
            f"{advice}."
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
        reason = _without(password or "", _reason(error))
        advice = advice_on(reason, or_else="check WIJK_SMTP_URL and the server")
        raise ServerTrouble(f"{where} cannot be used ({reason}); {advice}.") from None


def ehlo_name(settings: Settings, connected: socket.socket | None = None) -> str:
    """The name to give to a mail server: that of WIJK_EHLO_NAME, else the domain of
    WIJK_MAIL_FROM, which is a whole and public name on every machine and in every container, else
    the own address of the connection as RFC 5321 (4.1.4) writes it. Never what the machine calls
    itself: that may be `localhost.localdomain`, have no dot, or hold an underscore."""
    if settings.ehlo_name is not None:
        return settings.ehlo_name
    domain = (settings.mail_from or "").rpartition("@")[2]
    if is_whole_name(domain):
        return domain
    own = connected.getsockname()[0] if connected is not None else "127.0.0.1"
    return f"[IPv6:{own}]" if ":" in own else f"[{own}]"


def _demand_login(smtp: smtplib.SMTP, where: str) -> None:
    """Raise ServerTrouble where the server offers no way to log in that there is here."""
    smtp.ehlo_or_helo_if_needed()
    offered = smtp.esmtp_features.get("auth", "").split()
    if {*offered} & {*_LOGINS}:
        return
    ways = ", ".join(_LOGINS)
    if offered:
        raise ServerTrouble(
            f"{where} offers {', '.join(sorted({*offered}))} to log in, and wijkpeil only knows "
            f"{ways}: it has no OAuth. Let password logins (SMTP AUTH) be switched on for this "
            "mailbox, with an app password where those exist, or use a relay or connector that "
            "takes mail of this machine without a login, and leave the user out of WIJK_SMTP_URL."
        )
    raise ServerTrouble(
        f"{where} offers no login; leave the user out of WIJK_SMTP_URL where it takes mail of this "
        f"machine without one, or name its port for submission (587), with {ways}."
    )


def _reply(code: int, reply: bytes | str) -> Reply:
    """The server's reply on one printable line, an enhanced code of more lines once."""
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    lines = text.splitlines()
    head = re.match(r"\s*[245]\.\d{1,3}\.\d{1,3}\s", text)
    if head:
        lines = [*lines[:1], *(line.removeprefix(head[0]) for line in lines[1:])]
    shown = "".join(c if c.isprintable() else " " for c in " ".join(lines))
    return Reply(code, " ".join(shown.split()))


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error).words
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        refused = error.recipients.items()
        return "; ".join(f"{address}: {_reply(*answer).words}" for address, answer in refused)
    return str(getattr(error, "strerror", None) or error).rstrip(".")


def _without(secret: str, words: str) -> str:
    """The words of a server that may repeat what it was given."""
    forms = [secret, base64.b64encode(secret.encode()).decode()] if secret else []
    for form in forms:
        words = words.replace(form, "***")
    return words
