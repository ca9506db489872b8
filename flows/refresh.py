"""The flow that Prefect schedules and shows: each step of a run is a task of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, cast

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import Task, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.alerts import send_notice
from flows.catalog import Catalog
from flows.errors import Unreachable, sentence
from flows.runs import Fetched, Outcome, run_refresh, steps
from flows.runs.runner import SOURCES_AT_ONCE
from flows.settings import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LOG = logging.getLogger("prefect.flow_runs")


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


class TaskRunner:
    """Runs each step as a task, and shows what came of it as artifacts."""

    def call(self, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run the step's task."""
        result: Any = _TASKS[step](*args, **kwargs)
        return cast("_T", result)

    def each(self, step: Callable[..., _T], jobs: Sequence[tuple[Any, ...]]) -> list[_T]:
        """Submit a task per job to the flow's task runner."""
        futures = [_TASKS[step].submit(*job) for job in jobs]
        results: list[Any] = [future.result(raise_on_failure=False) for future in futures]
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def show_table(self, key: str, rows: Sequence[Mapping[str, Any]], title: str) -> None:
        """A table artifact."""
        create_table_artifact(key=key, table=[dict(row) for row in rows], description=title)

    def show_text(self, key: str, markdown: str, title: str) -> None:
        """A markdown artifact."""
        create_markdown_artifact(key=key, markdown=markdown, description=title)

    def warn(self, text: str) -> None:
        """A line of the flow run's log."""
        _LOG.warning(text)


def _tell_data_owner(_flow: Any, run: Any, state: State[Any]) -> None:
    """Mail the data owner that a run failed. The run's own sentence is the whole message."""
    error: Any = state.result(raise_on_failure=False)
    reason = (sentence(error) if isinstance(error, BaseException) else None) or state.message
    text = f"Run {run.name} of wijkpeil failed.\n\n{reason}\n\n"
    text += "The published warehouse is as it was, or a whole new edition.\n"
    told = send_notice(Settings.from_environment(), f"wijkpeil: run {run.name} failed", text)
    _LOG.info(told)


@flow(
    name="refresh",
    task_runner=ThreadPoolTaskRunner(max_workers=SOURCES_AT_ONCE),  # type: ignore[arg-type]
    on_failure=[_tell_data_owner],  # type: ignore[list-item]  # Prefect's own stub is stricter
    on_crashed=[_tell_data_owner],  # type: ignore[list-item]
    persist_result=False,
    validate_parameters=True,
)
def refresh(
    offline: bool = False, send: bool = True, only: list[str] | None = None
) -> Outcome | State[Any]:
    """Bring the warehouse up to date and tell the programmes what is new.

    `offline` uses the snapshots there are and opens no socket but the mail server's; `only`
    names the sources to fetch. Fails with one sentence that names the sources that failed.
    """
    outcome = run_refresh(TaskRunner(), offline=offline, send=send, only=only)
    if outcome.problem is not None:
        return Failed(message=outcome.problem, data=outcome)
    return outcome
