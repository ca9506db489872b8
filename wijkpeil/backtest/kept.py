"""The last test of the rule on all indicators, as a page tells it: `warehouse/backtest.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from wijkpeil.errors import WijkError

_NAME = "backtest.json"
_OF_TEST, _OF_SIMULATION = (
    {"edition", "on", "simulations"},
    {"id", "limit", "share", "margin", "series"},
)


def keep_test(warehouse: Path, edition_id: str, simulations: Sequence[dict[str, Any]]) -> Path:
    """Leave the error rates of an edition for the report; the file as it was or as it is, never
    half of it. Raises WijkError where the disk refuses."""
    path = warehouse / _NAME
    part = path.with_suffix(".part")
    kept = {"edition": edition_id, "on": date.today().isoformat(), "simulations": list(simulations)}
    try:
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise WijkError(
            f"The test cannot be kept in {path} ({error.strerror}); make room or mend the disk, "
            "then run 'wijkpeil backtest' again."
        ) from error
    return path


def kept_test(warehouse: Path) -> dict[str, Any] | None:
    """The edition, day and error rates that were kept; None where there are none that can be
    read."""
    try:
        kept = json.loads((warehouse / _NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    is_whole = (
        isinstance(kept, dict)
        and kept.keys() == _OF_TEST
        and isinstance(kept["simulations"], list)
        and all(
            isinstance(each, dict) and each.keys() == _OF_SIMULATION for each in kept["simulations"]
        )
    )
    return kept if is_whole else None
