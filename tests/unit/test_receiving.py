"""What an interrupted run leaves of a source, and what the next makes of it."""

from __future__ import annotations

from pathlib import Path

from wijkpeil.sources.snapshots import Receiving


def test_what_a_killed_proof_left_goes_where_the_receiving_goes_on(tmp_path: Path) -> None:
    folder = Receiving(tmp_path, "kwb_2025", "key").folder
    (folder.parent / ".partial-of-a-proof").mkdir()
    assert Receiving(tmp_path, "kwb_2025", "key").folder == folder
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
