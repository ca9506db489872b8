"""Address files: a zip or CSV, by https address or path → a snapshot, byte for byte.

A file hardly ever changes, so it is fetched again only where its server says that it did, and
every so often whatever its server says.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path, PurePosixPath

from wijkpeil.catalog import AddressFile
from wijkpeil.errors import Refused
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses.files import look, where_of
from wijkpeil.sources.addresses.loading import prove_addresses
from wijkpeil.sources.compared import is_due, keep_compared
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.file import receive
from wijkpeil.sources.snapshots import Origin, Snapshot, finish, new_snapshot, newest, sha256_of


def fetch_addresses(
    block: AddressFile, settings: Settings, catalog_folder: Path, warehouse: Path
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the address file, and whether its bytes are new."""
    known = newest(warehouse, block.id)
    if known and known.origin.request != block.request:
        known = None
    to_compare = known is not None and is_due(known, block.compare_every_days)
    if known and not to_compare and _is_unchanged(known, block, settings, catalog_folder):
        return known, False
    suffix = PurePosixPath(block.location.lower()).suffix
    name = f"addresses{suffix}" if suffix in {".csv", ".zip"} else "addresses"
    with new_snapshot(warehouse, block.id) as folder:
        try:
            file, (layout, rows) = receive(
                block.location,
                folder / name,
                beside=catalog_folder,
                where=where_of(block),
                settings=settings,
                parse=partial(look, where=where_of(block), columns=block.columns),
            )
        except Refused as error:
            raise Refused(
                f"{where_of(block)}: the server refuses to send {block.location} to a program; "
                f"download it in a browser, put the file in {catalog_folder} and give its name "
                "as 'location'."
            ) from error
        if known and known.origin.files[0].sha256 == file.sha256:
            keep_compared(known)
            return known, False
        told = {"file": name, **asdict(layout)}
        origin = Origin.of(block, [replace(file, rows=rows)], rows=rows, layout=told)
        return finish(folder, origin, read=partial(prove_addresses, block)), True


def _is_unchanged(
    known: Snapshot, block: AddressFile, settings: Settings, catalog_folder: Path
) -> bool:
    """Whether the file is what was received. One that its server says nothing of is."""
    file = known.origin.files[0]
    if not block.is_remote:
        with suppress(OSError):  # receiving it says what is wrong
            return sha256_of(catalog_folder / block.location) == file.sha256
        return False
    with Downloader(settings) as downloader:
        now = downloader.head(block.location)
    was = {name.lower(): value for name, value in file.headers.items()}
    if "content-encoding" not in {*now, *was}:
        was["content-length"] = str(file.size)
    same = {
        name: was[name] == now[name]
        for name in ("etag", "last-modified", "content-length")
        if name in was and name in now
    }
    # the servers behind one address may each have a tag of their own for the same file
    return (
        all(same.values())
        or (same.get("etag", False) and same.get("content-length", True))
        or (same.get("last-modified", False) and same.get("content-length", False))
    )
