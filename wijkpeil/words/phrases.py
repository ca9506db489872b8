"""Phrases from `<language>.toml`: reading, finding by key and filling, the same for all readers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from wijkpeil.errors import WijkError

FOLDER = Path(__file__).parent
# the tables that one reader has for itself; all others are everybody's
READERS = ("sentence", "chart", "mail", "report", "terminal")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# what is said of one, and what of none or more: {count:wijk|{count} wijken}
_PART = r"((?:[^{}|]|\{\w+\})*)"
_FORM = re.compile(rf"\{{(\w+):{_PART}\|{_PART}\}}")

Phrases = Mapping[str, Any]


def read_phrases(languages: tuple[str, ...], folder: Path = FOLDER) -> dict[str, Phrases]:
    """The phrases of each language; raises WijkError where a file cannot be read, or lacks a key
    that another language has."""
    phrases = {language: _read(folder / f"{language}.toml") for language in languages}
    keys = {language: set(keys_of(tables)) for language, tables in phrases.items()}
    for first, second in pairwise(languages):
        for key in sorted(keys[first] ^ keys[second]):
            lacking = second if key in keys[first] else first
            path = folder / f"{lacking}.toml"
            raise WijkError(f"{path}: no '{key}', which another language has; add it.")
    return phrases


def _read(path: Path) -> Phrases:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WijkError(f"{path} cannot be read as TOML ({error}); correct it.") from error


def keys_of(tables: Phrases, before: str = "") -> Iterator[str]:
    """Every key, with the tables that it stands in before it."""
    for name, found in tables.items():
        if isinstance(found, dict):
            yield from keys_of(found, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def fill(phrase: str, **fields: object) -> str:
    """The phrase with each `{name}` filled in, in one pass: a name with braces stays a name. Of
    `{count:one|more}` the first is said where that field is 1."""
    chosen = _FORM.sub(lambda form: form[2 if str(fields[form[1]]) == "1" else 3], phrase)
    return _PLACEHOLDER.sub(lambda place: str(fields[place[1]]), chosen)


def forms(phrase: str) -> list[str]:
    """The phrase cut at its forms: a text, a field, what is said of one, of more, and so on."""
    return _FORM.split(phrase)


def pieces(phrase: str) -> list[str]:
    """The phrase cut at its fields: a text, a field, a text, and so on."""
    return _PLACEHOLDER.split(phrase)
