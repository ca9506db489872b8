"""All sentences of the demo, read by a sceptic: no figure or word in them contradicts another."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb
import pytest
from sentence_reading import (
    AREAS,
    ROWS,
    Row,
    area_contradictions,
    contradictions,
    gaps,
    read_all,
    rows,
)


def test_no_sentence_contradicts_its_figures(edition: duckdb.DuckDBPyConnection) -> None:
    count, found = read_all(edition)
    assert count > 20_000
    assert found[:5] == []


# contradictions that are planted: the reader must find each


def _swapped(one: str, other: str) -> Callable[[str], str]:
    return lambda text: re.sub(
        rf"\b(?:{one}|{other})(?= het cijfer| the figure| on average| by| \()",
        lambda found: other if found[0] == one else one,
        text,
    )


def _higher(pattern: str) -> Callable[[str], str]:
    """The first digit behind the pattern another."""
    return lambda text: re.sub(
        rf"({pattern})(\d)", lambda found: f"{found[1]}{(int(found[2]) + 5) % 10}", text, count=1
    )


PLANTED: list[tuple[str, str, Callable[[str], str], str]] = [
    # name, language, what is done to the sentence, of which rows
    ("the sign of a level", "nl", _swapped("steeg", "daalde"), "own"),
    ("the sign of a level", "en", _swapped("rose", "fell"), "own"),
    ("the sign of a gap", "nl", _swapped("kleiner", "groter"), "gap_nl"),
    ("the sign of a gap", "en", _swapped("smaller", "larger"), "gap_nl"),
    ("a movement", "nl", _higher(r"gemiddeld met "), "own"),
    ("a movement", "en", _higher(r"on average by "), "own"),
    ("a margin", "nl", _higher(r"\(marge −?"), "gap_gemeente"),
    ("the newest figure", "nl", _higher(r"was het cijfer "), "own"),
    ("the newest figure", "en", _higher(r"the figure was "), "own"),
    ("another figure", "nl", _higher(r"Nederland "), "own"),
    ("a share", "nl", _higher(r"\d%?[^,;]*, "), "gap_nl"),
    ("the year", "nl", _higher(r"In 202"), "own"),
    ("the first year", "en", _higher(r"from 201"), "own"),
    ("points", "nl", lambda text: re.sub(r"\d+ vergelijkba", "3 vergelijkba", text), "own"),
    (
        "a run",
        "nl",
        lambda text: re.sub(r"\d+ peiljaren op rij", "99 peiljaren op rij", text),
        "own",
    ),
    (
        "a verdict",
        "nl",
        lambda text: (
            text.replace(" verbetert ", " ¤ ")
            .replace(" verslechtert ", " verbetert ")
            .replace(" ¤ ", " verslechtert ")
        ),
        "own",
    ),
    (
        "a gap that widens",
        "nl",
        lambda text: text.replace("wordt niet kleiner", "wordt niet genoeg kleiner"),
        "gap_gemeente",
    ),
    (
        "a gap that widens, beside the level",
        "nl",
        lambda text: text.replace("wordt niet kleiner", "wordt niet genoeg kleiner"),
        "own",
    ),
    (
        "a gap that widens, beside the level",
        "en",
        lambda text: re.sub(r"(The gap to .*? )(?:widens|does not close)\.", r"\1closes.", text),
        "own",
    ),
]


@pytest.fixture(scope="module")
def told(edition: duckdb.DuckDBPyConnection) -> list[Row]:
    return rows(edition, f"{ROWS} and class <> 'insufficient' and not is_held")


@pytest.mark.parametrize(("name", "language", "plant", "axis"), PLANTED)
def test_a_planted_contradiction_is_found(
    edition: duckdb.DuckDBPyConnection,
    told: list[Row],
    name: str,
    language: str,
    plant: Callable[[str], str],
    axis: str,
) -> None:
    beside = gaps(rows(edition, "from marts.stagnation where axis <> 'own'"))
    planted, missed = 0, []
    for row in told:
        sentence = row[f"sentence_{language}"]
        if row["axis"] == axis and (wrong := plant(sentence)) != sentence:
            planted += 1
            if not any(contradictions(wrong, language, row, beside)):
                missed.append(wrong)
        if planted == 400:
            break
    assert planted > 10, f"{name}: nothing to plant it in"
    assert missed[:3] == []


def test_a_planted_count_of_an_area_is_found(edition: duckdb.DuckDBPyConnection) -> None:
    row = rows(edition, f"{AREAS} where alerts > 2")[0]
    assert not any(area_contradictions(row["sentence_nl"], row))
    wrong = re.sub(r"\bop \d+ van", "op 77 van", row["sentence_nl"])
    assert any(area_contradictions(wrong, row))
    assert any(area_contradictions("Dat is structureel.", {**row, "is_alert": False}))
