"""Two snapshots of a source, held against one another by the rules in `rules/`.

A rule is a SELECT over `cell` (a figure before and now), `old_figure` and `new_figure`; its file
is its name and its first line says what it sees. What two snapshots differ in never changes, so
it is kept as JSON in `<warehouse>/quarantine/`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import duckdb

from wijkpeil.catalog import PREFIX, CbsTable, Extract, Indicator
from wijkpeil.edition.quarantine.findings import Finding
from wijkpeil.edition.quarantine.profile import CHANGE_FLAG, digest_of, profile_of
from wijkpeil.sources.snapshots import Snapshot
from wijkpeil.text import literal

_HERE = Path(__file__).parent
RULES = sorted((_HERE / "rules").glob("*.sql"))


def compared(
    source: CbsTable | Extract,
    old: Snapshot,
    new: Snapshot,
    indicators: tuple[Indicator, ...],
    warehouse: Path,
) -> list[Finding]:
    """What of `new` is not as in `old`; raises Unreadable when one of them cannot be read."""
    key = digest_of(source, indicators)
    folder = warehouse / "quarantine" / source.id
    path = folder / f"{old.snapshot_id}--{new.snapshot_id}-{key}.json"
    if path.exists():
        return [Finding(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
    before = profile_of(source, old, indicators, warehouse)
    now = profile_of(source, new, indicators, warehouse)
    found = find_differences(before, now, source, indicators)
    part = path.with_suffix(".part")
    part.write_text(json.dumps([asdict(each) for each in found]), encoding="utf-8")
    part.replace(path)
    return found


def find_differences(
    before: Path, now: Path, source: CbsTable | Extract, indicators: tuple[Indicator, ...]
) -> list[Finding]:
    """What the rules find between two profiles of a source."""
    with duckdb.connect() as connection:
        connection.execute(f"create table limits as select {_limits(source)}")
        _load_sizes(connection, source, indicators)
        for name, path in (("old_figure", before), ("new_figure", now)):
            connection.execute(
                f"create table {name} as select * from read_parquet({literal(str(path))}) "
                f"where {_shared_scope(source)}"
            )
        cell = (_HERE / "cell.sql").read_text(encoding="utf-8")
        connection.execute(f"create table cell as {cell}")
        return [
            finding
            for path in RULES
            for finding in _asked(connection, path.stem, path.read_text(encoding="utf-8"))
        ]


def _asked(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> list[Finding]:
    rows = connection.execute(
        "select indicator_id, year, area_code, is_hold, old_value, what "
        f"from ({sql.strip()}) order by all"
    ).fetchall()
    return [
        Finding(
            rule=name,
            sentence=f"{_of(indicator, area, year)}: {what}",
            is_hold=is_hold,
            indicator_id=indicator,
            area_code=area,
            year=year,
            old_value=old_value,
        )
        for indicator, year, area, is_hold, old_value, what in rows
    ]


def _of(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part is not None) or "the whole"


def _limits(source: CbsTable | Extract) -> str:
    limits = source.limits.model_dump()
    return ", ".join(f"{value}::double as {name}" for name, value in limits.items())


def _load_sizes(
    connection: duckdb.DuckDBPyConnection,
    source: CbsTable | Extract,
    indicators: tuple[Indicator, ...],
) -> None:
    connection.execute(
        "create table size (indicator_id varchar, per_year double, relative double, "
        "decimals integer, is_sum boolean)"
    )
    named = {measure.indicator for measure in source.measure}
    rows: list[tuple[object, ...]] = [(CHANGE_FLAG, None, None, 0, False)]
    for each in indicators:
        if each.id in named:
            change = each.meaningful_change
            sizes = (change.per_year, change.relative) if change else (None, None)
            rows.append((each.id, *sizes, each.decimals, each.aggregation == "sum"))
    connection.executemany("insert into size values (?, ?, ?, ?, ?)", rows)


def _shared_scope(source: CbsTable | Extract) -> str:
    """What the catalog asks for today, as SQL: an older snapshot may have answered more."""
    named = ", ".join(
        literal(name) for name in [CHANGE_FLAG, *(each.indicator for each in source.measure)]
    )
    scope = f"indicator_id in ({named})"
    if isinstance(source, CbsTable):
        levels = ", ".join(literal(PREFIX[level]) for level in source.area_levels)
        scope += f" and left(area_code, 2) in ({levels})"
        years = [source.year] if source.year is not None else source.wanted_years
        scope += f" and (year is null or year in ({', '.join(map(str, years))}))"
    return scope
