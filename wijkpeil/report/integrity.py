"""When each source was last received or found unchanged: later checks than the edition knows of."""

from __future__ import annotations

from pathlib import Path

import duckdb

from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import newest
from wijkpeil.text import literal


def load_checks(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> list[str]:
    """Make `source_check`: source, day of the last check, and whether that is too long ago. The
    ids of those of which it is."""
    last = []
    for source_id, checked_at in connection.execute(
        "select source_id, checked_at from meta.source"
    ).fetchall():
        seen = [checked_at] if checked_at is not None else []
        try:
            snapshot = newest(warehouse, source_id)
        except WijkError:
            # told by doctor and the next run; what the edition knows of it still holds
            snapshot = None
        if snapshot is not None:
            seen.append(snapshot.checked_at)
        last.append(f"({literal(source_id)}, {literal(max(seen).isoformat()) if seen else 'null'})")
    # written out: for a parameter DuckDB loads pandas, which takes longer than the rest of a run
    # that finds nothing new
    connection.execute(
        f"""
        create or replace temp table source_check as
        select source_id, last.checked_at::timestamptz::date::varchar as checked_on,
            coalesce(
                epoch_us(now()) - epoch_us(last.checked_at::timestamptz)
                > (max_age_days + 1) * 86400000000,
                false
            ) as is_old,
        from (values {", ".join([*last, "(null, null)"])}) as last (source_id, checked_at)
        join meta.source using (source_id)
        """
    )
    return [
        source_id
        for (source_id,) in connection.execute(
            "select source_id from source_check where is_old order by source_id"
        ).fetchall()
    ]
