"""Sentences from templates: each language's TOML becomes macros that the SQL calls.

`sentence_nl(key, field)` and `rollup_nl(key, field)` fill the sentence `<table>.<name>` with the
fields of a struct, and `word_nl(key)` gives a word; the same for every language with a template.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from wijkpeil.errors import WijkError, nearest
from wijkpeil.quoting import literal
from wijkpeil.words import PHRASES

LANGUAGES = ("nl", "en")
# the tables of sentences about a row of one mart, by the macro that fills them, and its fields
FIELDS = {
    "sentence": (
        *("place", "indicator", "first_year", "last_year", "edition_year", "moved", "low"),
        *("high", "gap_moved", "unit", "better", "meaningful", "value", "gemeente"),
        *("gemeente_value", "nl_value", "reference", "reference_value", "editions", "points"),
        *("source", "share"),
    ),
    "rollup": (*("place", "theme", "alerts", "conclusive", "assessed", "indicators", "lasting"),),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def make_sentences(connection: duckdb.DuckDBPyConnection, folder: Path = PHRASES) -> None:
    """Make the macros of every language; raises WijkError naming the template that is wrong."""
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for language in LANGUAGES:
        path = folder / f"sentence.{language}.toml"
        try:
            tables[language] = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WijkError(f"{path} cannot be read as TOML ({error}); correct it.") from error
        for statement in _macros(path, language, tables[language]):
            connection.execute(statement)
    keys = {language: set(_keys(table)) for language, table in tables.items()}
    for language in LANGUAGES[1:]:
        for key in sorted(keys[LANGUAGES[0]] ^ keys[language]):
            lacking = language if key in keys[LANGUAGES[0]] else LANGUAGES[0]
            path = folder / f"sentence.{lacking}.toml"
            raise WijkError(f"{path}: no '{key}', which another language has; add it.")


def _keys(tables: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for table, phrases in tables.items():
        yield from (f"{table}.{name}" for name in phrases)


def _macros(path: Path, language: str, tables: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    parts = tables.get("part", {})
    cases: dict[str, list[str]] = {macro: [] for macro in FIELDS}
    words = []
    for table, phrases in tables.items():
        macro = table if table in FIELDS else "sentence"
        for name, phrase in phrases.items():
            if table == "word":
                words.append(f"when {literal(name)} then {literal(phrase)}")
            elif table != "part":
                key = f"{table}.{name}"
                filled = _compiled(path, key, phrase, parts, FIELDS[macro])
                cases[macro].append(f"when {literal(key)} then {filled}")
    for macro, found in cases.items():
        yield (
            f"create temp macro {macro}_{language}(key, field) as case key {' '.join(found)} end"
        )
    yield f"create temp macro word_{language}(key) as case key {' '.join(words)} end"


def _compiled(
    path: Path, key: str, phrase: str, parts: Mapping[str, str], fields: Sequence[str]
) -> str:
    """The phrase as SQL: its texts and the fields of the struct, joined."""
    whole = _PLACEHOLDER.sub(lambda found: parts.get(found[1], found[0]), phrase)
    pieces = []
    for number, piece in enumerate(_PLACEHOLDER.split(whole)):
        if number % 2 == 0:
            pieces.append(literal(piece))
        elif piece in fields:
            pieces.append(f"field.{piece}")
        else:
            known = nearest(piece, [*fields, *parts])
            raise WijkError(f"{path}, '{key}': no field '{{{piece}}}'; nearest: {known}.")
    return "(" + " || ".join(pieces) + ")"
