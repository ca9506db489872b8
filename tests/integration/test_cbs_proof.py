"""Rows that are not all there once, and what an interrupted run left: proved, or asked again."""

from __future__ import annotations

from dataclasses import replace
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
    pages,
    planned,
    table_of_three,
)

from wijkpeil.demo import Fault, StandInCbs
from wijkpeil.demo.cbs import query_store as store
from wijkpeil.demo.cbs.odata import Filterable
from wijkpeil.errors import SourceUnavailable, WijkError

LATER = "2099-01-01T02:00:00"


pytestmark = pytest.mark.usefixtures("quick_disk")


@BOTH
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("loop", nth=3), "pages go round in a circle|rows came"),
        (Fault("duplicate_rows", nth=3), "[0-9]+ of [0-9]+ rows came twice"),
        (Fault("empty", nth=3), "[0-9]+ rows came, where the server itself counts [0-9]+"),
        (Fault("empty"), "CBS .*: 0 rows came, where the server itself counts"),
    ],
    ids=["loop", "duplicate_rows", "empty_later", "empty_at_once"],
)
def test_rows_that_are_not_all_there_once_are_asked_anew_and_then_told(
    cbs: StandInCbs, tmp_path: Path, api: Api, fault: Fault, words: str
) -> None:
    at_page = {"path_contains": FIGURES[api]}
    cbs.fault(Fault(**{**vars(fault), **at_page}))
    snapshot, _ = fetched(cbs, block(api), tmp_path / "a")
    assert len(pages(snapshot)) == PAGES[api]
    assert asked(cbs, DATES[api]) == 3

    cbs.heal()
    cbs.fault(Fault(**{**vars(fault), **at_page, "times": 99}))
    with pytest.raises(WijkError, match=words):
        fetched(cbs, block(api), tmp_path / "b")
    assert left_over(tmp_path / "b") == []


@BOTH
def test_a_count_that_is_wrong_is_asked_anew_and_then_told(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    cbs.fault(Fault("wrong_count"))
    snapshot, _ = fetched(cbs, block(api), tmp_path / "a")
    assert snapshot.origin.layout["is_counted"] is True
    cbs.heal()
    cbs.fault(Fault("wrong_count", times=99))
    before = len(cbs.requests)
    with pytest.raises(WijkError, match=r"36 rows came.*counts 37|72 rows came.*counts 73"):
        fetched(cbs, block(api), tmp_path / "b")
    assert asked(cbs, "/$count", since=before) == 3
    assert left_over(tmp_path / "b") == []


@BOTH
def test_a_count_that_is_none_is_told_in_the_origin(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    cbs.fault(Fault("no_count"))
    snapshot, _ = fetched(cbs, block(api), tmp_path)
    assert snapshot.origin.layout["is_counted"] is False
    assert len(pages(snapshot)) == PAGES[api]


@BOTH
def test_a_table_that_changes_meanwhile_is_begun_anew(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    cbs.fault(planned(Fault("modified_changes", modified=LATER), api))
    snapshot, _ = fetched(cbs, block(api), tmp_path)
    assert str(snapshot.origin.modified).startswith(LATER)
    assert asked(cbs, FIGURES[api]) == 2 * PAGES[api]


@BOTH
def test_a_table_that_changes_all_the_time_is_told(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    for number in range(1, 4):
        fault = Fault("modified_changes", modified=f"2099-01-0{number}T02:00:00")
        cbs.fault(planned(fault, api, nth=1 + (number - 1) * PAGES[api]))
    with pytest.raises(WijkError, match=r"republished while it was fetched, 3 times .*2099-01-03"):
        fetched(cbs, block(api), tmp_path)
    assert left_over(tmp_path) == []


# what an interrupted run left


def interrupted(cbs: StandInCbs, warehouse: Path, api: Api) -> Path:
    """A run that stopped at the third page; the folder of what it left."""
    cbs.fault(planned(Fault("status", status=503), api))
    with pytest.raises(SourceUnavailable):
        fetched(cbs, block(api), warehouse)
    cbs.heal()
    (folder,) = (warehouse / "snapshots" / "proef").iterdir()
    return folder


@BOTH
def test_a_kept_page_that_was_damaged_is_asked_again(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    page = interrupted(cbs, tmp_path, api) / "data-0000-00002.json"
    page.write_bytes(page.read_bytes().replace(b"9901", b"9902"))
    before = len(cbs.requests)
    snapshot, _ = fetched(cbs, block(api), tmp_path)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api] - 1
    assert not any(b"9902" in body for body in pages(snapshot))


@BOTH
def test_what_was_kept_of_an_older_version_is_discarded(
    cbs: StandInCbs, tmp_path: Path, api: Api
) -> None:
    interrupted(cbs, tmp_path, api)
    cbs.replace(table_of_three().touched(LATER))
    before = len(cbs.requests)
    fetched(cbs, block(api), tmp_path)
    assert asked(cbs, FIGURES[api], since=before) == PAGES[api]


def test_a_journal_that_a_crash_cut_off_costs_one_file(cbs: StandInCbs, tmp_path: Path) -> None:
    journal = interrupted(cbs, tmp_path, "v3") / "received.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40] + b"\xe2\x80")
    cbs.fault(planned(Fault("status", status=503), "v3", nth=2))
    with pytest.raises(SourceUnavailable):
        fetched(cbs, block("v3"), tmp_path)
    before = len(cbs.requests)
    fetched(cbs, block("v3"), tmp_path)
    assert asked(cbs, FIGURES["v3"], since=before) == PAGES["v3"] - 2


@BOTH
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"area_levels": ["wijk"]}, "WijkenEnBuurten has 2 codes .*'GM9901'"),
        ({"years": [2021, 2022]}, "Perioden has 1 codes .*'2023JJ00'"),
        ({}, "Geslacht has 2 codes .*'3000'"),
    ],
    ids=["areas", "periods", "categories"],
)
def test_a_filter_that_the_service_ignores_is_told(
    cbs: StandInCbs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    api: Api,
    changes: dict[str, Any],
    words: str,
) -> None:
    name = words.split(" ", maxsplit=1)[0]
    where = store.where

    def deaf(text: str, allowed: Filterable) -> tuple[str, list[str]]:
        """Filters on every dimension but the one."""
        heard = set(allowed.applied) - {name}
        return where(text, replace(allowed, applied=heard, is_strict=False))

    monkeypatch.setattr(store, "where", deaf)
    with pytest.raises(WijkError, match=f"{words}.*ignored the filter"):
        fetched(cbs, block(api, **changes), tmp_path)
    assert left_over(tmp_path) == []
