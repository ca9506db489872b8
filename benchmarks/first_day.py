"""What a first day costs a new user: `wijkpeil doctor` and `wijkpeil refresh`, by themselves.

    .venv/bin/python benchmarks/first_day.py               as politely as the shipped catalog asks
    .venv/bin/python benchmarks/first_day.py --no-waiting  the work alone

Against CBS as public evidence has it, on loopback, with the shipped catalog; then once more where
ten tables are not found and twenty measures have another title. Each command is a process of its
own. The country is small (some 190 areas), so MB and figures are not those of the Netherlands;
requests are. Address files and maps are refused at once. Ends with exit code 1 where no edition
came.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from wijkpeil.catalog import load_catalog

if TYPE_CHECKING:
    from evidence_cbs import EvidenceCbs
    from evidence_world import World

ROOT = Path(__file__).parents[1]
# without one of these there is no edition to come
NEWEST_LISTS = {"86165NED", "86358NED"}


class Step(NamedTuple):
    """One command: how it ended, how long it took, what it printed and what it asked of CBS."""

    name: str
    code: int
    seconds: float
    lines: list[str]
    requests: Counter[str]
    megabytes: float


def run(cbs: EvidenceCbs, folder: Path, *words: str) -> Step:
    """A command of wijkpeil, with no settings but those that lead here."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("WIJK_")}
    own = {
        "WIJK_CATALOG": str(folder / "catalog"),
        "WIJK_WAREHOUSE": str(folder / "warehouse"),
        "PREFECT_HOME": str(folder / "prefect"),
        "COLUMNS": "100",
    }
    requests, megabytes, began = cbs.requests, cbs.megabytes, time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "wijkpeil.cli", *words],
        env=kept | own | cbs.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return Step(
        name=" ".join(words),
        code=done.returncode,
        seconds=time.monotonic() - began,
        lines=[*done.stdout.splitlines(), *done.stderr.splitlines()],
        requests=cbs.requests - requests,
        megabytes=cbs.megabytes - megabytes,
    )


def first_day(world: World, *, waits: bool, latency_s: float, shows: bool) -> bool:
    """Go through the day and print what it was like; whether an edition came."""
    from evidence_cbs import evidence_cbs, quick_catalog

    with (
        tempfile.TemporaryDirectory() as name,
        evidence_cbs(world, latency_s=latency_s) as cbs,
    ):
        folder = Path(name)
        if waits:
            shutil.copytree(ROOT / "catalog", folder / "catalog")
        else:
            quick_catalog(folder / "catalog")
        doctor = run(cbs, folder, "doctor", "--json")
        refresh = run(cbs, folder, "refresh", "--no-send")
        for step in (doctor, refresh):
            asked = ", ".join(f"{count} of {name}" for name, count in step.requests.items())
            print(
                f"  {step.name:<18} exit {step.code}  {step.seconds:6.1f} s  "
                f"{step.megabytes:6.2f} MB  {sum(step.requests.values())} requests ({asked})"
            )
        print(f"  {'':<18} {_resolved(doctor, folder)}")
        print(f"  {'':<18} refresh printed {_size(refresh.lines)}")
        if shows:
            print("\n".join(f"    | {line}" for line in refresh.lines))
        return _published(folder)


def _resolved(doctor: Step, folder: Path) -> str:
    """How many measures of all tables have a column, and what else the doctor found."""
    tables = load_catalog(folder / "catalog").tables
    wanted = sum(len(table.present_measures) for table in tables)
    try:
        told: dict[str, Any] = json.loads("\n".join(doctor.lines).partition("\n}")[0] + "\n}")
    except ValueError:
        return f"the doctor printed no JSON: {' '.join(doctor.lines)[:300]}"
    measures = [measure for source in told["sources"] for measure in source["measures"]]
    found = sum(measure["column"] is not None for measure in measures)
    return (
        f"{found} of {wanted} measures in {len(tables)} tables have a column; "
        f"{told['errors']} errors, {told['warnings']} warnings"
    )


def _published(folder: Path) -> bool:
    path = folder / "warehouse" / "wijken.duckdb"
    if not path.exists():
        print(f"  {'':<18} no edition was published")
        return False
    with duckdb.connect(path, read_only=True) as connection:
        counted = connection.execute(
            "select status, count(*) from core.observation group by status order by 2 desc"
        ).fetchall()
    shown = ", ".join(f"{count:,} {status}" for status, count in counted)
    print(f"  {'':<18} published: {shown}")
    return True


def _size(lines: list[str]) -> str:
    longest = max(map(len, lines), default=0)
    letters = sum(map(len, lines))
    return f"{len(lines)} lines of {longest} characters at most, {letters:,} in all"


def main() -> int:
    """Both days; 1 where one brought no edition."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from evidence_variants import measures_renamed, tables_missing
    from evidence_world import evidence_world

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--no-waiting", action="store_true", help="no pause between requests")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--seed", type=int, default=1, help="which tables and measures")
    parser.add_argument("--show", action="store_true", help="also what refresh printed")
    chosen = parser.parse_args()
    options = {"waits": not chosen.no_waiting, "latency_s": chosen.latency, "shows": chosen.show}
    taken = {table.cbs_id for table in load_catalog(ROOT / "catalog").tables}
    world = evidence_world()
    taken &= world.tables.keys()
    gone = tables_missing(world, chosen.seed, count=10, among=taken - NEWEST_LISTS)
    otherwise = measures_renamed(gone, chosen.seed, count=20, among=taken)
    print("As the evidence has it")
    came = [first_day(world, **options)]
    print("Ten tables not found, twenty measures under another title")
    came.append(first_day(otherwise, **options))
    return 0 if all(came) else 1


if __name__ == "__main__":
    sys.exit(main())
