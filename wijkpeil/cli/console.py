"""What a terminal shows: the progress of a run, and rows as a table or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from wijkpeil.progress import LISTENER


@contextmanager
def showing_progress(console: Console) -> Iterator[None]:
    """Show what the run inside reports, until it ends; plain lines where there is no terminal."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    display = _Display(progress, console)
    token = LISTENER.set(display)
    try:
        with progress:
            yield
    finally:
        LISTENER.reset(token)


def print_table(console: Console, names: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as a table; what is not there is an empty cell."""
    table = Table()
    for name in names:
        # on a narrow screen a cell becomes higher, and loses nothing
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


def write_csv(names: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV on stdout, without a cell that a spreadsheet takes for a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_harmless(value) for value in row] for row in rows)


def _harmless(value: object) -> object:
    """A cell that a spreadsheet does not take for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


class _Display:
    def __init__(self, progress: Progress, console: Console) -> None:
        self.progress = progress
        self.console = console
        self.tasks: dict[str, TaskID] = {}
        self.rows: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        self.totals: dict[str, int] = {}
        self.stage_task: TaskID | None = None

    def started(self, source_id: str, title: str) -> None:  # noqa: ARG002  # ids fit a line
        if source_id not in self.tasks:
            self.tasks[source_id] = self.progress.add_task(source_id, total=None, note="")
            self.rows[source_id] = 0

    def received(self, source_id: str, *, size: int, rows: int) -> None:
        task = self.tasks[source_id]
        self.rows[source_id] += rows
        self.sizes[source_id] = self.sizes.get(source_id, 0) + size
        note = f"{self.rows[source_id]:,} rows, {self.sizes[source_id] / 1e6:.1f} MB"
        self.progress.update(task, completed=self.rows[source_id], note=note)

    def expected(self, source_id: str, rows: int) -> None:
        task = self.tasks[source_id]
        self.totals[source_id] = self.totals.get(source_id, 0) + rows
        self.progress.update(task, total=self.totals[source_id])

    def ended(self, source_id: str, outcome: str) -> None:
        task = self.tasks.pop(source_id)
        self.progress.remove_task(task)
        rows = f", {self.rows[source_id]:,} rows" if self.rows[source_id] else ""
        self.console.print(f"  {source_id}: {outcome}{rows}")

    def stage(self, name: str) -> None:
        if self.stage_task is not None:
            self.progress.remove_task(self.stage_task)
        self.stage_task = self.progress.add_task(name, total=None, note="")
        if not self.console.is_terminal:
            self.console.print(f"{name} ...")
