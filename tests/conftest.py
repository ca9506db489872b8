"""What all tests share: no telemetry, one Prefect server for those that ask, no silent skip."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

# Read when Prefect and GX are imported, also by subprocesses; nothing of the user's is touched.
_HOME = tempfile.mkdtemp(prefix="wijkpeil-tests-")
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": f"{_HOME}/prefect",
        "PREFECT_PROFILES_PATH": f"{_HOME}/prefect/profiles.toml",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }
)
os.environ.pop("PREFECT_API_URL", None)
_NO_SKIP = os.environ.get("TESTS_MAY_NOT_SKIP", "") == "1"


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _no_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _no_skip(report)
    return report


def _no_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skip is a failure with its reason where TESTS_MAY_NOT_SKIP=1 says that all must run."""
    if _NO_SKIP and report.outcome == "skipped":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"TESTS_MAY_NOT_SKIP=1 and this test did not run. {reason}"


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The API address of the one Prefect server, which flows in this process use by themselves."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=None):
        from prefect.settings import PREFECT_API_URL

        yield str(PREFECT_API_URL.value())


@pytest.fixture(scope="session")
def demo_edition(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The file of the demo's published edition, made once for all processes. Never changed."""
    from demo_edition import publish_demo

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo-edition"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        edition = folder / "warehouse" / "wijken.duckdb"
        if not edition.exists():
            publish_demo(folder)
    return edition


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test reads the settings it makes itself, not those of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("WIJK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _stay_in_the_project() -> None:
    """Commands in subprocesses find the package from here, wherever pytest was started."""
    os.chdir(Path(__file__).parents[1])
