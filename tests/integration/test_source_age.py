"""How old what a source gave is: counted when it is read, from when it was last checked."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from digest_helpers import unwrapped
from mail_helpers import SENDER, Programme, Trend, no_picture, publish, recipients_of
from report_site import changed_edition

from wijkpeil.alerts import preview
from wijkpeil.catalog import load_catalog
from wijkpeil.cli.run import next_lines
from wijkpeil.doctor import examine
from wijkpeil.edition.given import create_given
from wijkpeil.report import write_report
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import (
    Origin,
    Snapshot,
    finish,
    mark_checked,
    new_snapshot,
    newest,
    utc_now,
)
from wijkpeil.text import without_year

_EXTRACT = """
[[extract]]
id = "enquete"
title_nl = "Enquête"
publisher = "gemeente Dam"
licence = "CC0"
attribution = "Bron: gemeente Dam"
location = "enquete.csv"
area_column = "gebied"
year_column = "jaar"
geography_year = 2025
{more}

[[extract.measure]]
indicator = "safety_grade"
column = "cijfer"
"""


def snapshot_of(warehouse: Path, days: int) -> Snapshot:
    """A snapshot received so many days ago."""
    at = (utc_now() - timedelta(days=days, hours=1)).isoformat()
    with new_snapshot(warehouse, "enquete") as folder:
        origin = Origin("enquete", "csv", "Enquête", "CC0", "Dam", at, None, 1, {}, {}, [])
        return finish(folder, origin, read=lambda snapshot: None)


def test_an_edition_counts_the_age_of_a_source_when_it_is_read() -> None:
    with duckdb.connect() as connection:
        create_given(connection)
        connection.execute(
            "insert into meta.source (source_id, checked_at, max_age_days) "
            "values ('old', now() - interval 92 day, 31), ('new', now(), 31), ('none', null, 31)"
        )
        ages = connection.execute(
            "select source_id, age_days from meta.source order by 1 desc"
        ).fetchall()
        assert ages == [("old", 92), ("none", None), ("new", 0)]
        comments = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = 'source' "
                "and schema_name = 'meta' and comment is not null"
            ).fetchall()
        )
    assert "counted when it is read" in comments["age_days"]


def test_the_published_edition_counts_too(demo_edition: Path, tmp_path: Path) -> None:
    changed_edition(
        demo_edition, tmp_path, "update meta.source set checked_at = now() - interval 92 day"
    )
    with duckdb.connect(str(tmp_path / "wijken.duckdb"), read_only=True) as connection:
        ages = connection.execute("select distinct age_days from meta.source").fetchall()
        stored = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where path is not null"
        ).fetchall()
    assert ages == [(92,)]
    assert stored == [("v1.0.0+",)], "what DuckDB 1.1.3 reads"


def test_what_was_found_unchanged_counts_as_checked(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, 92)
    assert snapshot.age_days() == 92
    mark_checked(snapshot)
    again = newest(tmp_path, "enquete")
    assert again is not None
    assert again.age_days() == 0
    assert (utc_now() - again.retrieved_at).days == 92, "when it was received stays known"
    (snapshot.folder.parent / "checked").write_text("2026-1", encoding="ascii")
    assert again.age_days() == 92, "a date that a crash cut off is none"


@pytest.mark.parametrize(
    ("days", "more", "is_told"),
    [(92, "", True), (20, "", False), (92, "max_age_days = 400", False)],
)
def test_the_doctor_tells_what_was_not_looked_at_for_long(
    tmp_path: Path, days: int, more: str, *, is_told: bool
) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "indicators.toml").write_text(
        '[[indicator]]\nid = "safety_grade"\nname_nl = "veiligheid"\n'
        'definition_nl = "rapportcijfer"\ntheme = "safety"\n'
        'unit = "cijfer"\ndecimals = 2\ndirection = "none"\nrange = [1.0, 10.0]\n'
        'aggregation = "sum"\nwindow = 8\n',
        encoding="utf-8",
    )
    for name in ("cbs.toml", "programmes.toml"):
        (catalog / name).touch()
    (catalog / "extracts.toml").write_text(_EXTRACT.format(more=more), encoding="utf-8")
    settings = Settings.from_environment(
        {"WIJK_CATALOG": str(catalog), "WIJK_WAREHOUSE": str(tmp_path / "warehouse")}
    )
    snapshot_of(settings.warehouse, days)
    found = load_catalog(settings.catalog)
    assert found.source("enquete").attribution == "gemeente Dam", "not 'Bron: Bron: gemeente Dam'"
    told = [
        each.sentence
        for each in examine(settings, found, offline=True).findings
        if each.place == "enquete" and "unchanged" in each.sentence
    ]
    assert bool(told) == is_told
    assert all(f"{days} days ago, and 31 are allowed" in each for each in told)


def mailed(folder: Path, **more: int) -> str:
    """The text of the mail of an edition."""
    folder.mkdir(exist_ok=True)
    database = publish(folder, [Trend()], **more)
    settings = Settings(warehouse=folder / "warehouse", mail_from=SENDER)
    written = preview(
        settings, database, recipients_of(Programme()), folder / "preview", draw=no_picture
    )
    [path] = [path for path in written if path.suffix == ".txt"]
    return unwrapped(path.read_text(encoding="utf-8"))


def test_a_mail_tells_figures_that_nobody_looked_at(tmp_path: Path) -> None:
    assert (
        "Lang niet nagekeken bij de bron, dus misschien verouderd: Kerncijfers wijken (voor het "
        "laatst op"
    ) in mailed(tmp_path / "old", unchecked_days=92)
    assert "Lang niet nagekeken" not in mailed(tmp_path / "new", unchecked_days=20)


def test_a_mail_tells_that_its_newest_year_is_long_ago(tmp_path: Path) -> None:
    line = "Let op: het nieuwste peiljaar is 2022, {} jaar geleden. Hoe het nu is, staat hier niet."
    assert line.format(9) in mailed(tmp_path / "late", number=7 * 365)
    assert "jaar geleden" not in mailed(tmp_path / "soon", number=1)


def test_a_mail_does_not_vouch_for_what_is_not_known(tmp_path: Path) -> None:
    text = mailed(tmp_path)
    assert "geen voorlopige cijfers" not in text
    assert "De bron noemt geen gemeld cijfer voorlopig" in text
    assert "Bron: Bron:" not in text


def test_pages_tell_it_and_that_a_later_check_found_nothing(
    demo_edition: Path, tmp_path: Path
) -> None:
    changed_edition(
        demo_edition, tmp_path, "update meta.source set checked_at = now() - interval 92 day"
    )
    (tmp_path / "snapshots").unlink()
    old = write_report(tmp_path)
    site = old.folder.resolve()
    start = (old.folder / "index.html").read_text(encoding="utf-8")
    assert "Lang niet nagekeken bij de bron" in start
    quality = (old.folder / "kwaliteit.html").read_text(encoding="utf-8")
    assert quality.count("Lang niet nagekeken bij de bron") > 10
    # the demo's own snapshots are of today
    (tmp_path / "snapshots").symlink_to(demo_edition.parent / "snapshots")
    new = write_report(tmp_path)
    assert new.folder.resolve() != site
    assert "Lang niet nagekeken" not in (new.folder / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Kerncijfers wijken en buurten 2025", ("Kerncijfers wijken en buurten", 2025)),
        ("Kerncijfers 2025 (synthetisch)", ("Kerncijfers (synthetisch)", 2025)),
        *(
            (title, (title, None))
            for title in (
                "ELAN-wijkprofielen Den Haag en omgeving 2009-2022",
                "Kerncijfers wijken en buurten 2004-2008",
                *("Cijfers 2009 - 2022", "Cijfers 2009 t/m 2022", "Cijfers 2009 tot 2022"),
                *("Monitor 2030 van de gemeente", "2025", "Cijfers 2009/2022", "Leegstand"),
            )
        ),
    ],
)
def test_only_a_year_at_the_end_is_taken_off_a_title(
    title: str, expected: tuple[str, int | None]
) -> None:
    assert without_year(title) == expected


def test_the_tips_of_the_demo_can_be_typed_as_they_stand(tmp_path: Path) -> None:
    lines = list(next_lines(Path("ware house/demo"), Path("ware house/demo/catalog")))
    shell = "\n".join(
        [*(line for line in lines if line.startswith("export")), "wijkpeil --help >&2", "env -0"]
    )
    done = subprocess.run(
        ["/bin/bash", "-ec", shell],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    told = dict(each.split("=", 1) for each in done.stdout.decode().split("\0") if "=" in each)
    assert told["WIJK_WAREHOUSE"] == "ware house/demo"
    assert b"explain" in done.stderr
    assert {line.split()[0] for line in lines} == {"export", "wijkpeil"}
