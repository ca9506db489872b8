"""What the CBS client asks, over both versions, and what it makes of the answers."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from client_helpers import (
    AREAS,
    BOTH,
    CBS_ID,
    DATES,
    FIGURES,
    INHABITANTS,
    PAGES,
    ROWS,
    SEXES,
    SURFACE,
    VACANCY,
    YEARS,
    Api,
    asked,
    block,
    fetched,
    pages,
    rows,
    services,
    settings_for,
    stand_in,
    table_of_three,
)

from wijkpeil.catalog import CbsMeasure
from wijkpeil.demo import Fault, StandInCbs
from wijkpeil.errors import WijkError
from wijkpeil.sources.cbs import ask_listings
from wijkpeil.sources.cbs.columns import Topic, resolve
from wijkpeil.sources.cbs.query import Metadata, Question, ask

PEOPLE = {**INHABITANTS, "parent": "Bevolking"}


# snapshots and dates of change


@BOTH
def test_all_rows_are_there_each_once_over_many_pages(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    snapshot, is_new = fetched(cbs, block(api), tmp_path)
    found = {
        (row["WijkenEnBuurten"].strip(), row["Perioden"], row.get("Measure"))
        for row in rows(snapshot)
    }
    assert is_new
    assert len(pages(snapshot)) == PAGES[api]
    assert len(rows(snapshot)) == len(found) == snapshot.origin.rows == ROWS[api]
    assert {code for code, _, _ in found} == set(AREAS)
    assert {row["Geslacht"].strip() for row in rows(snapshot)} == {"T001038"}
    assert snapshot.origin.layout["is_counted"] is True
    snapshot.verify()


@BOTH
def test_a_table_that_did_not_change_costs_one_request_or_none(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    before = len(cbs.requests)
    assert fetched(cbs, block(api), tmp_path) == (first, False)
    assert len(cbs.requests) == before + 1
    same = fetched(cbs, block(api), tmp_path, listed=first.origin.modified)
    assert same == (first, False)
    assert len(cbs.requests) == before + 1


@BOTH
def test_a_new_date_or_another_question_is_fetched(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    other, is_new = fetched(cbs, block(api, SURFACE), tmp_path, listed=first.origin.modified)
    assert is_new
    assert other.origin.modified == first.origin.modified
    cbs.replace(table_of_three().touched("2026-05-01T02:00:00"))
    third, is_new = fetched(cbs, block(api, SURFACE), tmp_path)
    assert is_new
    assert str(third.origin.modified).startswith("2026-05-01T02:00:00")


def test_a_listing_is_one_request_per_service_for_the_tables_received(tmp_path: Path) -> None:
    ids = ("90003DEM", "90004DEM")
    with stand_in(table_of_three(), *(table_of_three(name) for name in ids)) as cbs:
        tables = [
            block("v3"),
            block("v3", id="tweede", cbs_id="90003DEM"),
            block("v4", id="derde", cbs_id="90004DEM"),
        ]
        snapshots = {table.id: fetched(cbs, table, tmp_path)[0] for table in tables}
        unknown = block("v4", id="nieuw")
        before = len(cbs.requests)
        listing = ask_listings([*tables, unknown], settings_for(cbs), tmp_path, services())
        assert [request.path for request in cbs.requests[before:]] == [
            "/ODataCatalog/Tables",
            "/odata/v1/CBS/Datasets",
        ]
        assert listing.problems == []
        assert listing.modified == {
            name: snapshot.origin.modified for name, snapshot in snapshots.items()
        }


@BOTH
def test_a_catalog_that_fails_is_told_and_the_table_is_asked_itself(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    for catalog in ("/ODataCatalog/", "/Datasets"):
        cbs.fault(Fault("status", path_contains=catalog, status=503, times=9))
    listing = ask_listings([block(api)], settings_for(cbs), tmp_path, services())
    (problem,) = listing.problems
    assert problem.startswith(f"The catalog of {api} told no dates of change: http://127.0.0.1")
    assert "answered HTTP 503" in problem
    before = len(cbs.requests)
    again = fetched(cbs, block(api), tmp_path, listed=listing.modified.get("proef"))
    assert again == (first, False)
    assert asked(cbs, DATES[api], since=before) == 1


# what is asked, and where


@BOTH
def test_the_declared_api_is_asked_and_no_other_even_when_it_is_down(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    other = {"v3": "/odata/v1/", "v4": "/ODataFeed/"}[api]
    fetched(cbs, block(api), tmp_path)
    cbs.fault(Fault("status", status=503, times=99))
    with pytest.raises(WijkError, match="answered HTTP 503"):
        fetched(cbs, block(api), tmp_path)
    assert asked(cbs, other) == 0


def test_codes_are_asked_as_wide_as_the_code_list_has_them(cbs: StandInCbs, tmp_path: Path) -> None:
    fetched(cbs, block("v3", where={"Geslacht": "3000"}), tmp_path)
    assert asked(cbs, "Geslacht eq '3000   '") == PAGES["v3"] + 1
    fetched(cbs, block("v4", where={"Geslacht": "3000"}), tmp_path)
    assert asked(cbs, "Geslacht eq '3000')") == PAGES["v4"] + 1


@BOTH
def test_only_the_area_levels_wanted_are_asked(cbs: StandInCbs, tmp_path: Path, api: Api) -> None:
    snapshot, _ = fetched(cbs, block(api, area_levels=["gemeente"]), tmp_path)
    assert {row["WijkenEnBuurten"].strip() for row in rows(snapshot)} == {"GM9901"}


@BOTH
def test_a_column_without_any_figure_is_told_and_is_no_error(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    beside, _ = fetched(cbs, block(api, SURFACE, VACANCY), tmp_path)
    assert beside.origin.layout["empty"] == ["vacancy_share"]
    alone, _ = fetched(cbs, block(api, VACANCY), tmp_path)
    assert alone.origin.layout["empty"] == ["vacancy_share"]
    assert alone.origin.rows == {"v3": 36, "v4": 0}[api]


@BOTH
def test_categories_go_in_parallel_within_the_line(tmp_path: Path, api: Api) -> None:
    measures = [
        {**PEOPLE, "indicator": f"people_{number}", "where": {"Geslacht": code}}
        for number, code in enumerate(SEXES)
    ]
    with stand_in(latency_s=0.02) as cbs:
        snapshot, _ = fetched(cbs, block(api, *measures), tmp_path, at_once=2)
        assert cbs.most_at_once == 2
        assert snapshot.origin.rows == len(rows(snapshot)) == 3 * 36


def test_requests_start_no_sooner_than_the_interval_after_one_another(tmp_path: Path) -> None:
    measures = [
        {**PEOPLE, "indicator": f"people_{number}", "where": {"Geslacht": code}}
        for number, code in enumerate(SEXES)
    ]
    with stand_in(page_size=100) as cbs:
        fetched(cbs, block("v3", *measures), tmp_path, at_once=3, interval_s=0.05)
        starts = sorted(request.at for request in cbs.requests)
        gaps = [later - sooner for sooner, later in pairwise(starts)]
        # what a request needs to arrive differs by some milliseconds
        assert min(gaps) > 0.02
        assert starts[-1] - starts[0] >= 0.05 * len(gaps) - 0.02


# measures, periods and margins: the question held against the metadata

COLUMNS = [
    Topic("Aantal_4", "Aantal", "aantal", ("Bevolking",)),
    Topic("Aantal_6", "Aantal", "aantal", ("Woningen",)),
    Topic("Oppervlakte_7", "Oppervlakte", "ha", ()),
    Topic("M000114", "Inbraak", "per 1 000", ()),
]


def measure(**changes: Any) -> CbsMeasure:
    return CbsMeasure.model_validate({**PEOPLE, **changes})


def question(*measures: dict[str, Any], api: Api = "v3", **changes: Any) -> Question:
    """The question to a table with those columns, the years 2021-2023 and three margins."""
    codes = {
        "WijkenEnBuurten": [code.ljust(10) for code in AREAS],
        "Perioden": [*(f"{year}JJ00" for year in YEARS), "2022KW01", "2023KW01"],
        "Marges": ["MW00000", "MOG0095", "MBG0095"],
    }
    usual = {"where": {"Marges": "MW00000"}}
    table = block(api, *(measures or [PEOPLE]), **{**usual, **changes})
    return ask(table, Metadata(COLUMNS, codes), "CBS 90002DEM")


def test_another_name_counts_in_its_years_only() -> None:
    old = {"title": "Grootte", "unit": "ha", "years": [2010, 2015]}
    surface = measure(**{**SURFACE, "parent": None, "alternatives": [old]})
    renamed = [Topic("Grootte_1", "Grootte", "ha", ())]
    assert resolve(renamed, surface, year=2012, where="CBS 1").key == "Grootte_1"
    assert resolve(COLUMNS, surface, year=2012, where="CBS 1").key == "Oppervlakte_7"
    with pytest.raises(WijkError, match=r"no measure 'Oppervlakte \(ha\)'"):
        resolve(renamed, surface, year=2016, where="CBS 1")


def test_a_code_goes_before_names_and_names_serve_where_it_is_gone() -> None:
    coded = measure(codes=["M000114"])
    assert resolve(COLUMNS, coded, year=None, where="CBS 1").key == "M000114"
    assert resolve(COLUMNS[:3], coded, year=None, where="CBS 1").key == "Aantal_4"


def test_a_title_that_stands_twice_is_told_with_what_tells_apart() -> None:
    with pytest.raises(WijkError) as error:
        resolve(COLUMNS, measure(parent=None), year=None, where="CBS 1")
    assert str(error.value) == (
        "CBS 1: 'Aantal (aantal)' is not one measure but Aantal (aantal) in 'Bevolking', "
        "Aantal (aantal) in 'Woningen'; give its 'parent'."
    )


def test_an_outer_group_is_told_where_the_inner_one_is_the_same() -> None:
    columns = [
        Topic("Totaal_3", "Totaal", "aantal", ("Voorraad", "Koop")),
        Topic("Totaal_6", "Totaal", "aantal", ("Voorraad", "Huur")),
    ]
    total = measure(title="Totaal", parent="Voorraad")
    with pytest.raises(WijkError, match=r"in 'Koop', .* in 'Huur'; give its 'parent'"):
        resolve(columns, total, year=None, where="CBS 1")
    rented = measure(title="Totaal", parent="Huur")
    assert resolve(columns, rented, year=None, where="CBS 1").key == "Totaal_6"


def test_a_measure_without_a_column_costs_itself_and_is_told() -> None:
    wrong = {**SURFACE, "title": "Oppervlak"}
    gone = {"indicator": "burglary", "title": "Inbraken", "unit": "per 1 000"}
    found = question(PEOPLE, wrong, gone)
    assert [each.indicator for each in found.measures] == ["inhabitants"]
    assert set(found.unresolved) == {"surface_ha", "burglary"}
    assert (
        "no measure 'Oppervlak (ha)'; nearest: 'Oppervlakte (ha)'" in found.unresolved["surface_ha"]
    )
    told = found.unresolved["burglary"]
    assert "no measure 'Inbraken (per 1 000)'; nearest: 'Inbraak (per 1 000)'" in told
    assert found.layout["unresolved"] == found.unresolved
    with pytest.raises(WijkError, match=r"no measure 'Oppervlak \(ha\)'.* no measure 'Inbraken"):
        question(wrong, gone)


def test_two_indicators_on_one_column_are_neither_taken() -> None:
    found = question(PEOPLE, SURFACE, {**SURFACE, "indicator": "other_surface"})
    assert [each.indicator for each in found.measures] == ["inhabitants"]
    told = "'surface_ha' and 'other_surface' are all column 'Oppervlakte (ha)'"
    assert all(told in why for why in found.unresolved.values())
    assert set(found.unresolved) == {"surface_ha", "other_surface"}


@BOTH
def test_a_measure_is_not_asked_in_a_year_of_its_absence(api: Api) -> None:
    gone = {"indicator": "burglary", "title": "Inbraken", "unit": "aantal", "absent": [2022]}
    one_year = {"period_dimension": None, "years": None, "year": 2022}
    table = block(api, PEOPLE, gone, where={}, **one_year)
    codes = {"WijkenEnBuurten": list(AREAS)}
    found = ask(table, Metadata(COLUMNS, codes), "CBS 1")
    assert found.columns == ("Aantal_4",)


def test_a_year_still_to_come_is_not_told_and_a_gap_is() -> None:
    coming = question(years=[2022, 2025])
    assert (coming.periods, coming.told) == (("2022JJ00", "2023JJ00"), ())
    assert question(at_years=[2023, 2021], years=None).periods == ("2021JJ00", "2023JJ00")
    for years in ({"years": [2020, 2023]}, {"years": None, "at_years": [2019, 2021]}):
        (told,) = question(**years).told
        assert re.search(r"Perioden lacks (2020|2019); it has 2021, 2022, 2023", told)
    with pytest.raises(WijkError, match="has no year of 2031-2033"):
        question(years=[2031, 2033])


def test_a_year_lacking_in_the_middle_costs_that_year(tmp_path: Path) -> None:
    with stand_in(table_of_three(years=(2021, 2023))) as cbs:
        snapshot, _ = fetched(cbs, block("v3"), tmp_path)
        assert {row["Perioden"] for row in rows(snapshot)} == {"2021JJ00", "2023JJ00"}
        (told,) = snapshot.origin.layout["told"]
        assert "lacks 2022; it has 2021, 2023" in told


def test_periods_of_another_kind_are_chosen_by_their_suffix() -> None:
    assert question(period_suffix="KW01", years=[2022, 2023]).periods == ("2022KW01", "2023KW01")
    with pytest.raises(WijkError, match="no period that ends in SJ00"):
        question(period_suffix="SJ00")


def test_limits_of_margins_are_categories_of_their_own() -> None:
    margins = {"dimension": "Marges", "value": "MW00000", "low": "MOG0095", "high": "MBG0095"}
    found = question(margins=margins, where={})
    assert found.layout["measures"] == [
        {
            "indicator": "inhabitants",
            "column_key": "Aantal_4",
            "title": "Aantal",
            "unit": "aantal",
            "category_key": "MW00000",
            "low_category_key": "MOG0095",
            "high_category_key": "MBG0095",
        }
    ]
    assert found.categories == (("MW00000",), ("MOG0095",), ("MBG0095",))


def test_a_code_or_dimension_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(WijkError, match="Marges has no code 'MW0000'; nearest: 'MW00000'"):
        question(where={"Marges": "MW0000"})
    with pytest.raises(WijkError, match="'where' must choose from Marges, it has none"):
        question(where={})
    with pytest.raises(WijkError, match="WijkenEnBuurten lists no buurt"):
        question(area_levels=["buurt"])


def test_a_dimension_of_another_name_is_found_by_its_codes_and_told() -> None:
    found = question(area_dimension="Wijken")
    assert found.area_dimension == "WijkenEnBuurten"
    assert "dimension 'Wijken' is called 'WijkenEnBuurten'" in found.told[0]
    found = question(period_dimension="Jaren")
    assert found.period_dimension == "Perioden"


def test_a_level_that_is_not_listed_costs_that_level() -> None:
    """The checks tell it: core.input_warning, lacks_level."""
    found = question(area_levels=["gemeente", "buurt"])
    assert {code[:2] for code in found.areas} == {"GM"}


@BOTH
def test_an_id_that_the_service_does_not_have_is_told_with_its_address(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    with pytest.raises(WijkError, match=r"/99999NED/\w+\S* answered HTTP 404; check the table id"):
        fetched(cbs, block(api, cbs_id="99999NED"), tmp_path)
    assert asked(cbs, CBS_ID) == 0
    assert asked(cbs, FIGURES[api]) == 0
