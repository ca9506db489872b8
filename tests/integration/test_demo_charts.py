"""Every chart of the demo, by its geometry: nothing overlaps, nothing is cut, and report, mail and
`explain` show the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from chart_reading import clashes

from wijkpeil.alerts.edition import read_followed
from wijkpeil.alerts.letters.pictures import in_words, picture_of
from wijkpeil.charts.drawing import draw
from wijkpeil.charts.picture import Picture
from wijkpeil.explain import as_picture, explain
from wijkpeil.report.chart_svg import gap_picture, trend_picture
from wijkpeil.report.load import Pages
from wijkpeil.report.render import Renderer, cleaned
from wijkpeil.words import LANGUAGES, Language, words_of

Card = dict[str, Any]


@pytest.fixture(scope="module")
def pages(demo_edition: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the site knows, and what the pages of areas are made of."""
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        pages = Pages(connection, demo_edition.parent)
        areas = [key for key in pages.hashes() if key[0] == "area"]
        return pages.site, [cleaned(json.loads(data)) for _, _, data in pages.data(areas)]


def of_page(
    site: dict[str, Any], page: dict[str, Any], language: Language
) -> Iterator[tuple[Card, Picture, Picture]]:
    """Each card of a page with its two pictures."""
    renderer = Renderer(site, language)
    for each in page["cards"]:
        card, years = each["card"], each["years"]
        more = {
            "area": page["name"],
            "names": renderer._comparators(page, each),
            "indicator": renderer.indicators[card["indicator"]],
            "words": renderer.words,
        }
        yield card, trend_picture(card, years, **more), gap_picture(card, years, **more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_no_chart_of_the_report_a_text_lies_on_another_or_is_cut(
    pages: tuple[dict[str, Any], list[dict[str, Any]]], language: Language
) -> None:
    site, areas = pages
    drawn = 0
    for page in areas:
        for card, *pictures in of_page(site, page, language):
            for picture in pictures:
                drawing = draw(picture)
                where = (page["name"], card["indicator"], picture.heading)
                assert not [*clashes(drawing)], where
                if drawing.told:
                    drawn += 1
                    assert sum(mark.kind == "grid" for mark in drawing.marks) >= 3, where
    assert drawn > 900


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_no_picture_of_a_mail_a_text_lies_on_another_or_is_cut(
    demo_edition: Path, language: Language
) -> None:
    signals = [each for each in read_followed(demo_edition).signals if each.is_alert]
    assert len(signals) > 60
    # of each indicator
    for signal in {each.key.indicator_id: each for each in signals}.values():
        picture = picture_of(demo_edition.parent, signal, 2025, language)
        assert not [*clashes(draw(picture))], signal.key
        pace = [each.pace for each in picture.line if each.pace is not None]
        # told to who does not see it as well
        assert (words_of(language)("chart.word.pace") in in_words(picture, signal, language)) == (
            bool(pace)
        )


def test_in_a_large_chart_neither(demo_edition: Path) -> None:
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        rows = connection.execute(
            "select area_code, indicator_id, axis from marts.stagnation "
            "where edition_year = 2025 and is_once_per_area "
            "order by hash(area_code || indicator_id || axis) limit 12"
        ).fetchall()
    for area, indicator, axis in rows:
        found = explain(demo_edition.parent, area, indicator, axis=axis)
        for language in LANGUAGES:
            assert not [*clashes(draw(as_picture(found, language)))], (area, indicator, axis)


def told(picture: Picture) -> tuple[object, ...]:
    """What a reader sees of it in words, marks and gaps, but how the comparators are called."""
    return (
        *(picture.heading, picture.name, picture.sign, picture.zero_name, picture.decimals),
        *([*picture.notes], [*picture.breaks]),
        [(each.year, each.mark, each.run, each.is_in_fit) for each in picture.points],
        [(each.year, each.segment, each.pace is None) for each in picture.line],
        {each.role: [*each.values] for each in picture.references},
    )


def figures(picture: Picture) -> list[float]:
    """Every number that is drawn; a page has them with eight decimals."""
    values = [each.value for each in picture.points]
    for each in picture.line:
        values += [each.value, each.low or 0.0, each.high or 0.0, each.pace or 0.0]
    for reference in picture.references:
        values += reference.values.values()
    return values


@pytest.mark.parametrize(("language", "first"), [("nl", 0), ("en", 1)])
def test_report_and_explain_show_the_same(
    demo_edition: Path,
    pages: tuple[dict[str, Any], list[dict[str, Any]]],
    language: Language,
    first: int,
) -> None:
    site, areas = pages
    cards = [
        (page, *each) for page in areas for each in of_page(site, page, language) if each[1].points
    ]
    # an area of each kind and every indicator
    gaps = 0
    for page, card, trend, gap in cards[first::41]:
        where = (page["code"], card["indicator"])
        found = explain(demo_edition.parent, *where, axis="own")
        theirs = as_picture(found, language)
        assert told(trend) == told(theirs), where
        assert figures(trend) == pytest.approx(figures(theirs), abs=2e-8, rel=1e-7), where
        if card["gap_points"]:
            found = explain(demo_edition.parent, *where, axis=card["gap_axis"])
            theirs = as_picture(found, language)
            window = [each for each in theirs.points if each.year >= gap.points[0].year]
            theirs = replace(theirs, points=window, notes=gap.notes, breaks=gap.breaks)
            assert told(gap)[:7] == told(theirs)[:7] and told(gap)[8:] == told(theirs)[8:], where
            assert figures(gap) == pytest.approx(figures(theirs), abs=2e-8, rel=1e-7), where
            gaps += 1
    assert gaps > 0


def test_the_pace_is_drawn_on_the_axis_that_is_judged_and_no_other(
    pages: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    site, areas = pages
    directions = {each["id"]: each["direction"] for each in site["indicators"]}
    judged = set()
    for page in areas:
        for card, trend, gap in of_page(site, page, "nl"):
            if not trend.line:
                continue
            judged.add(card["judge"])
            is_gap = card["judge"] == "gap_nl"
            drawn, other = (gap, trend) if is_gap else (trend, gap)
            assert all(each.pace is None for each in other.line)
            assert any("tempo" in note for note in other.notes)
            assert not any("tempo" in note for note in drawn.notes)
            first, *_, last = drawn.line
            assert first.pace == pytest.approx(first.value)
            if not is_gap:
                agreed = directions[card["indicator"]] * card["meaningful"]
                lag = (agreed - card["slope"]) * (last.year - first.year)
                assert last.pace == pytest.approx(last.value + lag, abs=1e-6)
    assert judged == {"level", "both", "gap_nl"}
