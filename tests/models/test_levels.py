"""Withheld, or not published yet: decided per level of areas."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from tiny_country import Place, make_country

WIJKEN = [f"WK0001{number:02d}" for number in range(1, 41)]
BUURTEN = [f"BU0001{number:02d}00" for number in range(1, 41)]
LEVELS = {"NL": "land", "GM": "gemeente", "WK": "wijk", "BU": "buurt"}


def lists(*years: int) -> dict[int, list[Place]]:
    return {
        year: [
            *(Place(code, code, 1, 1000) for code in WIJKEN),
            *(Place(code, code, 1, 1000) for code in BUURTEN),
        ]
        for year in years
    }


def emptied(year: int, *levels: str, kept: tuple[str, ...] = (), sign: str = "null") -> str:
    """No WOZ at these levels, but for the areas that are kept."""
    codes = ", ".join(f"'{code}'" for code in (*kept, "-"))
    starts = " or ".join(f"starts_with(area_key, '{level}')" for level in levels)
    return (
        f"update raw.cbs_cell set value_text = {sign} where source_id = 'kwb_{year}' "
        f"and column_key = 'Woz_3' and ({starts}) and trim(area_key) not in ({codes})"
    )


def found(db: duckdb.DuckDBPyConnection, year: int = 2025) -> dict[str, Counter[str]]:
    """How many areas of each level have each status."""
    counted: dict[str, Counter[str]] = {}
    for level, status, areas in db.execute(
        "select left(area_code, 2), status, count(*) from core.measured "
        "where indicator_id = 'woz' and year = ? group by all",
        [year],
    ).fetchall():
        counted.setdefault(LEVELS[level], Counter())[status] += areas
    return counted


def whole(status: str) -> Counter[str]:
    return Counter({status: 40})


WANTED = {"core.measured"}


@pytest.mark.parametrize("sign", ["null", "'.'", "'       .'"])
def test_a_level_that_is_wholly_empty_is_not_published_yet(sign: str) -> None:
    with make_country(
        lists(2025), beside=[emptied(2025, "WK", "BU", sign=sign)], wanted=WANTED
    ) as db:
        assert found(db) == {
            "land": Counter({"final": 1}),
            "gemeente": Counter({"final": 1}),
            "wijk": whole("not_yet_published"),
            "buurt": whole("not_yet_published"),
        }


def test_figures_of_one_wijk_do_not_make_those_of_all_others_withheld() -> None:
    """As when CBS fills a column of a few areas first."""
    early = emptied(2025, "WK", "BU", kept=("WK000101",))
    with make_country(lists(2025), beside=[early], wanted=WANTED) as db:
        assert found(db)["wijk"] == Counter({"final": 1, "not_yet_published": 39})
        assert found(db)["buurt"] == whole("not_yet_published")


def test_what_is_withheld_of_most_is_withheld() -> None:
    """Means of large places only: one wijk in ten has one."""
    rare = emptied(2025, "WK", kept=tuple(WIJKEN[:4]))
    with make_country(lists(2025), beside=[rare], wanted=WANTED) as db:
        assert found(db)["wijk"] == Counter({"final": 4, "suppressed": 36})
        assert found(db)["buurt"] == whole("final")


def test_of_a_few_areas_all_may_be_withheld_but_not_of_the_country() -> None:
    few = {2025: [Place(code, code, 1, 1000) for code in [*WIJKEN[:4], *BUURTEN]]}
    with make_country(few, beside=[emptied(2025, "WK", "NL", "GM")], wanted=WANTED) as db:
        assert found(db) == {
            "land": Counter({"not_yet_published": 1}),
            "gemeente": Counter({"suppressed": 1}),
            "wijk": Counter({"suppressed": 4}),
            "buurt": whole("final"),
        }


def test_a_level_that_never_had_a_figure_has_none_to_come() -> None:
    two, three = (2024, 2025), (2023, 2024, 2025)
    never = [emptied(year, "BU") for year in three]
    with make_country(lists(*three), beside=never, wanted=WANTED) as db:
        assert found(db)["buurt"] == whole("not_applicable")
    # after two years it may still come, and where it came once it will again
    with make_country(lists(*two), beside=never[1:], wanted=WANTED) as db:
        assert found(db)["buurt"] == whole("not_yet_published")
    with make_country(lists(*three), beside=never[1:], wanted=WANTED) as db:
        assert found(db)["buurt"] == whole("not_yet_published")


def test_blanks_are_of_what_cannot_be_and_a_column_without_a_figure_is_to_come() -> None:
    with make_country(lists(2025), beside=[emptied(2025, "BU", sign="''")], wanted=WANTED) as db:
        assert found(db)["buurt"] == whole("not_applicable")
    every = emptied(2025, "NL", "GM", "WK", "BU", sign="''")
    with make_country(lists(2025), beside=[every], wanted=WANTED) as db:
        assert {status for counts in found(db).values() for status in counts} == {
            "not_yet_published"
        }


def _table(values: str, kind: str) -> list[str]:
    """A table of vacancy with periods, by cells."""
    return [
        (
            "insert into catalog.indicator by name select 'empty' as indicator_id, "
            "'l' as name_nl, 'liveability' as theme, '%' as unit, 1 as decimals, "
            "1 as direction, 0 as range_low, 100 as range_high, "
            "'weighted_mean' as aggregation, 'inwoners' as denominator_id, 8 as window_years"
        ),
        (
            f"insert into catalog.source by name select 'periods' as source_id, '{kind}' as kind, "
            "'P' as title_nl, 2025 as geography_year, false as is_area_list, "
            "'Gebied' as area_dimension, 'Perioden' as period_dimension"
        ),
        (
            "insert into meta.source by name select 'periods' as source_id, 'P' as title_nl, "
            "date '2026-01-01' as retrieved_on"
        ),
        (
            "insert into catalog.source_measure by name select 'periods' as source_id, "
            "'empty' as indicator_id, 'Leeg_1' as column_key, '' as category_key, 1.0 as scale"
        ),
        f"insert into raw.cbs_cell values {values}",
    ]


def test_who_takes_no_part_does_not_count() -> None:
    """A survey of one gemeente's wijken, in a table that lists sixty times as many places."""
    cells = [(code, "8.0" if code in WIJKEN[:2] else "null") for code in WIJKEN]
    cells += [(f"WK9999{number:02d}", "null") for number in range(90)]
    values = ", ".join(
        f"('periods', '{code}', '2025JJ00', '', 'Leeg_1', {text}, null)" for code, text in cells
    )
    with make_country(lists(2025), beside=_table(values, "cbs_v3"), wanted=WANTED) as db:
        statuses = db.execute(
            "select status, count(*) from core.measured where indicator_id = 'empty' group by all"
        ).fetchall()
    assert dict(statuses) == {"final": 2, "suppressed": 38}


@pytest.mark.parametrize("kind", ["cbs_v3", "cbs_v4"])
def test_of_a_table_with_periods_each_year_is_its_own(kind: str) -> None:
    """The wijken of 2025 are still to come; of 2024 one is withheld."""
    cells = [
        (code, year, "null" if year == 2025 or code == WIJKEN[0] else "8.0")
        for code in [*WIJKEN, "GM0001"]
        for year in (2024, 2025)
        if not (code == "GM0001" and year == 2024)
    ]
    values = ", ".join(
        f"('periods', '{code}', '{year}JJ00', '', 'Leeg_1', "
        f"{'9.0' if code == 'GM0001' else text}, null)"
        for code, year, text in cells
    )
    beside = _table(values, kind)
    with make_country(lists(2024, 2025), beside=beside, wanted=WANTED) as db:
        statuses = db.execute(
            "select year, status, count(*) from core.measured "
            "where indicator_id = 'empty' group by all order by all"
        ).fetchall()
    assert statuses == [
        (2024, "final", 39),
        (2024, "suppressed", 1),
        (2025, "final", 1),
        (2025, "not_yet_published", 40),
    ]
