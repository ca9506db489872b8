"""Rows as CBS writes them: signs for missing, labels of periods, blanks, flags, unlisted areas."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from quarantine_helpers import WIJKEN, country
from tiny_country import Place, make_country

ONE = "WK000103"
# its own year, as of a survey: an area list of each of its years is needed
OWN_YEARS = (
    "update catalog.source set geography_year = null where source_id = 'vacancy'; "
    "delete from raw.cbs_cell where source_id = 'vacancy' and left(period_key, 4) < '2024'"
)


def found(db: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return db.execute(sql).fetchall()


def cell_of(code: str, year: int, change: str) -> str:
    return (
        f"update raw.cbs_cell set {change} where source_id = 'vacancy' "
        f"and period_key = '{year}JJ00' and trim(area_key) = '{code}'"
    )


def added(code: str, year: int, text: str) -> str:
    return (
        f"insert into raw.cbs_cell values ('vacancy', '{code}', '{year}JJ00', '', 'Leeg_1', "
        f"{text}, null)"
    )


def figure(db: duckdb.DuckDBPyConnection, code: str, year: int) -> list[tuple[Any, ...]]:
    return found(
        db,
        "select value, status from core.observation where indicator_id = 'vacancy' "
        f"and area_code = '{code}' and year = {year}",
    )


# the cell of a wijk each, and what becomes of it
SIGNS = {
    "null": (None, "suppressed"),
    "'.'": (None, "suppressed"),
    "'       .'": (None, "suppressed"),
    "'.\u00a0'": (None, "suppressed"),
    "'x'": (None, "suppressed"),
    "'      x'": (None, "suppressed"),
    "'-'": (None, "suppressed"),
    "''": (None, "not_applicable"),
    "'        '": (None, "not_applicable"),
    "'\u00a0'": (None, "not_applicable"),
    "'0'": (0.0, "final"),
    "'8.4\u00a0'": (8.4, "final"),
    "'     8.4'": (8.4, "final"),
    "'\u00a0 8.4 '": (8.4, "final"),
}


def test_a_sign_for_missing_is_no_figure_and_blanks_are_not_of_one() -> None:
    of = dict(zip(SIGNS, WIJKEN, strict=False))
    spoil = [cell_of(of[text], 2021, f"value_text = {text}") for text in SIGNS]
    with country(spoil=spoil) as db:
        assert {text: figure(db, of[text], 2021) for text in SIGNS} == {
            text: [became] for text, became in SIGNS.items()
        }
        assert found(db, "from core.quarantined_cell") == []
        ((message,),) = found(db, "select message from core.input_warning")
        assert f"'-' at 1 areas (first: {of[chr(39) + '-' + chr(39)]} in 2021)" in message
        assert "taken as missing, never as 0" in message


# label and status of a year each, and whether its figures are provisional
PERIODS = {
    2018: ("2018", "Definitief", False),
    2019: ("2019 december", None, False),
    2020: ("2020*", "Definitief", True),
    2021: ("2021 maart**", None, True),
    2022: ("1e halfjaar 2022*\u00a0", None, True),
    2023: ("2023", "Voorlopig", True),
    2024: ("2024", "NaderVoorlopig", True),
    2025: ("2025", "Nader voorlopig", True),
}


def test_a_period_is_provisional_by_its_label_or_its_status() -> None:
    codes = [
        f"insert into raw.cbs_code values ('vacancy', 'Perioden', '{year}JJ00', '{title}', "
        + ("null)" if status is None else f"'{status}')")
        for year, (title, status, _) in PERIODS.items()
    ]
    with country(spoil=codes) as db:
        assert {year: figure(db, ONE, year) for year in PERIODS} == {
            year: [(8.3, "provisional" if is_provisional else "final")]
            for year, (_, _, is_provisional) in PERIODS.items()
        }


@pytest.mark.parametrize("text", ["null", "'.'", "''"])
def test_an_area_that_is_blank_where_it_is_in_no_list_is_no_problem(text: str) -> None:
    """RegioS names every gemeente there ever was; it is blank in the years it did not exist."""
    codes = ["WK000199", "GM0001", "GM9999", "NL00"]
    gone = "delete from raw.cbs_cell where source_id = 'kwb_2024' and area_key ^@ "
    spoil = [OWN_YEARS, f"{gone} 'GM0001'", f"{gone} 'NL00'"]
    with country(spoil=[*spoil, *(added(code, 2024, text) for code in codes)]) as db:
        assert [figure(db, code, 2024) for code in codes] == [[]] * 4
        assert found(db, "from core.quarantined_cell") == []
        assert found(db, "from core.quarantined_figure") == []
        problems = {problem for (problem,) in found(db, "select problem from core.input_warning")}
        assert problems == {"no_gemeente"}


@pytest.mark.parametrize(
    ("code", "problem"), [("GM9999", "unknown_area"), ("WK000103", "area_not_in_year")]
)
def test_a_figure_of_an_area_that_is_not_in_the_list_costs_itself_and_is_named(
    code: str, problem: str
) -> None:
    spoil = [OWN_YEARS, cell_of(code, 2024, "value_text = '7.5'")]
    if problem == "unknown_area":
        spoil.append(added(code, 2024, "'7.5'"))
    else:
        spoil.append(
            f"delete from raw.cbs_cell where source_id = 'kwb_2024' and area_key ^@ '{code}'"
        )
    with country(spoil=spoil) as db:
        assert found(db, "select problem, area_code, year from core.quarantined_cell") == [
            (problem, code, 2024)
        ]
        ((message,),) = found(db, "select message from core.input_warning")
        assert f"'{code}' in 2024" in message
        assert all(value is None for value, _ in figure(db, code, 2024))
        others = found(
            db,
            "select count(*) from core.observation where indicator_id = 'vacancy' "
            f"and area_code <> '{code}' and value is not null",
        )
        assert others == [(2 * (len(WIJKEN) - 1 + (problem == "unknown_area")),)]
        # what stops an edition: a figure of an area that its year does not have
        assert (
            found(
                db,
                "from core.observation as o anti join core.area as a on a.area_code = o.area_code "
                "and a.year = o.geography_year where o.value_as_published is not null",
            )
            == []
        )
        assert found(db, "from core.input_problem") == []


@pytest.mark.parametrize("flag", [".", "1", "2", "3", "\u00a01 "])
def test_a_gemeente_may_carry_any_change_flag(flag: str) -> None:
    lists = {year: [Place(code, code, 1, 1000, 50) for code in WIJKEN] for year in (2024, 2025)}
    change = (
        f"update raw.cbs_cell set value_text = '{flag}' where source_id = 'kwb_2025' "
        "and column_key = 'Indelingswijziging_4' and area_key ^@ 'GM0001'"
    )
    wanted = {"core.input_warning", "core.input_problem", "core.observation"}
    with make_country(lists, beside=[change], wanted=wanted) as db:
        assert found(db, "select message from core.input_warning") == []
        assert found(db, "select message from core.input_problem") == []
        flags = found(
            db, "select change_flag from core.area where area_code = 'GM0001' and year = 2025"
        )
        text = flag.strip()
        assert flags == [(None if text == "." else int(text),)]
        newest = found(
            db,
            "select value from core.observation where area_code = 'GM0001' and year = 2025 "
            "and indicator_id = 'inwoners'",
        )
        assert newest == [(20_000.0,)]


@pytest.mark.parametrize("pad", ["", " \u00a0 "])
def test_codes_are_one_however_they_are_padded(pad: str) -> None:
    pads = [
        f"update raw.cbs_cell set area_key = trim(area_key) || '{pad}'",
        f"update raw.cbs_code set code_key = trim(code_key) || '{pad}', title = title || '{pad}'",
    ]
    with country(spoil=pads) as db:
        assert found(db, "select message from core.input_warning") == []
        names = found(db, "select distinct area_name from core.area where area_code = 'WK000103'")
        assert names == [("Wijk WK000103",)]
        assert len(figure(db, ONE, 2021)) == 1


@pytest.mark.parametrize("code", ["NL00", "NL01", "NL01 \u00a0"])
def test_the_country_has_one_code(code: str) -> None:
    with country(spoil=[added(code, 2024, "'7.5'")]) as db:
        assert figure(db, "NL00", 2024) == [(7.5, "final")]
        assert found(db, "select message from core.input_warning") == []


def test_a_level_that_a_table_lacks_is_told_with_what_it_has() -> None:
    levels = (
        "insert into raw.cbs_level values ('vacancy', 'land', 0, ['NL00', 'NL01']), "
        "('vacancy', 'buurt', 0, []), ('vacancy', 'wijk', 20, ['WK000100'])"
    )
    with country(spoil=[levels]) as db:
        told = found(db, "select message from core.input_warning order by all")
        lists = (
            "Source vacancy: its table lists no {} that 'area_levels' in catalog/cbs.toml asks for"
        )
        assert [message.split(";")[0] for (message,) in told] == [
            lists.format("buurt"),
            lists.format("land") + " (it has NL00, NL01)",
        ]
