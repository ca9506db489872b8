"""kill -9 at ten random moments: the published file is the old edition or the new one, the rerun
succeeds, no mail goes out twice, and one of which that is not known is told.

`pytest tests/flow/test_killed_runs.py` prints what each kill met.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from command import Wijkpeil, rows
from small_world import SmallWorld, wijk_code, wijk_name

KILLS = 10
SEED = 2026
OWNER = "data@voorbeeld.example"
EDITION = "select edition_id from meta.edition"
ALERTS = (
    "select area_code from marts.stagnation where is_alert and axis = 'own' and edition_year = 2025"
)


# twenty-one runs and as many starts of Python, on a machine that may be slow
@pytest.mark.timeout(1800)
def test_killed_at_random_moments(
    world: SmallWorld,
    wijkpeil: Wijkpeil,
    started: Callable[..., subprocess.Popen[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.environment["WIJK_DATA_OWNER"] = OWNER
    monkeypatch.setenv("WIJK_DATA_OWNER", OWNER)
    chance = random.Random(SEED)
    world.revise(vacant=2)
    begun = time.monotonic()
    assert started("refresh").wait(timeout=120) == 0
    whole_run = time.monotonic() - begun
    report = [f"a whole run takes {whole_run:.1f} s"]
    moments = [chance.uniform(0.05, 1.05) * whole_run for _ in range(KILLS)]
    for number, moment in enumerate(moments, start=5):
        world.revise(vacant=number)
        old = rows(world.published, EDITION)
        process = started("refresh")
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        seen = rows(world.published, EDITION)
        is_new = seen > old
        assert is_new or seen == old
        assert (wijk_code(number) in rows(world.published, ALERTS)) == is_new

        rerun = wijkpeil("refresh")
        assert rerun.code == 0, rerun.err
        assert wijk_code(number) in rows(world.published, ALERTS)
        # a mail counts every wijk, and has in its subject those that are new in it
        name = wijk_name(number)
        sent = sum(name in mail["Subject"] for mail in world.mail.messages if mail["To"] != OWNER)
        notices = [mail.as_string() for mail in world.mail.messages if mail["To"] == OWNER]
        listed = wijkpeil("alerts", "list").out
        is_told = "may or may not have arrived" in listed and any(name in n for n in notices)
        assert sent == 1 or (sent == 0 and is_told), listed
        assert list((world.warehouse / "snapshots" / "vacancy").glob(".partial-*")) == []
        state = "new" if is_new else "old"
        report.append(f"killed at {moment:4.1f} s: {state} edition, rerun done, {sent} mail")
    with capsys.disabled():
        print("\n" + "\n".join(report))
