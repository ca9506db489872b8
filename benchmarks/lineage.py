"""What the address files cost at national size: thirteen years of eight million addresses.

    .venv/bin/python benchmarks/lineage.py           all of it, some minutes
    .venv/bin/python benchmarks/lineage.py --small   a hundredth of it, to see that it works

Every address is invented. A year demolishes 1% of them and adds 1.2%, and gives some 350 of the
14,000 buurten another code, half of it apart. Each reading is a process of its own, so that its
peak of memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

YEARS = range(2013, 2026)
ADDRESSES, BUURTEN, PER_PC6 = 8_000_000, 14_000, 18
SMALL = 100


def make_files(folder: Path, addresses: int, buurten: int) -> None:
    """A zip a year, in the form of CBS: the addresses, and a small file of names beside them."""
    per_year = int(addresses * 0.012)
    postcodes = addresses // PER_PC6
    with duckdb.connect() as database:
        database.execute("set enable_progress_bar = false")
        database.execute("set preserve_insertion_order = false")
        database.execute(
            f"""
            create table address as
            with numbered as (
                select
                    i,
                    greatest(0, (i - {addresses}) // {per_year} + 1) as born,
                    if(i < {addresses}, i // {PER_PC6}, i * 7919 % {postcodes}) as place,
                    if(
                        i < {addresses}, 1 + 2 * (i % {PER_PC6}), 100 + (i - {addresses}) % 90000
                    ) as number,
                    ln(1 - (hash(i, 7) % 10000) / 10000.0) / ln(0.99) as lasts,
                from range({addresses} + {per_year} * {len(YEARS) - 1}) as t(i)
            )
            select
                born,
                born + lasts as gone,
                place,
                (place * {buurten} // {postcodes})::integer as buurt,
                (1000 + place * 9000 // {postcodes})::varchar
                    || chr((65 + place // 26 % 26)::integer) || chr((65 + place % 26)::integer)
                    as pc6,
                number,
            from numbered
            order by place, number
            """
        )
        for since, year in enumerate(YEARS):
            path = folder / f"{year}-cbs-pc6huisnr{year}0801_buurt.zip"
            csv = folder / f"pc6hnr{year}0801_gwb.csv"
            database.execute(
                f"""
                copy (
                    with code as (
                        select
                            b::integer as buurt,
                            len(list_filter(range({since}), y -> hash(b, y) % 40 = 0)) as changes,
                            lpad((1 + b // 41)::varchar, 4, '0') as gemeente,
                            gemeente || lpad((b % 41 // 4)::varchar, 2, '0') as wijk,
                            (b % 41 % 4 + 4 * changes)::integer as last,
                        from range({buurten}) as t(b)
                    )
                    select
                        pc6 as PC6,
                        number as Huisnummer,
                        wijk || lpad((last + if(changes > 0 and place % 2 = 1, 50, 0))::varchar,
                            2, '0') as Buurt{year},
                        wijk as Wijk{year},
                        gemeente as Gemeente{year},
                    from address
                    join code using (buurt)
                    where born <= {since} and gone > {since}
                    order by PC6, Huisnummer
                ) to '{csv}' (header, delimiter ';')
                """
            )
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.write(csv, csv.name)
                archive.writestr(f"buurt_{year}.csv", "Buurt;Naam\n00010000;Verzonnen\n")
            csv.unlink()


def blocks() -> list[Any]:
    from wijkpeil.catalog import AddressFile

    return [
        AddressFile(
            id=f"addresses_{year}",
            title_nl=f"Adressen {year}",
            licence="CC0 1.0",
            attribution="Verzonnen voor de proef",
            synthetic=True,
            year=year,
            location=f"{year}-cbs-pc6huisnr{year}0801_buurt.zip",
        )
        for year in YEARS
    ]


def fetch(folder: Path) -> dict[str, Any]:
    """Each file becomes a snapshot."""
    from wijkpeil.settings import Settings
    from wijkpeil.sources.addresses import fetch_addresses

    for block in blocks():
        fetch_addresses(block, Settings(), folder, folder / "warehouse")
    return {}


def load(folder: Path) -> dict[str, Any]:
    """The pairs of each year and the newest, into a file as the build makes it."""
    from wijkpeil.edition.given import create_given
    from wijkpeil.sources.addresses import load_addresses
    from wijkpeil.sources.snapshots import newest

    warehouse = folder / "warehouse"
    path = folder / "building.duckdb"
    path.unlink(missing_ok=True)
    received = [(block, newest(warehouse, block.id)) for block in blocks()]
    with duckdb.connect(path) as connection:
        connection.execute("set memory_limit = '4GB'")
        connection.execute("set preserve_insertion_order = false")
        create_given(connection)
        started = time.monotonic()
        load_addresses(connection, received, warehouse, YEARS[-1])
        spent = time.monotonic() - started
        pairs = connection.execute(
            "select count(*), sum(addresses)::bigint from raw.address_pair"
        ).fetchone()
    lineage = sum(each.stat().st_size for each in (warehouse / "lineage").iterdir())
    return {"load_s": spent, "pairs": pairs, "lineage_mib": lineage / 2**20}


JOBS = {"fetch": fetch, "load": load}


def apart(job: str, folder: Path) -> dict[str, Any]:
    """What a job says of itself, with the wall time and peak memory of its process."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, "--job", job, "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return {"wall_s": time.monotonic() - started, **json.loads(done.stdout)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--keep", type=Path, help="A folder to make the files in, and leave.")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        said = JOBS[given.job](given.folder)
        used = resource.getrusage(resource.RUSAGE_SELF)
        own = {"cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
        print(json.dumps({**said, **own}))
        return
    size = SMALL if given.small else 1
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        if not any(folder.glob("*.zip")):
            started = time.monotonic()
            # a process starts with the peak of the one that made it, so this one stays small
            with get_context("spawn").Pool(1) as pool:
                pool.apply(make_files, (folder, ADDRESSES // size, BUURTEN // size))
            print(f"made {len(YEARS)} files in {time.monotonic() - started:.0f} s")
        for label, job in (("fetch", "fetch"), ("first load", "load"), ("second load", "load")):
            found = apart(job, folder)
            print(label, ", ".join(f"{k} {_shown(v)}" for k, v in found.items()), flush=True)


def _shown(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
