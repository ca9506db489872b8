"""What of the sources is left out of the edition: rows with figures that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wijkpeil.edition.folder import rows_of

# a row that moved within its file is the same row; one with another figure is not
_ROWS = """
with cell as (
    select *, concat_ws(' ', problem, indicator_id, area_code, year_text, value_text) as told_by
    from core.quarantined_cell
)

select
    source_id,
    md5(string_agg(told_by, '|' order by told_by))[:16] as row_key,
    count(*) as figures,
    arg_min(message, indicator_id) as message,
from cell
group by source_id, row_number, area_code, year_text
order by source_id, row_number, area_code, year_text
"""


@dataclass(frozen=True)
class LeftOut:
    """A row of a source of which figures are left out: how many, and the first, with the reason.
    `key` is the same in another edition as long as these figures are."""

    source_id: str
    key: str
    figures: int
    message: str


def find_left_out(warehouse: Path) -> list[LeftOut]:
    """All such rows of the published edition, by source and place; none before the first."""
    return [LeftOut(*row) for row in rows_of(warehouse, "core.quarantined_cell", _ROWS)]
