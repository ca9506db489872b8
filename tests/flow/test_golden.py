"""The mails of three editions in a row and the marts of the last, as agreed, through the real
fetch, build and publish.

RENEW_GOLDEN=1 writes tests/golden anew, for a person to look at the difference.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import duckdb
import pytest
from golden_world import GoldenWorld, golden_world

from wijkpeil.alerts import QueueReport

GOLDEN = Path(__file__).parents[1] / "golden"
EDITIONS = {2024: "1-quiet", 2025: "2-new", 2026: "3-revised"}
# until 2025 too little to tell that it rises
_RISING = {(4, 2024): 6.15, (4, 2025): 6.3, (4, 2026): 6.45}


# two programme areas where most happens, one that gets better and one beside the programme
_AREAS = ["WK990101", "WK990103", "WK990104", "WK990106"]
_OF_THEM = f"area_code in ({', '.join(repr(code) for code in _AREAS)})"
_FIGURES = f"""
    select area_code, year, indicator_id, round(value, 6) as value, unit, status,
        round(value_as_published, 6) as value_as_published,
        round(gemeente_value, 6) as gemeente_value, round(programme_value, 6) as programme_value,
        round(nl_value, 6) as nl_value, rank_in_gemeente, round(change, 6) as change, source_id,
        is_restated, moved_share
    from marts.{{}}
    where {_OF_THEM} and year >= 2023
    order by area_code, indicator_id, year
"""
MARTS = {
    "stagnation": f"""
        select edition_year, area_code, programme_id, indicator_id, axis, class, is_alert,
            is_new_alert_allowed, is_held, editions_in_a_row, round(slope, 6) as slope,
            round(slope_low, 6) as slope_low, round(slope_high, 6) as slope_high,
            meaningful_change, points, first_year, last_year, round(last_value, 6) as last_value,
            round(reference_value, 6) as reference_value, round(gap, 6) as gap, line_class,
            class_at_half, class_at_double
        from marts.stagnation
        where {_OF_THEM} and edition_year >= 2025
        order by area_code, programme_id nulls first, indicator_id, axis, edition_year
    """,
    "area_alert": """
        select edition_year, area_code, programme_id, theme, alerts, conclusive, assessed, is_alert,
            is_structural, indicators, lasting
        from marts.area_alert
        where edition_year >= 2025
        order by all
    """,
    "liveability": _FIGURES.format("liveability"),
    "safety": _FIGURES.format("safety"),
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with golden_world(tmp_path_factory.mktemp("golden")) as world:
        yield Story(world)


class Story:
    """The world after its three editions, with each mail as it was before the next."""

    def __init__(self, world: GoldenWorld) -> None:
        self.world = world
        self.shown: dict[tuple[int, str], str] = {}
        self.mails: dict[int, EmailMessage] = {}
        self.reports = {
            2024: self._edition(2024, vacant=set(), unsafe=set()),
            2025: self._edition(2025, vacant={1, 2, 3}, unsafe={3, 4}),
            2026: self._edition(2026, vacant={1, 3}, unsafe={3, 4}, grades=_RISING),
        }

    def _edition(self, year: int, **figures: Any) -> QueueReport:
        report = self.world.publish(year, **figures)
        for kind in ("txt", "html"):
            path = self.world.folder / f"vooruit.{kind}"
            self.shown[year, kind] = self.world.shown(path)
        mail = message_from_bytes((self.world.folder / "vooruit.eml").read_bytes(), policy=SMTP)
        assert isinstance(mail, EmailMessage)
        self.mails[year] = mail
        return report


@pytest.mark.parametrize("kind", ["txt", "html"])
@pytest.mark.parametrize("year", EDITIONS)
def test_a_mail_is_as_agreed(story: Story, year: int, kind: str) -> None:
    path = GOLDEN / f"mail-{EDITIONS[year]}.{kind}"
    if os.environ.get("RENEW_GOLDEN") == "1":
        path.write_text(story.shown[year, kind], encoding="utf-8")
    assert story.shown[year, kind] == path.read_text(encoding="utf-8"), (
        f"{path} differs; RENEW_GOLDEN=1 writes it anew"
    )


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_is_as_agreed(story: Story, mart: str) -> None:
    path = GOLDEN / f"marts.{mart}.csv"
    with duckdb.connect(story.world.world.published, read_only=True) as db:
        found = db.execute(MARTS[mart])
        rows = [[each[0] for each in found.description or []], *found.fetchall()]
    text = "".join(",".join("" if x is None else str(x) for x in row) + "\n" for row in rows)
    if os.environ.get("RENEW_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), (
        f"{path} differs; RENEW_GOLDEN=1 writes it anew"
    )


def test_the_subjects_tell_the_story(story: Story) -> None:
    names = [f"Wijk {n:02d} Testdam" for n in range(6)]
    told = {
        2024: "Niets nieuws",
        2025: f"{names[3]}, {names[1]}, {names[2]} en nog 1 wijk staan stil",
        2026: f"{names[4]} hersteld, {names[2]} gecorrigeerd",
    }
    assert {year: mail["Subject"].strip() for year, mail in story.mails.items()} == {
        year: f"{text} (Testdam Vooruit (fictief), {year}) [synthetische cijfers]"
        for year, text in told.items()
    }
    assert [len(report.queued) for report in story.reports.values()] == [1, 1, 1]
    assert [report.lifted for report in story.reports.values()] == [0, 0, 2]


@pytest.mark.parametrize(("year", "least"), [(2024, 80), (2025, 150), (2026, 150)])
def test_a_mail_takes_a_minute_to_read(story: Story, year: int, least: int) -> None:
    text = story.shown[year, "txt"]
    words = [each for each in text.split() if re.search(r"[^\W\d_]", each) and "://" not in each]
    assert least <= len(words) <= 250


def test_pictures_are_small_and_twice_as_sharp_as_they_are_shown(story: Story) -> None:
    for year, pictures in ((2024, 0), (2025, 1), (2026, 1)):
        mail = story.mails[year]
        found = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        assert len(found) == pictures
        for part in found:
            png = part.get_payload(decode=True)
            assert isinstance(png, bytes) and png.startswith(b"\x89PNG\r\n\x1a\n")
            width, height = struct.unpack(">II", png[16:24])
            assert 900 < width < 1500 and 300 < height < 700
            assert 2_000 < len(png) < 60_000


def test_what_was_told_is_not_told_again(story: Story) -> None:
    again = story.world.queue()
    assert again.queued == () and again.lifted == 0
    open_now = {(key.area_code, key.indicator_id) for key in story.world.open_alerts}
    assert open_now == {
        ("WK990101", "vacancy_share"),
        ("WK990103", "vacancy_share"),
        ("WK990103", "safety_grade"),
    }
