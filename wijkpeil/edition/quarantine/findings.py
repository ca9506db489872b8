"""What a comparison finds, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is not as before, or not as it can be.

    `is_hold` when the whole snapshot waits for a person; else it is a doubt about a figure, of
    which `old_value` is what it was. Without an area it is about all, without a year about all.
    """

    rule: str
    sentence: str
    is_hold: bool
    indicator_id: str | None = None
    area_code: str | None = None
    year: int | None = None
    old_value: float | None = None
