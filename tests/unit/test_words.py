"""The phrases of every language: the same keys and fields, each phrase once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wijkpeil.edition.build import SQL
from wijkpeil.words import LANGUAGES, read_phrases

PHRASES = read_phrases(LANGUAGES)


def told(tables: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every phrase with its key."""
    for name, found in tables.items():
        if isinstance(found, dict):
            yield from told(found, f"{before}{name}.")
        else:
            yield f"{before}{name}", found if isinstance(found, str) else " | ".join(found)


def test_every_language_fills_in_the_same_fields() -> None:
    fields = {
        language: {key: sorted(re.findall(r"\{\w+\}| \| ", phrase)) for key, phrase in told(tables)}
        for language, tables in PHRASES.items()
    }
    assert fields["nl"] == fields["en"]


def test_the_reasons_for_a_break_are_those_of_the_warehouse() -> None:
    reasons = (SQL / "marts" / "comparability.sql").read_text(encoding="utf-8")
    for reason in PHRASES["nl"]["break"]:
        assert reason in reasons, f"marts.comparability no longer says '{reason}'"
