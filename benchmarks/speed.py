"""What fetching at national size costs, beside cbsodata with pandas in the same run.

    make bench                                   all of it, some minutes
    .venv/bin/python benchmarks/speed.py --years 3   only the last three years of KWB

Thirteen years of Kerncijfers wijken en buurten (17,341 areas, 118 columns each) and registered
crime (3,520 areas, 59 kinds, 14 years: 2.9 million rows), synthetic, served from loopback by a
process of its own with 50 ms of latency. Each reader is a process of its own too, which imports
what it needs and no more, and is not held up by politeness. Ratios of one run hold when the
machine is noisy; seconds do not.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

LATENCY_S = 0.05
YEARS = range(2013, 2026)
SOURCES_AT_ONCE = 4  # as in wijkpeil/runs/runner.py
AREA = "WijkenEnBuurten"
AREA_CHANGE = "Indelingswijziging wijken en buurten"
# indicators of the shipped catalog, with the titles they have in one year or another
KWB_MEASURES = {
    "inwoners": ("Aantal inwoners",),
    "huishoudens": ("Huishoudens totaal",),
    "woningen": ("Woningvoorraad",),
    "household_size": ("Gemiddelde huishoudensgrootte",),
    "woz_value_keur": ("Gemiddelde WOZ-waarde van woningen", "Gemiddelde woningwaarde"),
    "vacancy_share": ("Percentage onbewoond",),
    "owner_occupied_share": ("Koopwoningen",),
    "gas_use_m3": ("Gemiddeld aardgasverbruik totaal",),
    "education_high_persons": ("Opleidingsniveau hoog",),
    "labour_participation_share": ("Netto arbeidsparticipatie",),
    "income_per_inhabitant_keur": ("Gemiddeld inkomen per inwoner",),
    "low_income_share": ("Huishoudens met een laag inkomen",),
    # of these the rates are made
    "bijstand_december_persons": ("Personen per soort uitkering; Bijstand",),
    "ao_december_persons": ("Personen per soort uitkering; AO",),
    "ww_december_persons": ("Personen per soort uitkering; WW",),
}
CRIMES = {
    "crimes": "0.0.0",
    "burglaries": "1.1.1",
    "shed_burglaries": "1.1.2",
    "thefts_from_vehicles": "1.2.1",
    "vehicle_thefts": "1.2.2",
    "bicycle_thefts": "1.2.3",
    "pickpocketings": "1.2.4",
    "threats": "1.4.4",
    "assaults": "1.4.5",
    "street_robberies": "1.4.6",
    "vandalism_cases": "2.2.1",
    "drug_trade_cases": "3.1.1",
}


def serve(folder: Path, _url: str, years: Sequence[int]) -> None:
    """Write the address, then the counters for every line read."""
    from national import kwb_tables, police_table

    from wijkpeil.demo import StandInCbs

    tables = [*kwb_tables(folder, years), police_table(folder)]
    with StandInCbs(tables, latency_s=LATENCY_S) as cbs:
        print(cbs.url, flush=True)
        for _ in sys.stdin:
            print(len(cbs.requests), cbs.bytes_sent, flush=True)


def ours(folder: Path, url: str, years: Sequence[int]) -> dict[str, Any]:
    """What the refresh flow does to fetch, without Prefect around it."""
    from concurrent.futures import ThreadPoolExecutor

    from wijkpeil.catalog import load_catalog
    from wijkpeil.settings import Settings
    from wijkpeil.sources.cbs import ask_listings, fetch_table

    catalog_folder, warehouse = folder / "catalog", folder / "warehouse"
    _write_catalog(catalog_folder, years)
    settings = Settings(warehouse=warehouse, catalog=catalog_folder, cbs_v3_url=url)
    catalog = load_catalog(catalog_folder)
    start = time.perf_counter()
    listing = ask_listings(catalog.tables, settings, warehouse, catalog.services)
    with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
        futures = [
            pool.submit(
                fetch_table,
                table,
                settings,
                warehouse,
                services=catalog.services,
                listed=listing.modified.get(table.id),
            )
            for table in catalog.tables
        ]
        snapshots = [future.result()[0] for future in futures]
    return {
        "seconds": time.perf_counter() - start,
        "rows": sum(snapshot.origin.rows for snapshot in snapshots),
        "json": sum(snapshot.size for snapshot in snapshots),
    }


def cbsodata_whole(_folder: Path, url: str, years: Sequence[int]) -> dict[str, Any]:
    """The documented way: `DataFrame(get_data(id))`, a table at a time, none of them kept."""
    return _cbsodata(url, {cbs_id: {} for cbs_id in [*map(_kwb_id, years), "90047NED"]})


def cbsodata_selected(_folder: Path, url: str, years: Sequence[int]) -> dict[str, Any]:
    """The same by a user who looked up every year's keys and writes the filters by hand."""
    options: dict[str, dict[str, Any]] = {
        _kwb_id(year): {"select": [AREA, *_keys(year).values()]} for year in years
    }
    kinds = " or ".join(f"SoortMisdrijf eq '{code:6}'" for code in CRIMES.values())
    options["90047NED"] = {"filters": kinds}
    return _cbsodata(url, options)


def build_and_check(folder: Path, _url: str, _years: Sequence[int]) -> dict[str, Any]:
    """The warehouse of what was fetched, with the shipped indicators and their trends."""
    from wijkpeil.catalog import load_catalog
    from wijkpeil.edition.build import SUITES, build, find_inputs
    from wijkpeil.edition.checks import run_checks
    from wijkpeil.errors import WijkError

    catalog = load_catalog(folder / "catalog")
    inputs = find_inputs(catalog, folder / "warehouse")
    start = time.perf_counter()
    try:
        candidate = build(catalog, folder / "warehouse", inputs)
    except WijkError as error:
        return {"error": str(error)}
    built = time.perf_counter()
    report = run_checks(candidate, SUITES)
    return {
        "build": built - start,
        "check": time.perf_counter() - built,
        "size": candidate.stat().st_size,
        "checks": len(report.checks),
    }


def report(folder: Path, _url: str, _years: Sequence[int]) -> dict[str, Any]:
    """The site of that warehouse: all pages, then when nothing changed, then those of an edition
    that was published anew with the same figures."""
    import shutil

    import duckdb

    from wijkpeil.edition.folder import candidate_path, published_path
    from wijkpeil.report import write_report

    warehouse = folder / "warehouse"
    # invented figures lie outside what is possible, so a check would keep them from readers
    candidate_path(warehouse).replace(published_path(warehouse))
    took = {}
    for case in ("first", "unchanged", "new edition"):
        if case == "new edition":
            published = published_path(warehouse)
            copy = folder / "copy.duckdb"
            shutil.copyfile(published, copy)
            with duckdb.connect(copy) as connection:
                connection.execute("update meta.edition set edition_id = edition_id || 'x'")
            copy.replace(published)
        start = time.perf_counter()
        made = write_report(warehouse)
        took[case] = {
            "seconds": time.perf_counter() - start,
            "pages": made.pages,
            "rendered": made.rendered,
        }
    files = [path for path in made.folder.resolve().rglob("*") if path.is_file()]
    pages = [path.stat().st_size for path in files if path.suffix == ".html"]
    return {"took": took, "size": sum(path.stat().st_size for path in files), "page": max(pages)}


def _cbsodata(url: str, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    import cbsodata
    import pandas as pd

    cbsodata.options.use_https = False
    cbsodata.options.catalog_url = url.removeprefix("http://")
    start = time.perf_counter()
    rows = sum(len(pd.DataFrame(cbsodata.get_data(name, **how))) for name, how in options.items())
    return {"seconds": time.perf_counter() - start, "rows": rows}


def _kwb_id(year: int) -> str:
    return f"9{year}NED"


def _keys(year: int) -> dict[str, str]:
    """The key of each measure, and of the change flag, in the table of that year."""
    from national import topics_of

    keys = {topic.title.strip(): topic.key for topic in topics_of(year)}
    wanted = {**KWB_MEASURES, "": (AREA_CHANGE,)}
    return {
        indicator: keys[title]
        for indicator, titles in wanted.items()
        for title in titles
        if title in keys
    }


def _write_catalog(folder: Path, years: Sequence[int]) -> None:
    """Blocks for the synthetic tables, and the indicators as shipped."""
    from national import CRIME_YEARS, topics_of, wijk_codes

    shipped = Path(__file__).parents[1] / "catalog" / "indicators.toml"
    known = f"""
api = "v3"
licence = "CC0 1.0"
attribution = "synthetisch"
synthetic = true
area_dimension = "{AREA}"
"""
    lines = ['[[service]]\nid = "v3"\nat_once = 4\ninterval_s = 0\n']
    for year in years:
        topics = {topic.key: topic for topic in topics_of(year)}
        lines.append(
            f'[[table]]\nid = "kwb_{year}"\ncbs_id = "{_kwb_id(year)}"\nyear = {year}{known}'
            f'title_nl = "Kerncijfers {year}"\narea_change = "{AREA_CHANGE}"\n'
            'area_levels = ["land", "gemeente", "wijk", "buurt"]\n'
        )
        for indicator, key in _keys(year).items():
            topic = topics[key]
            if indicator:
                lines.append(
                    f'[[table.measure]]\nindicator = "{indicator}"\ntitle = "{topic.title}"\n'
                    f'unit = "{topic.unit}"\n'
                )
    lines.append(
        f'[[table]]\nid = "police"\ncbs_id = "90047NED"{known}title_nl = "Misdrijven"\n'
        f'period_dimension = "Perioden"\nyears = [{CRIME_YEARS[0]}, {CRIME_YEARS[-1]}]\n'
        f'geography_year = {years[-1]}\narea_levels = ["land", "gemeente", "wijk"]\n'
    )
    for indicator, code in CRIMES.items():
        lines.append(
            f'[[table.measure]]\nindicator = "{indicator}"\ntitle = "Geregistreerde misdrijven"\n'
            f'unit = "aantal"\nwhere = {{ SoortMisdrijf = "{code}" }}\n'
        )
    folder.mkdir(exist_ok=True)
    (folder / "cbs.toml").write_text("\n".join(lines))
    (folder / "indicators.toml").write_text(shipped.read_text())
    (folder / "extracts.toml").write_text("")
    followed = ", ".join(f'"{code}"' for code in wijk_codes()[::30])
    (folder / "programmes.toml").write_text(
        f'[[programme]]\nid = "proef"\nname_nl = "Proef (synthetisch)"\nareas = [{followed}]\n'
    )


PARTS: dict[str, Callable[[Path, str, Sequence[int]], dict[str, Any] | None]] = {
    part.__name__: part
    for part in (serve, ours, cbsodata_whole, cbsodata_selected, build_and_check, report)
}


def _command(part: str, folder: Path, url: str, years: Sequence[int]) -> list[str]:
    script = [sys.executable, __file__, "--part", part, "--folder", str(folder), "--url", url]
    return [*script, "--years", str(len(years))]


def compare(years: Sequence[int]) -> None:
    """Run each reader in a process of its own, and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with subprocess.Popen(
            _command("serve", folder, "", years),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdin is not None and server.stdout is not None
            url = server.stdout.readline().strip()

            def counters() -> tuple[int, int]:
                server.stdin.write("\n")
                server.stdin.flush()
                requests, size = server.stdout.readline().split()
                return int(requests), int(size)

            def run(part: str) -> dict[str, Any]:
                before = counters()
                done = subprocess.run(
                    _command(part, folder, url, years), stdout=subprocess.PIPE, check=True
                )
                after = counters()
                return {
                    **json.loads(done.stdout),
                    "requests": after[0] - before[0],
                    "bytes": after[1] - before[1],
                }

            readers = {
                "wijkpeil": run("ours"),
                "wijkpeil, nothing changed": run("ours"),
                "cbsodata + pandas, as documented": run("cbsodata_whole"),
                "cbsodata + pandas, keys by hand": run("cbsodata_selected"),
            }
            server.stdin.close()
        _show(readers, len(years))
        done = subprocess.run(
            _command("build_and_check", folder, "", years), stdout=subprocess.PIPE, check=True
        )
        built = json.loads(done.stdout)
        _show_build(built)
        if "error" not in built:
            done = subprocess.run(
                _command("report", folder, "", years), stdout=subprocess.PIPE, check=True
            )
            _show_report(json.loads(done.stdout))


def _show(readers: Mapping[str, Mapping[str, Any]], years: int) -> None:
    print(f"KWB of {years} years and registered crime; {1000 * LATENCY_S:.0f} ms latency")
    print(f"\n{'':34}{'requests':>9}{'MB':>8}{'seconds':>9}{'peak MiB':>9}{'rows':>11}")
    for name, took in readers.items():
        print(
            f"{name:34}{took['requests']:9}{took['bytes'] / 1e6:8.1f}{took['seconds']:9.1f}"
            f"{took['peak']:9.0f}{took['rows']:11,}"
        )
    first = readers["wijkpeil"]
    print(f"\n{'times wijkpeil':34}{'':9}{'MB':>8}{'seconds':>9}{'peak MiB':>9}")
    for name in list(readers)[2:]:
        took = readers[name]
        ratios = (took[key] / first[key] for key in ("bytes", "seconds", "peak"))
        print(f"{name:43}" + "{:8.1f}{:9.1f}{:9.1f}".format(*ratios))
    print(
        f"\nwijkpeil received {first['json'] / 1e6:.1f} MB of JSON before compression.", flush=True
    )


def _show_build(built: Mapping[str, Any]) -> None:
    if "error" in built:
        print(f"No warehouse was built: {built['error']}")
        return
    print(
        f"Building the warehouse from it took {built['build']:.1f} s, its {built['checks']} checks "
        f"{built['check']:.1f} s; peak {built['peak']:.0f} MiB, file {built['size'] / 1e6:.0f} MB."
    )


def _show_report(made: Mapping[str, Any]) -> None:
    print(
        f"Report of {made['size'] / 1e6:.0f} MB, its largest page {made['page'] / 1e3:.0f} kB; "
        f"peak {made['peak']:.0f} MiB."
    )
    for case, took in made["took"].items():
        print(
            f"  {case}: {took['rendered']} of {took['pages']} pages made anew "
            f"in {took['seconds']:.1f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=len(YEARS), help="of KWB, the last so many")
    parser.add_argument("--quick", action="store_true", help="the same as --years 2")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    years = YEARS[-(2 if asked.quick else asked.years) :]
    if asked.part is None:
        return compare(years)
    result = PARTS[asked.part](asked.folder, asked.url, years)
    if result is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "peak": peak}))
    return None


if __name__ == "__main__":
    main()
