"""What rounding and turnover add to the standard error of a count, a share and a rate."""

from __future__ import annotations

from math import isclose, sqrt

import duckdb
import pytest
from quarantine_helpers import country
from tiny_country import Place, make_country

WIJK = "WK000101"


def rounded(**steps: float) -> list[str]:
    return [
        f"update catalog.source_measure set rounded_to = {step} where indicator_id = '{indicator}'"
        for indicator, step in steps.items()
    ]


def error_of(country: duckdb.DuckDBPyConnection, indicator: str, code: str = WIJK) -> float | None:
    [(error,)] = country.execute(
        "select standard_error from core.observation "
        "where area_code = ? and indicator_id = ? and year = 2025",
        [code, indicator],
    ).fetchall()
    return error


def place(bijstand: int, inwoners: int, woz: int = 200) -> dict[int, list[Place]]:
    return {2025: [Place(WIJK, "Wijk", 1, inwoners, bijstand, woz)]}


def test_a_rate_of_ten_recipients_in_a_thousand_has_the_error_of_tens_and_of_turnover() -> None:
    """100 / 12 of the rounding and 10 of who comes and goes, per 1,000 of 1,000."""
    with make_country(place(10, 1000), beside=rounded(bijstand_persons=10)) as db:
        # sqrt(8.3333 + 10)
        assert error_of(db, "bijstand_per_1000") == pytest.approx(4.2817, abs=1e-4)
        assert error_of(db, "bijstand_persons") == pytest.approx(10 / sqrt(12))
        # of what is not said to be rounded nothing is known
        assert error_of(db, "inwoners") is None


def test_a_smaller_denominator_widens_the_error_and_adds_its_own_rounding() -> None:
    """Of 200 inhabitants in fives, one more is 5 per 1,000."""
    steps = rounded(bijstand_persons=10, inwoners=5)
    with make_country(place(10, 200), beside=steps) as db:
        counted = 100 / 12 + 10 + 25 / 12 * (10 / 200) ** 2
        assert error_of(db, "bijstand_per_1000") == pytest.approx(1000 / 200 * sqrt(counted))


def test_a_count_of_nought_that_is_rounded_may_be_a_few() -> None:
    with make_country(place(0, 1000), beside=rounded(bijstand_persons=10)) as db:
        # as of one person
        assert error_of(db, "bijstand_per_1000") == pytest.approx(sqrt(100 / 12 + 1))


def test_a_share_in_whole_percents_has_the_error_of_one_step() -> None:
    with make_country(place(10, 1000), beside=rounded(woz=1)) as db:
        assert error_of(db, "woz") == pytest.approx(1 / sqrt(12))


def test_a_step_is_in_the_unit_of_the_source() -> None:
    """Given in thousands, kept in units."""
    scaled = "update catalog.source_measure set scale = 1000 where indicator_id = 'woz'"
    with make_country(place(10, 1000), beside=[*rounded(woz=1), scaled]) as db:
        assert error_of(db, "woz") == pytest.approx(1000 / sqrt(12))


def test_events_keep_the_whole_of_their_chance_beside_the_rounding() -> None:
    events = "update catalog.rate set counts = 'events'"
    with make_country(place(40, 1000), beside=[events]) as db:
        assert error_of(db, "bijstand_per_1000") == pytest.approx(sqrt(40))
    with make_country(place(40, 1000), beside=[events, *rounded(bijstand_persons=5)]) as db:
        assert error_of(db, "bijstand_per_1000") == pytest.approx(sqrt(40 + 25 / 12))


def test_rounding_of_parts_adds_up_in_what_is_merged() -> None:
    """Two wijken become one: two roundings, so the square root of two of one."""
    lists = {
        2024: [Place("WK000101", "A", 1, 600, 10), Place("WK000102", "B", 1, 400, 20)],
        2025: [Place("WK000103", "C", 3, 1000, 30)],
    }
    buurten = {
        2024: [Place("BU00010101", "a", 1, 600), Place("BU00010201", "b", 1, 400)],
        2025: [Place("BU00010301", "a", 2, 600), Place("BU00010302", "b", 2, 400)],
    }
    pairs = [
        (2024, 2025, "BU00010101", "BU00010301", 300),
        (2024, 2025, "BU00010201", "BU00010302", 200),
    ]
    with make_country(
        {year: lists[year] + buurten[year] for year in lists},
        pairs,
        beside=rounded(bijstand_persons=10),
    ) as db:
        [(value, error)] = db.execute(
            "select value, standard_error from core.observation where area_code = 'WK000103' "
            "and indicator_id = 'bijstand_persons' and year = 2024"
        ).fetchall()
    assert value == 30
    assert isclose(error, sqrt(2 * 100 / 12))


def test_an_extract_has_its_margin_and_its_rounding() -> None:
    """The file gives a margin of 0.2 to each side: an error of 0.2 / 1.96."""
    with country(spoil=rounded(grade=0.5)) as db:
        errors = db.execute(
            "select distinct round(standard_error, 9) from core.observation "
            "where indicator_id = 'grade' and value is not null and area_code like 'WK%'"
        ).fetchall()
    assert errors == [(pytest.approx(sqrt((0.2 / 1.96) ** 2 + 0.25 / 12), abs=1e-8),)]
