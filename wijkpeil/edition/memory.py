"""How much memory a run may use: a share of what the machine has, or the cgroup it runs in."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from wijkpeil.text import literal

MIB = 2**20
# the other half is for Python, the server and what else runs; what does not fit lies on disk
_SHARE = 0.5
# below this no edition of a city fits, and above it none of the country becomes faster
_LEAST, _MOST = 512 * MIB, 8192 * MIB


def memory_limit(root: Path = Path("/")) -> int:
    """The bytes that DuckDB may use here; `root` is where /proc and /sys/fs/cgroup lie."""
    known = [_of_machine(root), *_of_cgroups(root)]
    smallest = min((size for size in known if size), default=2 * _LEAST)
    return int(min(max(_SHARE * smallest, _LEAST), _MOST))


def bound(connection: duckdb.DuckDBPyConnection) -> str:
    """Bound the memory of a database, and say to how much: `3.9 GiB`, `512 MiB`."""
    size = memory_limit() // MIB
    connection.execute(f"set memory_limit = '{size}MiB'")
    return f"{size} MiB" if size < 1024 else f"{size / 1024:.1f} GiB"


def spill(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let what does not fit lie in `folder`, emptied of what a killed run left there."""
    shutil.rmtree(folder, ignore_errors=True)
    # DuckDB makes the folder itself, and none above it
    folder.parent.mkdir(parents=True, exist_ok=True)
    # as text: a parameter makes DuckDB load pandas, which takes longer than a run without news
    connection.execute(f"set temp_directory = {literal(str(folder))}")


def _of_machine(root: Path) -> int | None:
    try:
        text = (root / "proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _of_cgroups(root: Path) -> list[int]:
    """The limits of the cgroup of this process and of those around it, of version 1 and 2."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    limits = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        folder = top / path.strip("/")
        # in a container the path is that of the host, and the limit lies at the top
        while True:
            limits.append(_number(folder / name))
            if folder == top or top not in folder.parents:
                break
            folder = folder.parent
    return [limit for limit in limits if limit]


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
