"""The flow that Prefect schedules and shows: each step of a run is a task of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.deployment import TaskRunner, tell_what_was_not_kept
from wijkpeil.catalog import Catalog
from wijkpeil.edition.folder import AtWorkElsewhere
from wijkpeil.errors import Unreachable, sentence
from wijkpeil.runs import Fetched, Outcome, run_refresh, steps
from wijkpeil.runs.runner import SOURCES_AT_ONCE
from wijkpeil.settings import Settings


class _SentencesOnly(logging.Filter):
    """An error that is a sentence to a colleague needs no traceback in a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] and sentence(record.exc_info[1]):
            record.exc_info = None
            record.exc_text = None
        return True


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_SentencesOnly())


def _as_task(name: str, step: Callable[..., Any], run_name: str | None = None) -> Task[..., Any]:
    made: Task[..., Any] = task(
        name=name, task_run_name=run_name, cache_policy=NO_CACHE, persist_result=False
    )(step)
    return made


def _fetch(
    source_id: str,
    catalog: Catalog,
    settings: Settings,
    listed: str | None = None,
    lost: Unreachable | None = None,
) -> Fetched | State[Any]:
    """A source that failed is a task that failed, also where the run can do without it."""
    fetched = steps.fetch_source(source_id, catalog, settings, listed, lost)
    return Failed(message=fetched.error, data=fetched) if fetched.error else fetched


_TASKS: dict[Callable[..., Any], Task[..., Any]] = {
    steps.fetch_source: _as_task("fetch", _fetch, "fetch {source_id}"),
    steps.build_candidate: _as_task("build", steps.build_candidate),
    steps.check_candidate: _as_task("check", steps.check_candidate),
    steps.publish_candidate: _as_task("publish", steps.publish_candidate),
    steps.make_report: _as_task("report", steps.make_report),
    steps.alert: _as_task("alert", steps.alert),
}


@flow(
    name="refresh",
    task_runner=ThreadPoolTaskRunner(max_workers=SOURCES_AT_ONCE),  # type: ignore[arg-type]
    on_failure=[tell_what_was_not_kept],  # type: ignore[list-item]  # Prefect's stub is stricter
    on_crashed=[tell_what_was_not_kept],  # type: ignore[list-item]
    persist_result=False,
    validate_parameters=True,
)
def refresh(
    offline: bool = False, send: bool = True, only: list[str] | None = None
) -> Outcome | State[Any]:
    """Bring the warehouse up to date and tell the programmes what is new.

    `offline` uses the snapshots there are and opens no socket but the mail server's; `only`
    names the sources to fetch. Fails with the sentences that say what is wrong; where another run
    is at work there is nothing to do, and it says so.
    """
    try:
        outcome = run_refresh(TaskRunner(_TASKS), offline=offline, send=send, only=only)
    except AtWorkElsewhere as error:
        return Completed(message=str(error), name="Skipped")
    if outcome.problem is not None:
        return Failed(message=outcome.problem, data=outcome)
    return outcome
