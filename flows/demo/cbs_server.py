"""A CBS on loopback: OData v3 over HTTP, with its limits and traps, and faults on demand."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import socket
import struct
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import duckdb

from flows.demo.faults import Answer, Fault, FaultPlan, page_for_people
from flows.demo.odata import BadQuery, Query, skip_token
from flows.demo.store import EntitySet, Store
from flows.demo.tables import StandInTable

API_LIMIT = 10_000
TOO_MANY_RECORDS = "query returns more than 10000 records"
NO_SKIP = (
    "The 'Skip' query option is not supported on the ODataApi. "
    "This functionality is available only on the ODataFeed endpoint."
)
_JSON = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
_ATOM = "application/atom+xml;type=feed;charset=utf-8"
_TABLE_PATH = re.compile(r"^/(ODataFeed|ODataApi)/[oO][dD]ata/([^/]+)(?:/([^/]+))?(/\$count)?/?$")
_DRIPS = 20


class Request(NamedTuple):
    """One request as it came in, decoded."""

    path: str
    query: str


class StandInCbs:
    """Serves `tables` on `url` between `with` and its end; closing takes no longer than a blink,
    whatever a handler is doing.

    `requests` lists every request. `page_size` is the number of rows on a page of the Feed.
    """

    def __init__(self, tables: Iterable[StandInTable], *, page_size: int = 10_000) -> None:
        self.page_size = page_size
        self.requests: list[Request] = []
        self._store = Store(tables)
        self._faults = FaultPlan()
        self._closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The base address, without a closing slash."""
        return f"http://127.0.0.1:{self._server.server_port}"

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

    def replace(self, table: StandInTable) -> None:
        """Serve `table` from now on; a table with another id is added."""
        self._store.replace(table)

    def fault(self, fault: Fault) -> None:
        """Plan a fault; requests are counted from now on."""
        self._faults.add(fault)

    def heal(self) -> None:
        """Drop every fault that is planned or going on, for requests still to come."""
        self._faults.clear()

    def _answer(self, path: str, raw_query: str) -> Answer:
        try:
            query = Query.of(dict(parse_qsl(raw_query, keep_blank_values=True)))
            if re.fullmatch(r"/ODataCatalog/Tables(/\$count)?/?", path):
                found, root = self._store.catalog, f"{self.url}/ODataCatalog"
                counts = path.rstrip("/").endswith("$count")
                return self._set(found, query, root=root, name="Tables", counts=counts)
            match = _TABLE_PATH.match(path)
            sets = self._store.entity_sets(match[2]) if match else None
            if match is None or sets is None:
                return _error(404, f"The resource '{path}' could not be found.")
            root = f"{self.url}/{match[1]}/OData/{match[2]}"
            if match[3] is None:
                links = [{"name": name, "url": f"{root}/{name}"} for name in sets]
                rows = [json.dumps(link) for link in links]
                return _envelope(query, f"{root}/$metadata", rows, None)
            if match[3] not in sets:
                return _error(404, f"Resource not found for the segment '{match[3]}'.")
            if match[1] == "ODataApi" and query.names_skip:
                return _error(500, NO_SKIP)
            return self._set(
                sets[match[3]],
                query,
                root=root,
                name=match[3],
                counts=match[4] is not None,
                pages=match[1] == "ODataFeed",
            )
        except BadQuery as error:
            return _error(400, str(error))

    def _set(
        self,
        entities: EntitySet,
        query: Query,
        *,
        root: str,
        name: str,
        counts: bool,
        pages: bool = True,
    ) -> Answer:
        if counts:
            text = str(self._store.count(entities, query))
            return Answer(200, "text/plain;charset=utf-8", text.encode())
        limit = self.page_size
        if not pages:
            wanted = self._store.count(entities, query)
            limit = wanted if query.top is None else min(wanted, query.top)
            if limit > API_LIMIT:
                return _error(500, TOO_MANY_RECORDS)
        if query.top is not None:
            limit = min(limit, query.top)
        rows, has_more = self._store.page(entities, query, limit=limit)
        left = None if query.top is None else query.top - len(rows)
        next_link = None
        if pages and has_more and left != 0:
            options = {
                "$format": "json" if query.is_json else None,
                "$filter": query.filter,
                "$select": ",".join(query.select) if query.select else None,
                "$skiptoken": skip_token(query.skip + len(rows), left),
            }
            kept = [f"{key}={quote(text)}" for key, text in options.items() if text is not None]
            next_link = f"{root}/{name}?{'&'.join(kept)}"
        return _envelope(query, f"{root}/$metadata#Cbs.OData.WebAPI.{name}", rows, next_link)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, cbs: StandInCbs) -> None:
        self.cbs = cbs
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "StandInCbs"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: _Server

    def do_GET(self) -> None:
        """Record the request, answer it, or show the fault that is due."""
        cbs = self.server.cbs
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), unquote(parts.query.replace("+", " "))
        cbs.requests.append(Request(path, query))
        fault = cbs._faults.next_for(f"{path}?{query}")
        if fault is not None and fault.kind == "reset":
            return self._reset()
        if fault is not None and fault.kind == "hang":
            cbs._closing.wait(fault.seconds)
            self.close_connection = True
            return None
        try:
            answer = cbs._answer(path, parts.query)
        except (duckdb.Error, RecursionError) as error:
            answer = _error(500, f"An error has occurred ({type(error).__name__}: {error}).")
        if fault is not None:
            answer = _spoil(answer, fault)
        return self._send(answer, fault)

    def log_message(self, *_: Any) -> None:
        """Requests are kept in `StandInCbs.requests`, not printed."""

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        body, headers = answer.body, dict(answer.headers)
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 512:
            body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        if fault is not None and fault.kind == "truncate":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault is not None and fault.kind == "slow_drip":
            self._drip(body, fault.seconds)
        else:
            self.wfile.write(body)

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


def _envelope(query: Query, context: str, rows: list[str], next_link: str | None) -> Answer:
    if not query.is_json:
        text = (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices">'
            f'<title type="text">{context.rsplit(".", 1)[-1]}</title>'
            f"{'<entry/>' * len(rows)}</feed>"
        )
        return Answer(200, _ATOM, text.encode())
    tail = "" if next_link is None else f',"odata.nextLink":{json.dumps(next_link)}'
    body = f'{{"odata.metadata":{json.dumps(context)},"value":[{",".join(rows)}]{tail}}}'
    return Answer(200, _JSON, body.encode())


def _error(status: int, text: str) -> Answer:
    message = {"odata.error": {"code": "", "message": {"lang": "en-US", "value": text}}}
    return Answer(status, _JSON, json.dumps(message).encode())


def _spoil(answer: Answer, fault: Fault) -> Answer:
    """The answer as the fault leaves it; faults of the connection leave it whole."""
    match fault.kind:
        case "status":
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            page = page_for_people(fault.status, "De dienst is tijdelijk niet beschikbaar.")
            return Answer(fault.status, "text/html; charset=utf-8", page, headers)
        case "html":
            page = page_for_people(200, "Er wordt onderhoud gepleegd.")
            return Answer(200, "text/html; charset=utf-8", page)
        case "redirect":
            return Answer(302, "text/html; charset=utf-8", b"", {"Location": fault.location})
        case "truncated_json":
            half = answer.body[: len(answer.body) // 2]
            return Answer(answer.status, answer.content_type, half, answer.headers)
        case "foreign_next_link":
            document = json.loads(answer.body)
            document["odata.nextLink"] = "http://other.invalid/ODataFeed/odata/volgende"
            body = json.dumps(document, ensure_ascii=False).encode()
            return Answer(answer.status, answer.content_type, body, answer.headers)
    return answer
