"""What waits for a person's yes, told to the data owner once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from wijkpeil.alerts import send_notice
from wijkpeil.edition.quarantine import Waiting
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import sync

FILE = "quarantine_told.jsonl"


def tell_waiting(settings: Settings, waiting: Sequence[Waiting]) -> str | None:
    """Mail the data owner what waits and was not told before; says how it went, or None when
    there is nothing new. What could not be mailed is tried again by the next run."""
    told = _told(settings.warehouse)
    new = [each for each in waiting if each.key not in told]
    if not new:
        return None
    lines = ["Until somebody looked at this, the figures of before stay in use or no mail goes:"]
    for each in new:
        lines += ["", each.sentence]
    sources = ", ".join(dict.fromkeys(each.source_id for each in new))
    outcome = send_notice(settings, f"wijkpeil: {sources} waits for you", "\n".join(lines))
    if outcome.startswith("A notice was mailed"):
        _remember(settings.warehouse, new)
    return outcome


def _told(warehouse: Path) -> set[str]:
    path = warehouse / FILE
    if not path.exists():
        return set()
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = set()
    for line in lines:
        try:
            found.add(json.loads(line)["told"])
        except (ValueError, TypeError, KeyError):
            continue  # a line that a crash cut off: it is told again
    return found


def _remember(warehouse: Path, new: Sequence[Waiting]) -> None:
    path = warehouse / FILE
    with path.open("a", encoding="utf-8") as file:
        for each in new:
            file.write("\n" + json.dumps({"told": each.key}, ensure_ascii=False))
    sync(path)
