"""The rule of the method: the thresholds and constants of `sql/rule.toml`, with unit and reason.

The SQL has them where it says `rule('<name>')`, as numbers; a published edition carries the values
that it was judged by in `catalog.rule`, and its readers take them from there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.errors import WijkError, nearest
from wijkpeil.text import literal

FILE = "rule.toml"
TABLE = "catalog.rule"
_MENTION = re.compile(r"\brule\('(\w+)'\)")
_KEYS = ("value", "unit", "reason")


@dataclass(frozen=True)
class Rule:
    """The value of each constant; what it is stands in `sql/rule.toml`."""

    least_points: int
    least_span_years: int
    oldest_years: int
    largest_suppressed_share: float
    score_decimals: int
    longest_years: int
    least_kept_years: int
    margin_errors: float
    mail_errors: float
    common_share: float
    wide_error: float
    wide_entry_errors: float
    own_noise_entry_errors: float
    kept_errors: float
    bend_years: int
    bend_least_points: int
    turn_size: float
    turn_beyond_line: float
    flat_errors: float
    flat_after_size: float
    bend_errors: int
    memory_least_wijken: int
    memory_least_points: int
    largest_memory: float
    register_turnover: float
    pool_weight: int
    own_noise_ratio: int
    own_noise_fewer_degrees: float
    own_noise_least_degrees: float
    scattered_share: float
    prior_least_error: float
    prior_shared_weight: int
    prior_stated_weight: int
    prior_shared_steps: int
    prior_steps: int
    held_shift: float
    lasting_shift: float
    entered_shift: float
    standstill_slope: float
    break_least_wijken: int
    break_least_other_years: int
    break_spreads: int
    break_sizes: int
    level_least_share: float
    level_least_areas: int
    level_least_years: int
    national_share: float
    national_times: int
    whole_apart_share: float
    whole_apart_steps: int
    whole_apart_errors: int
    lasting_editions: int
    area_many_conclusive: int
    area_alerts: int
    area_one_in: int
    area_few_conclusive: int
    area_alerts_of_few: int
    structural_indicators: int
    examples: int
    example_chance: float
    start_share: float
    size_times: int
    gemeente_times: int


_TYPES = {field.name: {"int": int, "float": float}[str(field.type)] for field in fields(Rule)}
COLUMNS = ", ".join(
    f"{name} {'integer' if kind is int else 'double'}" for name, kind in _TYPES.items()
)


def read_rule(folder: Path) -> Rule:
    """The values of `<folder>/rule.toml`; raises WijkError naming the file and the constant."""
    return Rule(**{name: block["value"] for name, block in _blocks(folder).items()})


def _blocks(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    path = folder / FILE
    try:
        return _parsed(path, path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WijkError(f"{path} cannot be read as TOML ({error}); correct it.") from error


# once per text: every file of the SQL folder is filled with it
@cache
def _parsed(path: Path, text: str) -> Mapping[str, Mapping[str, Any]]:
    blocks = tomllib.loads(text)
    for name in sorted(blocks.keys() - _TYPES.keys()):
        raise WijkError(f"{path}: no constant '{name}'; nearest: {nearest(name, _TYPES)}.")
    for name, kind in _TYPES.items():
        block = blocks.get(name)
        if not isinstance(block, dict):
            raise WijkError(f"{path}: no '{name}'; add [{name}] with {', '.join(_KEYS)}.")
        for key in (*_KEYS, *block):
            if key not in block:
                raise WijkError(f"{path}, '{name}': no {key}; add it.")
            if key not in _KEYS:
                raise WijkError(f"{path}, '{name}': unknown '{key}'; it has {', '.join(_KEYS)}.")
        # of numbers with decimals a whole one is one too; true and false are none
        if type(block["value"]) not in {int, kind} or not 0 < block["value"] < 1000:
            raise WijkError(
                f"{path}, '{name}': value {block['value']!r} is no "
                f"{'whole ' if kind is int else ''}number above 0 and under 1000."
            )
    return blocks


def fill_in(text: str, rule: Rule, path: Path) -> str:
    """The text with numbers where it says rule('<name>'); raises WijkError for a name not there."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in _TYPES:
            raise WijkError(
                f"{path}: rule('{found[1]}') is not in sql/{FILE}; "
                f"nearest: {nearest(found[1], _TYPES)}."
            )
        return f"{getattr(rule, found[1])!r}"

    return _MENTION.sub(value, text)


def filled(path: Path, folder: Path) -> str:
    """A file of the SQL folder with the constants of that folder filled in."""
    text = path.read_text(encoding="utf-8")
    return fill_in(text, read_rule(folder), path) if _MENTION.search(text) else text


def load_rule(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The one row of catalog.rule, each column with its unit and reason as COMMENT."""
    meaning = "every threshold and constant of the method, as this edition was judged: one row"
    statements = [
        f"insert into {TABLE} values ({', '.join(map(repr, astuple(read_rule(folder))))})",
        f"comment on table {TABLE} is {literal(meaning)}",
    ]
    for name, block in _blocks(folder).items():
        text = f"{block['unit'][:1].upper()}{block['unit'][1:]}. {block['reason']}"
        statements.append(f"comment on column {TABLE}.{name} is {literal(text)}")
    connection.execute(";\n".join(statements))


def rule_of(connection: duckdb.DuckDBPyConnection) -> Rule:
    """What an edition was judged by; raises WijkError when it was built before it said so."""
    try:
        cursor = connection.execute(f"select {', '.join(_TYPES)} from {TABLE}")
    except duckdb.CatalogException as error:
        raise WijkError(
            "The published edition was built by an earlier version, without its rule; "
            "run `wijkpeil refresh` first."
        ) from error
    [row] = cursor.fetchall()
    return Rule(*row)
