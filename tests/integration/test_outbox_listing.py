"""`alerts list` and `alerts send`: what a person and a monitor see of the outbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mail_helpers import MailHost
from outbox_helpers import A, B, Clock, queue, queue_post

from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.alerts.delivery.listing import Outbox
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.cli import main
from wijkpeil.settings import Settings

ID = "0f8fad5bd9cb469fa16570867728950e"


@pytest.fixture
def settings(host: MailHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that the command reads too."""
    settings = host.settings(tmp_path / "warehouse")
    for name in ("warehouse", "smtp_url", "smtp_password_file", "mail_from"):
        monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
    return settings


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command."""
    monkeypatch.setattr("sys.argv", ["wijkpeil", "alerts", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    assert run(monkeypatch, "list", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_the_list_tells_state_tries_next_try_whom_and_what_to_do(
    host: MailHost, settings: Settings
) -> None:
    clock = Clock()
    host.box.refusals = {A: "450 mailbox busy, come back when it has been emptied by its owner"}
    queue(settings, A, B, message_id=ID)
    for _ in range(2):
        send_outbox(settings, now=clock)
        clock.forward(minutes=20)
    queue(settings, B, message_id="bericht-2")
    host.box.is_dropping = True
    send_outbox(settings, only_due=True, now=clock)
    host.box.is_dropping = False
    queue(settings, B, message_id="bericht-3")
    trouble = Ledger(settings.warehouse).troubles()[f"localhost:{host.port}"]
    later = f"2026-03-02 {trouble.next_attempt_at[11:16]} UTC"
    lines = list(Outbox(settings).lines)
    assert max(map(len, lines)) <= 80
    assert lines[:6] == [
        "queued     Onderwerp",
        f"           for {A} (waiting, 450 mailbox busy, come back when it has",
        "           been emptied by its owner); b@voorbeeld.nl (delivered)",
        "           3 tries, the next at 2026-03-02 10:01 UTC",
        f"           id {ID}",
        "uncertain  Onderwerp",
    ]
    text = "\n".join(lines)
    last = [
        "queued     Onderwerp",
        f"           for {B} (waiting)",
        "           0 tries, the next at",
    ]
    assert f"{chr(10).join(last)} {later}" in text
    assert "wijkpeil alerts send --arrived bericht-2'" in " ".join(text.split())
    assert "gave no answer" in " ".join(text.split()) and lines[-1] == (
        "TO DO      1 uncertain: each says above what to do."
    )


def test_what_is_settled_stands_first_and_what_was_given_up_is_loud(tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path)
    ledger = Ledger(tmp_path)
    for name, state, reply in (
        ("een", "given_up", "450 mailbox busy"),
        ("twee", "delivered", None),
        ("drie", "refused", "550 no such user"),
    ):
        queue(settings, A, message_id=name)
        ledger.record(ledger.message(name).having([A], state, reply))
    lines = list(Outbox(settings).lines)
    assert [line.split("  ")[0] for line in lines if line[0] != " "] == [
        "sent",
        "given up",
        "failed",
        "TO DO",
    ]
    assert "mend the cause, then 'wijkpeil alerts send --again een'" in "\n".join(lines)
    assert lines[-1].endswith("1 given up, 1 failed: each says above what to do.")


def test_a_monitor_gets_messages_and_servers_in_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WIJK_WAREHOUSE", str(tmp_path))
    assert listed(monkeypatch, capsys) == {"messages": [], "servers": []}
    settings, clock = Settings(warehouse=tmp_path), Clock()
    queue_post(settings, "teams")
    url = "http://localhost:1/geheim"
    send_outbox(settings, webhooks={"teams": url}, now=clock)
    found = listed(monkeypatch, capsys)
    ((post,), (server,)) = found["messages"], found["servers"]
    assert (post["state"], post["channel"], post["attempts"]) == ("queued", "webhook", 1)
    assert post["recipients"] == [{"address": "webhook:teams", "state": "waiting", "reply": None}]
    assert post["next_attempt_at"] == server["next_attempt_at"] > clock().isoformat()
    assert server["server"] == "webhook:teams" and "cannot be used" in server["reason"]
    assert "geheim" not in json.dumps(found)


def test_the_command_sends_at_once_what_the_schedule_would_leave(
    host: MailHost, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.box.refusals[A] = "450 mailbox busy"
    queue(settings, A)
    send_outbox(settings, only_due=True)
    host.box.refusals.clear()
    assert send_outbox(settings, only_due=True).having("queued") == ["bericht-1"]
    assert run(monkeypatch, "send") == 0
    assert [recipients for recipients, _ in host.box.mails] == [[A]]


def test_the_command_settles_and_revives(
    host: MailHost,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    host.box.is_dropping = True
    queue(settings, A)
    assert run(monkeypatch, "send") == 1
    assert "--arrived bericht-1" in capsys.readouterr().err
    host.box.is_dropping = False
    assert run(monkeypatch, "send", "--arrived", "bericht-1") == 0
    queue(settings, B, message_id="bericht-2")
    ledger = Ledger(settings.warehouse)
    ledger.record(ledger.message("bericht-2").having([B], "given_up", "450 mailbox busy"))
    assert run(monkeypatch, "send", "--again", "given-up", "--to", A) == 2
    assert run(monkeypatch, "send", "--again", "given-up") == 0
    assert [m.state for m in ledger.messages().values()] == ["sent", "sent"]
    assert len(host.box.mails) == 2


def test_the_command_waits_for_the_rate_and_says_so(
    host: MailHost,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WIJK_MAIL_PER_MINUTE", "1")
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    for number in (1, 2, 3):
        queue(settings, A, message_id=f"bericht-{number}")
    assert run(monkeypatch, "send") == 0
    told = capsys.readouterr()
    assert "WIJK_MAIL_PER_MINUTE is reached; going on in " in told.err
    assert len(slept) == 1 and 50 < slept[0] <= 60
    assert "goes with the next run after" in told.out and "bericht-3" in told.out
