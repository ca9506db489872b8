"""Which alerts are new, and the one Dutch mail per programme that says so.

An alert is a programme, area, indicator and axis. It is new when the current edition year has it,
its mail gate is open and the ledger has no open record of it. A record is closed ("lifted") only
when an edition shows the class improving or inconclusive; insufficient data or an absent row lift
nothing. So the same alert is mailed once, until it was lifted and came back. Only the published
edition's own year counts: what back-computed earlier years would have said was never published.

What a mail reads and how it says it stand together in `flows/templates/alert.*`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from flows.errors import WijkError
from flows.ledger import AlertKey, Ledger, MailTrouble, Message, Recipient
from flows.outbox import mail_session
from flows.settings import Settings, mail_address

_FOLDER = Path(__file__).with_name("templates")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
# an id without spaces must not be folded into an encoded word, as a plain header would be
_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-id", MessageIDHeader)  # type: ignore[arg-type]  # as typeshed has it
_POLICY = SMTP.clone(header_factory=_HEADERS)

# the addresses of each programme
Recipients = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Signal:
    """What one indicator of one area shows this edition year, as a programme follows it."""

    key: AlertKey
    area_name: str
    gemeente_name: str | None
    indicator_name: str
    trend_class: str
    is_alert: bool
    is_mailable: bool
    sentence_nl: str


@dataclass(frozen=True)
class Edition:
    """What the published warehouse says in its current edition year, without control characters.

    `programmes` by id, `provisional` years by alert, `sources` a row per programme and source,
    `unconfirmed` the programme and area where the CBS codes were found by name.
    """

    edition_id: str
    published_at: datetime
    year: int
    is_synthetic: bool
    signals: tuple[Signal, ...]
    programmes: dict[str, dict[str, Any]]
    provisional: dict[AlertKey, list[int]]
    sources: list[dict[str, Any]]
    unconfirmed: frozenset[tuple[str, str]]

    @property
    def stamp(self) -> str:
        """The moment of publication as the ledger writes it."""
        return self.published_at.isoformat(timespec="microseconds")


@dataclass(frozen=True)
class AlertMail:
    """A mail with its row for the ledger, its alerts and its two parts."""

    message: Message
    email: EmailMessage
    alerts: tuple[Signal, ...]
    text: str
    html: str


@dataclass(frozen=True)
class QueueReport:
    """What became of an edition's alerts: new ones, mails queued, records lifted, and a sentence
    for each programme whose alerts reach nobody."""

    new: tuple[Signal, ...]
    queued: tuple[Message, ...]
    lifted: int
    unaddressed: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """All of it for a data engineer."""
        queued = [f"Queued '{m.subject}' for {len(m.recipients)} address(es)." for m in self.queued]
        lifted = [f"Alerts lifted: {self.lifted}."] if self.lifted else []
        return [*self.unaddressed, *queued, *lifted] or ["No new alerts, so no mail."]


def read_edition(database: Path) -> Edition:
    """The current edition year of a published warehouse; raises WijkError when it is not one."""
    try:
        with duckdb.connect(str(database), read_only=True) as db:
            edition, *more = _rows(db, "edition")
            signals, programmes = _rows(db, "signals"), _rows(db, "programmes")
            provisional, sources = _rows(db, "provisional"), _rows(db, "sources")
            unconfirmed = _rows(db, "unconfirmed")
        if more:
            raise ValueError("meta.edition has more than one row")
        published_at = _moment(edition["published_us"])
    except (duckdb.Error, ValueError, TypeError) as error:
        raise WijkError(
            f"Warehouse {database} cannot be read for alerts ({str(error).splitlines()[0]}); "
            "publish it anew with 'wijkpeil refresh'."
        ) from error
    years: dict[AlertKey, list[int]] = {}
    for row in provisional:
        years.setdefault(_take_key(row), []).append(row["year"])
    return Edition(
        edition_id=edition["edition_id"],
        published_at=published_at,
        year=edition["edition_year"] or 0,
        is_synthetic=edition["is_synthetic"],
        signals=tuple(Signal(key=_take_key(row), **row) for row in signals),
        programmes={row["programme_id"]: row for row in programmes},
        provisional=years,
        sources=sources,
        unconfirmed=frozenset((row["programme_id"], row["area_code"]) for row in unconfirmed),
    )


def new_alerts(database: Path | Edition, ledger: Ledger) -> list[Signal]:
    """The alerts of the current edition year that may be mailed and were not; claims nothing."""
    edition = database if isinstance(database, Edition) else read_edition(database)
    taken = ledger.taken(edition.stamp)
    return [s for s in edition.signals if s.is_alert and s.is_mailable and s.key not in taken]


def compose(
    edition: Edition,
    alerts: Sequence[Signal],
    recipients: Recipients,
    *,
    mailed: Collection[AlertKey],
    sender: str,
    now: datetime | None = None,
) -> tuple[list[AlertMail], list[str]]:
    """One mail per programme with recipients, and a sentence per programme without any.

    `mailed` are the alerts told before, which a mail counts and does not repeat. The content
    decides the message's id; only the Date header depends on `now`.
    """
    mails, unaddressed = [], []
    for programme_id, group in groupby(alerts, key=lambda signal: signal.key.programme_id):
        own = tuple(group)
        if addresses := recipients.get(programme_id):
            mails.append(_mail(edition, own, addresses, mailed, sender, now or datetime.now(UTC)))
        else:
            unaddressed.append(
                f"Programme '{programme_id}' has {len(own)} new alert(s) and no recipients, so no "
                "mail was made; name 'recipients' in its block in programmes.toml."
            )
    return mails, unaddressed


def queue_alerts(
    settings: Settings, database: Path, recipients: Recipients, *, now: datetime | None = None
) -> QueueReport:
    """Lift what this edition lifts, and queue one mail per programme about what is new.

    A mail and its alerts are claimed in one transaction, so of two runs at once one queues it.
    Sends nothing; raises WijkError when WIJK_MAIL_FROM is needed and not set.
    """
    ledger, edition = Ledger(settings.warehouse), read_edition(database)
    over = {s.key for s in edition.signals if s.trend_class in ("improving", "inconclusive")}
    over -= {s.key for s in edition.signals if s.is_alert}
    lifted = ledger.lift(over, edition.edition_id, edition.year, edition.stamp)
    alerts, mailed = new_alerts(edition, ledger), ledger.taken(edition.stamp)
    if alerts and settings.mail_from is None:
        raise WijkError(
            f"WIJK_MAIL_FROM is not set, so {len(alerts)} new alert(s) are not queued; set it to "
            "the sender's address and run again."
        )
    sender = settings.mail_from or ""
    mails, unaddressed = compose(edition, alerts, recipients, mailed=mailed, sender=sender, now=now)
    queued = [
        mail.message
        for mail in mails
        if ledger.queue([(mail.message, mail.email.as_bytes())], [s.key for s in mail.alerts])
    ]
    return QueueReport(tuple(alerts), tuple(queued), lifted, tuple(unaddressed))


def preview(settings: Settings, database: Path, recipients: Recipients, folder: Path) -> list[Path]:
    """Write each mail that would be queued as .eml, .html and .txt; claims and sends nothing."""
    ledger, edition = Ledger(settings.warehouse), read_edition(database)
    sender = settings.mail_from or "wijkpeil@example.invalid"
    alerts, mailed, written = new_alerts(edition, ledger), ledger.taken(edition.stamp), list[Path]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for mail in compose(edition, alerts, recipients, mailed=mailed, sender=sender)[0]:
            path = folder / f"{_slug(mail.message.programme_id)}.eml"
            path.write_bytes(mail.email.as_bytes())
            path.with_suffix(".html").write_text(mail.html, encoding="utf-8")
            path.with_suffix(".txt").write_text(mail.text, encoding="utf-8")
            written += [path, path.with_suffix(".html"), path.with_suffix(".txt")]
    except OSError as error:
        raise WijkError(f"Preview folder {folder} cannot be written ({error}).") from error
    return written


def send_notice(settings: Settings, subject: str, text: str) -> str:
    """Mail the data owner at once, outside the ledger; says how it went, never raises for mail."""
    if settings.data_owner is None or settings.mail_from is None:
        return "No notice was mailed: WIJK_DATA_OWNER and WIJK_MAIL_FROM are not both set."
    email = EmailMessage(policy=SMTP)
    email["Subject"] = clean(subject)[:200]
    email["From"], email["To"] = settings.mail_from, settings.data_owner
    email["Date"] = datetime.now(UTC)
    email["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    email["Auto-Submitted"] = "auto-generated"
    lines = "".join(f"{clean(line)}\n" for line in text.splitlines())
    email.set_content(lines, cte="quoted-printable")
    try:
        with mail_session(settings) as smtp:
            smtp.send_message(email)
    except MailTrouble as error:
        return f"The notice to {settings.data_owner} was not mailed: {error}"
    return f"A notice was mailed to {settings.data_owner}."


def clean(text: str) -> str:
    """`text` on one line, without control, format and other invisible characters."""
    shown = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(shown).split())


def _mail(
    edition: Edition,
    alerts: tuple[Signal, ...],
    recipients: Sequence[str],
    mailed: Collection[AlertKey],
    sender: str,
    now: datetime,
) -> AlertMail:
    programme = edition.programmes[alerts[0].key.programme_id]
    addresses = [mail_address(address) for address in recipients]
    context = _context(edition, programme, alerts, mailed)
    context["words"] = words = _words(context)
    text = _TEMPLATES.get_template("alert.txt.j2").render(context)
    html = _TEMPLATES.get_template("alert.html.j2").render(context)
    content = [sender, addresses, words["subject"], text, html, [s.key for s in alerts]]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    email = EmailMessage(policy=_POLICY)
    email["Subject"] = words["subject"]
    email["From"], email["To"] = mail_address(sender), ", ".join(addresses)
    if programme["contact"]:
        email["Reply-To"] = mail_address(programme["contact"])
    email["Date"] = now
    domain = sender.rpartition("@")[2]
    email["Message-ID"] = f"<{digest}.wijkpeil@{domain}>"
    email["List-Id"] = f"<{_slug(programme['programme_id'])}.wijkpeil.{domain}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(text, cte="quoted-printable")
    email.add_alternative(html, subtype="html", cte="quoted-printable")
    email.set_boundary(f"=_{digest}")
    message = Message(
        message_id=digest,
        programme_id=programme["programme_id"],
        edition_id=edition.edition_id,
        edition_year=edition.year,
        published_at=edition.stamp,
        sender=sender,
        subject=words["subject"],
        recipients=tuple(Recipient(address) for address in addresses),
    )
    return AlertMail(message, email, alerts, text, html)


def _context(
    edition: Edition,
    programme: dict[str, Any],
    alerts: tuple[Signal, ...],
    mailed: Collection[AlertKey],
) -> dict[str, Any]:
    """The values the templates name. Assessed is the area's own trend; other axes add no series."""
    followed = [s for s in edition.signals if s.key.programme_id == programme["programme_id"]]
    assessed = [signal for signal in followed if signal.key.axis == "own"]
    others = [signal.key for signal in followed if signal.is_alert and signal not in alerts]
    sources = [s for s in edition.sources if s["programme_id"] == programme["programme_id"]]
    stale = [(s["title_nl"], _moment(s["retrieved_us"])) for s in sources if s["is_stale"]]
    areas = [list(group) for _, group in groupby(alerts, key=lambda s: s.key.area_code)]
    return {
        "edition": edition,
        "programme": programme,
        "alerts": alerts,
        "areas": areas,
        "unconfirmed": [
            first.area_name
            for first, *_ in areas
            if (first.key.programme_id, first.key.area_code) in edition.unconfirmed
        ],
        "new_areas": {signal.key.area_code for signal in alerts},
        "new_classes": Counter(signal.trend_class for signal in alerts),
        "assessed_areas": {signal.key.area_code for signal in assessed},
        "assessed_indicators": {signal.key.indicator_id for signal in assessed},
        "assessed_classes": Counter(signal.trend_class for signal in assessed),
        "continuing": sum(key in mailed for key in others),
        "held": sum(key not in mailed for key in others),
        "provisional": sorted({y for s in alerts for y in edition.provisional.get(s.key, [])}),
        "stale": stale,
        "sources": sources,
    }


def _words(context: dict[str, Any]) -> dict[str, Any]:
    """The sentences of the mail as plain text: no HTML yet, each on one line."""
    words = vars(_TEMPLATES.get_template("alert.words.j2").make_module(context))
    return {name: clean(v) if isinstance(v, str) else v for name, v in words.items()}


def _rows(db: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """The rows of `templates/alert.<name>.sql`, every text cleaned."""
    cursor = db.execute((_FOLDER / f"alert.{name}.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in cursor.description or []]
    return [
        {n: clean(v) if isinstance(v, str) else v for n, v in zip(names, values, strict=True)}
        for values in cursor.fetchall()
    ]


def _take_key(row: dict[str, Any]) -> AlertKey:
    return AlertKey(*(row.pop(field) for field in AlertKey._fields))


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60] or "_"
