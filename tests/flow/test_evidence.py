"""A first day against CBS as public evidence has it, with the shipped catalog untouched.

All is found and published as it was served; and where CBS turns out to do otherwise, the rest is
published and the run says what it lacks. Only the waits between requests are taken out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from evidence_cbs import ROOT
from evidence_compare import Comparison, compare
from evidence_run import Office, office, told
from evidence_variants import (
    TEN,
    Change,
    World,
    measures_renamed,
    newest_year_copied,
    newest_year_emptied,
    newest_year_halved,
    other_wordings,
    tables_missing,
)
from evidence_world import evidence_world

from wijkpeil.catalog import load_catalog
from wijkpeil.doctor import Diagnosis
from wijkpeil.runs import Outcome
from wijkpeil.runs.failures import LINES

pytestmark = pytest.mark.timeout(900)

TAKEN = {table.cbs_id for table in load_catalog(ROOT / "catalog").tables}
# without one of these no edition is to come
NEWEST_LISTS = {"86165NED", "86358NED"}
SECONDS_A_REQUEST = 0.5
LATER = "2026-12-01T02:00:00"


class FirstDay:
    """What the first day gave, for tests that only look."""

    def __init__(self, place: Office) -> None:
        self.place = place
        self.diagnosis: Diagnosis = place.examine()
        self.requests_of_the_doctor = place.cbs.requests
        self.outcome: Outcome = place.refresh()


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstDay]:
    with office(tmp_path_factory.mktemp("first-day"), evidence_world()) as place:
        yield FirstDay(place)


def test_every_column_that_the_catalog_wants_is_found(first_day: FirstDay) -> None:
    assert first_day.diagnosis.of("error") == []
    lacking = [
        (source.source_id, measure.wanted)
        for source in first_day.diagnosis.sources
        for measure in source.measures
        if measure.column is None
    ]
    assert lacking == []
    assert {source.source_id for source in first_day.diagnosis.sources if source.measures} == {
        table.id for table in first_day.place.catalog.tables
    }


def test_the_doctor_is_done_within_a_minute_however_politely_it_asks(first_day: FirstDay) -> None:
    for service, requests in first_day.requests_of_the_doctor.items():
        assert requests * SECONDS_A_REQUEST < 60, service


def test_an_edition_is_published_and_nothing_fails(first_day: FirstDay) -> None:
    outcome = first_day.outcome
    assert outcome.problem is None
    assert outcome.is_published
    failed = {name for name in outcome.failures if not name.startswith(("addresses_", "wijken_"))}
    assert failed == set()
    unresolved = "select count(*) from core.observation where status = 'not_resolved'"
    assert first_day.place.ask(unresolved) == [(0,)]


def test_every_figure_that_was_served_is_published_as_it_was(first_day: FirstDay) -> None:
    place = first_day.place
    found = compare(place.edition, place.cbs.world, place.catalog)
    assert (found.lacking[:5], found.strange[:5], found.other[:5]) == ([], [], [])
    assert found.alike > 100_000


def test_the_marts_say_what_was_served(first_day: FirstDay) -> None:
    place = first_day.place
    differ = place.ask(
        "select area_code, year, indicator_id, m.value_as_published, o.value_as_published "
        "from (from marts.liveability union all by name from marts.safety) m "
        "join core.observation o using (area_code, year, indicator_id, source_id) "
        "where m.area_kind <> 'programme_area' "
        "and m.value_as_published is distinct from o.value_as_published limit 5"
    )
    assert differ == []


def test_a_gemeente_that_was_not_there_yet_is_no_problem(first_day: FirstDay) -> None:
    problems = "select * from core.input_problem where message like '%GM1980%'"
    assert first_day.place.ask(problems) == []
    doubted = "select * from core.quarantined_figure where area_code = 'GM1980'"
    assert first_day.place.ask(doubted) == []


# what may be otherwise in one world without hiding one another
TOGETHER = (
    ("title_renamed", "unit_changed", "column_gone", "longer_code"),
    ("table_missing", "table_empty", "small_letters", "new_dimension", "level_missing"),
    ("new_gemeente",),
)


def test_no_variant_is_forgotten() -> None:
    assert {name for names in TOGETHER for name in names} == set(TEN)


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_what_cbs_does_otherwise_costs_itself_and_is_told(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    world = as_before = evidence_world()
    for name in names:
        if name == "new_gemeente":
            # in the wordings that the evidence leaves open as well
            world = as_before = TEN[name](other_wordings(world), 7)
            continue
        free = TAKEN - NEWEST_LISTS - {change.cbs_id for change in world.changes}
        world = TEN[name](world, 7, among=free)
    with office(tmp_path, world) as place:
        outcome = place.refresh()
        assert outcome.is_published, outcome.problem
        found = compare(place.edition, as_before, place.catalog)
        said = told(outcome, tmp_path / "warehouse")
        assert_only_what_changed_is_lacking(place, world, found)
        for change in world.changes:
            source = place.source_of(change.cbs_id)
            assert source is not None or as_before is world
            if source is not None and costs(change, found, source):
                assert source in said or change.cbs_id in said
                assert change.indicator in said
                assert change.kind != "level missing" or change.before in said
                assert change.kind != "longer code" or change.after in said


def test_ten_tables_gone_and_forty_measures_renamed_leave_the_rest(tmp_path: Path) -> None:
    gone = tables_missing(evidence_world(), 7, count=10, among=TAKEN - NEWEST_LISTS)
    world = measures_renamed(gone, 7, count=20, among=TAKEN)
    # of which twenty are another figure under a title like it
    free = TAKEN - NEWEST_LISTS - {change.cbs_id for change in world.changes}
    world = measures_renamed(world, 11, count=20, keeps_meaning=False, among=free)
    with office(tmp_path, world) as place:
        outcome = place.refresh()
        assert outcome.is_published, outcome.problem
        found = compare(place.edition, evidence_world(), place.catalog)
        assert_only_what_changed_is_lacking(place, world, found)
        assert len((outcome.problem or "").splitlines()) <= LINES + 3
        # nobody is mailed before a yes, and then of nothing that rests on what is missing
        assert outcome.alerts is None
        alerts = place.say_yes().alerts
        assert alerts is not None
        lacking = {
            indicator
            for (indicator,) in place.ask(
                "select distinct indicator_id from core.missing_basis where is_in_window"
            )
        }
        assert lacking
        assert {signal.key.indicator_id for signal in alerts.new} & lacking == set()


@pytest.mark.parametrize(
    "spoiled",
    [
        {
            "86165NED": newest_year_emptied,
            "47018NED": newest_year_halved,
            "86113NED": newest_year_copied,
        },
        {"86113NED": newest_year_emptied, "47018NED": newest_year_copied},
    ],
    ids=["one", "two"],
)
def test_a_newest_year_that_is_spoiled_releases_no_alert_and_is_warned_of(
    first_day: FirstDay, tmp_path: Path, spoiled: dict[str, Callable[[World, str], World]]
) -> None:
    shutil.copytree(first_day.place.folder, tmp_path / "office")
    world = evidence_world()
    for cbs_id, spoil in spoiled.items():
        world = spoil(world, cbs_id)
    with office(tmp_path / "office", world.dated(LATER)) as place:
        before = {signal.key for signal in (place.say_yes().alerts or Nothing).new}
        outcome = place.refresh()
        after = {signal.key for signal in (outcome.alerts or Nothing).new if signal.is_mailable}
        assert after - before == set()
        said = told(outcome, tmp_path / "office" / "warehouse")
        for cbs_id in spoiled:
            assert place.source_of(cbs_id) in said


class Nothing:
    """No alert was looked for."""

    new = ()


def assert_only_what_changed_is_lacking(place: Office, world: World, found: Comparison) -> None:
    """Every figure is as the evidence has it, but for those of what the variant changed."""
    assert (found.other[:5], found.strange[:5]) == ([], [])
    touched = {(place.source_of(c.cbs_id), c.indicator) for c in world.changes}
    lacking = {(source, cell.indicator) for source, cell, _ in found.lacking}
    # what has codes of a year whose list of areas is gone, or lacks a level, says so too
    unplaced = place.ask(
        "select source_id, indicator_id from meta.missing_measure where reason like '%area list%' "
        "union select source_id, indicator_id from core.quarantined_cell "
        "where problem = 'area_not_in_year'"
    )
    touched |= {*unplaced}
    strayed = {pair for pair in lacking if pair not in touched and (pair[0], "") not in touched}
    assert strayed == set()
    for change in world.changes:
        source = place.source_of(change.cbs_id)
        if change.kind in ("unit changed", "column gone", "meaning changed"):
            assert source is not None
            assert place.statuses(source, change.indicator)["not_resolved"] > 0
        if change.kind in ("table missing", "small letters"):
            assert source is not None
            assert place.statuses(source)["not_received"] > 0


def costs(change: Change, found: Comparison, source: str) -> bool:
    """Whether figures are lacking for this change."""
    return any(
        source == each and change.indicator in ("", cell.indicator)
        for each, cell, _ in found.lacking
    )
