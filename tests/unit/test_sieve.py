"""Which snapshot of a source is used, which is held, and what a person's yes does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sieve_helpers import CODES, Shelf, shelf, usual_cells

from wijkpeil.catalog.blocks import Limits
from wijkpeil.edition.quarantine import Decision, read_decisions, record_decision, sift
from wijkpeil.sources.snapshots import Snapshot, utc_now, why_unreadable


@pytest.fixture
def shelved(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)


def used(shelved: Shelf, source_id: str = "survey") -> list[str]:
    return [each.snapshot_id for each in sift(shelved.catalog, shelved.warehouse).chains[source_id]]


def rules(shelved: Shelf) -> set[str]:
    return {rule for hold in sift(shelved.catalog, shelved.warehouse).holds for rule in hold.rules}


def say_yes(shelved: Shelf, snapshot: Snapshot) -> None:
    moment = "2026-06-01T00:00:00+00:00"
    yes = Decision(snapshot.origin.source_id, snapshot.snapshot_id, (), (), "tester", moment, None)
    record_decision(shelved.warehouse, yes)


def test_the_only_snapshot_is_used_and_a_correction_takes_its_place(shelved: Shelf) -> None:
    first = shelved.put_survey(usual_cells())
    assert used(shelved) == [first.snapshot_id]
    cells = usual_cells()
    cells[CODES[3], 2021][0] += 0.1
    second = shelved.put_survey(cells)
    assert used(shelved) == [first.snapshot_id, second.snapshot_id]
    assert rules(shelved) == set()


def test_what_cannot_be_read_is_never_used_and_the_one_before_stays_in_use(
    shelved: Shelf,
) -> None:
    first = shelved.put_survey(usual_cells())
    broken = shelved.put_file("area;year;unsafe;nuisance\nWK990101;2025;7\n", 1)
    assert used(shelved) == [first.snapshot_id]
    assert why_unreadable(broken.folder) is not None
    mended = shelved.put_survey(usual_cells())
    assert used(shelved) == [first.snapshot_id, mended.snapshot_id]
    assert rules(shelved) == set()


def test_a_snapshot_that_is_dated_ahead_hides_none_that_comes_after_it(shelved: Shelf) -> None:
    first = shelved.put_survey(usual_cells())
    now, shelved.moment = shelved.moment, utc_now() + timedelta(days=400)
    ahead = shelved.put_survey(usual_cells())
    shelved.moment = now
    second = shelved.put_survey(usual_cells())
    assert used(shelved) == [first.snapshot_id, second.snapshot_id]
    (hold,) = sift(shelved.catalog, shelved.warehouse).holds
    assert (hold.snapshot_id, hold.rules) == (ahead.snapshot_id, ("ahead",))
    assert "dated ahead of this machine's clock" in hold.sentence


def test_a_first_snapshot_that_cannot_be_read_gives_way_to_one_that_can(shelved: Shelf) -> None:
    shelved.put_file("area;year;unsafe;nuisance\nWK990101;2025;7\n", 1)
    second = shelved.put_survey(usual_cells())
    assert used(shelved) == [second.snapshot_id]


@pytest.mark.parametrize(
    "kept",
    [
        lambda area, year: (area, year) == (CODES[0], 2025),
        lambda area, year: year == 2025,
        lambda area, year: year >= 2021,
        lambda area, year: area in CODES[:20],
        lambda area, year: (CODES.index(area) * 7 + year) % 10 >= 3,
    ],
    ids=["one row", "newest year alone", "two years gone", "half the wijken", "30% of the rows"],
)
def test_an_extract_that_shrinks_is_held(shelved: Shelf, kept: object) -> None:
    first = shelved.put_survey(usual_cells())
    left = {key: values for key, values in usual_cells().items() if kept(*key)}  # type: ignore[operator]
    shelved.put_survey(left)
    assert used(shelved) == [first.snapshot_id]
    assert "shrunk" in rules(shelved)


@pytest.mark.parametrize("missing", ["x", None])
def test_figures_that_are_all_missing_are_held(shelved: Shelf, missing: str | None) -> None:
    shelved.put_survey(usual_cells())
    shelved.put_survey({key: [missing, missing] for key in usual_cells()})
    assert "shrunk" in rules(shelved)


def test_a_column_that_is_filled_and_a_year_that_is_new_are_not_held(shelved: Shelf) -> None:
    cells = usual_cells()
    late = {key: [values[0], None] for key, values in cells.items()}
    shelved.put_survey(late)
    second = shelved.put_survey(cells)
    third = shelved.put_survey(usual_cells(range(2019, 2027)))
    assert used(shelved)[1:] == [second.snapshot_id, third.snapshot_id]
    assert sift(shelved.catalog, shelved.warehouse).doubts == ()


def test_a_held_snapshot_is_held_until_a_person_says_yes_to_it(shelved: Shelf) -> None:
    first = shelved.put_survey(usual_cells())
    left = {key: values for key, values in usual_cells().items() if key[0] in CODES[:20]}
    half = shelved.put_survey(left)
    assert used(shelved) == [first.snapshot_id]
    # what comes later is held against the one in use, not against the one that is held
    again = shelved.put_survey({**left, (CODES[0], 2019): [11.9, 29.9]})
    assert used(shelved) == [first.snapshot_id]
    say_yes(shelved, half)
    assert used(shelved) == [first.snapshot_id, half.snapshot_id, again.snapshot_id]
    assert [each.snapshot_id for each in read_decisions(shelved.warehouse)] == [half.snapshot_id]


def test_a_single_figure_that_is_gone_is_doubted_until_it_is_back(shelved: Shelf) -> None:
    cells = usual_cells()
    shelved.put_survey(cells)
    shelved.put_survey({**cells, (CODES[5], 2025): [None, 26.0]})
    doubts = {each.doubt_id for each in sift(shelved.catalog, shelved.warehouse).doubts}
    assert f"vanished:unsafe:2025:{CODES[5]}" in doubts
    shelved.put_survey(cells)
    assert sift(shelved.catalog, shelved.warehouse).doubts == ()


def test_comparing_again_reads_nothing(shelved: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelved.put_survey(usual_cells())
    shelved.put_survey(usual_cells())
    before = sift(shelved.catalog, shelved.warehouse)
    monkeypatch.setattr("wijkpeil.edition.quarantine.profile.read_in", None)
    assert sift(shelved.catalog, shelved.warehouse) == before


def test_the_kept_comparisons_can_be_thrown_away(shelved: Shelf) -> None:
    shelved.put_survey(usual_cells())
    shelved.put_survey({key: [None, None] for key in usual_cells()})
    before = sift(shelved.catalog, shelved.warehouse)
    for path in (shelved.warehouse / "quarantine").rglob("*.*"):
        path.unlink()
    assert sift(shelved.catalog, shelved.warehouse) == before


def test_a_question_that_a_person_changed_is_not_held_against_the_old_answer(
    shelved: Shelf, tmp_path: Path
) -> None:
    people = dict.fromkeys(CODES, 1000.0)
    shelved.put_table(people)
    second = shelved.put_table({code: 900.0 + n for n, code in enumerate(CODES)})
    assert used(shelved, "kwb_2025")[-1] != second.snapshot_id
    table = shelved.table.model_copy(update={"cbs_id": "90026TST"})
    shelved.catalog = shelved.catalog.model_copy(update={"tables": (table,)})
    third = shelved.put_table(dict.fromkeys(CODES, 2000.0))
    assert used(shelved, "kwb_2025")[-1] == third.snapshot_id


def test_limits_of_a_source_decide_what_is_held(tmp_path: Path) -> None:
    lenient = shelf(tmp_path, limits=Limits(smallest_share=0.0))
    lenient.put_survey(usual_cells())
    second = lenient.put_survey(usual_cells(range(2021, 2026)))
    assert used(lenient)[-1] == second.snapshot_id
