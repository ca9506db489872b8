"""What CBS says of the status of its figures comes with the table, over either API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from client_helpers import BOTH, INHABITANTS, SURFACE, Api, block, fetched, table_of_three

from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.edition.given import create_given
from wijkpeil.edition.load_catalog import load_source_block

PEOPLE = {**INHABITANTS, "parent": "Bevolking"}
WORDS = "Het betreft voorlopige cijfers."


def described(**infos: Any) -> StandInTable:
    """The table, whose counts of people are provisional by the words of their group."""
    table = table_of_three()
    texts = {"Bevolking": WORDS, "Oppervlakte": "Het betreft definitieve cijfers."}
    return replace(
        table,
        data_properties=[
            {**row, "Description": texts.get(str(row["Title"]), "")}
            for row in table.data_properties
        ],
        table_infos={**table.table_infos, **infos},
    )


def loaded(cbs: StandInCbs, folder: Path, api: Api, *measures: dict[str, Any], **more: Any) -> Any:
    """By indicator the years in which it is provisional, and whether for good."""
    table = block(api, *measures, **more)
    snapshot, _ = fetched(cbs, table, folder)
    with duckdb.connect() as connection:
        create_given(connection)
        load_source_block(connection, table, snapshot)
        found = connection.execute(
            "select indicator_id, provisional_years, is_never_revised from catalog.source_measure"
        ).fetchall()
    return {name: (years, for_good) for name, years, for_good in found}


@BOTH
def test_the_metadata_tells_it_per_column_where_the_catalog_is_silent(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    cbs.replace(described())
    every = [2021, 2022, 2023]
    assert loaded(cbs, tmp_path, api) == {
        "inhabitants": (every, False),
        "surface_ha": ([], False),
    }
    # the catalog is taken at its word, but for the column that says that it is definitive
    assert loaded(cbs, tmp_path, api, provisional=True, provisional_for_good=True) == {
        "inhabitants": (every, True),
        "surface_ha": ([], True),
    }


@BOTH
def test_the_catalog_tells_it_of_one_measure_and_year_where_the_metadata_are_silent(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    own = {**SURFACE, "provisional": [2023], "provisional_for_good": True}
    assert loaded(cbs, tmp_path, api, PEOPLE, own) == {
        "inhabitants": ([], False),
        "surface_ha": ([2023], True),
    }
    own = {**SURFACE, "provisional": False}
    assert loaded(cbs, tmp_path, api, PEOPLE, own, provisional=[2022, 2023]) == {
        "inhabitants": ([2022, 2023], False),
        "surface_ha": ([], False),
    }


@BOTH
@pytest.mark.parametrize(
    "infos",
    [
        {"Frequency": "Stopgezet", "OutputStatus": "Gediscontinueerd"},
        {"Description": "Voor deze tabel zijn geen nadere updates meer te verwachten."},
    ],
)
def test_a_table_that_is_closed_is_not_revised_any_more(
    cbs: StandInCbs, tmp_path: Path, api: Api, infos: dict[str, str]
) -> None:
    cbs.replace(described(**infos))
    assert loaded(cbs, tmp_path, api)["inhabitants"] == ([2021, 2022, 2023], True)
