"""What a site says of itself: which edition and which way of making pages it is of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STATE = ".pages.json"
# what else decides how a page looks
_ALSO = ("text.py", "rounding.py")


def generator_of(base_url: str | None) -> str:
    """What the pages look like: a digest of this package, what draws, and the templates."""
    digest = hashlib.sha256((base_url or "").encode())
    package = Path(__file__).parents[1]
    folders = (
        *(package / "report", package / "charts"),
        *(package / "sources" / "boundaries", package / "words"),
    )
    files = [path for folder in folders for path in folder.rglob("*")]
    for path in sorted([*files, *(package / name for name in _ALSO)]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def state_of(folder: Path) -> dict[str, Any]:
    """What a site says of its pages; nothing where there is none, or it is no whole one."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and isinstance(state.get("pages"), dict) else {}


def write_state(folder: Path, name: str, pages: Mapping[str, str]) -> None:
    """Leave in a site its name and the digest of each page."""
    text = json.dumps({"name": name, "pages": pages})
    (folder / _STATE).write_text(text, encoding="utf-8")
