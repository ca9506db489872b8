"""The flow that sends what waits in the outbox: for a schedule shorter than the refresh's."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.deployment import TaskRunner, tell_what_was_not_kept
from wijkpeil.runs import Delivered, run_deliver


@flow(
    name="deliver",
    on_failure=[tell_what_was_not_kept],  # type: ignore[list-item]  # Prefect's stub is stricter
    on_crashed=[tell_what_was_not_kept],  # type: ignore[list-item]
    persist_result=False,
)
def deliver() -> Delivered | State[Any]:
    """Send queued mail. Fails, and says why, when a server cannot be used or refuses, when a run
    works for so long that it may hang, and as long as a message is lost that nobody settled; of
    each the data owner is told once."""
    found = run_deliver(TaskRunner())
    problem = " ".join(filter(None, [*found.long, found.report.failure]))
    if problem:
        return Failed(message=problem, data=found)
    return found
