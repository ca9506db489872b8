"""Texts from outside, made fit to stand on a line of a mail, a page or a chart."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """`text` on one line, without control, format and other invisible characters."""
    # most texts are clean already, and some are paths of a map, which are long
    if text.isprintable():
        return " ".join(text.split())
    shown = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(shown).split())


def capital(text: str) -> str:
    """`text` as it begins a line: with a capital."""
    return text[:1].upper() + text[1:]
