"""Which codes of a table's area dimension are taken, and which of them is the country."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wijkpeil.catalog import PREFIX, CbsTable
from wijkpeil.catalog.blocks import AreaLevel

# what CBS calls the country, unless a block says otherwise: NL01 with RegioS and in RIVM's tables
COUNTRY = ("NL00", "NL01")


def bare_code(key: str) -> str:
    """A code without the blanks that pad it, also those that do not break."""
    return "".join(key.split())


def taken_areas(table: CbsTable, codes: Iterable[str]) -> dict[AreaLevel, list[str]]:
    """The codes of each level that the block wants, as they stand in the list.

    Of the codes that begin with NL only the country is taken: `land_code`, else the one that is
    there of NL00 and NL01. Where both are, neither is: they count other people.
    """
    ignored = set(map(bare_code, table.ignored_areas))
    kept = [key for key in codes if bare_code(key) not in ignored]
    taken = {level: _beginning(kept, PREFIX[level]) for level in table.area_levels}
    if "land" in taken:
        names = COUNTRY if table.land_code is None else (table.land_code,)
        found = [key for key in taken["land"] if bare_code(key) in names]
        taken["land"] = found if len(found) == 1 else []
    return taken


def _beginning(codes: Sequence[str], prefix: str) -> list[str]:
    return [key for key in codes if key.startswith(prefix)]
