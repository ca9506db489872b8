"""How many signals of a mail are wrong, and how much stands still unseen, in its words."""

from __future__ import annotations

from pathlib import Path

import pytest
from digest_helpers import Story, audience
from mail_helpers import Trend

SAFETY, UNSAFE, ASSAULT = "safety_grade", "unsafe_share", "assault_per_1000"


def lines(folder: Path, *trends: Trend, language: str = "nl") -> str:
    story = Story(folder, audience(language=language))
    story.edition(*trends, year=2022)
    return story.text


def areas(count: int, **more: object) -> list[Trend]:
    return [
        Trend(f"WK0001{n:02}", area_name=f"Wijk {n}", **more)  # type: ignore[arg-type]
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("count", "chance", "dutch", "english"),
    [
        (
            1,
            0.0004,
            "onterecht is, is naar schatting minder dan 1%.",
            "is estimated at under 1%.",
        ),
        (1, 0.034, "onterecht is, is naar schatting 3%.", "is wrong is estimated at 3%."),
        (
            9,
            0.05,
            "Van deze 9 signalen is er naar verwachting minder dan 1 onterecht.",
            "Of these 9 signals, expect fewer than 1 to be wrong.",
        ),
        (
            30,
            0.05,
            "Van deze 30 signalen is er naar verwachting ongeveer 2 onterecht.",
            "Of these 30 signals, expect about 2 to be wrong.",
        ),
    ],
)
def test_the_number_that_is_wrong_is_that_of_this_mail(
    tmp_path: Path, count: int, chance: float, dutch: str, english: str
) -> None:
    trends = areas(count, wrong_chance=chance)
    (tmp_path / "nl").mkdir()
    (tmp_path / "en").mkdir()
    assert dutch in lines(tmp_path / "nl", *trends)
    assert english in lines(tmp_path / "en", *trends, language="en")


def test_indicators_of_one_cause_are_wrong_once(tmp_path: Path) -> None:
    found = [Trend(indicator_id=each, wrong_chance=0.9) for each in (SAFETY, UNSAFE, ASSAULT)]
    told = "Van deze 3 signalen (2 oorzaken) is er naar verwachting ongeveer 2 onterecht."
    assert told in lines(tmp_path, *found)


def test_of_one_cause_the_mean_counts(tmp_path: Path) -> None:
    found = [
        Trend(indicator_id=SAFETY, wrong_chance=0.9),
        Trend(indicator_id=UNSAFE, wrong_chance=0.0),
    ]
    told = "Van deze 2 signalen (1 oorzaak) is er naar verwachting minder dan 1 onterecht."
    assert told in lines(tmp_path, *found)


def test_what_was_told_before_is_counted_in_a_line_of_its_own(tmp_path: Path) -> None:
    story, before = Story(tmp_path), areas(8, wrong_chance=0.2)
    story.edition(*before, year=2022)
    assert "die openstaan" not in story.text
    story.edition(*before, Trend("WK000199", area_name="Noord", wrong_chance=0.1), year=2023)
    assert "De kans dat dit signaal onterecht is, is naar schatting 10%." in story.text
    assert "Van alle 9 signalen die openstaan: naar verwachting ongeveer 2 onterecht." in story.text


def test_what_stands_still_unseen_is_told(tmp_path: Path) -> None:
    seen = areas(4, standstill_chance=1.0)
    unseen = [
        Trend(f"WK0002{n:02}", trend_class="inconclusive", standstill_chance=0.5) for n in range(4)
    ]
    # what is at its level has nothing to show, and without figures nothing is estimated
    beside = [
        Trend("WK000301", trend_class="at_level", standstill_chance=1.0),
        Trend("WK000302", trend_class="insufficient", standstill_chance=1.0),
    ]
    told = (
        "Omgekeerd missen we van naar schatting 6 echte gevallen er ongeveer 2: geen signaal "
        "bewijst niet dat het goed gaat."
    )
    assert told in lines(tmp_path, *seen, *unseen, *beside)


def test_where_all_improves_nothing_is_said_to_be_unseen(tmp_path: Path) -> None:
    assert "Omgekeerd" not in lines(tmp_path, *areas(2, standstill_chance=0.1))
