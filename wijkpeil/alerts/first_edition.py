"""The first edition of tables that nobody compared with their source: mailed after a yes.

Titles and units that are known from what others published may mean another figure at the source
itself. Whoever looked at the first edition says yes once; until then programmes hear nothing.
"""

from __future__ import annotations

from pathlib import Path

from wijkpeil.alerts.ledger import Ledger
from wijkpeil.catalog import EDITION, Catalog
from wijkpeil.edition.folder import published_path, reading
from wijkpeil.edition.quarantine import Waiting, find_waiting, read_decisions

_RULE = "unconfirmed"


def all_waiting(catalog: Catalog, warehouse: Path) -> list[Waiting]:
    """All that waits for a person: what is held and doubted, and the first edition itself."""
    first = first_edition(warehouse)
    return [*([first] if first else []), *find_waiting(catalog, warehouse)]


def first_edition(warehouse: Path) -> Waiting | None:
    """The yes that the published edition waits for, or None: all of it is confirmed, somebody said
    yes, or programmes were told of one before."""
    database = published_path(warehouse)
    if not database.exists() or any(
        decision.source_id == EDITION for decision in read_decisions(warehouse)
    ):
        return None
    with reading(database) as connection:
        found = connection.execute(
            "select received.is_confirmed, source_id from meta.source as received "
            "semi join catalog.source as figures using (source_id) "
            "where retrieved_at is not null order by all"
        ).fetchall()
    unconfirmed = tuple(source_id for is_confirmed, source_id in found if not is_confirmed)
    if not unconfirmed or Ledger(warehouse).taken(""):
        return None
    return Waiting(
        source_id=EDITION,
        snapshot_id=None,
        rules=(_RULE,),
        details=tuple(f"{_RULE}: {source_id}" for source_id in unconfirmed),
        doubts=(_RULE,),
        sentence=(
            f"The first edition waits for a yes before programmes are mailed: {len(unconfirmed)} "
            f"of its {len(found)} sources are not confirmed against what their publisher serves. "
            "See `wijkpeil alerts preview` and the page on quality; if the figures are right, "
            f'`wijkpeil quarantine release {EDITION} --reason "..."`.'
        ),
    )
