"""Numbers and years as people and programs write them: read as meant, or not read at all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from wijkpeil.catalog.areas import Step
from wijkpeil.catalog.cbs_blocks import CbsMeasure
from wijkpeil.catalog.lists import read_list
from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

# how a number is written, and what it is under: a decimal comma with points of thousands, a decimal
# comma alone, a decimal point with commas of thousands, a decimal comma with spaces of thousands
POINTS, COMMA, COMMAS, SPACES = (",", "."), (",", ""), (".", ","), (",", " ")
WRITTEN: list[tuple[str, float | None, float | None, float | None, float | None]] = [
    ("6", 6, 6, 6, 6),
    ("007", 7, 7, 7, 7),
    ("0", 0, 0, 0, 0),
    ("6,02", 6.02, 6.02, None, 6.02),
    ("6.02", None, None, 6.02, None),
    ("0.5", None, None, 0.5, None),
    ("0.500", None, None, 0.5, None),
    ("1.234", 1234, None, 1.234, None),
    ("1,234", 1.234, 1.234, 1234, 1.234),
    ("1 234", None, None, None, 1234),
    ("1\u00a0234", None, None, None, 1234),
    ("1\u202f234", None, None, None, 1234),
    ("1.234,5", 1234.5, None, None, None),
    ("1,234.5", None, None, 1234.5, None),
    ("1 234,5", None, None, None, 1234.5),
    ("12.345.678", 12345678, None, None, None),
    ("1.234.56", None, None, None, None),
    ("1.23.456", None, None, None, None),
    ("1234.567", None, None, 1234.567, None),
    ("01.234", None, None, 1.234, None),
    ("1..234", None, None, None, None),
    (".234", None, None, 0.234, None),
    (",234", 0.234, 0.234, None, 0.234),
    ("-,5", -0.5, -0.5, None, -0.5),
    ("1.", None, None, None, None),
    ("1,", None, None, None, None),
    (".", None, None, None, None),
    (",", None, None, None, None),
    ("1,2,3", None, None, None, None),
    ("-6", -6, -6, -6, -6),
    ("+6", 6, 6, 6, 6),
    ("\u22126", -6, -6, -6, -6),
    ("- 6", None, None, None, None),
    ("6-", None, None, None, None),
    ("--6", None, None, None, None),
    ("(6)", None, None, None, None),
    ("-", None, None, None, None),
    (" 6 ", 6, 6, 6, 6),
    ("\u00a06\t", 6, 6, 6, 6),
    ("\ufeff6", 6, 6, 6, 6),
    ("6 6", None, None, None, None),
    ("6_0", None, None, None, None),
    ("6_000", None, None, None, None),
    ("6\x02000", None, None, None, None),
    ("6\x015", None, None, None, None),
    ("6e0", None, None, None, None),
    ("6E3", None, None, None, None),
    ("0x10", None, None, None, None),
    ("0b1", None, None, None, None),
    ("6%", None, None, None, None),
    ("€ 6", None, None, None, None),
    ("6'000", None, None, None, None),
    ("1/2", None, None, None, None),
    ("½", None, None, None, None),
    ("<5", None, None, None, None),
    ("\uff11\uff12", None, None, None, None),
    ("\u0661", None, None, None, None),
    ("nan", None, None, None, None),
    ("inf", None, None, None, None),
    ("-Infinity", None, None, None, None),
    ("true", None, None, None, None),
    ("9" * 400, None, None, None, None),
    ("", None, None, None, None),
    (" ", None, None, None, None),
]
OF_CBS = [
    ("12.3", 12.3),
    ("-0.5", -0.5),
    ("0", 0),
    ("1e-05", 1e-05),
    ("1E+3", 1000),
    ("2.5e2", 250),
    ("12,3", None),
    ("6_0", None),
    ("0x10", None),
    ("NaN", None),
    ("Infinity", None),
    ("-inf", None),
    ("1e400", None),
    ("", None),
    (".", None),
    ("x", None),
]
YEARS = [
    ("2018", 2018),
    (" 2018\u00a0", 2018),
    ("2018.0", 2018),
    ("2018,00", 2018),
    ("2018.5", None),
    ("2018.", None),
    ("2.018", None),
    ("2018/2019", None),
    ("2018-2019", None),
    ("2018-01-01", None),
    ("1-1-2018", None),
    ("02018", None),
    ("20180", None),
    ("218", None),
    ("18", None),
    ("-2018", None),
    ("2_018", None),
    ("20e2", None),
    ("\uff12\uff10\uff11\uff18", None),
    ("2018*", None),
    ("", None),
]


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        yield connection


def read(macros: duckdb.DuckDBPyConnection, call: str, *given: object) -> object:
    found = macros.execute(f"select {call}", [*given]).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("text", "wanted", "decimal", "thousands"),
    [
        (text, wanted, *marks)
        for text, *all_wanted in WRITTEN
        for wanted, marks in zip(all_wanted, (POINTS, COMMA, COMMAS, SPACES), strict=True)
    ],
)
def test_a_number_of_an_extract(
    macros: duckdb.DuckDBPyConnection,
    text: str,
    wanted: float | None,
    decimal: str,
    thousands: str,
) -> None:
    found = read(macros, "number_of_extract(?, ?, ?)", text, decimal, thousands)
    assert found == wanted


def test_every_number_as_a_program_writes_it_is_read_back(
    macros: duckdb.DuckDBPyConnection,
) -> None:
    for power in range(-4, 12):
        for digits in (1, 1.5, 12.25, 999.125, 123456.789):
            number = round(digits * 10**power, 6)
            for sign in (1, -1):
                text = f"{sign * number:,.6f}"
                dutch = text.replace(",", "_").replace(".", ",").replace("_", ".")
                assert math.isclose(
                    float(str(read(macros, "number_of_extract(?, ',', '.')", dutch))),
                    sign * number,
                )
                assert math.isclose(
                    float(str(read(macros, "number_of_extract(?, '.', ',')", text))),
                    sign * number,
                )


@pytest.mark.parametrize(("text", "wanted"), OF_CBS)
def test_a_number_of_cbs(
    macros: duckdb.DuckDBPyConnection, text: str, wanted: float | None
) -> None:
    assert read(macros, "number_of_cbs(?)", text) == wanted


@pytest.mark.parametrize(("text", "wanted"), YEARS)
def test_a_year(macros: duckdb.DuckDBPyConnection, text: str, wanted: int | None) -> None:
    assert read(macros, "year_of(?)", text) == wanted


@pytest.mark.parametrize(
    ("year", "wanted"),
    [(2026, True), (2027, False), (2108, False), (1970, True), (1969, False), (1019, False)],
)
def test_a_year_of_which_there_can_be_figures(
    macros: duckdb.DuckDBPyConnection, year: int, wanted: bool
) -> None:
    assert read(macros, "is_possible_year(?, date '2026-11-29')", year) is wanted


STEP = ("WK000100", "2019", "WK000101", "2020", "0.5", "x")


def steps(folder: Path, *row: str) -> tuple[list[Step], list[str]]:
    """The rows of a list of one step, and its mistakes."""
    path, mistakes = folder / "lineage.csv", list[str]()
    header = "from_code,from_year,to_code,to_year,weight,source"
    path.write_text(f"{header}\n{','.join(row)}\n", encoding="utf-8")
    return read_list(path, Step, {}, mistakes), mistakes


@pytest.mark.parametrize("weight", ["0.5", ".5", "1", "1.0"])
def test_a_weight_in_a_list(tmp_path: Path, weight: str) -> None:
    ((step,), mistakes) = steps(tmp_path, *STEP[:4], weight, "x")
    assert (step.weight, mistakes) == (float(weight), [])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((4, text) for text in ("0.0_5", "5e-1", "nan", "inf", "50%", "1.", "0x1")),
        *((1, text) for text in ("2_019", "2019/2020", "1e3", "\uff12019")),
    ],
)
def test_what_is_no_number_in_a_list(tmp_path: Path, number: int, text: str) -> None:
    row = [*STEP]
    row[number] = text
    rows, (mistake,) = steps(tmp_path, *row)
    assert rows == []
    assert f"line 2: '{('from_year', 'weight')[number == 4]}': write a number as 2019" in mistake


@pytest.mark.parametrize("text", ["1_0", "nan", "inf", "1e1", "0x10", "\uff15", "5,0"])
def test_what_is_no_number_in_a_setting(text: str) -> None:
    with pytest.raises(WijkError, match="WIJK_TIMEOUT_S"):
        Settings.from_environment({"WIJK_TIMEOUT_S": text})


def test_what_is_no_number_in_a_block() -> None:
    with pytest.raises(ValidationError, match="finite"):
        CbsMeasure(indicator="a", title="a", unit="a", scale=math.inf)
