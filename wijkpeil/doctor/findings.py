"""What the doctor tells: findings, and per source what its live table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# unknown is what was not looked at: neither well nor something to do
Level = Literal["ok", "unknown", "warning", "error"]
LEVELS: tuple[Level, ...] = ("ok", "unknown", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """One sentence about one place, with the next step; `write` is what to write in the catalog."""

    section: str
    place: str
    level: Level
    sentence: str
    write: str = ""


@dataclass(frozen=True)
class MeasureState:
    """A measure of the catalog and the column of the live table that it means, if any."""

    indicator: str
    wanted: str
    column: str | None
    problem: str | None
    confirmed: bool
    note: str | None


@dataclass(frozen=True)
class SourceState:
    """A source as its service tells it now, beside its newest snapshot.

    `modified` is the publisher's date of change now, `snapshot_modified` the one of the snapshot;
    `years` are those of the live table, None where it has no periods.
    """

    source_id: str
    kind: str
    is_reachable: bool | None
    modified: str | None
    snapshot_modified: str | None
    retrieved_at: str | None
    rows: int | None
    confirmed: bool
    note: str | None
    change_column: str | None = None
    years: tuple[int, ...] | None = None
    years_not_taken: tuple[int, ...] = ()
    measures: tuple[MeasureState, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """Everything the doctor found; never a secret."""

    findings: tuple[Finding, ...]
    sources: tuple[SourceState, ...] = field(default=())

    def of(self, level: Level) -> list[Finding]:
        """The findings of this level."""
        return [finding for finding in self.findings if finding.level == level]

    @property
    def level(self) -> Level:
        """The worst level."""
        return worst(self.findings)

    def as_json(self) -> dict[str, Any]:
        """All of it, for a machine."""
        plural = {"warning": "warnings", "error": "errors"}
        counts = {plural.get(level, level): len(self.of(level)) for level in LEVELS}
        return {"level": self.level, **counts, **asdict(self)}


def worst(findings: Sequence[Finding]) -> Level:
    """The worst level of some findings; ok where there are none."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")
