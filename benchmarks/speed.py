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

import requests
from national import kwb_tables, topics_of

from flows.build import SUITES, build, find_inputs
from flows.catalog import load_catalog
from flows.cbs import fetch_table
from flows.checks import run_checks
from flows.demo import StandInCbs
from flows.settings import Settings
from flows.snapshots import newest

YEAR = 2024
CBS_ID = f"9{YEAR}NED"
TITLES = (
    *("Aantal inwoners", "Mannen", "Vrouwen", "Ongehuwd", "Gehuwd", "Gescheiden", "Verweduwd"),
    *("Geboorte totaal", "Huishoudens totaal", "Woningvoorraad"),
)

CATALOG = {
    "cbs.toml": f"""
[[table]]
id = "national"
cbs_id = "{CBS_ID}"
api = "v3"
title_nl = "Synthetische tabel van landelijke omvang"
licence = "CC0 1.0"
attribution = "synthetisch"
synthetic = true
area_dimension = "WijkenEnBuurten"
area_levels = ["land", "gemeente", "wijk", "buurt"]
area_change = "Indelingswijziging wijken en buurten"
year = {YEAR}
"""
    + "".join(
        f'[[table.measure]]\nindicator = "figure_{n}"\ntitle = "{title}"\nunit = "aantal"\n'
        for n, title in enumerate(TITLES)
    ),
    "indicators.toml": "".join(
        f'[[indicator]]\nid = "figure_{n}"\nname_nl = "cijfer {n}"\ndefinition_nl = "synthetisch"\n'
        'theme = "liveability"\nunit = "aantal"\ndirection = "none"\nrange = [0, 20000000]\n'
        'aggregation = "sum"\n'
        for n in range(len(TITLES))
    ),
    "extracts.toml": "",
    "programmes.toml": "",
}


def naive(url: str) -> int:
    """Fetch every page and column, as a script would."""
    rows, link = 0, f"{url}/ODataFeed/odata/{CBS_ID}/TypedDataSet?$format=json"
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
        with StandInCbs(kwb_tables(folder, [YEAR])) as cbs:
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
    columns = len(topics_of(YEAR))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"received {received:.1f} MB for {len(TITLES)} of {columns} columns")
    print(f"peak memory {peak:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
