"""What becomes of a source that publishes something wrong: who sees it, and is anybody mailed?

    .venv/bin/python benchmarks/mutations.py                       all of it, long
    .venv/bin/python benchmarks/mutations.py --only k05 --kind revised
    .venv/bin/python benchmarks/mutations.py --seed 7 --kind first

Each mutation is published by one source of the demo world (206 areas, 3 programmes), after an
edition was told: `revised`, in place of figures that were there; or `first`, as the first figures
of a new year. It goes through the real fetch, sieve, build, checks, publishing and queueing.

New are the alerts that are not up after the same step with right figures; those that are up there
and wait for something are `early`. Lifted are those that the right step does not end. One new or
lifted, a mutation that nobody names, or an honest change of which the snapshot is held ends this
with exit code 1.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import mutated_kwb  # noqa: F401  # each adds its own to MUTATIONS
import mutated_police  # noqa: F401
from mutated_rows import (
    KWB,
    MUTATIONS,
    POLICE,
    SURVEY,
    YEAR,
    Mutation,
    Row,
    right_tables,
)
from mutated_survey import is_new

from wijkpeil.alerts import Recipients, load_recipients, queue_alerts, read_followed
from wijkpeil.alerts.ledger import AlertKey, Ledger
from wijkpeil.catalog import Boundaries, Catalog, CbsTable, load_catalog
from wijkpeil.demo import demo_world
from wijkpeil.demo.country import survey
from wijkpeil.demo.world import DemoWorld
from wijkpeil.edition.build import SUITES, build, find_inputs
from wijkpeil.edition.checks import run_checks
from wijkpeil.edition.publish import publish
from wijkpeil.edition.quarantine import find_waiting
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.fetch import fetch

Alerts = frozenset[AlertKey]


# the world


@dataclass
class Bench:
    """The demo world, and warehouses in which an edition was told."""

    world: DemoWorld
    settings: Settings
    catalog: Catalog
    folder: Path
    recipients: Recipients
    tick: int = 0
    right: Result | None = None
    """What becomes of right first figures."""

    @property
    def survey_file(self) -> Path:
        return self.settings.catalog / survey.FILE_NAME

    def catalog_of(self, kind: str) -> Catalog:
        """The catalog before the step: for `first` without the newest year."""
        if kind == "revised":
            return self.catalog
        tables = [
            table.model_copy(
                update={"years": [table.years[0], YEAR - 1], "geography_year": YEAR - 1}
            )
            if table.years
            else table
            for table in self.catalog.tables
            if table.id != KWB
        ]
        return self.catalog.model_copy(update={"tables": tuple(tables), "fingerprint": "before"})

    def told(self, kind: str) -> Path:
        """The warehouse in which the edition before the step was told."""
        warehouse = self.folder / f"told-{kind}"
        if (warehouse / "wijken.duckdb").exists():
            return warehouse
        catalog = self.catalog_of(kind)
        self.serve()
        if kind == "first":
            self.serve_survey([row for row in survey_rows() if not is_new(row)])
        for source in catalog.sources:
            self.fetch(source.id, catalog, warehouse)
        make_edition(catalog, warehouse)
        settings = replace(self.settings, warehouse=warehouse)
        queue_alerts(settings, warehouse / "wijken.duckdb", self.recipients, draw=nothing)
        return warehouse

    def fetch(self, source_id: str, catalog: Catalog, warehouse: Path) -> None:
        # shapes have no figures
        if not isinstance(catalog.source(source_id), Boundaries):
            fetch(source_id, catalog, replace(self.settings, warehouse=warehouse))

    def serve(self) -> None:
        """Everything as it is when it is right."""
        for table in right_tables():
            self.world.cbs.replace(table)
        self.serve_survey(survey_rows())

    def serve_survey(self, rows: Sequence[Row]) -> None:
        names = list(survey_rows()[0])
        lines = [";".join(names), *(";".join(str(row[name]) for name in names) for row in rows)]
        self.survey_file.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))

    def serve_mutated(self, change: Mutation, chance: random.Random) -> None:
        if change.source == SURVEY:
            rows = survey_rows()
            self.serve_survey(change.change(rows, chance) or rows)
            return
        source = self.catalog.source(change.source)
        assert isinstance(source, CbsTable)
        table = next(each for each in right_tables() if each.cbs_id == source.cbs_id)
        rows = [dict(row) for row in table.data]  # type: ignore[union-attr]
        self.tick += 1
        changed = replace(table, data=change.change(rows, chance) or rows)
        self.world.cbs.replace(
            changed.touched(f"2026-07-01T{self.tick // 60:02d}:{self.tick % 60:02d}:00")
        )


def survey_rows() -> list[Row]:
    lines = survey.survey_csv().decode("cp1252").splitlines()
    names = lines[0].split(";")
    return [dict(zip(names, line.split(";"), strict=True)) for line in lines[1:]]


def make_edition(catalog: Catalog, warehouse: Path) -> str | None:
    """Build, check and publish; the sentence of the checks that stop it."""
    candidate = build(catalog, warehouse, find_inputs(catalog, warehouse))
    report = run_checks(candidate, SUITES)
    if not report.is_publishable:
        return report.sentence()
    time.sleep(max(0.0, 1.05 - time.time() % 1))  # an edition is named for its second
    publish(warehouse)
    return None


def nothing(*_: object) -> None:
    """Draws no picture."""


@dataclass(frozen=True)
class Result:
    """What became of one mutation."""

    mutation: Mutation
    kind: str
    caught: tuple[str, ...]
    told: str = ""
    changed: int = 0
    mails: int = 0
    new: Alerts = frozenset()
    lifted: Alerts = frozenset()
    up: Alerts = frozenset()
    early: int = 0

    @property
    def is_right(self) -> bool:
        if self.mutation.honest:
            # a figure of which nobody can know waits by itself, and holds up no other
            return not any(each.startswith("held: ") for each in self.caught)
        return bool(self.caught) and not self.new and not self.lifted


def run(bench: Bench, change: Mutation, kind: str, seed: int) -> Result:
    """One mutation, as one step after the edition that was told, against right figures."""
    if kind == "revised":
        return publish_mutated(bench, change, kind, seed)
    if bench.right is None:
        (right,) = [each for each in MUTATIONS if each.name == f"c10_{KWB}"]
        bench.right = publish_mutated(bench, right, kind, 0)
        assert bench.right.is_right, bench.right
    found, right = publish_mutated(bench, change, kind, seed), bench.right
    return replace(
        found,
        caught=tuple(each for each in found.caught if each not in right.caught),
        new=found.new - right.new - right.up,
        lifted=found.lifted - right.lifted,
        early=len((found.new - right.new) & right.up),
    )


def publish_mutated(bench: Bench, change: Mutation, kind: str, seed: int) -> Result:
    """What becomes of it: who names it, and which alerts it starts and ends."""
    before = bench.told(kind)
    warehouse = bench.folder / "now"
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.copytree(before, warehouse)
    settings = replace(bench.settings, warehouse=warehouse)
    bench.serve()
    bench.serve_mutated(change, random.Random(f"{seed} {change.name}"))
    sources = [change.source] if kind == "revised" else [KWB, POLICE, SURVEY]
    caught, told = [], ""
    for source in sources:
        try:
            bench.fetch(source, bench.catalog, warehouse)
        except WijkError as error:
            caught, told = [f"fetch of {source}"], str(error)
    if caught and kind == "first":
        return Result(change, kind, tuple(caught), told)
    waiting = [each for each in find_waiting(bench.catalog, warehouse) if each.snapshot_id]
    for one in waiting:
        caught += [f"held: {', '.join(one.rules)}"]
        told = one.sentence
    # (before the first figures of a year there is no snapshot of its table)
    if caught and kind == "revised" and used_ids(bench, warehouse) == used_ids(bench, before):
        # the same snapshots give the same figures, so there is nothing to tell
        return Result(change, kind, tuple(caught), told)
    try:
        stopped = make_edition(bench.catalog, warehouse)
    except WijkError as error:
        stopped = str(error)
    if stopped:
        return Result(change, kind, (*caught, "stopped"), stopped)
    caught += left_out(before, warehouse)
    for one in find_waiting(bench.catalog, warehouse):
        if not one.snapshot_id:
            caught += [f"mail held: {', '.join(one.rules)} ({len(one.details)})"]
            told = told or one.sentence
    open_before = frozenset(Ledger(before).last_told())
    report = queue_alerts(settings, warehouse / "wijken.duckdb", bench.recipients, draw=nothing)
    open_now = frozenset(Ledger(warehouse).last_told())
    edition = read_followed(warehouse / "wijken.duckdb")
    return Result(
        mutation=change,
        kind=kind,
        caught=tuple(caught),
        told=told,
        changed=classes_changed(before, warehouse),
        mails=len(report.queued),
        new=open_now - open_before,
        lifted=open_before - open_now,
        up=frozenset(each.key for each in edition.signals if each.is_alert),
    )


def used_ids(bench: Bench, warehouse: Path) -> dict[str, str]:
    """The snapshot of each source that a build would use."""
    snapshots = find_inputs(bench.catalog, warehouse).snapshots
    return {name: snapshot.snapshot_id for name, snapshot in snapshots.items()}


def left_out(before: Path, now: Path) -> list[str]:
    """The tables in which the edition itself names more cells and rows than the one before."""
    found = []
    with duckdb.connect() as connection:
        for name, path in (("a", before), ("b", now)):
            connection.execute(f"attach '{path / 'wijken.duckdb'}' as {name} (read_only)")
        for table in ("core.quarantined_cell", "core.input_warning"):
            columns = f"source_id, problem, message from {{}}.{table}"
            (row,) = connection.execute(
                f"select count(*) from (select {columns.format('b')} except all "
                f"select {columns.format('a')})"
            ).fetchall()
            if row[0]:
                found.append(f"{table} ({row[0]})")
        waiting = "indicator_id, year from {}.core.observation where status = 'not_yet_published'"
        rows = connection.execute(
            f"select distinct indicator_id from (select distinct {waiting.format('b')} except "
            f"select {waiting.format('a')}) order by all"
        ).fetchall()
        if rows:
            found.append(f"not yet published ({', '.join(name for (name,) in rows)})")
    return found


def classes_changed(before: Path, now: Path) -> int:
    """How many classes of edition years that both have are others."""
    with duckdb.connect() as connection:
        for name, path in (("a", before), ("b", now)):
            connection.execute(f"attach '{path / 'wijken.duckdb'}' as {name} (read_only)")
        row = connection.execute(
            "select count(*) from a.marts.stagnation as a join b.marts.stagnation as b using "
            "(edition_year, area_code, indicator_id, axis) where a.programme_id is not distinct "
            "from b.programme_id and a.class <> b.class"
        ).fetchone()
        assert row
        return int(row[0])


@contextmanager
def bench_in(folder: Path) -> Iterator[Bench]:
    with demo_world(folder) as world:
        settings = Settings.from_environment(world.environment)
        catalog = load_catalog(settings.catalog)
        catalog = catalog.model_copy(update={"boundaries": ()})
        recipients = load_recipients(settings, catalog)
        yield Bench(world, settings, catalog, folder, recipients)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="Names that begin with this.")
    parser.add_argument("--kind", choices=("revised", "first", "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="Keep the world here, for a next time.")
    given = parser.parse_args(arguments)
    wanted = tuple(given.only) or ("",)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="mutations-"))
    print(
        "| mutation | what | step | named by | classes changed | mails | new | lifted | early | s |"
    )
    print("|---|---|---|---|---:|---:|---:|---:|---:|---:|", flush=True)
    found_all: list[Result] = []
    with bench_in(folder) as bench:
        for change in MUTATIONS:
            if not change.name.startswith(wanted):
                continue
            for kind in change.kinds:
                if given.kind not in (kind, "all"):
                    continue
                began = time.time()
                found = run(bench, change, kind, given.seed)
                found_all.append(found)
                print(
                    f"| {change.name} | {change.what} | {kind} | "
                    f"{'; '.join(found.caught) or 'nothing'} | {found.changed} | {found.mails} | "
                    f"{len(found.new)} | {len(found.lifted)} | {found.early} | "
                    f"{time.time() - began:.0f} |",
                    flush=True,
                )
    mutated = [each for each in found_all if not each.mutation.honest]
    honest = [each for each in found_all if each.mutation.honest]
    print(
        f"\nSeed {given.seed}: {sum(bool(each.caught) for each in mutated)} of {len(mutated)} "
        f"mutations named; of {len(honest)} honest changes "
        f"{sum(not each.is_right for each in honest)} held as a whole and "
        f"{sum(bool(each.caught) for each in honest)} with something to look at."
    )
    wrong = [each for each in found_all if not each.is_right]
    for each in wrong:
        print(f"Not right: {each.mutation.name} ({each.kind}): {each.told[:300]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
