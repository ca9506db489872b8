"""The report as files: what is made anew, what stays, and what the pages say."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tomllib
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import duckdb
import pytest
from report_site import Outline, changed_edition, emptied_edition, hostile_edition, pages

from wijkpeil.errors import WijkError
from wijkpeil.report import page_path, report_path, write_report
from wijkpeil.report.paths import TEMPLATES, slug
from wijkpeil.words import words_of

LARGEST_PAGE = 1_500_000


def test_every_page_is_whole_small_and_leads_somewhere(site: Path) -> None:
    found = pages(site)
    assert len(found) == 130
    outlines = {path: Outline(path.read_text(encoding="utf-8")) for path in found}
    for path, outline in outlines.items():
        assert path.stat().st_size < LARGEST_PAGE
        assert len(outline.ids) == len(set(outline.ids)), path
        assert outline.headings[0] == 1
        assert outline.headings.count(1) == 1
        steps = zip(outline.headings, outline.headings[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps), path
        assert "ynthetis" in outline.text or "ynthetic" in outline.text
        for link in outline.links:
            assert "://" not in link, f"{path} leads outside: {link}"
            file, _, anchor = link.partition("#")
            target = Path(os.path.normpath(path.parent / unquote(file))) if file else path
            assert target.is_file(), f"{path} leads to nothing: {link}"
            if anchor and target in outlines:
                assert anchor in outlines[target].ids, f"{path}: {link}"


def test_a_page_says_what_the_warehouse_says(site: Path, demo_edition: Path) -> None:
    with duckdb.connect(demo_edition, read_only=True) as connection:
        rows = connection.execute(
            """
            select area_code, sentence_nl, sentence_en from marts.stagnation
            where is_headline and programme_id = 'wolkenmeer_vooruit'
                and edition_year = (select max(edition_year) from marts.stagnation)
            """
        ).fetchall()
        (value,) = connection.execute(
            "select value from marts.liveability where area_code = 'WK990103' "
            "and indicator_id = 'low_income_share' and year = 2025"
        ).fetchone() or (None,)
    assert len(rows) == 130
    for code, dutch, english in rows:
        for folder, sentence in (("", dutch), ("en/", english)):
            text = Outline((site / f"{folder}gebied/{slug(code)}.html").read_text("utf-8")).text
            assert sentence.replace("\u00a0", " ") in text
    text = Outline((site / "gebied/WK990103.html").read_text("utf-8")).text
    shown = f"{words_of('nl').number(value, 1)}% 2025"
    name = "Aandeel huishoudens met een laag inkomen"
    assert f"{name} ■ stagneert 8 peiljaren op rij {shown}" in text


def test_a_second_time_nothing_is_made_anew(site: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    made = write_report(site.parent)
    assert made.rendered == 0
    assert made.sentence.endswith("nothing changed, 130 pages stand.")
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_a_new_edition_makes_anew_only_what_changed(demo_edition: Path, tmp_path: Path) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    (tmp_path / "snapshots").symlink_to(demo_edition.parent / "snapshots")
    write_report(tmp_path)
    old = {path.relative_to(tmp_path / "report"): path for path in pages(tmp_path / "report")}
    inodes = {name: path.stat().st_ino for name, path in old.items()}
    changed_edition(
        demo_edition,
        tmp_path,
        "update core.figure set value = 12.5 where area_code = 'WK990103' "
        "and indicator_id = 'low_income_share' and year = 2024",
    )
    made = write_report(tmp_path)
    new = {path.relative_to(tmp_path / "report"): path for path in pages(tmp_path / "report")}
    anew = {str(name) for name, path in new.items() if path.stat().st_ino != inodes[name]}
    expected = ("gebied/WK990103", "indicator/low_income_share", "index", "kwaliteit")
    assert anew == {f"{folder}{name}.html" for name in expected for folder in ("", "en/")}
    assert made.rendered == len(anew)
    assert "12,5%" in new[Path("gebied/WK990103.html")].read_text("utf-8")
    # among what stayed are the maps
    assert '<svg class="map"' in new[Path("gemeente/GM9901.html")].read_text("utf-8")


def test_old_sites_stay_as_long_as_the_setting_says(demo_edition: Path, tmp_path: Path) -> None:
    names = set()
    for number_ in range(4):
        changed_edition(demo_edition, tmp_path, *["select 1"])
        with duckdb.connect(tmp_path / "wijken.duckdb") as connection:
            connection.execute("update meta.edition set edition_id = ?", [f"2026010{number_}"])
        write_report(tmp_path, keep=2)
        names.add(report_path(tmp_path).resolve().name)
    kept = {path.name for path in (tmp_path / "reports").iterdir()}
    assert len(names) == 4
    assert kept == set(sorted(names)[1:])
    assert report_path(tmp_path).resolve().name == max(names)


def test_a_site_that_was_half_made_is_made_again(
    site: Path, demo_edition: Path, tmp_path: Path
) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    name = site.resolve().name
    (tmp_path / "reports" / f"{name}.part" / "gebied").mkdir(parents=True)
    (tmp_path / "reports" / name).mkdir()
    made = write_report(tmp_path)
    assert made.rendered == 130
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [name]


def test_a_disk_that_refuses_is_one_sentence(demo_edition: Path, tmp_path: Path) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    (tmp_path / "reports").write_text("a file in the way")
    with pytest.raises(WijkError, match=r"report cannot be written in .*reports .*The old report"):
        write_report(tmp_path)


def test_a_full_disk_is_one_sentence_too_when_duckdb_meets_it(
    demo_edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")

    def full(*_: object) -> None:
        raise duckdb.IOException("IO Error: No space left on device")

    monkeypatch.setattr("wijkpeil.report.build.Pages", full)
    with pytest.raises(WijkError, match=r"No space left.*make room .*The old report stands"):
        write_report(tmp_path)


def test_too_little_memory_is_one_sentence(
    demo_edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    monkeypatch.setattr("wijkpeil.edition.memory.memory_limit", lambda: 12 * 2**20)
    with pytest.raises(WijkError, match=r"report needs more than 12 MiB of memory.*The old report"):
        write_report(tmp_path)


def test_a_folder_of_someone_else_is_left_alone(demo_edition: Path, tmp_path: Path) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "own.txt").write_text("mine")
    with pytest.raises(WijkError, match="is a folder of its own; move it away"):
        write_report(tmp_path)
    assert (tmp_path / "report" / "own.txt").read_text() == "mine"


def test_a_copied_warehouse_has_its_report_put_right(demo_edition: Path, tmp_path: Path) -> None:
    os.link(demo_edition, tmp_path / "wijken.duckdb")
    write_report(tmp_path)
    copy = shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    assert not (copy / "report").is_symlink()
    assert write_report(copy).rendered == 0
    changed_edition(demo_edition, copy)
    assert write_report(copy).folder.is_symlink()
    assert (copy / "report" / "index.html").is_file()


def test_a_programme_that_is_not_there_names_the_nearest(site: Path) -> None:
    assert page_path(site.parent, "samen_aan_zet").is_file()
    with pytest.raises(WijkError, match=r"No programme 'samen'.*nearest: 'samen_aan_zet'"):
        page_path(site.parent, "samen")


def text_of(folder: Path, page: str) -> str:
    return Outline((folder / page).read_text("utf-8")).text


def test_a_programme_may_follow_a_buurt(demo_edition: Path, tmp_path: Path) -> None:
    code = "BU99010101"
    changed_edition(
        demo_edition,
        tmp_path,
        f"""
        insert into core.programme_area by name
        select * replace (
            '{code}' as area_code, '{code}' as area_id, 'buurt' as area_kind, 'Kop' as area_name
        )
        from core.programme_area
        where programme_id = 'wolkenmeer_vooruit' and area_code = 'WK990103'
        """,
        f"""
        insert into marts.stagnation by name
        select * replace ('{code}' as area_code, 'Kop' as area_name) from marts.stagnation
        where programme_id = 'wolkenmeer_vooruit' and area_code = 'WK990103'
        """,
    )
    folder = write_report(tmp_path).folder
    assert f"Buurt {code}" in text_of(folder, f"gebied/{code}.html")
    for page in ("programma/wolkenmeer_vooruit", "gemeente/GM9901", "indicator/vacancy_share"):
        assert f"gebied/{code}.html" in (folder / f"{page}.html").read_text("utf-8")


def test_what_a_programme_compares_with_is_named(demo_edition: Path, tmp_path: Path) -> None:
    with duckdb.connect(demo_edition, read_only=True) as connection:
        ((group, name),) = connection.execute(
            "select group_id, name_nl from catalog.area_group"
        ).fetchall()
        (value,) = connection.execute(
            "select value from core.benchmark where comparator = ? and area_code = 'WK990103' "
            "and indicator_id = 'low_income_share' and year = 2025",
            [group],
        ).fetchone() or (None,)
    changed_edition(demo_edition, tmp_path, f"update catalog.programme set comparator = '{group}'")
    text = text_of(write_report(tmp_path).folder, "gebied/WK990103.html")
    assert f"Verschil met {name}" in text
    assert "Verschil met programma" not in text
    assert f"2025 12,8% gepubliceerd 7,9% 7,2% {words_of('nl').number(value, 1)}%" in text


def test_the_page_of_an_indicator_tells_what_the_country_did(
    demo_edition: Path, tmp_path: Path
) -> None:
    """Its first and last figure within the window, and why it jumped."""
    indicator = "low_income_share"
    with duckdb.connect(demo_edition, read_only=True) as connection:
        [(first, first_year, last, last_year, slope)] = connection.execute(
            "select arg_min(value, year), min(year), arg_max(value, year), max(year), "
            "regr_slope(value, year) from core.observation join catalog.indicator "
            "using (indicator_id) where area_code = 'NL00' and indicator_id = ? "
            "and value is not null and year > 2025 - window_years",
            [indicator],
        ).fetchall()
    jump = "('low_income_share', 2021, 'Een & andere reden.'), ('low_income_share', 2020, null)"
    changed_edition(demo_edition, tmp_path, f"insert into catalog.explained_jump values {jump}")
    folder = write_report(tmp_path).folder
    nl = words_of("nl")
    text = " ".join(text_of(folder, f"indicator/{indicator}.html").split())
    told = text.partition("Landelijk beeld")[2]
    assert told.lstrip().startswith(
        f"Nederland: {nl.number(first, 1)}% in {first_year}, {nl.number(last, 1)}% in {last_year}."
    )
    assert f"gemiddeld {nl.number(slope, 2)} procentpunt per jaar" in told.replace("\u00a0", " ")
    assert "en dat klopt: 2020 2021: Een & andere reden." in told
    english = " ".join(text_of(folder, f"en/indicator/{indicator}.html").split())
    assert "The country The Netherlands: " in english
    other = text_of(folder, "indicator/vacancy_share.html")
    assert "en dat klopt" not in other


def test_the_first_page_and_that_of_a_programme_count_alike(
    demo_edition: Path, tmp_path: Path
) -> None:
    changed_edition(
        demo_edition,
        tmp_path,
        """
        insert into marts.area_alert by name
        select * replace ('pillar' as "grouping", 'werk' as theme, true as is_alert)
        from marts.area_alert where "grouping" = 'theme'
        """,
    )
    folder = write_report(tmp_path).folder
    counts = "op een thema stilstaan of achteruitgaan: 3 van de 10, waarvan 3 structureel."
    assert counts in text_of(folder, "index.html")
    assert counts in text_of(folder, "programma/wolkenmeer_vooruit.html")


def test_an_alert_that_lost_its_figures_is_not_over(demo_edition: Path, tmp_path: Path) -> None:
    changed_edition(
        demo_edition,
        tmp_path,
        """
        update marts.stagnation set class = 'insufficient', is_alert = false
        where area_code = 'WK990103' and indicator_id = 'low_income_share' and axis = 'own'
            and edition_year = (select max(edition_year) from marts.stagnation)
        """,
    )
    folder = write_report(tmp_path).folder
    assert "Poëtenbuurt" not in (folder / "feed.xml").read_text("utf-8")
    heat = (folder / "programma/wolkenmeer_vooruit.html").read_text("utf-8")
    assert "onvoldoende gegevens, vervallen" not in heat


def test_hostile_texts_are_texts(demo_edition: Path, tmp_path: Path) -> None:
    folder = write_report(hostile_edition(demo_edition, tmp_path)).folder
    assert len(pages(folder)) == 130
    for path in pages(folder):
        content = path.read_text(encoding="utf-8")
        Outline(content)
        assert "<script>window" not in content
        assert "<img" not in content
        assert "\u202e" not in content
        assert path.stat().st_size < LARGEST_PAGE
    ET.parse(folder / "feed.xml")
    for path in folder.rglob("*.csv"):
        # by the sign that it splits by, and by that of an Excel in another language
        for sign in ",;":
            text = io.StringIO(path.read_text("utf-8-sig"), newline="")
            for row in csv.reader(text, delimiter=sign):
                assert not any(cell.startswith(("=", "+", "-c", "@")) for cell in row), path
    assert "</script>" not in (folder / "assets/places.js").read_text("ascii")
    places = (folder / "assets/places.js").read_text("ascii")
    shown = json.loads(places.removeprefix("window.wijkpeilPlaces=").removesuffix(";\n"))
    assert any("<script>" in name for name, *_ in shown)


def test_an_edition_of_which_hardly_anything_is_known(demo_edition: Path, tmp_path: Path) -> None:
    folder = write_report(emptied_edition(demo_edition, tmp_path)).folder
    for path in pages(folder):
        Outline(path.read_text(encoding="utf-8"))
    text = Outline((folder / "index.html").read_text("utf-8")).text
    assert "De catalogus volgt geen programma's." in text
    text = Outline((folder / "gebied/WK990103.html").read_text("utf-8")).text
    assert "Over dit gebied is niets te zeggen" in text
    assert " 0 " not in text


def test_the_error_rates_are_those_of_the_benchmarks() -> None:
    page = Path("docs/benchmarks.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip(): [cell.strip() for cell in cells[1:]]
        for line in page.splitlines()
        if line.startswith("|") and (cells := line.strip("|").split("|"))
    }
    shown = tomllib.loads((TEMPLATES / "error_rates.toml").read_text("utf-8"))
    for rate in shown["rates"]:
        told = rows[rate["line"]][-len(rate["values"]) :]
        assert [float(cell) for cell in told] == rate["values"], rate["line"]


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "dutch", "english"),
    [
        (1234.56, 1, "%", "1.234,6%", "1,234.6%"),
        (-0.04, 1, "m³", "0,0\u00a0m³", "0.0\u00a0m³"),
        (-1.25, 2, "cijfer", "−1,25", "−1.25"),
        (None, 1, "%", "–", "–"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float | None, decimals: int, unit: str, dutch: str, english: str
) -> None:
    assert words_of("nl").value(value, decimals, unit) == dutch
    assert words_of("en").value(value, decimals, unit) == english
