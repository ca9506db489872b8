"""The CSV lists of the catalog: rows validated one by one, then the list as a whole."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from flows.catalog.blocks import Block
from flows.catalog.places import Herindeling, Member, Step
from flows.errors import nearest

B = TypeVar("B", bound=Block)
# shares are written with a few decimals
_ROUNDING = 0.001


def read_list(
    path: Path, text: str, model: type[B], extra: dict[str, str], mistakes: list[str]
) -> list[B]:
    """The rows of a list as blocks; `extra` holds what the file's name says of every row."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    wanted = [name for name in model.model_fields if name not in extra]
    rows: list[B] = []
    try:
        header = list(reader.fieldnames or [])
        strange = [name for name in header if name not in wanted]
        needed = [name for name in wanted if model.model_fields[name].is_required()]
        missing = [name for name in needed if name not in header]
        if strange or missing:
            if strange:
                known = nearest(strange[0], wanted)
                mistakes.append(f"{path}: unknown column '{strange[0]}'; nearest: {known}.")
            if missing:
                mistakes.append(f"{path}: no column '{missing[0]}'; separate columns by commas.")
            return rows
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row or None in row.values():
                mistakes.append(f"{where}: not {len(header)} fields, as the header has.")
                continue
            filled = {name: field.strip() for name, field in row.items() if field.strip()}
            try:
                rows.append(model.model_validate_strings({**filled, **extra}))
            except ValidationError as error:
                mistakes += [f"{where}: {_sentence(item)}" for item in error.errors()]
    except csv.Error as error:
        mistakes.append(f"{path}, line {reader.line_num}: not CSV ({error}).")
    return rows


def _sentence(item: Any) -> str:
    column = ".".join(map(str, item["loc"]))
    if item["type"] == "missing":
        return f"'{column}' is empty."
    if item["type"] == "value_error":
        message = str(item["ctx"]["error"])
        return f"'{column}': {message}." if column else f"{message}."
    return f"'{column}': {item['msg'].lower()}, got {item['input']!r}."


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
