"""One chart: where its labels, ticks and marks lie, what it leaves open, and its colours."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from chart_reading import clashes
from html_reading import contrast

from wijkpeil.charts.colours import CLASS_COLOURS
from wijkpeil.charts.drawing import draw, ticks_over
from wijkpeil.charts.labels import apart
from wijkpeil.charts.letters import cut, width
from wijkpeil.charts.picture import LARGE, SMALL, LinePoint, Picture, Point, Reference, runs_of
from wijkpeil.charts.shapes import Drawing
from wijkpeil.charts.svg import as_file, for_page, style
from wijkpeil.charts.texts import heading, labels, missing_notes, pace_note
from wijkpeil.words import LANGUAGES, words_of

WORDS = labels(words_of("nl"))
HOSTILE = [
    "lang" * 75,
    "<script>alert(1)</script>",
    "Wijk " * 40,
    "",
    "\u202edlohcs\u2028\x00",
    "\u4e16\u754c" * 30,
    "e\u0301" * 90,
]


def picture(**more: Any) -> Picture:
    """Eight years of 10% with a flat line, and two comparators beside it."""
    years = range(2018, 2026)
    usual: dict[str, Any] = {
        "points": [Point(year, 10.0 + year % 2) for year in years],
        "line": [
            LinePoint(year, 10.5, 10.0, 11.0, pace=10.5 - 0.2 * (year - 2018)) for year in years
        ],
        "references": [
            Reference("Wolkenmeer", dict.fromkeys(years, 10.4), "gemeente"),
            Reference("Nederland", dict.fromkeys(years, 10.5), "nl"),
        ],
        "name": "Molenveld",
        "heading": "% huishoudens met een laag inkomen (lager is beter)",
        "sign": "%",
        "size": SMALL,
        "is_bare": True,
    }
    return Picture("", (), "", words=WORDS, **{**usual, **more})


def texts(drawing: Drawing) -> list[str]:
    return [each.text for each in drawing.texts]


def kinds(drawing: Drawing) -> list[str]:
    return [each.kind for each in drawing.marks]


def test_names_stand_with_their_last_value_and_the_agreed_pace_is_named_once() -> None:
    shown = texts(draw(picture()))
    assert {"Molenveld 11,0%", "Wolkenmeer 10,4%", "Nederland 10,5%"} <= {*shown}
    assert shown.count("afgesproken tempo") == 1
    assert shown[0] == "% huishoudens met een laag inkomen (lager is beter)"


def test_the_pace_begins_where_the_trend_begins() -> None:
    marks = {each.kind: each.places for each in draw(picture()).marks}
    assert marks["pace"][0] == marks["fit"][0]
    # lower on the page is less, and less is better here
    assert marks["pace"][-1][1] > marks["fit"][-1][1]
    assert "pace" not in kinds(draw(picture(line=[LinePoint(2018, 1.0, None, None)])))


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("is_bare", [True, False])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_makes_a_text_lie_on_another_or_past_the_frame(
    name: str, size: tuple[int, int], is_bare: bool
) -> None:
    references = [
        Reference(name, dict.fromkeys(range(2018, 2026), 10.0), role)
        for role in ("gemeente", "nl", "programme", "")
    ]
    shown = picture(name=name, heading=name, references=references, size=size, is_bare=is_bare)
    shown = replace(shown, title=name, subtitle=[name, name], source=name, notes=[name])
    assert not [*clashes(draw(shown))]


@pytest.mark.parametrize("value", [0.0, 1e-9, 3.3e-4, 7.0, 1462.0, -18.2, 1e12])
def test_no_figure_makes_a_text_lie_on_another_or_past_the_frame(value: float) -> None:
    points = [Point(year, value * (1 + year % 3)) for year in range(2018, 2026)]
    shown = draw(picture(points=points, line=(), references=(), decimals=0))
    assert not [*clashes(shown)]
    assert kinds(shown).count("grid") >= 3


def test_labels_are_pushed_apart_both_ways_and_stay_within() -> None:
    assert apart([50, 50], [14, 14], 0, 100) == [43, 57]
    assert apart([99, 99, 99], [14, 14, 14], 0, 100) == [65, 79, 93]
    assert apart([0, 0, 80], [14, 14, 14], 0, 100) == [7, 21, 80]
    placed = apart([20, 22, 24, 90], [14, 28, 14, 14], 0, 100)
    assert all(b - a >= 14 - 1e-9 for a, b in pairwise(placed))


@pytest.mark.parametrize("span", [0.013, 0.2, 1, 3.7, 18, 95, 1400, 6e7])
def test_there_are_three_round_ticks_at_least_and_they_hold_all(span: float) -> None:
    for low in (0.0, 1.1, -span / 2, 7 * span):
        ticks = ticks_over(low, low + span)
        steps = {round((b - a) / (ticks[1] - ticks[0]), 6) for a, b in pairwise(ticks)}
        assert 3 <= len(ticks) <= 7 and steps == {1.0}
        assert ticks[0] <= low + span * 1e-9 and ticks[-1] >= low + span * (1 - 1e-9)


def test_the_first_and_last_year_and_the_start_of_the_window_are_on_the_axis() -> None:
    years = [year for year in texts(draw(picture(years=range(1990, 2026)))) if year.isdigit()]
    assert {"1990", "2018", "2025"} <= {*years}


def test_a_missing_year_is_a_gap_in_the_line() -> None:
    points = [Point(2018, 1.0), Point(2019, 2.0), Point(2022, 3.0, run=1), Point(2023, 2.0, run=1)]
    shown = draw(picture(points=points, line=(), references=()))
    assert kinds(shown).count("run") == 2
    holed = Reference("Nederland", {2018: 1.0, 2019: 1.0, 2022: 1.0, 2023: 1.0, 2024: 1.0}, "nl")
    shown = draw(picture(references=[holed]))
    assert [len(m.places) for m in shown.marks if m.kind == "reference nl"] == [2, 3]


def test_figures_of_every_other_year_are_neighbours_and_a_break_parts_them() -> None:
    assert runs_of([2015, 2017, 2019]) == [0, 0, 0]
    assert runs_of([2015, 2016, 2019]) == [0, 0, 1]
    assert runs_of([2018, 2019, 2020], {2020}) == [0, 0, 1]
    assert runs_of([]) == []


@pytest.mark.parametrize(
    ("mark", "kind", "shape"),
    [
        ("final", "point", "circle"),
        ("provisional", "point hollow", "circle"),
        ("restated", "point", "square"),
        ("restated_provisional", "point hollow", "square"),
        ("published", "point published", "cross"),
    ],
)
def test_a_point_shows_its_standing_and_the_key_says_what_that_is(
    mark: str, kind: str, shape: str
) -> None:
    shown = draw(picture(points=[Point(2018, 1.0), Point(2019, 1.0, mark)], line=()))
    assert [(m.kind, m.shape) for m in shown.marks if m.kind.startswith("point")][1] == (
        kind,
        shape,
    )
    assert (WORDS[mark] in texts(shown)) == (mark != "final")


def test_years_outside_the_window_are_grey() -> None:
    points = [Point(year, 1.0, is_in_fit=year > 2018) for year in range(2017, 2021)]
    shown = kinds(draw(picture(points=points)))
    assert [kind for kind in shown if kind.startswith("point")] == [
        *["point outside"] * 2,
        *["point"] * 2,
    ]
    assert shown.count("run outside") == 2 and shown.count("window") == 1


def test_a_chart_tells_each_year_to_who_points_at_it() -> None:
    points = [Point(2024, 10.0), Point(2025, 11.0, "provisional")]
    told = {each.text for each in draw(picture(points=points)).told}
    assert (
        "2025: Molenveld 11,0% (voorlopig); afgesproken tempo 9,1%; Wolkenmeer 10,4%; "
        "Nederland 10,5%"
    ) in told


def test_texts_from_outside_stay_texts() -> None:
    drawing = draw(picture(name='<a href="x">&', notes=["</svg><script>"]))
    for shown in (for_page(drawing, '"><b>', "<i>"), as_file(drawing, "]]>'\"<")):
        assert not re.search(r"<(script|a|b|i)\b", shown)
        assert shown.count("</svg>") == 1


@pytest.mark.parametrize(
    ("name", "unit", "told"),
    [
        ("aandeel mensen", "%", "% mensen (lager is beter)"),
        ("netto participatie", "%", "Netto participatie (%, lager is beter)"),
        ("gasverbruik", "m³", "Gasverbruik (m³, lager is beter)"),
        (
            "inbraken per 1.000 inwoners",
            "per 1.000 inwoners",
            "Inbraken per 1.000 inwoners (lager is beter)",
        ),
        ("rapportcijfer", "cijfer", "Rapportcijfer (lager is beter)"),
    ],
)
def test_the_heading_has_the_unit_once(name: str, unit: str, told: str) -> None:
    indicator = {"name_nl": name, "unit": unit, "unit_en": None, "direction": -1}
    assert heading(indicator, words_of("nl")) == told


def test_an_english_heading_has_an_english_unit() -> None:
    income = {
        "name_nl": "inkomen", "name_en": "mean income", "direction": 1,
        "unit": "x 1.000 euro", "unit_en": "euros",
    }  # fmt: skip
    assert heading(income, words_of("en")) == "Mean income (x 1,000 euros, higher is better)"


def test_why_years_have_no_figure_is_told_after_the_first() -> None:
    statuses = [(2016, "not_applicable"), (2017, "final"), (2018, "suppressed"),
                (2019, "suppressed"), (2020, "final"), (2021, "not_yet_published")]  # fmt: skip
    assert missing_notes(statuses, {2017, 2020}, words_of("nl")) == [
        "Geen cijfer over 2018–2019 (niet gepubliceerd: te weinig waarnemingen).",
        "Geen cijfer over 2021 (nog niet gepubliceerd).",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("judge", "axis", "is_told"),
    [
        ("level", "own", False),
        ("both", "own", False),
        ("gap_nl", "own", True),
        ("gap_nl", "gap_nl", False),
        ("level", "gap_nl", True),
        ("gap_gemeente", "gap_nl", True),
    ],
)
def test_a_chart_of_what_is_not_judged_says_why_it_has_no_pace(
    judge: str, axis: str, is_told: bool, language: Any
) -> None:
    assert bool(pace_note(judge, axis, "X", words_of(language))) == is_told


def grey(colour: str) -> str:
    """The grey that is as light as the colour."""
    # contrast with black gives the lightness, of which grey is the root
    light = (contrast(colour, "#000000") * 0.05) - 0.05
    level = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return "#" + f"{round(level * 255):02x}" * 3


def test_classes_can_be_told_apart_in_grey_and_their_words_be_read() -> None:
    loud = ("improving", "stagnating", "deteriorating")
    for one, other in combinations(loud, 2):
        grounds = CLASS_COLOURS[one].ground, CLASS_COLOURS[other].ground
        assert contrast(*map(grey, grounds)) >= 1.45, (one, other)
    for name, colour in CLASS_COLOURS.items():
        assert contrast(colour.ink, colour.ground) >= 4.5, name
        if name not in loud:
            assert contrast(grey(colour.ground), grey(CLASS_COLOURS["improving"].ground)) >= 1.2


def test_names_at_lines_can_be_read_and_each_comparator_has_its_colour_and_dashes() -> None:
    inks = dict(re.findall(r"\.chart text\.(\w+) \{ fill: (#\w+)", style()))
    dashes = dict(
        re.findall(r"\.chart \.(\w+) \{ stroke: #\w+; stroke-dasharray: ([\d ]+)", style())
    )
    roles = ("gemeente", "nl", "programme")
    assert len({inks[role] for role in roles}) == len({dashes[role] for role in roles}) == 3
    assert all(contrast(ink, "#ffffff") >= 4.5 for ink in inks.values())


def test_a_text_is_cut_where_it_does_not_fit() -> None:
    assert cut("Molenveld", 200, 12) == "Molenveld"
    short = cut("Componistenkwartier", 60, 12)
    assert short.endswith("…") and width(short, 12) <= 60
