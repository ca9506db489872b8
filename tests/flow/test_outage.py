"""A run whose service cannot be reached: one sentence, no waiting, and the rest goes on."""

from __future__ import annotations

import socket

import pytest
from small_world import SmallWorld

from wijkpeil.runs import PlainRunner, run_refresh
from wijkpeil.sources import hosts


@pytest.fixture
def lost_service(empty_world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> str:
    """The v3 service, whose address nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("WIJK_CBS_V3_URL", f"http://{address}")
    monkeypatch.setenv("WIJK_RETRIES", "4")
    monkeypatch.setattr(hosts, "PAUSE_S", 0.0)
    return address


def test_a_service_that_is_down_is_told_once_and_the_other_sources_are_fetched(
    empty_world: SmallWorld, lost_service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib3.util.Retry.sleep", lambda _self: pytest.fail("it was waited for"))
    outcome = run_refresh(PlainRunner())
    assert outcome.problem is not None
    assert outcome.problem.count("cannot be reached: it refuses the connection") == 1
    waiting = "2 sources wait for it (2 never received): areas, vacancy."
    assert outcome.problem.startswith(f"{lost_service} cannot be reached")
    assert waiting in outcome.problem
    assert [(item.source_id, item.is_new) for item in outcome.sources] == [
        ("areas", False),
        ("vacancy", False),
        ("survey", True),
    ]
    assert empty_world.cbs.requests == []
