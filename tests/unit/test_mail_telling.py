"""How much a digest tells of which area, in which order, and what of what it cannot tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mail_helpers import Trend, publish

from wijkpeil.alerts import as_of, make_digest, read_followed
from wijkpeil.alerts.letters import Telling, tell
from wijkpeil.alerts.letters.basis import basis_lines
from wijkpeil.edition.comparable import AlertPlace, Comparable
from wijkpeil.words import Language, words_of

WOZ, ASSAULT = "woz_value_keur", "assault_per_1000"


def told(folder: Path, *trends: Trend, language: Language = "nl", **more: Any) -> Telling:
    """The first digest of these."""
    edition = read_followed(publish(folder, trends, **more))
    return tell(make_digest(edition, "zuid", told={}, taken=(), is_first=True), language)


def said(telling: Telling) -> list[str]:
    """The lines with a badge, as plain text has them."""
    return [f"{line.badge} {line.name}: {line.said}" for line in telling.lines if line.name]


def many(area_code: str, count: int, **more: Any) -> list[Trend]:
    """So many signals of one area."""
    return [Trend(area_code, f"indicator_{n:02d}", **more) for n in range(count)]


def test_an_area_names_its_first_signals_and_counts_the_others(tmp_path: Path) -> None:
    telling = told(tmp_path, *many("WK000101", 5, editions=4))
    assert said(telling) == [
        "■ staat stil Molenwijk: indicator_00, indicator_01 en nog 3; al 4 jaar"
    ]


def test_what_the_lines_do_not_name_is_named_for_who_has_no_report(tmp_path: Path) -> None:
    few = [Trend(f"WK0001{n:02d}", area_name=f"Wijk {n:02d}") for n in range(2, 9)]
    telling = told(tmp_path, *many("WK000101", 4), *few)
    assert telling.in_full == (
        "Molenwijk: indicator_00, indicator_01, indicator_02 en indicator_03.",
        "Wijk 06: Woninginbraken.",
        "Wijk 07: Woninginbraken.",
        "Wijk 08: Woninginbraken.",
    )


def test_a_list_of_all_is_as_long_as_a_channel_takes_and_says_what_it_leaves_out(
    tmp_path: Path,
) -> None:
    trends = [
        Trend(f"WK{n:06d}", f"indicator_{k}", area_name=f"Wijk {n:03d}")
        for n in range(200)
        for k in range(3)
    ]
    *named, rest = told(tmp_path, *trends).in_full
    assert sum(map(len, named)) <= 6000
    # five have a line, which names them all
    assert rest == f"En {200 - 5 - len(named)} wijken: zie marts.stagnation in het warehouse."


def test_how_long_is_said_of_all_or_of_the_longest(tmp_path: Path) -> None:
    trends = [Trend(editions=5), Trend(indicator_id=WOZ, editions=3)]
    (line,) = said(told(tmp_path, *trends))
    assert line.endswith("Woninginbraken en Gemiddelde WOZ-waarde; tot 5 jaar al")


def test_the_worst_signal_is_drawn_and_weighs_most_after_safety(tmp_path: Path) -> None:
    trends = [
        Trend(indicator_id="gas_use_m3"),
        Trend(indicator_id="low_income_share"),
        Trend(indicator_id=WOZ, editions=5),
        Trend(indicator_id="vacancy_share", trend_class="deteriorating"),
        Trend(indicator_id=ASSAULT, editions=2),
    ]
    telling = told(tmp_path, *trends)
    assert telling.spotlight is not None
    assert telling.spotlight.signal.key.indicator_id == "vacancy_share"
    assert telling.spotlight.heading == "Molenwijk gaat achteruit op vacancy_share"
    (line,) = said(telling)
    assert line.startswith("▼ achteruit Molenwijk: Mishandelingen, low_income_share en nog 3;")


def test_an_area_that_began_alike_and_improved_is_named_and_to_be_asked(tmp_path: Path) -> None:
    edition = read_followed(publish(tmp_path, [Trend()]))
    example = Comparable(
        *("WK000200", "Spoorzone", "Waterdam", "own", "figure"),
        *(2015, 2022, 12.4, 6.6, 12.5, 12.8, 1, "%", "%"),
    )
    digest = make_digest(edition, "zuid", told={}, taken=())
    place = AlertPlace("zuid", "WK000101", "burglary_per_1000")
    telling = tell(replace(digest, comparables={place: (example,)}), "nl")
    assert telling.spotlight is not None and telling.spotlight.lines[1] == (
        "Spoorzone (Waterdam) begon in 2015 ongeveer gelijk (12,4%) en stond in 2022 op 6,6%; "
        "vergelijkbaar op deze indicator."
    )
    assert telling.steps[1] == "Vraag Spoorzone wat daar anders ging."
    assert tell(digest, "nl").steps[1].startswith("Vraag een wijk die wél vooruitging")


def test_what_is_new_is_told_apart_from_what_lasts(tmp_path: Path) -> None:
    lasting = [
        Trend(indicator_id=name, then={2021: "stagnating"}) for name in (WOZ, "vacancy_share")
    ]
    path = publish(
        tmp_path, [Trend(), *lasting, Trend(indicator_id=ASSAULT, trend_class="improving")]
    )
    edition = read_followed(path)
    telling = tell(make_digest(edition, "zuid", told=as_of(edition, 2021), taken=()), "nl")
    (line, better) = telling.lines
    assert line.new == "nieuw: Woninginbraken"
    assert line.rest == "al langer: vacancy_share en Gemiddelde WOZ-waarde"
    assert (better.badge, better.rest) == ("▲ beter", "1 van de 4 oordelen, het meest in Molenwijk")


def test_areas_with_news_have_a_line_and_the_rest_is_named(tmp_path: Path) -> None:
    lasting = [
        Trend(f"WK00010{n}", area_name=f"Oud {n}", trend_class="deteriorating", then={2021: kind})
        for n, kind in enumerate(["deteriorating"] * 5)
    ]
    new = [Trend(f"WK00020{n}", area_name=f"Nieuw {n}") for n in range(2)]
    edition = read_followed(publish(tmp_path, [*lasting, *new]))
    telling = tell(make_digest(edition, "zuid", told=as_of(edition, 2021), taken=()), "nl")
    assert [line.name for line in telling.lines[:-1]] == [
        *("Oud 0", "Oud 1", "Oud 2", "Nieuw 0", "Nieuw 1")
    ]
    assert telling.lines[-1].badge == "2 wijken"
    assert telling.lines[-1].rest == "ook stil of achteruit, zonder nieuws: Oud 3 en Oud 4"


def test_areas_of_several_gemeenten_say_of_which(tmp_path: Path) -> None:
    trends = [
        Trend(area_name="Wijk 01 Centrum"),
        Trend("WK000201", area_name="Wijk 02 Oost", gemeente="Molendam"),
    ]
    telling = told(tmp_path, *trends)
    assert telling.headline == "Centrum en Oost staan stil"
    assert [line.name for line in telling.lines] == ["Centrum (Waterdam)", "Oost (Molendam)"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_counts_are_those_of_the_classes(tmp_path: Path, language: Language) -> None:
    classes = ("deteriorating", "stagnating", "improving", "at_level", "inconclusive")
    trends = [Trend(indicator_id=f"i_{name}", trend_class=name) for name in classes]
    more = [Trend("WK000102", f"i_{n}", "insufficient", area_name="Noord") for n in range(3)]
    held = Trend("WK000102", "i_9", is_held=True, allowed=False, area_name="Noord")
    telling = told(tmp_path, *trends, *more, held, language=language)
    assert [(row.name, row.counts) for row in telling.rows] == [
        ("Molenwijk", ("1", "1", "1", "1", "1")),
        ("Noord", ("0", "1", "0", "0", "3")),
    ]


def test_more_areas_than_a_table_holds_are_one_row(tmp_path: Path) -> None:
    trends = [Trend(f"WK0001{n:02}", area_name=f"Wijk {n:02}") for n in range(30)]
    rows = told(tmp_path, *trends).rows
    assert len(rows) == 26
    assert (rows[-1].name, rows[-1].counts) == ("nog 5 wijken", ("0", "5", "0", "0", "0"))


def test_what_waits_is_told_apart_with_its_reasons(tmp_path: Path) -> None:
    held = [
        Trend("WK000102", WOZ, allowed=False, is_held=True, area_name="Noord"),
        Trend("WK000102", ASSAULT, allowed=False, area_name="Noord"),
    ]
    telling = told(tmp_path, Trend(), *held)
    (waiting,) = telling.more
    assert waiting == (
        "Nog niet gemeld: 2 mogelijke signalen (1 met onzeker herstel, 1 te onzeker)."
    )
    (tmp_path / "provisional").mkdir()
    provisional = told(tmp_path / "provisional", Trend(), *held, provisional=[2022])
    (waiting,) = provisional.more
    assert waiting.endswith("2 mogelijke signalen (2 voorlopig).")


@pytest.mark.parametrize(
    ("provisional", "never_revised", "expected"),
    [
        ([], [], ["De bron noemt geen gemeld cijfer voorlopig."]),
        ([2022], [], ["Nog voorlopig: de cijfers over 2022."]),
        (
            [2022],
            [2020, 2021],
            [
                "Nog voorlopig: de cijfers over 2022.",
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


@pytest.mark.parametrize("axis", ["own", "gap_gemeente"])
@pytest.mark.parametrize(("share", "is_told"), [(0.24, False), (0.25, True)])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "Op Woninginbraken volstond 95% zekerheid in plaats van 98%"),
        ("en", "On Burglaries 95% certainty was enough instead of 98%"),
    ],
)
def test_a_lower_bar_where_many_pass_at_once_is_told(
    tmp_path: Path, share: float, is_told: bool, axis: str, language: Language, words: str
) -> None:
    trends = [
        Trend(axis=axis),
        Trend("WK000102", WOZ),
        Trend("WK000103", "safety_grade", "improving"),
    ]
    path = publish(tmp_path, trends)
    with duckdb.connect(str(path)) as db:
        db.execute(
            "insert into core.trend_edition values ('burglary_per_1000', 'wijk', $axis, 2022, "
            "$share), ('burglary_per_1000', 'wijk', $axis, 2021, 0.9), "
            "('burglary_per_1000', 'wijk', 'gap_nl', 2022, 0.9), "
            "('safety_grade', 'wijk', 'own', 2022, 0.9), "
            "('woz_value_keur', 'programme_area', 'own', 2022, 0.9), "
            "('assault_per_1000', 'wijk', 'own', 2022, 0.9)",
            {"axis": axis, "share": share},
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
    assert first.opening[0].startswith("Dit is uw eerste mail met signalen") and not later.opening
    assert (first.lines[0].new, later.lines[0].new) == ("", "nieuw: Woninginbraken")


@pytest.mark.parametrize(
    ("inhabitants", "remark"),
    [(999, "; klein (999 inwoners), dus de cijfers springen"), (1000, ""), (None, "")],
)
def test_a_small_area_says_how_few_live_there(
    tmp_path: Path, inhabitants: int | None, remark: str
) -> None:
    (line,) = said(told(tmp_path, Trend(inhabitants=inhabitants)))
    assert line == f"■ staat stil Molenwijk: Woninginbraken{remark}"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "Over Oude Sluis is niets te zeggen: welke CBS-wijk erbij hoort is niet zeker."),
        (
            "en",
            "Nothing can be said about Oude Sluis: which CBS wijk belongs to it is not certain.",
        ),
    ],
)
def test_an_area_that_cannot_be_followed_is_named(
    tmp_path: Path, language: Language, sentence: str
) -> None:
    path = publish(tmp_path, [Trend()])
    with duckdb.connect(str(path)) as db:
        db.execute(
            "insert into core.programme_area values "
            "('zuid', 'zuid/sluis', 'Oude Sluis', 'open', null, false, true), "
            "('zuid', 'zuid/oud', 'Van de lijst', 'open', null, false, false)"
        )
    telling = tell(make_digest(read_followed(path), "zuid", told={}, taken=()), language)
    assert sentence in telling.more
    assert not [line for line in telling.more if "Van de lijst" in line]
