"""The parts of a digest: one alert as it is now and as it was told, and all of one area."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wijkpeil.alerts.edition import ALERT_CLASSES, Rollup, Signal
from wijkpeil.alerts.ledger import AlertKey

STANDING_STILL, MOVING = "standing_still", "moving"


@dataclass(frozen=True)
class Told:
    """What a programme knows of an open alert: the class last told, the edition year it was of,
    and when that edition was published. The class is None where it was not kept; so is `basis`,
    the indicators with an outcome when an area as a whole was told."""

    trend_class: str | None
    edition_year: int
    published_at: str
    basis: frozenset[str] | None = None


@dataclass(frozen=True)
class Item:
    """One alert of a digest: what it is now, with its signals, and what was told before.

    `then` is the class of the told edition year in this build, and `then_line` what its line says
    by itself. An area as a whole has its `rollup`, as signals the indicators on which it stands
    still, and as `conclusive` those with an outcome. One that `is_doubted` rests on figures that a
    person has to look at first.
    """

    key: AlertKey
    area_name: str
    gemeente_name: str | None
    trend_class: str
    is_alert: bool
    is_mailable: bool
    signals: tuple[Signal, ...]
    rollup: Rollup | None = None
    conclusive: tuple[Signal, ...] = ()
    is_doubted: bool = False
    told: Told | None = None
    then: str | None = None
    then_line: str | None = None

    @property
    def is_corrected(self) -> bool:
        """Whether what was told is no longer what the figures of that edition year say; that a
        line that is the same is now held against something else corrects no figure."""
        if self.told is None or self.then in (None, "insufficient"):
            return False
        if self.then not in (*ALERT_CLASSES, STANDING_STILL):
            return self.then_line not in ALERT_CLASSES
        # another kind of alert, which is news only while it is one
        known = self.told.trend_class or self.then
        return self.is_alert and self.then != known


@dataclass(frozen=True)
class AreaItems:
    """What there is to tell of one area; `rollups` count its indicators per theme."""

    area_code: str
    area_name: str
    gemeente_name: str | None
    is_structural: bool
    rollups: tuple[Rollup, ...]
    items: tuple[Item, ...]

    @property
    def signals(self) -> list[Signal]:
        """The signals of all items."""
        return [signal for item in self.items for signal in item.signals]


def items_of(areas: Iterable[AreaItems]) -> list[Item]:
    """The items of all these areas."""
    return [item for area in areas for item in area.items]
