"""CBS by public evidence, on loopback: its v3, that of third parties, and v4.

    with evidence_cbs() as cbs:
        settings = cbs.settings(catalog=quick_catalog(tmp_path / "catalog"), warehouse=warehouse)

Another world of evidence_variants is served from the start with `evidence_cbs(world)`, and in
place of the one before with `cbs.serve(world)`.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence_world import World, evidence_world

from wijkpeil.demo import StandInCbs
from wijkpeil.settings import Settings

ROOT = Path(__file__).parents[2]
# nothing listens there, so what is asked beside CBS is refused at once
REFUSED = "http://127.0.0.1:9"


@dataclass
class EvidenceCbs:
    """The services under way."""

    cbs: StandInCbs
    third_party: StandInCbs
    world: World

    @property
    def environment(self) -> dict[str, str]:
        """The settings of wijkpeil that lead to these services; the rest of the world refuses."""
        beyond = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), REFUSED)
        return {
            **beyond,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "WIJK_CBS_V3_URL": self.cbs.url,
            "WIJK_CBS_THIRD_PARTY_URL": self.third_party.url,
            "WIJK_CBS_V4_URL": self.cbs.v4_url,
        }

    def settings(self, *, catalog: Path, warehouse: Path) -> Settings:
        """The settings for a run in this process."""
        return Settings(
            catalog=catalog,
            warehouse=warehouse,
            cbs_v3_url=self.cbs.url,
            cbs_third_party_url=self.third_party.url,
            cbs_v4_url=self.cbs.v4_url,
        )

    def serve(self, world: World) -> None:
        """Serve another world from now on; a table that is in both as it was is left alone."""
        for cbs_id in self.world.tables.keys() - world.tables.keys():
            self._server(cbs_id).remove(cbs_id)
        for cbs_id, table in world.tables.items():
            if self.world.tables.get(cbs_id) is not table:
                self._server(cbs_id).replace(table)
        self.world = world

    @property
    def requests(self) -> Counter[str]:
        """How many requests each service had."""
        counted = Counter(
            "v4" if request.path.startswith("/odata/v1") else "v3" for request in self.cbs.requests
        )
        return counted + Counter(third_party=len(self.third_party.requests))

    @property
    def megabytes(self) -> float:
        """What was sent over the wire, zipped as it was."""
        return (self.cbs.bytes_sent + self.third_party.bytes_sent) / 1e6

    def _server(self, cbs_id: str) -> StandInCbs:
        return self.third_party if self.world.service(cbs_id) == "third_party" else self.cbs


@contextmanager
def evidence_cbs(world: World | None = None, *, latency_s: float = 0.0) -> Iterator[EvidenceCbs]:
    """Serve a world, that of the evidence unless told; every answer waits `latency_s` first."""
    world = world or evidence_world()
    groups = {
        service: [t for each, t in world.tables.items() if world.service(each) == service]
        for service in ("v3", "third_party")
    }
    with (
        StandInCbs(groups["v3"], latency_s=latency_s) as cbs,
        StandInCbs(groups["third_party"], latency_s=latency_s) as third_party,
    ):
        yield EvidenceCbs(cbs, third_party, world)


def quick_catalog(folder: Path, *, shipped: Path = ROOT / "catalog") -> Path:
    """A copy of the shipped catalog that does not wait between requests; nothing else differs."""
    shutil.copytree(shipped, folder)
    path = folder / "cbs.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^interval_s = .*$", "interval_s = 0.0", text), encoding="utf-8")
    return folder
