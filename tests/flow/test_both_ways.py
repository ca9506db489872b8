"""A run in plain Python and the same run as a flow: what is wrong is told alike by both."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import VACANCY, SmallWorld

from wijkpeil.demo import Fault
from wijkpeil.errors import WijkError
from wijkpeil.runs import Outcome, PlainRunner, run_refresh

OWNER = "beheer@voorbeeld.example"
_MOMENTS = re.compile(
    r"\d{8}T\d{6,12}Z|\d{4}-\d\d-\d\dT[\d:.]+Z|\d{4}-\d\d-\d\d \d\d:\d\d UTC|127\.0\.0\.1:\d+"
)


def mistake_in_the_catalog(world: SmallWorld) -> None:
    world.edit("cbs.toml", "area_levels", "area_lvels")


def server_that_fails(world: SmallWorld) -> None:
    world.revise(vacant=7)
    world.cbs.fault(Fault("status", VACANCY, times=99))


def measure_with_another_name(world: SmallWorld) -> None:
    world.revise(vacant=7)
    world.edit("cbs.toml", "Percentage onbewoond", "Percentage bewoond")


def extract_that_is_gone(world: SmallWorld) -> None:
    world.survey.unlink()


def cell_that_is_no_number(world: SmallWorld) -> None:
    text = world.survey.read_text(encoding="cp1252")
    world.survey.write_text(text.replace("6,02", "zes", 1), encoding="cp1252")


def extract_that_shrank(world: SmallWorld) -> None:
    lines = world.survey.read_text(encoding="cp1252").splitlines(keepends=True)
    world.survey.write_text("".join(lines[: len(lines) // 2]), encoding="cp1252")


def nothing(_world: SmallWorld) -> None:
    pass


def told(world: SmallWorld, run: Callable[[], Outcome]) -> dict[str, Any]:
    """What is left of a run: its outcome, its record and the mail of the data owner."""
    before = len(world.mail.received)
    try:
        outcome: Outcome | None = run()
        problem = outcome.problem if outcome else None
    except WijkError as error:
        outcome, problem = None, str(error)
    newest = max((world.warehouse / "runs").glob("*Z.json"))
    record = json.loads(newest.read_text(encoding="utf-8"))
    mails = [(each.recipients, each.message.get_content()) for each in world.mail.received[before:]
             if each.recipients == (OWNER,)]  # fmt: skip
    left = {
        "problem": problem,
        "state": record["state"],
        "message": record["message"],
        "sources": record["sources"],
        "waiting": [each.full for each in outcome.waiting] if outcome else None,
        "unread": dict(outcome.unread) if outcome else None,
        "alerts": outcome.alerts.sentences if outcome and outcome.alerts else None,
        "mails": mails,
    }
    shown: dict[str, Any] = json.loads(_MOMENTS.sub("*", json.dumps(left, default=str)))
    return shown


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (nothing, "unchanged"),
        (mistake_in_the_catalog, "failed"),
        (server_that_fails, "failed"),
        (measure_with_another_name, "failed"),
        (extract_that_is_gone, "failed"),
        (cell_that_is_no_number, "published"),
        (extract_that_shrank, "published"),
    ],
)
def test_both_leave_the_same(
    world: SmallWorld,
    first_edition: Path,
    prefect_server: str,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[SmallWorld], None],
    state: str,
) -> None:
    from flows.refresh import refresh

    monkeypatch.setenv("WIJK_DATA_OWNER", OWNER)
    monkeypatch.setenv("WIJK_RETRIES", "0")
    spoil(world)
    plain = told(world, lambda: run_refresh(PlainRunner()))
    shutil.rmtree(world.warehouse)
    shutil.copytree(first_edition, world.warehouse)

    def as_a_flow() -> Outcome:
        result: Any = refresh(return_state=True).result(raise_on_failure=False)
        if isinstance(result, Exception):
            raise result
        assert isinstance(result, Outcome)
        return result

    flow = told(world, as_a_flow)
    assert plain["state"] == state, plain
    assert flow == plain
    assert (plain["problem"] is not None) == (state == "failed")
    assert plain["mails"] or state != "failed"
