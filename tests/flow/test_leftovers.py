"""What a crash leaves at Prefect is ended and told by the next run; what is late is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed, Pending, Running, Scheduled

from flows import deployment
from flows.deliver import deliver
from flows.deployment import TaskRunner
from wijkpeil.runs import prefect_api
from wijkpeil.runs.prefect_api import find_dead_runs
from wijkpeil.runs.records import Record, at_work, keep, read_records
from wijkpeil.sources.snapshots import utc_now


@dataclass
class AtPrefect:
    """A deployment of `deliver` at a real server, and a run of it that is at work."""

    client: SyncPrefectClient
    deployment: UUID
    warehouse: Path

    def run(self, state: State[Any], **parameters: Any) -> FlowRun:
        return self.client.create_flow_run_from_deployment(
            self.deployment, state=state, parameters=parameters
        )

    def state(self, run: FlowRun) -> str:
        state = self.client.read_flow_run(run.id).state
        assert state
        return state.type.value

    def settle(self, run: FlowRun) -> list[Record]:
        runner = TaskRunner()
        runner.run = self.client.read_flow_run(run.id)
        return runner.settle(self.warehouse)


@pytest.fixture
def prefect(
    prefect_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AtPrefect]:
    monkeypatch.setattr(deployment, "BEGIN_WITHIN", timedelta(0))
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name("deliver")
        name = tmp_path.name
        made = client.create_deployment(flow_id, name, entrypoint="flows/deliver.py:deliver")
        yield AtPrefect(client, made, tmp_path)
        client.delete_deployment(made)


def test_dead_runs_are_ended_kept_and_told_once(prefect: AtPrefect) -> None:
    dead = [prefect.run(Pending()), prefect.run(Running())]
    ours = prefect.run(Running())
    found = prefect.settle(ours)
    assert [prefect.state(run) for run in dead] == ["CRASHED", "CRASHED"]
    assert prefect.state(ours) == "RUNNING"
    assert {record.prefect_run for record in found} == {str(run.id) for run in dead}
    assert all(record.state == "died" and record.told_at is None for record in found)
    assert "It was pending and no process worked on it." in str([r.message for r in found])
    assert prefect.settle(ours) == [] and len(read_records(prefect.warehouse)) == 2


def test_doctor_sees_what_a_real_server_takes_to_be_at_work(
    prefect: AtPrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_api, "BEGIN_WITHIN", timedelta(0))
    runs = [prefect.run(state()) for state in (Pending, Running, Running, Completed, Scheduled)]
    pending, running, live, *_ = (run.name for run in runs)
    found = find_dead_runs(str(prefect.client.api_url), {str(runs[2].id)})
    assert {pending, running} <= set(found)
    assert not {live, *(run.name for run in runs[3:])} & set(found)


def test_a_run_at_work_is_left_alone(prefect: AtPrefect) -> None:
    other, ours = prefect.run(Running()), prefect.run(Running())
    with at_work(prefect.warehouse, "r1", flow="refresh", prefect_run=str(other.id)):
        assert prefect.settle(ours) == []
    assert prefect.state(other) == "RUNNING"


def test_a_run_that_failed_before_its_first_line_is_told(prefect: AtPrefect) -> None:
    early = prefect.run(Failed(message="Flow could not be retrieved from deployment."))
    began, known = prefect.run(Failed(message="x")), prefect.run(Failed(message="y"))
    prefect.client.update_flow_run_labels(began.id, {"wijkpeil.began": True})
    moment = utc_now().isoformat()
    keep(
        prefect.warehouse,
        Record("r1", moment, moment, "failed", "y", prefect_run=str(known.id)),
    )
    (record,) = prefect.settle(prefect.run(Running()))
    assert record.prefect_run == str(early.id)
    assert "came to nothing: Flow could not be retrieved" in (record.message or "")


def test_of_late_runs_all_but_this_one_are_dropped(
    prefect: AtPrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = utc_now() - timedelta(hours=1)
    late = [prefect.run(Scheduled(scheduled_time=past)) for _ in range(5)]
    asked_for, other = (
        prefect.run(Scheduled(scheduled_time=past)),
        prefect.run(Scheduled(scheduled_time=past), only=["x"]),
    )
    to_come = prefect.run(Scheduled(scheduled_time=utc_now() + timedelta(hours=1)))
    done, ours = prefect.run(Completed()), prefect.run(Running())
    by_schedule = {run.id for run in (*late, other, to_come)}
    read = SyncPrefectClient.read_flow_runs

    def as_scheduled(client: SyncPrefectClient, **wanted: Any) -> list[FlowRun]:
        return [
            run.model_copy(update={"auto_scheduled": run.id in by_schedule})
            for run in read(client, **wanted)
        ]

    monkeypatch.setattr(SyncPrefectClient, "read_flow_runs", as_scheduled)
    prefect.settle(ours)
    assert {prefect.state(run) for run in late} == {"CANCELLED"}
    assert [prefect.state(run) for run in (asked_for, other, to_come, done, ours)] == [
        *("SCHEDULED", "SCHEDULED", "SCHEDULED", "COMPLETED", "RUNNING"),
    ]


def test_a_server_that_stops_fails_no_run(
    prefect: AtPrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise ConnectionError("gone")

    warned: list[str] = []
    monkeypatch.setattr(deployment, "get_client", gone)
    monkeypatch.setattr(deployment, "create_markdown_artifact", gone)
    monkeypatch.setattr(TaskRunner, "warn", lambda _, text: warned.append(text))
    assert prefect.settle(prefect.run(Running())) == []
    TaskRunner().show_text("x", "y", "z")
    assert [text.count("ConnectionError: gone") for text in warned] == [1, 1]


def test_both_flows_tell_what_they_could_not_keep_themselves() -> None:
    from flows.refresh import refresh

    for flow in (refresh, deliver):
        for hooks in (flow.on_failure_hooks, flow.on_crashed_hooks):
            assert [hook.__name__ for hook in hooks] == ["tell_what_was_not_kept"]


@pytest.mark.parametrize(("parameters", "is_told"), [({"send": False}, False), ({}, True)])
def test_what_a_run_without_mail_could_not_keep_the_next_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any], is_told: bool
) -> None:
    told: list[object] = []
    monkeypatch.setenv("WIJK_WAREHOUSE", str(tmp_path))
    monkeypatch.setattr(deployment, "tell_data_owner", told.append)
    run = SimpleNamespace(id="p1", name="otter", parameters=parameters)
    deployment.tell_what_was_not_kept(deliver, run, Failed(message="Its process was ended."))
    assert bool(told) == is_told
    (record,) = read_records(tmp_path)
    assert (record.message, record.told_at) == ("Its process was ended.", None)
