"""How an area that began alike and improved is told, by what its level is, in both languages."""

from __future__ import annotations

from dataclasses import replace

from wijkpeil.edition.comparable import Comparable, told
from wijkpeil.words import words_of

NB, MINUS = "\u00a0", "\u2212"
SPOORZONE = Comparable(
    comparable_code="WK123405",
    area_name="Spoorzone",
    gemeente_name="Wolkenmeer",
    axis="own",
    form="figure",
    first_year=2018,
    last_year=2025,
    start=12.44,
    end=6.6,
    own_start=12.5,
    own_end=12.55,
    decimals=1,
    unit_nl="%",
    unit_en="%",
)
EUROS = {"unit_nl": "duizend euro", "unit_en": "thousand euro"}


def sentence(found: Comparable, language: str = "nl") -> str:
    return found.sentence(words_of("nl" if language == "nl" else "en"))


def test_a_figure_has_its_unit() -> None:
    assert sentence(SPOORZONE) == (
        "Begon in 2018 ongeveer gelijk en ging wél vooruit: Spoorzone (Wolkenmeer), op de "
        "trendlijn van 12,4% naar 6,6% in 2025 (hier van 12,5% naar 12,6%)."
    )
    assert sentence(SPOORZONE, "en") == (
        "Began about alike in 2018 and did improve: Spoorzone (Wolkenmeer), on the trend line from "
        "12.4% to 6.6% in 2025 (here from 12.5% to 12.6%)."
    )


def test_money_is_a_share_of_what_it_is_compared_with() -> None:
    money = replace(
        SPOORZONE, form="share", axis="gap_nl", start=80, end=88, own_start=81, own_end=78, **EUROS
    )
    assert "van 80,0% naar 88,0% van Nederland in 2025 (hier van 81,0% naar 78,0%)" in sentence(
        money
    )
    of_gemeente = replace(money, axis="gap_gemeente")
    assert "naar 88,0% van de eigen gemeente in 2025" in sentence(of_gemeente)
    assert "to 88.0% of its own gemeente in 2025" in sentence(of_gemeente, "en")


def test_a_difference_moves_by_steps() -> None:
    step = replace(
        SPOORZONE, form="difference", axis="gap_nl", start=3.2, end=-0.4, own_start=3, own_end=3.5
    )
    assert sentence(step) == (
        "Begon in 2018 ongeveer gelijk en ging wél vooruit: Spoorzone (Wolkenmeer), met op de "
        f"trendlijn een verschil met Nederland van 3,2{NB}procentpunt, en van {MINUS}0,4{NB}"
        f"procentpunt in 2025 (hier van 3,0{NB}procentpunt en van 3,5{NB}procentpunt)."
    )
    other = replace(step, **EUROS)
    assert f"van 3,2{NB}duizend euro, en" in sentence(other)
    assert f"of 3.2{NB}thousand euro, and" in sentence(other, "en")


def test_without_a_gemeente_the_name_stands_alone() -> None:
    assert ": Spoorzone, op de" in sentence(replace(SPOORZONE, gemeente_name=None))


def test_it_says_what_it_does_not_tell_and_where_there_is_none() -> None:
    words = words_of("nl")
    assert told([SPOORZONE, SPOORZONE], words)[2:] == [
        "Vergelijkbaar op deze indicator; het zegt niet waardoor."
    ]
    assert told([], words) == [
        "Bij dit signaal is geen gebied te noemen dat gelijk begon en aantoonbaar vooruitging."
    ]
