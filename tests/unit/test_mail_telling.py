"""How much a digest tells of which area, in which order, and what of what it cannot tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from html_reading import contrast
from mail_helpers import Trend, publish

from wijkpeil.alerts import as_of, make_digest, read_followed
from wijkpeil.alerts.letters import Telling, tell
from wijkpeil.alerts.letters.basis import basis_lines
from wijkpeil.charts.lines import Picture, Reference, draw
from wijkpeil.words import Language, words_of

WOZ, ASSAULT = "woz_value_keur", "assault_per_1000"


def told(folder: Path, *trends: Trend, language: Language = "nl", **more: Any) -> Telling:
    """The first digest of these."""
    edition = read_followed(publish(folder, trends, **more))
    return tell(make_digest(edition, "zuid", told={}, taken=(), is_first=True), language)


def headings(telling: Telling) -> list[str]:
    return [section.heading for section in telling.sections]


def lines(telling: Telling, heading: str) -> tuple[str, ...]:
    (section,) = [each for each in telling.sections if each.heading == heading]
    return section.lines


def many(area_code: str, count: int, **more: Any) -> list[Trend]:
    """So many signals of one area."""
    return [Trend(area_code, f"indicator_{n:02d}", **more) for n in range(count)]


def test_an_area_has_three_signals_in_full_and_the_others_in_a_line(tmp_path: Path) -> None:
    telling = told(tmp_path, *many("WK000101", 5, editions=4))
    (area,) = telling.sections[0].areas
    assert len(area.signals) == 3
    assert area.also == (
        "Ook: indicator_03 (stagneert, 4 peiljaren op rij); "
        "indicator_04 (stagneert, 4 peiljaren op rij)."
    )


@pytest.mark.parametrize(("areas", "shares"), [(2, [2, 2]), (3, [2, 1, 1]), (6, [1] * 6)])
def test_more_areas_have_fewer_signals_in_full_and_each_its_first(
    tmp_path: Path, areas: int, shares: list[int]
) -> None:
    trends = [each for n in range(areas) for each in many(f"WK00010{n}", 4)]
    telling = told(tmp_path, *trends)
    assert [len(area.signals) for area in telling.sections[0].areas] == shares


def test_what_gets_worse_lasts_or_the_catalog_has_told_first_comes_first(tmp_path: Path) -> None:
    trends = [
        Trend(indicator_id="gas_use_m3"),
        Trend(indicator_id="low_income_share"),
        Trend(indicator_id=WOZ, editions=5),
        Trend(indicator_id="vacancy_share", trend_class="deteriorating"),
        Trend(indicator_id=ASSAULT, editions=2),
    ]
    telling = told(tmp_path, *trends)
    first = [signal.signal.key.indicator_id for _, signal in telling.shown]
    assert first == ["vacancy_share", WOZ, ASSAULT]
    (area,) = telling.sections[0].areas
    assert area.also == "Ook: low_income_share (stagneert); gas_use_m3 (stagneert)."
    (lead,) = telling.lead[0][1]
    assert lead == (
        "Molenwijk staat stil of gaat achteruit op 5 van de 5 onderwerpen, waaronder "
        "Mishandelingen, low_income_share en vacancy_share."
    )
    assert telling.lead[1][1][0].endswith("In Molenwijk gaat het aantoonbaar achteruit.")


def test_the_lead_tells_what_is_new_apart_from_what_lasts(tmp_path: Path) -> None:
    lasting = [
        Trend(indicator_id=name, then={2021: "stagnating"}) for name in (WOZ, "vacancy_share")
    ]
    path = publish(
        tmp_path, [Trend(), *lasting, Trend(indicator_id=ASSAULT, trend_class="improving")]
    )
    edition = read_followed(path)
    telling = tell(make_digest(edition, "zuid", told=as_of(edition, 2021), taken=()), "nl")
    (lead,) = telling.lead[0][1]
    assert lead == ("Molenwijk staat stil op 3 van de 4 onderwerpen, nieuw daarbij Woninginbraken.")


def test_the_lead_has_three_areas_at_most(tmp_path: Path) -> None:
    trends = [Trend(f"WK00010{n}", area_name=f"Wijk {n}") for n in range(5)]
    *first, last = told(tmp_path, *trends).lead[0][1]
    assert len(first) == 3 and last == "En nog 2 wijken."


def test_what_waits_is_told_apart_with_its_reasons(tmp_path: Path) -> None:
    held = [
        Trend("WK000102", WOZ, allowed=False, is_held=True, area_name="Noord"),
        Trend("WK000102", ASSAULT, allowed=False, area_name="Noord"),
    ]
    telling = told(tmp_path, Trend(), *held)
    (waiting,) = lines(telling, "Nog niet gemeld")
    assert waiting == (
        "2 mogelijke signalen: bij 1 is het beeld verbeterd, maar herstel nog niet aangetoond; "
        "bij 1 zijn zekerdere cijfers nodig."
    )
    assert lines(telling, "Niet vast te stellen") == (
        "Niets: van alle 3 reeksen is er een uitkomst.",
    )
    (tmp_path / "provisional").mkdir()
    provisional = told(tmp_path / "provisional", Trend(), *held, provisional=[2022])
    assert lines(provisional, "Nog niet gemeld") == (
        "2 mogelijke signalen: 2 rusten op voorlopige cijfers.",
    )


@pytest.mark.parametrize(
    ("provisional", "never_revised", "expected"),
    [
        ([], [], ["Onder de gemelde signalen liggen geen cijfers die hun bron voorlopig noemt."]),
        ([2022], [], ["Voorlopig en dus nog te wijzigen: de cijfers over 2022."]),
        (
            [2022],
            [2020, 2021],
            [
                "Voorlopig en dus nog te wijzigen: de cijfers over 2022.",
                "Voorlopig, en door de bron niet meer herzien: de cijfers over 2020 en 2021.",
            ],
        ),
        (
            [],
            [2021],
            ["Voorlopig, en door de bron niet meer herzien: de cijfers over 2021."],
        ),
    ],
)
def test_the_basis_tells_which_figures_are_provisional(
    tmp_path: Path, provisional: list[int], never_revised: list[int], expected: list[str]
) -> None:
    path = publish(tmp_path, [Trend()], provisional=provisional, never_revised=never_revised)
    digest = make_digest(read_followed(path), "zuid", told={}, taken=())
    told = [line for line in basis_lines(digest, words_of("nl")) if "oorlopig" in line]
    assert told == expected


@pytest.mark.parametrize(("share", "is_told"), [(0.24, False), (0.25, True)])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "Op Woninginbraken passeert dit jaar minstens een kwart van de wijken tegelijk"),
        ("en", "On Burglaries at least a quarter of the wijken pass the threshold at once"),
    ],
)
def test_a_lower_bar_where_many_pass_at_once_is_told(
    tmp_path: Path, share: float, is_told: bool, language: Language, words: str
) -> None:
    path = publish(tmp_path, [Trend(), Trend("WK000102", WOZ)])
    with duckdb.connect(str(path)) as db:
        db.execute(
            "insert into core.trend_edition values ('burglary_per_1000', 'wijk', 'own', 2022, ?), "
            "('burglary_per_1000', 'wijk', 'own', 2021, 0.9), "
            "('woz_value_keur', 'programme_area', 'own', 2022, 0.9), "
            "('assault_per_1000', 'wijk', 'own', 2022, 0.9)",
            [share],
        )
    digest = make_digest(read_followed(path), "zuid", told={}, taken=())
    told = [line for line in basis_lines(digest, words_of(language)) if "95%" in line]
    assert [line.startswith(words) for line in told] == [True] * is_told


def test_only_the_first_digest_says_that_it_is_the_first(tmp_path: Path) -> None:
    edition = read_followed(publish(tmp_path, [Trend()]))
    first, later = (
        tell(make_digest(edition, "zuid", told={}, taken=(), is_first=is_first), "nl")
        for is_first in (True, False)
    )
    assert headings(first)[0] == "Voor het eerst gemeld" and headings(later)[0] == "Nieuw"


@pytest.mark.parametrize(
    ("inhabitants", "remark"),
    [
        (999, "Kleine wijk (999 inwoners): cijfers springen hier van jaar tot jaar."),
        (1000, "1.000 inwoners."),
    ],
)
def test_an_area_says_how_many_live_there(tmp_path: Path, inhabitants: int, remark: str) -> None:
    telling = told(tmp_path, Trend(inhabitants=inhabitants))
    assert telling.sections[0].areas[0].remarks == (remark,)


@pytest.mark.parametrize(
    ("language", "heading", "sentence"),
    [
        ("nl", "Niet vast te stellen", "Over Oude Sluis is niets te zeggen: welke CBS-wijk erbij"),
        ("en", "Cannot be told", "Of Oude Sluis nothing can be told: which CBS wijk belongs"),
    ],
)
def test_an_area_that_cannot_be_followed_is_named(
    tmp_path: Path, language: Language, heading: str, sentence: str
) -> None:
    path = publish(tmp_path, [Trend()])
    with duckdb.connect(str(path)) as db:
        db.execute(
            "insert into core.programme_area values "
            "('zuid', 'zuid/sluis', 'Oude Sluis', 'open', null, false, true), "
            "('zuid', 'zuid/oud', 'Van de lijst', 'open', null, false, false)"
        )
    telling = tell(make_digest(read_followed(path), "zuid", told={}, taken=()), language)
    (line,) = [line for line in lines(telling, heading) if "Oude Sluis" in line]
    assert line.startswith(sentence)
    assert not [line for line in lines(telling, heading) if "Van de lijst" in line]


def test_a_comparator_keeps_its_colour_and_its_name_can_be_read() -> None:
    def colours(*roles: str) -> dict[str, str]:
        chart = draw(
            Picture(
                *("t", [], "s", [], {"no_figures": "geen cijfers"}),
                references=[Reference(role, {2020: 1.0, 2021: 2.0}, role) for role in roles],
            )
        ).to_dict()
        marks = [layer["mark"] for layer in chart["layer"]]
        names = [mark["color"] for mark in marks if mark["type"] == "text" and mark.get("limit")]
        return dict(zip(roles, names, strict=True))

    every = colours("gemeente", "nl", "programme")
    assert len({*every.values()}) == 3
    assert colours("programme", "nl") == {role: every[role] for role in ("programme", "nl")}
    assert all(contrast(colour.lower(), "#ffffff") >= 4.5 for colour in every.values())
