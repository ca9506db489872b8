"""The ledger as a file: what was queued together, what is told, and files of other versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from wijkpeil.alerts.ledger import AlertKey, Ledger, Message, Recipient
from wijkpeil.errors import WijkError

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


@pytest.mark.parametrize(
    ("version", "told"),
    [(99, "written by a newer wijkpeil"), (1, "never released.*; move it and outbox/ away")],
)
def test_a_ledger_of_another_version_is_left_alone(tmp_path: Path, version: int, told: str) -> None:
    Ledger(tmp_path).tell([(message("a"), b"")])
    with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as db:
        db.execute(f"pragma user_version = {version}")
    before = (tmp_path / "alerts.sqlite").read_bytes()
    with pytest.raises(WijkError, match=told):
        Ledger(tmp_path).messages()
    assert (tmp_path / "alerts.sqlite").read_bytes() == before
