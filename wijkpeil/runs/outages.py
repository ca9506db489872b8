"""A host that cannot be reached is told once, with the sources that wait for it.

What a source that fails costs is decided in `steps.fetch_source`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wijkpeil.catalog import AddressFile, Boundaries, CbsTable, Extract
from wijkpeil.runs.outcome import Fetched
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.services import base_url_of, service_of

# of the sources that wait for a host so many are named
NAMED = 8


def address_of(
    source: CbsTable | Extract | AddressFile | Boundaries, settings: Settings
) -> str | None:
    """An address on the host that serves the source; None where it lies on this machine."""
    if isinstance(source, CbsTable):
        return base_url_of(service_of(source), settings)
    return source.location if source.is_remote else None


def told_once(fetched: Sequence[Fetched]) -> list[Fetched]:
    """The same, where all that wait for one host say so in the same words."""
    waiting: dict[str, list[Fetched]] = {}
    for item in fetched:
        if item.host is not None:
            waiting.setdefault(item.host, []).append(item)
    words = {host: _words(items) for host, items in waiting.items() if len(items) > 1}
    return [replace(item, error=words.get(item.host or "", item.error)) for item in fetched]


def _words(items: Sequence[Fetched]) -> str:
    names = [item.source_id for item in items]
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    received = [item.age_days for item in items if item.age_days is not None]
    never = len(items) - len(received)
    states = [f"{never} never received"] if never else []
    if received:
        states.append(
            f"{len(received)} with a snapshot in use, the oldest {max(received)} days old"
        )
    return (
        f"{_reason(items[0])} {len(names)} sources wait for it ({', '.join(states)}): "
        f"{', '.join(names[:NAMED])}{rest}."
    )


def _reason(item: Fetched) -> str:
    """Its sentence without what is said of its own snapshot."""
    return (item.error or "").partition(" Its snapshot of ")[0]
