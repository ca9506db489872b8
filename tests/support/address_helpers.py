"""Address files made by hand, received and counted."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.catalog import AddressFile
from wijkpeil.edition.given import create_given
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses, load_addresses
from wijkpeil.sources.snapshots import Snapshot

Address = tuple[str, object, str]
USUAL = "PC6;Huisnummer;Buurt{year};Wijk{year};Gemeente{year}"
QUICK = Settings(timeout_s=5.0, retries=0)


def block(year: int = 2024, location: str | None = None) -> AddressFile:
    return AddressFile(
        id=f"addresses_{year}",
        title_nl=f"Adressen {year}",
        licence="CC0 1.0",
        attribution="Verzonnen voor de tests",
        synthetic=True,
        year=year,
        location=location or f"{year}.zip",
    )


def lines(addresses: Iterable[Address], year: int = 2024) -> str:
    rows = [f"{pc6};{number};{buurt};{buurt[:6]};{buurt[:4]}" for pc6, number, buurt in addresses]
    return "\n".join([USUAL.format(year=year), *rows, ""])


def zipped(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def received(folder: Path, content: str | bytes, year: int = 2024) -> tuple[AddressFile, Snapshot]:
    """The block and snapshot of a year whose addresses are these."""
    zipped(folder / f"{year}.zip", addresses__csv=content)
    of_year = block(year)
    return of_year, fetch_addresses(of_year, QUICK, folder, folder)[0]


def loaded(
    folder: Path, *files_: tuple[AddressFile, Snapshot], target_year: int = 2025
) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '1GB'")
        create_given(connection)
        load_addresses(connection, files_, folder, target_year)
        return {
            table: connection.execute(f"from raw.address_{table} order by all").fetchall()
            for table in ("pair", "count", "problem")
        }


def codes(folder: Path, content: str | bytes) -> dict[str, int]:
    found = loaded(folder, received(folder, content))
    return {code: addresses for _, _, code, addresses in found["count"]}
