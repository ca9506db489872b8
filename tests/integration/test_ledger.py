"""The ledger as a file: what was queued together, what is told, and files of earlier versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mail_helpers import MailHost

from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.alerts.ledger import AlertKey, Ledger, Message, Recipient
from wijkpeil.errors import WijkError

# as it was written before the file told its version
VERSION_0 = """
create table message (
    message_id text primary key, programme_id text not null, edition_id text not null,
    edition_year integer not null, published_at text not null, sender text not null,
    subject text not null, recipients text not null check (json_valid(recipients)),
    attempts integer not null, last_error text, created_at text not null, updated_at text not null,
    state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'uncertain'))
) strict;
create table alert (
    programme_id text not null, area_code text not null, indicator_id text not null,
    axis text not null, message_id text not null, opened_at text not null,
    lifted_at text, lifted_edition_id text, lifted_published_at text
) strict;
create unique index open_alert on alert (programme_id, area_code, indicator_id, axis)
    where lifted_at is null;
insert into message values
    ('oud-1', 'zuid', 'editie-1', 2022, '2024-05-02T12:00:00.000000+00:00', 'w@voorbeeld.nl', '1',
     '[["a@voorbeeld.nl", "delivered", null]]', 1, null,
     '2024-05-02T12:00:01.000000+00:00', '2024-05-02T12:00:02.000000+00:00', 'sent'),
    ('oud-2', 'zuid', 'editie-2', 2022, '2024-06-02T12:00:00.000000+00:00', 'w@voorbeeld.nl', '2',
     '[["a@voorbeeld.nl", "waiting", "450 busy"]]', 3, '450 busy',
     '2024-06-02T12:00:01.000000+00:00', '2024-06-02T12:00:02.000000+00:00', 'queued');
insert into alert values
    ('zuid', 'WK000101', 'burglary', 'own', 'oud-1', '2024-05-02T12:00:01.000000+00:00',
     '2024-06-02T12:00:01.000000+00:00', 'editie-2', '2024-06-02T12:00:00.000000+00:00'),
    ('zuid', 'WK000102', 'burglary', 'own', 'oud-2', '2024-06-02T12:00:01.000000+00:00',
     null, null, null);
"""
MAY, JUNE, JULY = (f"2024-0{month}-02T12:00:00.000000+00:00" for month in (5, 6, 7))
KEY, OTHER = (AlertKey("zuid", area, "burglary", "own") for area in ("WK000101", "WK000102"))


def message(message_id: str, **changes: str) -> Message:
    made = Message(
        message_id=message_id,
        programme_id="zuid",
        edition_id="editie-1",
        edition_year=2022,
        published_at=MAY,
        sender="w@voorbeeld.nl",
        subject="Onderwerp",
        recipients=(Recipient("a@voorbeeld.nl"),),
    )
    return replace(made, **changes)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A warehouse with a ledger of version 0 and the contents of its messages."""
    (tmp_path / "outbox").mkdir()
    for name in ("oud-1", "oud-2"):
        (tmp_path / "outbox" / f"{name}.eml").write_bytes(b"Subject: oud\r\n\r\nregel\r\n")
    with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as db:
        db.executescript(VERSION_0)
    return tmp_path


# told together


def test_messages_and_alerts_are_told_together_or_not_at_all(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    posted = message("b", channel="webhook", audience="analyst")
    pair = [(message("a"), b"mail"), (posted, b"{}")]
    assert ledger.tell(pair, claimed=[KEY, OTHER])
    assert [m.message_id for m in ledger.messages().values()] == ["a", "b"]
    assert ledger.content(ledger.message("a")).read_bytes() == b"mail"
    kept = ledger.message("b")
    assert (kept.channel, kept.audience) == ("webhook", "analyst")
    assert ledger.content(kept) == tmp_path / "outbox" / "b.json"
    assert ledger.content(kept).read_bytes() == b"{}"
    assert not ledger.tell([(message("c"), b""), (message("a"), b"")])
    assert not ledger.tell([(message("c"), b"")], claimed=[OTHER])
    assert sorted(ledger.messages()) == ["a", "b"]


def test_what_is_open_names_the_edition_that_told_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.tell([(message("a"), b""), (message("b"), b"")], claimed=[KEY, OTHER])
    later = message("c", edition_id="editie-2", published_at=JUNE)
    assert ledger.tell([(later, b"")], lifted=[OTHER])
    assert ledger.last_told() == {KEY: (None, 2022, MAY)}
    assert not ledger.tell([(message("d", published_at=JULY), b"")], lifted=[OTHER])
    assert ledger.taken(JUNE) == {KEY, OTHER} and ledger.taken(JULY) == {KEY}


def test_the_class_told_last_is_read_back_while_the_alert_is_open(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.last_told() == {}
    classes = {KEY: "stagnating", OTHER: "inconclusive"}
    assert ledger.tell([(message("a"), b"")], claimed=[KEY], classes=classes)
    assert ledger.last_told() == {KEY: ("stagnating", 2022, MAY)}
    later = {"edition_id": "editie-2", "published_at": JUNE}
    worse = {KEY: "deteriorating"}
    assert ledger.tell([(message("b", **later), b"")], classes={KEY: "improving"})
    assert ledger.tell([(message("c", **later), b"")], classes=worse)
    assert ledger.last_told() == {KEY: ("deteriorating", 2022, JUNE)}


def test_what_was_not_stored_is_not_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.tell([(message("a"), b"")], claimed=[KEY])
    told = {KEY: "stagnating"}
    assert not ledger.tell([(message("b"), b"")], claimed=[KEY], classes=told)
    assert ledger.last_told() == {KEY: (None, 2022, MAY)}


# files of other versions


def test_a_ledger_of_an_earlier_version_is_read_whole(old: Path) -> None:
    ledger = Ledger(old)
    first, second = ledger.messages().values()
    assert (first.state, first.channel, first.audience) == ("sent", "mail", "")
    assert (second.state, second.attempts, second.last_error) == ("queued", 3, "450 busy")
    assert second.created_at == "2024-06-02T12:00:01.000000+00:00"
    assert [*ledger.last_told()] == [OTHER]
    assert ledger.taken(JUNE) == {KEY, OTHER} and ledger.taken(JULY) == {OTHER}


def test_a_ledger_of_an_earlier_version_goes_on(old: Path, tmp_path: Path) -> None:
    with MailHost(tmp_path) as host:
        assert send_outbox(host.settings(old)).having("sent") == ["oud-2"]
        assert [recipients for recipients, _ in host.box.mails] == [["a@voorbeeld.nl"]]
    ledger = Ledger(old)
    assert not ledger.tell([(message("nieuw"), b"")], claimed=[OTHER])
    assert ledger.tell([(message("nieuw"), b"")], claimed=[KEY])
    assert list(ledger.messages()) == ["oud-1", "oud-2", "nieuw"]


def test_a_ledger_is_left_as_it_was_when_its_mending_breaks_off(old: Path) -> None:
    with closing(sqlite3.connect(old / "alerts.sqlite")) as db:
        db.execute("create table told (in_the_way text)")
    before = (old / "alerts.sqlite").read_bytes()
    with pytest.raises(WijkError, match="table told already exists"):
        Ledger(old).messages()
    assert (old / "alerts.sqlite").read_bytes() == before


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path).tell([(message("a"), b"")])
    with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as db:
        db.execute("pragma user_version = 99")
    with pytest.raises(WijkError, match="written by a newer wijkpeil"):
        Ledger(tmp_path).messages()
