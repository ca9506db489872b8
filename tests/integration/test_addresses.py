"""Address files: which forms are read, when one is fetched, and what is counted."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from address_helpers import QUICK, block, codes, lines, loaded, received, zipped

from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.sources import compared
from wijkpeil.sources.addresses import fetch_addresses, files
from wijkpeil.sources.snapshots import PARTIAL, all_snapshots, utc_now

Address = tuple[str, object, str]
# the form of a file


def test_the_largest_csv_of_a_zip_holds_the_addresses(tmp_path: Path) -> None:
    addresses = lines([("1011AB", number, "03630000") for number in range(1, 30)])
    zipped(
        tmp_path / "2024.zip",
        buurt_2024__csv="Buurt;Naam\n03630000;Centrum\n",
        pc6hnr__CSV=addresses,
        leesmij__txt="x" * 5000,
    )
    snapshot, is_new = fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    assert is_new
    assert snapshot.origin.kind == "addresses"
    assert snapshot.origin.rows == 29
    assert snapshot.origin.layout["member"] == "pc6hnr.CSV"
    assert snapshot.origin.layout["buurt"] == "Buurt2024"
    stored = snapshot.folder / snapshot.origin.layout["file"]
    assert stored.read_bytes() == (tmp_path / "2024.zip").read_bytes()
    assert loaded(tmp_path, (block(), snapshot))["count"] == [
        (2024, "addresses_2024", "BU03630000", 29)
    ]


def test_a_csv_by_itself_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "hand.csv").write_text(lines([("1011AB", 1, "03630000")]))
    by_hand = block(location="hand.csv")
    snapshot, _ = fetch_addresses(by_hand, QUICK, tmp_path, tmp_path)
    assert snapshot.origin.layout["member"] is None
    assert loaded(tmp_path, (by_hand, snapshot))["count"][0][2:] == ("BU03630000", 1)


@pytest.mark.parametrize(
    "content",
    [
        "pc6;huisnummer;buurt2018;wijk2018;gemeente2018\n1011ab;7;03630000;036300;0363\n",
        "PC6,Huisnummer,Buurt2017,Wijk2017,Gemeente2017\n1011AB,7,3630000,36300,363\n",
        "﻿Postcode;hnr;Buurtcode;WK_2022;GM_2022\r\n1011 AB;007;03630000;00;0363\r\n",
        '"PC6";"Huisnummer";"Buurt"\n"1011AB";"7";"03630000"\n',
        "x;Gemeente2025;Buurt2025;PC6;Huisnummer\n\n;0363;03630000; 1011AB ;7",
        "PC6;Huisnummer;Buurt2025;Wijk2025;Gemeente2025\n1011AB;7;3630000;0;363\n",
        "pc6;huisnummer;gwb2016_code;wijkcode;gemeentecode\n1011AB;7;3630000;36300;363\n",
        '"pc6";"huisnummer";"gwb2016_code"\n"1011AB";"7";"03630000"\n',
        "PC6;Huisnummer;Buurt2017;Wijk2017;Gem2017\n1011AB;7;3630000;36300;363\n",
        "PC6,Huisnummer,Buurt2023,Wijk2023,Gemeente2023\r\n1011AB,7,03630000,036300,0363\r\n",
        '"PC6","Huisnummer","Buurt2024","Gemeente2024"\n"1011AB",7,"03630000","0363"\n',
        "PC6;Huisnummer;Buurt2025;Wijk2025;Gemeente2025\n1011AB;7;BU03630000;WK036300;GM0363\n",
        "PC6\tHuisnummer\tBuurt2025\n1011AB\t7\t03630000\n",
    ],
    ids=[
        "2018", "integers", "bom and crlf", "quotes", "other order", "short wijk", "2016",
        "2016 quoted", "2017", "2023 anew", "2024 anew", "prefixes", "tabs",
    ],
)  # fmt: skip
def test_the_columns_and_codes_of_several_years_are_understood(
    tmp_path: Path, content: str
) -> None:
    one = received(tmp_path, content.encode())
    assert one[1].origin.rows == 1
    found = loaded(tmp_path, one)
    assert found["count"] == [(2024, "addresses_2024", "BU03630000", 1)]
    assert found["problem"] == []


def test_a_year_published_anew_lies_in_a_folder_of_its_zip_beside_the_names(
    tmp_path: Path,
) -> None:
    rows = "".join(f"1011AB,{number},3630000,36300,363\n" for number in range(1, 99))
    zipped(
        tmp_path / "2023.zip",
        **{
            "2023-cbs-pc6huisnr20230801_buurt/pc6hnr20230801_gwb__csv": (
                f"PC6,Huisnummer,Buurt2023,Wijk2023,Gemeente2023\n{rows}"
            ),
            "2023-cbs-pc6huisnr20230801_buurt/gemeenten_2023__csv": b"GM0363,S\xfadwest\n",
            "__MACOSX/2023-cbs/._pc6hnr20230801_gwb__csv": "x",
        },
    )
    snapshot, _ = fetch_addresses(block(2023), QUICK, tmp_path, tmp_path)
    assert snapshot.origin.rows == 98
    assert loaded(tmp_path, (block(2023), snapshot))["count"] == [
        (2023, "addresses_2023", "BU03630000", 98)
    ]


def test_the_lines_that_an_unknown_header_asks_for_make_the_file_readable(tmp_path: Path) -> None:
    zipped(tmp_path / "2024.zip", a__csv="PC6;HN;BuurtNr;x\n1011AB;7;03630000;1\n")
    with pytest.raises(WijkError) as told:
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    given = 'columns = { postcode = "PC6", number = "HN", buurt = "BuurtNr" }'
    assert str(told.value).endswith(
        "no column is known as the number of an address; the header is 'PC6;HN;BuurtNr;x'. If "
        f"this is the file with the addresses, write in its block: {given}."
    )
    mended = block().model_copy(update=tomllib.loads(given))
    snapshot, _ = fetch_addresses(mended, QUICK, tmp_path, tmp_path)
    assert loaded(tmp_path, (mended, snapshot))["count"][0][2:] == ("BU03630000", 1)
    assert fetch_addresses(mended, QUICK, tmp_path, tmp_path) == (snapshot, False)
    other = mended.model_copy(update={"columns": {**mended.columns, "buurt": "Buurt"}})
    with pytest.raises(WijkError, match="'columns' gives 'Buurt' for the buurt, and the header is"):
        fetch_addresses(other, QUICK, tmp_path, tmp_path)


def test_a_code_may_hold_letters(tmp_path: Path) -> None:
    assert codes(tmp_path, lines([("1011AB", 1, "0363AF01")])) == {"BU0363AF01": 1}


# what is no address file


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<!DOCTYPE html><title>Niet gevonden</title>", "the file is a web page"),
        (b"", "neither a zip nor a CSV"),
        (b"PK\x03\x04 and nothing more", r"the zip is damaged or cut off .*; fetch it again"),
        (b"PC6;Huisnr\n1011AB;1\n", "no column is known as the buurt of an address; the header"),
        (b"PC6;Huisnummer;Buurten\n1011AB;1;2\n", 'number = "Huisnummer", buurt = "Buurten" }'),
        (b"PC6;Huisnummer;\x1b[2J" + b"y" * 999 + b"\n1;2;3\n", "header is 'PC6;Huisnummer;.2Jy"),
        (
            b"PC6;Huisnummer;Buurt2023;Buurt2024\n1011AB;1;2;3\n",
            "'Buurt2023' and 'Buurt2024' may both be the buurt column",
        ),
        (b"PC6;Huisnummer;Buurt2024\n", "the file has no rows; was it cut off"),
        (b"PC6;Huisnummer;Buurt2024\n" + b"x" * 2**21, "a line is longer than 65,536 bytes"),
    ],
    ids=[
        "page", "empty", "no end", "no buurt", "nearest", "long header", "two buurten", "no rows",
        "long line",
    ],
)  # fmt: skip
def test_what_is_no_address_file_is_told_and_leaves_nothing(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "2024.zip").write_bytes(content)
    with pytest.raises(WijkError, match=sentence) as told:
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    assert str(told.value).startswith("Address file addresses_2024 (areas.toml): ")
    assert type(told.value) is WijkError
    assert list((tmp_path / "snapshots" / "addresses_2024").iterdir()) == []


@pytest.mark.parametrize("part", [0.5, 0.95])
def test_a_zip_that_was_cut_off_is_told(tmp_path: Path, part: float) -> None:
    whole = zipped(
        tmp_path / "2024.zip",
        a__csv=lines([("1011AB", number, "03630000") for number in range(1, 3000)]),
    ).read_bytes()
    (tmp_path / "2024.zip").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(WijkError, match="damaged or cut off"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)


def test_a_zip_with_a_spoilt_byte_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "2024.zip", a__csv=lines([("1011AB", 1, "03630000")] * 999))
    spoilt = bytearray(path.read_bytes())
    spoilt[60] ^= 0xFF
    path.write_bytes(spoilt)
    with pytest.raises(WijkError, match="damaged or cut off"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)


def test_a_zip_that_unpacks_beyond_measure_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped(tmp_path / "2024.zip", a__csv=b"0" * 4_000_000)
    with pytest.raises(WijkError, match="unpacks to more than 200 times its size"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(WijkError, match=r"unpacks to 0\.0 GiB, more than the"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)


def test_a_zip_of_many_files_or_without_a_csv_is_refused(tmp_path: Path) -> None:
    zipped(tmp_path / "2024.zip", **{f"a{number}__csv": "x" for number in range(65)})
    with pytest.raises(WijkError, match="holds more than 64 files"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    zipped(tmp_path / "2024.zip", a__xlsx="x")
    with pytest.raises(WijkError, match=r"holds no \.csv but 'a\.xlsx'"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)


def test_the_path_that_a_member_names_is_not_used(tmp_path: Path) -> None:
    content = lines([("1011AB", 1, "03630000")])
    zipped(tmp_path / "2024.zip", **{"../../outside__csv": content})
    snapshot, _ = fetch_addresses(block(), QUICK, tmp_path, tmp_path)
    assert loaded(tmp_path, (block(), snapshot))["count"][0][3] == 1
    assert not list(tmp_path.parent.rglob("outside*"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WijkError, match=r"no file .*/2024\.zip; put it there or correct"):
        fetch_addresses(block(), QUICK, tmp_path, tmp_path)


# when it is fetched


class Site:
    """A server of one file; it keeps what was asked, and answers as it is told."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.headers = {"ETag": '"1"', "Last-Modified": "Thu, 01 Aug 2024 10:00:00 GMT"}
        self.status = {"GET": 200, "HEAD": 200}
        self.asked: list[str] = []
        self.url = ""


@contextmanager
def serving(content: bytes) -> Iterator[Site]:
    site = Site(content)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            site.asked.append(self.command)
            status = site.status[self.command]
            self.send_response(status)
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(site.content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(site.content)

        do_GET = do_HEAD = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/2024.zip"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    path = zipped(tmp_path / "served.zip", a__csv=lines([("1011AB", 1, "03630000")]))
    with serving(path.read_bytes()) as server:
        yield server


def test_a_file_that_did_not_change_is_not_downloaded_again(site: Site, tmp_path: Path) -> None:
    remote = block(location=site.url)
    first, is_new = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    assert is_new
    assert fetch_addresses(remote, QUICK, tmp_path, tmp_path) == (first, False)
    assert site.asked == ["GET", "HEAD"]


@pytest.mark.parametrize("status", [403, 405, 503])
def test_a_file_that_the_server_says_nothing_of_is_kept(
    site: Site, tmp_path: Path, status: int
) -> None:
    remote = block(location=site.url)
    first, _ = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    site.status["HEAD"] = status
    site.headers["ETag"] = '"2"'
    assert fetch_addresses(remote, QUICK, tmp_path, tmp_path) == (first, False)
    assert site.asked == ["GET", "HEAD"]


def test_another_tag_alone_means_another_server_and_not_another_file(
    site: Site, tmp_path: Path
) -> None:
    remote = block(location=site.url)
    first, _ = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    site.headers["ETag"] = '"2"'
    assert fetch_addresses(remote, QUICK, tmp_path, tmp_path) == (first, False)
    assert site.asked == ["GET", "HEAD"]


def test_a_file_that_changed_is_downloaded_and_is_new_when_its_bytes_are(
    site: Site, tmp_path: Path
) -> None:
    remote = block(location=site.url)
    first, _ = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    site.headers = {"ETag": '"2"', "Last-Modified": "Fri, 02 Aug 2024 10:00:00 GMT"}
    assert fetch_addresses(remote, QUICK, tmp_path, tmp_path) == (first, False)
    assert site.asked == ["GET", "HEAD", "GET"]
    more = lines([("1011AB", 1, "03630000"), ("1011AB", 2, "03630000")])
    site.content = zipped(tmp_path / "more.zip", a__csv=more).read_bytes()
    second, is_new = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    assert is_new
    assert second.origin.rows == 2
    assert len(all_snapshots(tmp_path, "addresses_2024")) == 2


@pytest.mark.parametrize("status", [200, 403])
def test_a_file_is_received_again_every_so_often_whatever_its_server_says(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    remote = block(location=site.url)
    first, _ = fetch_addresses(remote, QUICK, tmp_path, tmp_path)
    site.status["HEAD"] = status
    for day in (27, 28, 55):
        monkeypatch.setattr(compared, "utc_now", lambda day=day: utc_now() + timedelta(days=day))
        assert fetch_addresses(remote, QUICK, tmp_path, tmp_path) == (first, False)
    assert site.asked == ["GET", "HEAD", "GET", "HEAD"]
    other = lines([("1011AB", 1, "03630001")])
    site.content = zipped(tmp_path / "other.zip", a__csv=other).read_bytes()
    monkeypatch.setattr(compared, "utc_now", lambda: utc_now() + timedelta(days=56))
    assert fetch_addresses(remote, QUICK, tmp_path, tmp_path)[1]


def test_a_file_by_hand_is_new_when_its_bytes_are(tmp_path: Path) -> None:
    _, first = received(tmp_path, lines([("1011AB", 1, "03630000")]))
    assert fetch_addresses(block(), QUICK, tmp_path, tmp_path) == (first, False)
    _, second = received(tmp_path, lines([("1011AB", 2, "03630000")]))
    assert second.snapshot_id > first.snapshot_id


def test_a_server_that_refuses_programs_asks_for_a_file_by_hand(site: Site, tmp_path: Path) -> None:
    site.status["GET"] = 403
    with pytest.raises(WijkError) as told:
        fetch_addresses(block(location=site.url), QUICK, tmp_path, tmp_path)
    assert str(told.value) == (
        f"Address file addresses_2024 (areas.toml): the server refuses to send {site.url} to a "
        f"program; download it in a browser, put the file in {tmp_path} and give its name as "
        "'location'."
    )


def test_a_page_from_a_server_is_worth_another_try(site: Site, tmp_path: Path) -> None:
    site.content = b"<html>Onderhoud</html>"
    with pytest.raises(SourceUnavailable, match="the file is a web page"):
        fetch_addresses(block(location=site.url), QUICK, tmp_path, tmp_path)
    assert not list((tmp_path / "snapshots").rglob(f"{PARTIAL}*"))
