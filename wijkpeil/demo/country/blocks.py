"""How a block of the demo's catalog is written."""

from __future__ import annotations

import json

LICENCE = "CC0 1.0"
ATTRIBUTION = (
    "Synthetische cijfers van de wijkpeil-demo; geen statistiek van CBS, politie of gemeente"
)
HEAD = (
    "# Catalogus van de wijkpeil-demo. Alle gemeenten, wijken, cijfers en programma's hierin zijn\n"
    "# verzonnen.\n"
)


def pairs(**values: object) -> str:
    """TOML keys and values; None is left out. JSON writes these types as TOML does."""
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in values.items()
        if value is not None
    )
