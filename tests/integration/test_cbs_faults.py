"""What the CBS client makes of each fault: it passes, or one sentence and whole pages are left."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from client_helpers import (
    BOTH,
    FIGURES,
    PAGES,
    ROWS,
    Api,
    asked,
    block,
    fetched,
    left_over,
    pages,
    planned,
    stand_in,
)
from urllib3.util import Retry

from wijkpeil.demo import Fault, StandInCbs, hanging_address
from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.sources import download
from wijkpeil.sources.cbs import pages as cbs_pages

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another try needs no patience, unless the server asks for it."""
    monkeypatch.setattr(Retry, "_sleep_backoff", lambda self: None)


# the fault, the words about it when it stays
PASSING = [
    pytest.param(Fault("reset"), r"could not be fetched \(.*[Rr]eset", id="reset"),
    pytest.param(Fault("hang", seconds=1), r"could not be fetched \(.*timed? ?out", id="hang"),
    pytest.param(Fault("status", status=429), "answered HTTP 429", id="429"),
    pytest.param(Fault("status", status=500), "answered HTTP 500", id="500"),
    pytest.param(Fault("status", status=503), "answered HTTP 503", id="503"),
    pytest.param(Fault("html"), "not whole JSON .*it begins with '<!DOCTYPE html>", id="html"),
    pytest.param(Fault("truncated_json"), "not whole JSON", id="truncated_json"),
    pytest.param(Fault("truncate"), r"could not be fetched \(IncompleteRead", id="truncate"),
    pytest.param(Fault("broken_gzip"), r"could not be fetched \(error: ", id="broken_gzip"),
]


@BOTH
@pytest.mark.parametrize(("fault", "words"), PASSING)
@pytest.mark.usefixtures("at_once")
def test_a_fault_that_passes_is_overcome_and_one_that_stays_is_told(
    cbs: StandInCbs, tmp_path: Path, api: Api, fault: Fault, words: str
) -> None:
    patience = {"timeout_s": 0.3} if fault.kind == "hang" else {}
    cbs.fault(planned(fault, api, times=2))
    snapshot, _ = fetched(cbs, block(api), tmp_path / "a", retries=2, **patience)
    assert len(pages(snapshot)) == PAGES[api]
    assert asked(cbs, FIGURES[api]) == PAGES[api] + 2

    cbs.heal()
    cbs.fault(planned(fault, api, times=99))
    with pytest.raises(SourceUnavailable, match=words) as error:
        fetched(cbs, block(api), tmp_path / "b", retries=1, **patience)
    assert re.fullmatch(r"http://127\.0\.0\.1:\S+.* Tried 2 times\.", str(error.value))
    assert left_over(tmp_path / "b")[:2] == ["data-0000-00001.json", "data-0000-00002.json"]

    cbs.heal()
    before = len(cbs.requests)
    resumed, is_new = fetched(cbs, block(api), tmp_path / "b", **patience)
    assert is_new
    assert pages(resumed) == pages(snapshot)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api] - 2
    assert left_over(tmp_path / "b") == []


@BOTH
def test_a_slow_answer_is_waited_for(cbs: StandInCbs, tmp_path: Path, api: Api) -> None:
    cbs.fault(Fault("slow_drip", path_contains=FIGURES[api], seconds=0.8))
    snapshot, _ = fetched(cbs, block(api), tmp_path, timeout_s=0.3)
    assert len(pages(snapshot)) == PAGES[api]


@BOTH
def test_an_answer_that_never_ends_is_cut_off(
    cbs: StandInCbs, tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "DRIP_TIMES", 2)
    cbs.fault(Fault("slow_drip", path_contains=FIGURES[api], seconds=10))
    started = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"sent only [\d,]+ bytes in 2 times WIJK_TIMEOUT"):
        fetched(cbs, block(api), tmp_path, timeout_s=0.6)
    assert time.monotonic() - started < 5


# what the server asks for


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.usefixtures("at_once")
def test_the_patience_that_a_server_asks_for_is_given(
    cbs: StandInCbs, tmp_path: Path, status: int
) -> None:
    cbs.fault(planned(Fault("status", status=status, retry_after=1), "v3"))
    fetched(cbs, block("v3"), tmp_path, retries=1)
    times = [one.at for one in cbs.requests if "/TypedDataSet?" in f"{one.path}?"]
    assert times[3] - times[2] >= 1


@pytest.mark.usefixtures("at_once")
def test_a_server_that_asks_for_an_hour_is_left_to_a_later_run(
    cbs: StandInCbs, tmp_path: Path
) -> None:
    cbs.fault(planned(Fault("status", status=503, retry_after=3600), "v3"))
    with pytest.raises(SourceUnavailable, match=r"HTTP 503.* asks to wait more than 300 seconds"):
        fetched(cbs, block("v3"), tmp_path, retries=3)
    assert asked(cbs, FIGURES["v3"]) == 3
    assert len(left_over(tmp_path)) >= 2


@pytest.mark.usefixtures("at_once")
def test_a_patience_that_is_no_date_or_number_is_passed_by(cbs: StandInCbs, tmp_path: Path) -> None:
    cbs.fault(planned(Fault("status", status=503, retry_after="straks"), "v3"))
    snapshot, _ = fetched(cbs, block("v3"), tmp_path, retries=1)
    assert len(pages(snapshot)) == PAGES["v3"]


# faults for which another try is useless


@BOTH
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("redirect"), "redirects to 'http://other.invalid/elders', which is not followed"),
        (Fault("foreign_next_link"), "the next page is on another host .* is refused"),
        (Fault("status", status=404), "answered HTTP 404; check the table id"),
        (Fault("oversize", size=200_000), "sends more than 0 MiB in one answer"),
    ],
    ids=["redirect", "foreign_next_link", "404", "oversize"],
)
def test_what_is_refused_is_asked_once_and_nothing_is_left(
    cbs: StandInCbs,
    tmp_path: Path,
    api: Api,
    fault: Fault,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cbs_pages, "MAX_PAGE_BYTES", 100_000)
    cbs.fault(planned(fault, api, times=99))
    with pytest.raises(WijkError, match=words) as error:
        fetched(cbs, block(api), tmp_path, retries=3)
    assert not isinstance(error.value, SourceUnavailable)
    assert asked(cbs, FIGURES[api]) == 3
    assert left_over(tmp_path) == []


def test_an_unknown_authority_is_refused_at_once(tmp_path: Path) -> None:
    with stand_in(tls=True) as cbs:
        with pytest.raises(
            WijkError, match=r"TLS certificate is not trusted .*Nothing was"
        ) as error:
            fetched(cbs, block("v3"), tmp_path, retries=3)
        assert not isinstance(error.value, SourceUnavailable)
        assert cbs.requests == []


@pytest.mark.usefixtures("at_once")
def test_a_handshake_that_is_cut_off_is_tried_again(tmp_path: Path) -> None:
    with stand_in() as cbs, hanging_up() as (port, calls):
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(SourceUnavailable, match=r"could not be fetched .*Tried 3 times"):
            fetched(cbs, block("v3"), tmp_path, retries=2, cbs_v3_url=url)
        assert len(calls) == 3


@contextmanager
def hanging_up() -> Iterator[tuple[int, list[None]]]:
    """A port that takes a connection, reads the first bytes and closes; and its calls."""
    calls: list[None] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(3)

        def serve() -> None:
            with suppress(TimeoutError):
                while len(calls) < 3:
                    connection, _ = listener.accept()
                    with connection:
                        calls.append(None)
                        connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], calls
        thread.join()


@BOTH
def test_an_address_that_does_not_answer_gives_way_to_the_next(
    tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CONNECT_S", 0.3)
    # one page each: the links of the server name its number
    with (
        stand_in(page_size=100, v4_page_size=100) as cbs,
        hanging_address() as (host, its_port),
    ):
        port = int(cbs.url.rsplit(":", 1)[1])
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = [
            (family, socket.SOCK_STREAM, 6, "", (host, its_port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        named = {"v3": f"http://cbs.test:{port}", "v4": f"http://cbs.test:{port}/odata/v1"}
        started = time.monotonic()
        snapshot, _ = fetched(
            cbs, block(api), tmp_path, cbs_v3_url=named["v3"], cbs_v4_url=named["v4"]
        )
        assert 0.25 < time.monotonic() - started < 5
    assert snapshot.origin.rows == ROWS[api]
