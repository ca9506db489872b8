"""Whose areas a table's codes mean: read from its own words, held against its block, told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from client_helpers import BOTH, Api, block, fetched, settings_for, table_of_three

from wijkpeil.catalog import CbsTable, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.doctor import examine
from wijkpeil.edition.given import create_given
from wijkpeil.edition.load_catalog import load_catalog_tables
from wijkpeil.errors import WijkError
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.cbs.division import Division, find_division
from wijkpeil.sources.snapshots import Snapshot, all_snapshots

WHERE = "CBS 90002DEM (cbs.toml, proef)"


def restated(api: Api = "v3", **changes: Any) -> CbsTable:
    """A block of a table that is restated to the areas of one year."""
    return block(api, **{"geography_year": 2025, "division": "indeling {year}", **changes})


def titled(description: str, modified: str, *, map_year: int | None = None) -> StandInTable:
    """The table with this description."""
    table = table_of_three()
    infos = {**table.table_infos, "Description": description, "Modified": modified}
    properties = [
        {**row, "MapYear": map_year if row["Key"] == "WijkenEnBuurten" else None}
        for row in table.data_properties
    ]
    return replace(table, table_infos=infos, data_properties=properties)


def layout(snapshot: Snapshot) -> tuple[int | None, list[str]]:
    return snapshot.origin.layout["division"], snapshot.origin.layout["told"]


# when a table moves on


@BOTH
def test_a_table_that_moves_on_is_taken_in_its_new_division_and_told(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    years = {2024, 2025, 2026}
    cbs.replace(titled("Wijken naar de indeling 2025.", "2026-01-01"))
    assert layout(taken(cbs, tmp_path, years, restated(api))) == (2025, [])
    cbs.replace(titled("Wijken naar de indeling 2026.", "2026-02-01"))
    year, (told,) = layout(taken(cbs, tmp_path, years, restated(api)))
    assert year == 2026
    assert told == (
        f"{WHERE} is in the division in wijken and buurten of 2026 now ('indeling 2026'), and was "
        "in that of 2025. Its codes are taken as those of 2026."
    )
    cbs.replace(titled("Wijken naar de indeling 2026.", "2026-03-01"))
    assert layout(taken(cbs, tmp_path, years, restated(api))) == (2026, [])


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("Wijken naar de indeling 2026.", r"There is no area list of 2026, .* not taken; add Ker"),
        ("Wijken naar de nieuwste indeling.", r"does not say which division .* not taken"),
        ("Van indeling 2025 naar indeling 2026.", r"does not say which division"),
    ],
    ids=["no area list", "no year", "two years"],
)  # fmt: skip
def test_what_cannot_be_placed_is_held_and_the_old_snapshot_stays(
    cbs: StandInCbs, tmp_path: Path, description: str, words: str
) -> None:
    cbs.replace(titled("Wijken naar de indeling 2025.", "2026-01-01"))
    first = taken(cbs, tmp_path, {2025})
    cbs.replace(titled(description, "2026-02-01"))
    with pytest.raises(WijkError, match=words):
        taken(cbs, tmp_path, {2025})
    assert all_snapshots(tmp_path, "proef") == [first.folder]
    cbs.replace(titled("Wijken naar de indeling 2025.", "2026-03-01"))
    assert layout(taken(cbs, tmp_path, {2025})) == (2025, [])


def test_a_division_that_was_never_told_is_the_blocks_and_said_so(
    cbs: StandInCbs, tmp_path: Path
) -> None:
    year, (told,) = layout(taken(cbs, tmp_path, {2025}))
    assert year is None
    assert told.startswith(f"{WHERE} does not say which division in wijken and buurten its codes")
    assert told.endswith("Its codes are taken as those of 2025.")
    assert not fetched(cbs, restated(), tmp_path)[1]
    cbs.replace(table_of_three().touched("2026-05-01T02:00:00"))
    assert layout(taken(cbs, tmp_path, {2025}))[0] is None


def test_the_map_tells_it_where_no_words_ever_did(cbs: StandInCbs, tmp_path: Path) -> None:
    cbs.replace(titled("", "2026-01-01", map_year=2025))
    assert layout(taken(cbs, tmp_path, {2025, 2026})) == (2025, [])
    cbs.replace(titled("", "2026-02-01", map_year=2026))
    assert layout(taken(cbs, tmp_path, {2025, 2026}))[0] == 2026
    cbs.replace(titled("indeling 2026", "2026-03-01", map_year=2026))
    assert layout(taken(cbs, tmp_path, {2025, 2026})) == (2026, [])
    cbs.replace(titled("", "2026-04-01", map_year=2026))
    with pytest.raises(WijkError, match="does not say which division"):
        taken(cbs, tmp_path, {2025, 2026})


def test_words_and_map_that_differ_are_told(cbs: StandInCbs, tmp_path: Path) -> None:
    cbs.replace(titled("indeling 2025", "2026-01-01", map_year=2026))
    year, (told,) = layout(taken(cbs, tmp_path, {2025, 2026}))
    assert year == 2025
    assert "its areas are drawn on the map of 2026; see which is right" in told


def test_the_build_takes_the_division_of_the_snapshot(cbs: StandInCbs, tmp_path: Path) -> None:
    cbs.replace(titled("indeling 2026", "2026-01-01"))
    snapshot = taken(cbs, tmp_path, {2025, 2026})
    assert built_year(restated(), snapshot) == 2026
    assert built_year(block("v3", geography_year=2024), snapshot) == 2024
    old = replace(snapshot, origin=replace(snapshot.origin, layout=without(snapshot, "division")))
    assert built_year(restated(), old) == 2025


# the words


WORDINGS = [
    # title, words, the year
    ("Status; scores per wijk en buurt, regio-indeling 2023", "regio-indeling {year}", 2023),
    ("Gezondheid per wijk en buurt; 2012/2016/2020/2022 (indeling 2022)", "indeling {year}", 2022),
    ("Gezondheid; 2012/2016/2020/2022/2024 (Indeling  2024)", "indeling {year}", 2024),
    ("Kerncijfers wijken en buurten 2025", "Kerncijfers wijken en buurten {year}", 2025),
    ("Kerncijfers wijken en buurten 2009-2012", "Kerncijfers wijken en buurten {year}", None),
    ("Kerncijfers wijken en buurten 2004/2008", "Kerncijfers wijken en buurten {year}", None),
    ("Uitkering; soort uitkering, wijken en buurten 2013 - 2025", "wijken en buurten {year}", None),
    ("Nabijheid; wijk- en buurtcijfers 2021", "wijk- en buurtcijfers {year}", 2021),
    ("Wijken naar de indeling per 1 januari 2026.", "indeling per 1 januari {year}", 2026),
    ("Indeling 20251", "indeling {year}", None),
    ("Herindeling 1850", "indeling {year}", None),
    ("Criminaliteit; regio (indeling 2013) 2005-2012", "indeling {year}", 2013),
]  # fmt: skip


@pytest.mark.parametrize(("title", "words", "year"), WORDINGS)
def test_the_words_that_tables_use(title: str, words: str, year: int | None) -> None:
    table = restated(division=words, geography_year=year or 2025)
    found = find_division(table, {"Title": title}, None, where=WHERE)
    assert (found.year, len(found.told)) == (year, year is None)


def test_the_title_goes_before_the_description_and_the_map_decides_between_two() -> None:
    table = restated(division=["indeling {year}", "wijken {year}"])
    texts = {"Title": "Proef (indeling 2025)", "Description": "Dit was de indeling 2024."}
    assert find_division(table, texts, None, where=WHERE).year == 2025
    both = {"Title": "Proef", "Description": "Eerst indeling 2024, nu wijken 2025."}
    assert find_division(table, both, 2025, where=WHERE) == Division(2025, "words")
    assert find_division(table, both, None, where=WHERE).year is None


# a table of one year


@pytest.mark.parametrize("changes", [{"years": [2022, 2022]}, {"at_years": [2022]}])
def test_a_table_of_one_year_must_be_of_that_year(
    cbs: StandInCbs, tmp_path: Path, changes: dict[str, Any]
) -> None:
    of_one = restated(**{
        "geography_year": None, "years": None, "division": "buurten {year}", **changes,
    })  # fmt: skip
    cbs.replace(titled("Uitkeringen, wijken en buurten 2022", "2026-01-01"))
    assert layout(taken(cbs, tmp_path, {2022}, of_one)) == (2022, [])
    cbs.replace(titled("Uitkeringen, wijken en buurten 2023", "2026-02-01"))
    with pytest.raises(WijkError, match=r"is of 2023 by its own metadata .* block says 2022; corr"):
        taken(cbs, tmp_path, {2022, 2023}, of_one)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"division": "indeling"}, "write {year} once in each wording of 'division'"),
        ({"division": ["indeling {year}", ""]}, "at least 1 character"),
        ({"geography_year": None}, "'division' goes with 'geography_year', or with figures of one"),
        ({"compare_every_days": 0}, "greater than or equal to 1"),
    ],
)
def test_a_block_that_cannot_be_meant_is_a_mistake(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        restated(**changes)


def test_every_shipped_table_in_one_division_says_how_it_is_known() -> None:
    catalog = load_catalog(PROJECT_ROOT / "catalog")
    of_one = [table for table in catalog.tables if table.division_year is not None]
    assert len(of_one) > 30
    assert [table.id for table in of_one if not table.divisions] == []


# the doctor


def test_the_doctor_tells_it_before_it_is_fetched(cbs: StandInCbs, tmp_path: Path) -> None:
    cbs.replace(titled("indeling 2026", "2026-01-01"))
    catalog = load_catalog(PROJECT_ROOT / "catalog").model_copy(
        update={"tables": (restated(),), "services": ()}
    )
    settings = settings_for(cbs, warehouse=tmp_path)
    diagnosis = examine(settings, catalog, only=[restated().id])
    assert any("There is no area list of 2026" in each.sentence for each in diagnosis.findings)


def taken(
    cbs: StandInCbs, warehouse: Path, area_years: set[int], table: CbsTable | None = None
) -> Snapshot:
    """A new snapshot of the table."""
    snapshot, is_new = fetched(cbs, table or restated(), warehouse, area_years=area_years)
    assert is_new
    return snapshot


def without(snapshot: Snapshot, name: str) -> dict[str, Any]:
    return {key: value for key, value in snapshot.origin.layout.items() if key != name}


def built_year(table: CbsTable, snapshot: Snapshot) -> int | None:
    """The year whose areas the build takes the codes for."""
    catalog = load_catalog(PROJECT_ROOT / "catalog").model_copy(
        update={"tables": (table,), "extracts": ()}
    )
    with duckdb.connect() as connection:
        create_given(connection)
        load_catalog_tables(connection, catalog, {table.id: snapshot}, [])
        found = connection.execute("select geography_year from catalog.source").fetchone()
    return None if found is None else found[0]
