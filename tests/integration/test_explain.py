"""`wijkpeil explain`: a few wijken by hand, and all that is behind their classes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from explained_world import (
    YEARS,
    row_of,
    text,
)

from wijkpeil.explain import (
    Explanation,
    as_picture,
    explain,
    year_columns,
    year_tables,
)


@pytest.fixture
def warehouse(explained: Path) -> Path:
    """A folder with a published edition."""
    return explained


def rule(found: Explanation) -> str:
    """The class by the rule, from the figures that the explanation gives."""
    fit = found.fit
    if found.trend["class"] == "insufficient":
        return "insufficient"
    assert fit.score is not None and fit.slope_error is not None
    assert fit.residual_sum is not None and fit.sampling_variance is not None
    assert fit.noise_variance is not None and fit.degrees_of_freedom is not None
    assert fit.year_spread is not None
    usual = fit.sampling_variance + fit.noise_variance
    noise = (20 * usual + fit.residual_sum) / (20 + fit.degrees_of_freedom)
    assert fit.has_own_noise == (noise > 2 * usual + 1e-9)
    if fit.has_own_noise:
        noise = fit.residual_sum / max(fit.degrees_of_freedom - 1.35, 0.08)
    memory = fit.autocorrelation or 0.0
    noise *= (1 + memory) / (1 - memory)
    error = math.sqrt(noise / fit.year_spread)
    assert fit.slope_error == pytest.approx(error)
    if fit.score <= -1 and fit.score + 1.7 * error < 0:
        return "deteriorating"
    if fit.score >= 1 and fit.score - 1.7 * error > 0:
        return "improving"
    enough = max(1.7 + 0.5 * max(error - 1, 0), 2.3 if fit.has_own_noise else 0)
    assert found.trend["entry_errors"] == pytest.approx(enough)
    if fit.score + enough * error < 1 or (found.trend["is_held"] and fit.score + 0.65 * error < 1):
        return "stagnating"
    return "inconclusive"


# the figures


def test_every_class_follows_from_the_figures_that_are_given(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse / "wijken.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select area_code, indicator_id, programme_id, axis, edition_year, class, "
            "meaningful_change from marts.stagnation where edition_year in (2019, 2025)"
        ).fetchall()
    assert len({row[3] for row in rows}) == 4
    assert {row[5] for row in rows} >= {"improving", "stagnating", "deteriorating", "insufficient"}
    for area, indicator, programme, axis, edition, trend_class, change in rows:
        found = explain(warehouse, area, indicator, programme=programme, axis=axis, edition=edition)
        assert found.row["line_class"] == found.trend["class"] == rule(found)
        gap = None if found.row["line_class"] == "insufficient" else found.row["gap"]
        ahead = axis != "own" and gap is not None and gap >= 0
        assert found.row["class"] == trend_class
        if trend_class != found.row["line_class"] and not ahead:
            # held against another axis, of which the text says which, or against its last years
            assert found.row["is_headline"]
            told = row_of(text(found), "line by itself")
            assert told.startswith(f"{rule(found)}; ")
            if found.row["is_alert"]:
                assert (found.row["class"], found.fit.bend) == ("turned", "up")
                assert told.endswith("the alert that was up lasts until the whole line does")
            if trend_class in ("turned", "flattened"):
                assert "held against" not in told and "its last years" in told
            elif found.row["against_axis"] is not None:
                assert found.row["against_axis"] in told
        else:
            assert trend_class == ("ahead" if ahead else rule(found))
        assert found.fit.meaningful_change == change
        if found.fit.recent_slope is not None and change:
            sign = found.fit.direction if axis == "own" else 1
            moved = sign * found.fit.recent_slope / change
            assert found.fit.recent_score == pytest.approx(moved, abs=1e-8)
        assert found.is_recomputed_alike, (area, indicator, programme, axis, edition)
        assert found.trend["series_id"] is not None and found.past[-1][0] == 2025


@pytest.mark.parametrize("axis", ["own", "gap_nl"])
def test_the_printed_table_alone_gives_slope_and_residual_sum(warehouse: Path, axis: str) -> None:
    found = explain(warehouse, "WK000102", "burglary_per_1000", axis=axis)
    columns = year_columns(found)
    shown = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    used = [
        (int(row["year"]), float(row["value" if axis == "own" else "lead"]))
        for row in shown
        if row["in fit"] == "yes"
    ]
    moved = []
    for part in ([p for p in used if p[0] < 2021], [p for p in used if p[0] >= 2021]):
        middle = [sum(each) / len(part) for each in zip(*part, strict=True)]
        moved += [(year - middle[0], value - middle[1]) for year, value in part]
    spread = sum(t * t for t, _ in moved)
    slope = sum(t * y for t, y in moved) / spread
    told = text(found)
    assert float(row_of(told, "slope b'").split()[0]) == pytest.approx(slope, rel=1e-4)
    assert float(row_of(told, "Sxx")) == pytest.approx(spread)
    assert found.fit.segments == 2
    change = float(row_of(told, "score slope b").split(" / ")[1].split(" = ")[0])
    residual = sum((y - slope * t) ** 2 for t, y in moved) / change**2
    assert float(row_of(told, "residual sum RSS").split()[0]) == pytest.approx(residual, rel=1e-4)


def test_a_changed_figure_is_noticed(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "wijken.duckdb"
    copy.write_bytes((warehouse / "wijken.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update core.trend_line "
            "set own_values = own_values[:-2] || [own_values[-1] + 1] where line = 'own'"
        )
    found = explain(tmp_path, "WK000101", "low_income_share")
    assert "NOT as the warehouse has it" in text(found)


def test_an_area_that_scatters_beyond_all_others_is_told_by_its_own_noise(
    warehouse: Path, tmp_path: Path
) -> None:
    common = text(explain(warehouse, "WK000102", "low_income_share"))
    assert row_of(common, "own noise").startswith("no: (20 x (e2 + tau2) + RSS) / (20 + df) = ")
    copy = tmp_path / "wijken.duckdb"
    copy.write_bytes((warehouse / "wijken.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update core.trend_noise set noise_variance = noise_variance / 1000")
    found = explain(tmp_path, "WK000102", "burglary_per_1000")
    shown = text(found)
    assert found.fit.has_own_noise and found.is_recomputed_alike
    assert row_of(shown, "own noise").startswith("yes: (20 x (e2 + tau2) + RSS) / (20 + df) = ")
    formula = re.search(
        r"= sqrt\(([\d.]+) x ([\d.]+) / ([\d.]+) / ([\d.]+)\)\n +([=] [\d.]+)", shown
    )
    assert formula, shown
    memory, residual, divisor, spread = (float(part) for part in formula.groups()[:4])
    assert divisor == (found.fit.degrees_of_freedom or 0) - 1.35
    error = float(formula[5].removeprefix("= "))
    assert error == pytest.approx(math.sqrt(memory * residual / divisor / spread), rel=1e-5)
    assert "b + 2.3 s < 1" in shown


def test_everything_behind_a_class_is_told(warehouse: Path) -> None:
    shown = text(explain(warehouse, "WK000102", "low_income_share"), "en")
    assert "Wijk 02 Coöperatie (Waterdam) stands still on Low income" in shown
    assert "SYNTHETIC" in shown
    assert "2020 | " in shown and "yes (4.0%)" in shown and " | 0.3 | " in shown
    assert row_of(shown, "decided by") == "raad, 2025-02-03 (of the catalog)"
    assert row_of(shown, "reason") == "Zoals besloten"
    assert row_of(shown, "meaningful change") == "0.2 percentage points a year"
    assert row_of(shown, "segments") == "2 (2018-2020, 2021-2025)"
    assert "series of kind wijk on axis own" in row_of(shown, "pooled noise tau2")
    assert row_of(shown, "class") == "stagnating"
    assert "2014-2016 insufficient" in row_of(shown, "every edition")
    assert "gap_gemeente " in row_of(shown, "other axes")
    # the last figure is provisional, and the alert was there before it
    settled = row_of(shown, "last figure is settled, or was in this run")
    assert settled.split() == ["provisional", "yes"]
    assert "Breaks: 2021: boundary changed, figures before it restated." in shown
    assert "2014-2025: Kerncijfers (kwb_2014 to kwb_2025); retrieved on 2026-03-01; " in shown
    assert "licence CC BY 4.0; CBS; synthetic." in shown
    assert "none | none" not in shown.split("Fit")[0].split("2021 |")[1].split("\n")[0]


def test_a_wide_margin_keeps_no_deteriorating_line_from_a_mail(warehouse: Path) -> None:
    found = explain(warehouse, "WK000102", "low_income_share")
    wide = replace(found.fit, score=-5.2, slope_error=3.0)
    trend = {**found.trend, "class": "deteriorating", "entry_errors": 2.7}
    shown = text(replace(found, fit=wide, trend=trend))
    assert row_of(shown, "b + 1.7 s < 0").endswith("yes")
    assert row_of(shown, "b + 2.7 s < 1").endswith("no")
    assert row_of(shown, "deteriorating, or b + 2.7 s < 1").endswith("yes")


def test_a_programme_with_its_own_size_is_explained_by_it(warehouse: Path) -> None:
    common = explain(warehouse, "WK000202", "low_income_share")
    assert (common.choice.programme_id, common.choice.others) == ("zuid", ("noord",))
    assert "also followed by noord" in text(common)
    found = explain(warehouse, "WK000202", "low_income_share", programme="noord")
    assert found.fit.meaningful_change == 0.1
    assert row_of(text(found), "decided by") == "stuurgroep, 2024-06-01 (of the programme)"


def test_a_gap_is_shown_as_what_the_area_is_ahead(warehouse: Path) -> None:
    found = explain(warehouse, "zuid/haven", "burglary_per_1000", axis="gap_programme")
    scale = found.fit.scale
    assert scale != 1
    last = found.years[-1]
    assert last.compared == pytest.approx(scale * (last.programme_value or 0))
    assert last.fit_value == pytest.approx(-((last.value or 0) - (last.compared or 0)))
    shown = text(found)
    assert "x the reference, which brings its mean over the window" in shown
    picture = as_picture(found, "nl")
    assert picture.zero_name == "zoals het programma" and not picture.references
    lacking = explain(warehouse, "WK000101", "low_income_share", axis="gap_nl")
    assert lacking.fit.line == "nl"
    assert [each.year for each in lacking.years if each.is_in_fit] == [
        2018,
        2019,
        *range(2021, 2026),
    ]


def test_what_an_area_is_left_out_of_is_called_the_rest(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "wijken.duckdb"
    copy.write_bytes((warehouse / "wijken.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update core.benchmark set is_self_excluded = comparator <> 'nl'")
    found = explain(tmp_path, "zuid/haven", "low_income_share")
    names = [reference.name for reference in as_picture(found, "nl").references]
    assert names == ["rest van Waterdam", "Nederland", "andere gebieden"]
    names = [reference.name for reference in as_picture(found, "en").references]
    assert names == ["rest of Waterdam", "the Netherlands", "other areas"]
    found = explain(tmp_path, "zuid/haven", "low_income_share", axis="gap_gemeente")
    assert as_picture(found, "en").zero_name == "rest of Waterdam"


def test_too_few_figures_are_told_and_no_line_is_drawn(warehouse: Path) -> None:
    found = explain(warehouse, "wijk 04 weinig", "low_income_share")
    shown = text(found)
    assert found.row["class"] == "insufficient"
    assert row_of(shown, "suppressed <= 30%").split() == ["43%", "no"]
    assert "so the slope is not tested." in shown
    assert "2014 | none | suppressed" in shown
    assert re.search(r"2021 \| none \| not_comparable \| \d", shown)
    picture = as_picture(found, "nl")
    assert not picture.line
    assert picture.points[0].mark == "published"
    early = text(explain(warehouse, "WK000104", "low_income_share", edition=2016))
    assert row_of(early, "slope") == "none: no line can be drawn through these points"
    assert row_of(early, "edition - last year <= 2").split() == ["no", "last", "year", "no"]


def test_the_table_is_split_to_fit_a_narrow_screen(warehouse: Path) -> None:
    found = explain(warehouse, "WK000102", "low_income_share", axis="gap_gemeente")
    tables = list(year_tables(found, 60))
    assert len(tables) > 1
    names = [name for columns, _ in tables for name in columns if name != "year"]
    assert ["year", *names] == list(year_columns(found))
    for columns, rows in tables:
        assert columns[0] == "year" and [row[0] for row in rows] == [str(year) for year in YEARS]
        assert sum(max(map(len, cells)) + 3 for cells in zip(columns, *rows, strict=True)) < 60
