"""Areas as a whole, for those who hear of no single signals: when they are told, and when over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from digest_helpers import ALDERMAN, BURGLARY, MANAGER, Story, audience, unwrapped
from mail_helpers import Trend, Whole

ASSAULT, THEFT = "assault_per_1000", "theft_per_1000"
GRADE, UNSAFE = "safety_grade", "unsafe_share"


@pytest.mark.parametrize("threshold", ["area", "structural"])
def test_a_threshold_tells_of_areas_as_a_whole_and_once(tmp_path: Path, threshold: str) -> None:
    story = Story(tmp_path, audience(threshold=threshold), audience(to=(ALDERMAN,)))
    trends = [
        Trend(editions=3),
        Trend(indicator_id="assault_per_1000", editions=3),
        Trend("WK000102", area_name="Noord"),
    ]
    story.edition(*trends, year=2022, wholes=[Whole(is_alert=False)])
    assert list(story.texts) == [ALDERMAN]
    above = [Whole(is_structural=True), Whole("WK000102", is_alert=False)]
    (subject,) = story.edition(*trends, year=2023, wholes=above)
    how = {"area": "staat als geheel stil", "structural": "staat al jaren als geheel stil"}
    assert subject == f"Molenwijk {how[threshold]}"
    told = unwrapped(story.texts[MANAGER])
    assert f"Molenwijk (veiligheid: 2 van de 4 indicatoren) {how[threshold]}. Van deze 2" in told
    assert "Het wijkblad, één A4 per wijk, heeft de cijfers" in told
    # three sentences, and what they are based on
    assert "Wat kunt u doen" not in told and "Alle indicatoren" not in told
    assert "Noord" not in told
    assert story.again().queued == ()
    assert story.edition(*trends, year=2024, wholes=above) == []
    calm = [Whole(is_alert=False, then={2023: True})]
    story.edition(*trends, year=2024, wholes=calm)
    assert "Niet meer als geheel stil: Molenwijk (veiligheid)." in story.text
    assert story.again().queued == ()


def test_an_area_as_a_whole_waits_for_its_signals_gates(tmp_path: Path) -> None:
    story = Story(tmp_path, audience(threshold="area"))
    held = [Trend(), Trend(indicator_id="assault_per_1000", allowed=False)]
    assert story.edition(*held, year=2022, wholes=[Whole()]) == []


def test_an_area_as_a_whole_does_not_recover_by_losing_figures(tmp_path: Path) -> None:
    story = Story(tmp_path, audience(threshold="area"))
    trends = [Trend(), Trend(indicator_id="assault_per_1000")]
    assert len(story.edition(*trends, year=2022, wholes=[Whole()])) == 1
    gone = Trend(trend_class="insufficient", then={2022: "stagnating"})
    below = Whole(is_alert=False, then={2022: True})
    assert story.edition(gone, trends[1], year=2023, wholes=[below]) == []


def safety(trend_class: str, *indicators: str, then: str | None = None) -> list[Trend]:
    """Rows of these indicators, with a class for 2022 in this build."""
    past = {2022: then} if then else {}
    return [Trend(indicator_id=each, trend_class=trend_class, then=past) for each in indicators]


@pytest.mark.parametrize(
    ("now", "whole"),
    [
        pytest.param(
            [
                *safety("stagnating", BURGLARY, then="stagnating"),
                *safety("insufficient", ASSAULT, then="insufficient"),
                *safety("improving", THEFT, then="improving"),
            ],
            Whole(is_alert=False, alerts=1, conclusive=2, then={2022: False}),
            id="a source is withdrawn, for the year that was told as well",
        ),
        pytest.param(
            [
                *safety("stagnating", BURGLARY, then="stagnating"),
                *safety("improving", THEFT, then="improving"),
            ],
            Whole(is_alert=False, alerts=1, conclusive=2, then={2022: False}),
            id="an indicator is no longer in the catalog",
        ),
        pytest.param(
            [
                *safety("stagnating", BURGLARY, ASSAULT, then="stagnating"),
                *safety("insufficient", THEFT, then="improving"),
            ],
            Whole(is_alert=False, alerts=2, conclusive=2, then={2022: True}),
            id="too few others can be told, those that stand still do so",
        ),
    ],
)
@pytest.mark.parametrize("threshold", ["area", "structural"])
def test_an_area_as_a_whole_is_not_over_nor_corrected_by_losing_figures(
    tmp_path: Path, now: Sequence[Trend], whole: Whole, threshold: str
) -> None:
    story = Story(tmp_path, audience(threshold=threshold))
    up = [Trend(indicator_id=each, editions=3) for each in (BURGLARY, ASSAULT)]
    told = [*up, *safety("improving", THEFT)]
    lasting = Whole(is_structural=True, conclusive=3)
    assert len(story.edition(*told, year=2022, wholes=[lasting])) == 1
    assert story.edition(*now, year=2023, wholes=[whole]) == []
    over = safety("improving", BURGLARY, ASSAULT, THEFT, then="stagnating")
    calm = Whole(is_alert=False, alerts=0, conclusive=3, then={2022: True})
    (subject,) = story.edition(*over, year=2024, wholes=[calm])
    assert "niet meer als geheel stil" in subject


def test_an_area_as_a_whole_is_corrected_when_its_figures_are_revised(tmp_path: Path) -> None:
    story = Story(tmp_path, audience(threshold="area"))
    told = safety("stagnating", BURGLARY, ASSAULT)
    assert len(story.edition(*told, year=2022, wholes=[Whole()])) == 1
    revised = safety("improving", BURGLARY, ASSAULT, then="improving")
    whole = Whole(is_alert=False, alerts=0, conclusive=4, then={2022: False})
    (subject,) = story.edition(*revised, year=2023, wholes=[whole])
    assert "gecorrigeerd" in subject


@pytest.mark.parametrize(
    ("mailable", "conclusive", "is_told"),
    [
        pytest.param([BURGLARY, ASSAULT, THEFT], 9, True, id="a third"),
        pytest.param([BURGLARY, ASSAULT, THEFT], 10, False, id="less than a third"),
        pytest.param([BURGLARY, GRADE, UNSAFE], 5, False, id="two that say the same count once"),
        pytest.param([BURGLARY, GRADE, UNSAFE], 4, True, id="two of four will do"),
        pytest.param([GRADE, UNSAFE], 4, False, id="one of four will not"),
    ],
)
def test_the_gate_of_an_area_as_a_whole_counts_as_the_area_does(
    tmp_path: Path, mailable: Sequence[str], conclusive: int, is_told: bool
) -> None:
    story = Story(tmp_path, audience(threshold="area"))
    every = (BURGLARY, ASSAULT, THEFT, GRADE, UNSAFE)
    trends = [Trend(indicator_id=each, allowed=each in mailable) for each in every]
    whole = Whole(alerts=4, conclusive=conclusive)
    assert bool(story.edition(*trends, year=2022, wholes=[whole])) is is_told


@pytest.mark.parametrize("threshold", ["area", "structural"])
@pytest.mark.parametrize(
    ("mailable", "conclusive", "indicators", "is_told"),
    [
        pytest.param([BURGLARY, ASSAULT, THEFT], 1, 1, True, id="all kinds of the only cause"),
        pytest.param([BURGLARY, ASSAULT], 1, 1, True, id="half of the kinds of the only cause"),
        pytest.param([BURGLARY], 1, 1, False, id="less than half of its kinds"),
        pytest.param([BURGLARY, ASSAULT], 2, 2, False, id="one of two causes"),
        pytest.param([BURGLARY, ASSAULT, THEFT, GRADE], 2, 2, True, id="both causes"),
    ],
)
def test_a_theme_of_few_causes_is_told_when_all_of_them_stand_still(
    tmp_path: Path,
    threshold: str,
    mailable: Sequence[str],
    conclusive: int,
    indicators: int,
    is_told: bool,
) -> None:
    story = Story(tmp_path, audience(threshold=threshold))
    causes = dict.fromkeys((BURGLARY, ASSAULT, THEFT), "crime") | {GRADE: "grade"}
    every = list(causes)[: 3 if indicators == 1 else 4]
    trends = [Trend(indicator_id=each, allowed=each in mailable, editions=3) for each in every]
    whole = Whole(
        alerts=indicators, conclusive=conclusive, indicators=indicators, is_structural=True
    )
    told = story.edition(*trends, year=2022, wholes=[whole], causes=causes)
    assert bool(told) is is_told


def test_a_structural_area_needs_two_lasting_alerts_with_an_open_gate(tmp_path: Path) -> None:
    story = Story(tmp_path, audience(threshold="structural"))
    whole = Whole(is_structural=True, alerts=3, conclusive=4)
    first = [Trend(editions=3), Trend(indicator_id=ASSAULT, editions=3, allowed=False)]
    short = Trend(indicator_id=THEFT, editions=1)
    assert story.edition(*first, short, year=2022, wholes=[whole]) == []
    lasting = Trend(indicator_id=THEFT, editions=3)
    assert len(story.edition(*first, lasting, year=2023, wholes=[whole])) == 1
