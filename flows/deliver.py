"""The flow that sends what waits in the outbox: for a schedule shorter than the refresh's."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.alerts import load_webhooks, tell_of_mail
from flows.outbox import SendReport, send_outbox
from flows.settings import Settings


@flow(name="deliver", persist_result=False)
def deliver() -> SendReport | State[Any]:
    """Send queued mail. Fails, and says why, when a server cannot be used or refuses, and as long
    as a message is lost that nobody settled; of each the data owner is told once."""
    settings = Settings.from_environment()
    report = send_outbox(settings, webhooks=load_webhooks(settings), only_due=True)
    report = tell_of_mail(settings, report)
    create_markdown_artifact(
        key="outbox", markdown="\n\n".join(report.sentences) or "Nothing waits."
    )
    if report.failure:
        return Failed(message=report.failure, data=report)
    return report
