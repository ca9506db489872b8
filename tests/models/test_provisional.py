"""Figures that are provisional: of one measure, of some years, for good, and what rests on them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest
from judged_panel import make_panel, noisy
from quarantine_helpers import WIJKEN, YEARS, country
from tiny_country import Member, Place, make_country

from wijkpeil.backtest.simulate import trend_models
from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import run_models

WIJK = "WK000101"
Found = dict[str, tuple[str, bool]]


def declared(indicator: str, years: list[int], *, for_good: bool = False, source: str = "") -> str:
    """What loading the catalog and the metadata of a source leaves behind."""
    where = f" and source_id = '{source}'" if source else ""
    return (
        f"update catalog.source_measure set provisional_years = {years}::integer[], "
        f"is_never_revised = {for_good} where indicator_id = '{indicator}'{where}"
    )


def statuses(db: duckdb.DuckDBPyConnection, code: str, year: int = 2025) -> Found:
    return {
        indicator: (status, is_never_revised)
        for indicator, status, is_never_revised in db.execute(
            "select indicator_id, status, is_never_revised from core.observation "
            "where area_code = ? and year = ?",
            [code, year],
        ).fetchall()
    }


LISTS = {year: [Place(WIJK, "Wijk", 1, 1000, 50)] for year in (2024, 2025)}


@pytest.mark.parametrize("for_good", [False, True])
def test_one_measure_of_a_table_is_provisional_and_so_is_its_rate(for_good: bool) -> None:
    with make_country(
        LISTS, beside=[declared("bijstand_persons", [2025], for_good=for_good)]
    ) as db:
        assert statuses(db, WIJK) == {
            "inwoners": ("final", False),
            "woz": ("final", False),
            "bijstand_persons": ("provisional", for_good),
            "bijstand_per_1000": ("provisional", for_good),
        }
        assert {status for status, _ in statuses(db, WIJK, 2024).values()} == {"final"}


def test_a_rate_stays_open_while_one_of_its_counts_may_be_revised() -> None:
    both = [
        declared("bijstand_persons", [2025], for_good=True),
        declared("inwoners", [2025], for_good=False),
    ]
    with make_country(LISTS, beside=both) as db:
        assert statuses(db, WIJK)["bijstand_per_1000"] == ("provisional", False)


def test_what_is_merged_of_provisional_parts_is_settled_when_all_of_them_are() -> None:
    lists = {
        2024: [Place("WK000101", "A", 1, 600), Place("WK000102", "B", 1, 400)],
        2025: [Place("WK000103", "C", 3, 1000)],
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
        [Member("samen", "WK000103", 2025)],
        beside=[declared("bijstand_persons", [2024], for_good=True)],
    ) as db:
        assert statuses(db, "WK000103", 2024)["bijstand_persons"] == ("provisional", True)
        assert statuses(db, "WK000103", 2024)["inwoners"] == ("final", False)
        assert statuses(db, "proef/samen", 2024)["bijstand_per_1000"] == ("provisional", True)


def test_of_a_table_with_periods_the_years_that_are_named_are_provisional() -> None:
    """Beside those whose period says so itself."""
    period = (
        "insert into raw.cbs_code values ('vacancy', 'Perioden', '2025JJ00', '2025', 'Voorlopig')"
    )
    with country(spoil=[declared("vacancy", [2024]), period]) as db:
        found = {year: statuses(db, WIJKEN[0], year)["vacancy"][0] for year in YEARS}
    assert found == {year: "provisional" if year in (2024, 2025) else "final" for year in YEARS}


@pytest.mark.parametrize("every_year", [False, True])
def test_an_extract_is_provisional_in_the_years_of_its_block(every_year: bool) -> None:
    told = (
        "update catalog.source_measure set is_provisional = true where indicator_id = 'grade'"
        if every_year
        else declared("grade", [2025], for_good=True)
    )
    with country(spoil=[told]) as db:
        found = {year: statuses(db, WIJKEN[0], year)["grade"] for year in YEARS}
    assert found == {
        year: ("provisional", not every_year) if every_year or year == 2025 else ("final", False)
        for year in YEARS
    }


FLAT = noisy(wijken=60, years=range(2015, 2026), noise=0.1)


def allowed(provisional: Mapping[int, bool]) -> dict[int, set[bool]]:
    """By edition year whether alerts of flat wijken may be mailed, where these years are
    provisional, and whether for good."""
    with make_panel(":memory:", FLAT) as db:
        for year, for_good in provisional.items():
            db.execute(
                "update core.observation set status = 'provisional', is_never_revised = ? "
                "where year = ?",
                [for_good, year],
            )
        for model in reversed(trend_models(SQL)):
            kind = "view" if model.is_view else "table"
            db.execute(f"drop {kind} if exists {model.name} cascade")
        run_models(db, trend_models(SQL))
        found: dict[int, set[bool]] = {}
        for year, is_allowed in db.execute(
            "select edition_year, is_new_alert_allowed from core.trend "
            "where axis = 'own' and is_alert and edition_year >= 2019 group by all"
        ).fetchall():
            found.setdefault(year, set()).add(is_allowed)
        return found


def test_an_alert_that_only_ever_rested_on_provisional_figures_waits() -> None:
    every = dict.fromkeys(range(2015, 2026), False)
    assert allowed(every) == {year: {False} for year in range(2019, 2026)}


def test_a_provisional_figure_that_is_never_revised_does_not_keep_an_alert_waiting() -> None:
    every = dict.fromkeys(range(2015, 2026), True)
    assert allowed(every) == {year: {True} for year in range(2019, 2026)}


def test_an_alert_that_stood_on_final_figures_is_not_stopped_by_a_provisional_one() -> None:
    """Else nothing would ever be mailed of a source whose newest year is always provisional."""
    assert allowed({2025: False}) == {year: {True} for year in range(2019, 2026)}
