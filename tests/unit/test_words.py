"""The phrases of every language: the same keys and fields, each phrase once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from babel.numbers import format_decimal

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.sentence_macros import FIELDS, make_sentences
from wijkpeil.words import LANGUAGES, MINUS, Language, read_phrases, words_of
from wijkpeil.words.phrases import READERS, fill

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
        language: {key: _fields(phrase) for key, phrase in told(tables)}
        for language, tables in PHRASES.items()
    }
    assert fields["nl"] == fields["en"]


def _fields(phrase: str) -> list[str]:
    """What is filled in, and how many words are told apart by number."""
    return [*sorted(set(re.findall(r"\{(\w+)", phrase))), *re.findall(r" \| ", phrase)]


# what is counted: of one, and of more
NOUNS = {
    "nl": "wijk wijken gemeente gemeenten gebied gebieden reeks reeksen indicator indicatoren "
    "signaal signalen inwoner inwoners peiljaar peiljaren cijfer cijfers oordeel oordelen bron "
    "bronnen controle controles onderwerp onderwerpen meetjaar meetjaren",
    "en": "neighbourhood neighbourhoods municipality municipalities area areas indicator "
    "indicators signal signals inhabitant inhabitants year years figure figures judgement "
    "judgements source sources check checks subject subjects",
}


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_has_the_form_of_its_number(language: Language, count: int) -> None:
    phrases = dict(told(PHRASES[language]))
    nouns = NOUNS[language].split()
    singular, plural = "|".join(nouns[::2]), "|".join(nouns[1::2])
    which = "(?:(?:edition|new|other|nieuwe|andere|beoordeelde|vast te stellen) )?"
    wrong = rf"\b{count} {which}(?:{plural if count == 1 else singular})\b"
    counted = 0
    for key, phrase in phrases.items():
        # of one there is another phrase
        if count == 1 and {f"{key}_one", f"{key}_only"} & phrases.keys():
            continue
        # and of these there are always more: on one of several, several of several
        if key.startswith("sentence.rollup.") and count < 2:
            continue
        text = fill(phrase, **dict.fromkeys(re.findall(r"\{(\w+)", phrase), count))
        assert not re.search(wrong, text), (key, text)
        counted += text != phrase
    assert counted > 100


def test_a_form_is_chosen_by_its_count_and_never_by_a_name() -> None:
    phrase = "{n:een wijk|{n} wijken} in {place}"
    assert fill(phrase, n=1, place="{n:a|b}") == "een wijk in {n:a|b}"
    assert fill(phrase, n="2", place="Dam") == "2 wijken in Dam"
    assert fill(phrase, n=0, place="Dam") == "0 wijken in Dam"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_sentence_in_sql_has_the_same_forms(count: int) -> None:
    fields = dict.fromkeys(FIELDS["sentence"], str(count))
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        make_sentences(connection)
        for language in LANGUAGES:
            [told_by_sql] = connection.execute(
                f"select run_sentence_{language}('long', $fields)", {"fields": fields}
            ).fetchone() or [None]
            phrase = PHRASES[language]["sentence"]["run"]["long"]
            assert told_by_sql == fill(phrase, **fields)


def test_what_all_readers_say_no_reader_has_for_itself() -> None:
    english = dict(told(PHRASES["en"]))
    shared, own = set[tuple[str, str]](), set[tuple[str, str]]()
    for key, phrase in told(PHRASES["nl"]):
        (own if key.split(".")[0] in READERS else shared).add((phrase, english[key]))
    assert shared & own == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_is_written_as_babel_writes_it(language: Language) -> None:
    locale = "en_GB" if language == "en" else language
    for value in (0, 0.5, -3.25, 999.99, 1000, -1234567.89):
        told = format_decimal(Decimal(f"{value:.2f}"), "#,##0.00", locale=locale)
        assert words_of(language).number(value, 2) == told.replace("-", MINUS)


@pytest.mark.parametrize(
    ("unit", "dutch", "step"),
    [
        *(("%", "1.234,5%", "procentpunt"), ("cijfer", "1.234,5", "punt")),
        *(("kubieke meter", "1.234,5\u00a0kubieke meter", "kubieke meter"), ("", "1.234,5", "")),
    ],
)
def test_a_figure_has_its_unit_and_a_change_its_step(unit: str, dutch: str, step: str) -> None:
    assert words_of("nl").value(1234.46, 1, unit) == dutch
    assert words_of("nl").step(unit) == step


@pytest.mark.parametrize("unit", ["%", "cijfer", "rapportcijfer", "euro"])
def test_a_sentence_in_sql_has_the_same_units(unit: str) -> None:
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        make_sentences(connection)
        for language in LANGUAGES:
            words = words_of(language)
            told = connection.execute(
                f"select with_unit(number_{language}(-1234.45, 1), $unit), "
                f"coalesce(word_{language}(step_of($unit)), $unit)",
                {"unit": unit},
            ).fetchone()
            assert told == (words.value(-1234.45, 1, unit), words.step(unit))


def test_the_reasons_for_a_break_are_those_of_the_warehouse() -> None:
    reasons = (SQL / "core" / "observations" / "series_break.sql").read_text(encoding="utf-8")
    for reason in PHRASES["nl"]["break"]:
        assert reason in reasons, f"core.series_break no longer says '{reason}'"
