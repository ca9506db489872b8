"""The last steps of a run: what goes wrong in the one does not hold the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from mail_helpers import SENDER, MailHost, Trend, no_picture, publish, recipients_of
from outbox_helpers import A, queue

from wijkpeil.alerts.ledger import Ledger
from wijkpeil.errors import WijkError
from wijkpeil.runs import Outcome, PlainRunner, orchestration, steps
from wijkpeil.settings import Settings

FULL = duckdb.IOException("IO Error: Could not write file: No space left on device")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A published edition with one new alert."""
    publish(tmp_path, [Trend()]).rename(tmp_path / "wijken.duckdb")
    monkeypatch.setattr(steps, "make_report", lambda _settings: None)
    monkeypatch.setattr("wijkpeil.alerts.letters.drawing_from", lambda _folder: no_picture)
    return Settings(warehouse=tmp_path, mail_from=SENDER)


def raising(error: Exception) -> Any:
    """A step that does this."""

    def step(*_: Any, **__: Any) -> None:
        raise error

    return step


@pytest.mark.parametrize("error", [FULL, TypeError("a fault of ours"), WijkError("Mend it.")])
def test_managers_hear_of_what_is_new_whatever_becomes_of_the_report(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(steps, "make_report", raising(error))
    told = "free some space" if error is FULL else str(error)
    with pytest.raises(TypeError if isinstance(error, TypeError) else WijkError, match=told):
        orchestration._tell(PlainRunner(), Outcome("run"), recipients_of(), settings, send=False)
    assert len(Ledger(settings.warehouse).messages()) == 1


def test_of_report_and_alerts_that_both_fail_both_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "make_report", raising(WijkError("No room.")))
    monkeypatch.setattr(steps, "alert", raising(WijkError("No ledger.")))
    with pytest.raises(WijkError, match=r"No room\. No ledger\."):
        orchestration._tell(PlainRunner(), Outcome("run"), recipients_of(), settings, send=False)
    fault = TypeError("a fault of ours")
    monkeypatch.setattr(steps, "make_report", raising(fault))
    with pytest.raises(ExceptionGroup) as raised:
        orchestration._tell(PlainRunner(), Outcome("run"), recipients_of(), settings, send=False)
    assert [str(each) for each in raised.value.exceptions] == [str(fault), "No ledger."]


def test_what_waits_is_sent_also_when_nothing_new_can_be_queued(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with MailHost(tmp_path) as host:
        settings = host.settings(settings.warehouse)
        queue(settings, A)
        monkeypatch.setattr(steps, "queue_alerts", raising(WijkError("No edition.")))
        with pytest.raises(WijkError, match="No edition"):
            orchestration._tell(PlainRunner(), Outcome("run"), recipients_of(), settings, send=True)
        assert [to for to, _ in host.box.mails] == [[A]]


def test_a_programme_of_which_no_mail_can_be_made_fails_the_run_by_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wijkpeil.alerts.letters.compose", raising(WijkError("No such letter.")))
    with pytest.raises(WijkError, match=r"programme 'zuid' .*\(No such letter\)"):
        orchestration._tell(PlainRunner(), Outcome("run"), recipients_of(), settings, send=False)
