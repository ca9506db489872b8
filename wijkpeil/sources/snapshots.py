"""Snapshots: what was received, byte for byte, each with its origin. Written once, never changed.

A snapshot is a folder `<warehouse>/snapshots/<source>/<snapshot id>/` with the files as they
came and `origin.json`. It appears whole, by one rename, or not at all. What an interrupted
run received lies beside the snapshots, so that the next run need not ask for it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wijkpeil.catalog import Source
from wijkpeil.errors import Unreadable, WijkError

ORIGIN = "origin.json"
# when the source was last found to be as its newest snapshot has it
CHECKED = "checked"
# why a source has no figures yet
TO_COME = ".to-come"
PARTIAL = ".partial-"
# beside a snapshot that the build could not read: why, and what its files were then
UNREADABLE = ".unreadable-"
JOURNAL = "received.jsonl"
# what an interrupted run received is used again for so long: its publisher may correct a page
# without telling, and half of a table before that is no half of the one after
KEPT_FOR = timedelta(days=1)
# the largest file a source may send; larger is a mistake or an attack
MAX_FILE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class ReceivedFile:
    """One file as received: where it came from, what the server said of it, its checksum."""

    name: str
    url: str
    query: str
    status: int | None
    headers: dict[str, str]
    sha256: str
    size: int
    rows: int | None
    retrieved_at: str


@dataclass(frozen=True)
class Origin:
    """The sidecar of a snapshot.

    `request` is what of the catalog block decides the content: when it differs from the
    block of today, the snapshot no longer answers the question. `layout` says how to read
    the files (column keys by indicator). `modified` is the publisher's own date of change.
    """

    source_id: str
    kind: str
    title: str
    licence: str
    attribution: str
    retrieved_at: str
    modified: str | None
    rows: int
    request: dict[str, Any]
    layout: dict[str, Any]
    files: list[ReceivedFile]

    @classmethod
    def of(
        cls, source: Source, files: list[ReceivedFile], *, rows: int, layout: dict[str, Any]
    ) -> Origin:
        """What these files are, by the block of their source; the last of them says since when."""
        return cls(
            source_id=source.id,
            kind=source.kind,
            title=source.title_nl,
            licence=source.licence,
            attribution=source.attribution,
            retrieved_at=files[-1].retrieved_at,
            modified=files[-1].headers.get("last-modified"),
            rows=rows,
            request=source.request,
            layout=layout,
            files=files,
        )


@dataclass(frozen=True)
class Snapshot:
    """A finished snapshot on disk."""

    folder: Path
    origin: Origin

    @property
    def snapshot_id(self) -> str:
        """The folder's name; ids of one source sort by time."""
        return self.folder.name

    @property
    def retrieved_at(self) -> datetime:
        """When the last byte came in (UTC)."""
        return datetime.fromisoformat(self.origin.retrieved_at)

    @property
    def size(self) -> int:
        """Bytes received."""
        return sum(file.size for file in self.origin.files)

    @property
    def checked_at(self) -> datetime:
        """When it was received, or last found unchanged at its source (UTC)."""
        try:
            told = (self.folder.parent / CHECKED).read_text(encoding="ascii").strip()
            return max(self.retrieved_at, datetime.fromisoformat(told))
        except (OSError, ValueError, TypeError):
            # never checked since, or a date that a crash cut off: what was received is a fact
            return self.retrieved_at

    def age_days(self, now: datetime | None = None) -> int:
        """Whole days since it was received, or last found unchanged."""
        return ((now or utc_now()) - self.checked_at).days

    def verify(self) -> None:
        """Raise Unreadable when a file is gone or is no longer what was received."""
        for file in self.origin.files:
            path = self.folder / file.name
            try:
                actual = sha256_of(path)
            except FileNotFoundError:
                actual = "gone"
            except OSError as error:  # a bad sector, or rights that were taken away
                actual = error.strerror or type(error).__name__
            if actual != file.sha256:
                raise Unreadable(
                    f"Snapshot {path} is not what was received ({actual[:12]} instead of "
                    f"{file.sha256[:12]}); remove the folder {self.folder} and refresh."
                )


def mark_checked(snapshot: Snapshot) -> None:
    """Remember that its source was asked now, and has nothing newer."""
    path = snapshot.folder.parent / CHECKED
    staged = path.with_name(f".{CHECKED}")
    staged.write_text(utc_now().isoformat(), encoding="ascii")
    staged.replace(path)


def mark_to_come(warehouse: Path, source_id: str, why: str | None) -> None:
    """Remember that a source has no figures yet, and why; None: that it has some."""
    path = warehouse / "snapshots" / source_id / TO_COME
    if why is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(why, encoding="utf-8")


def why_to_come(warehouse: Path, source_id: str) -> str | None:
    """Why a source that was never received has no figures yet, where that is known."""
    try:
        return (warehouse / "snapshots" / source_id / TO_COME).read_text(encoding="utf-8")
    except OSError:
        return None


def utc_now() -> datetime:
    """Now, in UTC, to the microsecond."""
    return datetime.now(UTC)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def newest(warehouse: Path, source_id: str) -> Snapshot | None:
    """The latest finished snapshot of a source that can be read, or None when there is none."""
    return next(readable_snapshots(warehouse, source_id), None)


def readable_snapshots(warehouse: Path, source_id: str) -> Iterator[Snapshot]:
    """The finished snapshots of a source, newest first, without those that cannot be read."""
    for folder in reversed(all_snapshots(warehouse, source_id)):
        if why_unreadable(folder) is None:
            yield read_snapshot(folder)


def why_unreadable(folder: Path) -> str | None:
    """The sentence of why the snapshot in `folder` cannot be read, as far as that is known.

    What the build found holds for as long as the files are what they were then.
    """
    try:
        read_snapshot(folder)
        mark = json.loads(_mark_of(folder).read_text(encoding="utf-8"))
        return str(mark["why"]) if mark["files"] == _stamp(folder) else None
    except WijkError as error:
        return str(error)
    except (OSError, ValueError, LookupError, TypeError):
        return None  # no mark, or one that says nothing: the build tries and marks it again


def mark_unreadable(snapshot: Snapshot, why: str) -> None:
    """Note that the build cannot read a snapshot, so that its source is asked anew."""
    mark = {"why": why, "files": _stamp(snapshot.folder)}
    _mark_of(snapshot.folder).write_text(json.dumps(mark), encoding="utf-8")


def mark_readable(snapshot: Snapshot) -> None:
    """Take back what `mark_unreadable` noted."""
    _mark_of(snapshot.folder).unlink(missing_ok=True)


def _mark_of(folder: Path) -> Path:
    return folder.with_name(f"{UNREADABLE}{folder.name}.json")


def _stamp(folder: Path) -> list[list[Any]]:
    """The name, size and time of each file."""
    found = ((entry.name, entry.stat()) for entry in sorted(folder.iterdir()))
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found]


def all_snapshots(warehouse: Path, source_id: str) -> list[Path]:
    """The folders of the finished snapshots of a source, oldest first, without those that are
    dated ahead: made under a clock that was wrong they would hide all that comes until then."""
    return [entry for entry in _finished(warehouse, source_id) if not is_ahead(entry.name)]


def snapshots_ahead(warehouse: Path, source_id: str) -> list[Path]:
    """The folders of the finished snapshots of a source that are dated ahead."""
    return [entry for entry in _finished(warehouse, source_id) if is_ahead(entry.name)]


def is_ahead(moment_id: str) -> bool:
    """Whether the moment in an id of a snapshot or edition is more than a day from now."""
    return moment_id[:8].isdigit() and moment_id > f"{utc_now() + timedelta(days=1):%Y%m%dT%H%M%S}"


def _finished(warehouse: Path, source_id: str) -> list[Path]:
    folder = warehouse / "snapshots" / source_id
    if not folder.is_dir():
        return []
    finished = (entry for entry in folder.iterdir() if not entry.name.startswith(PARTIAL))
    return sorted(entry for entry in finished if (entry / ORIGIN).is_file())


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot in `folder`; raises Unreadable when its origin cannot be read."""
    try:
        record = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        record["files"] = [ReceivedFile(**file) for file in record["files"]]
        return Snapshot(folder=folder, origin=Origin(**record))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(
            f"Snapshot {folder}: {ORIGIN} cannot be read ({error}); remove the folder and refresh."
        ) from error


@contextmanager
def new_snapshot(warehouse: Path, source_id: str) -> Iterator[Path]:
    """A folder to receive into. It is removed on any error; `finish` makes it a snapshot."""
    folder = _emptied(warehouse, source_id) / f"{PARTIAL}{_now_as_id()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


class Received:
    """Files received into a folder; nothing is known of earlier tries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, ReceivedFile] = {}

    def known(self, name: str, *, url: str, query: str) -> ReceivedFile | None:  # noqa: ARG002
        """The file as an earlier try received it from that address, or None."""
        return None

    def add(self, file: ReceivedFile) -> None:
        """Take a whole file in."""
        self.files[file.name] = file


class Receiving(Received):
    """The whole files of a snapshot that is not finished yet. Outlives a crash; thread-safe.

    `key` says what is being received: with the same key a later run goes on where this one
    stopped, with another it begins anew.
    """

    def __init__(self, warehouse: Path, source_id: str, key: str) -> None:
        name = f"{PARTIAL}{key}"
        folder = _emptied(warehouse, source_id, but=name) / name
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self._lock = threading.Lock()
        self._journal = self.folder / JOURNAL
        self._known = self._read()

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier try left whole files."""
        return bool(self._known)

    def known(self, name: str, *, url: str, query: str) -> ReceivedFile | None:
        """The file as an earlier try received it from that address, or None."""
        file = self._known.get(name)
        if file is None or (file.url, file.query) != (url, query):
            return None
        path = self.folder / name
        is_whole = path.is_file() and sha256_of(path) == file.sha256
        return file if is_whole else None

    def add(self, file: ReceivedFile) -> None:
        """Take a whole file in: it is on disk before the journal names it."""
        with self._lock:
            if self._known.get(file.name) != file:
                sync(self.folder / file.name)
                with self._journal.open("a", encoding="utf-8") as journal:
                    journal.write(json.dumps(asdict(file), ensure_ascii=False) + "\n")
            self.files[file.name] = file

    def take(self, received: Received) -> None:
        """Move files in that were received elsewhere on this disk."""
        for name, file in received.files.items():
            (received.folder / name).replace(self.folder / name)
            self.add(file)

    def discard(self) -> None:
        """Forget all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self, origin: Origin, *, read: Callable[[Snapshot], object]) -> Snapshot:
        """Make it a snapshot; what of an earlier try is not part of it is removed."""
        self._journal.unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.name not in self.files:
                path.unlink()
        return finish(self.folder, origin, read=read)

    def _read(self) -> dict[str, ReceivedFile]:
        try:
            text = self._journal.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return {}
        lines = text.split("\n")
        if lines[-1]:  # cut off by a crash: the next file gets a line of its own
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.write("\n")
        known = {}
        for line in lines:
            try:
                file = ReceivedFile(**json.loads(line))
                is_old = utc_now() - datetime.fromisoformat(file.retrieved_at) > KEPT_FOR
            except (ValueError, TypeError):
                continue  # a line that a crash cut off: its file is received again
            known[file.name] = file
            if is_old:
                return {}  # all of it again, so that all of it is of one moment
        return known


def _emptied(warehouse: Path, source_id: str, *, but: str | None = None) -> Path:
    """The folder of a source's snapshots, without what earlier tries left, but for one."""
    parent = warehouse / "snapshots" / source_id
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(f"{PARTIAL}*"):
        if leftover.name != but:
            shutil.rmtree(leftover)
    return parent


def _now_as_id() -> str:
    return f"{utc_now():%Y%m%dT%H%M%S%fZ}"


def finish(folder: Path, origin: Origin, *, read: Callable[[Snapshot], object]) -> Snapshot:
    """Write the origin, sync, and rename the folder to its moment: from here on it is a fact.

    First `read` reads it as the build will; what it raises leaves no snapshot.
    """
    read(Snapshot(folder=folder, origin=origin))
    path = folder / ORIGIN
    path.write_text(json.dumps(asdict(origin), indent=1, ensure_ascii=False), encoding="utf-8")
    for entry in [*folder.iterdir(), folder]:
        sync(entry)
    final = folder.with_name(_now_as_id())
    folder.rename(final)
    sync(final.parent)
    return Snapshot(folder=final, origin=origin)


def sync(path: Path) -> None:
    """Ask the disk to hold what was written to this file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
