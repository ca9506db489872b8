"""What a person said yes to: one line each in `<warehouse>/decisions.jsonl`, a fact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import sync

FILE = "decisions.jsonl"


@dataclass(frozen=True)
class Decision:
    """A yes: to a held snapshot, or without one to the doubts about a source's figures.

    `doubts` are the ids of those doubts.
    """

    source_id: str
    snapshot_id: str | None
    rules: tuple[str, ...]
    doubts: tuple[str, ...]
    by: str
    decided_at: str
    reason: str | None


def read_decisions(warehouse: Path) -> list[Decision]:
    """Every yes, oldest first; raises WijkError naming the line that cannot be read."""
    path = warehouse / FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise WijkError(f"{path} cannot be read ({error}); restore it from a backup.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_decision(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            raise WijkError(
                f"{path}, line {number} is no decision ({error}); take the line out, and run "
                "`wijkpeil quarantine release` again."
            ) from error
    return found


def record_decision(warehouse: Path, decision: Decision) -> None:
    """Add a yes; it is on disk before this returns."""
    warehouse.mkdir(parents=True, exist_ok=True)
    path = warehouse / FILE
    # a line that a crash cut off stays a line of its own
    is_cut = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * is_cut + json.dumps(asdict(decision), ensure_ascii=False) + "\n")
    sync(path)


def _decision(record: Mapping[str, Any]) -> Decision:
    lists = {name: tuple(record[name]) for name in ("rules", "doubts")}
    return Decision(**{**record, **lists})
