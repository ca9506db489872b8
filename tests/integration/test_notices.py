"""What is kept for the data owner: told once, and let go when it is past."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from mail_helpers import MailHost

from wijkpeil.edition.quarantine import LeftOut, Waiting
from wijkpeil.runs.notices import (
    FILE,
    is_untold,
    keep_left_out,
    keep_news,
    keep_waiting,
    tell_notices,
)
from wijkpeil.settings import Settings

MAILED = "A notice was mailed to beheer@voorbeeld.nl."


@pytest.fixture
def settings(host: MailHost, tmp_path: Path) -> Settings:
    (tmp_path / "warehouse").mkdir()
    return host.settings(tmp_path / "warehouse")


def mails(host: MailHost) -> list[str]:
    """The texts that came since this was asked last."""
    new = [mail.get_content() for _, mail in host.box.mails]
    host.box.mails.clear()
    return new


def rows(*keys: str, source_id: str = "survey", figures: int = 1) -> list[LeftOut]:
    return [LeftOut(source_id, key, figures, f"Row {key} is wrong.") for key in keys]


def waiting(doubt: str) -> Waiting:
    return Waiting("survey", None, (), (), (doubt,), f"Look at {doubt}.")


def test_news_that_cannot_be_mailed_is_told_when_it_can(settings: Settings, host: MailHost) -> None:
    keep_news(settings.warehouse, "kwb", "s1", ["It moved.", "It was put back."])
    down = replace(settings, smtp_url="smtp://localhost:1")
    assert "was not mailed" in (tell_notices(down) or "")
    # the same snapshot, looked at again
    keep_news(settings.warehouse, "kwb", "s1", ["It moved."])
    assert tell_notices(settings) == MAILED
    [text] = mails(host)
    assert text.split("\r\n\r\n") == ["It moved.", "It was put back.\r\n"]
    assert tell_notices(settings) is None
    keep_news(settings.warehouse, "kwb", "s2", ["It moved."])
    assert tell_notices(settings) == MAILED


def test_without_a_data_owner_news_waits_in_silence_and_what_waits_for_a_yes_does_not(
    settings: Settings, host: MailHost
) -> None:
    nobody = replace(settings, data_owner=None)
    keep_news(settings.warehouse, "kwb", "s1", ["It moved."])
    assert tell_notices(nobody) is None
    keep_waiting(settings.warehouse, [waiting("jump")])
    assert "WIJK_DATA_OWNER" in (tell_notices(nobody) or "")
    assert tell_notices(settings) == MAILED
    assert len(mails(host)) == 2


def test_of_what_is_left_out_only_what_is_new_is_told(settings: Settings, host: MailHost) -> None:
    folder = settings.warehouse
    keep_left_out(folder, rows("a", "b", figures=3))
    tell_notices(settings)
    [text] = mails(host)
    assert "Source survey: 6 figures in 2 rows cannot be used." in text
    assert "- Row a is wrong. And 2 more figures of that row." in text
    for same in (rows("a", "b"), rows("b")):
        keep_left_out(folder, same)
        assert tell_notices(settings) is None
    # what was mended is news when it comes back; of many the first are shown
    keep_left_out(folder, [*rows("a", "b", *"cdefgh"), *rows("x", source_id="kwb")])
    tell_notices(settings)
    [text] = mails(host)
    assert "7 figures in 7 rows cannot be used, beside those told before; 8 rows have such" in text
    assert "- Row a is" in text and "- Row b is" not in text and "- And 2 more rows." in text
    assert "Source kwb: 1 figure in 1 row cannot be used." in text


def test_what_is_mended_or_released_before_it_was_told_is_past(
    settings: Settings, host: MailHost
) -> None:
    folder = settings.warehouse
    keep_left_out(folder, rows("a"))
    keep_waiting(folder, [waiting("jump"), waiting("odd")])
    keep_left_out(folder, rows("c"))
    keep_waiting(folder, [waiting("odd")])
    tell_notices(settings)
    left_out, held = mails(host)
    assert "Row c" in left_out and "Row a" not in left_out
    assert "Look at odd." in held and "jump" not in held
    keep_left_out(folder, rows("c", "d"))
    keep_left_out(folder, rows("c"))
    assert not is_untold(folder)


def test_a_line_that_a_crash_cut_off_costs_that_line(settings: Settings, host: MailHost) -> None:
    keep_news(settings.warehouse, "kwb", "s1", ["It moved."])
    with (settings.warehouse / FILE).open("a") as file:
        file.write('\n{"keep": {"kind": "ne')
    keep_news(settings.warehouse, "kwb", "s2", ["It was put back."])
    tell_notices(settings)
    assert len(mails(host)[0].split("\r\n\r\n")) == 2


def test_what_two_processes_tell_at_once_is_told_once(settings: Settings, host: MailHost) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            pool.submit(keep_news, settings.warehouse, "kwb", f"s{number}", [f"News {number}."])
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(tell_notices, settings) for _ in range(4)]
    assert [each.result() for each in told].count(MAILED) == 1
    [text] = mails(host)
    assert "News 39." in text and "15 more: see notices.jsonl in the warehouse." in text
