"""A cell that cannot be right costs that cell and is told; it never costs the edition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from quarantine_helpers import WIJKEN, Row, country, spoilt, survey

CELLS = (
    "select problem, area_code, year, value_text from core.quarantined_cell order by all nulls last"
)
ONE = "WK000103"


def found(db: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return db.execute(sql).fetchall()


def place(rows: list[Row], code: str | None, year: int) -> int:
    return next(n for n, row in enumerate(rows) if row[:2] == (code, str(year)))


def put(code: str, of: int, /, **fields: str | None) -> Callable[[list[Row]], None]:
    """Somebody overwrites fields of the row of a wijk and year."""
    names = ("area", "year", "grade", "margin")

    def change(rows: list[Row]) -> None:
        number = place(rows, code, of)
        row = dict(zip(names, rows[number], strict=True)) | fields
        rows[number] = (row["area"], row["year"], row["grade"], row["margin"])

    return change


def figures(db: duckdb.DuckDBPyConnection, indicator: str = "grade") -> dict[Any, Any]:
    sql = (
        "select area_code, year, value, status from core.observation where indicator_id = "
        f"'{indicator}'"
    )
    return {(area, year): (value, status) for area, year, value, status in found(db, sql)}


@pytest.fixture(scope="module")
def whole() -> dict[Any, Any]:
    with country() as db:
        assert found(db, "select message from core.input_warning") == []
        assert found(db, "select message from core.input_problem") == []
        return figures(db)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"grade": "100,4"}, "out_of_range"),
        ({"grade": "0,5"}, "out_of_range"),
        ({"grade": "-6,5"}, "out_of_range"),
        ({"grade": "zes"}, "not_a_number"),
        ({"grade": "6.52"}, "not_a_number"),
        ({"grade": "6_5"}, "not_a_number"),
        ({"grade": "6e0"}, "not_a_number"),
        ({"grade": "nan"}, "not_a_number"),
        ({"grade": "inf"}, "not_a_number"),
        ({"grade": "6,5%"}, "not_a_number"),
        ({"grade": "#N/B"}, "not_a_number"),
        ({"margin": "-0,2"}, "not_a_margin"),
        ({"margin": "ruim"}, "not_a_margin"),
    ],
)
def test_a_cell_that_cannot_be_right(
    whole: dict[Any, Any], fields: dict[str, str], problem: str
) -> None:
    with country(spoilt(put(ONE, 2021, **fields))) as db:
        (cell,) = found(db, CELLS)
        assert cell[:3] == (problem, ONE, 2021)
        assert figures(db) == whole | {(ONE, 2021): (None, "quarantined")}
        ((message,),) = found(db, "select message from core.input_warning")
        assert message.startswith(f"Source survey: 'grade' of '{ONE}' in 2021, row 28 ")
        assert f"'{cell[3]}'" in message
        assert found(db, "select area_code, year, reason from core.quarantined_figure") == [
            (ONE, 2021, "quarantined")
        ]
        assert found(db, "from core.input_problem") == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"area": None}, "no_area"),
        ({"area": " \u00a0"}, "no_area"),
        ({"area": "WK0001O3"}, "unknown_area"),
        ({"area": "Totaal"}, "unknown_area"),
        ({"year": None}, "not_a_year"),
        ({"year": "2021.5"}, "not_a_year"),
        ({"year": "2021/2022"}, "not_a_year"),
        ({"year": "21"}, "not_a_year"),
        ({"year": "1-1-2021"}, "not_a_year"),
        ({"year": "2029"}, "impossible_year"),
        ({"year": "2121"}, "impossible_year"),
        ({"year": "1021"}, "impossible_year"),
        ({"year": "0221"}, "impossible_year"),
        ({"year": "2026"}, "lonely_year"),
        ({"year": "2012"}, "lonely_year"),
    ],
)
def test_a_row_that_has_no_place(
    whole: dict[Any, Any], fields: dict[str, str], problem: str
) -> None:
    with country(spoilt(put(ONE, 2021, **fields))) as db:
        assert [cell[0] for cell in found(db, CELLS)] == [problem]
        rest = {key: value for key, value in whole.items() if key != (ONE, 2021)}
        assert figures(db) == rest
        # what is lacking may be what was lost
        assert found(db, "select area_code, year, reason from core.quarantined_figure") == [
            (ONE, 2021, "may_be_lost")
        ]
        assert found(db, "select * exclude (source_id) from core.extract_account") == [
            (160, 160, 159, 0, 0, 1)
        ]
        assert found(db, "from core.input_problem") == []


def test_a_row_without_a_code_in_the_newest_year_may_be_any_that_lacks() -> None:
    def lose_two(rows: list[Row]) -> None:
        put(ONE, 2025, area=None)(rows)
        put("WK000105", 2025, area="")(rows)
        put("WK000107", 2024, grade="x")(rows)

    with country(spoilt(lose_two)) as db:
        assert found(db, "select area_code, year from core.quarantined_figure order by all") == [
            (ONE, 2025),
            ("WK000105", 2025),
        ]


@pytest.mark.parametrize("year", [2021, 2025])
def test_a_figure_that_is_left_out_holds_the_mail_of_its_series(year: int) -> None:
    doubted = "select indicator_id, area_code, year from core.doubt where rule = 'quarantined'"
    with country(spoilt(put(ONE, year, grade="zes"))) as db:
        assert found(db, doubted) == [("grade", ONE, year)]


@pytest.mark.parametrize(
    ("year", "is_doubted"),
    # a window of eight years that ends with 2025
    [(2025, True), (2022, True), (2018, True), (2017, False)],
)
def test_what_is_gone_holds_the_mail_of_its_series_while_its_year_counts(
    year: int, is_doubted: bool
) -> None:
    """A line through the years that are left may say what the whole line did not."""
    gone = (
        "insert into meta.compared_doubt values "
        f"('survey', 'vanished', 'grade', '{ONE}', {year}, 'the figure was 6.4 and is gone')"
    )
    with country(spoil=[gone]) as db:
        doubted = found(db, "select area_code, year from core.doubt where rule = 'vanished'")
        assert doubted == ([(ONE, year)] if is_doubted else [])


@pytest.mark.parametrize(("spoilt_wijken", "is_doubted"), [(1, False), (2, True)])
def test_what_is_usual_among_wijken_is_doubted_where_several_are(
    spoilt_wijken: int, is_doubted: bool
) -> None:
    """Each wijk is judged by how much wijken waver, so that others move them all."""

    def change(rows: list[Row]) -> None:
        for code in WIJKEN[:spoilt_wijken]:
            put(code, 2025, grade="74")(rows)

    with country(spoilt(change)) as db:
        rules = found(db, "select indicator_id, area_code from core.doubt where rule = 'scattered'")
        assert rules == ([("grade", None)] if is_doubted else [])


def test_merged_cells_and_blank_lines_are_all_told() -> None:
    def merge(rows: list[Row]) -> None:
        rows[:] = [
            (area if int(year or 0) == 2018 else None, year, *rest) for area, year, *rest in rows
        ]
        rows[40:40] = [(None, None, None, None), ("", " ", "", "")]

    with country(spoilt(merge)) as db:
        assert found(db, "select * exclude (source_id) from core.extract_account") == [
            (162, 162, 20, 2, 0, 140)
        ]
        assert [cell[0] for cell in found(db, CELLS)] == ["no_area"] * 140


def test_ignored_areas_are_counted() -> None:
    rows: list[Row] = [*survey(), ("Totaal", "2021", "6,9", "0,1"), ("Totaal", "jaar", "x", "")]
    with country(rows, ignored=["Totaal"]) as db:
        assert found(db, "select * exclude (source_id) from core.extract_account") == [
            (162, 162, 160, 0, 2, 0)
        ]
        assert found(db, CELLS) == []


def test_a_row_twice_with_another_figure(whole: dict[Any, Any]) -> None:
    with country([*survey(), (ONE, "2021", "7,77", "0,2")]) as db:
        assert [cell[:3] for cell in found(db, CELLS)] == [("given_twice", ONE, 2021)] * 2
        assert figures(db) == whole | {(ONE, 2021): (None, "quarantined")}


def test_a_row_twice_once_withheld(whole: dict[Any, Any]) -> None:
    with country([*survey(), (ONE, "2021", "x", "")]) as db:
        assert figures(db) == whole | {(ONE, 2021): (None, "quarantined")}


def test_every_row_twice_the_same(whole: dict[Any, Any]) -> None:
    with country([*survey(), *survey()]) as db:
        assert figures(db) == whole
        assert found(db, CELLS) == []
        ((problem, message),) = found(db, "select problem, message from core.input_warning")
        assert problem == "twice_the_same"
        assert "'grade' stands more than once with the same figure, 160 times" in message
        assert (
            found(
                db,
                "select count(*) from core.comparator_value group by comparator, comparator_code, "
                "programme_id, indicator_id, year having count(*) > 1",
            )
            == []
        )


def test_half_of_the_areas_make_a_new_year() -> None:
    new: list[Row] = [(code, "2026", "6,5", "0,2") for code in WIJKEN]
    with country([*survey(), *new[:10]]) as db:
        assert found(db, CELLS) == []
    with country([*survey(), *new[:9]]) as db:
        assert {cell[0] for cell in found(db, CELLS)} == {"lonely_year"}
        assert found(db, "select max(year) from core.observation") == [(2025,)]


def test_a_new_year_that_another_source_has_is_believed() -> None:
    vacancy = (
        "insert into raw.cbs_cell select * replace ('2026JJ00' as period_key) from raw.cbs_cell "
        "where source_id = 'vacancy' and period_key = '2025JJ00'"
    )
    rows: list[Row] = [*survey(), (ONE, "2026", "6,5", "0,2")]
    with country(rows, spoil=[vacancy]) as db:
        assert found(db, CELLS) == []


def test_all_years_one_late_where_each_year_has_its_own_areas() -> None:
    late: list[Row] = [(area, str(int(year or 0) + 1), *rest) for area, year, *rest in survey()]
    with country(late, geography_year=None) as db:
        cells = found(db, "select problem, year, count(*) from core.quarantined_cell group by all")
        # the lists of this country are of 2024 and 2025
        assert sorted(cells) == [
            ("area_not_in_year", year, 20) for year in (2019, 2020, 2021, 2022, 2023, 2026)
        ]
        assert found(db, "select max(year) from core.observation where value is not null") == [
            (2025,)
        ]


def test_a_mark_of_thousands_in_the_wrong_place_makes_its_column_doubtful() -> None:
    def write_points(rows: list[Row]) -> None:
        put(ONE, 2021, grade="6.52")(rows)
        put("WK000105", 2021, grade="6.123")(rows)

    with country(spoilt(write_points), thousands=".") as db:
        assert [cell[:3] for cell in found(db, CELLS)] == [
            ("not_a_number", ONE, 2021),
            ("not_a_number", "WK000105", 2021),
        ]


@pytest.mark.parametrize(
    ("set_", "problem"),
    [
        ("value_text = '100.4'", "out_of_range"),
        ("value_text = '-0.1'", "out_of_range"),
        ("value_text = 'NaN'", "not_a_number"),
        ("value_text = '1_0'", "not_a_number"),
        ("attribute = 'Onbetrouwbaar'", "unknown_attribute"),
        ("area_key = 'WK0001O3'", "unknown_area"),
        ("period_key = 'JJ002021'", "not_a_year"),
        ("period_key = '2029JJ00'", "impossible_year"),
        ("period_key = '2026JJ00'", "lonely_year"),
    ],
)
def test_a_cell_of_cbs_that_cannot_be_right(set_: str, problem: str) -> None:
    spoil = (
        f"update raw.cbs_cell set {set_} where source_id = 'vacancy' "
        f"and period_key = '2021JJ00' and trim(area_key) = '{ONE}'"
    )
    with country(spoil=[spoil]) as db:
        assert [cell[0] for cell in found(db, CELLS)] == [problem]
        values = figures(db, "vacancy")
        assert values.pop((ONE, 2021), (None, "gone")) in [(None, "quarantined"), (None, "gone")]
        assert len(values) == 159
        assert {status for _, status in values.values()} == {"final"}
        assert found(db, "select area_code, year from core.quarantined_figure") == [(ONE, 2021)]
        assert found(db, "from core.input_problem") == []


def test_an_exponent_of_cbs_is_a_number() -> None:
    spoil = "update raw.cbs_cell set value_text = '1e-05' where source_id = 'vacancy'"
    with country(spoil=[spoil]) as db:
        assert found(db, CELLS) == []
        assert set(figures(db, "vacancy").values()) == {(1e-05, "final")}


FLAG = "column_key = 'Indelingswijziging_4' and source_id = 'kwb_2025'"
OF_ONE = f"{FLAG} and trim(area_key) = '{ONE}'"


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (f"update raw.cbs_cell set value_text = '4' where {OF_ONE}", "unknown_change_flag"),
        (
            (
                "insert into raw.cbs_code values ('kwb_2025', 'Gebied', 'WK0001-3', 'x', null); "
                "insert into raw.cbs_cell select * replace ('WK0001-3' as area_key) "
                f"from raw.cbs_cell where {OF_ONE}"
            ),
            "strange_code",
        ),
        (f"insert into raw.cbs_cell from raw.cbs_cell where {OF_ONE}", "listed_twice"),
        (
            (
                "update raw.cbs_code set title = ' ' "
                f"where trim(code_key) = '{ONE}' and source_id = 'kwb_2025'"
            ),
            "no_name",
        ),
        (f"delete from raw.cbs_cell where {FLAG} and trim(area_key) = 'GM0001'", "no_gemeente"),
    ],
)
def test_one_strange_row_of_an_area_list(spoil: str, problem: str) -> None:
    with country(spoil=[spoil]) as db:
        assert problem in {row[0] for row in found(db, "select problem from core.input_warning")}
        assert found(db, "from core.input_problem") == []
        wijken = found(
            db,
            "select area_name, gemeente_name from core.area "
            "where area_kind = 'wijk' and year = 2025",
        )
        assert len(wijken) == 20
        assert all(name and gemeente for name, gemeente in wijken)


def test_figures_of_before_a_flag_that_says_nothing_are_in_doubt() -> None:
    spoil = f"update raw.cbs_cell set value_text = '4' where {OF_ONE}"
    with country(spoil=[spoil]) as db:
        doubt = "select distinct area_code, year, reason from core.quarantined_figure order by all"
        assert found(db, doubt) == [(ONE, 2024, "unknown_flag")]


def test_a_programme_with_a_code_that_no_source_knows() -> None:
    spoil = [
        f"insert into catalog.programme_area values ('proef', 'WK9999ZZ'), ('proef', '{ONE}')",
    ]
    with country(spoil=spoil) as db:
        used = "select area_code, is_used, problem from core.programme_area order by all"
        assert found(db, used) == [
            (ONE, True, None),
            ("WK9999ZZ", False, "no source knows WK9999ZZ"),
        ]
        assert [row[0] for row in found(db, "select problem from core.input_warning")] == [
            "unknown_programme_area"
        ]


def test_a_rate_that_cannot_be_is_quarantined() -> None:
    spoil = [
        "update catalog.indicator set range_high = 200 where indicator_id = 'bijstand_per_1000'",
        (
            "update raw.cbs_cell set value_text = '900' "
            f"where column_key = 'Bijstand_2' and trim(area_key) = '{ONE}'"
        ),
    ]
    with country(spoil=spoil) as db:
        values = figures(db, "bijstand_per_1000")
        assert {values[ONE, year] for year in (2024, 2025)} == {(None, "quarantined")}
        assert values["WK000104", 2025] == (50, "final")


@pytest.mark.parametrize(
    ("absent", "kept", "warned"),
    [("[]", 0, True), ("[2021]", 0, False), ("[]", 1, False)],
)
def test_a_year_of_a_file_without_any_figure_is_told(absent: str, kept: int, warned: bool) -> None:
    """Every wijk is withheld or left empty, which no level of areas ever is."""

    def empty(rows: list[Row]) -> None:
        for number, code in enumerate(WIJKEN[kept:]):
            put(code, 2021, grade="x" if number % 2 else "", margin="")(rows)

    years = (
        f"update catalog.source_measure set absent_years = {absent} where indicator_id = 'grade'"
    )
    with country(spoilt(empty), spoil=[years]) as db:
        told = found(db, "select problem, message from core.input_warning")
        assert [problem for problem, _ in told] == ["empty_year"] * warned
        for _, message in told:
            assert message.startswith(
                "Source survey: all 20 figures of 'grade' in 2021 are withheld or empty"
            )
