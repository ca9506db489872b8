"""Two senders where locks do nothing, and a ledger that is older than its outbox: never twice."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from mail_helpers import MailHost, wait_until
from outbox_helpers import A, B, Clock, queue, queue_post
from test_webhook import Hook, serve

from wijkpeil.alerts.delivery import list_messages, send_outbox
from wijkpeil.alerts.ledger import Ledger, TakenByAnother
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


@pytest.fixture
def hook() -> Iterator[Hook]:
    yield from serve(None)


@pytest.fixture
def settings(host: MailHost, tmp_path: Path) -> Settings:
    return host.settings(tmp_path / "warehouse", MAIL_PER_MINUTE="0")


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which flock says yes to everybody, as some network disks do."""
    monkeypatch.setattr("fcntl.flock", lambda *_: None)


def senders(settings: Settings, count: int, **webhooks: str) -> None:
    """So many senders at once."""
    at_once = threading.Barrier(count)

    def run() -> None:
        at_once.wait()
        send_outbox(settings, webhooks=webhooks)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def arrivals(host: MailHost) -> Counter[str]:
    """How often each address has each message."""
    return Counter(
        f"{email['Message-ID']} {address}"
        for recipients, email in host.box.mails
        for address in recipients
    )


# two senders


@pytest.mark.usefixtures("no_locks")
def test_senders_without_a_lock_send_each_mail_once(host: MailHost, settings: Settings) -> None:
    host.box.delay_s = 0.05
    for number in range(5):
        queue(settings, A, B, message_id=f"bericht-{number}")
    senders(settings, 3)
    assert arrivals(host).keys() and set(arrivals(host).values()) == {1}
    send_outbox(settings)
    assert len(arrivals(host)) == 10 and set(arrivals(host).values()) == {1}
    assert {m.state for m in list_messages(settings)} == {"sent"}


@pytest.mark.usefixtures("no_locks")
def test_senders_without_a_lock_post_once(hook: Hook, settings: Settings) -> None:
    hook.delay_s = 0.05
    queue_post(settings, "teams")
    senders(settings, 3, teams=hook.url)
    assert hook.ids == ["post-1"]


def test_a_lock_that_is_tidied_away_during_a_send_makes_no_second_mail(
    host: MailHost, settings: Settings
) -> None:
    host.box.delay_s = 0.5
    for number in range(4):
        queue(settings, A, message_id=f"bericht-{number}")
    first = threading.Thread(target=send_outbox, args=(settings,))
    first.start()
    wait_until(lambda: len(host.box.mails) == 1)
    (settings.warehouse / "outbox" / "send.lock").unlink()
    send_outbox(settings)
    first.join()
    assert len(host.box.mails) == 4 and set(arrivals(host).values()) == {1}
    # who handed it over knows best
    assert {m.state for m in list_messages(settings)} == {"sent"}


def test_what_another_sender_settled_is_not_overwritten_by_an_older_view(tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path)
    queue(settings, A, B)
    mine, other = Ledger(tmp_path), Ledger(tmp_path)
    seen = mine.message("bericht-1")
    given = other.begin_handover(other.message("bericht-1").having([A], "in_flight"), "mail")
    mine.record(seen.having([A, B], "waiting", "450 mailbox busy"))
    assert mine.message("bericht-1").addresses("in_flight") == [A]
    other.record(given.having([A], "delivered"))
    mine.record(seen.having([A, B], "waiting", "450 mailbox busy"))
    kept = mine.message("bericht-1")
    assert kept.addresses("delivered") == [A] and kept.addresses("waiting") == [B]
    with pytest.raises(TakenByAnother):
        mine.begin_handover(seen.having([A], "in_flight"), "mail")


# a ledger from a backup


def test_a_ledger_from_before_a_mail_was_queued_does_not_send_it_again(
    host: MailHost, settings: Settings
) -> None:
    ledger = Ledger(settings.warehouse)
    queue(settings, A, message_id="eerder")
    send_outbox(settings)
    backup = shutil.copy(ledger.path, settings.warehouse / "backup")
    queue(settings, A)
    send_outbox(settings)
    shutil.copy(backup, ledger.path)
    older = r"it is older than outbox/, which holds 1 message\(s\) that it does not know"
    with pytest.raises(WijkError, match=older):
        queue(settings, A)
    with pytest.raises(WijkError, match=older + r".*restore a newer copy"):
        send_outbox(settings)
    assert len(host.box.mails) == 2


def test_a_ledger_from_before_a_mail_was_sent_does_not_send_it_again(
    host: MailHost, settings: Settings
) -> None:
    ledger = Ledger(settings.warehouse)
    queue(settings, A)
    backup = shutil.copy(ledger.path, settings.warehouse / "backup")
    send_outbox(settings)
    shutil.copy(backup, ledger.path)
    with pytest.raises(WijkError, match="older than outbox/, which holds later changes"):
        send_outbox(settings)
    assert len(host.box.mails) == 1
    # a person who takes that risk says so by what the message names
    (settings.warehouse / "outbox" / "ledger.count").unlink()
    assert send_outbox(settings).having("sent") == ["bericht-1"]


def test_a_writer_that_dies_before_its_change_is_no_older_ledger(
    host: MailHost, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(settings, A)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("wijkpeil.alerts.ledger.store._put_told", die)
        with pytest.raises(KeyboardInterrupt):
            queue(settings, A, message_id="bericht-2")
    queue(settings, B, message_id="bericht-2")
    assert send_outbox(settings).having("sent") == ["bericht-1", "bericht-2"]


def test_a_writer_that_dies_before_it_names_the_content_loses_no_mail(
    host: MailHost, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda self, target: self)
        patch.setattr(
            "wijkpeil.alerts.ledger.store.write_content",
            lambda path, content: path.write_bytes(content),
        )
        queue(settings, A)
    assert not Ledger(settings.warehouse).eml("bericht-1").exists()
    assert send_outbox(settings).having("sent") == ["bericht-1"]


# what is wrong with the file


def test_a_ledger_that_another_program_holds_is_not_to_be_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(warehouse=tmp_path)
    queue(settings, A)
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda *a, **k: connect(*a, **(k | {"timeout": 0.05})))
    with closing(connect(tmp_path / "alerts.sqlite", isolation_level=None)) as backup:
        backup.execute("begin exclusive")
        with pytest.raises(WijkError, match="database is locked") as caught:
            Ledger(tmp_path).record_told([("bericht-1", "failed")])
    assert "another program, as a backup, has it open" in str(caught.value)
    assert "restore" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (sqlite3.SQLITE_FULL, "make room on that disk"),
        (sqlite3.SQLITE_READONLY, "let the user that runs wijkpeil write that file"),
        (sqlite3.SQLITE_IOERR, "mend the disk, or restore the newest copy"),
        (sqlite3.SQLITE_BUSY | 2 << 8, "another program, as a backup, has it open"),
    ],
)
def test_each_fault_of_the_file_has_its_own_advice(tmp_path: Path, fault: int, told: str) -> None:
    error = sqlite3.OperationalError("fout")
    error.sqlite_errorcode = fault
    with pytest.raises(WijkError, match=told), Ledger(tmp_path).transaction():
        raise error


# a clock that jumps


def test_a_clock_that_jumps_gives_nothing_up_that_was_tried_on_two_days(
    host: MailHost, settings: Settings
) -> None:
    clock = Clock()
    host.box.refusals[A] = "450 mailbox busy"
    queue(settings, A)
    for _ in range(13):
        send_outbox(settings, now=clock)
        clock.forward(minutes=3)
    clock.forward(days=30)
    send_outbox(settings, now=clock)
    (kept,) = list_messages(settings)
    assert (kept.state, kept.attempts, kept.days_tried) == ("queued", 14, 2)
    for _ in range(3):
        clock.moment += timedelta(days=1)
        send_outbox(settings, now=clock)
    assert [m.state for m in list_messages(settings)] == ["given_up"]
