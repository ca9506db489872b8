"""What the doctor tells: findings, and per source what its live table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from wijkpeil.catalog import Wording

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
    """A measure of the catalog and the column of the live table that it means, if any.

    `evidence` is the mark of how it is known: D in a real file, O on a page of CBS, K by a key, C
    said by others, I inferred; None where the catalog tells none. `code` is its measure code on v4.
    """

    indicator: str
    wanted: str
    column: str | None
    problem: str | None
    confirmed: bool
    note: str | None
    evidence: str | None = None
    code: str | None = None
    national_value: str | None = None


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
    evidence: str | None = None
    change_column: str | None = None
    years: tuple[int, ...] | None = None
    years_not_taken: tuple[int, ...] = ()
    measures: tuple[MeasureState, ...] = ()


@dataclass(frozen=True)
class AddWording:
    """Another name of a measure that a table needs, in the table's own block of it, else in that
    of its series."""

    table_id: str
    series: str | None
    indicator: str
    wording: Wording
    why: str


@dataclass(frozen=True)
class AddTable:
    """A block to add, which was tried: every measure of it resolves."""

    block: str
    why: str


@dataclass(frozen=True)
class MoveTable:
    """Another id of a table that CBS published anew under it, and that was tried."""

    table_id: str
    old: str
    new: str
    why: str


Fix = AddWording | AddTable | MoveTable


@dataclass(frozen=True)
class Diagnosis:
    """Everything the doctor found; never a secret.

    `fixes` are the changes of the catalog that are sure, and `metadata` what the live tables say
    of themselves, without a figure.
    """

    findings: tuple[Finding, ...]
    sources: tuple[SourceState, ...] = field(default=())
    fixes: tuple[Fix, ...] = ()
    metadata: tuple[dict[str, Any], ...] = ()

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
        told = {
            "findings": [asdict(finding) for finding in self.findings],
            "sources": [asdict(source) for source in self.sources],
            "fixes": [fix.why for fix in self.fixes],
        }
        return {"level": self.level, **counts, **told}


def worst(findings: Sequence[Finding]) -> Level:
    """The worst level of some findings; ok where there are none."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")
