"""What a command said and left behind."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_STAGES = ("start Prefect", "fetch", "build", "check", "publish", "report", "alert")
_ENDS = ("new", "unchanged", "failed")


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code. `requests` is how many it sent to CBS."""

    code: int
    out: str
    err: str
    requests_before: int = 0

    @property
    def told(self) -> list[str]:
        """The lines on stderr that are not progress."""
        return [
            line
            for line in self.err.splitlines()
            if line
            and line.removesuffix(" ...") not in _STAGES
            and not any(f": {end}" in line and line.startswith("  ") for end in _ENDS)
        ]

    @property
    def sentence(self) -> str:
        """The one line that says what is wrong; fails where there is more, or a traceback."""
        assert self.code == 1, f"exit {self.code}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.err + self.out
        assert len(self.told) == 1, self.err
        return self.told[0]


Wijkpeil = Callable[..., Ran]


def sha256(path: Path) -> str:
    """The checksum of a published warehouse, which must also open."""
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("select count(*) from core.observation").fetchone() != (0,)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def has_private_mounts() -> bool:
    """Whether this user may mount a small disk that nobody else sees."""
    words = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def rows(path: Path, sql: str, *values: Any) -> list[Any]:
    """What a warehouse answers; rows of one column as their values."""
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute(sql, list(values)).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]
