"""What the trends of the whole country cost: 3,400 wijken, 40 indicators, 4 axes, 13 years.

    .venv/bin/python benchmarks/trends.py           all of it, on one core
    .venv/bin/python benchmarks/trends.py --small   a twentieth of the wijken, to see that it works

The figures are invented, from their row numbers alone: a tenth of the wijken lacks a year, one in
thirty changed its boundary, a quarter of the indicators has margins, two have a new definition.
Beside it stands one plain straight line per series, axis and window, by DuckDB's `regr_slope` on
figures and references that lie ready in one table. Each is a process of its own, so that its peak
of memory is its own too. Seconds are those of the core, not of the clock. Classes are computed when
they are read: the last step reads every column.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

WIJKEN, INDICATORS, YEARS, SMALL = 3400, 40, range(2013, 2026), 20

_GIVEN = f"""
insert into catalog.indicator by name
select 'i' || i as indicator_id, 'verzonnen' as name_nl, 'safety' as theme, '%' as unit,
    1 as decimals, if(i % 3 = 0, -1, 1) as direction, 'weighted_mean' as aggregation,
    8 as window_years, if(i % 2 = 0, 0.2, null) as change_per_year,
    if(i % 2 = 1, 0.02, null) as change_relative,
from range({INDICATORS}) as t(i);
insert into catalog.indicator_break values ('i7', 2017), ('i8', 2020);
insert into catalog.programme by name
select 'p' as programme_id, 1 as position, 'verzonnen' as name_nl, 'programme' as comparator;
create table core.place as
select 'WK' || lpad(i::varchar, 6, '0') as area_code, 'wijk' as area_kind,
    'GM' || lpad((i // 10)::varchar, 4, '0') as gemeente_code, true as is_listed,
from range($wijken) as t(i);
create table core.programme_area as
select 'p' as programme_id, area_code, true as is_used from core.place order by 2 limit 70;
create table core.observation as
select
    place.area_code,
    indicator.indicator_id,
    year::integer as year,
    if(
        hash(place.area_code) % 10 = 0 and hash(place.area_code, year) % 13 = 0, null,
        50 + hash(place.area_code) % 20 + 0.3 * (year - 2013) * (hash(place.area_code, 1) % 3)
        + hash(place.area_code, indicator.indicator_id, year) % 1000 / 500.0
    )::double as value,
    if(value is null, 'suppressed', 'final') as status,
    false as is_never_revised,
    if(hash(indicator.indicator_id) % 4 = 0 and value is not null, 0.4, null)::double
        as standard_error,
    's' || year as source_id,
    if(hash(place.area_code, 2) % 30 = 0 and year < 2018, 1, 0) as boundary_segment,
from core.place as place
cross join catalog.indicator as indicator
cross join range({YEARS.start}, {YEARS.stop}) as t(year);
create table core.benchmark as
select area_code, null::varchar as programme_id, indicator_id, year,
    unnest(['gemeente', 'nl']) as comparator, 60 + 0.2 * (year - 2013)::double as value,
from core.observation
union all by name
select area_code, 'p' as programme_id, indicator_id, year, 'programme' as comparator,
    58 + 0.2 * (year - 2013)::double as value,
from core.observation
semi join core.programme_area using (area_code);
"""
_PLAIN = """
create table plain as
select area_code, indicator_id, edition.range as edition_year,
    regr_slope(value, year) as own,
    regr_slope(value - gemeente_value, year) as gap_gemeente,
    regr_slope(value - nl_value, year) as gap_nl,
    regr_slope(value - programme_value, year) as gap_programme,
from ready
join range($start, $stop) as edition
    on edition.range >= year and edition.range < year + 8
group by all
"""


def make_given(folder: Path, wijken: int) -> None:
    """A file with what the trends read: the catalog, figures, references and areas."""
    from wijkpeil.edition.given import create_given

    with duckdb.connect(folder / "given.duckdb") as connection:
        create_given(connection)
        connection.execute("create schema core")
        for statement in _GIVEN.split(";\n"):
            given = {"wijken": wijken} if "$wijken" in statement else None
            connection.execute(statement, given)


def trends(folder: Path) -> dict[str, Any]:
    """Seconds per table of the rule, and of reading every column of every class."""
    from wijkpeil.backtest.simulate import trend_models
    from wijkpeil.edition.models import make_macros, making

    sql = Path(__file__).parents[1] / "sql"
    models = trend_models(sql)
    made = {model.name for model in models}
    with _one_core(folder) as connection:
        make_macros(connection, sql)
        for name in sorted(set().union(*(model.reads for model in models)) - made):
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.execute(f"create table {name} as from given.{name}")
        said: dict[str, Any] = {"given_mib": _peak_mib(), "seconds": {}}
        started = time.process_time()
        for model in making(connection, models):
            now = time.process_time()
            if not model.is_view:
                said["seconds"][model.name] = now - started
            started = now
        columns = [row[0] for row in connection.execute("describe core.trend").fetchall()]
        counted = ", ".join(f"count({column})" for column in columns)
        read = connection.execute(f"select count(*), {counted} from core.trend").fetchall()
        said["rows"] = read[0][0]
        said["seconds"]["core.trend, read"] = time.process_time() - started
    return said


def plain(folder: Path) -> dict[str, Any]:
    """Seconds of one plain line per series, axis and window."""
    with _one_core(folder) as connection:
        connection.execute(
            """
            create table ready as
            select area_code, indicator_id, observation.year, observation.value,
                max(reference.value) filter (where comparator = 'gemeente') as gemeente_value,
                max(reference.value) filter (where comparator = 'nl') as nl_value,
                max(reference.value) filter (where comparator = 'programme') as programme_value,
            from given.core.observation as observation
            join given.core.benchmark as reference using (area_code, indicator_id, year)
            group by all
            """
        )
        started = time.process_time()
        connection.execute(_PLAIN, {"start": YEARS.start, "stop": YEARS.stop})
        return {"seconds": {"one plain line": time.process_time() - started}}


def _one_core(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("set memory_limit = '4GB'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"attach '{folder / 'given.duckdb'}' as given (read_only)")
    return connection


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


JOBS = {"trends": trends, "plain": plain}


def apart(job: str, folder: Path) -> dict[str, Any]:
    """What a job says of itself, with the peak memory of its process."""
    done = subprocess.run(
        [sys.executable, __file__, "--job", job, "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if given.job:
        said = JOBS[given.job](given.folder)
        print(json.dumps({**said, "peak_mib": _peak_mib()}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # a process starts with the peak of the one that made it, so this one stays small
        with get_context("spawn").Pool(1) as pool:
            pool.apply(make_given, (folder, WIJKEN // SMALL if given.small else WIJKEN))
        rule, line = apart("trends", folder), apart("plain", folder)
    for table, seconds in {**rule["seconds"], **line["seconds"]}.items():
        print(f"{table:22} {seconds:6.2f} s")
    total, beside = sum(rule["seconds"].values()), sum(line["seconds"].values())
    print(
        f"{rule['rows']:,} classes in {total:.1f} s on one core, {total / beside:.1f} times one "
        f"plain line each; peak {rule['peak_mib']:,.0f} MiB, "
        f"of which {rule['given_mib']:,.0f} before the first table"
    )


if __name__ == "__main__":
    main()
