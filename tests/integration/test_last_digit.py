"""A figure is rounded once: wherever it is told, its last digit is the same."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.explain.form import number
from wijkpeil.rounding import rounded
from wijkpeil.words import words_of

NL = words_of("nl")
PACKAGE = SQL.parent / "wijkpeil"


def test_a_random_figure_is_the_same_wherever_it_is_told(pages: Any) -> None:
    """Table and card have it through JSON with eight decimals, mails and charts as it is, the
    sentence from SQL; `explain` prints it with seven digits, which are of the same figure."""
    chance = random.Random(81)
    indicators = {key: known["decimals"] for key, known in pages[0].indicators.items()}
    wanted = []
    for _ in range(3000):
        indicator, decimals = chance.choice([*indicators.items()])
        # close to where one digit becomes the next, and anywhere
        value = chance.choice(
            [
                chance.uniform(-2, 2) * 10 ** chance.randint(-2, 5),
                (chance.randint(-4000, 4000) + 0.5) / 10**decimals
                + chance.choice([0, 4e-9, -6e-8]),
                chance.randint(0, 10**6) / chance.choice([3, 7, 64, 1000]),
            ]
        )
        wanted.append((indicator, decimals, value))
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        make_sentences(connection)
        connection.execute("create table wanted (place integer, decimals integer, value double)")
        connection.executemany(
            "insert into wanted values (?, ?, ?)",
            [(place, decimals, value) for place, (_, decimals, value) in enumerate(wanted)],
        )
        told = connection.execute(
            "select to_json({'value': round(value, 8)})::varchar, "
            "number_nl(value, decimals), counted_nl(value, decimals, 3) from wanted order by place"
        ).fetchall()
    for (indicator, decimals, value), (page, sentence, in_thousands) in zip(
        wanted, told, strict=True
    ):
        shown = json.loads(page)["value"]
        mailed = NL.number(value, decimals)
        assert sentence == mailed, value
        assert in_thousands == NL.number(1000 * rounded(value, decimals), max(decimals - 3, 0)), (
            value
        )
        assert pages[0]._value_of(shown, indicator).startswith(mailed), value
        assert pages[0]._short_of(shown, indicator).startswith(mailed), value
        assert abs(float(number(value)) - value) <= 5.1e-7 * abs(value), value


@pytest.mark.parametrize(
    "query", [path for part in ("report", "alerts") for path in (PACKAGE / part).rglob("*.sql")]
)
def test_no_query_rounds_what_is_rounded_for_a_reader(query: Path) -> None:
    """Eight decimals are so that the last bit of a sum makes no page anew."""
    digits = re.findall(r"\b(?:round|half_up)\((?:[^()]|\([^()]*\))*,\s*(\d+)\)", query.read_text())
    assert set(digits) <= {"8"}
