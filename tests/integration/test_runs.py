"""However a run ends a record of it is kept, and a bad end is told to the data owner once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mail_helpers import SENDER, MailHost

from wijkpeil.edition.folder import AtWorkElsewhere, writing
from wijkpeil.errors import WijkError
from wijkpeil.runs import PlainRunner, run_deliver, run_refresh
from wijkpeil.runs.failures import LINES, line_of, tell_failures
from wijkpeil.runs.keeping import Ending, kept, tell_data_owner, tell_of_long_runs
from wijkpeil.runs.records import (
    Record,
    at_work,
    dead_runs,
    keep,
    live_runs,
    read_records,
    settle_dead_runs,
)
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import utc_now

OWNER = "eigenaar@voorbeeld.example"
DIES = """
import os, signal, sys
from pathlib import Path
from wijkpeil.runs.records import at_work
with at_work(Path(sys.argv[1]), "r1", flow="refresh", prefect_run="p1") as working:
    working.enter("build")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    monkeypatch.setenv("WIJK_WAREHOUSE", str(folder))
    monkeypatch.setenv("WIJK_CATALOG", str(tmp_path / "catalog"))
    return folder


@pytest.fixture
def host(tmp_path: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A mail server that the environment leads to, and a data owner."""
    with MailHost(tmp_path) as host:
        settings = host.settings(warehouse)
        for name in ("smtp_url", "smtp_password_file", "mail_from"):
            monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
        monkeypatch.setenv("WIJK_DATA_OWNER", OWNER)
        yield host


def a_record(number: int = 1, **changes: Any) -> Record:
    began = utc_now().isoformat()
    return replace(Record(f"r{number}", began, began, "failed", f"Reason {number}."), **changes)


def test_a_killed_process_leaves_a_run_that_is_found_dead_once(warehouse: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(warehouse)], check=False)
    assert [record.run_id for record in dead_runs(warehouse)] == ["r1"]
    (record,) = settle_dead_runs(warehouse)
    assert record.state == "died" and record.prefect_run == "p1"
    assert "at stage 'build' without a word: its process was killed" in (record.message or "")
    assert settle_dead_runs(warehouse) == [] and read_records(warehouse) == [record]
    assert list((warehouse / "runs").glob("*.started")) == []


def test_a_run_at_work_is_not_taken_for_dead(warehouse: Path) -> None:
    with at_work(warehouse, "r1", flow="refresh"):
        assert dead_runs(warehouse) == []
        assert [known["run_id"] for known in live_runs(warehouse)] == ["r1"]
    assert live_runs(warehouse) == [] and dead_runs(warehouse) == []


def test_where_locks_do_nothing_a_process_that_lives_is_not_dead(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wijkpeil.runs.records.fcntl.flock", lambda *_: None)
    with at_work(warehouse, "r1", flow="refresh"):
        assert dead_runs(warehouse) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": {"id": 1, "started": "0"}}'])
def test_a_file_that_a_power_cut_left_is_a_dead_run(warehouse: Path, content: str) -> None:
    (warehouse / "runs").mkdir()
    (warehouse / "runs" / "r9.started").write_text(content)
    (record,) = settle_dead_runs(warehouse)
    assert record.run_id == "r9" and record.state == "died"


def test_a_machine_that_was_started_again_is_told(warehouse: Path) -> None:
    with at_work(warehouse, "r1", flow="refresh") as working:
        known = {**working.known, "process": {**working.known["process"], "boot": "another"}}
    (warehouse / "runs" / "r1.started").write_text(json.dumps(known))
    (record,) = dead_runs(warehouse)
    assert "The machine was started again since." in (record.message or "")


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (WijkError("Mend it."), "failed", "Mend it."),
        (TypeError("no\nsuch"), "failed", "TypeError: no such (a fault of wijkpeil itself"),
        (ExceptionGroup("both", [TypeError("x")]), "failed", "ExceptionGroup"),
        (RecursionError("deep"), "failed", "RecursionError: deep"),
        (MemoryError(), "failed", "memory"),
        (SystemExit(3), "stopped", "stopped (SystemExit)"),
        (KeyboardInterrupt(), "stopped", "stopped (KeyboardInterrupt)"),
    ],
)
def test_any_exception_leaves_a_record(
    warehouse: Path, host: Any, error: BaseException, state: str, told: str
) -> None:
    with pytest.raises(type(error)), kept(Ending("refresh")):
        raise error
    (record,) = read_records(warehouse)
    assert (record.state, told in (record.message or "")) == (state, True), record
    assert len(host.box.mails) == (state == "failed")


def test_a_mistake_in_the_settings_is_kept_and_mailed(
    warehouse: Path, host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIJK_TIMEOUT_S", "soon")
    for run in (lambda: run_refresh(PlainRunner()), lambda: run_deliver(PlainRunner())):
        with pytest.raises(WijkError, match="WIJK_TIMEOUT_S"):
            run()
    assert [record.flow for record in read_records(warehouse)] == ["refresh", "deliver"]
    assert [to for to, _ in host.box.mails] == [[OWNER], [OWNER]]
    # every five minutes, but one and the same is told once a day
    with pytest.raises(WijkError, match="WIJK_TIMEOUT_S"):
        run_deliver(PlainRunner())
    assert len(read_records(warehouse)) == len(host.box.mails) == 2


def test_a_run_that_another_keeps_from_working_leaves_nothing(
    warehouse: Path, host: Any, tmp_path: Path
) -> None:
    (tmp_path / "catalog").mkdir()
    with (
        writing(warehouse),
        pytest.raises(AtWorkElsewhere),
        kept(Ending("refresh")),
        writing(warehouse),
    ):
        pass
    assert read_records(warehouse) == [] and host.box.mails == []


def test_a_short_run_finds_a_dead_one_and_tells_it_once(warehouse: Path, host: Any) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(warehouse)], check=False)
    (died,) = run_deliver(PlainRunner()).died
    assert died.run_id == "r1"
    assert run_deliver(PlainRunner()).died == ()
    assert len(host.box.mails) == 1 and read_records(warehouse)[0].told_at


def test_what_could_not_be_mailed_is_told_by_the_next_run(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(warehouse, a_record())
    settings = Settings(warehouse=warehouse, mail_from=SENDER, data_owner=OWNER)
    assert "WIJK_SMTP_URL is not set" in (tell_data_owner(settings) or "")
    with MailHost(tmp_path) as host:
        settings = replace(host.settings(warehouse), data_owner=OWNER)
        assert tell_data_owner(settings) == f"A notice was mailed to {OWNER}."
        assert tell_data_owner(settings) is None
        assert len(host.box.mails) == 1


def test_records_from_before_and_old_ones_are_not_told(warehouse: Path) -> None:
    before = dict.fromkeys(("run_id", "started_at", "ended_at", "message"), "x")
    before |= {"state": "failed", "edition_id": None, "sources": []}
    (warehouse / "runs").mkdir()
    (warehouse / "runs" / "x.json").write_text(json.dumps(before))
    keep(warehouse, a_record(2, ended_at=(utc_now() - timedelta(days=20)).isoformat()))
    (warehouse / "runs" / "broken.json").write_text("{")
    assert len(read_records(warehouse)) == 2
    assert tell_data_owner(Settings(warehouse=warehouse)) is None


def test_a_run_that_works_for_too_long_is_told_once(warehouse: Path, host: Any) -> None:
    settings = Settings.from_environment()
    with at_work(warehouse, "r1", flow="refresh") as working:
        assert tell_of_long_runs(settings) == []
        working.known["started_at"] = (utc_now() - timedelta(hours=7)).isoformat()
        working.enter("build")
        (told,) = tell_of_long_runs(settings)
        assert "at work for over 6 hours, at stage 'build'" in told
        assert f"end process {os.getpid()}" in told
        assert tell_of_long_runs(settings) == []
    assert len(host.box.mails) == 1


def test_a_run_that_cannot_begin_tells_of_one_that_hangs(
    warehouse: Path, host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wijkpeil.runs.orchestration.load_catalog", lambda _: Catalog)

    class Catalog:
        sources = ()

    with writing(warehouse), at_work(warehouse, "r1", flow="refresh") as working:
        working.known["started_at"] = (utc_now() - timedelta(hours=7)).isoformat()
        working.write()
        for _ in range(2):
            with pytest.raises(AtWorkElsewhere):
                run_refresh(PlainRunner())
    assert [to for to, _ in host.box.mails] == [[OWNER]] and read_records(warehouse) == []


def test_one_failure_is_told_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "errors.txt"
    assert tell_failures([], {}, file) == (None, None)
    assert tell_failures([], {"kwb": "What; do."}, file) == ("Source kwb: What; do.", None)
    assert tell_failures(["What; do."], {}, file) == ("What; do.", None)
    assert tell_failures(["So."], {"one": "No.", "two": "Yes of two."}, file) == (
        "Source one: No. Yes of two. So.",
        None,
    )
    assert not file.exists()


def test_of_many_failures_there_is_a_table_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "r1.errors.txt"
    failed = {
        f"source_{number:03}": f"CBS 8{number:04}NED: no measure '{'x' * 300}'; write that down. "
        "Its snapshot of 2026-01-01 (3 days old) stays in use."
        for number in range(302)
    }
    told = tell_failures(["The report failed; free some space."], failed, file)[0] or ""
    lines = told.splitlines()
    assert len(lines) == LINES + 3 and len(told) < 6000
    assert lines[1].split() == ["source", "what", "what", "to", "do"]
    assert lines[2].startswith("the run ") and lines[2].endswith("free some space.")
    assert "CBS 80000NED" in lines[3] and "write that down. Its snapshot of 2026-01-01" in lines[3]
    assert lines[-1] == f"278 more, and all in full: {file}"
    text = file.read_text()
    assert all(f"{name}: {sentence}" in text for name, sentence in failed.items())


def test_a_table_says_all_where_there_is_room(tmp_path: Path) -> None:
    failed = {"a": "No answer; wait.", "b": "No file", "c": "No.", "d": "Nor this; mend it."}
    told, _ = tell_failures([], failed, tmp_path / "errors.txt")
    assert (told or "").splitlines() == [
        "4 sources failed:",
        "source  what       what to do",
        "a       No answer  wait.",
        "b       No file",
        "c       No.",
        "d       Nor this   mend it.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_sources_that_failed_for_one_reason_are_one_line(tmp_path: Path) -> None:
    failed = dict.fromkeys(("one", "two", "six"), "The host is down; wait.")
    file = tmp_path / "errors.txt"
    assert tell_failures([], failed, file)[0] == "Sources one, two, six: The host is down; wait."
    failed |= {name: f"No file {name}; put it there." for name in "def"}
    told = (tell_failures([], failed, file)[0] or "").splitlines()
    assert told[0] == "6 sources failed:"
    assert told[2].startswith("one and 2 more  The host is down")


def test_where_the_file_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("no folder")
    told = tell_failures([], {"a": "x" * 950, "b": "y"}, tmp_path / "runs" / "errors.txt")[0] or ""
    assert told.splitlines()[-1].startswith("All in full: ") and "could not be written" in told


def test_what_to_do_stands_after_the_last_semicolon() -> None:
    found = line_of("a", "It has no x; nearest: 'y'; write it. Its snapshot of 2026 stays.")
    assert (found.what, found.to_do) == (
        "It has no x; nearest: 'y'",
        "write it. Its snapshot of 2026 stays.",
    )
