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
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.load_catalog import load_catalog_tables, load_sources
from wijkpeil.edition.memory import bound, spill
from wijkpeil.edition.missing import (
    MissingMeasure,
    find_missing,
    find_unplaced,
    is_answer,
    need_enough,
    wholly_missing,
    with_failures,
)
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
from wijkpeil.errors import Unreadable
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
    why_to_come,
    why_unreadable,
)

SQL = PROJECT_ROOT / "sql"
SUITES = PROJECT_ROOT / "expectations"
_LOG = logging.getLogger(__name__)
# what DuckDB 1.1.3 and newer read, whatever a newer one would write by itself
STORAGE_VERSION = "v0.10.2"
# what decides what is in the file: whole rooms, so that none of their files can be forgotten
_ROOMS = ("edition", "catalog", "sources", "words")
_GROUND = ("delimited.py", "rounding.py", "text.py")
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Inputs:
    """Everything a build depends on; equal fingerprints give equal marts.

    `problems` says of each source whose newest snapshot cannot be read why, and what is used
    instead; `sifted` which snapshots of a source were in use before, and what is held or doubted;
    `missing` what the catalog asks and no snapshot answers.
    """

    snapshots: dict[str, Snapshot]
    fingerprint: str
    sifted: Sifted
    missing: tuple[MissingMeasure, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def find_inputs(catalog: Catalog, warehouse: Path) -> Inputs:
    """The snapshot of each source that the sieve lets through, and what is missing.

    Raises WijkError when that makes no edition.
    """
    sifted = sift(catalog, warehouse)
    held = {hold.source_id: hold.sentence for hold in sifted.holds}
    snapshots: dict[str, Snapshot] = {}
    missing: list[MissingMeasure] = []
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
        if used and is_answer(used[0], source):
            snapshots[source.id] = used[0]
            missing += find_missing(source, used[0])
        elif not used and (why := why_to_come(warehouse, source.id)):
            missing += wholly_missing(source, why, "not_yet_published")
        else:
            missing += wholly_missing(source, held.get(source.id) or _why_none(source.id, used))
    figures = figures_of(catalog, snapshots)
    need_enough(catalog, figures, missing)
    missing += find_unplaced(catalog, figures, missing)
    return _as_inputs(catalog, warehouse, snapshots, sifted, missing)


def figures_of(catalog: Catalog, snapshots: Mapping[str, Snapshot]) -> dict[str, Snapshot]:
    """The snapshots of sources of figures."""
    return {each.id: snapshots[each.id] for each in catalog.figure_sources if each.id in snapshots}


def _why_none(source_id: str, used: Sequence[Snapshot]) -> str:
    if not used:
        return f"{source_id} was never received; run `wijkpeil refresh`."
    return (
        f"the block of {source_id} asks for something else than its snapshot of "
        f"{used[0].retrieved_at:%Y-%m-%d}; run `wijkpeil refresh` to fetch it anew."
    )


def _as_inputs(
    catalog: Catalog,
    warehouse: Path,
    snapshots: dict[str, Snapshot],
    sifted: Sifted,
    missing: Sequence[MissingMeasure],
) -> Inputs:
    digest = hashlib.sha256(catalog.fingerprint.encode())
    for source_id, snapshot in sorted(snapshots.items()):
        digest.update(f"{source_id}={snapshot.snapshot_id}\n".encode())
    digest.update(sifted.as_text.encode())
    for each in missing:
        # not the reason: it may tell of the day
        key = (each.source_id, each.indicator_id, each.year, each.status)
        digest.update(f"{key}\n".encode())
    for path in definition_files():
        digest.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    problems = {}
    for source in catalog.sources:
        folders = all_snapshots(warehouse, source.id)
        why = why_unreadable(folders[-1]) if folders else None
        if why is not None:
            problems[source.id] = f"Source {source.id}: {why} {_instead(snapshots.get(source.id))}"
    return Inputs(snapshots, digest.hexdigest(), sifted, tuple(missing), problems)


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
    marked so, and the one before it is used; where a source has none its figures are missing.
    Raises WijkError where what is left makes no edition.
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
        used, lost = _read_figures(connection, catalog, inputs, warehouse)
        missing = _missing_now(catalog, inputs, used, lost)
        need_enough(catalog, used, missing)
        used |= _read_places(connection, catalog, inputs, warehouse)
        inputs = _as_inputs(catalog, warehouse, used, inputs.sifted, missing)
        failures = {**inputs.problems, **(failures or {})}
        missing = with_failures(missing, used, failures)
        load_catalog_tables(connection, catalog, used, missing)
        load_sources(connection, catalog, used, failures, missing)
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


def _missing_now(
    catalog: Catalog, inputs: Inputs, used: Mapping[str, Snapshot], lost: Mapping[str, str]
) -> list[MissingMeasure]:
    """What is missing beside the snapshots that could be read."""
    missing: list[MissingMeasure] = []
    for source in catalog.figure_sources:
        if source.id in lost:
            missing += wholly_missing(source, lost[source.id])
        elif source.id in used:
            missing += find_missing(source, used[source.id])
        else:
            missing += [each for each in inputs.missing if each.source_id == source.id]
    return [*missing, *find_unplaced(catalog, used, missing)]


def _clear(folder: Path) -> None:
    """Remove what a build leaves beside its candidate, also one that was killed."""
    for leftover in [*folder.glob("building.duckdb*"), folder / "spill"]:
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def _read_figures(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, inputs: Inputs, warehouse: Path
) -> tuple[dict[str, Snapshot], dict[str, str]]:
    """Load the figures of each source; from which snapshot: the newest that is read, and why none
    of a source can be."""
    used: dict[str, Snapshot] = {}
    lost: dict[str, str] = {}
    for source in catalog.figure_sources:
        if source.id not in inputs.snapshots:
            continue
        snapshot, why = _first_read(
            source, inputs, warehouse, partial(read_in, connection, source, scratch=warehouse)
        )
        if snapshot is None:
            lost[source.id] = f"Source {source.id}: none of its snapshots can be read. {why}"
        else:
            used[source.id] = snapshot
    return used, lost


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
        each for each in known if each.snapshot_id < chosen.snapshot_id and _answers(each, source)
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


def _answers(snapshot: Snapshot, source: CbsTable | Extract | AddressFile | Boundaries) -> bool:
    if isinstance(source, CbsTable | Extract):
        return is_answer(snapshot, source)
    return snapshot.origin.request == source.request


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
