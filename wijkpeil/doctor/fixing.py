"""What is sure, written into cbs.toml: line by line, so that comments and order stay.

One diff is shown first. Where the file changed meanwhile, or the catalog would have a mistake,
nothing is written.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wijkpeil.catalog import (
    Wording,
    read_cbs_file,
    replace_cbs_file,
    toml_value,
    try_cbs_file,
)
from wijkpeil.doctor.findings import AddTable, AddWording, Fix, MoveTable
from wijkpeil.errors import WijkError

_HEADER = re.compile(r"^\s*\[\[([a-z_.]+)\]\]\s*(?:#.*)?$")


@dataclass(frozen=True)
class Plan:
    """The text of cbs.toml before and after, and what had to be left as it is."""

    before: str
    after: str
    left: tuple[str, ...] = ()

    @property
    def diff(self) -> str:
        """What changes, as `diff -u` shows it; empty where nothing does."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(),
            "cbs.toml", "cbs.toml with what is sure", lineterm="",
        )  # fmt: skip
        return "\n".join(lines)


@dataclass(frozen=True)
class _Block:
    """A block of the file: its header, whose it is, its values, and its lines but the header,
    without the blanks and comments that stand above the next one."""

    header: str
    owner: str
    values: dict[str, Any]
    start: int
    end: int


def plan_fixes(folder: Path, fixes: Sequence[Fix]) -> Plan:
    """The file with these changes, but for those whose block is written in another way, and those
    with which the catalog would have a mistake."""
    before = read_cbs_file(folder)
    after = before
    left = []
    for fix in fixes:
        try:
            tried = _with(after, fix)
            try_cbs_file(folder, tried)
        except WijkError as error:
            left.append(f"{fix.why}; it is left for you to write: {error}")
        else:
            after = tried
    return Plan(before, after, tuple(left))


def write_plan(folder: Path, plan: Plan) -> Path:
    """Write it, and return the file; raises WijkError, with the file as it was."""
    if read_cbs_file(folder) != plan.before:
        raise WijkError(
            f"{folder / 'cbs.toml'} changed since it was read, so nothing was written; run "
            "`wijkpeil doctor --fix` again."
        )
    return replace_cbs_file(folder, plan.after)


def _with(text: str, fix: Fix) -> str:
    lines = text.splitlines()
    blocks = list(_blocks(lines))
    if isinstance(fix, AddTable):
        new = tomllib.loads(fix.block)["table"][0]
        mine = [
            block
            for block in blocks
            if block.header.startswith("table") and _series_of(blocks, block) == new["series"]
        ]
        at = mine[-1].end if mine else len(lines)
        lines[at:at] = ["", *fix.block.splitlines()]
    elif isinstance(fix, MoveTable):
        block = _one(blocks, "table", fix.table_id, None)
        at = _line(lines, block, "cbs_id")
        lines[at] = lines[at].replace(toml_value(fix.old), toml_value(fix.new), 1)
    else:
        own = [
            each for each in blocks if (each.header, each.owner) == ("table.measure", fix.table_id)
        ]
        is_own = any(each.values.get("indicator") == fix.indicator for each in own)
        kind, block_id = ("series", fix.series) if fix.series else ("table", fix.table_id)
        if is_own:
            kind, block_id = "table", fix.table_id
        _add_wording(lines, _one(blocks, kind, block_id, fix.indicator), fix)
    return "\n".join(lines) + "\n"


def _add_wording(lines: list[str], block: _Block, fix: AddWording) -> None:
    new = _inline(fix.wording)
    if "alternatives" not in block.values:
        names = [name for name in ("title", "unit", "parent") if name in block.values]
        at = max(_line(lines, block, name) for name in names) + 1
        lines[at:at] = ["alternatives = [", f"    {new},", "]"]
        return
    at = _line(lines, block, "alternatives")
    if lines[at].split("#")[0].rstrip().endswith("]"):
        head, _, tail = lines[at].rpartition("]")
        comma = "" if not block.values["alternatives"] else ", "
        lines[at] = f"{head.rstrip().rstrip(',')}{comma}{new}]{tail}"
        return
    close = next(n for n in range(at + 1, block.end) if lines[n].lstrip().startswith("]"))
    last = next(n for n in range(close - 1, at, -1) if lines[n].lstrip().startswith("{"))
    code, sign, comment = lines[last].partition("#")
    if not code.rstrip().endswith(","):
        lines[last] = f"{code.rstrip()}, {sign}{comment}".rstrip()
    lines.insert(close, f"    {new},")


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    starts = [(n, match[1]) for n, line in enumerate(lines) if (match := _HEADER.match(line))]
    ends = [*(n for n, _ in starts[1:]), len(lines)]
    owner = ""
    for (start, header), stop in zip(starts, ends, strict=True):
        end = stop
        while end > start + 1 and lines[end - 1].strip()[:1] in {"", "#"}:
            end -= 1
        try:
            values = tomllib.loads("\n".join(lines[start + 1 : end]))
        except tomllib.TOMLDecodeError:
            values = {}
        if "." not in header:
            owner = str(values.get("id", ""))
        yield _Block(header, owner, values, start + 1, end)


def _series_of(blocks: Sequence[_Block], block: _Block) -> str | None:
    """The series of the table that a block is of."""
    tables = [each for each in blocks if each.header == "table" and each.owner == block.owner]
    return tables[0].values.get("series") if tables else None


def _one(blocks: Sequence[_Block], kind: str, block_id: str, indicator: str | None) -> _Block:
    header = kind if indicator is None else f"{kind}.measure"
    found = [
        block
        for block in blocks
        if (block.header, block.owner) == (header, block_id)
        and (indicator is None or block.values.get("indicator") == indicator)
    ]
    if len(found) != 1:
        what = f"measure '{indicator}' of " if indicator else ""
        raise WijkError(
            f"cbs.toml: {what}[[{kind}]] {block_id} is not written as a block of its own, so it "
            "is left as it is; write the lines that `wijkpeil doctor` prints by hand."
        )
    return found[0]


def _line(lines: Sequence[str], block: _Block, key: str) -> int:
    """The number of the line that begins with this key."""
    for number in range(block.start, block.end):
        if re.match(rf"\s*{key}\s*=", lines[number]):
            return number
    raise WijkError(f"cbs.toml: '{key}' of {block.owner} is not on a line of its own.")


def _inline(name: Wording) -> str:
    pairs = name.model_dump(exclude_none=True)
    return f"{{ {', '.join(f'{key} = {toml_value(value)}' for key, value in pairs.items())} }}"
