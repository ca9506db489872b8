"""The flow on a schedule: it keeps to the waits, and fails when a server cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from mail_helpers import MailHost
from outbox_helpers import A, queue
from prefect.client.schemas.objects import State

from flows.deliver import deliver
from wijkpeil.alerts.ledger import Ledger

PROJECT = Path(__file__).parents[2]


def test_the_flow_leaves_what_is_not_due_and_tells_the_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "flows.deployment.create_markdown_artifact",
        lambda key, markdown, description: told.append(markdown),
    )
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    for name in ("warehouse", "smtp_url", "smtp_password_file", "mail_from"):
        monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
    queue(settings, A)
    for _ in range(2):
        state = deliver.fn()
        assert isinstance(state, State) and state.is_failed()
        assert "cannot be used" in (state.message or "") and "the next try is at" in told[-1]
    assert Ledger(settings.warehouse).message("bericht-1").attempts == 1


def test_the_flow_has_a_schedule_of_every_few_minutes() -> None:
    deployments = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]
    (mail,) = [each for each in deployments if each["entrypoint"] == "flows/deliver.py:deliver"]
    assert mail["schedules"][0]["cron"] == "*/5 * * * *"


def test_no_slot_of_prefect_decides_who_works() -> None:
    assert "concurrency_limit:" not in (PROJECT / "prefect.yaml").read_text()
