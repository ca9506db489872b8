"""A mail server on loopback: STARTTLS and a login are required, every message is kept."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import secrets
import socket
import ssl
import threading
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER = "wijkpeil"


@dataclass(frozen=True)
class Received:
    """One message as it was handed over; `recipients` are those of the envelope."""

    message: EmailMessage
    sender: str
    recipients: tuple[str, ...]
    file: Path


class MailSink:
    """Takes mail on `smtp_url` between `with` and its end and delivers none of it.

    Every message accepted is in `received`, in `messages` and as a numbered .eml file in
    `folder`, beside it as the .html that a mail program shows, where the certificate authority
    (`ca.pem`, made anew each time) is too; numbers go on from files that are there. `reject` maps
    an address to the answer that refuses it, such as "550 onbekend"; `drop_after_data` keeps the
    message but cuts the connection before saying so; `refuse_login` answers every login with 535.
    All three can be changed while it runs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        reject: Mapping[str, str] | None = None,
        drop_after_data: bool = False,
        refuse_login: bool = False,
    ) -> None:
        self.folder = folder
        self.reject = dict(reject or {})
        self.drop_after_data = drop_after_data
        self.refuse_login = refuse_login
        self.password = secrets.token_urlsafe(18)
        self.received: list[Received] = []
        self._lock = threading.Lock()
        self._controller: _LoopbackController | None = None

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages accepted so far, oldest first."""
        return [received.message for received in self.received]

    @property
    def ca_file(self) -> Path:
        """The PEM file of the authority that signed the server's certificate."""
        return self.folder.resolve() / "ca.pem"

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._controller is None:
            raise RuntimeError("The mail sink has no port before it runs; use it in a 'with'.")
        return self._controller.port

    @property
    def smtp_url(self) -> str:
        """The value for WIJK_SMTP_URL; the password is not in it."""
        authority = quote(str(self.ca_file))
        return f"smtp://{USER}@127.0.0.1:{self.port}?starttls=required&ca={authority}"

    def __enter__(self) -> MailSink:
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA(organization_name="wijkpeil demo")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        logging.getLogger("mail.log").addFilter(_is_news)
        self._controller = _LoopbackController(
            self,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._login,
            ident="wijkpeil demo",
        )
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._controller is not None:
            self._controller.stop()

    def _login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        is_right = (
            not self.refuse_login
            and isinstance(data, LoginPassword)
            and data.login == USER.encode()
            and hmac.compare_digest(data.password, self.password.encode())
        )
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Accept a recipient, or refuse it with the text in `reject`."""
        if address in self.reject:
            return self.reject[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the message; then say so, or cut the connection when `drop_after_data`."""
        content = envelope.original_content or b""
        with self._lock:
            numbers = [int(path.stem) for path in self.folder.glob("[0-9]*.eml")]
            path = self.folder / f"{max(numbers, default=0) + 1:04d}.eml"
            path.write_bytes(content)
            message = message_from_bytes(content, policy=policy.default)
            recipients = tuple(str(address) for address in envelope.rcpt_tos)
            if page := page_of(message):
                path.with_suffix(".html").write_text(page, encoding="utf-8")
            self.received.append(Received(message, envelope.mail_from or "", recipients, path))
        if self.drop_after_data and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 Message accepted"


def page_of(message: EmailMessage) -> str:
    """The HTML of a message with its pictures in it, for a browser; nothing where it has none."""
    body = message.get_body(("html",))
    if body is None:
        return ""
    page = str(body.get_content())
    for part in message.walk():
        if part.get_content_maintype() == "image" and (cid := part["Content-ID"]):
            data = base64.b64encode(part.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]  # bytes of an image
            source = f"data:{part.get_content_type()};base64,{data}"
            page = page.replace(f'src="cid:{cid.strip("<>")}"', f'src="{source}"')
    return page


def _is_news(record: logging.LogRecord) -> bool:
    """False for what aiosmtpd 1.4 says of its own code at every login."""
    return "Session.login_data is deprecated" not in record.getMessage()


class _LoopbackController(Controller):
    """The server in its own thread, on a port that the system picks."""

    def __init__(self, handler: MailSink, **options: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, **options)

    def _create_server(self) -> Awaitable[Any]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)
