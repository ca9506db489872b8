"""The flow that sends what waits in the outbox: for a schedule shorter than the refresh's."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.alerts import load_webhooks
from flows.outbox import SendReport, send_outbox
from flows.settings import Settings


@flow(name="deliver", persist_result=False)
def deliver() -> SendReport | State[Any]:
    """Send queued mail; fails with one sentence when the mail server cannot be used."""
    settings = Settings.from_environment()
    report = send_outbox(settings, webhooks=load_webhooks(settings), only_due=True)
    create_markdown_artifact(
        key="outbox", markdown="\n\n".join(report.sentences) or "Nothing waits."
    )
    if report.problem:
        return Failed(message=report.problem, data=report)
    return report
