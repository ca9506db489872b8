"""`wijkpeil explain`: a few wijken by hand, judged by the project's own SQL, and all behind it."""

from __future__ import annotations

import math
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest

from wijkpeil.charts.lines import Picture, Point, draw, write_chart
from wijkpeil.cli import main
from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import in_order, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.errors import WijkError
from wijkpeil.explain import (
    Explanation,
    account,
    as_picture,
    explain,
    heading,
    year_columns,
    year_tables,
)
from wijkpeil.explain.chart import labels
from wijkpeil.words import words_of

YEARS = range(2014, 2026)
HOSTILE = "<script>alert(1)</script>&\"'{area}\x1b[31m" + "lang" * 70
MODELS = {
    *("core.trend_source", "core.trend_series", "core.trend_line", "core.trend_point"),
    *("core.trend_sum", "core.trend_window"),
    *("core.trend_fit", "core.trend_noise", "core.trend_memory", "core.trend_test"),
    *("core.trend_course", "core.trend_prior"),
    *("core.trend_edition", "core.trend", "core.trend_band", "core.suspected_break"),
    *("core.verdict", "marts.stagnation", "marts.comparability"),
}
# name, gemeente, level in the first year, change per year
WIJKEN: dict[str, tuple[str, str, float, float]] = {
    "WK000101": ("Wijk 01 Molenveld", "GM0001", 16.0, -0.6),
    "WK000102": ("Wijk 02 Coöperatie", "GM0001", 14.0, 0.0),
    "WK000103": (HOSTILE, "GM0001", 12.0, 0.5),
    "WK000104": ("Wijk 04 Weinig", "GM0001", 10.0, 0.0),
    "WK000201": ("Wijk 01 Molenveld", "GM0002", 9.0, -0.2),
    "WK000202": ("Wijk 02 Veste", "GM0002", 11.0, -0.1),
    "zuid/haven": ("Haven", "GM0001", 18.0, -0.3),
}
GEMEENTEN = {"GM0001": "Waterdam", "GM0002": "Oudstad"}


def figure(code: str, year: int, indicator: str) -> float:
    """A level, a slope, and a noise that is the same each time."""
    number = list(WIJKEN).index(code)
    _, _, level, slope = WIJKEN[code]
    noise = math.sin(37.0 * number + 11.0 * (year - 2000) + len(indicator)) * 0.4
    return round(level + slope * (year - 2014) + noise, 2)


def observations() -> Iterator[tuple[Any, ...]]:
    for code in WIJKEN:
        for indicator in ("low_income_share", "burglary_per_1000"):
            for year in YEARS:
                value: float | None = figure(code, year, indicator)
                published, status, restated, segment = value, "final", False, 1
                error = 0.3 if indicator == "low_income_share" else None
                if code == "WK000102" and year < 2021:
                    published, restated, segment = round((value or 0.0) + 1, 2), True, 0
                if code == "WK000104":
                    value, status = (None, "suppressed") if year < 2021 else (value, status)
                    published = value
                    if year == 2021:
                        value, status = None, "not_comparable"
                if year == 2025 and status == "final":
                    status = "provisional"
                yield (
                    *(code, year, year, indicator, value, published, "", status),
                    *(None if value is None else error, restated, 0.04 if restated else 0.0),
                    *(segment, f"kwb_{year}", date(2026, 3, 1), False),
                )


def benchmarks() -> Iterator[tuple[Any, ...]]:
    for code, (_, gemeente, _, _) in WIJKEN.items():
        for indicator in ("low_income_share", "burglary_per_1000"):
            for year in YEARS:
                passed = year - 2014
                rows = [(None, "gemeente", gemeente, 12.0 - 0.3 * passed)]
                # no figure of the land in one year: a line of its own
                if year != 2020:
                    rows.append((None, "nl", "NL00", 11.0 - 0.25 * passed))
                if code.startswith("zuid"):
                    rows.append(("zuid", "programme", "zuid", 15.0 - 0.4 * passed))
                for programme, comparator, of, value in rows:
                    yield (
                        *(code, programme, indicator, year, comparator, of, value),
                        *(0.0, False, 3, True, None),
                    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published edition."""
    folder = tmp_path_factory.mktemp("explain")
    with duckdb.connect(str(folder / "wijken.duckdb")) as connection:
        create_given(connection)
        connection.execute("create schema core; create schema marts;")
        _load_catalog(connection)
        _load_places(connection)
        _insert(connection, "core.observation", observations())
        _insert(connection, "core.benchmark", benchmarks())
        make_macros(connection, SQL)
        make_sentences(connection)
        models = in_order(read_models(SQL), GIVEN)
        run_models(connection, [model for model in models if model.name in MODELS])
    return folder


def _load_catalog(connection: duckdb.DuckDBPyConnection) -> None:
    decided = ("raad", date(2025, 2, 3), "Zoals besloten")
    connection.execute(
        """
        create table meta.edition as select 'editie-1' as edition_id, true as is_synthetic;
        insert into catalog.programme values
            ('zuid', 1, 'Programma Zuid', null, null, 'programme'),
            ('noord', 2, 'Programma Noord', null, null, 'programme');
        insert into catalog.programme_indicator
            select programme_id, indicator_id from catalog.programme,
                (values ('low_income_share'), ('burglary_per_1000')) as followed(indicator_id);
        insert into catalog.programme_change
            values ('noord', 'low_income_share', 0.1, null, 'stuurgroep', '2024-06-01', 'Kleiner');
        """
    )
    connection.executemany(
        "insert into catalog.indicator (indicator_id, name_nl, name_en, theme, unit, decimals, "
        "direction, window_years, change_per_year, change_relative, change_owner, "
        "change_decided_on, change_reason) values (?, ?, ?, 'safety', ?, 1, ?, 8, ?, ?, ?, ?, ?)",
        [
            ("low_income_share", "Laag inkomen", "Low income", "%", -1, 0.2, None, *decided),
            ("burglary_per_1000", "Inbraken", None, "per 1 000", -1, None, 0.05, *decided),
            ("inhabitants", "Inwoners", None, "aantal", 0, None, None, *decided),
        ],
    )
    _insert(
        connection,
        "meta.source",
        [
            (f"kwb_{year}", f"Kerncijfers {year}", "CBS", "x", "1", datetime.now(UTC))
            + (date(2026, 3, 1), None, 1, 1, None, 31, "CC BY 4.0", "CBS", "http://x")
            + (True, True, True, [], [], None)
            for year in YEARS
        ],
    )


def _load_places(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table core.place (area_code text, area_name text, area_kind text,
            gemeente_code text, gemeente_name text, is_listed boolean);
        create table core.area (area_code text, year integer, area_name text, change_flag integer);
        create table core.programme_area (programme_id text, area_code text, area_name text,
            problem text, is_used boolean, is_on_list boolean);
        create table core.observation (area_code text, geography_year integer, year integer,
            indicator_id text, value double, value_as_published double, unit text, status text,
            standard_error double, is_restated boolean, moved_share double,
            boundary_segment integer, source_id text, retrieved_on date,
            is_never_revised boolean);
        create table core.benchmark (area_code text, programme_id text, indicator_id text,
            year integer, comparator text, comparator_code text, value double, own_share double,
            is_self_excluded boolean, areas integer, is_published boolean, list_date date);
        insert into core.place values
            ('GM0001', 'Waterdam', 'gemeente', 'GM0001', 'Waterdam', true),
            ('WK000109', 'Wijk 09 Weg', 'wijk', 'GM0001', 'Waterdam', false);
        insert into core.programme_area values
            ('zuid', 'zuid/haven', 'Haven', null, true, true),
            ('zuid', 'zuid/open', 'Open', 'no CBS code is known for it', false, true),
            ('noord', 'WK000201', 'Wijk 01 Molenveld', null, true, true),
            ('noord', 'WK000202', 'Wijk 02 Veste', null, true, true),
            ('zuid', 'WK000202', 'Wijk 02 Veste', null, true, true);
        """
    )
    for code, (name, gemeente, _, _) in WIJKEN.items():
        kind = "wijk" if code.startswith("WK") else "programme_area"
        row = [code, name, kind, gemeente, GEMEENTEN[gemeente]]
        connection.execute("insert into core.place values (?, ?, ?, ?, ?, true)", row)
        if kind == "wijk":
            _insert(connection, "core.area", [(code, year, name, 1) for year in YEARS])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Any) -> None:
    rows = list(rows)
    connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def text(found: Explanation, language: str = "nl") -> str:
    """All that the command prints, the table with bars between the cells."""
    [(columns, rows)] = year_tables(found, 500)
    table = [" | ".join(row) for row in (columns, *rows)]
    return "\n".join([*heading(found, language), *table, *account(found)])


def row_of(shown: str, label: str) -> str:
    """What stands behind a label."""
    found = re.search(rf"^ *{re.escape(label)} +(.*)$", shown, re.MULTILINE)
    assert found, label
    return found[1]


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
    noise *= (1 + fit.autocorrelation) / (1 - fit.autocorrelation)
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
    assert picture.zero_name == "het programma" and not picture.references
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


# names


@pytest.mark.parametrize(
    ("area", "code"),
    [
        ("wk000102", "WK000102"),
        ("cooperatie", "WK000102"),
        ("WIJK 02 COÖPERATIE", "WK000102"),
        ("Wijk 01 Molenveld (Oudstad)", "WK000201"),
        ("molenveld waterdam", "WK000101"),
        ("ZUID/haven", "zuid/haven"),
        ("Haven", "zuid/haven"),
    ],
)
def test_an_area_is_found_by_code_and_by_name(warehouse: Path, area: str, code: str) -> None:
    assert explain(warehouse, area, "LAAG inkomen").choice.area_code == code


def test_a_name_in_two_places_is_one_with_the_programme(warehouse: Path) -> None:
    found = explain(warehouse, "molenveld", "low income", programme="noord")
    assert found.choice.area_code == "WK000201"


@pytest.mark.parametrize("words", ["laag ink", "low_income", "INKOMEN"])
def test_a_part_of_a_name_is_enough_for_an_indicator(warehouse: Path, words: str) -> None:
    assert explain(warehouse, "cooperatie", words).choice.indicator_id == "low_income_share"


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        (("WK000101", "ink"), {}, "No indicator 'ink'; nearest"),
        (("molenveld", "laag inkomen"), {}, "2 areas are called 'molenveld': WK000101"),
        (("molenvelt", "laag inkomen"), {}, "called 'molenvelt'; nearest: WK000101 ('Wijk 01"),
        (("x" * 300, "laag inkomen"), {}, "xxx…'; give its code"),
        (("GM0001", "laag inkomen"), {}, "is a gemeente; only wijken"),
        (("WK000109", "laag inkomen"), {}, "is not in the newest area list"),
        (("zuid/open", "laag inkomen"), {}, "not counted with: no CBS code is known for it"),
        (("WK000101", "laag inkomn"), {}, "nearest: low_income_share ('Laag inkomen')"),
        (("WK000101", "Inwoners"), {}, "has no direction"),
        (("WK000101", "inbraken"), {"edition": 1999}, "no class of 1999; there are 2014 to 2025"),
        (("WK000101", "inbraken"), {"programme": "zuit"}, "No programme 'zuit'; nearest: 'zuid'"),
        (("WK000101", "inbraken"), {"programme": "zuid"}, "programmes that do: none"),
        (
            ("WK000101", "inbraken"),
            {"axis": "gap_programme"},
            "axes that are there: own, gap_gemeente",
        ),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(
    warehouse: Path, words: tuple[str, str], options: dict[str, Any], told: str
) -> None:
    with pytest.raises(WijkError) as caught:
        explain(warehouse, *words, **options)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 600


def test_an_older_warehouse_is_told(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "wijken.duckdb")).close()
    with pytest.raises(WijkError, match="older wijkpeil"):
        explain(tmp_path, "WK000101", "low_income_share")


# the chart


@pytest.mark.parametrize(
    ("area", "axis"), [("WK000102", "own"), ("WK000103", "gap_gemeente"), ("WK000104", "own")]
)
def test_charts_are_whole_files_with_title_and_source(
    warehouse: Path, tmp_path: Path, area: str, axis: str
) -> None:
    found = explain(warehouse, area, "low_income_share", axis=axis)
    picture = as_picture(found, "nl")
    chart = draw(picture)
    for ending in ("png", "svg", "html"):
        told = [*filter(None, [found.row["sentence_nl"], picture.source])]
        write_chart(chart, tmp_path / f"chart.{ending}", title=picture.title, text=told)
    png = (tmp_path / "chart.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert 1200 < width < 1900 and 700 < height < 1300
    svg = (tmp_path / "chart.svg").read_text(encoding="utf-8")
    tree = ET.fromstring(svg)
    words = " ".join("".join(each.itertext()) for each in tree.iter() if each.tag.endswith("text"))
    assert "Synthetische cijfers" in words and "Bron: Kerncijfers" in words
    assert not [each for each in tree.iter() if each.tag.endswith(("script", "foreignObject"))]
    page = (tmp_path / "chart.html").read_text(encoding="utf-8")
    assert page.count("<script>") == page.count("</script>") == 2
    body = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "http" not in body.replace("http-equiv", "") and "Bron: Kerncijfers" in body
    assert "default-src 'none'" in body and " src=" not in body and " href=" not in body
    assert "alert(1)" in body or area != "WK000103"


def test_breaks_restated_and_provisional_years_are_in_the_picture(warehouse: Path) -> None:
    found = explain(warehouse, "WK000102", "low_income_share")
    picture = as_picture(found, "nl")
    assert picture.title == "Wijk 02 Coöperatie stagneert op Laag inkomen"
    assert picture.breaks == [(2021, "grens gewijzigd, eerdere jaren herrekend")]
    assert {point.mark for point in picture.points} == {"restated", "final", "provisional"}
    assert [each.name for each in picture.references] == ["Waterdam", "Nederland"]
    assert len({each.segment for each in picture.line}) == 2
    assert all((each.low or 0) < each.value < (each.high or 0) for each in picture.line)
    assert as_picture(found, "en").title == "Wijk 02 Coöperatie stands still on Low income"


def test_a_chart_without_a_single_figure_says_so(tmp_path: Path) -> None:
    words = labels(words_of("nl"))
    empty = Picture("Titel", ["eenheid"], "Bron", [], words, years=range(2018, 2026))
    write_chart(draw(empty), tmp_path / "leeg.svg", title="Titel", text=[])
    assert "geen cijfers" in (tmp_path / "leeg.svg").read_text(encoding="utf-8")
    one = Picture("Titel", ["eenheid"], "Bron", [Point(2020, 0.0)], words)
    write_chart(draw(one), tmp_path / "een.svg", title="Titel", text=[])


def test_nothing_heavy_is_loaded_before_a_chart_is_made() -> None:
    code = (
        "import sys, wijkpeil.cli, wijkpeil.explain, wijkpeil.charts.lines; "
        "sys.exit(bool({'altair', 'vl_convert', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# the command


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, *arguments: str) -> int:
    """The exit code of the command."""
    monkeypatch.setenv("WIJK_WAREHOUSE", str(warehouse))
    monkeypatch.setattr("sys.argv", ["wijkpeil", "explain", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_the_command_prints_the_sentence_the_figures_and_where_the_chart_is(
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chart = tmp_path / "uitleg.svg"
    options = ("--axis", "gap_nl", "--lang", "en", "--chart", str(chart))
    assert run(monkeypatch, warehouse, "WK000103", "laag inkomen", *options) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert f"Chart {chart}" in shown and "score slope b" in shown and chart.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nergens", "laag inkomen"), 1, "is called 'nergens'"),
        (("WK000101", "laag inkomen", "--chart", "x.pdf"), 1, "ends in .png, .svg or .html"),
        (("WK000101", "laag inkomen", "--chart", "/nergens/x.png"), 1, "is no folder"),
        (("WK000101", "laag inkomen", "--axis", "up"), 2, "gap_programme"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    warehouse: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    assert run(monkeypatch, warehouse, *arguments) == code
    shown = capsys.readouterr()
    assert told in shown.err and "Traceback" not in shown.err
    assert code == 2 or len(shown.err.strip().splitlines()) == 1
