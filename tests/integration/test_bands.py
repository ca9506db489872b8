"""One line and one band for one class: what the report, the mail and `explain` draw."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.alerts.edition import read_followed
from wijkpeil.alerts.letters.pictures import picture_of
from wijkpeil.charts.lines import draw
from wijkpeil.explain import Explanation, as_picture, explain
from wijkpeil.report.chart_svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, fitted, trend_chart
from wijkpeil.report.load import Pages

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


def in_picture(rows: Any) -> Ends:
    return {each.year: (each.value, each.low, each.high) for each in rows}


def in_spec(spec: dict[str, Any]) -> Ends:
    """The band among the marks of a chart as it is drawn."""
    [band] = [
        layer["data"]["values"]
        for layer in spec["layer"]
        if layer["mark"] == "area" or layer["mark"].get("type") == "area"
    ]
    return {row["year"]: (row["value"], row["low"], row["high"]) for row in band}


def in_svg(svg: str, years: list[dict[str, Any]]) -> Iterator[tuple[float, float]]:
    """The corners of the bands of a page's chart as year and height, 0 to 1 in the plot."""
    first, last = years[0]["year"], years[-1]["year"]
    for points in re.findall(r'<polygon class="band" points="([^"]+)"', svg):
        for corner in points.split():
            x, y = map(float, corner.split(","))
            yield (
                first + (last - first) * (x - LEFT) / (WIDTH - LEFT - RIGHT),
                1 - (y - TOP) / (HEIGHT - TOP - BOTTOM),
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
        in_report = {
            year: (value, low or 0.0, high or 0.0)
            for fit in fitted(card["card"])
            for year, value, low, high in fit.points
        }
        assert same(in_report, expected), (area, indicator)
        assert same(in_picture(as_picture(found, "nl").line), expected), (area, indicator)
        spec = draw(as_picture(found, "nl")).to_dict()
        assert same(in_spec(spec), expected), (area, indicator)
        if signal := followed.get((area, indicator)):
            drawn = picture_of(warehouse, signal, 2025, "nl")
            assert same(in_picture(drawn.line), expected), (area, indicator)
            seen += 1
        # no year is known exactly: nowhere is the band narrower than in a mail
        assert min(high - low for _, low, high in in_report.values()) > 0
    assert seen > 3


def test_the_page_draws_the_band_where_its_figures_lie(
    cards: dict[tuple[str, str], dict[str, Any]],
) -> None:
    card = cards["WK990104", "gas_use_m3"]
    svg = trend_chart(card["card"], card["years"], names={}, label="", decimals=0, language="nl")
    corners = list(in_svg(str(svg), card["years"]))
    line = {each["year"]: each for each in card["card"]["line"]}
    assert [round(year) for year, _ in corners] == [*line, *reversed(line)]
    wide = {}
    for year, height in corners:
        wide.setdefault(round(year), []).append(height)
    drawn = {year: abs(ends[1] - ends[0]) for year, ends in wide.items()}
    scale = [drawn[year] / (each["high"] - each["low"]) for year, each in line.items()]
    assert max(scale) == pytest.approx(min(scale), rel=0.05)


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
