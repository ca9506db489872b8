"""What the data owner is to hear of sources and figures: kept first, then told once.

`notices.jsonl` in the warehouse says line by line what is to be told, what was, and what is past.
So what could not be mailed, or was found by a run that mails nothing, a later run tells.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from wijkpeil.alerts import mail_notice
from wijkpeil.edition.quarantine import LeftOut, Waiting
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.snapshots import sync

FILE = "notices.jsonl"
NOT_SENT = (
    "The data owner was not told what is new, as --no-send asks; the next run that sends tells it."
)
_MOST_TOLD = 25
_SHOWN = 5
_WAITING, _LEFT_OUT, _NEWS = "waiting", "left out", "news"
# what each kind of notice is mailed as: its subject, and what stands before it
_MAILS = {
    _NEWS: ("what changed at the sources", None),
    _LEFT_OUT: (
        "figures of {sources} are left out",
        "These figures cannot be used; all others are in the edition:",
    ),
    _WAITING: (
        "{sources} waits for you",
        "Until somebody looked at this, the figures of before stay in use or no mail goes:",
    ),
}


@dataclass(frozen=True)
class Notice:
    """What the data owner is to hear of a source; the same `key` is told once. `rows` are those
    that are left out of the source by now: what a later notice does not tell again."""

    kind: str
    source_id: str
    key: str
    text: str
    rows: tuple[str, ...] = ()


@dataclass
class _Kept:
    """What the file says: what is to be told, what was, and the rows told of by source."""

    untold: dict[str, Notice] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    rows: dict[str, frozenset[str]] = field(default_factory=dict)

    def take(self, line: dict[str, Any]) -> None:
        """What one line adds."""
        if "keep" in line:
            notice = Notice(**{**line["keep"], "rows": tuple(line["keep"]["rows"])})
            self.untold[notice.key] = notice
        for key in line.get("told", []):
            heard = self.untold.pop(key, None)
            if heard and heard.rows:
                self.rows[heard.source_id] = frozenset(heard.rows)
            else:
                self.told.add(key)
        for key in line.get("past", []):
            self.untold.pop(key, None)
        for source_id, rows in line.get("rows", {}).items():
            self.rows[source_id] = frozenset(rows)


def keep_news(warehouse: Path, source_id: str, found_in: str, texts: Sequence[str]) -> None:
    """Keep what is new of a source, found in a snapshot or at a moment."""
    _keep(
        warehouse,
        [Notice(_NEWS, source_id, f"{source_id} {found_in} {text}", text) for text in texts],
    )


def keep_waiting(warehouse: Path, waiting: Sequence[Waiting]) -> None:
    """Keep what waits for a person now; what was not told and waits no more is past."""
    notices = [Notice(_WAITING, each.source_id, each.key, each.sentence) for each in waiting]
    _let_go(warehouse, _WAITING, notices)
    _keep(warehouse, notices)


def keep_left_out(warehouse: Path, left_out: Sequence[LeftOut]) -> None:
    """Keep which rows are left out of each source now and were not when the data owner was told
    last; what was not told and is mended is past."""
    known = _read(warehouse).rows
    now = {name: [*rows] for name, rows in groupby(left_out, key=lambda row: row.source_id)}
    notices, fewer = [], {}
    for source_id in sorted(now.keys() | known.keys()):
        rows, before = now.get(source_id, []), known.get(source_id, frozenset())
        keys = {row.key for row in rows}
        new = [row for row in rows if row.key not in before]
        if new:
            notices.append(_left_out(source_id, new, len(rows), sorted(keys)))
        elif keys != before:
            # what is mended is told when it comes back
            fewer[source_id] = sorted(keys)
    _let_go(warehouse, _LEFT_OUT, notices)
    _keep(warehouse, notices)
    if fewer:
        _write(warehouse, [{"rows": fewer}])


def _left_out(source_id: str, new: Sequence[LeftOut], rows: int, keys: Sequence[str]) -> Notice:
    count = f"{_many(sum(row.figures for row in new), 'figure')} in {_many(len(new), 'row')}"
    beside = f", beside those told before; {rows} rows have such figures now"
    lines = [f"Source {source_id}: {count} cannot be used{beside if len(new) < rows else ''}."]
    for row in new[:_SHOWN]:
        others = f" And {_many(row.figures - 1, 'more figure')} of that row."
        lines.append(f"- {row.message}{others if row.figures > 1 else ''}")
    if rest := len(new[_SHOWN:]):
        lines.append(f"- And {_many(rest, 'more row')}.")
    sql = f"from core.quarantined_cell where source_id = '{source_id}'"
    lines.append(f'See all of them: `wijkpeil query "{sql}"`.')
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
    return Notice(_LEFT_OUT, source_id, f"{source_id} {digest}", "\n".join(lines), tuple(keys))


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def is_untold(warehouse: Path) -> bool:
    """Whether there is anything that the data owner is to hear still."""
    return bool(_read(warehouse).untold)


def tell_notices(settings: Settings) -> str | None:
    """Mail the data owner what was kept and not told yet, a mail for each kind; says how it went,
    or None where there is nothing to tell, or nobody to tell mere news."""
    with _telling(settings.warehouse) as is_ours:
        untold = [*_read(settings.warehouse).untold.values()] if is_ours else []
        outcomes = [
            _mail(settings, kind, [each for each in untold if each.kind == kind])
            for kind in _MAILS
            if any(each.kind == kind for each in untold)
        ]
    return " ".join(dict.fromkeys(filter(None, outcomes))) or None


def _mail(settings: Settings, kind: str, notices: Sequence[Notice]) -> str | None:
    subject, first = _MAILS[kind]
    sources = ", ".join(dict.fromkeys(each.source_id for each in notices))
    # the newest are the ones to act on
    texts = [first, *(each.text for each in notices[-_MOST_TOLD:])]
    if rest := len(notices[:-_MOST_TOLD]):
        texts.append(f"{rest} more: see {FILE} in the warehouse.")
    text = "\n\n".join(filter(None, texts))
    try:
        mail_notice(settings, f"wijkpeil: {subject.format(sources=sources)}", text)
    except WijkError as error:
        return str(error) if kind != _NEWS or settings.data_owner else None
    _write(settings.warehouse, [{"told": [each.key for each in notices]}])
    return f"A notice was mailed to {settings.data_owner}."


@contextmanager
def _telling(warehouse: Path) -> Iterator[bool]:
    """Whether this process tells; of two at once one does."""
    if not (warehouse / FILE).exists():
        yield False
        return
    descriptor = os.open(warehouse / f".{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _keep(warehouse: Path, notices: Sequence[Notice]) -> None:
    if not notices:
        return
    kept = _read(warehouse)
    new = [each for each in notices if each.key not in kept.told | kept.untold.keys()]
    _write(warehouse, [{"keep": asdict(each)} for each in new])


def _let_go(warehouse: Path, kind: str, notices: Sequence[Notice]) -> None:
    """What of this kind was kept, was not told and is not among these is past."""
    keys = {each.key for each in notices}
    untold = _read(warehouse).untold.values()
    past = [each.key for each in untold if each.kind == kind and each.key not in keys]
    if past:
        _write(warehouse, [{"past": past}])


def _read(warehouse: Path) -> _Kept:
    kept = _Kept()
    path = warehouse / FILE
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for line in text.splitlines():
        # a line that a crash cut off: what waits is found again, and what was told is told again;
        # of news that one notice is lost
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            kept.take(json.loads(line))
    return kept


def _write(warehouse: Path, lines: Sequence[dict[str, Any]]) -> None:
    if not lines:
        return
    path = warehouse / FILE
    text = "".join("\n" + json.dumps(line, ensure_ascii=False) for line in lines)
    # one write, since sources are fetched some at once
    with path.open("ab") as file:
        file.write(text.encode())
    sync(path)
