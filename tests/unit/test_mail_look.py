"""That a mail can be read everywhere: well-made HTML, contrast, text that says the same, pictures
of few bytes, and nothing that a name from outside can break."""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from html_reading import contrast, inverted, read
from mail_helpers import SENDER, Programme, Trend, Whole, publish

from wijkpeil.alerts import (
    Audience,
    Recipients,
    Signal,
    find_news,
    make_digest,
    read_followed,
)
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.alerts.letters import tell
from wijkpeil.alerts.letters.mail import Mail, Postage, compose
from wijkpeil.alerts.letters.pictures import Drawing, packed
from wijkpeil.alerts.letters.webhook import payload
from wijkpeil.words import Language

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    'Zuid\r\nBcc: derde@voorbeeld.nl\r\n\r\n<img src="http://x/y.png" onload="x">',
    "lang" * 75,
    "{place} {{ 7 * 7 }} %s",
    "\u202edlohcs\u2028\x00\ufeff",
    "",
]
PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 2, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\x00" + b"abc" * 4, 0)),
        (b"IEND", b""),
    )
)


def drawn(signal: Signal, year: int, language: Language) -> Drawing:
    """A picture of its own for each signal."""
    name = re.sub(r"\W", "", f"{signal.key.area_code}{signal.key.indicator_id}{year}{language}")
    return Drawing(PNG, f"Grafiek van {signal.indicator(language)}", f"{name}@wijkpeil")


def mail(folder: Path, *trends: Trend, language: Language = "nl", **more: Any) -> Mail:
    """The mail of one edition to one person; `programme` and `report_url` may be given."""
    programme = more.pop("programme", Programme())
    report_url = more.pop("report_url", "https://wijk.voorbeeld.nl/rapport")
    draw = more.pop("draw", drawn)
    edition = read_followed(publish(folder, trends, programmes=[programme], **more))
    audience = Audience("zuid", None, language, "all", ("manager@voorbeeld.nl",))
    news = find_news(edition, Ledger(folder / "warehouse"), Recipients((audience,)))
    ((_, telling),) = news.told
    return compose(telling, audience, Postage(SENDER, draw, report_url))


def rich(folder: Path, language: Language = "nl") -> Mail:
    """A mail with something of everything."""
    trends = [
        Trend(editions=4),
        Trend(indicator_id="woz_value_keur", trend_class="deteriorating"),
        Trend("zuid/haven", area_name="Haven", certainty="name_match", gemeente=None),
        Trend("WK000103", trend_class="inconclusive"),
        Trend("WK000104", trend_class="insufficient"),
        Trend("WK000105", allowed=False),
    ]
    wholes = [Whole(is_structural=True)]
    more = {"wholes": wholes, "synthetic": True, "stale_days": 9, "provisional": [2022]}
    return mail(folder, *trends, language=language, **more)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_html_is_well_made_and_loads_nothing(tmp_path: Path, language: Language) -> None:
    made = rich(tmp_path, language)
    page = read(made.html)
    assert len(page.loaded) == 1 and made.drawing is not None
    assert all(address.startswith("cid:") for address in page.loaded)
    site = f"https://wijk.voorbeeld.nl/rapport{'/en' if language == 'en' else ''}"
    areas = [f"{site}/gebied/{page}.html" for page in ("WK000101", "zuid--haven")]
    others = [f"{site}/gebied/WK00010{n}.html" for n in (5, 3, 4)]
    assert page.links == [*areas, f"{site}/programma/zuid.html", *areas, *others]
    assert not re.search(r"url\(|@import|<form|<script|javascript:", made.html, re.IGNORECASE)
    assert "max-width:600px" in made.html
    assert '<meta name="color-scheme" content="light dark">' in made.html


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_can_be_told_from_its_ground_also_inverted(tmp_path: Path, mode: str) -> None:
    for text, colours in read(rich(tmp_path).html).texts:
        ink, ground = colours[mode]
        assert contrast(ink, ground) >= 4.5, (text, ink, ground)
        assert contrast(inverted(ink), inverted(ground)) >= 4.5, (text, ink, ground)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_text_and_html_say_the_same(tmp_path: Path, language: Language) -> None:
    made = rich(tmp_path, language)
    page = read(made.html)

    def words(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.casefold()))

    # links to areas and what the picture shows are in the page alone
    assert made.drawing is not None
    assert words(made.text) <= words(" ".join([page.words, *page.links]))
    assert words(page.words) - words(made.drawing.alt) <= words(made.text)
    shown = re.sub(r"\s+", " ", page.words)
    for paragraph in made.text.split("\n\n"):
        for line in re.sub(r"\n {2,3}(?=\S)", " ", paragraph).splitlines():
            sentence = re.sub(r"^(?:\d\.|-) ", "", line.strip())
            if len(sentence) > 40 and not re.search(r"  |https:", sentence):
                assert re.sub(r"\s+", " ", sentence) in shown


def test_the_text_is_wrapped_where_plain_mail_is_read(tmp_path: Path) -> None:
    lines = rich(tmp_path).text.splitlines()
    assert all(len(line) <= 72 for line in lines if "https:" not in line)


def test_the_first_lines_say_where_on_what_and_how_sure(tmp_path: Path) -> None:
    shown = read(mail(tmp_path, Trend(), Trend("WK000102", area_name="Noord")).html).words
    _, _, first = shown.partition("Programma Zuid, 2022 ")
    assert re.sub(r"\s+", " ", first).startswith(
        "Molenwijk en Noord staan stil Dit is uw eerste mail met signalen; hierna hoort u alleen "
        "wat verandert. ■ staat stil Molenwijk : Woninginbraken ■ staat stil Noord : "
        "Woninginbraken Molenwijk staat stil op Woninginbraken "
    )


@pytest.mark.parametrize("name", ["Plein", "Poëtenbuurt"])
def test_a_subject_begins_on_the_line_of_its_header(tmp_path: Path, name: str) -> None:
    """What is folded before its first word, some readers of headers show as empty."""
    made = mail(tmp_path, Trend(area_name=name), synthetic=True)
    (line,) = re.findall(rb"(?m)^Subject:.*$", made.email.as_bytes())
    assert line.startswith(b"Subject: " + (b"Plein staat" if name == "Plein" else b"=?utf-8?"))
    read_again = message_from_bytes(made.email.as_bytes(), policy=SMTP)
    assert read_again["Subject"] == made.message.subject


def test_a_mail_is_text_or_else_a_page_with_its_pictures(tmp_path: Path) -> None:
    made = rich(tmp_path)
    assert made.email.get_content_type() == "multipart/alternative"
    text, page = made.email.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "multipart/related")
    assert isinstance(page, EmailMessage)
    html, *pictures = page.iter_parts()
    assert html.get_content_type() == "text/html"
    assert [f"cid:{part['Content-ID'].strip('<>')}" for part in pictures] == [
        *read(made.html).loaded
    ]
    assert all(part.get_content_disposition() == "inline" for part in pictures)
    assert made.page.count('src="data:image/png;base64,') == 1 and "cid:" not in made.page
    again = message_from_bytes(made.email.as_bytes(), policy=SMTP)
    assert again.get_body(("html",)).get_content().replace("\r\n", "\n") == made.html  # type: ignore[attr-defined]


def test_a_mail_is_the_same_bytes_each_time_but_for_its_date(tmp_path: Path) -> None:
    first, second = (
        re.sub(rb"Date: .*", b"", rich(folder).email.as_bytes())
        for folder in (tmp_path / "1", tmp_path / "2")
        if folder.mkdir() is None
    )
    assert first == second


def many(areas: int) -> list[Trend]:
    return [
        Trend(
            f"WK00{number:04d}", indicator, area_name=f"Wijk {number:02d}", sentence="Lang. " * 90
        )
        for number in range(areas)
        for indicator in ("burglary_per_1000", "woz_value_keur", "assault_per_1000")
    ]


def test_a_large_programme_has_a_mail_of_the_same_size(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    made, few = mail(tmp_path, *many(40)), mail(tmp_path / "few", *many(6))
    assert made.message.subject == (
        "Wijk 00, Wijk 01, Wijk 02 en nog 37 wijken staan stil (Programma Zuid, 2022)"
    )
    assert len(made.text) < 2.5 * len(few.text) and len(made.html) < 25_000
    assert "35 wijken: ook stil of achteruit" in made.text


def test_a_large_programme_fits_in_a_message_to_a_channel(tmp_path: Path) -> None:
    edition = read_followed(publish(tmp_path, many(40)))
    digest = make_digest(edition, "zuid", told={}, taken=())
    told = payload(tell(digest, "nl"), None)
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 28_000
    assert "35 wijken: ook stil" in told["text"] and told["text"].endswith("contact@voorbeeld.nl.")


def test_without_a_report_every_new_signal_is_named(tmp_path: Path) -> None:
    trends = [Trend(indicator_id=f"indicator_{n}") for n in range(6)]
    alone = mail(tmp_path, *trends, report_url=None)
    for shown in (alone.text, read(alone.html).words):
        assert "Alle nieuwe signalen" in shown and all(f"indicator_{n}" in shown for n in range(6))
    (tmp_path / "linked").mkdir()
    linked = mail(tmp_path / "linked", *trends)
    assert "Alle nieuwe signalen" not in linked.text + linked.html


def test_without_a_report_a_channel_names_every_new_signal(tmp_path: Path) -> None:
    trends = [Trend(indicator_id=f"indicator_{n}") for n in range(6)]
    edition = read_followed(publish(tmp_path, trends))
    telling = tell(make_digest(edition, "zuid", told={}, taken=(), is_first=True), "nl")
    assert all(f"indicator_{n}" in payload(telling, None)["text"] for n in range(6))
    linked = payload(telling, "https://wijken.voorbeeld.example")
    assert "Alle nieuwe signalen" not in linked["text"]


def test_a_picture_that_is_too_large_for_a_mail_is_left_out(tmp_path: Path) -> None:
    def larger(signal: Signal, year: int, language: Language) -> Drawing:
        return replace(drawn(signal, year, language), png=PNG + b"x" * 800_000)

    made = mail(tmp_path, Trend(), draw=larger, report_url=None)
    assert made.drawing is None and len(made.email.as_bytes()) < 100_000
    assert "grafiek" not in made.text and not read(made.html).links


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_breaks_nothing(tmp_path: Path, name: str) -> None:
    trends = [
        Trend(area_name=name, gemeente=name, sentence=name),
        Trend("WK000102", area_name=name, certainty="name_match"),
    ]
    made = mail(tmp_path, *trends, programme=Programme(name_nl=name), synthetic=True)
    page = read(made.html)
    assert len(page.loaded) == 1 and len(page.links) == 5
    headers = made.email.as_bytes().split(b"\r\n\r\n", 1)[0].decode("ascii")
    assert made.email["Bcc"] is None and "\nBcc" not in headers
    assert len(made.message.subject) < 200
    visible = re.sub(r"[^\n\x20-\x7e\u00a0-\uffff]", "?", made.text)
    assert visible == made.text and "\u202e" not in made.text and "\ufeff" not in made.text
    assert "49" not in made.text


def test_a_mail_without_anything_that_may_be_missing_can_be_read(tmp_path: Path) -> None:
    made = mail(
        tmp_path,
        Trend(area_name="Molenwijk", gemeente=None, indicator_id="unheard_of"),
        programme=Programme(contact=None),
        draw=lambda *_: None,
        report_url=None,
    )
    assert made.email["Reply-To"] is None
    assert "Molenwijk staat stil op unheard_of" in read(made.html).words
    assert "Vragen" not in made.text and "None" not in made.text


def test_a_packed_picture_is_the_same_picture(tmp_path: Path) -> None:
    small = packed(PNG)
    place, pixels = 8, b""
    while place < len(small):
        (size,) = struct.unpack(">I", small[place : place + 4])
        kind, body = small[place + 4 : place + 8], small[place + 8 : place + 8 + size]
        (check,) = struct.unpack(">I", small[place + 8 + size : place + 12 + size])
        assert check == zlib.crc32(kind + body)
        pixels += body if kind == b"IDAT" else b""
        place += 12 + size
    assert zlib.decompress(pixels) == b"\x00" + b"abc" * 4
    assert small[:33] == PNG[:33] and small[-12:] == PNG[-12:]
