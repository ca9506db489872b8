"""Where long work tells how far it is. Silent unless somebody listens.

The listener is a context variable, so that work in other threads of one run reports to that
run's listener and tasks need not carry it in their arguments.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Something that shows progress: a terminal display, or a test."""

    def started(self, source_id: str, title: str) -> None:
        """Work on a source begins."""

    def received(self, source_id: str, *, size: int, rows: int) -> None:
        """So many more bytes or rows came in."""

    def expected(self, source_id: str, rows: int) -> None:
        """So many more rows are on their way."""

    def ended(self, source_id: str, outcome: str) -> None:
        """Work on a source is over."""

    def stage(self, name: str) -> None:
        """The run enters a stage: build, check, publish, alert."""


LISTENER: ContextVar[Listener | None] = ContextVar("wijkpeil_listener", default=None)
SOURCE: ContextVar[str | None] = ContextVar("wijkpeil_source", default=None)


def report_started(source_id: str, title: str) -> None:
    """Say that a source is being fetched; later bytes and rows in this context are its."""
    SOURCE.set(source_id)
    if listener := LISTENER.get():
        listener.started(source_id, title)


def report_bytes(size: int) -> None:
    """Say that `size` more bytes of the current source came in."""
    if (listener := LISTENER.get()) and (source_id := SOURCE.get()):
        listener.received(source_id, size=size, rows=0)


def report_rows(rows: int) -> None:
    """Say that `rows` more rows of the current source came in."""
    if (listener := LISTENER.get()) and (source_id := SOURCE.get()):
        listener.received(source_id, size=0, rows=rows)


def report_total(rows: int | None) -> None:
    """Say that `rows` more rows of the current source are to come; None where nobody knows."""
    if rows and (listener := LISTENER.get()) and (source_id := SOURCE.get()):
        listener.expected(source_id, rows)


def report_ended(source_id: str, outcome: str) -> None:
    """Say how a source ended: unchanged, fetched, failed."""
    if listener := LISTENER.get():
        listener.ended(source_id, outcome)


def report_stage(name: str) -> None:
    """Say that the run enters a stage."""
    if listener := LISTENER.get():
        listener.stage(name)
