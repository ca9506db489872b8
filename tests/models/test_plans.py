"""How DuckDB carries out the SQL: no table of areas is compared with another row by row."""

from __future__ import annotations

from test_area_history import AMSTERDAM, MOVES
from tiny_country import make_country, needed_models

# gemeenten against the few groups of the catalog
FEW = {"core.group_member"}


def test_joins_are_on_equal_keys() -> None:
    """A condition that is not makes a national list of areas take minutes, and of years hours."""
    with make_country(AMSTERDAM, MOVES) as db:
        slow = []
        for model in needed_models():
            ((_, plan),) = db.execute(f"explain {model.sql}").fetchall()
            if "BLOCKWISE_NL_JOIN" in plan and model.name not in FEW:
                slow.append(model.name)
    assert slow == []
