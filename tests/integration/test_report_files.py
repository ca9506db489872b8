"""The files beside the pages of the report: for a spreadsheet, for a program, and the feed."""

from __future__ import annotations

import codecs
import csv
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
from report_site import HOSTILE, Outline, changed_edition

from wijkpeil.report import write_report
from wijkpeil.report.paths import slug


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheet_rows(path: Path) -> list[dict[str, str]]:
    """The rows as an Excel that is set to Dutch reads them."""
    content = path.read_bytes()
    assert content.startswith(codecs.BOM_UTF8)
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_downloads_hold_what_the_pages_show(site: Path, demo_edition: Path) -> None:
    with duckdb.connect(demo_edition, read_only=True) as connection:
        (figures,) = connection.execute(
            "select count(*) from core.figure where gemeente_code = 'GM9901' "
            "and area_kind in ('wijk', 'gemeente', 'programme_area')"
        ).fetchone() or (0,)
        (classes,) = connection.execute("select count(*) from marts.stagnation").fetchone() or (0,)
    rows = csv_rows(site / "data/gemeente/GM9901.csv")
    assert len(rows) == figures
    assert {"value", "unit", "status", "source_id", "retrieved_on", "year"} <= set(rows[0])
    counted = duckdb.sql(f"select count(*) from '{site}/data/klassen.parquet'").fetchone()
    assert counted == (classes,)
    assert {path.stem for path in (site / "data/programma").iterdir()} == {
        "wolkenmeer_vooruit",
        "samen_aan_zet",
        "aan_het_water",
    }


def test_a_file_for_excel_has_the_figures_of_the_pages(site: Path) -> None:
    rows = sheet_rows(site / "data/excel/programma/wolkenmeer_vooruit.csv")
    (row,) = (
        each
        for each in rows
        if each["Code"] == "WK990103"
        and each["Indicator"] == "aandeel huishoudens met een laag inkomen"
    )
    page = Outline((site / "gebied/WK990103.html").read_text("utf-8")).text
    shown = row["2025"] or row["2024"]
    assert re.fullmatch(r"\d+,\d", shown) and f"{shown}%" in page
    assert row["Eenheid"] == "%" and row["Oordeel"] in page
    assert "ynthetisch" in row["Bron"] and re.fullmatch(r"\d{4}-\d\d-\d\d", row["Opgehaald"])
    lacking = [each for each in rows if not each["2025"]]
    assert lacking and all("2025 " in each["Geen cijfer"] for each in lacking)
    assert {path.name for path in (site / "data/excel/gemeente").iterdir()} == {
        "GM9901.csv", "GM9902.csv", "GM9903.csv",
    }  # fmt: skip
    of_indicator = sheet_rows(site / "data/excel/indicator/low_income_share.csv")
    assert {each["Indicator"] for each in of_indicator} == {
        "aandeel huishoudens met een laag inkomen"
    }


def test_formulas_in_names_are_marked_as_text(demo_edition: Path, tmp_path: Path) -> None:
    changed_edition(
        demo_edition, tmp_path, "update core.figure set area_name = '=cmd|'' /C calc''!A0; =1,@2'"
    )
    folder = write_report(tmp_path).folder
    rows = csv_rows(folder / "data/gemeente/GM9901.csv")
    assert {row["area_name"] for row in rows} == {"'=cmd|' /C calc'!A0; '=1,'@2"}
    rows = sheet_rows(folder / "data/excel/gemeente/GM9901.csv")
    assert {row["Gebied"] for row in rows} == {"'=cmd|' /C calc'!A0; '=1,'@2"}


def test_in_a_file_for_excel_no_text_is_a_formula_and_a_negative_figure_is_a_number(
    demo_edition: Path, tmp_path: Path
) -> None:
    changed_edition(
        demo_edition,
        tmp_path,
        "update core.figure set area_name = '=1+1', value = -value "
        "where indicator_id = 'low_income_share'",
    )
    folder = write_report(tmp_path).folder
    rows = sheet_rows(folder / "data/excel/indicator/low_income_share.csv")
    assert {row["Gebied"] for row in rows} == {"'=1+1"}
    assert re.fullmatch(r"-\d+,\d", rows[0]["2020"])


def test_the_feed_has_an_entry_per_area_that_changed(site: Path) -> None:
    space = "{http://www.w3.org/2005/Atom}"
    feed = ET.parse(site / "feed.xml").getroot()
    entries = feed.findall(f"{space}entry")
    assert [entry.findtext(f"{space}title") for entry in entries] == [
        "Wijk 14 Buitengebied Noord: 0 erbij, 2 vervallen (peiljaar 2025)",
        "Wijk 02 Oude Veste: 1 erbij, 0 vervallen (peiljaar 2025)",
        "Wijk 02 Visserskwartier: 2 erbij, 0 vervallen (peiljaar 2025)",
        "Wijk 13 Buitengebied Oost: 0 erbij, 1 vervallen (peiljaar 2025)",
        "Visserskade: 2 erbij, 0 vervallen (peiljaar 2025)",
    ]
    ids = [entry.findtext(f"{space}id") for entry in entries]
    assert len(ids) == len(set(ids))


def test_the_links_of_a_feed_in_english_are_seen_from_its_folder(site: Path) -> None:
    for folder in ("", "en/"):
        links = re.findall(
            r'rel="alternate" href="([^"]+)"', (site / f"{folder}feed.xml").read_text()
        )
        assert links
        assert all((site / folder / link).is_file() for link in links)


def test_the_links_of_a_feed_are_whole_where_the_setting_says_where_to(
    demo_edition: Path, tmp_path: Path
) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    folder = write_report(tmp_path, base_url="https://peil.voorbeeld.example/nl").folder
    text = (folder / "feed.xml").read_text("utf-8")
    assert 'href="https://peil.voorbeeld.example/nl/gebied/WK990114.html"' in text
    assert 'href="https://peil.voorbeeld.example/nl/feed.xml"' in text


def test_names_of_files_are_safe_and_differ() -> None:
    hostile = ["", ".", "..", "a/b", "a--b", "../x", "-rf", "a b", "a\nb", "é", "WK990103", HOSTILE]
    made = [slug(each) for each in hostile]
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) for name in made)
    assert all(len(name) <= 150 for name in made)
    assert slug("a" * 300) != slug("a" * 301)
    assert slug("WK990103") == "WK990103"
    assert slug("aan_het_water/kop") == "aan_het_water--kop"
