"""The date of change of a table, as its own metadata and its service's catalog write it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wijkpeil.sources.cbs.columns import normal

# on v4 the figures may change while the rest of a table does not, and the reverse
FIELDS = ("Modified", "ObservationsModified")


def stamp(row: Mapping[str, Any]) -> str:
    """CBS's date of change, and that of the figures where v4 tells another; empty without any."""
    modified, figures = (normal(row.get(name)) for name in FIELDS)
    if not figures or same_moment(modified, figures):
        return modified
    return f"{modified} (figures {figures})".strip()


def same_moment(one: str | None, other: str | None) -> bool:
    """Whether two dates of change are one moment; a zone that only one of them has tells nothing,
    so that they differ."""
    if normal(one) == normal(other):
        return True
    first, second = _moment(one), _moment(other)
    if first is None or second is None or (first.tzinfo is None) != (second.tzinfo is None):
        return False
    return first == second


def is_before(one: str | None, other: str | None) -> bool:
    """Whether the first date of change is certainly the earlier of the two."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None or (first.tzinfo is None) != (second.tzinfo is None):
        return False
    return first < second


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(normal(text))
    except ValueError:
        return None
