"""A fresh small world for each test, with one edition published, and the command to run in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import Ran, Wijkpeil
from small_world import SmallWorld, clean_environment, small_world

from wijkpeil.runs import PlainRunner, run_refresh, steps


@pytest.fixture(scope="session")
def first_edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The warehouse after one run in the small world. Copied, never changed."""
    folder = tmp_path_factory.mktemp("first")
    with small_world(folder) as world, pytest.MonkeyPatch.context() as patch:
        for name, text in world.environment.items():
            patch.setenv(name, text)
        outcome = run_refresh(PlainRunner())
        assert outcome.problem is None, outcome.problem
        assert len(world.mail.messages) == 1
        yield world.warehouse


# what is wrong with the input; the other suites are about what the SQL makes of it
_OF_INPUT = ("core.input_problem", "core.input_warning", "core.extract_account")


@pytest.fixture
def figures_only(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the site, and the checks of what is computed, for tests that ask nothing of them:
    they are half of the time of a run."""
    suites = tmp_path_factory.mktemp("suites")
    for name in _OF_INPUT:
        shutil.copy(steps.SUITES / f"{name}.json", suites)
    monkeypatch.setattr(steps, "SUITES", suites)
    monkeypatch.setattr(steps, "make_report", lambda _settings: None)


@pytest.fixture
def empty_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorld]:
    """The small world before its first run."""
    with small_world(tmp_path) as world:
        for name, text in world.environment.items():
            monkeypatch.setenv(name, text)
        yield world


@pytest.fixture
def world(empty_world: SmallWorld, first_edition: Path) -> SmallWorld:
    """The small world after its first run, with nothing changed since."""
    shutil.copytree(first_edition, empty_world.warehouse)
    return empty_world


@pytest.fixture
def wijkpeil(
    empty_world: SmallWorld,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Wijkpeil:
    """Run the command in this process, as from a shell."""
    from wijkpeil.cli import main

    def run(*words: str, **settings: str) -> Ran:
        before = len(empty_world.cbs.requests)
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, text in settings.items():
                patch.setenv(name, text)
            patch.setattr(sys, "argv", ["wijkpeil", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return Ran(code, printed.out, printed.err, before)

    return run


@pytest.fixture
def started(empty_world: SmallWorld) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command in a process of its own; what still runs at the end is ended."""
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "wijkpeil.cli", *words],
                env=clean_environment(empty_world),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
