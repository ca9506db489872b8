"""What several tests of a stage start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from client_helpers import stand_in

from wijkpeil.demo import StandInCbs
from wijkpeil.sources import snapshots


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    """A stand-in CBS with the tables of these tests, where a module has no other."""
    with stand_in() as server:
        yield server


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network has faults here, the power has none: nothing waits for the disk."""
    monkeypatch.setattr(snapshots, "sync", lambda path: None)
