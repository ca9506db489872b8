"""What each answer of a server means, and advice that fits the kind of source that was asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from boundary_helpers import QUICK
from boundary_helpers import block as boundary_block
from client_helpers import block as table_block
from test_readable import address_file, extract

from wijkpeil.errors import Refused, SourceUnavailable, WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources import download
from wijkpeil.sources import file as receiving
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.cbs.changes import list_tables
from wijkpeil.sources.download import Advice, refusal
from wijkpeil.sources.extracts import fetch_extract

URL = "https://data.example/cijfers.csv?key=geheim"
MOVED = "https://elders.example/nieuw.csv"
WHERE = "Extract survey (extracts.toml)"
FILE = Advice.of_location(WHERE, "correct 'location'")
TABLE = Advice.of_service("WIJK_CBS_V4_URL", is_table=True)
LISTING = Advice.of_service("WIJK_CBS_V4_URL", is_table=False)
HAND = "download it in a browser, put it in the catalog's folder and give its name as 'location'"
BLOCKED = "ask who runs it whether this machine is blocked, and check WIJK_CBS_V4_URL"
LATER = "; the service has a fault or is busy, run again later."
QUESTION = "it does not take the question; "
GONE_ON = "which is not followed; "

# status, the error, what is told of a file, what is told of a table
ANSWERS: list[tuple[int, type[WijkError], str, str]] = [
    (201, WijkError, "; correct 'location'.", "; check the table id, and WIJK_CBS_V4_URL."),
    (202, SourceUnavailable, *[": it is still making the answer; run again later."] * 2),
    (
        204,
        WijkError,
        "nothing in it; correct 'location'.",
        "nothing in it; check the table id, and",
    ),
    (206, SourceUnavailable, *[" (a part), which was not asked; run again later."] * 2),
    (304, SourceUnavailable, *[" ('not changed'), which was not asked; run again later."] * 2),
    (400, WijkError, f"{QUESTION}correct 'location'.", f"{QUESTION}the service changed or"),
    (401, Refused, f"a login, which cannot be given; {HAND}.", f"cannot be given; {BLOCKED}."),
    (403, Refused, f": it refuses; {HAND}.", f": it refuses; {BLOCKED}."),
    (404, WijkError, "; correct 'location'.", "; check the table id, and WIJK_CBS_V4_URL."),
    (407, WijkError, *["the network asks for a login; ask who runs it"] * 2),
    (408, SourceUnavailable, LATER, LATER),
    (410, WijkError, "taken away; correct 'location'.", "taken away; check the table id, and"),
    (414, WijkError, f"{QUESTION}correct 'location'.", "too long; tell the maintainers."),
    (418, WijkError, "; correct 'location'.", "; check the table id, and WIJK_CBS_V4_URL."),
    (425, SourceUnavailable, LATER, LATER),
    (429, SourceUnavailable, LATER, LATER),
    (451, Refused, f": it refuses; {HAND}.", f": it refuses; {BLOCKED}."),
    (500, SourceUnavailable, LATER, LATER),
    (501, WijkError, "; correct 'location'.", "; check the table id, and WIJK_CBS_V4_URL."),
    (502, SourceUnavailable, LATER, LATER),
    (503, SourceUnavailable, LATER, LATER),
    (504, SourceUnavailable, LATER, LATER),
    (507, SourceUnavailable, LATER, LATER),
    (511, WijkError, *["the network asks for a login; ask who runs it"] * 2),
    (521, SourceUnavailable, LATER, LATER),
]
# a status that redirects, where to, what is told of a file, what is told of a table
SETTING = "if the service moved, set WIJK_CBS_V4_URL to its new address."
AS_LOCATION = "give the address that it moved to as 'location'."
TARGETS: list[tuple[str | None, str, str]] = [
    (MOVED, f"'{MOVED}', {GONE_ON}{AS_LOCATION}", f"'{MOVED}', {GONE_ON}{SETTING}"),
    ("/nieuw", f"'https://data.example/nieuw', {GONE_ON}{AS_LOCATION}", SETTING),
    ("//x@elders.example/a?sig=geheim#b", "'https://elders.example/a', which", SETTING),
    ("http://elders.example/a", f"followed and has no TLS; {HAND}.", f"no TLS; {BLOCKED}."),
    ("https://login.example/?x=1", f"a page to log in; {HAND}.", f"a page to log in; {BLOCKED}."),
    ("/adfs/ls?wa=geheim", f"a page to log in; {HAND}.", f"a page to log in; {BLOCKED}."),
    (None, "redirects to nowhere; correct 'location'.", "to nowhere; check the table id, and"),
    ("https://[", "which is no address; correct 'location'.", "no address; check the table id"),
]


@pytest.mark.parametrize(("status", "kind", "of_file", "of_table"), ANSWERS)
def test_an_answer_is_told_with_advice_that_fits_what_was_asked(
    status: int, kind: type[WijkError], of_file: str, of_table: str
) -> None:
    for advice, told in ((FILE, of_file), (TABLE, of_table)):
        error = refusal(status, URL, None, advice)
        assert type(error) is kind
        assert f"https://data.example/cijfers.csv answered HTTP {status}" in str(error)
        assert told in str(error)
        assert str(error).startswith(WHERE) == (advice is FILE)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize(("target", "of_file", "of_table"), TARGETS)
def test_a_redirect_is_told_with_advice_that_can_be_followed(
    status: int, target: str | None, of_file: str, of_table: str
) -> None:
    for advice, told in ((FILE, of_file), (TABLE, of_table)):
        error = refusal(status, URL, target, advice)
        assert type(error) is WijkError
        assert told in str(error)
        assert "geheim" not in str(error)


def test_of_every_status_nothing_is_told_that_fits_another_kind() -> None:
    for status in range(100, 1000):
        of_file, of_table, of_all = (
            str(refusal(status, URL, MOVED, advice)) for advice in (FILE, TABLE, LISTING)
        )
        assert "WIJK_CBS" not in of_file
        assert "table id" not in of_file
        assert "'location'" not in of_table + of_all
        assert "table id" not in of_all


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[str]:
    """The address of a server that answers all the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def an_extract(address: str, folder: Path) -> Any:
    return fetch_extract(extract(location=f"{address}/a.csv"), QUICK, folder, folder)


def an_address_file(address: str, folder: Path) -> Any:
    block = address_file().model_copy(update={"location": f"{address}/a.zip"})
    return fetch_addresses(block, QUICK, folder, folder)


def boundaries(address: str, folder: Path) -> Any:
    return fetch_boundaries(boundary_block(f"{address}/items"), QUICK, folder, folder)


def a_table(address: str, folder: Path) -> Any:
    settings = Settings(timeout_s=5.0, retries=0, cbs_v3_url=address)
    return fetch_table(table_block("v3"), settings, folder)


def a_catalog(address: str, _folder: Path) -> Any:
    settings = Settings(timeout_s=5.0, retries=0, cbs_v4_url=address)
    return list_tables("v4", settings, words=["wijken"])


KINDS = [
    (an_extract, "Extract survey (extracts.toml)", "'location'"),
    (an_address_file, "Address file addresses_2024 (areas.toml)", "'location'"),
    (boundaries, "Boundaries wijken_2025 (areas.toml)", "'location'"),
    (a_table, "/90002DEM/", "WIJK_CBS_V3_URL"),
    (a_catalog, "/CBS/Datasets", "WIJK_CBS_V4_URL"),
]


@pytest.mark.parametrize("status", [204, 302, 308, 401, 404])
@pytest.mark.parametrize(("ask", "where", "place"), KINDS)
def test_each_kind_of_source_gets_the_advice_of_its_kind(
    tmp_path: Path, ask: Callable[..., Any], where: str, place: str, status: int
) -> None:
    with (
        answering(status, {"Location": MOVED}) as address,
        pytest.raises(WijkError) as told,
    ):
        ask(address, tmp_path)
    assert where in str(told.value)
    assert place in str(told.value)
    assert not list(tmp_path.rglob("origin.json"))


LARGE = [
    (an_extract, "sends more than 0 MiB in one answer; correct 'location'."),
    (an_address_file, "sends more than 0 MiB in one answer; correct 'location'."),
    (boundaries, "sends more than 0 MiB in one answer; take a generalised collection, or narrow"),
    (a_table, "sends more than 0 MiB in one answer; narrow the years, levels or measures of its"),
]


@pytest.mark.parametrize(("ask", "told"), LARGE)
def test_what_is_too_large_is_told_with_what_makes_it_smaller(
    tmp_path: Path, ask: Callable[..., Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = download.Downloader.fetch

    def small(*args: Any, **options: Any) -> Any:
        return whole(*args, **{**options, "limit": 1000})

    monkeypatch.setattr(download.Downloader, "fetch", small)
    with answering(200, {}, b"x" * 2000) as address, pytest.raises(WijkError) as error:
        ask(address, tmp_path)
    assert told in str(error.value)


def test_a_file_that_is_too_large_or_no_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MAX_FILE_BYTES", 10)
    (tmp_path / "a.csv").write_bytes(b"x" * 11)
    with pytest.raises(WijkError, match=r"a\.csv is larger than 0 MiB; correct 'location'"):
        fetch_extract(extract(location="a.csv"), QUICK, tmp_path, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "/dev/zero"):
        with pytest.raises(WijkError, match="is no file; correct 'location'"):
            fetch_extract(extract(location=name), QUICK, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!DOCTYPE html><title>Inloggen</title>", "the file is a web page, not CSV; open its"),
        (b'{"error": "busy"}', "the file is JSON, not CSV; give the address of the same as CSV"),
        (b"\x1f\x8b\x08\x00", "the file is a gzip, not CSV; unpack it"),
    ],
)
def test_something_else_with_status_200_is_called_by_its_name(
    tmp_path: Path, body: bytes, told: str
) -> None:
    with (
        answering(200, {"Content-Type": "text/csv"}, body) as address,
        pytest.raises(WijkError) as error,
    ):
        an_extract(address, tmp_path)
    assert told in str(error.value)
