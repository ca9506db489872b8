"""What is told of an edition to whom: new, recovered, corrected, and each of it once."""

from __future__ import annotations

import re
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from digest_helpers import ALDERMAN, BURGLARY, MANAGER, WOZ, Story, audience
from mail_helpers import SENDER, Programme, Trend, Whole, publish

from wijkpeil.alerts import Recipients, as_of, make_digest, read_followed
from wijkpeil.alerts.ledger import AlertKey, Ledger, Message, Recipient
from wijkpeil.errors import WijkError

# what is told of Molenwijk, before the programme and the year
RECOVERED, CORRECTED = "Molenwijk hersteld", "Molenwijk gecorrigeerd"
STILL, NOTHING_NEW = "Molenwijk staat stil", "Niets nieuws"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


# over, and why


def test_new_figures_that_end_an_alert_are_told_as_recovered_once(story: Story) -> None:
    story.edition(Trend(), year=2022)
    over = Trend(trend_class="improving", then={2022: "stagnating"})
    assert story.edition(over, year=2023) == [RECOVERED]
    told = "▲ hersteld Molenwijk: Woninginbraken (2022: stagneert; nu: verbetert)"
    assert told in story.text
    assert "De verbetering is met 95% zekerheid aangetoond." in story.text
    for _ in range(3):
        assert story.again().queued == () and story.again().lifted == 0
    assert story.edition(over, year=2024) == []


def test_a_year_without_a_newer_figure_ends_nothing(story: Story) -> None:
    story.edition(Trend(), year=2022)
    for outcome in ("inconclusive", "improving"):
        slid = Trend(trend_class=outcome, last_year=2022, then={2022: "stagnating"})
        assert story.edition(slid, year=2023) == []
    over = Trend(trend_class="improving", then={2022: "stagnating", 2023: "improving"})
    assert story.edition(over, year=2024) == [RECOVERED]


def test_an_alert_that_can_no_longer_be_told_says_how_little_that_is(story: Story) -> None:
    story.edition(Trend(), year=2022)
    untold = Trend(trend_class="inconclusive", then={2022: "stagnating"})
    assert story.edition(untold, year=2023) == ["Molenwijk geen signaal meer"]
    now = "(2022: stagneert; nu: nog niet vast te stellen)"
    assert f"geen signaal meer Molenwijk: Woninginbraken {now}" in story.text
    assert "Vooruitgang is niet langer uitgesloten, en nog niet aangetoond." in story.text


@pytest.mark.parametrize("year", [2022, 2023])
def test_a_revision_of_what_was_told_is_a_correction(story: Story, year: int) -> None:
    story.edition(Trend(), year=2022)
    revised = Trend(trend_class="inconclusive", then={2022: "inconclusive"})
    assert story.edition(revised, year=year) == [CORRECTED]
    told = "Woninginbraken: over 2022 gemeld als 'stagneert', met de cijfers van nu is dat 'nog"
    assert told in story.text
    assert story.again().queued == ()
    assert story.edition(Trend(), year=2024) == [STILL]
    assert "nieuw: Woninginbraken" in story.text and "eerste mail" not in story.text


def test_a_class_that_is_corrected_to_another_alert_stays_up(story: Story) -> None:
    story.edition(Trend(), year=2022)
    worse = Trend(trend_class="deteriorating", then={2022: "deteriorating"})
    assert story.edition(worse, year=2023) == [CORRECTED]
    assert "gemeld als 'stagneert', met de cijfers van nu is dat 'verslechtert'" in story.text
    assert story.again().queued == () and story.edition(worse, year=2024) == []
    gone = Trend(trend_class="improving", then={2023: "deteriorating", 2022: "deteriorating"})
    assert story.edition(gone, year=2025) == [RECOVERED]
    assert "(2023: verslechtert; nu: verbetert)" in story.text


def test_an_alert_of_another_kind_that_is_over_is_recovered_and_no_correction(
    story: Story,
) -> None:
    story.edition(Trend(), year=2022)
    over = Trend(trend_class="improving", then={2022: "deteriorating"})
    assert story.edition(over, year=2023) == [RECOVERED]


def test_a_new_year_that_makes_an_alert_worse_is_no_news(story: Story) -> None:
    story.edition(Trend(), year=2022)
    worse = Trend(trend_class="deteriorating", then={2022: "stagnating"})
    assert story.edition(worse, year=2023) == []


@pytest.mark.parametrize("then", ["stagnating", "at_level"])
@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("at_level", "op niveau"),
        ("follows", "volgt alleen de algemene trend"),
        ("catching_up", "gaat zelf niet vooruit, loopt wel in"),
        ("ahead", "ligt voor"),
    ],
)
def test_what_is_held_against_something_else_has_ended_and_not_recovered(
    story: Story, found: str, told: str, then: str
) -> None:
    """Also where the rule of before, which held it against nothing, told of it."""
    story.edition(Trend(), year=2022)
    now = Trend(trend_class=found, line_class="stagnating", then={2022: then})
    assert story.edition(now, year=2023) == ["Molenwijk geen signaal meer"]
    known = f"(2022: stagneert; nu: {told})"
    assert f"geen signaal meer Molenwijk: Woninginbraken {known}" in story.text
    assert not re.search("▲ hersteld|ijk hersteld|orrigeerd", story.text)
    assert story.again().queued == ()
    assert story.edition(Trend(), year=2024) == [STILL]


def test_an_area_that_is_over_in_two_ways_is_named_once(story: Story) -> None:
    story.edition(Trend(), Trend(indicator_id=WOZ), year=2022)
    level = Trend(trend_class="at_level", line_class="stagnating", then={2022: "at_level"})
    untold = Trend(indicator_id=WOZ, trend_class="inconclusive", then={2022: "stagnating"})
    assert story.edition(level, untold, year=2023) == ["Molenwijk geen signaal meer"]


def test_figures_that_say_another_line_of_then_are_a_correction_whatever_it_is_held_against(
    story: Story,
) -> None:
    story.edition(Trend(), year=2022)
    follows = Trend(trend_class="follows", line_class="improving", then={2022: "follows"})
    assert story.edition(follows, year=2023) == [CORRECTED]
    assert "met de cijfers van nu is dat 'volgt alleen de algemene trend'" in story.text


def test_an_alert_by_a_gap_is_called_so_and_is_the_same_alert_in_the_ledger(story: Story) -> None:
    """What was told of the level is not told again of the gap."""
    story.edition(Trend(indicator_id=WOZ), year=2022)
    gap = Trend(indicator_id=WOZ, axis="gap_nl", trend_class="deteriorating")
    assert story.edition(gap, year=2023) == []
    new = Trend("WK000102", WOZ, "deteriorating", area_name="Noord", axis="gap_nl")
    assert story.edition(gap, new, year=2024) == ["Noord raakt achterop"]
    assert "▼ raakt achterop Noord: nieuw: Gemiddelde WOZ-waarde" in story.text
    assert "Noord raakt achterop op Gemiddelde WOZ-waarde" in story.text
    over = Trend(indicator_id=WOZ, axis="gap_nl", trend_class="improving")
    assert story.edition(over, new, year=2025) == [RECOVERED]
    assert "nu: loopt in)" in story.text


def test_figures_that_are_gone_correct_and_lift_nothing(story: Story) -> None:
    story.edition(Trend(), year=2022)
    gone = Trend(trend_class="insufficient", then={2022: "insufficient"})
    assert story.edition(gone, Trend("WK000102", area_name="Noord"), year=2023)
    assert "Van 1 signaal zijn er nu te weinig gegevens" in story.text
    assert story.edition(Trend(), year=2024) == []


def test_news_and_what_lasts_are_in_one_mail_with_the_worst_first(story: Story) -> None:
    lasting = [
        Trend(editions=4),
        Trend("WK000103", area_name="West"),
        Trend("WK000103", WOZ, "deteriorating", area_name="West"),
    ]
    story.edition(*lasting, year=2022)
    new = Trend("WK000102", area_name="Noord")
    assert story.edition(*lasting, new, year=2023) == ["Noord staat stil"]
    told = (
        "▼ achteruit West: Woninginbraken en Gemiddelde WOZ-waarde "
        "■ staat stil Molenwijk: Woninginbraken; al 4 jaar "
        "■ staat stil Noord: nieuw: Woninginbraken "
    )
    assert told in story.text
    assert "Van alle 4 signalen die openstaan: naar verwachting" in story.text


def test_an_alert_that_stands_only_by_hysteresis_says_so(story: Story) -> None:
    story.edition(Trend(is_held=True), Trend(indicator_id=WOZ), year=2022)
    assert "Bij 1 ervan was genoeg vooruitgang eerder uitgesloten, en is herstel nog" in story.text


# nothing new


def test_a_yearly_note_comes_once_a_year_where_nothing_else_was_told(tmp_path: Path) -> None:
    story = Story(tmp_path, notes=True)
    quiet = Trend(trend_class="improving")
    assert story.edition(quiet, year=2022) == [NOTHING_NEW]
    assert "Dat betekent niet dat het overal beter gaat" in story.text
    assert "van 1 van de 1 indicator is het cijfer er al" in story.text
    assert story.edition(quiet, year=2022) == [] and story.again().queued == ()
    assert story.edition(Trend(), year=2023) == [STILL]
    assert "Dit is uw eerste mail met signalen" in story.text
    assert story.edition(Trend(), year=2023) == []
    assert story.edition(Trend(), year=2024) == [NOTHING_NEW]
    assert "■ staat stil Molenwijk: Woninginbraken" in story.text


def test_a_yearly_note_waits_while_figures_are_looked_at(tmp_path: Path) -> None:
    story = Story(tmp_path, notes=True)
    assert story.edition(Trend(is_doubted=True), year=2022) == []
    assert story.edition(Trend(trend_class="improving"), year=2022) == [NOTHING_NEW]


# audiences


def test_a_manager_gets_only_her_wijken(tmp_path: Path) -> None:
    hers = audience(areas=frozenset({"WK000101"}))
    everything = audience(to=(ALDERMAN,))
    story = Story(tmp_path, hers, everything)
    story.edition(Trend(), Trend("WK000102", area_name="Noord"), year=2022)
    assert "Noord" not in story.texts[MANAGER] and "Molenwijk" in story.texts[MANAGER]
    assert "Noord" in story.texts[ALDERMAN] and "Molenwijk" in story.texts[ALDERMAN]
    calm = Trend(trend_class="improving", then={2022: "stagnating"})
    lasting = Trend("WK000102", area_name="Noord")
    assert len(story.edition(calm, lasting, year=2023)) == 2
    assert "Noord" not in story.texts[MANAGER]
    new = Trend("WK000103", area_name="West")
    assert len(story.edition(calm, lasting, new, year=2024)) == 1
    assert list(story.texts) == [ALDERMAN]


def test_nobody_gets_areas_of_another_programme(tmp_path: Path) -> None:
    noord = audience(programme_id="noord", to=(ALDERMAN,))
    story = Story(tmp_path, audience(), noord)
    programmes = [Programme(), Programme("noord", "Programma Noord")]
    other = Trend("WK000102", programme_id="noord", area_name="Havenwijk")
    story.edition(Trend(), other, year=2022, programmes=programmes)
    assert "Havenwijk" not in story.texts[MANAGER] and "Molenwijk" not in story.texts[ALDERMAN]


def test_areas_of_which_nobody_hears_are_named_and_stay_new(tmp_path: Path) -> None:
    story = Story(tmp_path, audience(areas=frozenset({"WK000101"})))
    story.edition(Trend(), Trend("WK000102", area_name="Noord"), year=2022)
    (sentence,) = story.again().unaddressed
    assert "'zuid' has 1 new alert(s) and no recipients for 'WK000102'" in sentence
    story.recipients = Recipients((audience(),))
    assert len(story.again().queued) == 1


def test_without_recipients_what_was_told_stays_told(story: Story) -> None:
    story.edition(Trend(), year=2022)
    story.recipients, someone = Recipients(), story.recipients
    calm = Trend(trend_class="improving", then={2022: "stagnating"})
    assert story.edition(calm, year=2023) == [] and story.again().lifted == 0
    story.recipients = someone
    assert story.again().lifted == 1


def test_a_copy_goes_to_cc_and_english_is_english(tmp_path: Path) -> None:
    english = audience(language="en", cc=(ALDERMAN,))
    story = Story(tmp_path, english)
    subjects = story.edition(Trend(), year=2022)
    assert subjects == ["Molenwijk stands still"]
    (message,) = Ledger(story.settings.warehouse).messages().values()
    assert [each.address for each in message.recipients] == [MANAGER, ALDERMAN]
    mail = message_from_bytes(Ledger(story.settings.warehouse).content(message).read_bytes())
    assert (mail["To"], mail["Cc"]) == (MANAGER, ALDERMAN)
    assert "Molenwijk stands still on Burglaries Molenwijk in short." in story.text
    dutch = ("peiljaar", "stagneert", "gemeld", "voorlopig")
    assert not [word for word in dutch if word in story.text.lower()]


# the ledger


def test_a_run_that_breaks_off_tells_nothing_and_the_next_tells_all(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.edition(Trend(), year=2022)

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    calm = Trend(trend_class="improving", then={2022: "stagnating"})
    with monkeypatch.context() as patch:
        patch.setattr("wijkpeil.alerts.ledger.store._put_told", broken)
        with pytest.raises(WijkError, match="the disk is gone"):
            story.edition(calm, year=2023)
    assert len(Ledger(story.settings.warehouse).last_told()) == 1
    assert story.again().lifted == 1 and story.again().lifted == 0


def test_an_alert_of_before_classes_were_kept_is_over_in_words_that_are_true(story: Story) -> None:
    ledger, key = Ledger(story.settings.warehouse), AlertKey("zuid", "WK000101", BURGLARY, "own")
    message = Message("oud", "zuid", "editie-0", 2022, "2023-01-01", SENDER, "x", (Recipient("a"),))
    assert ledger.tell([(message, b"")], claimed=[key])
    over = Trend(trend_class="improving", then={2022: "stagnating"})
    assert story.edition(over, year=2023) == [RECOVERED]
    assert "Woninginbraken (2022: signaal; nu: verbetert)" in story.text


def test_of_two_runs_at_once_one_tells(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.edition(Trend(), year=2022)
    calm = Trend(trend_class="improving", then={2022: "stagnating"})
    tell = Ledger.tell
    outcomes = []

    def twice(self: Ledger, *args: Any, **more: Any) -> bool:
        outcomes.extend([tell(self, *args, **more), tell(self, *args, **more)])
        return outcomes[-1]

    monkeypatch.setattr(Ledger, "tell", twice)
    story.edition(calm, year=2023)
    assert outcomes == [True, False]
    assert len(Ledger(story.settings.warehouse).messages()) == 2


def test_a_digest_can_be_held_against_an_earlier_year_without_a_ledger(tmp_path: Path) -> None:
    trends = [
        Trend(then={2021: "improving"}),
        Trend(indicator_id=WOZ, then={2021: "stagnating"}),
        Trend("WK000102", trend_class="improving", area_name="Noord", then={2021: "stagnating"}),
    ]
    edition = read_followed(publish(tmp_path, trends))
    digest = make_digest(edition, "zuid", told=as_of(edition, 2021), taken=())
    names = [
        [item.key.indicator_id for area in areas for item in area.items]
        for areas in (digest.new, digest.continuing, digest.recovered, digest.corrected)
    ]
    assert names == [["burglary_per_1000"], [WOZ], ["burglary_per_1000"], []]


# figures that a person has to look at first


@pytest.mark.parametrize("now", ["improving", "inconclusive", "deteriorating"])
@pytest.mark.parametrize("then", ["stagnating", "inconclusive"])
def test_a_doubt_holds_the_end_and_the_correction_of_what_was_told(
    story: Story, now: str, then: str
) -> None:
    story.edition(Trend(), year=2022)
    other = Trend(trend_class=now, then={2022: then}, is_doubted=True)
    assert story.edition(other, year=2023) == []
    assert story.again().lifted == 0
    assert len(Ledger(story.settings.warehouse).last_told()) == 1
    assert story.edition(Trend(then={2022: "stagnating"}), year=2024) == []


def test_a_doubt_holds_what_is_new_until_it_is_over(story: Story) -> None:
    assert story.edition(Trend(is_doubted=True), year=2022) == []
    assert story.edition(Trend(), year=2022) == [STILL]


def test_what_is_doubted_is_counted_where_other_news_is_told(story: Story) -> None:
    woz = Trend(indicator_id=WOZ)
    story.edition(Trend(), woz, year=2022)
    still = Trend(area_code="WK000102", area_name="Plein", is_doubted=True)
    over = Trend(trend_class="improving", then={2022: "stagnating"}, is_doubted=True)
    end = Trend(indicator_id=WOZ, trend_class="improving", then={2022: "stagnating"})
    assert story.edition(over, still, end, year=2023) == [RECOVERED]
    assert "Van 1 signaal worden de nieuwe cijfers eerst nagekeken" in story.text
    assert "1 eerst na te kijken" in story.text


@pytest.mark.parametrize("threshold", ["area", "structural"])
def test_a_doubt_about_one_of_its_indicators_holds_an_area_as_a_whole(
    tmp_path: Path, threshold: str
) -> None:
    story = Story(tmp_path, audience(threshold=threshold))
    names = (BURGLARY, "assault_per_1000", "theft_per_1000")
    up = [Trend(indicator_id=name, editions=3) for name in names]
    doubted = [Trend(indicator_id=names[0], editions=3, is_doubted=True), *up[1:]]
    whole = Whole(is_structural=True, alerts=3)
    assert story.edition(*doubted, year=2022, wholes=[whole]) == []
    assert len(story.edition(*up, year=2022, wholes=[whole])) == 1
    gone = Whole(is_alert=False, alerts=1, then={2022: True})
    then = {2022: "stagnating"}
    ends = [Trend(indicator_id=name, trend_class="improving", then=then) for name in names[1:]]
    first = Trend(indicator_id=names[0], trend_class="improving", then=then, is_doubted=True)
    assert story.edition(first, *ends, year=2023, wholes=[gone]) == []
    assert story.again().lifted == 0
