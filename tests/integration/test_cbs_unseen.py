"""What CBS changes without telling: figures under an old date, a listing that lags, dates that go
back or are lacking."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from client_helpers import (
    BOTH,
    DATES,
    FIGURES,
    PAGES,
    Api,
    asked,
    block,
    fetched,
    left_over,
    planned,
    rows,
    services,
    settings_for,
    stand_in,
    table_of_three,
)

from wijkpeil.demo import Fault, StandInCbs, StandInTable
from wijkpeil.errors import SourceUnavailable
from wijkpeil.sources import compared, download, snapshots
from wijkpeil.sources.cbs import ask_listings, fetching
from wijkpeil.sources.cbs.stamps import is_before, same_moment, stamp
from wijkpeil.sources.compared import FILE, compared_at, is_due
from wijkpeil.sources.snapshots import all_snapshots, utc_now


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let so many days pass."""
    passed = [0]

    def pass_by(days: int) -> None:
        passed[0] += days
        for module in (compared, download, fetching, snapshots):
            monkeypatch.setattr(module, "utc_now", lambda: utc_now() + timedelta(days=passed[0]))

    return pass_by


def corrected(value: int | None = 99, **infos: Any) -> StandInTable:
    """The table with one other figure; its date of change is the same unless `infos` say so."""
    table = table_of_three()
    data = [{**row} for row in table.data]  # type: ignore[union-attr]
    data[0]["Aantal_4"] = value
    return replace(table, data=data, table_infos={**table.table_infos, **infos})


# a correction under the same date


@BOTH
def test_a_correction_without_a_new_date_is_seen_when_all_is_compared(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    cbs.replace(corrected())
    later(27)
    assert fetched(cbs, block(api), tmp_path, listed=first.origin.modified) == (first, False)
    later(1)
    second, is_new = fetched(cbs, block(api), tmp_path, listed=first.origin.modified)
    assert is_new
    assert second.origin.modified == first.origin.modified
    assert any(99 in row.values() for row in rows(second))
    (told,) = second.origin.layout["told"]
    assert f"has other figures than on {utc_now():%Y-%m-%d} under the same date of change" in told


@BOTH
def test_an_answer_that_is_the_same_costs_no_snapshot_and_is_kept_as_compared(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    later(28)
    before = len(cbs.requests)
    assert fetched(cbs, block(api), tmp_path, listed=first.origin.modified) == (first, False)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api]
    assert all_snapshots(tmp_path, "proef") == [first.folder]
    assert left_over(tmp_path) == []
    assert json.loads((first.folder.parent / FILE).read_text())["snapshot_id"] == first.snapshot_id
    assert compared_at(first).date() == (utc_now() + timedelta(days=28)).date()
    assert fetched(cbs, block(api), tmp_path, listed=first.origin.modified) == (first, False)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api]
    later(28)
    fetched(cbs, block(api), tmp_path)
    assert asked(cbs, FIGURES[api], since=before) == 2 * PAGES[api]


@BOTH
def test_another_order_page_or_row_number_is_the_same_answer(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    later(28)
    table = table_of_three()
    back = replace(table, data=list(reversed(table.data)))  # type: ignore[arg-type]
    with stand_in(back, page_size=5, v4_page_size=5) as other:
        assert fetched(other, block(api), tmp_path) == (first, False)
        assert asked(other, FIGURES[api]) > PAGES[api]


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "Voorlopig"},
        {"Title": "2021*"},
    ],
)
def test_a_code_that_means_something_else_is_another_answer(
    cbs: StandInCbs, tmp_path: Path, later: Any, change: dict[str, str]
) -> None:
    fetched(cbs, block("v3"), tmp_path)
    table = table_of_three()
    periods = [{**row, **change} for row in table.code_lists["Perioden"]]
    cbs.replace(replace(table, code_lists={**table.code_lists, "Perioden": periods}))
    later(28)
    assert fetched(cbs, block("v3"), tmp_path)[1]


@BOTH
def test_words_about_the_figures_that_changed_are_another_answer(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    """Provisional figures became definitive as they were."""
    fetched(cbs, block(api), tmp_path)
    table = table_of_three()
    described = [
        {
            **row,
            "Description": "Het betreft definitieve cijfers." if row["Title"] == "Aantal" else "",
        }
        for row in table.data_properties
    ]
    cbs.replace(replace(table, data_properties=described))
    later(28)
    assert fetched(cbs, block(api), tmp_path)[1]


def test_the_interval_is_the_blocks_and_asks_for_nothing_else(
    cbs: StandInCbs, tmp_path: Path, later: Any
) -> None:
    first, _ = fetched(cbs, block("v3"), tmp_path)
    weekly = block("v3", compare_every_days=7)
    assert weekly.request == first.origin.request
    later(6)
    before = len(cbs.requests)
    fetched(cbs, weekly, tmp_path)
    assert asked(cbs, FIGURES["v3"], since=before) == 0
    later(1)
    fetched(cbs, weekly, tmp_path)
    assert asked(cbs, FIGURES["v3"], since=before) == PAGES["v3"]


def test_a_comparison_that_fails_is_due_again_and_goes_on_where_it_stopped(
    cbs: StandInCbs, tmp_path: Path, later: Any
) -> None:
    first, _ = fetched(cbs, block("v3"), tmp_path)
    later(28)
    cbs.fault(planned(Fault("status", status=503), "v3"))
    with pytest.raises(SourceUnavailable):
        fetched(cbs, block("v3"), tmp_path)
    cbs.heal()
    before = len(cbs.requests)
    assert fetched(cbs, block("v3"), tmp_path) == (first, False)
    assert asked(cbs, FIGURES["v3"], since=before) == PAGES["v3"] - 2
    assert is_due(first, 28) is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"snapshot_id": 1}'])
def test_a_record_that_cannot_be_read_means_since_it_was_received(
    cbs: StandInCbs, tmp_path: Path, text: str
) -> None:
    first, _ = fetched(cbs, block("v3"), tmp_path)
    (first.folder.parent / FILE).write_text(text)
    assert compared_at(first) == first.retrieved_at


def test_a_moment_to_come_is_compared_at_once(cbs: StandInCbs, tmp_path: Path, later: Any) -> None:
    first, _ = fetched(cbs, block("v3"), tmp_path)
    later(-2)
    assert is_due(first, 28)


# pages of two moments


@BOTH
def test_pages_kept_too_long_are_all_asked_again(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    cbs.fault(planned(Fault("status", status=503), api))
    with pytest.raises(SourceUnavailable):
        fetched(cbs, block(api), tmp_path)
    cbs.heal()
    cbs.replace(corrected())
    later(2)
    before = len(cbs.requests)
    snapshot, _ = fetched(cbs, block(api), tmp_path)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api]
    assert any(99 in row.values() for row in rows(snapshot))


# dates of change


def test_new_observations_under_an_old_date_of_the_table_are_fetched_on_v4(
    cbs: StandInCbs, tmp_path: Path
) -> None:
    first, _ = fetched(cbs, block("v4"), tmp_path)
    cbs.replace(corrected(ObservationsModified="2026-02-01"))
    listing = ask_listings([block("v4")], settings_for(cbs), tmp_path, services())
    assert listing.modified["proef"] != first.origin.modified
    second, is_new = fetched(cbs, block("v4"), tmp_path, listed=listing.modified["proef"])
    assert is_new
    assert second.origin.modified == listing.modified["proef"]
    assert "(figures 2026-02-01T00:00:00" in str(second.origin.modified)
    before = len(cbs.requests)
    assert not fetched(cbs, block("v4"), tmp_path, listed=listing.modified["proef"])[1]
    assert len(cbs.requests) == before


@BOTH
def test_a_listing_that_lags_hides_a_change_no_longer_than_the_interval(
    cbs: StandInCbs, tmp_path: Path, later: Any, api: Api
) -> None:
    first, _ = fetched(cbs, block(api), tmp_path)
    cbs.replace(corrected().touched("2026-05-01T02:00:00"))
    later(28)
    second, is_new = fetched(cbs, block(api), tmp_path, listed=first.origin.modified)
    assert is_new
    assert str(second.origin.modified).startswith("2026-05-01")
    before = len(cbs.requests)
    assert fetched(cbs, block(api), tmp_path, listed=first.origin.modified) == (second, False)
    assert asked(cbs, DATES[api], since=before) == 1


@BOTH
def test_a_table_that_is_put_back_is_taken_and_told(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    cbs.replace(corrected().touched("2026-05-01T02:00:00"))
    fetched(cbs, block(api), tmp_path)
    cbs.replace(table_of_three())
    back, is_new = fetched(cbs, block(api), tmp_path)
    assert is_new
    (told,) = back.origin.layout["told"]
    assert "was put back from its version of 2026-05-01T02:00:00" in told


def test_a_table_without_a_date_is_received_each_time_and_new_where_it_differs(
    cbs: StandInCbs, tmp_path: Path
) -> None:
    undated = table_of_three()
    infos = {**undated.table_infos, "Modified": None}
    cbs.replace(replace(undated, table_infos=infos))
    first, is_new = fetched(cbs, block("v3"), tmp_path)
    assert is_new
    assert first.origin.modified is None
    listing = ask_listings([block("v3")], settings_for(cbs), tmp_path, services())
    assert (listing.modified, listing.problems) == ({}, [])
    assert fetched(cbs, block("v3"), tmp_path) == (first, False)
    cbs.replace(replace(corrected(), table_infos=infos))
    assert fetched(cbs, block("v3"), tmp_path)[1]


def test_a_table_that_its_listing_lacks_is_asked_itself(tmp_path: Path) -> None:
    undated = table_of_three("90003DEM")
    infos = {**undated.table_infos, "Modified": None}
    with stand_in(table_of_three(), replace(undated, table_infos=infos)) as cbs:
        both = [block("v3"), block("v3", id="tweede", cbs_id="90003DEM")]
        for table in both:
            fetched(cbs, table, tmp_path)
        listing = ask_listings(both, settings_for(cbs), tmp_path, services())
    assert (list(listing.modified), listing.problems) == (["proef"], [])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2026-01-15T02:00:00", "2026-01-15T02:00:00", True),
        ("2026-01-15T02:00:00+01:00", "2026-01-15T01:00:00Z", True),
        ("2026-07-15T02:00:00+02:00", "2026-07-15T02:00:00+01:00", False),
        ("2026-01-15T02:00:00.000", "2026-01-15T02:00:00", True),
        ("2026-01-15T02:00:00", "2026-01-15T02:00:00+01:00", False),
        ("2026-01-15", "2026-01-15T00:00:00", True),
        ("gisteren", "gisteren", True),
        ("gisteren", "2026-01-15", False),
        ("", "2026-01-15", False),
        (None, None, True),
    ],
)
def test_dates_are_moments_whatever_their_zone(
    one: str | None, other: str | None, is_same: bool
) -> None:
    assert same_moment(one, other) is is_same
    assert not (is_same and is_before(one, other))


def test_a_date_in_another_zone_is_no_change(cbs: StandInCbs, tmp_path: Path) -> None:
    first, _ = fetched(cbs, block("v4"), tmp_path)
    assert first.origin.modified == "2026-01-01T00:00:00+01:00"
    before = len(cbs.requests)
    utc = "2025-12-31T23:00:00Z"
    assert fetched(cbs, block("v4"), tmp_path, listed=utc) == (first, False)
    assert len(cbs.requests) == before


def test_a_stamp_tells_both_dates_only_where_they_differ() -> None:
    of_table = "2026-01-15T02:00:00+01:00"
    assert stamp({"Modified": of_table}) == of_table
    assert stamp({"Modified": of_table, "ObservationsModified": "2026-01-15T01:00:00Z"}) == of_table
    assert stamp({"Modified": of_table, "ObservationsModified": "2026-02-01"}) == (
        f"{of_table} (figures 2026-02-01)"
    )
    assert stamp({"ObservationsModified": "2026-02-01"}) == "(figures 2026-02-01)"
    assert stamp({"Modified": None}) == ""
