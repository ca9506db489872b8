"""Phrases as macros that the SQL calls, from the same file that mails and pages take theirs from.

`sentence_nl(key, field)` and `rollup_nl(key, field)` fill the sentence `<table>.<name>` of
`[sentence]` with the fields of a struct, and `word_nl(key)` gives a word, by its own key in
`[sentence.word]` and by its table's elsewhere; the same for every language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from wijkpeil.errors import WijkError, nearest
from wijkpeil.quoting import literal
from wijkpeil.words import FOLDER, LANGUAGES, read_phrases
from wijkpeil.words.phrases import Phrases, pieces

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
# tables of everybody whose words stand in sentences too
_SHARED = ("theme", "unit")


def make_sentences(connection: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> None:
    """Make the macros of every language; raises WijkError naming the phrase that is wrong."""
    for language, phrases in read_phrases(LANGUAGES, folder).items():
        for statement in _macros(folder / f"{language}.toml", language, phrases):
            connection.execute(statement)


def _macros(path: Path, language: str, phrases: Phrases) -> Iterator[str]:
    sentences: Mapping[str, Mapping[str, str]] = phrases["sentence"]
    parts = sentences["part"]
    cases: dict[str, list[str]] = {macro: [] for macro in FIELDS}
    for table, found in sentences.items():
        macro = table if table in FIELDS else "sentence"
        for name, phrase in found.items() if table not in ("part", "word") else ():
            key = f"{table}.{name}"
            filled = _compiled(path, key, phrase, parts, FIELDS[macro])
            cases[macro].append(f"when {literal(key)} then {filled}")
    for macro, compiled in cases.items():
        whens = " ".join(compiled)
        yield f"create temp macro {macro}_{language}(key, field) as case key {whens} end"
    words = dict(sentences["word"])
    for table in _SHARED:
        words |= {f"{table}.{name}": word for name, word in phrases[table].items()}
    whens = " ".join(f"when {literal(key)} then {literal(word)}" for key, word in words.items())
    yield f"create temp macro word_{language}(key) as case key {whens} end"


def _compiled(
    path: Path, key: str, phrase: str, parts: Mapping[str, str], fields: Sequence[str]
) -> str:
    """The phrase as SQL: its texts and the fields of the struct, joined."""
    whole = "".join(
        piece if number % 2 == 0 else parts.get(piece, f"{{{piece}}}")
        for number, piece in enumerate(pieces(phrase))
    )
    joined = []
    for number, piece in enumerate(pieces(whole)):
        if number % 2 == 0:
            joined.append(literal(piece))
        elif piece in fields:
            joined.append(f"field.{piece}")
        else:
            known = nearest(piece, [*fields, *parts])
            raise WijkError(f"{path}, '{key}': no field '{{{piece}}}'; nearest: {known}.")
    return "(" + " || ".join(joined) + ")"
