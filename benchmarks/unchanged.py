"""Whether two warehouses tell the same: every table of the published file, the pages, the mails.

For who changes the house and not what it says: make an edition with the code of before and one with
the code of now, from the same input, and compare. Numbers are compared to nine significant digits;
what differs between any two runs (moments, ids of runs and snapshots, ports of a stand-in) is left
out by name below. Ends with exit code 1 when anything differs that `--meant` does not name.

    python benchmarks/unchanged.py OLD/warehouse NEW/warehouse [--meant marts.target]...
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import duckdb

SCHEMAS = ("marts", "core", "meta", "catalog")
# what no two runs have in common
VOLATILE = {
    "built_at",
    "catalog_fingerprint",
    "checked_at",
    "edition_id",
    "ended_at",
    "inputs_fingerprint",
    "last_compared_at",
    "new_snapshot_id",
    "old_snapshot_id",
    "published_at",
    "retrieved_at",
    "run_id",
    "snapshot_id",
    "started_at",
    "url",
}
TEXTS = {".html", ".csv", ".xml", ".json", ".txt", ".css", ".js", ".svg"}
_MOMENTS = re.compile(
    r"\d{8}T\d{6,12}Z|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d[.\d]*)?(Z|\+00:00)?|127\.0\.0\.1:\d+"
)
# sums in another order end otherwise in their last digits
_LONG = re.compile(r"-?\d+\.\d{9,}(e-?\d+)?|-?\d+(\.\d+)?e-1\d")


@dataclass(frozen=True)
class Difference:
    """A table, page or mail that is not the same, and what shows it."""

    name: str
    what: str


def main() -> int:
    """Print what differs; 1 when something does that is not meant to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--meant", action="append", default=[], metavar="NAME")
    asked = parser.parse_args()
    found = [
        *_tables(asked.old / "wijken.duckdb", asked.new / "wijken.duckdb"),
        *_files("report", asked.old / "report", asked.new / "report"),
        *_files("outbox", asked.old / "outbox", asked.new / "outbox"),
    ]
    for each in found:
        sign = "meant " if each.name in asked.meant else "OTHER "
        print(f"{sign} {each.name}: {each.what}")
    others = [each for each in found if each.name not in asked.meant]
    print(f"{len(found)} differ, {len(others)} of them not meant.")
    return 1 if others else 0


def _tables(old: Path, new: Path) -> Iterator[Difference]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{old}' as old (read_only)")
        connection.execute(f"attach '{new}' as new (read_only)")
        before, after = (_columns(connection, name) for name in ("old", "new"))
        for table in sorted(before.keys() | after.keys()):
            if table not in after or table not in before:
                yield Difference(table, "is new" if table in after else "is gone")
                continue
            gone = before[table].keys() - after[table].keys()
            come = after[table].keys() - before[table].keys()
            if gone or come:
                yield Difference(table, f"columns gone {sorted(gone)}, come {sorted(come)}")
            shared = [name for name in before[table] if name in after[table]]
            fields = [_comparable(name, before[table][name]) for name in shared]
            rows = [
                f"select {', '.join(filter(None, fields))} from {side}.{table}"
                for side in ("old", "new")
            ]
            for first, second, word in ((*rows, "only before"), (*rows[::-1], "only now")):
                lost = f"({first}) except all ({second})"
                count = connection.execute(f"select count(*) from ({lost})").fetchone()
                if count and count[0]:
                    row = connection.execute(f"{lost} limit 1").fetchone()
                    yield Difference(table, f"{count[0]} rows {word}, such as {row}")


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name in ? order by all",
        [database, SCHEMAS],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in rows:
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def _comparable(name: str, kind: str) -> str | None:
    """The column as text that is the same where the figure is, or None where it never is."""
    return None if name in VOLATILE else f"{_as_text(name, kind)} as {name}"


def _as_text(value: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        return f"format('{{:.9g}}', round({value}, 12) + 0.0)"
    if kind.endswith("[]"):
        return f"list_transform({value}, lambda x: {_as_text('x', kind[:-2])})::varchar"
    if kind.startswith("STRUCT("):
        fields = re.findall(r"(\w+) (\w+)[,)]", kind)
        return f"concat_ws(' ', {', '.join(_as_text(f'{value}.{n}', k) for n, k in fields)})"
    return f"{value}::varchar"


def _files(name: str, old: Path, new: Path) -> Iterator[Difference]:
    before, after = (_read(folder) for folder in (old, new))
    for path in sorted(before.keys() | after.keys()):
        if path not in after or path not in before:
            yield Difference(f"{name}/{path}", "is new" if path in after else "is gone")
        elif before[path] != after[path]:
            yield Difference(f"{name}/{path}", "differs")


def _read(folder: Path) -> dict[str, str]:
    """The texts of a folder without their moments, a mail as its texts under its subject; of what
    is no text, whether it is there."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        if path.suffix == ".eml":
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            texts = [mail.get_body((kind,)) for kind in ("plain", "html")]
            told = "\n".join(_told(text.get_content()) for text in texts if text is not None)
            # its name is a digest of what it says, the edition's id with it
            name = f"'{mail['subject']}' to {mail['to']}"
            found[name] = "\n".join(sorted([found[name], told]) if name in found else [told])
        elif path.suffix == ".csv":
            # rows that are equal but for their last digits may come in either order
            lines = path.read_text(encoding="utf-8").splitlines()
            found[str(path.relative_to(folder))] = "\n".join(sorted(map(_told, lines)))
        else:
            text = path.read_text(encoding="utf-8") if path.suffix in TEXTS else ""
            found[str(path.relative_to(folder))] = _told(text)
    return found


def _told(text: str) -> str:
    text = _MOMENTS.sub("*", text)
    return _LONG.sub(lambda number: f"{round(float(number[0]), 12) + 0.0:.9g}", text)


if __name__ == "__main__":
    sys.exit(main())
