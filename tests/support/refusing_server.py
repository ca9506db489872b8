"""A mail server on loopback that answers at each stage what a test has seen others answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from mail_helpers import SENDER, free_port

from wijkpeil.settings import Settings


@dataclass
class Answers:
    """What is answered where it is not a yes; `taken` are the envelopes that were.

    `final` is the answer to the whole mail, of the addresses in it; `most` is how many addresses
    go in one mail, and above them the answer is `full`.
    """

    greeting: str | None = None
    login: str | None = None
    mechanisms: str | None = None
    mail: str | None = None
    rcpt: dict[str, str] = field(default_factory=dict)
    rcpt_all: str | None = None
    data: str | None = None
    final: Callable[[list[str]], str | None] = lambda _: None
    most: int | None = None
    full: str = "452 4.5.3 Error: too many recipients"
    taken: list[list[str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    @property
    def had(self) -> Counter[str]:
        """How often each address has a mail."""
        return Counter(address for envelope in self.taken for address in envelope)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.names.append(hostname)
        if self.mechanisms is not None:
            last = lines.pop()
            lines = [line for line in lines if "AUTH" not in line]
            lines += [f"250-AUTH {self.mechanisms}"] * bool(self.mechanisms) + [last]
        return lines

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked["MAIL"] += 1
        if self.mail is not None:
            return self.mail
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked["RCPT"] += 1
        if refusal := self.rcpt.get(address, self.rcpt_all):
            return refusal.replace("%s", address)
        if self.most is not None and len(envelope.rcpt_tos) >= self.most:
            return self.full
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if refusal := self.final([*envelope.rcpt_tos]):
            return refusal
        self.taken.append([*envelope.rcpt_tos])
        return "250 2.0.0 Ok: queued"

    def authenticate(self, *_: Any) -> AuthResult:
        self.asked["AUTH"] += 1
        return AuthResult(success=self.login is None, handled=False, message=self.login)


class _Server(SMTP):
    """The library's server, that may refuse a line at once and the command DATA."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        answers: Any = self.event_handler
        if answers.greeting is not None:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(f"{answers.greeting}\r\n".encode())
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        answers: Any = self.event_handler
        if answers.data is not None:
            await self.push(answers.data)
            return
        await super().smtp_DATA(arg)


class RefusingServer(Controller):
    """The server with its answers, without TLS, which loopback may do without."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        super().__init__(answers, hostname="127.0.0.1", port=free_port())

    def factory(self) -> SMTP:
        """A server for one line."""
        return _Server(
            self.handler,
            hostname="mail.voorbeeld.nl",
            authenticator=self.answers.authenticate,
            auth_require_tls=False,
        )

    def settings(self, warehouse: Path, *, user: str = "", **changes: Any) -> Settings:
        """Settings that reach it; `changes` are environment variables without `WIJK_`."""
        at = f"{user}@" if user else ""
        environment = {
            "WAREHOUSE": str(warehouse),
            "SMTP_URL": f"smtp://{at}localhost:{self.port}?starttls=off",
            "MAIL_FROM": SENDER,
            "DATA_OWNER": "beheer@voorbeeld.nl",
            "TIMEOUT_S": "5",
            "MAIL_PER_MINUTE": "0",
        } | changes
        return Settings.from_environment({f"WIJK_{name}": v for name, v in environment.items()})

    def __enter__(self) -> RefusingServer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
