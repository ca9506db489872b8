"""Faults the stand-in shows on the wire when told to."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal[
    "status",
    "reset",
    "truncate",
    "truncated_json",
    "html",
    "slow_drip",
    "hang",
    "foreign_next_link",
    "redirect",
]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, at the `nth` request whose decoded `path?query` contains `path_contains`
    and at the `times` - 1 such requests after it.

    status            answers `status` with an HTML page, and Retry-After when `retry_after` is set
    reset             cuts the connection with a TCP reset before any byte of an answer
    truncate          promises the whole body, sends half of it and closes
    truncated_json    a complete HTTP answer that holds the first half of the JSON
    html              status 200 with a page for people
    slow_drip         the right answer, spread over `seconds`
    hang              no answer for `seconds`, then the connection closes
    foreign_next_link the right rows, with a next page on another host
    redirect          302 to `location`
    """

    kind: Kind
    path_contains: str = ""
    nth: int = 1
    times: int = 1
    status: int = 500
    retry_after: int | None = None
    seconds: float = 2.0
    location: str = "http://other.invalid/elders"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise ValueError(f"'{self.kind}' is no kind of fault; known: {known}.")
        if self.nth < 1 or self.times < 1 or not 0 <= self.seconds <= 60:
            raise ValueError("A fault has nth >= 1, times >= 1 and 0 <= seconds <= 60.")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer before it goes on the wire."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class FaultPlan:
    """The faults still to come; each counts the requests that it matches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[Fault, list[None]]] = []

    def add(self, fault: Fault) -> None:
        """Plan one more fault."""
        with self._lock:
            self._planned.append((fault, []))

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._planned.clear()

    def next_for(self, address: str) -> Fault | None:
        """The fault this request meets, the one planned first; counts it for all that match."""
        with self._lock:
            met = []
            for fault, seen in self._planned:
                if fault.path_contains in address:
                    seen.append(None)
                    if fault.nth <= len(seen) < fault.nth + fault.times:
                        met.append(fault)
            return met[0] if met else None


def page_for_people(status: int, text: str) -> bytes:
    """The HTML that a proxy or web server puts in place of an answer."""
    return (
        "<!DOCTYPE html><html><head><title>Storing</title></head>"
        f"<body><h1>{status}</h1><p>{text}</p></body></html>"
    ).encode()
