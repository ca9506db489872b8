"""A snapshot as figures, read by the build's own reader: indicator, area, year, value.

Kept as parquet in `<warehouse>/quarantine/`, and made again where it is gone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from wijkpeil.catalog import CbsTable, Extract, Indicator
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.load_catalog import load_indicators, load_source_block
from wijkpeil.edition.models import in_order, make_macros, read_models, run_models
from wijkpeil.errors import Unreadable, sentence
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.reading import read_in
from wijkpeil.sources.snapshots import Snapshot
from wijkpeil.text import literal

_SQL = PROJECT_ROOT / "sql"
# CBS's change flag of an area, kept among the figures
CHANGE_FLAG = "(change flag)"
_CODE = (
    *("profile.py", "comparing.py", "cell.sql"),
    *("../given.py", "../load_catalog.py", "../../sources/cells.py"),
)


def profile_of(
    source: CbsTable | Extract,
    snapshot: Snapshot,
    indicators: tuple[Indicator, ...],
    warehouse: Path,
) -> Path:
    """The parquet file with the figures of a snapshot; raises Unreadable when it has none that
    can be read. Columns: indicator_id, area_code, year, value, standard_error, status,
    is_bad and copies: how often it stands there."""
    folder = warehouse / "quarantine" / source.id
    key = digest_of(source, indicators)
    path = folder / f"{snapshot.snapshot_id}-{key}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".reading-"))
    try:
        part = scratch / "figures.parquet"
        _read(source, snapshot, indicators, part, scratch)
        part.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path


def digest_of(source: CbsTable | Extract, indicators: tuple[Indicator, ...]) -> str:
    """What decides how a snapshot of this source is read and compared, as 16 hex digits."""
    digest = hashlib.sha256(_code())
    digest.update(source.model_dump_json(exclude={"title_nl", "note"}).encode())
    named = {measure.indicator for measure in source.measure}
    for indicator in indicators:
        if indicator.id in named:
            size = indicator.meaningful_change
            deciding = [indicator.id, indicator.range, indicator.decimals]
            deciding += [size.per_year, size.relative] if size else []
            digest.update(json.dumps(deciding).encode())
    return digest.hexdigest()[:16]


@cache
def _code() -> bytes:
    here = Path(__file__).parent
    paths = [here / name for name in _CODE] + sorted((_SQL / "staging").glob("*.sql"))
    paths += sorted((here / "rules").glob("*.sql"))
    return b"".join(path.read_bytes() for path in paths)


def present_part(source: CbsTable | Extract, snapshot: Snapshot) -> CbsTable | Extract:
    """The source with those of its measures that this snapshot has a column for."""
    if isinstance(source, CbsTable):
        there = {each["indicator"] for each in snapshot.origin.layout["measures"]}
        kept = [measure for measure in source.measure if measure.indicator in there]
        return source.model_copy(update={"measure": kept})
    return source


def _read(
    source: CbsTable | Extract,
    snapshot: Snapshot,
    indicators: tuple[Indicator, ...],
    target: Path,
    scratch: Path,
) -> None:
    models = read_models(_SQL, ["staging"])
    known = present_part(source, snapshot)
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(str(scratch))}")
        connection.execute("set timezone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        create_given(connection)
        make_macros(connection, _SQL)
        load_indicators(connection, indicators)
        try:
            load_source_block(connection, known, snapshot)
            connection.execute(
                "insert into meta.source (source_id, retrieved_on) values (?, ?)",
                [known.id, snapshot.retrieved_at.date()],
            )
            read_in(connection, known, snapshot, scratch)
            run_models(connection, in_order(models, GIVEN))
        except duckdb.Error as error:
            if sentence(error) is not None:  # the disk, not the snapshot
                raise
            raise Unreadable(f"Snapshot {snapshot.folder}: {str(error).splitlines()[0]}") from error
        connection.execute(
            f"""
            copy (
                with figure as (
                    select indicator_id, area_code, year, value, standard_error, status, fault,
                    from staging.cbs_observation
                    union all by name
                    select indicator_id, area_code, year, value, standard_error, status, fault,
                    from staging.extract_observation
                    where not is_ignored and not is_blank_row
                )
                select
                    indicator_id,
                    area_code,
                    year,
                    count(distinct value) > 1 or bool_or(fault is not null) as is_bad,
                    if(is_bad, null, any_value(value)) as value,
                    if(is_bad, null, any_value(standard_error)) as standard_error,
                    if(is_bad, 'quarantined', min(status)) as status,
                    count(*) as copies,
                from figure
                group by all
                union all by name
                select {literal(CHANGE_FLAG)} as indicator_id, area_code, year,
                    change_flag::double as value, null::double as standard_error,
                    'final' as status, false as is_bad, 1 as copies,
                from staging.cbs_area
            ) to {literal(str(target))} (format parquet)
            """
        )
