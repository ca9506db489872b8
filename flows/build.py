"""Build: the catalog and the newest snapshots → one new DuckDB file. Offline, all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.addresses import load_addresses
from flows.catalog import Catalog, CbsTable
from flows.cells import load_cbs, load_extract
from flows.errors import WijkError
from flows.kernel import comment_models, in_order, read_glossary, read_models, run_models
from flows.load import (
    GIVEN,
    create_given,
    load_catalog_tables,
    load_sources,
)
from flows.phrases import TEMPLATES, make_sentences
from flows.revisions import load_revisions
from flows.settings import PROJECT_ROOT
from flows.snapshots import Snapshot, newest, utc_now
from flows.warehouse import candidate_path

SQL = PROJECT_ROOT / "sql"
SUITES = PROJECT_ROOT / "expectations"
# a national warehouse needs about 2 GB; a municipal one a tenth of it
MEMORY_LIMIT = "4GB"
# the Python that decides what is in the file
_CODE = (
    "addresses/files.py",
    "addresses/loading.py",
    "build.py",
    "kernel.py",
    "load.py",
    "cells.py",
    "phrases.py",
    "revisions.py",
    "checks.py",
    "gx_duckdb.py",
)


@dataclass(frozen=True)
class Inputs:
    """Everything a build depends on; equal fingerprints give equal marts."""

    snapshots: dict[str, Snapshot]
    fingerprint: str


def find_inputs(catalog: Catalog, warehouse: Path) -> Inputs:
    """The newest snapshot of each source; raises WijkError when one is lacking or outdated.

    A source that was never received stops the build: its absence would read as no figures.
    """
    snapshots: dict[str, Snapshot] = {}
    missing, outdated = [], []
    for source in catalog.sources:
        snapshot = newest(warehouse, source.id)
        if source.cost is not None:
            # what is lost without it is said, and no error
            if snapshot is not None and snapshot.origin.request == source.request:
                snapshots[source.id] = snapshot
        elif snapshot is None:
            missing.append(source.id)
        elif snapshot.origin.request != source.request:
            outdated.append(source.id)
        else:
            snapshots[source.id] = snapshot
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
    digest = hashlib.sha256(catalog.fingerprint.encode())
    for source_id, snapshot in sorted(snapshots.items()):
        digest.update(f"{source_id}={snapshot.snapshot_id}\n".encode())
    for path in _definition_files():
        digest.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    return Inputs(snapshots=snapshots, fingerprint=digest.hexdigest())


def _definition_files() -> list[Path]:
    code = [Path(__file__).parent / name for name in _CODE]
    sentences = sorted(TEMPLATES.glob("sentence.*.toml"))
    return [*sorted(SQL.rglob("*.*")), *sentences, *sorted(SUITES.glob("*.json")), *code]


def build(
    catalog: Catalog, warehouse: Path, inputs: Inputs, failures: Mapping[str, str] | None = None
) -> Path:
    """Build the candidate file and return its path; an older candidate is replaced at the end.

    `failures` holds a sentence per source whose last fetch failed: it stands in meta.source
    beside the age of the snapshot that was used instead.
    """
    glossary = read_glossary(SQL)
    models = in_order(read_models(SQL), GIVEN)
    target = candidate_path(warehouse)
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob("building.duckdb*"):
        leftover.unlink()
    path = target.with_name("building.duckdb")
    connection = duckdb.connect(path)
    try:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set timezone = 'UTC'")
        create_given(connection)
        load_catalog_tables(connection, catalog, inputs.snapshots)
        load_sources(connection, catalog, inputs.snapshots, failures or {})
        for source in catalog.figure_sources:
            snapshot = inputs.snapshots[source.id]
            snapshot.verify()
            if isinstance(source, CbsTable):
                load_cbs(connection, source, snapshot)
            else:
                load_extract(connection, source, snapshot, target.parent)
        _load_addresses(connection, catalog, inputs, warehouse)
        connection.execute((SQL / "macros.sql").read_text(encoding="utf-8"))
        make_sentences(connection)
        load_revisions(connection, catalog, warehouse)
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
        for leftover in target.parent.glob("building.duckdb*"):
            leftover.unlink()
    return target


def _load_addresses(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, inputs: Inputs, warehouse: Path
) -> None:
    """The addresses of the years that have an area list; of others no code can be placed."""
    listed = catalog.listed_years
    received = [
        (block, inputs.snapshots[block.id])
        for block in catalog.address_files
        if block.id in inputs.snapshots and block.year in listed
    ]
    for _, snapshot in received:
        snapshot.verify()
    if received:
        load_addresses(connection, received, warehouse, max(listed))


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
