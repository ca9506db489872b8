"""Phrases as macros that the SQL calls, from the same file that mails and pages take theirs from.

`own_sentence_nl(name, field)` fills the sentence of that name in `[sentence.own]` with the fields
of a struct, and so for each table of sentences; `word_nl(key)` gives a word, by its own key in
`[sentence.word]` and by its table's elsewhere. `reference_nl(kind, name, is_rest)` names what an
area is compared with, as `Words.comparator` does. `number_nl(number, decimals)` writes as pages and
mails do. `moved_nl` says how a figure moves a year and `gap_moved_nl` how a difference does, by the
sign that is told. The same for every language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from wijkpeil.errors import WijkError, nearest
from wijkpeil.text import literal
from wijkpeil.words import FOLDER, LANGUAGES, MINUS, NO_BREAK, SHARE, Words, read_phrases, words_of
from wijkpeil.words.phrases import Phrases, forms, pieces
from wijkpeil.words.units import GRADES, IN_THOUSANDS, step_key

# the tables of sentences about a row of one mart, by the macro that fills them, and its fields
FIELDS = {
    "sentence": (
        *("place", "indicator", "first_year", "last_year", "edition_year", "moved", "low"),
        *("high", "gap_moved", "unit", "better", "meaningful", "value", "gemeente"),
        *("gemeente_value", "nl_value", "reference", "reference_value", "editions", "points"),
        *("source", "share", "shares", "own_moved", "own_low", "own_high", "against", "bound"),
        *("window", "recent_year", "recent_moved", "recent_low", "recent_high"),
    ),
    "rollup": (*("place", "theme", "alerts", "conclusive", "assessed", "indicators", "lasting"),),
}
# tables of everybody whose words stand in sentences too
_SHARED = ("theme", "unit")


# what a unit means for how a figure is told, as Words has it
_UNITS = f"""
create temp macro is_share(unit) as unit = {literal(SHARE)};
create temp macro is_grade(unit) as unit in ({", ".join(map(literal, GRADES))});
-- the phrase for a step of a share or a grade; any other unit is its own
create temp macro step_of(unit) as case
    when is_share(unit) then {literal(step_key(SHARE) or "")}
    when is_grade(unit) then {literal(step_key(GRADES[0]) or "")}
end;
create temp macro zeros_of(words) as if(starts_with(words, {literal(IN_THOUSANDS)}), 3, 0);
-- the unit as it is said where thousands are counted out
create temp macro counted_unit(unit, words) as if(
    step_of(unit) is null,
    regexp_replace(coalesce(words, unit), {literal("^" + IN_THOUSANDS)}, ''),
    unit
);
-- a number with a unit that is a word; and a level with any unit
create temp macro beside(number, unit) as number || {literal(NO_BREAK)} || unit;
create temp macro with_unit(number, unit) as case
    when is_grade(unit) then number
    when is_share(unit) then number || unit
    else beside(number, unit)
end;
"""


def make_sentences(connection: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> None:
    """Make the macros of every language; raises WijkError naming the phrase that is wrong."""
    connection.execute(_UNITS)
    for language, phrases in read_phrases(LANGUAGES, folder).items():
        for statement in (*_numbers(words_of(language)), _reference(words_of(language))):
            connection.execute(statement)
        for statement in _macros(folder / f"{language}.toml", language, phrases):
            connection.execute(statement)
        for statement in _movements(language):
            connection.execute(statement)


def _numbers(words: Words) -> Iterator[str]:
    language, signs = words.language, words.thousands_mark + words.decimal_mark + MINUS
    yield (
        f"create temp macro number_{language}(number, decimals) as translate("
        "format('{:,.' || decimals || 'f}', half_up(number, decimals)), "
        f"',.-', {literal(signs)})"
    )
    # in thousands, written out: rounded as it was given, and then times a thousand
    yield (
        f"create temp macro counted_{language}(number, digits, zeros) as number_{language}("
        "if(zeros = 3, 1000.0, 1.0) * half_up(number, digits), greatest(digits - zeros, 0))"
    )


def _movements(language: str) -> Iterator[str]:
    word = f"word_{language}"
    told = f"beside(counted_{language}(slope, decimals, zeros), unit)"
    yield (
        f"create temp macro moved_{language}(moves, slope, decimals, zeros, unit) as "
        f"if(moves = 0, {word}('stayed'), concat_ws(' ', "
        f"{word}(if(moves > 0, 'rose', 'fell')), {told}, {word}('a_year')))"
    )
    yield (
        f"create temp macro gap_moved_{language}(moves, slope, decimals, zeros, unit, is_share) as "
        f"if(moves = 0, {word}(if(is_share, 'gap_share_stayed', 'gap_stayed')), concat_ws(' ', "
        f"{word}(if(is_share, 'gap_share_became', 'gap_became')), {told}, "
        f"{word}(if(moves < 0, 'smaller', 'larger'))))"
    )


def _reference(words: Words) -> str:
    def named(kind: str, *, is_rest: bool) -> str:
        """The phrase around the name, as SQL."""
        around = words.comparator(kind, "{name}", is_rest=is_rest, form="reference")
        return " || ".join(
            literal(piece) if number % 2 == 0 else "name"
            for number, piece in enumerate(pieces(around))
            if piece
        )

    def nameless(kind: str, *, is_rest: bool) -> str:
        return literal(words.comparator(kind, None, is_rest=is_rest, form="reference"))

    whens = [f"when kind = 'nl' then {nameless('nl', is_rest=False)}"]
    for kind in ("gemeente", "programme"):
        for is_rest, test in ((True, "is_rest"), (False, "not is_rest")):
            which = f"when kind = '{kind}' and {test} and name is"
            whens.append(f"{which} not null then {named(kind, is_rest=is_rest)}")
            whens.append(f"{which} null then {nameless(kind, is_rest=is_rest)}")
    return (
        f"create temp macro reference_{words.language}(kind, name, is_rest) as "
        f"case {' '.join(whens)} end"
    )


def _macros(path: Path, language: str, phrases: Phrases) -> Iterator[str]:
    sentences: Mapping[str, Mapping[str, str]] = phrases["sentence"]
    parts = sentences["part"]
    for table, found in sentences.items():
        if table in ("part", "word"):
            continue
        fields = FIELDS.get(table, FIELDS["sentence"])
        whens = " ".join(
            f"when {literal(name)} then {_compiled(path, f'{table}.{name}', phrase, parts, fields)}"
            for name, phrase in found.items()
        )
        yield (
            f"create temp macro {table}_sentence_{language}(name, field) as case name {whens} end"
        )
    words = dict(sentences["word"])
    for table in _SHARED:
        words |= {f"{table}.{name}": word for name, word in phrases[table].items()}
    # a variable, since DuckDB writes out a macro wherever it stands, and this one stands often
    entries = ", ".join(f"{literal(key)}: {literal(word)}" for key, word in words.items())
    yield f"set variable words_{language} = map {{{entries}}}"
    yield f"create temp macro word_{language}(key) as getvariable('words_{language}')[key]"


def _compiled(
    path: Path, key: str, phrase: str, parts: Mapping[str, str], fields: Sequence[str]
) -> str:
    """The phrase as SQL: its texts and the fields of the struct, joined."""

    def field(name: str) -> str:
        if name in fields:
            return f"field.{name}"
        known = nearest(name, [*fields, *parts])
        raise WijkError(f"{path}, '{key}': no field '{{{name}}}'; nearest: {known}.")

    def joined(text: str) -> str:
        found = [
            literal(piece) if number % 2 == 0 else field(piece)
            for number, piece in enumerate(pieces(text))
        ]
        return f"({' || '.join(found)})"

    whole = "".join(
        piece if number % 2 == 0 else parts.get(piece, f"{{{piece}}}")
        for number, piece in enumerate(pieces(phrase))
    )
    first, *rest = forms(whole)
    told = [joined(first)]
    for count, one, more, text in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True):
        told.append(f"if({field(count)} = '1', {joined(one)}, {joined(more)})")
        told.append(joined(text))
    return f"({' || '.join(told)})"
