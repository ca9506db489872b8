"""An HTTP answer before it goes on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """An HTTP answer before it goes on the wire."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def envelope(
    content_type: str,
    context: tuple[str, str],
    rows: Sequence[str],
    next_link: tuple[str, str | None],
) -> Answer:
    """The JSON that holds `rows`, between the context and the next page, each with its key."""
    key, link = next_link
    tail = "" if link is None else f',"{key}":{json.dumps(link)}'
    head = f'"{context[0]}":{json.dumps(context[1])}'
    body = f'{{{head},"value":[{",".join(rows)}]{tail}}}'
    return Answer(200, content_type, body.encode())


def count_answer(number: int, *, mark: str = "") -> Answer:
    """A bare integer, behind `mark`."""
    return Answer(200, "text/plain;charset=utf-8", f"{mark}{number}".encode())
