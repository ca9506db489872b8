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
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.words import LANGUAGES, MINUS, Language, read_phrases, words_of
from wijkpeil.words.phrases import READERS

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
    reasons = (SQL / "marts" / "comparability.sql").read_text(encoding="utf-8")
    for reason in PHRASES["nl"]["break"]:
        assert reason in reasons, f"marts.comparability no longer says '{reason}'"
