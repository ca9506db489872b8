"""A Prefect server that cannot be used is told in one sentence, without importing Prefect."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from wijkpeil.doctor.environment import look_at_prefect
from wijkpeil.runs.prefect_api import (
    count_late_runs,
    find_dead_runs,
    own_prefect,
    shown_address,
    why_unusable,
)
from wijkpeil.runs.records import at_work
from wijkpeil.settings import Settings

JSON = "application/json"
LOGIN = "Basic YWRtaW46Z2VoZWlt"


@contextmanager
def answering(status: int, body: str, kind: str = JSON, **headers: str) -> Iterator[str]:
    """A server that answers everything so; with the login of admin:geheim where it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            is_refused = status == 401 and self.headers.get("Authorization") != LOGIN
            self.send_response(401 if is_refused else 200 if status == 401 else status)
            self.send_header("Content-Type", kind)
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_that_answers_can_be_used() -> None:
    with answering(200, "[]") as url:
        assert why_unusable(url, {}) is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (200, "<html>Sign in</html>", "text/html", "is no Prefect API (HTTP 200, text/html)"),
        (200, "{}", JSON, "is no Prefect API"),
        (404, '{"detail": "Not Found"}', JSON, "is no Prefect API (HTTP 404"),
        (302, "", "text/html", "is no Prefect API (HTTP 302"),
        (500, "", JSON, "is no Prefect API (HTTP 500"),
        (422, "[]", JSON, "is no Prefect API (HTTP 422"),
        (401, "[]", JSON, "wants a login (HTTP 401); set PREFECT_API_AUTH_STRING"),
        (403, "", "text/html", "wants a login (HTTP 403)"),
    ],
)
def test_another_answer_is_told(status: int, body: str, kind: str, told: str) -> None:
    with answering(status, body, kind, Location="http://127.0.0.1:1/login") as url:
        assert told in (why_unusable(url, {}) or "")


def test_the_login_is_given_and_never_shown() -> None:
    with answering(401, "[]") as url:
        assert why_unusable(url, {"PREFECT_API_AUTH_STRING": "admin:geheim"}) is None
        wrong = why_unusable(url, {"PREFECT_API_AUTH_STRING": "admin:mis"}) or ""
    assert "wants a login" in wrong and "mis" not in wrong
    assert shown_address("http://admin:geheim@host:4200/api") == "http://host:4200/api"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:{free}/api", "does not answer (ConnectionError); start the server"),
        ("http://no-such-host.invalid/api", "does not answer (ConnectionError)"),
        ("http://127.0.0.1:99999/api", "does not answer"),
        ("http://[::1/api", "does not answer"),
        ("127.0.0.1:4200/api", "is no web address"),
        ("ftp://host/api", "is no web address"),
        ("http:///api", "is no web address"),
    ],
)
def test_no_answer_is_told(url: str, told: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert told in (why_unusable(url.format(free=taken.getsockname()[1]), {}) or "")


def test_https_to_a_server_without_it_is_told() -> None:
    with answering(200, "[]") as url:
        told = why_unusable(url.replace("http:", "https:"), {}) or ""
    assert "does not answer (SSLError)" in told


@pytest.mark.parametrize(("body", "late"), [("576", 576), ("null", 0), ("no", 0)])
def test_late_runs_are_counted(body: str, late: int) -> None:
    with answering(200, body) as url:
        assert count_late_runs(url, {}) == late


def at_work_since(**minutes: float) -> str:
    """What a server says of runs that are at work for so long."""
    now = datetime.now(UTC)
    return json.dumps(
        [
            {
                "id": f"id-{name}",
                "name": name,
                "state": {"timestamp": (now - timedelta(minutes=since)).isoformat()},
            }
            for name, since in minutes.items()
        ]
    ).replace("+00:00", "Z")


def test_runs_that_no_process_works_on_are_found() -> None:
    with answering(200, at_work_since(otter=11, heron=600, bee=9)) as url:
        assert find_dead_runs(url, set(), {}) == ["otter", "heron"]
        assert find_dead_runs(url, {"id-otter"}, {}) == ["heron"]
    for body in ("null", "no", "[{}]", '{"detail": 1}'):
        with answering(200, body) as url:
            assert find_dead_runs(url, set(), {}) == []


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ({"otter": 11}, "Prefect takes otter to be at work, and no process of this warehouse"),
        ({"otter": 11, "bee": 12}, "Prefect takes otter and 1 more to be at work"),
        ({"otter": 9, "ours": 600}, None),
    ],
)  # fmt: skip
def test_doctor_tells_of_runs_that_died_at_prefect(
    tmp_path: Path, runs: dict[str, float], told: str | None
) -> None:
    with (
        answering(200, at_work_since(**runs)) as url,
        at_work(tmp_path, "r1", flow="refresh", prefect_run="id-ours"),
    ):
        found = [*look_at_prefect(Settings(warehouse=tmp_path), url, offline=False)]
    warned = [each.sentence for each in found if each.level == "warning"]
    assert len(warned) == (told is not None)
    assert all(text.startswith(told or "") for text in warned)


def test_a_server_of_our_own_knows_nothing_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "profiles.toml").write_text("active = [broken")
    monkeypatch.setenv("PREFECT_PROFILES_PATH", str(tmp_path / "profiles.toml"))
    monkeypatch.setenv("PREFECT_PROFILE", "no-such-profile")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.delenv("HOME", raising=False)
    before = dict(os.environ)
    with own_prefect(tmp_path / "own"):
        code = "import prefect.settings as s; print(s.PREFECT_API_URL.value())"
        words = [sys.executable, "-c", code]
        seen = subprocess.run(words, capture_output=True, text=True, check=True)
        assert seen.stdout == "None\n"
        assert str(tmp_path / "own") in os.environ["PREFECT_HOME"]
    assert dict(os.environ) == before


def test_a_run_needs_no_prefect() -> None:
    code = "import sys, wijkpeil.cli, wijkpeil.runs; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
