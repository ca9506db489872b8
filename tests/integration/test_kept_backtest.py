"""The page on the method shows what a test of the rule on the edition itself has found."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from wijkpeil.backtest.kept import keep_test, kept_test
from wijkpeil.report import write_report

PLACEBO = {"id": "placebo", "limit": 0.05, "share": 0.0113, "margin": 0.002, "series": 512}
OWN_COURSE = {"id": "own_course", "limit": None, "share": 0.035, "margin": None, "series": 512}


def method_page(folder: Path) -> str:
    text = (folder / "methode.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture
def warehouse(demo_edition: Path, tmp_path: Path) -> Path:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    return tmp_path


def test_the_page_shows_the_last_test_once_there_is_one(warehouse: Path) -> None:
    assert "is dit nog niet gemeten; 'wijkpeil backtest'" in method_page(
        write_report(warehouse).folder
    ).replace("&#39;", "'")
    keep_test(warehouse, "2026-11-30T00-00-00", [PLACEBO, OWN_COURSE])
    report = write_report(warehouse)
    # the page in two languages, and no other
    assert report.rendered <= 2
    text = method_page(report.folder)
    assert "vooruitgang aangetoond waar niets verandert 1,1% ± 0,2 5% 512" in text
    assert "met de eigen bochten van elke reeks 3,5% 512" in text
    assert "editie 2026-11-30T00-00-00" in text
    assert write_report(warehouse).rendered == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"simulations": []}',
        json.dumps({"edition": "", "on": "", "simulations": [1]}),
    ],
)
def test_a_file_that_is_no_test_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "backtest.json").write_text(text, encoding="utf-8")
    assert kept_test(tmp_path) is None
