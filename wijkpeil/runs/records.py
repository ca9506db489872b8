"""What is kept of every run: a file while it works, and one that says how it ended.

`runs/<run>.started` is locked by the process that runs; a lock goes with its process, so a file
that nobody holds is of a run that died. `runs/<run>.json` is the record of a run that ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from wijkpeil.sources.snapshots import sync, utc_now

# how long a failure that could not be told is worth telling
TELL_WITHIN = timedelta(days=14)
BAD_ENDS = ("failed", "died", "stopped")


@dataclass(frozen=True)
class Record:
    """How a run ended: published, unchanged, sent, failed, stopped (by a signal) or died.

    Times are ISO 8601 in UTC. `prefect_run` is its id at Prefect, `told_at` when the data owner
    heard of a bad end.
    """

    run_id: str
    started_at: str
    ended_at: str
    state: str
    message: str | None
    edition_id: str | None = None
    sources: list[dict[str, Any]] = field(default_factory=list)
    flow: str = "refresh"
    prefect_run: str | None = None
    told_at: str | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the data owner is to hear of it."""
        return self.state in BAD_ENDS


def new_run_id() -> str:
    """An id that sorts by time."""
    return f"{utc_now():%Y%m%dT%H%M%S%fZ}"


@dataclass
class AtWork:
    """A run that works: `stage` is kept, for who finds it dead."""

    path: Path
    descriptor: int
    known: dict[str, Any]

    def enter(self, stage: str) -> None:
        """Keep which stage the run is in."""
        self.known["stage"] = stage
        self.write()

    def write(self) -> None:
        """Write what is known over what was."""
        text = json.dumps(self.known, ensure_ascii=False).encode()
        os.pwrite(self.descriptor, text, 0)
        os.ftruncate(self.descriptor, len(text))


@contextmanager
def at_work(
    warehouse: Path, run_id: str, *, flow: str, prefect_run: str | None = None
) -> Iterator[AtWork]:
    """While inside, this process is known to work on the run; the file goes when it ends, however
    it ends. Who is killed leaves it."""
    folder = warehouse / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    part, path = folder / f"{run_id}.part", folder / f"{run_id}.started"
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        known = {
            "run_id": run_id,
            "started_at": utc_now().isoformat(),
            "flow": flow,
            "prefect_run": prefect_run,
            "process": _process(os.getpid()),
        }
        working = AtWork(path, descriptor, known)
        working.write()
        # under its name it is locked from the first moment on
        part.replace(path)
        yield working
    finally:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        os.close(descriptor)


def keep(warehouse: Path, record: Record) -> None:
    """Keep how a run ended; the next build loads it into meta.run."""
    folder = warehouse / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{record.run_id}.json.part"
    try:
        part.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False), encoding="utf-8")
        sync(part)
        part.replace(folder / f"{record.run_id}.json")
    finally:
        part.unlink(missing_ok=True)


def read_records(warehouse: Path) -> list[Record]:
    """Every run that ended, oldest first; a file that is no record is left out."""
    names = {each.name for each in fields(Record)}
    found = []
    for path in sorted((warehouse / "runs").glob("*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            # what was written before bad ends were told by their record is told
            kept.setdefault("told_at", kept["ended_at"])
            found.append(Record(**{name: kept[name] for name in names & kept.keys()}))
    return found


def untold(warehouse: Path) -> list[Record]:
    """The bad ends of the last days that the data owner did not hear of, oldest first."""
    since = (utc_now() - TELL_WITHIN).isoformat()
    return [
        record
        for record in read_records(warehouse)
        if record.is_bad and record.told_at is None and record.ended_at >= since
    ]


def dead_runs(warehouse: Path) -> list[Record]:
    """The runs that ended without a word, oldest first. Changes nothing."""
    return [record for record, _ in _dead(warehouse)]


def settle_dead_runs(warehouse: Path) -> list[Record]:
    """The same, each kept as a record from here on; of two that look at once one finds it."""
    found = []
    for record, path in _dead(warehouse):
        keep(warehouse, record)
        path.unlink(missing_ok=True)
        found.append(record)
    return found


def live_runs(warehouse: Path) -> list[dict[str, Any]]:
    """What is known of the runs that work now."""
    live = []
    for path in sorted((warehouse / "runs").glob("*.started")):
        with suppress(FileNotFoundError), path.open("rb") as file:
            known = _known(path, file.read())
            if _is_locked(file.fileno()) or _is_alive(known.get("process")):
                live.append(known)
    return live


def _dead(warehouse: Path) -> Iterator[tuple[Record, Path]]:
    for path in sorted((warehouse / "runs").glob("*.started")):
        with suppress(FileNotFoundError), path.open("rb") as file:
            if _is_locked(file.fileno()) or not path.exists():
                continue
            known = _known(path, file.read())
            if not _is_alive(known.get("process")):
                yield _record_of_dead(path, known), path


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _known(path: Path, content: bytes) -> dict[str, Any]:
    """What the file of a working run says; little where a power cut took its content."""
    with suppress(ValueError):
        known = json.loads(content)
        if isinstance(known, dict):
            return known
    return {"run_id": path.stem}


def _record_of_dead(path: Path, known: dict[str, Any]) -> Record:
    began = str(known.get("started_at") or utc_now().isoformat())
    process = known.get("process") or {}
    where = f" at stage '{known['stage']}'" if known.get("stage") else ""
    again = process.get("boot") not in {None, _boot()} and process.get("host") == platform.node()
    told = " The machine was started again since." if again else ""
    flow = str(known.get("flow") or "refresh")
    return Record(
        run_id=path.stem,
        started_at=began,
        ended_at=utc_now().isoformat(),
        state="died",
        message=(
            f"Run {path.stem} ({flow}) began at {began[:16].replace('T', ' ')} UTC and died"
            f"{where} without a word: its process was killed, as for memory, or its machine "
            f"stopped.{told} Look in the log of the system for 'out of memory'; what it left "
            "undone the next run does."
        ),
        flow=flow,
        prefect_run=known.get("prefect_run"),
    )


def _process(process_id: int) -> dict[str, Any]:
    """A process, told apart from one that gets its number later."""
    return {
        "host": platform.node(),
        "boot": _boot(),
        "id": process_id,
        "started": _started(process_id),
    }


def _is_alive(process: Any) -> bool:
    """Whether it surely works still: where locks do nothing this is what there is to go by."""
    if not isinstance(process, dict) or not process.get("started"):
        return False
    return bool(process == _process(process.get("id") or 0))


def _boot() -> str | None:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return None


def _started(process_id: int) -> str | None:
    """When it started, in ticks since the machine did; None where that cannot be known."""
    with suppress(OSError, IndexError):
        # the name of the program is in brackets and may hold anything
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
        return status.rpartition(")")[2].split()[19]
    return None


def told(warehouse: Path, records: list[Record]) -> None:
    """Keep that the data owner heard of these."""
    for record in records:
        keep(warehouse, replace(record, told_at=utc_now().isoformat()))
