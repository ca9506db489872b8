"""The checks: the rules of `expectations/`, run inside a DuckDB file, with every failing row kept.

A suite is a file `<schema>.<table>.json` in Great Expectations' own form. Beside GX's fields each
expectation has `meta.notes` (the rule as a clause: "an area code has the form CBS gives it"), and
may have `meta.rule` (its name) and `meta.next_step` (what to do when it fails, as a clause).
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wijkpeil.errors import WijkError, sentence

if TYPE_CHECKING:
    from wijkpeil.edition.gx_duckdb import Outcome

Severity = Literal["critical", "warning", "info"]

QUARANTINE_LIMIT = 100_000  # rows per check
MESSAGES_SHOWN = 3
# of what is left out of an edition each thing is a line, and more are in a file
LEFT_OUT_SHOWN = 100
EXAMPLE_LENGTH = 240
LEFT_OUT = "core.input_warning"

_COLUMNS = {
    "check_id": ("varchar", "Table, rule and column of the check: the same in every build."),
    "table_name": ("varchar", "The table checked."),
    "rule": ("varchar", "The name of the rule in expectations/."),
    "column_name": ("varchar", "The column or columns; null for a rule on whole rows."),
    "severity": ("varchar", "critical stops publication; warning and info are reported."),
    "is_passed": ("boolean", "Whether the rule holds."),
    "rows_checked": ("bigint", "Rows the rule looked at; 0 where there was nothing to look at."),
    "rows_failed": ("bigint", "Rows that break the rule; 0 for a rule on the table as a whole."),
    "message": ("varchar", "The result as an English sentence."),
    "source_id": ("varchar", "The source of the row; null where its table names none."),
    "row": ("json", "The whole row; NaN and infinity as text, since JSON lacks them."),
}
_CHECK = "check_id table_name rule column_name severity is_passed rows_checked rows_failed message"
_TABLES = {
    "check": (_CHECK, "One row per check of this build: a rule on a table, and whether it holds."),
    "quarantine": (
        "check_id table_name rule severity source_id row",
        f"One row per row that breaks a rule, at most {QUARANTINE_LIMIT:,} per check.",
    ),
}


@dataclass(frozen=True)
class Check:
    """One rule and what came of it. `problems` holds the first messages of rows that have one."""

    check_id: str
    table_name: str
    rule: str
    column_name: str | None
    severity: Severity
    is_passed: bool
    rows_checked: int
    rows_failed: int
    message: str
    next_step: str
    example: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """All checks of one file, in the order of the suites. Pickles."""

    checks: tuple[Check, ...]

    @property
    def critical(self) -> tuple[Check, ...]:
        """The failed checks that stop publication."""
        return self._failed("critical")

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The failed checks that are reported and stop nothing."""
        return self._failed("warning")

    @property
    def is_publishable(self) -> bool:
        """Whether no critical check failed."""
        return not self.critical

    @property
    def told(self) -> list[str]:
        """What is left out of this edition, a sentence each: the first few."""
        lines: list[str] = []
        for check in self.warnings:
            if check.table_name == LEFT_OUT:
                lines += check.problems
                left = check.rows_failed - len(check.problems)
                lines += [f"And {left:,} more in meta.quarantine."] if left else []
        return lines

    def sentence(self) -> str:
        """What failed critically, where, how many rows, an example, and what to do."""
        if self.is_publishable:
            warned = f"; {_listed(self.warnings, 'warning')}" if self.warnings else ""
            return f"No critical check of {len(self.checks)} failed{warned}."
        # Problems found in the input come first: they say what to do, and cause the rest.
        first, *others = sorted(self.critical, key=lambda check: not check.problems)
        text = first.message.rstrip(".")
        if first.problems:
            text += ": " + " ".join(first.problems)
            left = first.rows_failed - len(first.problems)
            text += f" And {left:,} more in meta.quarantine." if left else ""
        else:
            example = f", for example {first.example}" if first.example else ""
            text += f"{example}; {first.next_step} ({first.check_id})."
        return f"{text} Also failed: {_listed(others, 'critical check')}." if others else text

    def _failed(self, severity: Severity) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.severity == severity and not c.is_passed)


def _listed(checks: list[Check] | tuple[Check, ...], noun: str, *, shown: int = 5) -> str:
    names = [f"{check.check_id} ({_count(check.rows_failed, 'row')})" for check in checks[:shown]]
    more = f" and {len(checks) - shown} more" if len(checks) > shown else ""
    return f"{_count(len(checks), noun)}: {', '.join(names)}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Meta(_Block):
    notes: Annotated[str, Field(min_length=1)]
    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    next_step: Annotated[str, Field(min_length=1)] | None = None


class _Expectation(_Block):
    type: str
    kwargs: dict[str, Any]
    severity: Severity
    meta: _Meta


class _Suite(_Block):
    name: str
    expectations: Annotated[list[_Expectation], Field(min_length=1)]


@dataclass(frozen=True)
class _Entry:
    """An expectation in its place: the file it stands in and the table it is about."""

    path: Path
    table: str
    expectation: _Expectation

    @property
    def rule(self) -> str:
        return self.expectation.meta.rule or self.expectation.type

    @property
    def columns(self) -> tuple[str, ...]:
        kwargs = self.expectation.kwargs
        listed = kwargs.get("column_list")
        single = [kwargs.get(key) for key in ("column", "column_A", "column_B")]
        names = [*single, *(listed if isinstance(listed, list) else [])]
        return tuple(name for name in names if isinstance(name, str))

    @property
    def check_id(self) -> str:
        return ".".join([self.table, self.rule, *filter(None, [",".join(self.columns)])])


def run_checks(database: Path, suites: Path) -> CheckReport:
    """Run every suite in the folder `suites` on `database` and keep the results in it.

    `meta.check` and `meta.quarantine` are replaced as one; on an error they stay as they were.
    Raises one WijkError, listing every mistake, where a suite cannot be read or run as written.
    """
    entries = _read(suites)
    try:
        outcomes = _evaluate(database, entries, suites)
        with duckdb.connect(str(database)) as connection:
            connection.begin()  # what is not committed is undone when the connection ends
            _make_tables(connection)
            checks = [_keep(connection, entry, outcomes[entry.check_id]) for entry in entries]
            connection.commit()
    except duckdb.Error as error:
        raise WijkError(
            sentence(error)
            or f"{database} cannot be checked ({str(error).splitlines()[0]}); see that the file "
            "exists and that no other program has it open, and run again."
        ) from error
    return CheckReport(tuple(checks))


def _read(folder: Path) -> list[_Entry]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise WijkError(f"{folder} holds no suites (<schema>.<table>.json); name another folder.")
    entries: list[_Entry] = []
    mistakes: list[str] = []
    for path in paths:
        try:
            suite = _Suite.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            for item in error.errors():
                key = ".".join(str(part) for part in item["loc"])
                mistakes.append(f"{path}, key '{key}': {item['msg'].lower()}.")
            continue
        except (OSError, ValueError) as error:
            mistakes.append(f"{path} cannot be read as JSON ({error}).")
            continue
        if suite.name != path.stem or path.stem.count(".") != 1:
            mistakes.append(f"{path}: file and 'name' ('{suite.name}') must be <schema>.<table>.")
        entries += [_Entry(path, suite.name, expectation) for expectation in suite.expectations]
    times = Counter(entry.check_id for entry in entries)
    twice = {f"{e.path}: {e.check_id}" for e in entries if times[e.check_id] > 1}
    mistakes += [f"{place} is there twice; name each in 'meta.rule'." for place in sorted(twice)]
    _stop_at(mistakes, folder)
    return entries


def _evaluate(database: Path, entries: list[_Entry], folder: Path) -> dict[str, Outcome]:
    # Here, because GX takes 6-10 s to import.
    from wijkpeil.edition.gx_duckdb import Rule, evaluate  # noqa: PLC0415

    suites: dict[str, dict[str, Rule]] = {}
    for entry in entries:
        given = entry.expectation
        rule = Rule(given.type, given.kwargs, given.severity, entry.columns)
        suites.setdefault(entry.table, {})[entry.check_id] = rule
    outcomes = evaluate(database, suites)
    # What is wrong with the whole suite is told once, at its first rule.
    errors: dict[tuple[Path, str], str] = {}
    for entry in entries:
        error = outcomes[entry.check_id].error
        if error is not None:
            text = f"{entry.path}, rule '{entry.rule}': {error.rstrip('.')}."
            errors.setdefault((entry.path, error), text)
    _stop_at(list(errors.values()), folder)
    return outcomes


def _stop_at(mistakes: list[str], folder: Path) -> None:
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise WijkError(
            f"Suites {folder}: {_count(len(mistakes), 'mistake')}; correct and run again.{lines}"
        )


def _make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists meta")
    for table, (columns, comment) in _TABLES.items():
        fields = ", ".join(f'"{name}" {_COLUMNS[name][0]}' for name in columns.split())
        connection.execute(f"create or replace table meta.{table} ({fields})")
        connection.execute(f"comment on table meta.{table} is {_literal(comment)}")
        for name in columns.split():
            text = _literal(_COLUMNS[name][1])
            connection.execute(f'comment on column meta.{table}."{name}" is {text}')


def _keep(connection: duckdb.DuckDBPyConnection, entry: _Entry, outcome: Outcome) -> Check:
    """Write a check and its failing rows."""
    rows = _quarantine(connection, entry, outcome) if outcome.failing_rows else []
    check = Check(
        check_id=entry.check_id,
        table_name=entry.table,
        rule=entry.rule,
        column_name=",".join(entry.columns) or None,
        severity=entry.expectation.severity,
        is_passed=outcome.is_passed,
        rows_checked=outcome.rows_checked,
        rows_failed=outcome.rows_failed or 0,
        message=_message(entry, outcome),
        next_step=entry.expectation.meta.next_step
        or "look at the rows in meta.quarantine, correct the source or the catalog, and run again",
        example=_example(entry, rows[0]) if rows else None,
        problems=tuple(str(row["message"]) for row in rows if row.get("message")),
    )
    values = [getattr(check, name) for name in _CHECK.split()]
    connection.execute(f"insert into meta.check values ({', '.join('?' * len(values))})", values)
    return check


def _message(entry: _Entry, outcome: Outcome) -> str:
    checked, failed = outcome.rows_checked, outcome.rows_failed
    rule = f'the rule "{entry.expectation.meta.notes}"'
    if failed is None:
        found = "" if outcome.observed is None else f" (found: {outcome.observed})"
        return f"{entry.table} {'keeps' if outcome.is_passed else 'breaks'} {rule}{found}."
    if failed == checked == 0:
        return f"{entry.table} has no row, or no value, to check for {rule}."
    if failed == 0:
        return f"{entry.table} keeps {rule} in {_count(checked, 'row')}."
    if not outcome.failing_rows:
        aside = " (GX cannot list them for this type of expectation)"
    elif failed > QUARANTINE_LIMIT:
        aside = f" ({failed - QUARANTINE_LIMIT:,} of them left out of meta.quarantine)"
    else:
        aside = ", which the rule tolerates" if outcome.is_passed else ""
    return f"{entry.table} breaks {rule} in {failed:,} of {_count(checked, 'row')}{aside}."


def _quarantine(
    connection: duckdb.DuckDBPyConnection, entry: _Entry, outcome: Outcome
) -> list[dict[str, Any]]:
    """Put the failing rows in meta.quarantine, whole; returns the first few."""
    sql = f"({outcome.failing_rows})"
    counted = connection.execute(f"select count(*) from {sql}").fetchone()
    if counted != (outcome.rows_failed,):
        raise WijkError(
            f"{entry.path}, rule '{entry.rule}': GX counts {outcome.rows_failed:,} failing rows "
            f"and its SQL lists {counted}; write it as unexpected_rows_expectation and run again."
        )
    relation = connection.sql(f"from {sql}")
    names = relation.columns
    fields = []
    for index, (name, kind) in enumerate(zip(names, relation.types, strict=True)):
        value = f"c{index}"
        if str(kind) in ("DOUBLE", "FLOAT"):
            value = f"if(isfinite({value}), to_json({value}), to_json({value}::varchar))"
        fields.append(f"{_literal(name)}, {value}")
    source_id = f"c{names.index('source_id')}" if "source_id" in names else "null"
    aliases = ", ".join(f"c{index}" for index in range(len(names)))
    connection.execute(
        f"insert into meta.quarantine select ?, ?, ?, ?, {source_id}, "
        f"json_object({', '.join(fields)}) as row from {sql} as failing({aliases}) "
        f"order by row limit {QUARANTINE_LIMIT}",
        [entry.check_id, entry.table, entry.rule, entry.expectation.severity],
    )
    first = connection.execute(
        "select row from meta.quarantine where check_id = ? order by row limit ?",
        [entry.check_id, LEFT_OUT_SHOWN if entry.table == LEFT_OUT else MESSAGES_SHOWN],
    ).fetchall()
    return [json.loads(row) for (row,) in first]


def _example(entry: _Entry, row: dict[str, Any]) -> str:
    """A failing row in a few words: the columns of the rule, then all that has a value."""
    shown = {name: row.get(name) for name in entry.columns}
    shown |= {name: value for name, value in row.items() if value is not None}
    text = ", ".join(f"{name}={'null' if v is None else v}" for name, v in shown.items())
    return textwrap.shorten(text, EXAMPLE_LENGTH, placeholder=" …")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
