"""Which rows of areas are asked of CBS, and as what the build reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from client_helpers import AREAS, Api, block, fetched, rows, table_of_three

from wijkpeil.catalog import CbsTable
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.errors import WijkError
from wijkpeil.sources.cells import CELLS, load_cells
from wijkpeil.sources.snapshots import Snapshot

WIJKEN = [code for code in AREAS if code.startswith("WK")]
BOTH = pytest.mark.parametrize("api", ["v3", "v4"])


def with_codes(named: Sequence[tuple[str, str]]) -> StandInTable:
    """The table of three with the rows of these areas, each under a code as it stands there."""
    table = table_of_three()
    of: dict[str, list[Any]] = {code: [] for code, _ in named}
    for row in table.data:
        of.get(row["WijkenEnBuurten"].strip(), []).append(row)
    return replace(
        table,
        code_lists={
            **table.code_lists,
            "WijkenEnBuurten": [{"Key": key, "Title": key.strip()} for _, key in named],
        },
        data=[{**row, "WijkenEnBuurten": key} for code, key in named for row in of[code]],
    )


def also(*codes: str) -> StandInTable:
    """The table without its country, and with rows of these codes."""
    usual = [(code, code.ljust(10)) for code in AREAS if code != "NL00"]
    return with_codes([*((WIJKEN[0], code.ljust(10)) for code in codes), *usual])


def received(snapshot: Snapshot) -> set[str]:
    return {row["WijkenEnBuurten"].strip() for row in rows(snapshot)}


def loaded(table: CbsTable, snapshot: Snapshot, tmp_path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        for name, columns in CELLS.items():
            connection.execute(f"create table {name} ({columns})")
        load_cells(connection, table, snapshot, tmp_path)
        return connection.execute(sql).fetchall()


@BOTH
def test_of_several_national_rows_the_one_that_the_block_names_is_taken(
    tmp_path: Path, api: Api
) -> None:
    with StandInCbs([also("NL00", "NL01", "NL98")]) as cbs:
        table = block(api, land_code="NL01")
        snapshot, _ = fetched(cbs, table, tmp_path)
    assert received(snapshot) == {"NL01", *AREAS} - {"NL00"}
    areas = loaded(table, snapshot, tmp_path, "select distinct area_key from raw.cbs_cell")
    assert {code for (code,) in areas} == received(snapshot)


@BOTH
@pytest.mark.parametrize(
    ("national", "named", "taken"),
    [
        (["NL00"], None, 1),
        (["NL01"], None, 1),
        (["NL01", "NL98"], None, 1),
        (["NL00", "NL98"], None, 1),
        ([], None, 0),
        (["NL98"], None, 0),
        (["NL00", "NL01"], None, 0),
        (["NL00", "NL98"], "NL01", 0),
    ],
)
def test_a_table_without_one_row_of_the_country_is_taken_without_it_and_that_is_counted(
    tmp_path: Path, api: Api, national: list[str], named: str | None, taken: int
) -> None:
    with StandInCbs([also(*national)]) as cbs:
        table = block(api, land_code=named)
        snapshot, _ = fetched(cbs, table, tmp_path)
    assert {code for code in received(snapshot) if code.startswith("NL")} == set(
        national[:taken] if taken else []
    )
    assert received(snapshot) >= {"GM9901", *WIJKEN}
    levels = loaded(
        table, snapshot, tmp_path, "select level, taken, listed from raw.cbs_level order by all"
    )
    assert levels == [
        ("gemeente", 1, ["GM9901"]),
        ("land", taken, national),
        ("wijk", len(WIJKEN), WIJKEN[:5]),
    ]


@BOTH
def test_codes_that_the_block_ignores_are_not_asked(tmp_path: Path, api: Api) -> None:
    with StandInCbs([also("NL00", "GM0998", "WK0998XX")]) as cbs:
        table = block(api, ignored_areas=["GM0998", "WK0998XX", "BU00000000"])
        snapshot, _ = fetched(cbs, table, tmp_path)
    assert received(snapshot) == {"NL00", *AREAS}


def test_a_table_without_any_of_the_levels_is_another_table(tmp_path: Path) -> None:
    with (
        StandInCbs([also()]) as cbs,
        pytest.raises(WijkError, match="WijkenEnBuurten lists no land or buurt; correct"),
    ):
        fetched(cbs, block("v3", area_levels=["land", "buurt"]), tmp_path)


@pytest.mark.parametrize("pad", ["", "    ", "\u00a0\u00a0"])
def test_codes_are_read_without_what_pads_them(tmp_path: Path, pad: str) -> None:
    with StandInCbs([with_codes([(code, f"{code}{pad}") for code in AREAS])]) as cbs:
        table = block("v3")
        snapshot, _ = fetched(cbs, table, tmp_path)
    for column, of in (("area_key", "cell"), ("code_key", "code")):
        keys = loaded(table, snapshot, tmp_path, f"select distinct {column} from raw.cbs_{of}")
        assert {key for (key,) in keys} >= set(AREAS)
        assert all(str(key) == str(key).strip() for (key,) in keys)
