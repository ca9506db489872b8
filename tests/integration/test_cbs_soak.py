"""A thousand requests to each version, of which one in five fails: the rows are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_helpers import BOTH, INHABITANTS, SEXES, Api, block, fetched, pages, stand_in
from urllib3.util import Retry

from wijkpeil.demo import Fault, RandomFaults
from wijkpeil.errors import WijkError
from wijkpeil.sources import snapshots

REQUESTS = 1000
RERUNS = 4
# a hang outlasts the patience, a slow answer does not
TIMEOUT_S = 0.2
LIKE = Fault("status", status=503, seconds=0.25)


@BOTH
def test_a_thousand_requests_with_faults_end_in_the_same_bytes_or_a_sentence(
    tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retry, "_sleep_backoff", lambda self: None)
    # the network has faults here, the power has none: nothing waits for the disk
    monkeypatch.setattr(snapshots, "sync", lambda path: None)
    sentences: list[str] = []
    people = [
        {
            **INHABITANTS,
            "parent": "Bevolking",
            "indicator": f"people_{number}",
            "where": {"Geslacht": code},
        }
        for number, code in enumerate(SEXES)
    ]
    table = block(api, *people)
    with stand_in() as cbs:
        right = pages(fetched(cbs, table, tmp_path / "right")[0])
        start, seed, shown = len(cbs.requests), 0, 0
        while len(cbs.requests) - start < REQUESTS:
            seed += 1
            plan = RandomFaults(seed, share=0.2, like=LIKE)
            cbs.fault_at_random(plan)
            # half of the runs have no other try: what they leave is taken up by the next
            retries = 4 * (seed % 2)
            for run in range(RERUNS + 1):
                try:
                    snapshot, _ = fetched(
                        cbs,
                        table,
                        tmp_path / f"{seed}",
                        at_once=3,
                        retries=4 if run else retries,
                        timeout_s=TIMEOUT_S,
                    )
                except WijkError as error:
                    sentences.append(str(error))
                else:
                    break
            else:
                pytest.fail(f"seed {seed} was not complete after {RERUNS} reruns")
            assert pages(snapshot) == right
            snapshot.verify()
            shown += len(plan.shown)
        assert shown > 0.15 * REQUESTS
        assert sentences
        for sentence in sentences:
            assert sentence.startswith(("http://127.0.0.1:", "CBS 90002DEM"))
