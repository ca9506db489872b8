"""The report on loopback, for the person at this machine, beside Prefect's own pages."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from wijkpeil.errors import WijkError

HOST = "127.0.0.1"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class Server:
    """A folder that is being shown, and where."""

    url: str
    stopped: threading.Event

    def wait(self) -> None:
        """Until somebody stops the process."""
        while not self.stopped.wait(1.0):
            pass


@contextmanager
def serve_folder(folder: Path, port: int = 0) -> Iterator[Server]:
    """Show a folder of pages on loopback; raises WijkError when the port is taken."""
    handler = partial(_Pages, directory=str(folder))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise WijkError(
            f"Port {port} on {HOST} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stopped = threading.Event()
    try:
        yield Server(f"http://{HOST}:{server.server_address[1]}/", stopped)
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def prefect_server(*, started: bool) -> Iterator[str | None]:
    """The address of Prefect's pages: of a server started here, or that of the environment."""
    if not started:
        api = os.environ.get("PREFECT_API_URL")
        yield api.removesuffix("/").removesuffix("/api") if api else None
        return
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST]
    with subprocess.Popen(command) as process:  # noqa: S603  # fixed words
        try:
            yield f"http://{HOST}:4200"
        finally:
            process.terminate()


class _Pages(SimpleHTTPRequestHandler):
    """Files and index pages only: no listings, no other names for this host, nothing logged."""

    def send_head(self) -> object:  # type: ignore[override]
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in {HOST, "localhost"}:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "Only this machine is served.")
            return None
        return super().send_head()

    def list_directory(self, path: object) -> None:  # noqa: ARG002
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page.")

    def end_headers(self) -> None:
        for name, text in _HEADERS.items():
            self.send_header(name, text)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
        return
