"""What a run did, for the person who started it and for the data owner.

What a source that fails costs is decided in `steps.fetch_source`; which of them fail the run, in
`Outcome.faults`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wijkpeil.alerts import QueueReport
from wijkpeil.alerts.delivery import SendReport
from wijkpeil.edition.checks import CheckReport
from wijkpeil.edition.missing import MissingMeasure
from wijkpeil.edition.publish import Edition
from wijkpeil.report import Report
from wijkpeil.runs.failures import Line, line_of
from wijkpeil.runs.records import Record

# of the sources that wait for a host so many are named
_NAMED = 8


@dataclass(frozen=True)
class Fetched:
    """What became of one source in this run. `error` is a sentence, or None; it fails the run
    unless `cost` says what it is to do without. `newly_empty` are the indicators that its new
    snapshot has no figure for yet, and the one before did not tell so; `told` are sentences
    about what else is new in it. `host` is the one that could not be reached, where that is all
    that is wrong."""

    source_id: str
    is_new: bool
    rows: int
    age_days: int | None
    error: str | None = None
    newly_empty: tuple[str, ...] = ()
    cost: str | None = None
    told: tuple[str, ...] = ()
    host: str | None = None

    @property
    def of_empty(self) -> list[str]:
        """The sentence about columns that are still empty, where that is news."""
        names = ", ".join(self.newly_empty)
        return [f"Source {self.source_id}: not published yet: {names}."] if names else []


@dataclass
class Outcome:
    """What a run did. `problem` is why it failed, in one text, or None; `unread` says of each
    source whose newest snapshot cannot be read what is used instead, `unsent` why it sent nothing,
    and what sends it; `missing` is what its edition lacks, and `notice` what else there is to see,
    in one text. `waiting` is what a person has to look at: what is held of the sources, and
    whether the data owner was told; `remarks` are on the run itself. `died` are runs before it
    that ended without a word."""

    run_id: str
    sources: list[Fetched] = field(default_factory=list)
    unread: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[MissingMeasure] = ()
    notice: str | None = None
    edition: Edition | None = None
    is_published: bool = False
    checks: CheckReport | None = None
    report: Report | None = None
    alerts: QueueReport | None = None
    sent: SendReport | None = None
    problem: str | None = None
    unsent: str | None = None
    died: list[Record] = field(default_factory=list)
    waiting: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """How it ended: failed, published, or unchanged."""
        return "failed" if self.problem else "published" if self.is_published else "unchanged"

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of each source that failed."""
        return {item.source_id: item.error for item in self.sources if item.error}

    @property
    def faults(self) -> dict[str, str]:
        """The sentences of the sources without which the run is not well: not fetched, or
        fetched and not to be read."""
        failed = {item.source_id: item.error for item in self.sources if item.error}
        needed = {item.source_id for item in self.sources if not item.cost}
        told = {name: text for name, text in failed.items() if name in needed}
        return told | {name: text for name, text in self.unread.items() if name not in failed}

    @property
    def _without(self) -> str:
        lost = {(each.source_id, each.indicator_id) for each in self.missing}
        if not lost:
            return ""
        sources = {each.source_id for each in self.missing}
        return (
            f", without {len(lost)} of the series that the catalog asks for, of {len(sources)} "
            "source(s): their figures have a status that says why, and no alert rests on them"
        )

    @property
    def notes(self) -> list[Line]:
        """What else there is to see: what waits for a yes, what is done without, what changed at
        the sources, what the checks found, and what is still to come."""
        lines = [*self.waiting, *(line_of("this run", text) for text in self.remarks)]
        without: dict[str, list[Fetched]] = {}
        for item in self.sources:
            if item.error and item.cost:
                is_lost = item.age_days is None
                text = f"{item.error} {item.cost}" if is_lost else item.error
                without.setdefault(text, []).append(item)
        for text, [first, *more] in without.items():
            place = f"{first.source_id} and {len(more)} more" if more else first.source_id
            line = line_of(place, text)
            lines.append(replace(line, to_do=" ".join(filter(None, [line.to_do, first.cost]))))
        lines += [line_of(item.source_id, text) for item in self.sources for text in item.told]
        if self.is_published and self.checks:
            lines += [line_of("checks", text) for text in self.checks.told]
        for item in self.sources:
            what = f"not published yet: {', '.join(item.newly_empty)}"
            by_itself = "nothing, it comes by itself"
            lines += [Line(item.source_id, what, by_itself, full) for full in item.of_empty]
        return lines

    @property
    def sentences(self) -> list[str]:
        """What was done, in a few lines."""
        lines = [record.message for record in self.died if record.message]
        new = [item.source_id for item in self.sources if item.is_new]
        if self.sources and not new:
            lines.append(f"No source changed ({len(self.sources)} asked).")
        if self.is_published and self.edition:
            lines.append(f"Published edition {self.edition.edition_id}{self._without}.")
        elif self.edition:
            lines.append(f"Nothing to do: edition {self.edition.edition_id} stands.")
        if self.report and self.report.rendered:
            lines.append(self.report.sentence)
        lines += [self.notice] if self.notice else []
        for report in (self.alerts, self.sent):
            lines += report.sentences if report else []
        if self.alerts and self.alerts.queued and self.sent is None:
            why = self.unsent or "mail waits for 'wijkpeil alerts send'"
            lines.append(f"Nothing was sent: {why}.")
        return lines


def told_once(fetched: Sequence[Fetched]) -> list[Fetched]:
    """The same, where all that wait for one host say so in the same words."""
    waiting: dict[str, list[Fetched]] = {}
    for item in fetched:
        if item.host is not None:
            waiting.setdefault(item.host, []).append(item)
    words = {host: _of_host(items) for host, items in waiting.items() if len(items) > 1}
    return [replace(item, error=words.get(item.host or "", item.error)) for item in fetched]


def _of_host(items: Sequence[Fetched]) -> str:
    names = [item.source_id for item in items]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    received = [item.age_days for item in items if item.age_days is not None]
    never = len(items) - len(received)
    states = [f"{never} never received"] if never else []
    if received:
        states.append(
            f"{len(received)} with a snapshot in use, the oldest {max(received)} days old"
        )
    return (
        f"{_without_snapshot(items[0])} {len(names)} sources wait for it ({', '.join(states)}): "
        f"{', '.join(names[:_NAMED])}{rest}."
    )


def _without_snapshot(item: Fetched) -> str:
    """Its sentence without what is said of its own snapshot."""
    return (item.error or "").partition(" Its snapshot of ")[0]
