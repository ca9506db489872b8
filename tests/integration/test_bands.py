"""One line and one band for one class: what the report, the mail and `explain` draw."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.alerts.edition import read_followed
from wijkpeil.alerts.letters.pictures import picture_of
from wijkpeil.charts.drawing import draw
from wijkpeil.charts.picture import LinePoint, Picture
from wijkpeil.explain import Explanation, as_picture, explain
from wijkpeil.report.chart_svg import trend_picture
from wijkpeil.report.load import Pages
from wijkpeil.words import words_of

Ends = dict[int, tuple[float, float, float]]


@pytest.fixture(scope="module")
def cards(demo_edition: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What the pages of areas are made of, by area and indicator."""
    found = {}
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        pages = Pages(connection, demo_edition.parent)
        areas = [key for key in pages.hashes() if key[0] == "area"]
        for _, area, data in pages.data(areas):
            for each in json.loads(data)["cards"]:
                found[area, each["card"]["indicator"]] = each
    return found


def by_formula(found: Explanation) -> Ends:
    """Line and band by the formula of the method, from the figures that `explain` tells."""
    used = [each for each in found.years if each.is_in_fit]
    parts: dict[Any, list[Any]] = {}
    for each in used:
        parts.setdefault(each.segment, []).append(each)
    means = {
        segment: (
            sum(each.year for each in part) / len(part),
            sum(each.fit_value for each in part) / len(part),
        )
        for segment, part in parts.items()
    }
    spread = sum((each.year - means[each.segment][0]) ** 2 for each in used)
    slope = (
        sum(
            (each.year - means[each.segment][0]) * (each.fit_value - means[each.segment][1])
            for each in used
        )
        / spread
    )
    ends = {}
    for each in used:
        middle, level = means[each.segment]
        line = level + slope * (each.year - middle)
        share = 1 / len(parts[each.segment]) + (each.year - middle) ** 2 / spread
        error = (found.fit.slope_error or 0) * (found.fit.meaningful_change or 0)
        margin = 1.7 * error * math.sqrt(spread) * math.sqrt(share)
        ends[each.year] = (line, line - margin, line + margin)
    return ends


def in_picture(rows: Sequence[LinePoint]) -> Ends:
    return {each.year: (each.value, each.low or 0.0, each.high or 0.0) for each in rows}


def of_page(each: dict[str, Any]) -> Picture:
    """The chart that a page makes of its card."""
    indicator = {"name_nl": "x", "unit": "", "unit_en": None, "direction": 1, "decimals": 1}
    return trend_picture(
        each["card"], each["years"], area="x", names={}, indicator=indicator, words=words_of("nl")
    )


def same(one: Ends, other: Ends) -> bool:
    return one.keys() == other.keys() and all(
        one[year] == pytest.approx(other[year], abs=2e-8, rel=1e-7) for year in one
    )


def test_report_mail_and_explain_draw_one_band(
    demo_edition: Path, cards: dict[tuple[str, str], dict[str, Any]]
) -> None:
    warehouse, told = demo_edition.parent, read_followed(demo_edition)
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        chosen = connection.execute(
            "select area_code, indicator_id, any_value(segments), any_value(has_own_noise) "
            "from core.trend where axis = 'own' and edition_year = 2025 "
            "and class <> 'insufficient' group by all "
            "order by max(segments) desc, max(has_own_noise) desc, 1, 2"
        ).fetchall()
    stepping = [row for row in chosen if row[2] > 1]
    wild = [row for row in chosen if row[3]]
    assert len(stepping) > 3 and len(wild) > 3, "lines that step, and areas with their own noise"
    followed = {(s.key.area_code, s.key.indicator_id): s for s in told.signals}
    seen = 0
    for area, indicator, *_ in [*stepping[:6], *wild[:6], *chosen[-40::4]]:
        card = cards[area, indicator]
        found = explain(warehouse, area, indicator, axis="own")
        expected = by_formula(found)
        in_report = in_picture(of_page(card).line)
        assert same(in_report, expected), (area, indicator)
        assert same(in_picture(as_picture(found, "nl").line), expected), (area, indicator)
        if signal := followed.get((area, indicator)):
            drawn = picture_of(warehouse, signal, 2025, "nl")
            assert same(in_picture(drawn.line), expected), (area, indicator)
            seen += 1
        # no year is known exactly: nowhere is the band narrower than in a mail
        assert min(high - low for _, low, high in in_report.values()) > 0
    assert seen > 3


def test_the_band_is_drawn_where_its_figures_lie(
    cards: dict[tuple[str, str], dict[str, Any]],
) -> None:
    picture = of_page(cards["WK990104", "gas_use_m3"])
    [band] = [mark.places for mark in draw(picture).marks if mark.kind == "band"]
    line = {each.year: each for each in picture.line}
    high, low = band[: len(line)], [*reversed(band[len(line) :])]
    scale = [
        (bottom[1] - top[1]) / ((each.high or 0.0) - (each.low or 0.0))
        for top, bottom, each in zip(high, low, line.values(), strict=True)
    ]
    assert max(scale) == pytest.approx(min(scale)) and min(scale) > 0
    steps = {round(after[0] - before[0], 6) for before, after in pairwise(high)}
    assert len(steps) == 1


@pytest.mark.parametrize("axis", ["gap_gemeente", "gap_nl", "gap_programme"])
def test_the_band_of_a_gap_is_of_the_lead(demo_edition: Path, axis: str) -> None:
    with duckdb.connect(str(demo_edition), read_only=True) as connection:
        rows = connection.execute(
            "select area_code, indicator_id, programme_id from marts.stagnation "
            "where axis = ? and edition_year = 2025 and class <> 'insufficient' "
            "and programme_id is not null order by hash(area_code || indicator_id) limit 5",
            [axis],
        ).fetchall()
    assert len(rows) == 5
    for area, indicator, programme in rows:
        found = explain(demo_edition.parent, area, indicator, programme=programme, axis=axis)
        assert same(in_picture(as_picture(found, "nl").line), by_formula(found))
