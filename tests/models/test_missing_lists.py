"""Areas through time where a list, a level or what became of a gemeente is not known."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pytest
from tiny_country import Place, make_country

WANTED = {"core.measured", "core.input_warning", "core.area_lineage", "core.input_problem"}


def places(*gemeenten: str, flag: int = 1, marked: Sequence[str] = ()) -> list[Place]:
    """Two wijken of each gemeente; those that are marked have another flag."""
    codes = [f"WK{gemeente}0{number}" for gemeente in gemeenten for number in (1, 2)]
    return [Place(code, code, 3 if code in marked else flag, 1000) for code in codes]


def statuses(db: duckdb.DuckDBPyConnection, code: str) -> dict[int, str]:
    """The status of the inhabitants by year."""
    return dict(
        db.execute(
            "select year, status from core.measured "
            "where indicator_id = 'inwoners' and area_code = ? order by year",
            [code],
        ).fetchall()
    )


def warnings(db: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in db.execute("select problem from core.input_warning").fetchall()}


def test_a_year_without_a_list_ends_wijken_and_no_gemeente() -> None:
    lists = {year: places("0001", "0002") for year in (2022, 2023, 2025)}
    with make_country(lists, wanted=WANTED) as db:
        assert statuses(db, "GM0001") == {2022: "final", 2023: "final", 2025: "final"}
        assert statuses(db, "NL00") == {2022: "final", 2023: "final", 2025: "final"}
        # no flag tells of two years
        wijk = statuses(db, "WK000101")
        assert wijk == {2022: "not_comparable", 2023: "not_comparable", 2025: "final"}


def test_a_list_without_gemeenten_ends_none() -> None:
    lists = {year: places("0001", "0002") for year in (2023, 2024, 2025)}
    gone = "delete from raw.cbs_cell where source_id = 'kwb_2024' and starts_with(area_key, 'GM')"
    with make_country(lists, beside=[gone], wanted=WANTED) as db:
        assert statuses(db, "GM0001") == {2023: "final", 2025: "final"}
        assert statuses(db, "WK000101") == {2023: "final", 2024: "final", 2025: "final"}
        assert "unknown_herindeling" not in warnings(db)
        assert db.execute("from core.input_problem").fetchall() == []


def test_of_a_gemeente_that_ended_unknown_only_who_may_have_taken_it_begins_anew() -> None:
    """GM0003 is gone; one wijk of GM0002 has another boundary since, and none of GM0001."""
    lists = {
        2024: places("0001", "0002", "0003"),
        2025: places("0001", "0002", marked=["WK000202"]),
    }
    with make_country(lists, wanted=WANTED) as db:
        assert "unknown_herindeling" in warnings(db)
        assert statuses(db, "GM0001") == {2024: "final", 2025: "final"}
        assert statuses(db, "GM0002") == {2024: "not_comparable", 2025: "final"}
        assert db.execute("from core.input_problem").fetchall() == []


@pytest.mark.parametrize("strange", [False, True])
def test_an_address_file_of_another_year_is_not_used(strange: bool) -> None:
    """The addresses say that 20 of the 50 of a wijk are in another now; a strange file says so too,
    and names buurten of no list beside it."""
    buurten = [Place(f"BU0001{number:02d}00", "buurt", 1, 500) for number in (1, 2)]
    lists = {year: [*places("0001"), *buurten] for year in (2024, 2025)}
    pairs = [
        (2024, 2025, "BU00010100", "BU00010100", 30),
        (2024, 2025, "BU00010100", "BU00010200", 20),
        (2024, 2025, "BU00010200", "BU00010200", 50),
    ]
    if strange:
        pairs += [(2024, 2025, f"BU9999{n:02d}00", f"BU9999{n:02d}00", 50) for n in range(6)]
    with make_country(lists, pairs, wanted=WANTED) as db:
        assert ("address_file_of_another_year" in warnings(db)) == strange
        steps = db.execute(
            "select method, round(weight, 6) from core.area_lineage "
            "where area_code = 'WK000101' order by weight"
        ).fetchall()
        # without addresses the flag tells
        assert steps == (
            [("unchanged", 1)] if strange else [("addresses", 0.4), ("addresses", 0.6)]
        )
        then = "final" if strange else "not_comparable"
        assert statuses(db, "WK000101") == {2024: then, 2025: "final"}
        assert db.execute("from core.input_problem").fetchall() == []


def test_a_country_without_any_area_is_no_edition() -> None:
    gone = "delete from raw.cbs_cell where not starts_with(area_key, 'NL')"
    with make_country({2025: places("0001")}, beside=[gone], wanted=WANTED) as db:
        ((problem, message),) = db.execute(
            "select problem, message from core.input_problem"
        ).fetchall()
        assert problem == "no_area" and "nothing can be placed" in message
