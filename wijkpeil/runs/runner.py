"""Who runs the steps: this process itself, or something that shows each of them."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from wijkpeil.runs.records import Record

SOURCES_AT_ONCE = 4
_LOG = logging.getLogger("wijkpeil.runs")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Runner(Protocol):
    """Runs the steps of a run and shows what came of them."""

    @property
    def prefect_run(self) -> str | None:
        """The id of this run at Prefect, where it has one."""

    def call(self, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run one step; raises what it raises."""

    def each(self, step: Callable[..., _T], jobs: Sequence[tuple[Any, ...]]) -> list[_T]:
        """Run a step once per job, some at once; in the order of the jobs. Raises the first
        error when all have ended."""

    def show_table(self, key: str, rows: Sequence[Mapping[str, Any]], title: str) -> None:
        """Show rows to whoever watches the run."""

    def show_text(self, key: str, markdown: str, title: str) -> None:
        """Show a text to whoever watches the run."""

    def warn(self, text: str) -> None:
        """Say what is amiss and stops nothing."""

    def settle(self, warehouse: Path) -> list[Record]:
        """See to the runs of the same schedule that are late or died; the records, now kept, of
        those that left none."""


class PlainRunner:
    """Calls the steps in this process. Nobody watches: the outcome and the record tell all."""

    prefect_run: str | None = None

    def call(self, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call it."""
        return step(*args, **kwargs)

    def each(self, step: Callable[..., _T], jobs: Sequence[tuple[Any, ...]]) -> list[_T]:
        """Call it in threads that report to the same listener as this one."""
        with ThreadPoolExecutor(max_workers=SOURCES_AT_ONCE) as pool:
            futures = [pool.submit(contextvars.copy_context().run, step, *job) for job in jobs]
        return [future.result() for future in futures]

    def show_table(self, key: str, rows: Sequence[Mapping[str, Any]], title: str) -> None:
        """Nobody watches."""

    def show_text(self, key: str, markdown: str, title: str) -> None:
        """Nobody watches."""

    def warn(self, text: str) -> None:
        """A line of the log; a person reads it in the outcome."""
        _LOG.info(text)

    def settle(self, warehouse: Path) -> list[Record]:  # noqa: ARG002
        """There is no schedule here."""
        return []
