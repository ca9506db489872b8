"""The lines of docs/operations.md for a schedule, on a machine that has nothing yet: a real server,
a real worker, and what a crash of both leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from small_world import SmallWorld, clean_environment, small_world
from urllib3.util import Retry

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
LINES = re.findall(r"```sh\n(.*?)```", PAGE.split("## On a schedule")[1], re.DOTALL)[0]
PATIENCE_S = 600.0
# from the restart of server and worker to the end of the next run, and from one run to another
WORKS_AGAIN_S = 120.0
DEPLOYMENTS = ("refresh/weekly", "deliver/mail")
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Machine:
    """A home without anything in it, and the commands of the page in it."""

    def __init__(self, folder: Path, world: SmallWorld) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.home = folder / "home"
        self.home.mkdir()
        self.api = f"http://127.0.0.1:{self.port}/api"
        kept = {
            name: text
            for name, text in clean_environment(world).items()
            if not name.startswith("PREFECT_")
        }
        self.environment = {
            **kept,
            "HOME": str(self.home),
            "PREFECT_SERVER_API_PORT": str(self.port),
            "DO_NOT_TRACK": "1",
        }
        self.groups: list[subprocess.Popen[bytes]] = []
        self.log = folder / "worker.log"

    def words(self, *lines: str) -> list[str]:
        """These lines for a shell, with the port and the environment of this machine."""
        text = "\n".join(["set -e", f"export PREFECT_API_URL={self.api}", *lines])
        text = text.replace(":4200/", f":{self.port}/")
        return ["bash", "-c", text.replace(".venv/bin/", f"{Path(sys.executable).parent}/")]

    def run(self, *lines: str) -> str:
        """Run commands to their end, which must be well; what they printed."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
            shell = subprocess.Popen(
                self.words(*lines),
                cwd=ROOT,
                env={**self.environment, "COLUMNS": "200"},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )
            # what a line left at work is in the group of the shell
            self.groups.append(shell)
            code = shell.wait(timeout=PATIENCE_S)
            told.seek(0)
            printed = told.read()
        assert code == 0, f"{lines}\n{printed}"
        return printed

    def start_worker(self, line: str) -> None:
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                self.words(f"exec {line}"),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.groups.append(worker)

    def stop(self) -> None:
        """Pull the plug: server, worker and what they started are gone in one moment."""
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group.pid, signal.SIGKILL)
            group.wait()
        self.groups.clear()

    def ask(self, path: str, **body: Any) -> Any:
        with requests.Session() as session:
            # a server on SQLite that is busy says 503, and clients ask again
            again = Retry(20, status_forcelist=[503], allowed_methods=None, backoff_factor=0.5)
            session.mount("http://", HTTPAdapter(max_retries=again))
            answer = session.post(f"{self.api}{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def deployment(self, name: str) -> str:
        answer = requests.get(f"{self.api}/deployments/name/{name}", timeout=60)
        return str(answer.json()["id"])

    def ask_for_run(self, name: str, state: str = "SCHEDULED") -> str:
        path = f"/deployments/{self.deployment(name)}/create_flow_run"
        return str(self.ask(path, state={"type": state})["id"])

    def runs(self, ids: list[str]) -> list[dict[str, Any]]:
        found = []
        for some in (ids[first : first + 100] for first in range(0, len(ids), 100)):
            found += self.ask("/flow_runs/filter", flow_runs={"id": {"any_": some}})
        return found

    def count(self, ids: list[str], states: set[str]) -> int:
        """How many of these runs are in these states: asked often, so in one small answer."""
        some = {"id": {"any_": ids}, "state": {"type": {"any_": sorted(states)}}}
        return int(self.ask("/flow_runs/count", flow_runs=some))

    def wait_until(self, is_so: Callable[[], bool]) -> float:
        """The seconds until it is so."""
        begun = time.monotonic()
        while not is_so():
            told = self.log.read_text()[-3000:] if self.log.exists() else ""
            assert time.monotonic() - begun < PATIENCE_S, told
            time.sleep(1.0)
        return time.monotonic() - begun

    def wait_for(self, run_id: str) -> dict[str, Any]:
        self.wait_until(lambda: self.runs([run_id])[0]["state_type"] in ENDED)
        return self.runs([run_id])[0]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[tuple[Machine, SmallWorld]]:
    with small_world(tmp_path / "world") as world:
        machine = Machine(tmp_path, world)
        try:
            yield machine, world
        finally:
            machine.stop()


@pytest.mark.timeout(1800)
def test_the_lines_of_the_page_on_a_fresh_machine(machine: tuple[Machine, SmallWorld]) -> None:
    computer, world = machine
    *prepare, work = LINES.splitlines()
    _, start, until_it_answers, *_ = prepare
    computer.run(*prepare)
    listed = computer.run(".venv/bin/prefect deployment ls")
    assert all(name in listed for name in DEPLOYMENTS), listed
    computer.start_worker(work)
    runs = {name: computer.ask_for_run(name) for name in DEPLOYMENTS}
    for name, run_id in runs.items():
        ended = computer.wait_for(run_id)
        assert ended["state_name"] == "Completed", (name, ended["state"])
    assert "refresh" in computer.run(".venv/bin/prefect flow-run ls")
    assert len(world.mail.messages) == 1
    (record,) = (world.warehouse / "runs").glob("*.json")
    kept = json.loads(record.read_text())
    assert (kept["state"], kept["prefect_run"]) == ("published", runs["refresh/weekly"])

    # the plug is pulled with a run of each deployment pending and one running
    dead = [computer.ask_for_run(*run) for run in product(DEPLOYMENTS, ("PENDING", "RUNNING"))]
    computer.stop()
    begun = time.monotonic()
    computer.run(start, until_it_answers)
    computer.start_worker(work)
    for name in ("deliver/mail", "refresh/weekly"):
        ended = computer.wait_for(computer.ask_for_run(name))
        assert ended["state_name"] == "Completed", (name, ended["state"])
        took, begun = time.monotonic() - begun, time.monotonic()
        assert took <= WORKS_AGAIN_S, name

    # it is pulled again, and stays out for a weekend
    deliver = computer.deployment("deliver/mail")
    computer.stop()
    late = a_weekend_of_late_runs(computer.home / ".prefect" / "prefect.db", deliver)
    assert len(late) > 100
    computer.run(start, until_it_answers)
    computer.start_worker(work)
    computer.wait_until(lambda: computer.count(late, ENDED) == len(late))
    states = [run["state_name"] for run in computer.runs(late)]
    # a worker had taken a few before they could be dropped
    done = states.count("Completed")
    assert 1 <= done <= 20 and states.count("Cancelled") == len(late) - done
    # what was at work when the plug was pulled holds nobody up
    assert computer.wait_for(computer.ask_for_run("deliver/mail"))["state_name"] == "Completed"
    assert {run["state_type"] for run in computer.runs(dead)} <= {"PENDING", "RUNNING", "CRASHED"}


def a_weekend_of_late_runs(database: Path, deployment: str) -> list[str]:
    """Make the runs that are scheduled late, and as many more as a weekend gives; their ids.

    Every five minutes for two days the server makes one more while no worker takes any, and marks
    it late when it is.
    """
    with sqlite3.connect(database) as db:
        db.row_factory = sqlite3.Row
        due = "auto_scheduled and state_type = 'SCHEDULED' and deployment_id = ?"
        rows = [
            dict(row) for row in db.execute(f"select * from flow_run where {due}", [deployment])
        ]
        assert rows
        states = [dict(row) for row in db.execute(
            "select * from flow_run_state where id = ?", [rows[0]["state_id"]])]  # fmt: skip
        db.execute(f"delete from flow_run where {due}", [deployment])
        made = []
        for number in range(576):
            run, state = dict(rows[0]), dict(states[0])
            run["id"], state["id"] = (f"{n:032x}"[-32:] for n in (10_000 + number, 20_000 + number))
            run["id"], state["id"] = (
                "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
                for text in (run["id"], state["id"])
            )
            (moment,) = db.execute(
                "select strftime('%Y-%m-%d %H:%M:%f000', 'now', ?)",
                [f"-{5 * (number + 1)} minutes"],
            ).fetchone()
            run |= {"expected_start_time": moment, "next_scheduled_start_time": moment}
            run |= {"state_id": state["id"], "idempotency_key": f"late {number}"}
            run["state_name"] = "Late"
            details = json.loads(state["state_details"])
            details["scheduled_time"] = f"{moment.replace(' ', 'T')}Z"
            state |= {"flow_run_id": run["id"], "name": "Late"}
            state["state_details"] = json.dumps(details)
            for table, row in (("flow_run", run), ("flow_run_state", state)):
                names = ", ".join(row)
                marks = ", ".join(f":{name}" for name in row)
                db.execute(f"insert into {table} ({names}) values ({marks})", row)
            made.append(run["id"])
    return made
