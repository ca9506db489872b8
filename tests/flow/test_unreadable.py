"""What cannot be read costs its own source: the last good snapshot is used, and that is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import Wijkpeil, rows
from small_world import SmallWorld, small_world, wijk_code, wijk_name

from wijkpeil.runs import PlainRunner, run_refresh
from wijkpeil.sources.snapshots import sha256_of

pytestmark = pytest.mark.usefixtures("figures_only")

ALERTS = (
    "select area_code from marts.stagnation where is_alert and axis = 'own' and edition_year = 2025"
)
TOLD = "select last_fetch_error from meta.source where source_id = ?"


@pytest.fixture(scope="module")
def second_edition(first_edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse after a second run, by which wijk 7 stands still. Copied, never changed."""
    folder = tmp_path_factory.mktemp("second")
    with small_world(folder) as world, pytest.MonkeyPatch.context() as patch:
        for name, text in world.environment.items():
            patch.setenv(name, text)
        shutil.copytree(first_edition, world.warehouse)
        world.revise(vacant=7)
        outcome = run_refresh(PlainRunner(), only=["vacancy"], send=False)
        assert outcome.problem is None, outcome.problem
        return world.warehouse


@pytest.fixture
def world_of_two(empty_world: SmallWorld, second_edition: Path) -> SmallWorld:
    """The small world after its second run, with nothing changed since."""
    shutil.copytree(second_edition, empty_world.warehouse)
    empty_world.revise(vacant=7)
    return empty_world


def newest_folder(world: SmallWorld, source_id: str) -> Path:
    return sorted((world.warehouse / "snapshots" / source_id).glob("2*"))[-1]


def change_bytes(folder: Path) -> None:
    """The disk has other bytes than were received."""
    path = next(folder.glob("data-*.json"))
    path.write_bytes(path.read_bytes() + b" ")


def poison(folder: Path) -> None:
    """As an older version received it: bytes with a check sum, that no build can read."""
    path = next(folder.glob("data-*.json"))
    path.write_bytes(path.read_bytes().replace(b'"value":[{', b'"value":[],"value":[{'))
    origin = json.loads((folder / "origin.json").read_text())
    for file in origin["files"]:
        if file["name"] == path.name:
            file |= {"sha256": sha256_of(path), "size": path.stat().st_size}
    (folder / "origin.json").write_text(json.dumps(origin))


def break_the_origin(folder: Path) -> None:
    (folder / "origin.json").write_text("{")


@pytest.mark.parametrize("spoil", [change_bytes, poison, break_the_origin])
def test_a_snapshot_that_cannot_be_read_gives_way_to_the_one_before_and_is_asked_anew(
    world_of_two: SmallWorld, wijkpeil: Wijkpeil, spoil: Callable[[Path], None]
) -> None:
    world = world_of_two
    bad = newest_folder(world, "vacancy")
    spoil(bad)
    world.write_survey(unsafe=8)
    ran = wijkpeil("refresh", "--only", "survey", "--no-send")
    assert ran.code == 1
    assert "vacancy" in ran.sentence
    assert "(0 days old) is used instead." in ran.sentence
    # the other source's news is published, and what was lost is told with the figures
    found = rows(world.published, ALERTS)
    assert wijk_code(8) in found
    assert wijk_code(7) not in found
    (told,) = rows(world.published, TOLD, "vacancy")
    assert "is used instead." in told
    assert rows(world.published, TOLD, "survey") == [None]

    # nothing is built anew for it, and it is still told
    again = wijkpeil("refresh", "--offline", "--no-send")
    assert again.sentence == ran.sentence

    # CBS says that nothing changed, and yet it is asked again
    healed = wijkpeil("refresh")
    assert healed.code == 0, healed.err
    assert newest_folder(world, "vacancy") > bad
    assert wijk_code(7) in rows(world.published, ALERTS)
    assert rows(world.published, TOLD, "vacancy") == [None]


def test_an_older_snapshot_that_cannot_be_read_is_left_out_of_what_was_revised(
    world_of_two: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world = world_of_two
    poison(newest_folder(world, "vacancy"))
    for path in (world.warehouse / "revisions" / "vacancy").iterdir():
        path.unlink()
    world.revise(vacant=8)
    ran = wijkpeil("refresh", "--no-send")
    assert ran.code == 0, ran.err
    assert {wijk_code(7), wijk_code(8)} <= set(rows(world.published, ALERTS))
    assert rows(world.published, "select count(distinct new_snapshot_id) from meta.revision") == [1]


def test_an_answer_that_was_not_foreseen_costs_its_own_source(
    world: SmallWorld,
    wijkpeil: Wijkpeil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strange(*_: Any) -> None:
        raise OverflowError("int too large to convert to float" + "x" * 5000 + "\ud800")

    monkeypatch.setattr("wijkpeil.sources.fetch.fetch_extract", strange)
    world.revise(vacant=7)
    ran = wijkpeil("refresh")
    assert ran.code == 1
    assert "Source survey: an answer that was not foreseen (OverflowError: int" in ran.sentence
    assert len(ran.sentence) < 1000
    assert "Traceback" not in ran.err
    assert wijk_code(7) in rows(world.published, ALERTS)
    assert wijk_name(7) in world.mail.messages[0]["Subject"]
    kept = world.warehouse / "runs" / "survey.traceback.txt"
    assert f"tell the maintainers, with {kept}." in ran.sentence
    assert "in strange" in kept.read_text(encoding="utf-8")
    assert len(list((world.warehouse / "runs").glob("*.json"))) == 2
