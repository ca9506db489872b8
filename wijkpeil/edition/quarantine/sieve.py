"""The fold over the snapshots of a source: which one is in use, and which one is held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wijkpeil.catalog import Catalog, CbsTable, Extract, Indicator
from wijkpeil.edition.quarantine.comparing import compared
from wijkpeil.edition.quarantine.decisions import Decision, read_decisions
from wijkpeil.edition.quarantine.findings import Finding
from wijkpeil.edition.quarantine.profile import profile_of
from wijkpeil.errors import Unreadable
from wijkpeil.sources.snapshots import (
    Snapshot,
    all_snapshots,
    mark_unreadable,
    read_snapshot,
    snapshots_ahead,
    why_unreadable,
)

_SHOWN = 5
AHEAD = "ahead"
# what must be the same in two questions before their answers can be compared
_SCOPE = ("cbs_id", "area_dimension", "period_suffix", "where", "margins")


@dataclass(frozen=True)
class Hold:
    """A newest snapshot that is not used, why, and which is used instead (None: none)."""

    source_id: str
    snapshot_id: str
    used: Snapshot | None
    findings: tuple[Finding, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that hold it, once each."""
        return tuple(dict.fromkeys(each.rule for each in self.findings))

    @property
    def sentence(self) -> str:
        """What is held, why, and how a person lets it through."""
        shown = "; ".join(each.sentence for each in self.findings[:_SHOWN])
        more = len(self.findings) - _SHOWN
        shown += f"; and {more} more" if more > 0 else ""
        used = (
            f"its snapshot of {self.used.retrieved_at:%Y-%m-%d} stays in use"
            if self.used
            else "it has no other"
        )
        if self.rules == (AHEAD,):
            return (
                f"Source {self.source_id}: the snapshot {self.snapshot_id} is dated ahead of this "
                f"machine's clock and is not used; {used}. Remove its folder in snapshots/, or "
                "set the clock right."
            )
        return (
            f"Source {self.source_id}: the snapshot {self.snapshot_id} is held and {used}: "
            f"{shown}. Look at it with `wijkpeil quarantine show {self.source_id}`; if it is "
            f"right, `wijkpeil quarantine release {self.source_id} --snapshot {self.snapshot_id} "
            '--reason "..."`.'
        )


@dataclass(frozen=True)
class Doubt:
    """A doubt about a figure in use: what the comparison with the snapshot before found."""

    source_id: str
    before: Snapshot
    finding: Finding

    @property
    def doubt_id(self) -> str:
        """What a person says yes to: the rule and the figure, whatever the snapshot."""
        parts = (self.finding.rule, self.finding.indicator_id, self.finding.year)
        return ":".join(str(part or "*") for part in (*parts, self.finding.area_code))


@dataclass(frozen=True)
class Sifted:
    """What the sieve lets through: per source the snapshots that were in use one after another,
    the last of which is now; what is held; and the doubts about figures in use."""

    chains: dict[str, tuple[Snapshot, ...]]
    holds: tuple[Hold, ...]
    doubts: tuple[Doubt, ...]
    decisions: tuple[Decision, ...]

    @property
    def released(self) -> frozenset[tuple[str, str]]:
        """The doubts that a person said yes to: source and id."""
        return frozenset((each.source_id, d) for each in self.decisions for d in each.doubts)

    @property
    def as_text(self) -> str:
        """All that a build takes from it, for a fingerprint."""
        chains = {name: [each.snapshot_id for each in own] for name, own in self.chains.items()}
        holds = [(each.source_id, each.snapshot_id, each.rules) for each in self.holds]
        doubts = [(each.source_id, each.doubt_id, each.finding.sentence) for each in self.doubts]
        return repr((sorted(chains.items()), holds, doubts, sorted(self.released)))


@dataclass
class _Fold:
    """The fold over one source, one snapshot at a time."""

    source: CbsTable | Extract
    indicators: tuple[Indicator, ...]
    warehouse: Path
    released: Collection[str]
    chain: list[Snapshot] = field(default_factory=list)
    hold: Hold | None = None
    doubts: list[Doubt] = field(default_factory=list)

    def take(self, snapshots: Iterable[Snapshot]) -> None:
        for snapshot in snapshots:
            self._take(snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        used = self.chain[-1] if self.chain else None
        try:
            if used is None or not _are_comparable(used, snapshot):
                # a person changed the question, so there is nothing to hold the answer against
                profile_of(self.source, snapshot, self.indicators, self.warehouse)
                found: list[Finding] = []
            else:
                found = compared(self.source, used, snapshot, self.indicators, self.warehouse)
        except Unreadable as error:
            # as one that the build could not read: told with its source, and asked anew
            mark_unreadable(snapshot, str(error))
            return
        held = [each for each in found if each.is_hold]
        is_released = snapshot.snapshot_id in self.released
        if held and not is_released:
            self.hold = Hold(self.source.id, snapshot.snapshot_id, used, tuple(held))
            return
        self.hold = None
        if used is None or is_released or not _are_comparable(used, snapshot):
            self.doubts.clear()
        else:
            # one that stands still differs from what it was before it came up
            self.doubts = [each for each in self.doubts if self._stands(each, snapshot)]
            self.doubts += [Doubt(self.source.id, used, each) for each in found]
        self.chain.append(snapshot)

    def _stands(self, doubt: Doubt, snapshot: Snapshot) -> bool:
        found = compared(self.source, doubt.before, snapshot, self.indicators, self.warehouse)
        return doubt.doubt_id in {Doubt(self.source.id, doubt.before, f).doubt_id for f in found}


def sift(catalog: Catalog, warehouse: Path) -> Sifted:
    """Which snapshots of each source of figures are used; raises WijkError for a record that
    cannot be read. A source with one snapshot is not read here: there is no other to use."""
    decisions = read_decisions(warehouse)
    chains, holds, doubts = {}, [], []
    for source in catalog.figure_sources:
        ahead = snapshots_ahead(warehouse, source.id)
        snapshots = [
            read_snapshot(folder)
            for folder in all_snapshots(warehouse, source.id)
            if why_unreadable(folder) is None
        ]
        if len(snapshots) < 2:
            chains[source.id] = tuple(snapshots)
            holds += _ahead(source.id, ahead, snapshots)
            continue
        released = {
            each.snapshot_id
            for each in decisions
            if each.source_id == source.id and each.snapshot_id is not None
        }
        fold = _Fold(source, catalog.indicators, warehouse, released)
        fold.take(snapshots)
        chains[source.id] = tuple(fold.chain)
        holds += [fold.hold] if fold.hold else []
        holds += _ahead(source.id, ahead, fold.chain)
        doubts += fold.doubts
    return Sifted(chains, tuple(holds), tuple(doubts), tuple(decisions))


def _ahead(source_id: str, folders: Sequence[Path], chain: Sequence[Snapshot]) -> list[Hold]:
    used = chain[-1] if chain else None
    reason = Finding(AHEAD, "it is dated ahead of this machine's clock", is_hold=True)
    return [Hold(source_id, folder.name, used, (reason,)) for folder in folders[-1:]]


def _are_comparable(old: Snapshot, new: Snapshot) -> bool:
    """Whether the same was asked, and a code of the one is the same place in the other."""
    divisions = {each.origin.layout.get("division") for each in (old, new)} - {None}
    return len(divisions) < 2 and all(
        old.origin.request.get(key) == new.origin.request.get(key) for key in _SCOPE
    )
