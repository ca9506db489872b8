"""Of how many a rank is, and between which ranks its margin leaves an area."""

from __future__ import annotations

import html
import re
from typing import Any

import duckdb
import pytest


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize("indicator", ["burglary_per_1000", "safety_grade", "low_income_share"])
def test_a_rank_is_of_how_many_and_between_which(
    edition: duckdb.DuckDBPyConnection, pages: Any, indicator: str
) -> None:
    renderer, data = pages
    page = data["indicator", indicator]
    [(direction, errors)] = rows(
        edition,
        f"select direction, margin_errors from catalog.indicator, catalog.rule "
        f"where indicator_id = '{indicator}'",
    )
    figures = {
        code: (direction * value, errors * (error or 0.0))
        for code, value, error in rows(
            edition,
            f"select area_code, value, standard_error from core.observation "
            f"where indicator_id = '{indicator}' and value is not null "
            f"and year = {page['spread']['year']}",
        )
    }
    wijken = [
        figures[code]
        for (code,) in rows(
            edition,
            "select area_code from core.place where is_listed and area_kind = 'wijk'",
        )
        if code in figures
    ]
    shown = text(renderer.render("indicator", indicator, page))
    between = 0
    for each in page["areas"]:
        if each["rank"] is None:
            assert each["code"] not in figures
            continue
        value, margin = figures[each["code"]]
        of = len(wijken) + (not each["code"].startswith("WK"))
        assert each["of"] == of
        assert 1 <= each["rank"] <= of
        if margin == 0:
            assert each["best"] is None and each["worst"] is None
            assert f" {each['rank']} van {of} " in shown
            continue
        best = 1 + sum(other - off > value + margin for other, off in wijken)
        worst = of - sum(other + off < value - margin for other, off in wijken)
        assert (each["best"], each["worst"]) == (best, worst)
        assert best <= each["rank"] <= worst
        assert f" {each['rank']} van {of} ({best} tot {worst}) " in shown
        between += 1
    assert (between > 30) == page["has_errors"] == (indicator != "low_income_share")


def test_a_rank_in_a_gemeente_is_of_the_areas_with_a_figure(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    wrong = rows(
        edition,
        """
        with counted as (
            select gemeente_code, area_kind, indicator_id, year, count(value) as areas
            from core.figure group by all
        )
        select figure.area_code, figure.indicator_id, figure.year
        from core.figure as figure
        join counted using (gemeente_code, area_kind, indicator_id, year)
        where rank_in_gemeente is not null and rank_of <> areas
            or rank_in_gemeente > rank_of
            or (rank_of is null) <> (rank_in_gemeente is null)
        """,
    )
    assert wrong == []
    assert rows(edition, "select max(rank_of) > 10 from marts.safety") == [(True,)]
