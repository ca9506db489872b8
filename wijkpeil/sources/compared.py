"""When a source was last compared in full, although it says that it did not change.

A publisher may correct figures without a new date of change. So at an interval that the catalog
declares everything is received again; where it is the same, that costs no new snapshot, and the
moment is kept beside the snapshots as `compared.json`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from wijkpeil.sources.snapshots import Snapshot, sync, utc_now

FILE = "compared.json"
# a clock that was put back this much is no reason to compare
_LEEWAY = timedelta(days=1)


def compared_at(known: Snapshot) -> datetime:
    """When all of it was last received and found to be this snapshot (UTC)."""
    try:
        record = json.loads((known.folder.parent / FILE).read_text(encoding="utf-8"))
        if record["snapshot_id"] == known.snapshot_id:
            return datetime.fromisoformat(record["compared_at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never compared, or nobody can tell: since it was received, then
    return known.retrieved_at


def is_due(known: Snapshot, every_days: int) -> bool:
    """Whether it was last compared so many days ago; also where that moment is still to come."""
    since = utc_now() - compared_at(known)
    return not -_LEEWAY <= since < timedelta(days=every_days)


def keep_compared(known: Snapshot) -> None:
    """Keep that all of it was received just now and is this snapshot."""
    path = known.folder.parent / FILE
    part = path.with_suffix(".part")
    record = {"snapshot_id": known.snapshot_id, "compared_at": utc_now().isoformat()}
    part.write_text(json.dumps(record, indent=1), encoding="utf-8")
    sync(part)
    part.replace(path)
