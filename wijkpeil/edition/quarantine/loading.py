"""What is held and doubted, as tables of the build."""

from __future__ import annotations

import duckdb

from wijkpeil.edition.quarantine.sieve import Sifted
from wijkpeil.text import literal

_TABLES = {
    "meta.hold": "one thing found in a snapshot that is held until a person says yes",
    "meta.compared_doubt": "one doubt about a figure in use, from the snapshots before it",
    "meta.released_doubt": "one doubt that a person said yes to",
}
_COLUMNS = {
    "source_id": "Source, as in meta.source",
    "snapshot_id": "Snapshot that is held",
    "used_snapshot_id": "Snapshot that is used instead",
    "rule": "Rule that found it, as in wijkpeil/edition/quarantine/rules; unreadable; or ahead",
    "indicator_id": "Indicator, as in catalog.indicator; null: all of the source",
    "area_code": "CBS code of the area; null: all areas",
    "year": "Calendar year of the figures; null: all years",
    "sentence": "What was found, in English",
    "doubt_id": "Rule, indicator, year and area of the doubt; * is all",
}


def load_sifted(connection: duckdb.DuckDBPyConnection, sifted: Sifted) -> None:
    """Fill `meta.hold`, `meta.compared_doubt` and `meta.released_doubt`, and say what they are."""
    for table, grain in _TABLES.items():
        connection.execute(f"comment on table {table} is {literal(grain)}")
        for (column,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name || '.' || table_name = ?",
            [table],
        ).fetchall():
            meaning = literal(_COLUMNS[column])
            connection.execute(f"comment on column {table}.{column} is {meaning}")
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
