"""What several tests of a stage start from."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from client_helpers import stand_in
from explained_world import explained_warehouse
from mail_helpers import MailHost
from outbox_helpers import Clock
from refusing_server import Answers, RefusingServer

from wijkpeil.demo import StandInCbs
from wijkpeil.report import write_report
from wijkpeil.report.load import Pages
from wijkpeil.report.render import Renderer
from wijkpeil.settings import Settings
from wijkpeil.sources import snapshots


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    """A stand-in CBS with the tables of these tests, where a module has no other."""
    with stand_in() as server:
        yield server


@pytest.fixture
def host(tmp_path: Path) -> Iterator[MailHost]:
    """A real mail server, where a module has no other."""
    with MailHost(tmp_path) as found:
        yield found


@pytest.fixture
def settings(host: MailHost, tmp_path: Path) -> Settings:
    """Settings that lead to that server, where a module has none of its own."""
    return host.settings(tmp_path / "warehouse")


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves on."""
    return Clock()


@pytest.fixture
def answers() -> Answers:
    """What a mail server answers that refuses, for a test to fill in."""
    return Answers()


@pytest.fixture
def server(answers: Answers) -> Iterator[RefusingServer]:
    """The mail server that answers so."""
    with RefusingServer(answers) as found:
        yield found


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an edition to be explained, made once. Never changed."""
    return explained_warehouse(tmp_path_factory.mktemp("explained"))


@pytest.fixture
def wijkpeil(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command, in this process and with a module's own settings: exit code, what it printed
    and what it said on stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        from wijkpeil.cli import main

        for name in ("catalog", "warehouse", "cbs_v3_url", "cbs_third_party_url", "cbs_v4_url"):
            monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
        monkeypatch.setattr(sys, "argv", ["wijkpeil", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network has faults here, the power has none: nothing waits for the disk."""
    monkeypatch.setattr(snapshots, "sync", lambda path: None)


@pytest.fixture(scope="session")
def edition(demo_edition: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def pages(demo_edition: Path) -> tuple[Renderer, dict[tuple[str, str], dict[str, Any]]]:
    """What draws the Dutch pages, and the data of each."""
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        found = Pages(connection, demo_edition.parent)
        data = {
            (kind, name): json.loads(text) for kind, name, text in found.data([*found.hashes()])
        }
        return Renderer(found.site, "nl"), data


@pytest.fixture(scope="module")
def site(demo_edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("report")
    os.link(demo_edition, warehouse / "wijken.duckdb")
    return write_report(warehouse).folder
