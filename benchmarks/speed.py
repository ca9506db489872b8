"""How long the stages take on one national table, as ratios to reading that table naively.

    python benchmarks/speed.py

A synthetic table of the size of Kerncijfers wijken en buurten (17,341 areas, 118 columns) is
served from loopback. The naive reader fetches all of it with requests and json. Ratios of one
run hold when the machine is noisy; seconds do not.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import requests

from flows.build import SUITES, build, find_inputs
from flows.catalog import load_catalog
from flows.cbs import fetch_table
from flows.checks import run_checks
from flows.demo import StandInCbs, StandInTable
from flows.settings import Settings
from flows.snapshots import newest

GEMEENTEN, WIJKEN, BUURTEN = 355, 3177, 13808
COLUMNS = 112

CATALOG = {
    "cbs.toml": """
[[table]]
id = "national"
cbs_id = "90000NED"
api = "v3"
title_nl = "Synthetische tabel van landelijke omvang"
licence = "CC0 1.0"
attribution = "synthetisch"
synthetic = true
area_dimension = "WijkenEnBuurten"
area_levels = ["land", "gemeente", "wijk", "buurt"]
area_change = "Indelingswijziging wijken en buurten"
year = 2024
"""
    + "".join(
        f'[[table.measure]]\nindicator = "figure_{n}"\ntitle = "Cijfer {n}"\nunit = "aantal"\n'
        for n in range(10)
    ),
    "indicators.toml": "".join(
        f'[[indicator]]\nid = "figure_{n}"\nname_nl = "cijfer {n}"\ndefinition_nl = "synthetisch"\n'
        'theme = "liveability"\nunit = "aantal"\ndirection = "none"\nrange = [0, 1000000]\n'
        'aggregation = "sum"\n'
        for n in range(10)
    ),
    "extracts.toml": "",
    "programmes.toml": "",
}


def national_table(folder: Path) -> StandInTable:
    """A table as large as KWB; every figure is made from its row number."""
    codes = ["NL00      "]
    codes += [f"GM{g:04}    " for g in range(GEMEENTEN)]
    codes += [f"WK{w % GEMEENTEN:04}{w // GEMEENTEN:02}  " for w in range(WIJKEN)]
    codes += [
        f"BU{b % WIJKEN % GEMEENTEN:04}{b % WIJKEN // GEMEENTEN:02}{b // WIJKEN:02}"
        for b in range(BUURTEN)
    ]
    keys = [f"Cijfer{n}_{n + 2}" for n in range(COLUMNS)]
    path = folder / "data.parquet"
    with duckdb.connect() as db:
        db.execute("create table area (row integer, code varchar)")
        db.executemany("insert into area values (?, ?)", list(enumerate(codes)))
        figures = ", ".join(f'(row * {n + 3}) % 10007 as "{key}"' for n, key in enumerate(keys))
        db.execute(
            f"copy (select code as WijkenEnBuurten, if(code[1:2] in ('NL', 'GM'), '.', '1') "
            f"as Wijziging_1, {figures} from area order by row) to '{path}'"
        )

    def topic(number: int, key: str, title: str, unit: str) -> dict[str, object]:
        return {
            "ID": number,
            "ParentID": None,
            "Type": "Topic",
            "Key": key,
            "Title": title,
            "Unit": unit,
            "Datatype": "Long",
        }

    area = {
        "ID": 0,
        "ParentID": None,
        "Type": "GeoDetail",
        "Key": "WijkenEnBuurten",
        "Title": "Wijken en buurten",
        "Unit": None,
        "Datatype": None,
    }
    change = topic(1, "Wijziging_1", "Indelingswijziging wijken en buurten", "code")
    topics = [topic(n + 2, key, f"Cijfer {n}", "aantal") for n, key in enumerate(keys)]
    names = [{"Key": code, "Title": f"Gebied {code.strip()}"} for code in codes]
    infos = {"ID": 1, "Identifier": "90000NED", "Modified": "2024-01-01T02:00:00"}
    return StandInTable(
        "90000NED", infos, [area, change, *topics], {"WijkenEnBuurten": names}, path
    )


def naive(url: str) -> int:
    """Fetch every page and column, as a script would."""
    rows, link = 0, f"{url}/ODataFeed/odata/90000NED/TypedDataSet?$format=json"
    while link:
        page = requests.get(link, timeout=60).json()
        rows += len(page["value"])
        link = page.get("odata.nextLink")
    return rows


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalog_folder, warehouse = folder / "catalog", folder / "warehouse"
        catalog_folder.mkdir()
        for file, text in CATALOG.items():
            (catalog_folder / file).write_text(text)
        with StandInCbs([national_table(folder)]) as cbs:
            settings = Settings(warehouse=warehouse, catalog=catalog_folder, cbs_v3_url=cbs.url)
            catalog = load_catalog(catalog_folder)
            (table,) = catalog.tables
            naive(cbs.url)
            seconds = {"naive read of the whole table": timed(lambda: naive(cbs.url))}
            seconds["fetch"] = timed(lambda: fetch_table(table, settings, warehouse))
            seconds["fetch, unchanged"] = timed(lambda: fetch_table(table, settings, warehouse))
        inputs = find_inputs(catalog, warehouse)
        seconds["build"] = timed(lambda: build(catalog, warehouse, inputs))
        candidate = warehouse / "build" / "candidate.duckdb"
        seconds["check, first time (imports GX)"] = timed(lambda: run_checks(candidate, SUITES))
        seconds["check, again"] = timed(lambda: run_checks(candidate, SUITES))
        snapshot = newest(warehouse, "national")
        received = snapshot.size / 1e6 if snapshot else 0
    base = seconds["naive read of the whole table"]
    print(f"{'stage':34} {'seconds':>8} {'ratio':>7}")
    for stage, spent in seconds.items():
        print(f"{stage:34} {spent:8.2f} {spent / base:7.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"received {received:.1f} MB for 10 of {COLUMNS} columns; peak memory {peak:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
