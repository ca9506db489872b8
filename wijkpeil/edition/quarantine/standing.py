"""What waits for a person now: snapshots that are held, and doubts that hold mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from wijkpeil.catalog import Catalog
from wijkpeil.edition.folder import rows_of
from wijkpeil.edition.quarantine.decisions import Decision, record_decision
from wijkpeil.edition.quarantine.sieve import Hold, sift
from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import utc_now

_SHOWN = 5
_DOUBTS = (
    "select source_id, doubt_id, any_value(sentence) from core.doubt group by all order by all"
)


@dataclass(frozen=True)
class Waiting:
    """What of one source waits for a yes: its held snapshot, or the doubts about its figures."""

    source_id: str
    snapshot_id: str | None
    rules: tuple[str, ...]
    details: tuple[str, ...]
    doubts: tuple[str, ...]
    sentence: str

    @property
    def key(self) -> str:
        """What it is told by: the same thing is told once."""
        return f"{self.source_id} {self.snapshot_id or ' '.join(self.doubts)}"


def find_waiting(catalog: Catalog, warehouse: Path) -> list[Waiting]:
    """The held snapshots as they are now, and the doubts of the published edition that nobody
    said yes to, by source."""
    sifted = sift(catalog, warehouse)
    known = sifted.released
    return [
        *(_held(hold) for hold in sifted.holds),
        *(
            _doubted(source_id, [(doubt, told) for _, doubt, told in rows])
            for source_id, rows in groupby(
                (row for row in rows_of(warehouse, "core.doubt", _DOUBTS) if row[:2] not in known),
                key=lambda row: row[0],
            )
        ),
    ]


def release(
    waiting: Sequence[Waiting],
    warehouse: Path,
    source_id: str,
    *,
    snapshot_id: str | None,
    by: str,
    reason: str | None,
) -> list[Waiting]:
    """Record a yes to what waits of a source, or to one snapshot of it alone; what it let through.
    Raises WijkError when nothing of that waits."""
    chosen = [
        each
        for each in waiting
        if each.source_id == source_id and snapshot_id in (None, each.snapshot_id)
    ]
    if not chosen:
        what = f"snapshot '{snapshot_id}' of '{source_id}'" if snapshot_id else f"'{source_id}'"
        known = ", ".join(each.key for each in waiting if each.snapshot_id) or "none"
        raise WijkError(
            f"Nothing of {what} waits for a yes (held now: {known}); "
            "see `wijkpeil quarantine list`."
        )
    for each in chosen:
        record_decision(
            warehouse,
            Decision(
                source_id=source_id,
                snapshot_id=each.snapshot_id,
                rules=each.rules,
                doubts=each.doubts,
                by=by,
                decided_at=utc_now().isoformat(timespec="seconds"),
                reason=reason,
            ),
        )
    return chosen


def _held(hold: Hold) -> Waiting:
    details = tuple(f"{each.rule}: {each.sentence}" for each in hold.findings)
    return Waiting(hold.source_id, hold.snapshot_id, hold.rules, details, (), hold.sentence)


def _doubted(source_id: str, rows: Sequence[tuple[str, str]]) -> Waiting:
    doubts = tuple(doubt for doubt, _ in rows)
    told = [text for _, text in rows]
    more = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return Waiting(
        source_id,
        None,
        tuple(dict.fromkeys(doubt.partition(":")[0] for doubt in doubts)),
        tuple(f"{doubt.partition(':')[0]}: {text}" for doubt, text in rows),
        doubts,
        f"Source {source_id}: no mail rests on figures that are doubted until somebody looked at "
        f"them: {'; '.join(told[:_SHOWN])}{more}. If they are right, "
        f'`wijkpeil quarantine release {source_id} --reason "..."`.',
    )
