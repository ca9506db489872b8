"""`wijkpeil explain` as it is asked: names, charts, and what the command prints."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest

from wijkpeil.charts.files import write_chart
from wijkpeil.charts.picture import Picture, Point
from wijkpeil.charts.texts import labels
from wijkpeil.cli import main
from wijkpeil.errors import WijkError
from wijkpeil.explain import (
    as_picture,
    explain,
)
from wijkpeil.words import words_of


@pytest.fixture
def warehouse(explained: Path) -> Path:
    """A folder with a published edition."""
    return explained


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
    for ending in ("png", "svg", "html"):
        told = [*filter(None, [found.row["sentence_nl"], picture.source])]
        write_chart(picture, tmp_path / f"chart.{ending}", text=told)
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
    assert page.count("<script>") == page.count("</script>") == 1
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
    write_chart(empty, tmp_path / "leeg.svg", text=[])
    assert "geen cijfers" in (tmp_path / "leeg.svg").read_text(encoding="utf-8")
    one = Picture("Titel", ["eenheid"], "Bron", [Point(2020, 0.0)], words)
    write_chart(one, tmp_path / "een.svg", text=[])


def test_nothing_heavy_is_loaded_before_a_chart_is_made() -> None:
    code = (
        "import sys, wijkpeil.cli, wijkpeil.explain, wijkpeil.charts.files; "
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
