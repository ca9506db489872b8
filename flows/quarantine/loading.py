"""What is held and doubted, as tables of the build."""

from __future__ import annotations

import duckdb

from flows.quarantine.sieve import Sifted


def load_sifted(connection: duckdb.DuckDBPyConnection, sifted: Sifted) -> None:
    """Fill `meta.hold`, `meta.compared_doubt` and `meta.released_doubt`."""
    rows: list[tuple[object, ...]] = []
    for hold in sifted.holds:
        used = hold.used.snapshot_id if hold.used else None
        for each in hold.findings:
            what = (each.rule, each.indicator_id, each.area_code, each.year, each.sentence)
            rows.append((hold.source_id, hold.snapshot_id, used, *what))
    _insert(connection, "meta.hold", rows)
    _insert(
        connection,
        "meta.compared_doubt",
        [
            (
                doubt.source_id,
                doubt.finding.rule,
                doubt.finding.indicator_id,
                doubt.finding.area_code,
                doubt.finding.year,
                doubt.finding.sentence,
            )
            for doubt in sifted.doubts
        ],
    )
    _insert(connection, "meta.released_doubt", sorted(sifted.released))


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]
) -> None:
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)
