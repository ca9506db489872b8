"""Publish: a checked candidate becomes an edition and the file that readers open.

Both steps are renames on one disk. Who has the old file open keeps it; who opens after the
rename has the new one; nobody sees half a file.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from wijkpeil.edition.folder import candidate_path, published_path, reading
from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import is_ahead, sync, utc_now


@dataclass(frozen=True)
class Edition:
    """A published, or publishable, edition."""

    edition_id: str
    built_at: datetime
    inputs_fingerprint: str
    first_year: int | None
    last_year: int | None
    observations: int


def read_edition(path: Path) -> Edition:
    """What a DuckDB file says of itself; raises WijkError when it is no edition."""
    with reading(path) as connection:
        tables = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = 'edition'"
        ).fetchall()
        row = (
            tables
            and connection.execute(
                "select edition_id, built_at, inputs_fingerprint, first_year, last_year, "
                "observations from meta.edition"
            ).fetchone()
        )
    if not row:
        raise WijkError(f"{path} is no edition; build it anew with `wijkpeil build`.")
    return Edition(*row)


def published_edition(warehouse: Path) -> Edition | None:
    """The edition that readers see now, or None before the first."""
    path = published_path(warehouse)
    return read_edition(path) if path.exists() else None


def publish(warehouse: Path) -> Edition:
    """Publish the candidate; raises WijkError when it is absent, unchecked, or failed a check."""
    candidate = candidate_path(warehouse)
    if not candidate.exists():
        raise WijkError(f"{candidate} does not exist; run `wijkpeil build` and `wijkpeil check`.")
    edition = read_edition(candidate)
    _demand_passed(candidate)
    target = warehouse / "editions" / f"{edition.edition_id}.duckdb"
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise WijkError(f"{target} exists already, and an edition never changes; build anew.")
    _date(candidate)
    candidate.chmod(0o444)
    candidate.rename(target)
    sync(target.parent)
    show(warehouse, target)
    return edition


def show(warehouse: Path, edition_file: Path) -> None:
    """Make an edition the published one, by rename."""
    published = published_path(warehouse)
    staged = published.with_name(".wijken.duckdb.new")
    staged.unlink(missing_ok=True)
    try:
        os.link(edition_file, staged)
    except OSError:
        # some network disks know no links; a copy takes longer and is as good
        shutil.copyfile(edition_file, staged)
        sync(staged)
    staged.replace(published)
    sync(warehouse)


def finish_interrupted(warehouse: Path) -> Edition | None:
    """Show the newest edition when a run was stopped between making and showing it; one that is
    dated ahead, made under a clock that was wrong, is not the newest."""
    made = sorted((warehouse / "editions").glob("*.duckdb"))
    files = [path for path in made if not is_ahead(path.stem)]
    if not files:
        return None
    if published_path(warehouse).exists() and published_path(warehouse).samefile(files[-1]):
        return None
    newest = read_edition(files[-1])
    published = published_edition(warehouse)
    is_older = published is not None and (
        published.edition_id < newest.edition_id or is_ahead(published.edition_id)
    )
    if published is None or is_older:
        show(warehouse, files[-1])
        return newest
    return None


def list_editions(warehouse: Path) -> list[Edition]:
    """All editions, oldest first."""
    return [read_edition(path) for path in sorted((warehouse / "editions").glob("*.duckdb"))]


def _date(candidate: Path) -> None:
    """Write the moment of publication into the file, which is closed from here on."""
    connection = duckdb.connect(candidate)
    try:
        connection.execute("update meta.edition set published_at = ?", [utc_now()])
        connection.execute("checkpoint")
    finally:
        connection.close()
    sync(candidate)


def _demand_passed(candidate: Path) -> None:
    with reading(candidate) as connection:
        checked = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = 'check'"
        ).fetchall()
        if not checked:
            raise WijkError("The candidate was not checked; run `wijkpeil check` first.")
        failed = connection.execute(
            'select count(*), min(message) from meta."check" '
            "where severity = 'critical' and not is_passed"
        ).fetchone()
    if failed and failed[0]:
        raise WijkError(
            f"The candidate fails {failed[0]} critical check(s), so the old edition stays: "
            f"{failed[1]}"
        )
