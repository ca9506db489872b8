"""What a run that a schedule started does at Prefect beside its own work: show, and tidy up.

No slot of Prefect decides who works: the lock on the warehouse does, and it goes with its
process. So what a dead server, worker or machine leaves at Prefect holds nobody up; the next run
ends it here, and drops what is late, since one run does the work of all of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from prefect import Task, get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext
from prefect.states import Crashed

from wijkpeil.alerts import send_notice
from wijkpeil.errors import sentence
from wijkpeil.runs.keeping import Ending, tell_data_owner
from wijkpeil.runs.prefect_api import BEGIN_WITHIN
from wijkpeil.runs.records import (
    Record,
    keep,
    live_runs,
    new_run_id,
    read_records,
    settle_dead_runs,
)
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import utc_now

if TYPE_CHECKING:
    from prefect.client.orchestration.routes import ServerRoutes

LOOK_BACK = timedelta(days=14)
# on a run that came to its own first line: how it ends it keeps and tells by itself
_BEGAN = "wijkpeil.began"
_PAGE = 200
# the server sets the runs of a batch one after the other, each in a transaction of its own
_BATCH = 25
_MOST_TIDYING_S = 30.0
_SCHEDULED = {"state": {"type": {"any_": ["SCHEDULED"]}}}
_P = ParamSpec("_P")
_T = TypeVar("_T")
_LOG = logging.getLogger("wijkpeil.deployment")
# the runs that began in this process
_BEGAN_HERE: set[str] = set()


class TaskRunner:
    """Runs each step as a task, and shows what came of it as artifacts.

    What cannot be shown or tidied up is a warning: no run fails for it.
    """

    def __init__(self, tasks: Mapping[Callable[..., Any], Task[..., Any]] | None = None) -> None:
        self.tasks = tasks or {}
        context = FlowRunContext.get()
        self.run: FlowRun | None = context.flow_run if context else None
        self._try(self._begin)

    @property
    def prefect_run(self) -> str | None:
        """The id of the flow run."""
        return str(self.run.id) if self.run else None

    def call(self, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run the step's task."""
        result: Any = self.tasks[step](*args, **kwargs)
        return cast("_T", result)

    def each(self, step: Callable[..., _T], jobs: Sequence[tuple[Any, ...]]) -> list[_T]:
        """Submit a task per job to the flow's task runner."""
        futures = [self.tasks[step].submit(*job) for job in jobs]
        results: list[Any] = [future.result(raise_on_failure=False) for future in futures]
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def show_table(self, key: str, rows: Sequence[Mapping[str, Any]], title: str) -> None:
        """A table artifact."""
        table = [dict(row) for row in rows]
        self._try(lambda: create_table_artifact(key=key, table=table, description=title))

    def show_text(self, key: str, markdown: str, title: str) -> None:
        """A markdown artifact."""
        self._try(lambda: create_markdown_artifact(key=key, markdown=markdown, description=title))

    def warn(self, text: str) -> None:
        """A line of the flow run's log."""
        _log().warning(text)

    def settle(self, warehouse: Path) -> list[Record]:
        """Drop the runs of this deployment that are late, and end at Prefect those that died; the
        records, now kept, of those that left none."""
        found: list[Record] = []
        run = self.run
        if run is None or run.deployment_id is None:
            return found

        def tidy() -> None:
            with get_client(sync_client=True) as client:
                _drop_late(client, run)
                found.extend(_end_dead(client, run, warehouse))

        self._try(tidy)
        return found

    def _begin(self) -> None:
        if self.run is None:
            return
        _BEGAN_HERE.add(str(self.run.id))
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(self.run.id, {_BEGAN: True})

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001  # shown as a warning, and no run fails for it
            shown = " ".join(str(error).split())[:200]
            self.warn(f"Prefect did not take what it was given ({type(error).__name__}: {shown}).")


def _log() -> logging.Logger | logging.LoggerAdapter[Any]:
    """The log of the flow run, which only works inside of one; elsewhere that of the process."""
    return get_run_logger() if FlowRunContext.get() else _LOG


def _drop_late(client: SyncPrefectClient, run: FlowRun) -> None:
    """Cancel the scheduled runs of this deployment that are due already and would do the same.

    Many at once, and only for a while, since the work of this run waits: the next drops the rest.
    """
    late = [
        str(other.id)
        for other in _runs(
            client,
            run,
            _SCHEDULED,
            {"next_scheduled_start_time": {"before_": utc_now().isoformat()}},
        )
        if other.auto_scheduled and other.parameters == run.parameters
    ]
    cancelled = {"type": "CANCELLED", "message": f"It was late; run {run.name} does its work."}
    dropped, until = 0, time.monotonic() + _MOST_TIDYING_S
    for some in (late[first : first + _BATCH] for first in range(0, len(late), _BATCH)):
        if time.monotonic() > until:
            break
        # one that a worker took meanwhile is at work, and stays
        body = {
            "flow_runs": {"id": {"any_": some}, **_SCHEDULED},
            "state": cancelled,
            "limit": len(some),
        }
        # the client's table of routes has not got this one of the server's
        path = cast("ServerRoutes", "/flow_runs/bulk_set_state")
        dropped += len(client.request("POST", path, json=body).json()["results"])
    if dropped:
        _log().warning("%d late runs were dropped: this run does their work.", dropped)


def _end_dead(client: SyncPrefectClient, run: FlowRun, warehouse: Path) -> list[Record]:
    """End the runs of this deployment that began long ago and that no process works on, and keep
    a record of each, and of each that failed before it came to keep one itself."""
    live = {known.get("prefect_run") for known in live_runs(warehouse)} | {str(run.id)}
    known = {record.prefect_run for record in read_records(warehouse)}
    found = []
    for other in _runs(client, run, {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}):
        state = other.state
        if state is None or state.timestamp > utc_now() - BEGIN_WITHIN or str(other.id) in live:
            continue
        told = f"It was {state.type.value.lower()} and no process worked on it."
        client.set_flow_run_state(other.id, Crashed(message=told), force=True)
        if str(other.id) not in known:
            found.append(_record_of(other, run, told))
    for other in _runs(
        client,
        run,
        {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}},
        {"expected_start_time": {"after_": (utc_now() - LOOK_BACK).isoformat()}},
    ):
        ids = known | {record.prefect_run for record in found}
        if _BEGAN not in other.labels and str(other.id) not in ids | live:
            reason = (other.state.message if other.state else None) or "No reason is known."
            found.append(_record_of(other, run, reason))
    for record in found:
        keep(warehouse, record)
    return found


def _record_of(other: FlowRun, run: FlowRun, reason: str) -> Record:
    due = other.expected_start_time or other.created or utc_now()
    return Record(
        run_id=f"{due:%Y%m%dT%H%M%S%f}Z-{str(other.id)[:8]}",
        started_at=(other.start_time or due).isoformat(),
        ended_at=utc_now().isoformat(),
        state="died",
        message=(
            f"Prefect's run {other.name}, due at {due:%Y-%m-%d %H:%M} UTC, came to nothing: "
            f"{' '.join(reason.split())[:500]} Look at the worker and the server of that time; "
            f"this run ({run.name}) does its work."
        ),
        flow=_flow_of(other),
        prefect_run=str(other.id),
    )


def _flow_of(other: FlowRun) -> str:
    return str(other.labels.get("prefect.flow.name") or "flow")


def _runs(client: SyncPrefectClient, run: FlowRun, *conditions: dict[str, Any]) -> list[FlowRun]:
    """The runs of the deployment of `run` that meet these conditions, oldest first."""
    wanted = FlowRunFilter.model_validate(
        {"deployment_id": {"any_": [str(run.deployment_id)]}}
        | {name: value for condition in conditions for name, value in condition.items()}
    )
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(
            flow_run_filter=wanted,
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=_PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < _PAGE:
            return found


def tell_what_was_not_kept(flow: Any, run: Any, state: State[Any]) -> None:
    """After a run that failed or crashed: where its own steps did not come to keep and tell it
    (parameters that cannot be, a process that was ended), it is kept and told here."""
    if str(run.id) in _BEGAN_HERE:
        return
    settings = Settings.as_far_as_readable()
    # what a run that sends nothing leaves, the next tells
    sends = run.parameters.get("send") is not False
    settle_dead_runs(settings.warehouse)
    if str(run.id) in {record.prefect_run for record in read_records(settings.warehouse)}:
        if sends:
            tell_data_owner(settings)
        return
    error: Any = state.result(raise_on_failure=False)
    reason = (sentence(error) if isinstance(error, BaseException) else None) or state.message
    ending = Ending(flow.name, str(run.id), run_id=new_run_id(), state="failed", message=reason)
    record = ending.record
    if settings.warehouse.is_dir():
        keep(settings.warehouse, record)
        told = tell_data_owner(settings) if sends else None
    elif sends:
        text = f"Run {run.name} of wijkpeil failed.\n\n{reason}\n"
        told = send_notice(settings, f"wijkpeil: run {run.name} failed", text)
    else:
        told = None
    _log().info(told or "The data owner was not told.")
