"""A published warehouse with just what the mail reads, and a real mail server to try things on."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from wijkpeil.alerts import Audience, Recipients
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.rule import COLUMNS, load_rule
from wijkpeil.settings import PROJECT_ROOT, Settings

PASSWORD = "geheim-Wachtwoord-7"
SENDER = "wijkpeil@voorbeeld.nl"

_TABLES = """
create schema marts; create schema core; create schema catalog; create schema meta;
create table marts.stagnation (
    edition_year integer, area_code text, area_name text, programme_id text, indicator_id text,
    axis text, class text, slope double, slope_low double, slope_high double,
    meaningful_change double, points integer, first_year integer, last_year integer,
    is_alert boolean, editions_in_a_row integer, sentence_nl text, sentence_en text,
    last_value double, is_held boolean, is_new_alert_allowed boolean,
    is_headline boolean, line_class text,
    local_fdr double, standstill_chance double, summary_nl text, summary_en text
);
create table marts.area_alert (
    edition_year integer, area_code text, programme_id text, theme text, alerts integer,
    conclusive integer, is_alert boolean, is_structural boolean, sentence_nl text,
    sentence_en text, "grouping" text, indicators integer
);
create table core.place (area_code text, gemeente_name text, area_kind text);
create table core.benchmark (
    area_code text, programme_id text, indicator_id text, year integer, comparator text,
    value double, is_self_excluded boolean
);
create table core.doubted (
    doubt_id text, source_id text, indicator_id text, area_code text, sentence text
);
create table core.observation (
    area_code text, year integer, indicator_id text, status text, source_id text,
    is_never_revised boolean
);
create table core.trend_edition (
    indicator_id text, area_kind text, axis text, edition_year integer, entering_share double
);
create table core.programme_area (
    programme_id text, area_code text, area_name text, certainty text, inhabitants double,
    is_used boolean, is_on_list boolean
);
create table catalog.programme (
    programme_id text, name_nl text, contact text, comparator text
);
create table catalog.area_group (group_id text, name_nl text);
create table catalog.indicator (
    indicator_id text, name_nl text, name_en text, unit text, decimals integer, theme text,
    counts_with text, unit_in_words text, is_told_first boolean
);
create table meta.edition (edition_id text, published_at timestamptz);
create table meta.source (
    source_id text, title_nl text, attribution text, licence text, retrieved_at timestamptz,
    is_synthetic boolean, last_fetch_error text, checked_at timestamptz, max_age_days integer,
    age_days integer, is_confirmed boolean default true
);
create table catalog.source (source_id text);
create table core.missing_basis (
    indicator_id text, source_id text, measure_id text, year integer, status text,
    missing_reason text, is_in_window boolean
);
create table catalog.programme_indicator (programme_id text, indicator_id text);
"""


@dataclass(frozen=True)
class Trend:
    """One row of marts.stagnation with its gate; an alert when its class is one. `then` has the
    classes of earlier edition years as this build has them; the newest figure is of `last_year`, by
    default the edition year. `line_class` is what all lines say, unless that is the class."""

    area_code: str = "WK000101"
    indicator_id: str = "burglary_per_1000"
    trend_class: str = "stagnating"
    programme_id: str = "zuid"
    area_name: str = "Molenwijk"
    allowed: bool = True
    axis: str = "own"
    certainty: str = "confirmed"
    sentence: str | None = None
    editions: int = 1
    is_held: bool = False
    is_doubted: bool = False
    gemeente: str | None = "Waterdam"
    inhabitants: int | None = None
    then: Mapping[int, str] = field(default_factory=dict)
    last_year: int | None = None
    line_class: str | None = None
    wrong_chance: float = 0.02
    standstill_chance: float = 0.0

    @property
    def sentence_nl(self) -> str:
        """The sentence, by default one that names area and indicator."""
        return self.sentence or f"{self.area_name} stagneert op {self.indicator_id}, marge −0,2."

    @property
    def summary_nl(self) -> str:
        """The sentence, or one that only the mail has."""
        return self.sentence or f"{self.area_name} in het kort, marge −0,2."


@dataclass(frozen=True)
class Whole:
    """One row of marts.area_alert: an area on one theme."""

    area_code: str = "WK000101"
    theme: str = "safety"
    is_alert: bool = True
    is_structural: bool = False
    programme_id: str = "zuid"
    alerts: int = 2
    conclusive: int = 4
    indicators: int = 10
    then: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Programme:
    """One row of catalog.programme, and its recipients as its block names them."""

    programme_id: str = "zuid"
    name_nl: str = "Programma Zuid"
    contact: str | None = "contact@voorbeeld.nl"
    recipients: Sequence[str] = ("manager@voorbeeld.nl",)


def recipients_of(*programmes: Programme) -> Recipients:
    """Who hears of these programmes, or of the usual one."""
    return Recipients(
        tuple(
            Audience(each.programme_id, None, "nl", "all", tuple(each.recipients))
            for each in programmes or (Programme(),)
            if each.recipients
        )
    )


def no_picture(*_: object) -> None:
    """Draws nothing: these warehouses have no series."""


@cache
def _empty_warehouse() -> bytes:
    """The file of a warehouse with its tables and its rule, and nothing else."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with duckdb.connect(str(path)) as db:
            db.begin()
            db.execute(_TABLES)
            db.execute(f"create table catalog.rule ({COLUMNS})")
            load_rule(db, PROJECT_ROOT / "sql")
            make_macros(db, PROJECT_ROOT / "sql")
            db.commit()
        return path.read_bytes()


def publish(
    folder: Path,
    trends: Sequence[Trend],
    *,
    year: int = 2022,
    number: int = 1,
    programmes: Sequence[Programme] = (Programme(),),
    wholes: Sequence[Whole] = (),
    causes: Mapping[str, str] | None = None,
    synthetic: bool = False,
    provisional: Sequence[int] = (),
    never_revised: Sequence[int] = (),
    stale_days: int | None = None,
    unchecked_days: int = 0,
) -> Path:
    """A published warehouse; `number` orders the editions in time, and `causes` has by indicator
    what it counts as one with."""
    path = folder / f"wijken-{number}.duckdb"
    published_at = datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(days=number)
    path.write_bytes(_empty_warehouse())
    with duckdb.connect(str(path), config={"threads": 1}) as db:
        db.begin()
        db.execute("insert into meta.edition values (?, ?)", [f"editie-{number}", published_at])
        db.execute(
            "insert into meta.source values "
            "('kwb', 'Kerncijfers wijken', 'CBS', 'CC BY 4.0', ?, ?, ?, ?, 31, ?, true)",
            [published_at - timedelta(days=stale_days or 0), synthetic]
            + [None if stale_days is None else "HTTP 500"]
            + [published_at - timedelta(days=unchecked_days), unchecked_days],
        )
        db.execute(
            "insert into catalog.indicator (indicator_id, name_nl, name_en, unit, decimals, theme, "
            "counts_with) values "
            "('burglary_per_1000', 'Woninginbraken', 'Burglaries', 'per 1 000', 1, 'safety', null),"
            "('assault_per_1000', 'Mishandelingen', null, 'per 1 000', 1, 'safety', null), "
            "('theft_per_1000', 'Diefstallen', null, 'per 1 000', 1, 'safety', null), "
            "('safety_grade', 'Veiligheid', null, 'cijfer', 1, 'safety', 'safety_grade'), "
            "('unsafe_share', 'Onveilig', null, '%', 0, 'safety', 'safety_grade'), "
            "('woz_value_keur', 'Gemiddelde WOZ-waarde', null, '1 000 euro', 0, 'liveability', "
            "null)"
        )
        db.execute(
            "insert into catalog.indicator (indicator_id, decimals, is_told_first) "
            "values ('low_income_share', 1, true)"
        )
        for indicator_id, cause in (causes or {}).items():
            db.execute(
                "update catalog.indicator set counts_with = ? where indicator_id = ?",
                [cause, indicator_id],
            )
        for programme in programmes:
            values = [programme.programme_id, programme.name_nl, programme.contact]
            db.execute("insert into catalog.programme values (?, ?, ?, 'programme')", values)
        for trend in trends:
            _insert(db, trend, year, provisional, never_revised)
        for whole in wholes:
            _insert_whole(db, whole, year)
        db.commit()
    return path


def _insert(
    db: duckdb.DuckDBPyConnection,
    trend: Trend,
    year: int,
    provisional: Sequence[int],
    never_revised: Sequence[int],
) -> None:
    classes = {**trend.then, year: trend.trend_class}
    for edition_year, trend_class in classes.items():
        is_alert = trend_class in ("stagnating", "deteriorating")
        last_year = (trend.last_year if edition_year == year else None) or edition_year
        db.execute(
            "insert into marts.stagnation values "
            "(?, ?, ?, ?, ?, ?, ?, 0.1, -0.2, 0.3, 1, 8, "
            "?, ?, ?, ?, ?, ?, 12.34, ?, ?, true, ?, ?, ?, ?, ?)",
            [edition_year, trend.area_code, trend.area_name, trend.programme_id]
            + [trend.indicator_id, trend.axis, trend_class, edition_year - 7, last_year]
            + [is_alert, trend.editions]
            + [trend.sentence_nl, f"{trend.area_name} in English.", trend.is_held, trend.allowed]
            + [trend.line_class or trend_class, trend.wrong_chance if is_alert else None]
            + [None if trend_class == "insufficient" else trend.standstill_chance]
            + [trend.summary_nl, f"{trend.area_name} in short."],
        )
    if trend.is_doubted:
        db.execute(
            "insert into core.doubted values ('copied:x', 'kwb', ?, null, 'Copied.')",
            [trend.indicator_id],
        )
    row = [trend.programme_id, trend.area_code, trend.area_name, trend.certainty]
    db.execute(
        "insert into core.programme_area values (?, ?, ?, ?, ?, true, true)",
        [*row, trend.inhabitants],
    )
    kind = "wijk" if trend.area_code.startswith("WK") else "programme_area"
    place = [trend.area_code, trend.gemeente, kind]
    if not db.execute("from core.place where area_code = ?", place[:1]).fetchone():
        db.execute("insert into core.place values (?, ?, ?)", place)
    for comparator, value in (("gemeente", 10.0), ("nl", 9.0), ("programme", 11.0)):
        row = [trend.area_code, trend.indicator_id, year, comparator, value]
        db.execute("insert into core.benchmark values (?, null, ?, ?, ?, ?, false)", row)
    for each in range(year - 7, year + 1):
        is_provisional = each in provisional or each in never_revised
        status = "provisional" if is_provisional else "final"
        row = [trend.area_code, each, trend.indicator_id, status, each in never_revised]
        db.execute("insert into core.observation values (?, ?, ?, ?, 'kwb', ?)", row)


def _insert_whole(db: duckdb.DuckDBPyConnection, whole: Whole, year: int) -> None:
    for edition_year, is_up in {**whole.then, year: None}.items():
        ups = [whole.is_alert, whole.is_structural] if is_up is None else [is_up, is_up]
        told = [f"{whole.area_code} staat stil op {whole.theme}.", "It stands still."]
        db.execute(
            "insert into marts.area_alert values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'theme', ?)",
            [edition_year, whole.area_code, whole.programme_id, whole.theme]
            + [whole.alerts, whole.conclusive, *ups, *told, whole.indicators],
        )


@dataclass
class Postbox:
    """The handler of the server: keeps what it accepts, and misbehaves as asked.

    `refusals` answers RCPT by address and `bad_senders` MAIL by sender, and the line is dropped at
    the address `hang_up_on`. When the whole mail is there `final_reply` is given after `delay_s`,
    or the line `is_dropping`.
    """

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    passwords: list[bytes] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    bad_senders: dict[str, str] = field(default_factory=dict)
    final_reply: str = "250 OK"
    is_dropping: bool = False
    hang_up_on: str | None = None
    delay_s: float = 0.0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.bad_senders:
            return self.bad_senders[address]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.hang_up_on:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.final_reply.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((list(envelope.rcpt_tos), mail))
        if self.is_dropping:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        await asyncio.sleep(self.delay_s)
        return self.final_reply

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


class MailHost:
    """A mail server on loopback with STARTTLS and login, and the settings that reach it."""

    def __init__(self, folder: Path, *, starttls: bool = True, port: int = 0) -> None:
        self.box = Postbox()
        self.port = port or free_port()
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.starttls = starttls

    def settings(self, warehouse: Path, **changes: Any) -> Settings:
        """Settings for this server; `changes` are environment variables without `WIJK_`."""
        environment = {
            "WAREHOUSE": str(warehouse),
            "SMTP_URL": f"smtp://wijk@localhost:{self.port}?starttls=required&ca={self.ca_file}",
            "SMTP_PASSWORD_FILE": str(self.password_file),
            "MAIL_FROM": SENDER,
            "DATA_OWNER": "beheer@voorbeeld.nl",
            "TIMEOUT_S": "5",
        } | changes
        return Settings.from_environment({f"WIJK_{name}": v for name, v in environment.items()})

    def __enter__(self) -> MailHost:
        self.controller = Controller(
            self.box,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=self.context if self.starttls else None,
            require_starttls=self.starttls,
            authenticator=self.box.authenticate,
            auth_required=self.starttls,
        )
        self.controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.controller.stop()


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return when the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
