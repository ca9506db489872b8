"""The faults of the stand-in CBS, as a client meets them on the wire."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cbs_helpers import KEYS, address, ask, small_table

from wijkpeil.demo import Fault, RandomFaults, StandInCbs, hanging_address
from wijkpeil.demo.cbs.apply_fault import spoil
from wijkpeil.demo.cbs.response import Answer

BOTH = pytest.mark.parametrize("v4", [False, True], ids=["v3", "v4"])


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    with StandInCbs([small_table()], page_size=4, v4_page_size=4) as server:
        yield server


def figures(cbs: StandInCbs, v4: bool, more: str = "") -> str:
    """The address of the figures on one of the two versions."""
    if v4:
        return f"{cbs.v4_url}/CBS/90001DEM/Observations{more}"
    return f"{address(cbs, 'TypedDataSet')}{more}?$format=json"


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=10, **options)


def link_of(answer: dict[str, Any]) -> str | None:
    return answer.get("odata.nextLink") or answer.get("@odata.nextLink")


def raw_answer(cbs: StandInCbs, path: str) -> bytes:
    """Every byte on the wire for one request, without a client's interpretation."""
    parts = urlsplit(address(cbs, path))
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as wire:
        target = f"{parts.path}?{parts.query}"
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while chunk := wire.recv(65536):
            received += chunk
    return received


def promised_and_sent(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    return int(lengths[0].split(b":")[1]), body


def test_fault_status_with_retry_after_then_well_again(cbs: StandInCbs) -> None:
    cbs.fault(Fault("status", path_contains="TypedDataSet", status=429, retry_after=7, times=2))
    assert ask(cbs, "TableInfos").status_code == 200
    answers = [ask(cbs, "TypedDataSet") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert "<html>" in answers[0].text


def test_fault_on_the_second_page(cbs: StandInCbs) -> None:
    cbs.fault(Fault("status", path_contains="/TypedDataSet?", nth=2, status=503))
    first = ask(cbs, "TypedDataSet").json()
    second = requests.get(first["odata.nextLink"], timeout=10)
    again = requests.get(first["odata.nextLink"], timeout=10)
    assert (second.status_code, again.status_code) == (503, 200)


def test_fault_reset_is_a_tcp_reset(cbs: StandInCbs) -> None:
    cbs.fault(Fault("reset"))
    with pytest.raises(ConnectionResetError):
        raw_answer(cbs, "TypedDataSet?$format=json")
    cbs.fault(Fault("reset"))
    with pytest.raises(requests.ConnectionError):
        ask(cbs, "TypedDataSet")


def test_fault_truncate_sends_less_than_it_promised(cbs: StandInCbs) -> None:
    cbs.fault(Fault("truncate", times=2))
    promised, body = promised_and_sent(raw_answer(cbs, "TypedDataSet?$format=json"))
    assert 0 < len(body) < promised
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(cbs, "TypedDataSet")


def test_fault_truncated_json_is_good_http(cbs: StandInCbs) -> None:
    cbs.fault(Fault("truncated_json"))
    promised, body = promised_and_sent(raw_answer(cbs, "TypedDataSet?$format=json"))
    assert len(body) == promised
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_fault_html_has_status_200(cbs: StandInCbs) -> None:
    cbs.fault(Fault("html"))
    answer = ask(cbs, "TypedDataSet")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_fault_slow_drip_gives_the_right_answer_late(cbs: StandInCbs) -> None:
    cbs.fault(Fault("slow_drip", seconds=0.3))
    started = time.monotonic()
    assert len(ask(cbs, "TypedDataSet").json()["value"]) == 4
    assert time.monotonic() - started >= 0.25


def test_fault_hang_answers_nothing(cbs: StandInCbs) -> None:
    cbs.fault(Fault("hang", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        requests.get(address(cbs, "TypedDataSet"), timeout=0.2)
    cbs.fault(Fault("hang", seconds=0.05))
    assert raw_answer(cbs, "TypedDataSet") == b""


@BOTH
def test_faults_of_the_answer_are_shown_on_both_versions(cbs: StandInCbs, v4: bool) -> None:
    url = figures(cbs, v4)
    cbs.fault(Fault("status", status=503, retry_after=3))
    answer = get(url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    cbs.fault(Fault("html"))
    assert get(url).text.startswith("<!DOCTYPE html>")
    cbs.fault(Fault("truncated_json"))
    with pytest.raises(requests.JSONDecodeError):
        get(url).json()
    cbs.fault(Fault("redirect", location=f"{cbs.url}/elders"))
    answer = get(url, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{cbs.url}/elders")
    cbs.fault(Fault("slow_drip", seconds=0.2))
    started = time.monotonic()
    assert len(get(url).json()["value"]) == 4
    assert time.monotonic() - started >= 0.15


@BOTH
def test_fault_foreign_next_link(cbs: StandInCbs, v4: bool) -> None:
    cbs.fault(Fault("foreign_next_link"))
    answer = get(figures(cbs, v4)).json()
    assert len(answer["value"]) == 4
    assert urlsplit(link_of(answer)).hostname == "other.invalid"


@BOTH
def test_fault_loop_leads_back_to_the_page_itself(cbs: StandInCbs, v4: bool) -> None:
    cbs.fault(Fault("loop", nth=2))
    first = get(figures(cbs, v4)).json()
    second = get(link_of(first) or "").json()
    assert link_of(second) == link_of(first)
    assert len(second["value"]) == 4


@BOTH
def test_fault_empty_has_no_row_and_no_next_page(cbs: StandInCbs, v4: bool) -> None:
    cbs.fault(Fault("empty"))
    answer = get(figures(cbs, v4))
    assert (answer.status_code, answer.json()["value"], link_of(answer.json())) == (200, [], None)


@BOTH
def test_fault_duplicate_rows_keeps_the_number_of_rows(cbs: StandInCbs, v4: bool) -> None:
    whole = get(figures(cbs, v4)).json()["value"]
    cbs.fault(Fault("duplicate_rows"))
    assert get(figures(cbs, v4)).json()["value"] == [*whole[:-1], whole[0]]


@BOTH
def test_faults_of_a_count_pass_other_requests_by(cbs: StandInCbs, v4: bool) -> None:
    right = int(get(figures(cbs, v4, "/$count")).content.decode("utf-8-sig"))
    cbs.fault(Fault("wrong_count"))
    cbs.fault(Fault("no_count", nth=2))
    assert len(get(figures(cbs, v4)).json()["value"]) == 4
    wrong, none, well = (get(figures(cbs, v4, "/$count")) for _ in range(3))
    assert int(wrong.content.decode("utf-8-sig")) == right + 1
    assert (none.status_code, "<html>" in none.text) == (200, True)
    assert int(well.content.decode("utf-8-sig")) == right


def test_damaged_gzip_is_never_taken_for_whole() -> None:
    """Addresses differ by port, and of one in twenty the turned bytes unpack to something."""
    for port in range(40_000, 40_500):
        body = f'{{"odata.metadata":"http://127.0.0.1:{port}/99001NED","value":[{{"ID":0}}]}}' * 4
        answer = Answer(200, "application/json", body.encode())
        spoilt = spoil(answer, Fault("broken_gzip"), "http://127.0.0.1/")
        with pytest.raises(zlib.error):
            zlib.decompressobj(wbits=31).decompress(spoilt.body)


@BOTH
def test_fault_broken_gzip(cbs: StandInCbs, v4: bool) -> None:
    cbs.fault(Fault("broken_gzip", times=2))
    with pytest.raises(requests.exceptions.ContentDecodingError):
        get(figures(cbs, v4))
    raw = get(figures(cbs, v4), stream=True)
    assert raw.headers["Content-Encoding"] == "gzip"
    body = raw.raw.read(decode_content=False)
    assert len(body) == int(raw.headers["Content-Length"])
    with pytest.raises((gzip.BadGzipFile, OSError, EOFError, zlib.error)):
        gzip.decompress(body)


@BOTH
def test_fault_oversize_is_right_but_for_its_size(cbs: StandInCbs, v4: bool) -> None:
    whole = get(figures(cbs, v4)).json()
    cbs.fault(Fault("oversize", size=1_000_000))
    before = cbs.bytes_sent
    answer = get(figures(cbs, v4))
    assert "Content-Length" not in answer.headers
    assert len(answer.content) > 1_000_000
    assert answer.json() == whole
    assert cbs.bytes_sent - before > 1_000_000


def test_fault_modified_changes_from_that_request_on(cbs: StandInCbs) -> None:
    def modified() -> list[str]:
        catalogs = [f"{cbs.v4_url}/CBS/Datasets", f"{cbs.url}/ODataCatalog/Tables?$format=json"]
        rows = [get(url).json()["value"][0] for url in catalogs]
        rows.append(ask(cbs, "TableInfos").json()["value"][0])
        rows.append(get(f"{cbs.v4_url}/CBS/90001DEM/Properties").json())
        return [row["Modified"][:10] for row in rows]

    cbs.fault(Fault("modified_changes", path_contains="TypedDataSet", nth=2))
    first = ask(cbs, "TypedDataSet").json()
    assert modified() == ["2026-01-01"] * 4
    assert len(get(first["odata.nextLink"]).json()["value"]) == 4
    cbs.heal()
    assert modified() == ["2099-01-01"] * 4


def test_random_faults_are_the_same_for_a_seed_and_leave_a_way_through() -> None:
    kinds = ("status", "truncate", "reset")

    def shown(seed: int) -> list[tuple[str, str]]:
        with StandInCbs([small_table()], page_size=4) as cbs:
            plan = RandomFaults(seed, share=0.9, kinds=kinds, in_a_row=2)
            cbs.fault_at_random(plan)
            for name in ("TypedDataSet", "TableInfos", "DataProperties"):
                failures = 0
                while not arrives(address(cbs, f"{name}?$format=json")):
                    failures += 1
                assert failures <= 2
            return list(plan.shown)

    assert shown(1) == shown(1) != shown(2)
    assert {kind for _, kind in shown(1)} <= set(kinds)


def arrives(url: str) -> bool:
    try:
        return get(url).status_code == 200
    except requests.RequestException:
        return False


def test_heal_forgets_random_faults_and_half_of_all_can_be_asked_for(cbs: StandInCbs) -> None:
    url = address(cbs, "TableInfos?$format=json")
    cbs.fault_at_random(RandomFaults(7, share=0.5, in_a_row=99, kinds=("status",)))
    met = sum(get(url).status_code == 503 for _ in range(60))
    assert 15 < met < 45
    cbs.heal()
    assert get(url).status_code == 200
    with pytest.raises(ValueError, match="'brand' is no kind of fault"):
        RandomFaults(1, kinds=("brand",))  # type: ignore[arg-type]


def test_latency_holds_every_answer_and_ends_at_closing() -> None:
    with StandInCbs([small_table()], latency_s=0.2) as cbs:
        started = time.monotonic()
        get(address(cbs, "TableInfos?$format=json"))
        assert time.monotonic() - started >= 0.2
        (request,) = cbs.requests
        assert started <= request.at <= time.monotonic() - 0.2
        cbs.latency_s = 30
        with pytest.raises(requests.ReadTimeout):
            requests.get(address(cbs, "TableInfos"), timeout=0.1)
        started = time.monotonic()
        cbs.__exit__(None, None, None)
        assert time.monotonic() - started < 1


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_requests_at_once_and_bytes_are_counted() -> None:
    with StandInCbs([small_table()], latency_s=0.3) as cbs:
        url = address(cbs, "TableInfos?$format=json")
        clients = [threading.Thread(target=get, args=(url,)) for _ in range(5)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert cbs.most_at_once == 5
        # a client may have its answer before the server has counted it
        before = -1
        while before != cbs.bytes_sent:
            before = cbs.bytes_sent
            time.sleep(0.2)
        received = raw_answer(cbs, "TableInfos?$format=json")
        wait_until(lambda: cbs.bytes_sent - before == len(received))


def test_tls_is_good_for_who_knows_the_authority(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    with StandInCbs([small_table()], tls=True) as cbs:
        authority.write_bytes(cbs.ca_pem)
        url = address(cbs, "TypedDataSet?$format=json")
        assert url.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError):
            get(url)
        assert len(get(url, verify=str(authority)).json()["value"]) == len(KEYS)
        cbs.fault(Fault("reset"))
        with pytest.raises(requests.ConnectionError):
            get(url, verify=str(authority))
    with StandInCbs([]) as plain, pytest.raises(RuntimeError, match="without tls"):
        _ = plain.ca_pem


def test_a_hanging_address_neither_takes_nor_refuses_a_connection() -> None:
    with hanging_address() as (host, port):
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            socket.create_connection((host, port), timeout=1.5)
        assert time.monotonic() - started >= 1.4


def test_heal_forgets_the_faults(cbs: StandInCbs) -> None:
    cbs.fault(Fault("status", times=100))
    assert ask(cbs, "TypedDataSet").status_code == 500
    cbs.heal()
    assert ask(cbs, "TypedDataSet").status_code == 200


def test_an_unknown_kind_of_fault_is_named() -> None:
    with pytest.raises(ValueError, match="'brand' is no kind of fault"):
        Fault("brand")  # type: ignore[arg-type]
