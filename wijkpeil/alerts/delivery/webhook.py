"""A post to a webhook, and what each answer makes of it.

The address is a secret: whoever has it can post. So it is looked up when it is needed, and is in
no error, log or ledger; neither is the text of an answer, which may quote it.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from wijkpeil.alerts.ledger import Ledger, MailTrouble, Message, NotHandedOver, ServerTrouble
from wijkpeil.settings import LOOPBACK

ASK_LATER = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

_IS_POSTING: ContextVar[bool] = ContextVar("is_posting", default=False)
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    # at level DEBUG these tell the path of what is asked
    logging.getLogger(_name).addFilter(lambda _record: not _IS_POSTING.get())


def post(
    ledger: Ledger,
    message: Message,
    address: str,
    content: bytes,
    webhooks: Mapping[str, str],
    *,
    timeout_s: float,
) -> Message:
    """Post the content to `webhook:<name>`; the message with its outcome, which is committed.

    Raises ServerTrouble when the webhook cannot be used, NotHandedOver when it had a fault with
    this one, MailTrouble when it has no usable address; in each nothing was taken.
    """
    where = f"Webhook '{address.removeprefix('webhook:')}'"
    url = _url(where, webhooks.get(address.removeprefix("webhook:")))
    message = ledger.begin_handover(message.having([address], "in_flight"))
    code, retry_after, failure, is_begun = _ask(url, content, message.message_id, timeout_s)
    trouble: MailTrouble | None = None
    if failure is not None and not is_begun:
        trouble = ServerTrouble(f"{where} cannot be used ({failure}).")
    elif code in ASK_LATER:
        wait = _seconds(retry_after, ledger.now())
        trouble = ServerTrouble(f"{where} asks to wait ({_words(code)}).", retry_after_s=wait)
    elif 300 <= code < 400:
        trouble = ServerTrouble(
            f"{where} answers with another address ({_words(code)}), which is not followed; put "
            "the right one in the file of recipients."
        )
    elif code == HTTPStatus.TOO_EARLY:
        trouble = NotHandedOver(_words(code))
    if trouble is not None:
        ledger.record(message.having([address], "waiting"))
        raise trouble
    if failure is not None:
        message = message.having([address], "uncertain", f"no answer, {failure}")
    elif code >= 500 or code == HTTPStatus.REQUEST_TIMEOUT:
        # whoever answers may have passed it on before
        message = message.having([address], "uncertain", _words(code))
    elif 200 <= code < 300:
        message = message.having([address], "delivered")
    else:
        message = message.having([address], "refused", _words(code))
    ledger.record(message)
    return message


def post_now(name: str, url: str, content: bytes, timeout_s: float) -> None:
    """Post this once, outside the ledger; raises MailTrouble where it is not surely taken."""
    where = f"Webhook '{name}'"
    digest = hashlib.sha256(content).hexdigest()[:32]
    code, _, failure, _ = _ask(_url(where, url), content, digest, timeout_s)
    if not 200 <= code < 300:
        raise MailTrouble(f"{where} took no notice ({failure or _words(code)}).")


class _Body(io.BytesIO):
    """The content, that knows whether any of it was asked for: before that the other side has at
    most the headers, which are no message."""

    is_begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.is_begun = True
        return super().read(size)


def _ask(
    url: str, content: bytes, message_id: str, timeout_s: float
) -> tuple[int, str | None, str | None, bool]:
    """The code of the answer (0: none), its Retry-After, what went wrong, and whether the content
    had begun to go. The body of the answer is not read."""
    body = _Body(content)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message_id,
        "User-Agent": "wijkpeil/0.1",
    }
    try:
        with (
            _without_addresses_in_logs(),
            requests.Session() as session,
            session.post(
                url,
                data=body,
                headers=headers,
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            return response.status_code, response.headers.get("Retry-After"), None, True
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return 0, None, _failure(error, timeout_s), body.is_begun


@contextmanager
def _without_addresses_in_logs() -> Iterator[None]:
    token = _IS_POSTING.set(True)
    try:
        yield
    finally:
        _IS_POSTING.reset(token)


def _url(where: str, url: str | None) -> str:
    if url is None:
        raise MailTrouble(
            f"{where} has no address; put it in the file of recipients, under that name."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise MailTrouble(
            f"{where} has no address of the form https://host/path in the file of recipients."
        )
    return url


def _failure(error: Exception, timeout_s: float) -> str:
    """What went wrong in words of our own, since those of the error hold the address."""
    if isinstance(error, requests.exceptions.SSLError):
        return "no certificate to trust, or no TLS"
    if isinstance(error, requests.Timeout):
        return f"silent for {timeout_s:g} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or the line was lost"
    return type(error).__name__


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """What Retry-After asks for, a number or a date; None where it says neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _words(code: int) -> str:
    """A code with what HTTP calls it; the server's own words may quote the address."""
    phrase = HTTPStatus(code).phrase if code in {*HTTPStatus} else ""
    return f"HTTP {code} {phrase}".rstrip()
