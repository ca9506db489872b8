"""Hosts that cannot be reached: told apart, told once, and not asked again in a run."""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from client_helpers import block, fetched, stand_in

from wijkpeil.errors import SourceUnavailable, Unreachable, Untrusted, WijkError
from wijkpeil.runs.outcome import Fetched, Outcome, told_once
from wijkpeil.settings import Settings
from wijkpeil.sources import hosts
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.hosts import OUTAGES, find_unreachable


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the test's own, and no pause between two tries."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        for spelt in (name, name.lower()):
            monkeypatch.delenv(spelt, raising=False)
    monkeypatch.setattr(hosts, "PAUSE_S", 0.0)


def closed_port() -> int:
    """A port of this machine at which nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def looking_up(error: Exception) -> Any:
    def look_up(*_: Any, **__: Any) -> Any:
        raise error

    return look_up


def downloaded(url: str, folder: Path, **changes: Any) -> WijkError:
    """What a download of the address ends with."""
    settings = Settings(**{"timeout_s": 2.0, "retries": 0, **changes})
    with Downloader(settings) as downloader, pytest.raises(WijkError) as told:
        downloader.fetch(url, folder / "answer", params={}, parse=lambda _path: None)
    return told.value


# what is wrong


def test_a_host_that_answers_is_not_named() -> None:
    with stand_in() as cbs:
        assert find_unreachable([cbs.url, f"{cbs.url}/elsewhere"]) == {}
        assert cbs.requests == []


def test_a_refused_connection_is_told_by_a_look_and_by_a_download_alike(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    (seen,) = find_unreachable([url, f"{url}/tables"]).values()
    assert str(seen) == (
        f"{url.removeprefix('http://')} cannot be reached: it refuses the connection; the service "
        "is down or its address is wrong; run again later, or correct the address."
    )
    told = downloaded(url, tmp_path)
    assert (type(told), str(told)) == (Unreachable, str(seen))
    assert pickle.loads(pickle.dumps(told)).host == seen.host


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not known here (DNS)"),
        (socket.gaierror(-3, "Temporary failure in name resolution"), "not known here (DNS)"),
        (TimeoutError("timed out"), "it does not answer in time"),
        (OSError(101, "Network is unreachable"), "there is no way to it from this machine"),
        (OSError(113, "No route to host"), "there is no way to it from this machine"),
        (OSError(24, "Too many open files"), "no connection"),
    ],
    ids=["name", "name server", "time", "network", "route", "other"],
)
def test_what_keeps_a_connection_from_being_made_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", looking_up(error))
    url = "https://cbs.test/ODataFeed"
    found = find_unreachable([url])
    assert words in str(found["cbs.test"])
    assert "check this machine's network" in str(found["cbs.test"])
    if not isinstance(error, TimeoutError):
        told = downloaded(url, tmp_path)
        assert isinstance(told, Unreachable)
        assert words in str(told)


def test_a_host_that_hangs_costs_no_more_than_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(hosts, "IN_ALL_S", 0.2)

    def hang(*_: Any, **__: Any) -> None:
        over.wait(60)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", hang)
    (told,) = find_unreachable(["https://cbs.test"]).values()
    over.set()
    assert "nothing answers within 0.2 seconds" in str(told)


def test_a_proxy_that_is_not_there_is_what_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
    url = "https://cbs.test/ODataFeed"
    (seen,) = find_unreachable([url]).values()
    assert f"cbs.test cannot be reached: the proxy {proxy} cannot be reached" in str(seen)
    told = downloaded(url, tmp_path)
    assert f"the proxy {proxy} does not lead there" in str(told)
    assert "check HTTPS_PROXY and NO_PROXY" in str(told)
    monkeypatch.setenv("NO_PROXY", "cbs.test")
    monkeypatch.setattr(socket, "getaddrinfo", looking_up(socket.gaierror(-2, "not known")))
    assert "(DNS)" in str(find_unreachable([url])["cbs.test"])


def test_a_proxy_that_wants_a_password_is_told_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret@{proxy}")
        told = downloaded("https://cbs.test/ODataFeed", tmp_path)
    assert isinstance(told, Unreachable)
    assert f"the proxy {proxy} does not lead there" in str(told)
    assert "407" in str(told)
    assert "secret" not in str(told)


def test_a_connection_that_was_made_and_lost_says_nothing_of_the_host(tmp_path: Path) -> None:
    with answering(b"") as address, OUTAGES.noted():
        told = downloaded(f"http://{address}", tmp_path)
        OUTAGES.refuse(f"http://{address}")
    assert type(told) is SourceUnavailable


# once


def test_within_a_run_a_lost_host_is_tried_by_one_source_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    get = requests.Session.get

    def counted(self: requests.Session, url: str, **options: Any) -> requests.Response:
        calls.append(url)
        return get(self, url, **options)

    monkeypatch.setattr(requests.Session, "get", counted)
    monkeypatch.setattr("urllib3.util.Retry.sleep", lambda _self: None)
    url = f"http://127.0.0.1:{closed_port()}"
    with OUTAGES.noted():
        first = downloaded(f"{url}/one", tmp_path, retries=2)
        second = downloaded(f"{url}/two", tmp_path, retries=2)
    assert (str(first), len(calls)) == (str(second), 3)
    assert "Tried 3 times" in str(first)
    downloaded(f"{url}/three", tmp_path)
    assert len(calls) == 4


def test_a_certificate_that_is_not_trusted_is_looked_at_once(tmp_path: Path) -> None:
    with stand_in(tls=True) as cbs, OUTAGES.noted():
        for name in ("een", "twee"):
            with pytest.raises(Untrusted, match="TLS certificate is not trusted"):
                fetched(cbs, block("v3", id=name), tmp_path)


def lost(source_id: str, host: str = "cbs.test", *, age: int | None = None) -> Fetched:
    text = f"{host} cannot be reached: it refuses the connection; run again later."
    if age is not None:
        text += f" Its snapshot of 2026-01-01 ({age} days old) stays in use."
    return Fetched(source_id, False, 0, age, text, host=host)


def test_all_sources_of_a_lost_host_are_one_sentence() -> None:
    many = [lost(f"kwb_{number}", age=number) for number in range(1, 12)]
    other = Fetched("survey", True, 10, 0)
    alone = lost("police", "derden.test")
    outcome = Outcome("run", sources=told_once([*many, lost("kwb_0"), other, alone]))
    named = ", ".join(f"kwb_{number}" for number in range(1, 9))
    told, of_police = dict.fromkeys(outcome.faults.values())
    assert told == (
        f"{lost('').error} 12 sources wait for it (1 never received, 11 with a snapshot in use, "
        f"the oldest 11 days old): {named} and 4 more."
    )
    assert of_police == alone.error
    assert len(outcome.failures) == 13


def test_what_a_run_can_do_without_is_told_once_too() -> None:
    cost = "Where a boundary changed, series begin anew without it."
    files = [
        Fetched(
            f"addresses_{year}", False, 0, None, "cbs.test is down.", cost=cost, host="cbs.test"
        )
        for year in range(2016, 2026)
    ]
    outcome = Outcome("run", sources=told_once(files))
    assert outcome.faults == {}
    (line,) = outcome.notes
    assert line.place == "addresses_2016 and 9 more"
    assert "10 sources wait for it (10 never received)" in line.full


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """An address that answers whatever it is asked with these bytes, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(3)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()
