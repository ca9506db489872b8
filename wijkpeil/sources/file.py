"""One file that a catalog block names, by https address or path → a file beside the snapshots."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.progress import report_bytes
from wijkpeil.settings import Settings
from wijkpeil.sources.download import Advice, Check, Downloader
from wijkpeil.sources.snapshots import MAX_FILE_BYTES, ReceivedFile, utc_now


def receive(
    location: str,
    target: Path,
    *,
    beside: Path,
    where: str,
    settings: Settings,
    check: Check,
    narrow: str = "correct 'location'",
) -> ReceivedFile:
    """The bytes of `location` in `target`; a path is seen from the folder `beside`.

    `check` looks at them and returns the number of rows. `where` begins the sentence of a
    WijkError, and `narrow` ends that of a file that is too large.
    """
    if "://" in location:
        advice = Advice.of_location(where, narrow)
        with Downloader(settings, advice=advice) as downloader:
            return downloader.fetch(location, target, params={}, check=check)
    return _copy(location, beside / location, target, where, check, narrow)


def _copy(
    location: str, source: Path, target: Path, where: str, check: Check, narrow: str
) -> ReceivedFile:
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
