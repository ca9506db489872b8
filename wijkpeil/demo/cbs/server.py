"""A CBS on loopback: OData v3 and v4 over HTTP, with their limits and traps, faults on demand."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import trustme

from wijkpeil.demo.cbs.apply_fault import spoil
from wijkpeil.demo.cbs.faults import Fault, Plan, PlannedFaults
from wijkpeil.demo.cbs.query_store import Store
from wijkpeil.demo.cbs.response import Answer
from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.cbs.v3 import answer_v3, error_v3
from wijkpeil.demo.cbs.v4 import V4_ROOT, answer_v4, error_v4
from wijkpeil.demo.cbs.v4_table import StandInV4Table

_DRIPS = 20
_CHUNK = 64 * 1024


class Request(NamedTuple):
    """One request as it came in, decoded; `at` is the monotonic clock."""

    path: str
    query: str
    at: float


class StandInCbs:
    """Serves `tables` on `url` between `with` and its end; closing takes no longer than a blink,
    whatever a handler is doing. Every v3 table is on v4 too.

    `requests` lists every request. `page_size` is the number of rows on a page of the Feed,
    `v4_page_size` that of observations on a page of v4. Every answer waits `latency_s` first.
    With `tls` it speaks https only, with a certificate of an authority made for the occasion.
    """

    def __init__(
        self,
        tables: Iterable[StandInTable | StandInV4Table],
        *,
        page_size: int = 10_000,
        v4_page_size: int = 100_000,
        latency_s: float = 0.0,
        tls: bool = False,
    ) -> None:
        self.page_size, self.v4_page_size, self.latency_s = page_size, v4_page_size, latency_s
        self.requests: list[Request] = []
        self.bytes_sent = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._faults = PlannedFaults()
        self._random_faults: Plan | None = None
        self._closing = threading.Event()
        self._authority = trustme.CA(organization_name="wijkpeil demo") if tls else None
        self._server = _Server(self, self._authority)
        self._store = Store(tables, v4_url=self.v4_url)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The base address, without a closing slash."""
        scheme = "http" if self._authority is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def v4_url(self) -> str:
        """The base address of v4, as WIJK_CBS_V4_URL has it."""
        return f"{self.url}{V4_ROOT}"

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the authority that a client must trust; without `tls` there is none
        and this raises."""
        if self._authority is None:
            raise RuntimeError("The stand-in CBS has no certificate: it was started without tls.")
        return self._authority.cert_pem.bytes()

    def __enter__(self) -> StandInCbs:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._store.close()

    def replace(self, table: StandInTable | StandInV4Table) -> None:
        """Serve `table` from now on; a table with another id is added."""
        self._store.replace(table)

    def remove(self, cbs_id: str) -> None:
        """Serve this table no longer: what is asked of it is not found."""
        self._store.remove(cbs_id)

    def fault(self, fault: Fault) -> None:
        """Plan a fault; requests are counted from now on."""
        self._faults.add(fault)

    def fault_at_random(self, plan: Plan) -> None:
        """Show the faults of `plan` at requests for which no other fault is planned."""
        self._random_faults = plan

    def heal(self) -> None:
        """Drop every fault that is planned or going on, for requests still to come."""
        self._faults.clear()
        self._random_faults = None

    @contextlib.contextmanager
    def _under_way(self, request: Request) -> Iterator[None]:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def _sent(self, count: int) -> None:
        with self._lock:
            self.bytes_sent += count

    def _fault_for(self, address: str) -> Fault | None:
        fault, plan = self._faults.next_for(address), self._random_faults
        return plan.next_for(address) if fault is None and plan is not None else fault

    def _answer(self, path: str, raw_query: str) -> Answer:
        options = dict(parse_qsl(raw_query, keep_blank_values=True))
        is_v4 = path.startswith(f"{V4_ROOT}/")
        answer, size = (answer_v4, self.v4_page_size) if is_v4 else (answer_v3, self.page_size)
        try:
            return answer(self._store, self.url, path, options, size=size)
        except (duckdb.Error, RecursionError) as error:
            text = f"An error has occurred ({type(error).__name__}: {error})."
            return (error_v4 if is_v4 else error_v3)(500, text)

    def _touch(self, path: str, modified: str) -> None:
        named = [cbs_id for cbs_id in self._store.cbs_ids if f"/{cbs_id}/" in f"{path}/"]
        self._store.touch(named or self._store.cbs_ids, modified)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, cbs: StandInCbs, authority: trustme.CA | None) -> None:
        self.cbs = cbs
        self._open: set[socket.socket] = set()
        self._tls: ssl.SSLContext | None = None
        if authority is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._tls)
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection; its handshake is left to the thread that serves it."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of the server."""

    def hang_up(self) -> None:
        """End the connections that are still open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Wire(io.RawIOBase):
    """The way to the client; counts every byte of HTTP that goes over it."""

    def __init__(self, connection: socket.socket, cbs: StandInCbs) -> None:
        self._connection, self._cbs = connection, cbs

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._connection.sendall(data)
        size = memoryview(data).nbytes
        self._cbs._sent(size)
        return size


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "StandInCbs"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.wfile = io.BufferedWriter(_Wire(self.connection, self.server.cbs), _CHUNK)

    def do_GET(self) -> None:
        """Record the request, answer it, or show the fault that is due."""
        cbs = self.server.cbs
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), unquote(parts.query.replace("+", " "))
        with cbs._under_way(Request(path, query, time.monotonic())):
            fault = cbs._fault_for(f"{path}?{query}")
            if cbs._closing.wait(cbs.latency_s):
                self.close_connection = True
            elif fault is not None and fault.kind == "reset":
                self._reset()
            elif fault is not None and fault.kind == "hang":
                cbs._closing.wait(fault.seconds)
                self.close_connection = True
            else:
                if fault is not None and fault.kind == "modified_changes":
                    cbs._touch(path, fault.modified)
                answer = cbs._answer(path, parts.query)
                if fault is not None:
                    answer = spoil(answer, fault, f"{cbs.url}{self.path}")
                self._send(answer, fault)
                self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Requests are kept in `StandInCbs.requests`, not printed."""

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "oversize" and answer.body.endswith(b"}"):
            return self._send_oversize(answer, fault.size)
        body, headers = answer.body, dict(answer.headers)
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        if accepts and len(body) > 512 and "Content-Encoding" not in headers:
            body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        self._send_head(answer, {"Content-Length": str(len(body)), **headers})
        if fault is not None and fault.kind == "truncate":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault is not None and fault.kind == "slow_drip":
            self._drip(body, fault.seconds)
        else:
            self.wfile.write(body)
        return None

    def _send_head(self, answer: Answer, headers: dict[str, str]) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()

    def _send_oversize(self, answer: Answer, size: int) -> None:
        """The body in chunks, with blanks before its last brace until `size` is passed."""
        self._send_head(answer, {"Transfer-Encoding": "chunked"})
        self._send_chunk(answer.body[:-1])
        sent = len(answer.body) - 1
        while sent < size and not self.server.cbs._closing.is_set():
            self._send_chunk(b" " * _CHUNK)
            sent += _CHUNK
        self._send_chunk(b"}")
        self.wfile.write(b"0\r\n\r\n")

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _drip(self, body: bytes, seconds: float) -> None:
        step = max(1, -(-len(body) // _DRIPS))
        for start in range(0, len(body), step):
            if self.server.cbs._closing.wait(seconds / _DRIPS):
                self.close_connection = True
                return
            self.wfile.write(body[start : start + step])
            self.wfile.flush()

    def _reset(self) -> None:
        """Close without a FIN: the client gets a TCP reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
