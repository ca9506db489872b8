"""What of the catalog decides an edition, as one number: what it says, not how it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from wijkpeil.catalog.blocks import Block

# of these lists the order says something: limits, first and last years, the first that is there,
# what is shown before what
_ORDERED = {"range", "usual", "years", "inhabitants", "codes", "programme", "group"}
# who hears of an edition, and how often a source is looked at, is no part of it
_BESIDE = {"recipients", "yearly_note", "compare_every_days"}
_KINDS_BESIDE = {"service"}


def fingerprint(blocks: Mapping[str, Sequence[Block]]) -> str:
    """The same for two catalogs that make the same edition: comments, blanks, the order of blocks
    and of lists without an order, and values that are the default anyway do not count."""
    kept = {
        kind: [block.model_dump(mode="json") for block in found]
        for kind, found in blocks.items()
        if kind not in _KINDS_BESIDE
    }
    text = json.dumps(_plain(kept), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        # most of a catalog are numbers and texts, which stay as they are
        return {
            name: _plain(each, name) if isinstance(each, dict | list) else each
            for name, each in value.items()
            if name not in _BESIDE
        }
    if isinstance(value, list):
        items = [_plain(each) for each in value]
        if key in _ORDERED or len(items) < 2:
            return items
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value
