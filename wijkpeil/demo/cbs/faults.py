"""Faults the stand-in shows on the wire: as planned, or at random."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

Kind = Literal[
    "status",
    "reset",
    "truncate",
    "truncated_json",
    "broken_gzip",
    "oversize",
    "html",
    "slow_drip",
    "hang",
    "foreign_next_link",
    "loop",
    "duplicate_rows",
    "empty",
    "wrong_count",
    "no_count",
    "redirect",
    "modified_changes",
]
PASSING: tuple[Kind, ...] = (
    *("status", "reset", "truncate", "truncated_json", "broken_gzip", "html", "slow_drip", "hang"),
)
"""The kinds that a client sees for what they are, so that it can try again."""
_OF_COUNTS = ("wrong_count", "no_count")


@dataclass(frozen=True)
class Fault:
    """What goes wrong, at the `nth` request whose decoded `path?query` contains `path_contains`
    and at the `times` - 1 such requests after it.

    status            answers `status` with an HTML page, and Retry-After when `retry_after` is set
    reset             cuts the connection with a TCP reset before any byte of an answer
    truncate          promises the whole body, sends half of it and closes
    truncated_json    a complete HTTP answer that holds the first half of the JSON
    broken_gzip       a complete HTTP answer whose gzip is damaged half-way
    oversize          the right JSON with blanks before its end: more than `size` bytes, in chunks
    html              status 200 with a page for people
    slow_drip         the right answer, spread over `seconds`
    hang              no answer for `seconds`, then the connection closes
    foreign_next_link the right rows, with a next page on another host
    loop              the right rows, with the page itself as the next page
    duplicate_rows    as many rows as is right, the first ones again in place of the last ones
    empty             status 200 without a row or a next page
    wrong_count       a $count that is one too high; other requests are not counted
    no_count          a $count that is a page for people; other requests are not counted
    redirect          302 to `location`
    modified_changes  the right answer; from it on the table, or all without one in the path, says
                      it was `modified`, whether the fault is healed or not
    """

    kind: Kind
    path_contains: str = ""
    nth: int = 1
    times: int = 1
    status: int = 500
    retry_after: int | str | None = None
    seconds: float = 2.0
    location: str = "http://other.invalid/elders"
    size: int = 10_000_000
    modified: str = "2099-01-01T02:00:00"

    def __post_init__(self) -> None:
        _check_kinds([self.kind])
        if self.nth < 1 or self.times < 1 or not 0 <= self.seconds <= 60:
            raise ValueError("A fault has nth >= 1, times >= 1 and 0 <= seconds <= 60.")

    def meets(self, address: str) -> bool:
        """Whether a request is one that this fault counts."""
        is_count = "/$count" in address
        return self.path_contains in address and (is_count or self.kind not in _OF_COUNTS)


def _check_kinds(kinds: Collection[str]) -> None:
    for kind in kinds:
        if kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise ValueError(f"'{kind}' is no kind of fault; known: {known}.")


class Plan(Protocol):
    """Says which fault a request meets."""

    def next_for(self, address: str) -> Fault | None:
        """The fault for the next request to this decoded `path?query`."""


class PlannedFaults:
    """The faults still to come; each counts the requests that it meets."""

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
                if fault.meets(address):
                    seen.append(None)
                    if fault.nth <= len(seen) < fault.nth + fault.times:
                        met.append(fault)
            return met[0] if met else None


class RandomFaults:
    """A `share` of all requests meets one of `kinds`, the same ones for the same `seed` and order
    of requests, and the same address no more than `in_a_row` times running.

    `shown` lists the address and kind of every fault. `like` gives what a fault needs beside its
    kind, such as `Fault("status", status=429, retry_after=0)`.
    """

    def __init__(
        self,
        seed: int,
        *,
        share: float = 0.2,
        kinds: Collection[Kind] = PASSING,
        in_a_row: int = 2,
        like: Fault | None = None,
    ) -> None:
        _check_kinds(kinds)
        if not 0 <= share <= 1 or in_a_row < 0 or not kinds:
            raise ValueError("Random faults have 0 <= share <= 1, in_a_row >= 0 and some kinds.")
        like = like or Fault("status", status=503, seconds=0.3)
        self.shown: list[tuple[str, Kind]] = []
        self._faults = [Fault(**{**vars(like), "kind": kind}) for kind in kinds]
        self._seed, self._share, self._in_a_row = seed, share, in_a_row
        self._lock = threading.Lock()
        self._asked = 0
        self._running: Counter[str] = Counter()

    def next_for(self, address: str) -> Fault | None:
        """The fault for this request, if chance has it."""
        with self._lock:
            self._asked += 1
            chance = random.Random(f"{self._seed} {self._asked}")  # noqa: S311  no secret
            possible = [fault for fault in self._faults if fault.meets(address)]
            due = chance.random() < self._share and self._running[address] < self._in_a_row
            if not due or not possible:
                self._running[address] = 0
                return None
            fault = chance.choice(possible)
            self._running[address] += 1
            self.shown.append((address, fault.kind))
            return fault
