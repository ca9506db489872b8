"""One file that a catalog block names, by https address or path → a file beside the snapshots."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.progress import report_bytes
from wijkpeil.settings import Settings
from wijkpeil.sources.download import Advice, Downloader, T
from wijkpeil.sources.snapshots import MAX_FILE_BYTES, ReceivedFile, utc_now


def receive(
    location: str,
    target: Path,
    *,
    beside: Path,
    where: str,
    settings: Settings,
    parse: Callable[[Path], T],
    narrow: str = "correct 'location'",
) -> tuple[ReceivedFile, T]:
    """The bytes of `location` in `target`, and what `parse` reads of them; a path is seen from the
    folder `beside`.

    `where` begins the sentence of a WijkError, and `narrow` ends that of a file that is too large.
    """
    if "://" in location:
        advice = Advice.of_location(where, narrow)
        with Downloader(settings, advice=advice) as downloader:
            return downloader.fetch(location, target, params={}, parse=parse)
    return _copy(location, beside / location, target, where, parse, narrow)


def _copy(
    location: str,
    source: Path,
    target: Path,
    where: str,
    parse: Callable[[Path], T],
    narrow: str,
) -> tuple[ReceivedFile, T]:
    try:
        # a pipe never ends, and a device has no size
        if not stat.S_ISREG(source.stat().st_mode):
            raise WijkError(f"{where}: {source} is no file; correct 'location'.")
        before, size = hashlib.sha256(), 0
        with source.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(1024 * 1024):
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise WijkError(
                        f"{where}: {source} is larger than {MAX_FILE_BYTES // 2**20} MiB; {narrow}."
                    )
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
        parsed = parse(target)
    except SourceUnavailable as error:  # a file that lies here does not mend by itself
        raise WijkError(str(error)) from error
    file = ReceivedFile(
        name=target.name,
        url=location,
        query="",
        status=None,
        headers={},
        sha256=before.hexdigest(),
        size=size,
        rows=None,
        retrieved_at=utc_now().isoformat(),
    )
    return file, parsed
