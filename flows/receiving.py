"""One file that a catalog block names, by https address or path → a file beside the snapshots."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flows.download import Check, Downloader
from flows.errors import SourceUnavailable, WijkError
from flows.progress import report_bytes
from flows.settings import Settings
from flows.snapshots import MAX_FILE_BYTES, ReceivedFile, utc_now


def receive(
    location: str, target: Path, *, beside: Path, where: str, settings: Settings, check: Check
) -> ReceivedFile:
    """The bytes of `location` in `target`; a path is seen from the folder `beside`.

    `check` looks at them and returns the number of rows. `where` begins the sentence of a
    WijkError over a path.
    """
    if "://" in location:
        with Downloader(settings) as downloader:
            return downloader.fetch(location, target, params={}, check=check)
    return _copy(location, beside / location, target, where, check)


def _copy(location: str, source: Path, target: Path, where: str, check: Check) -> ReceivedFile:
    try:
        size = source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise WijkError(f"{where}: {source} is larger than {MAX_FILE_BYTES // 2**20} MiB.")
        before = hashlib.sha256()
        with source.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(1024 * 1024):
                before.update(chunk)
                writer.write(chunk)
    except FileNotFoundError:
        raise WijkError(f"{where}: no file {source}; put it there or correct 'location'.") from None
    except (PermissionError, IsADirectoryError) as error:
        raise WijkError(
            f"{where}: {source} cannot be read ({error.strerror}); "
            "correct 'location' or its rights."
        ) from error
    report_bytes(size)
    try:
        rows = check(target)
    except SourceUnavailable as error:  # a file that lies here does not mend by itself
        raise WijkError(str(error)) from error
    return ReceivedFile(
        name=target.name,
        url=location,
        query="",
        status=None,
        headers={},
        sha256=before.hexdigest(),
        size=size,
        rows=rows,
        retrieved_at=utc_now().isoformat(),
    )
