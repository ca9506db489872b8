"""Build: the catalog and the newest snapshots → one new DuckDB file. Offline, all or nothing."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb

from wijkpeil.catalog import AddressFile, Boundaries, Catalog, CbsTable, Extract
from wijkpeil.edition.folder import candidate_path
from wijkpeil.edition.load_catalog import GIVEN, create_given, load_catalog_tables, load_sources
from wijkpeil.edition.models import (
    comment_models,
    in_order,
    make_macros,
    read_glossary,
    read_models,
    run_models,
)
from wijkpeil.edition.quarantine import Sifted, load_sifted, sift
from wijkpeil.edition.revisions import load_revisions
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.errors import Unreadable, WijkError
from wijkpeil.memory import bound, spill
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.addresses import load_addresses
from wijkpeil.sources.reading import read_in
from wijkpeil.sources.snapshots import (
    Snapshot,
    all_snapshots,
    mark_readable,
    mark_unreadable,
    newest,
    read_snapshot,
    readable_snapshots,
    utc_now,
    why_unreadable,
)

SQL = PROJECT_ROOT / "sql"
SUITES = PROJECT_ROOT / "expectations"
_LOG = logging.getLogger(__name__)
# what DuckDB 1.1.3 and newer read, whatever a newer one would write by itself
STORAGE_VERSION = "v0.10.2"
# what decides what is in the file: whole rooms, so that none of their files can be forgotten
_ROOMS = ("edition", "catalog", "sources", "words")
_GROUND = ("delimited.py", "quoting.py", "rounding.py", "text.py")
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Inputs:
    """Everything a build depends on; equal fingerprints give equal marts.

    `problems` says of each source whose newest snapshot cannot be read why, and what is used
    instead; `sifted` which snapshots of a source were in use before, and what is held or doubted.
    """

    snapshots: dict[str, Snapshot]
    fingerprint: str
    sifted: Sifted
    problems: Mapping[str, str] = field(default_factory=dict)


def find_inputs(catalog: Catalog, warehouse: Path) -> Inputs:
    """The snapshot of each source that the sieve lets through; raises WijkError when one is
    lacking or outdated.

    A source that was never received stops the build: its absence would read as no figures.
    """
    sifted = sift(catalog, warehouse)
    held = {hold.source_id: hold for hold in sifted.holds}
    snapshots: dict[str, Snapshot] = {}
    missing: list[str] = []
    outdated: list[str] = []
    unusable: list[str] = []
    for source in catalog.sources:
        if not isinstance(source, CbsTable | Extract):
            # what is lost without it is said, and no error
            snapshot = newest(warehouse, source.id)
            if snapshot is not None and snapshot.origin.request == source.request:
                snapshots[source.id] = snapshot
            continue
        used = sifted.chains[source.id][-1:]
        if not used and source.id not in held and all_snapshots(warehouse, source.id):
            # what was wrong with it may be mended in the catalog: the build tries, and says
            used = (read_snapshot(all_snapshots(warehouse, source.id)[-1]),)
        if used and (used[0].origin.request == source.request):
            snapshots[source.id] = used[0]
        elif source.id not in held:
            (outdated if used else missing).append(source.id)
        elif used and _asks_for_other_years_only(used[0], source):
            snapshots[source.id] = used[0]
        else:
            unusable.append(held[source.id].sentence)
    if missing:
        raise WijkError(
            f"Never received: {', '.join(missing)}; nothing is built without them. "
            "Run `wijkpeil refresh`, or take their blocks from the catalog."
        )
    if outdated:
        raise WijkError(
            f"Catalog blocks changed since the last snapshot: {', '.join(outdated)}; "
            "run `wijkpeil refresh` to fetch them anew."
        )
    if unusable:
        raise WijkError(f"{' '.join(unusable)} Until then nothing can be built.")
    return _as_inputs(catalog, warehouse, snapshots, sifted)


def _asks_for_other_years_only(snapshot: Snapshot, source: CbsTable | Extract) -> bool:
    """Whether a snapshot answers the question of today but for the years."""
    then, now = dict(snapshot.origin.request), dict(source.request)
    for key in ("years", "at_years"):
        then.pop(key, None)
        now.pop(key, None)
    return then == now


def _as_inputs(
    catalog: Catalog, warehouse: Path, snapshots: dict[str, Snapshot], sifted: Sifted
) -> Inputs:
    digest = hashlib.sha256(catalog.fingerprint.encode())
    for source_id, snapshot in sorted(snapshots.items()):
        digest.update(f"{source_id}={snapshot.snapshot_id}\n".encode())
    digest.update(sifted.as_text.encode())
    for path in definition_files():
        digest.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    problems = {}
    for source in catalog.sources:
        folders = all_snapshots(warehouse, source.id)
        why = why_unreadable(folders[-1]) if folders else None
        if why is not None:
            problems[source.id] = f"Source {source.id}: {why} {_instead(snapshots.get(source.id))}"
    return Inputs(snapshots, digest.hexdigest(), sifted, problems)


def _instead(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "Nothing of it is used."
    age = snapshot.age_days()
    return f"Its snapshot of {snapshot.retrieved_at:%Y-%m-%d} ({age} days old) is used instead."


def definition_files() -> list[Path]:
    """Every file that decides what an edition says of its snapshots: SQL, suites and code."""
    rooms = [path for room in _ROOMS for path in (_PACKAGE / room).rglob("*.*")]
    files = [*rooms, *(_PACKAGE / name for name in _GROUND), *SQL.rglob("*.*")]
    files += SUITES.glob("*.json")
    return sorted(path for path in files if path.suffix != ".pyc")


def build(
    catalog: Catalog, warehouse: Path, inputs: Inputs, failures: Mapping[str, str] | None = None
) -> Path:
    """Build the candidate file and return its path; an older candidate is replaced at the end.

    `failures` holds a sentence per source whose last fetch failed: it stands in meta.source
    beside the age of the snapshot that was used instead. A snapshot that cannot be read is
    marked so, and the one before it is used; raises WijkError where a source of figures has none.
    """
    glossary = read_glossary(SQL)
    models = in_order(read_models(SQL), GIVEN)
    target = candidate_path(warehouse)
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear(target.parent)
    path = target.with_name("building.duckdb")
    connection = duckdb.connect(path, config={"storage_compatibility_version": STORAGE_VERSION})
    try:
        bound(connection)
        spill(connection, target.with_name("spill"))
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set timezone = 'UTC'")
        create_given(connection)
        used = _read_figures(connection, catalog, inputs, warehouse)
        used |= _read_places(connection, catalog, inputs, warehouse)
        inputs = _as_inputs(catalog, warehouse, used, inputs.sifted)
        load_catalog_tables(connection, catalog, used)
        load_sources(connection, catalog, used, {**inputs.problems, **(failures or {})})
        load_sifted(connection, inputs.sifted)
        make_macros(connection, SQL)
        make_sentences(connection)
        load_revisions(connection, catalog, inputs.sifted.chains, warehouse)
        run_models(connection, models)
        dynamic = {
            indicator.id: f"{indicator.name_nl} ({indicator.unit})"
            for indicator in catalog.indicators
        }
        comment_models(connection, models, glossary, dynamic)
        _load_runs(connection, warehouse)
        _describe_edition(connection, catalog, inputs)
        connection.execute("checkpoint")
        connection.close()
        path.replace(target)
    finally:
        connection.close()
        _clear(target.parent)
    return target


def _clear(folder: Path) -> None:
    """Remove what a build leaves beside its candidate, also one that was killed."""
    for leftover in [*folder.glob("building.duckdb*"), folder / "spill"]:
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def _read_figures(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, inputs: Inputs, warehouse: Path
) -> dict[str, Snapshot]:
    """Load the figures of each source, and say from which snapshot: the newest that is read."""
    used: dict[str, Snapshot] = {}
    lost: list[str] = []
    for source in catalog.figure_sources:
        snapshot, why = _first_read(
            source, inputs, warehouse, partial(read_in, connection, source, scratch=warehouse)
        )
        if snapshot is None:
            lost.append(f"Source {source.id}: none of its snapshots can be read. {why}")
        else:
            used[source.id] = snapshot
    if lost:
        raise WijkError(" ".join(lost))
    return used


def _read_places(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, inputs: Inputs, warehouse: Path
) -> dict[str, Snapshot]:
    """Load the addresses of the years that have an area list (of others no code can be placed),
    and say which snapshots of addresses and boundaries are used; a build can do without any."""
    used: dict[str, Snapshot] = {}
    places: list[AddressFile | Boundaries] = [*catalog.address_files, *catalog.boundaries]
    for block in places:
        snapshot, _ = _first_read(block, inputs, warehouse, Snapshot.verify)
        used |= {block.id: snapshot} if snapshot else {}
    listed = catalog.listed_years
    files = [file for file in catalog.address_files if file.id in used and file.year in listed]
    try:
        _load_addresses(connection, files, used, warehouse, listed)
    except Unreadable:
        # it is one of them: each is read on its own
        for file in files:
            read = partial(read_in, connection, file, scratch=warehouse)
            snapshot, _ = _first_read(file, inputs, warehouse, read)
            used.pop(file.id)
            used |= {file.id: snapshot} if snapshot else {}
        _load_addresses(
            connection, [file for file in files if file.id in used], used, warehouse, listed
        )
    return used


def _load_addresses(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[AddressFile],
    used: Mapping[str, Snapshot],
    warehouse: Path,
    listed: Collection[int],
) -> None:
    if files:
        received = [(file, used[file.id]) for file in files]
        load_addresses(connection, received, warehouse, max(listed))


def _first_read(
    source: CbsTable | Extract | AddressFile | Boundaries,
    inputs: Inputs,
    warehouse: Path,
    read: Callable[[Snapshot], object],
) -> tuple[Snapshot | None, str]:
    """The snapshot of the inputs, or else the newest before it that `read` can read, and why the
    first could not be; each that cannot is marked."""
    chosen = inputs.snapshots.get(source.id)
    if chosen is None:
        return None, ""
    known = (
        inputs.sifted.chains[source.id][::-1]
        if isinstance(source, CbsTable | Extract)
        else readable_snapshots(warehouse, source.id)
    )
    before = (
        each
        for each in known
        if each.snapshot_id < chosen.snapshot_id and each.origin.request == source.request
    )
    reasons: list[str] = []
    for snapshot in (chosen, *before):
        try:
            read(snapshot)
        except Unreadable as error:
            _LOG.info("%s", error)
            mark_unreadable(snapshot, str(error))
            reasons.append(str(error))
        else:
            mark_readable(snapshot)
            return snapshot, ""
    return None, reasons[0]


def _describe_edition(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, inputs: Inputs
) -> None:
    connection.execute(
        """
        create table meta.edition as
        select
            $edition_id as edition_id,
            $built_at::timestamptz as built_at,
            cast(null as timestamptz) as published_at,
            $inputs as inputs_fingerprint,
            $catalog as catalog_fingerprint,
            min(year) as first_year,
            max(year) as last_year,
            count(*) as observations,
            (select bool_or(is_synthetic) from meta.source) as is_synthetic,
        from core.observation
        """,
        {
            "edition_id": f"{utc_now():%Y%m%dT%H%M%SZ}",
            "built_at": utc_now(),
            "inputs": inputs.fingerprint,
            "catalog": catalog.fingerprint,
        },
    )


def _load_runs(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    connection.execute(
        "create table meta.run (run_id varchar primary key, started_at timestamptz, "
        "ended_at timestamptz, state varchar, message varchar, sources json)"
    )
    for path in sorted((warehouse / "runs").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        connection.execute(
            "insert into meta.run values (?, ?, ?, ?, ?, ?)",
            [
                record["run_id"],
                record["started_at"],
                record["ended_at"],
                record["state"],
                record["message"],
                json.dumps(record["sources"]),
            ],
        )
