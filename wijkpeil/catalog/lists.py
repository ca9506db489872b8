"""The CSV lists of the catalog: rows validated one by one, then the list as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from wijkpeil.catalog.areas import Herindeling, Member, Step
from wijkpeil.catalog.blocks import Block
from wijkpeil.delimited import read_delimited
from wijkpeil.errors import WijkError, nearest, short

B = TypeVar("B", bound=Block)
# one mistake that stands on more lines than these is told once
_EACH = 3
# shares are written with a few decimals
_ROUNDING = 0.001


def read_list(path: Path, model: type[B], extra: dict[str, str], mistakes: list[str]) -> list[B]:
    """The rows of a list as blocks, however a spreadsheet saved it; `extra` holds what the file's
    name says of every row. What is wrong joins the mistakes."""
    wanted = [name for name in model.model_fields if name not in extra]
    needed = [name for name in wanted if model.model_fields[name].is_required()]
    kinds = {name: _kinds_of(model.model_fields[name].annotation) for name in wanted}
    rows: list[B] = []
    wrong: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    try:
        found = read_delimited(path, needed, where=str(path))
        strange = [name for name in found.header if name not in wanted]
        if strange:
            known = nearest(strange[0], wanted)
            mistakes.append(f"{path}: unknown column '{short(strange[0])}'; nearest: {known}.")
            return rows
        for line, row in found.rows(uneven=mistakes):
            filled = {
                name: _as_iso(kinds[name], field.strip())
                for name, field in zip(found.header, row, strict=True)
                if field.strip()
            }
            if not filled:
                continue
            no_numbers = [name for name in filled if not _is_plain(kinds[name], filled[name])]
            for name in no_numbers:
                given = f"got '{short(filled[name])}'"
                wrong[name, "number"].append(
                    (line, f"'{name}': write a number as 2019 or 0.25, {given}.")
                )
            if no_numbers:
                continue
            try:
                rows.append(model.model_validate_strings({**filled, **extra}))
            except ValidationError as error:
                for item in error.errors():
                    key = (".".join(map(str, item["loc"])), str(item["type"]))
                    wrong[key].append((line, _sentence(item)))
    except WijkError as error:
        mistakes.append(str(error))
    except OSError as error:
        mistakes.append(f"{path} cannot be read ({error.strerror}); correct its rights.")
    for told in wrong.values():
        mistakes += _in_lines(path, told)
    return rows


def _in_lines(path: Path, told: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Each mistake with its line; one that is made over and over is one."""
    if len(told) <= _EACH:
        yield from (f"{path}, line {line}: {text}" for line, text in told)
        return
    (line, text), (last, _) = told[0], told[-1]
    yield f"{path}, line {line} and {len(told) - 1} more up to line {last}: {text}"


def _as_iso(kinds: Set[Any], text: str) -> str:
    """A date or share that a Dutch spreadsheet wrote (31-12-2025, 0,25), as the model takes it."""
    if date in kinds and (found := re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", text)):
        day, month, year = found.groups()
        return f"{year}-{month:0>2}-{day:0>2}"
    if float in kinds and re.fullmatch(r"\d+,\d+", text):
        return text.replace(",", ".")
    return text


def _is_plain(kinds: Set[Any], text: str) -> bool:
    """Whether a number is written as people write it: Python would read 2_019 and nan too."""
    if kinds.isdisjoint((int, float)):
        return True
    return re.fullmatch(r"[+-]?[0-9]*[.]?[0-9]+", text) is not None


def _kinds_of(annotation: Any) -> frozenset[Any]:
    """The types that an annotation is made of."""
    parts = get_args(annotation)
    return frozenset({annotation}).union(*map(_kinds_of, parts))


def _sentence(item: Any) -> str:
    column = ".".join(map(str, item["loc"]))
    if item["type"] == "missing":
        return f"'{column}' is empty."
    if item["type"] == "value_error":
        message = str(item["ctx"]["error"])
        return f"'{column}': {message}." if column else f"{message}."
    if item["type"].startswith("date"):
        return f"'{column}': '{short(item['input'])}' is no date; write 2025-12-31 or 31-12-2025."
    return f"'{column}': {item['msg'].lower()}, got '{short(item['input'])}'."


def whole_lists(
    folder: Path,
    members: Sequence[Member],
    steps: Sequence[Step],
    herindelingen: Sequence[Herindeling],
) -> Iterator[str]:
    """What is wrong with the lists as a whole."""
    yield from _whole_areas(folder, members)
    yield from _whole_steps(folder, steps)
    yield from _whole_herindelingen(folder, herindelingen)


def _whole_areas(folder: Path, members: Sequence[Member]) -> Iterator[str]:
    areas: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for member in members:
        areas[member.programme_id, member.area_id].append(member)
    for (programme_id, area_id), rows in areas.items():
        where = f"{folder / 'areas' / programme_id}.csv, area '{area_id}'"
        for key in ("name", "gemeente_code", "valid_from", "valid_to"):
            if len({getattr(row, key) for row in rows}) > 1:
                yield f"{where}: its rows differ in '{key}'; write the same in each."
        codes = [row.member_code for row in rows]
        for code in sorted({code for code in codes if code and codes.count(code) > 1}):
            yield f"{where}: member '{code}' stands twice."
        if len(rows) > 1 and any(row.certainty == "open" for row in rows):
            yield f"{where}: it is open and has members; choose one."


def _whole_steps(folder: Path, steps: Sequence[Step]) -> Iterator[str]:
    total: dict[tuple[str, int, int], float] = defaultdict(float)
    ways: dict[tuple[str, int], set[int]] = defaultdict(set)
    for step in steps:
        total[step.from_code, step.from_year, step.to_year] += step.weight
        ways[step.from_code, step.from_year].add(step.to_year)
    for (code, year, _), weight in total.items():
        if abs(weight - 1) > _ROUNDING:
            yield (
                f"{folder / 'lineage'}: the weights of {code} ({year}) add up to {weight:.4g}, "
                "not to 1: say where the rest went."
            )
    for (code, year), ends in ways.items():
        if len(ends) > 1:
            named = " and ".join(map(str, sorted(ends)))
            yield f"{folder / 'lineage'}: {code} ({year}) goes to {named}; give one year."


def _whole_herindelingen(folder: Path, rows: Sequence[Herindeling]) -> Iterator[str]:
    path = folder / "herindelingen.csv"
    ended: dict[str, list[Herindeling]] = defaultdict(list)
    for row in rows:
        ended[row.old_code].append(row)
        if row.old_code == row.new_code:
            yield f"{path}: {row.old_code} ({row.date}) is its own successor."
    for code, parts in ended.items():
        if len({part.date for part in parts}) > 1:
            yield f"{path}: {code} ends on two dates."
        weights = [part.weight for part in parts if part.weight is not None]
        if len(weights) == len(parts) and abs(sum(weights) - 1) > _ROUNDING:
            yield f"{path}: the weights of {code} add up to {sum(weights):.4g}, not to 1."
