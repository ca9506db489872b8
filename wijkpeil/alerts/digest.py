"""What is new to a programme in an edition, held against what it was told before.

An alert is new when this edition has it, its mail gate is open and it is not open in the ledger. It
holds on while the edition still has it. It is over when the class is improving or inconclusive:
corrected when this build has another class than was told in the edition year that it was told of,
recovered when only the new years made it so. Where the line is the same and only what it is held
against is not (at level, as the country does) it has ended, and did not recover. Insufficient data,
an absent row or a year without a newer figure end nothing, nor do they end an area as a whole that
rested on them. While its figures are doubted an alert is neither new nor over: what was told
stands.

For those who hear of an area only from a `threshold`, the area as a whole is the alert: axis `area`
or `structural`, with the theme as indicator. Nothing here knows of mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Literal

from wijkpeil.alerts.edition import (
    ALERT_CLASSES,
    HELD_AGAINST,
    FollowedArea,
    FollowedEdition,
    FollowedProgramme,
    FollowedSource,
    Mark,
    MissingFigures,
    Signal,
)
from wijkpeil.alerts.expected import Expected, Unseen, expected_unseen, expected_wrong
from wijkpeil.alerts.items import MOVING, STANDING_STILL, AreaItems, Item, Told, items_of
from wijkpeil.alerts.ledger import AlertKey
from wijkpeil.alerts.ranking import rank
from wijkpeil.alerts.wholes import (
    CONCLUSIVE,
    of_whole,
    part_key,
    past_parts,
    rests_on_figures,
)
from wijkpeil.edition.comparable import AlertPlace, Comparable

Threshold = Literal["all", "area", "structural"]
# of an area as a whole on which no signal is up
_LAST = (True, 0, True, 0)


@dataclass(frozen=True)
class Counts:
    """How many series have an outcome in this edition year, and how many have none, and why."""

    conclusive: int
    inconclusive: int
    insufficient: int


@dataclass(frozen=True)
class BehindGate:
    """Possible alerts behind a closed gate, by why they wait: on a person who looks at figures
    that are doubted, on a provisional last year, on recovery that is not shown, or on more
    certainty."""

    doubted: int = 0
    provisional: int = 0
    recovering: int = 0
    unsure: int = 0

    @property
    def total(self) -> int:
        """How many wait."""
        return self.doubted + self.provisional + self.recovering + self.unsure


@dataclass(frozen=True)
class Basis:
    """What a digest rests on: the areas and indicators assessed, and how many of these have a
    figure of the edition year; the sources of their figures, and
    of the areas told of the provisional years and those whose CBS codes are not confirmed; the
    indicators on which the bar was lower; and what cannot be judged since its figures could not be
    had."""

    area_codes: tuple[str, ...]
    indicators: int
    with_newest: int
    provisional: tuple[int, ...]
    never_revised: tuple[int, ...]
    common: tuple[Signal, ...]
    unconfirmed: tuple[str, ...]
    sources: tuple[FollowedSource, ...]
    missing: tuple[MissingFigures, ...]


@dataclass(frozen=True)
class Digest:
    """All that one edition has to say to one audience of a programme.

    `silent` open alerts have too few figures now, and those that are `doubted` would be over or
    another if figures that a person has to look at are right. `places` are the areas by code, also
    those that cannot be followed. The digest that `is_first` comes before anything was told.
    `wrong_of_all` is of all signals that are up and told, also before, and `marks` has for each
    area how many of its indicators have which mark. `comparables` are areas that began where one
    with an alert did, and improved.
    """

    edition_id: str
    published_at: datetime
    year: int
    is_synthetic: bool
    programme: FollowedProgramme
    threshold: Threshold
    new: tuple[AreaItems, ...]
    continuing: tuple[AreaItems, ...]
    recovered: tuple[AreaItems, ...]
    corrected: tuple[AreaItems, ...]
    ended: tuple[AreaItems, ...]
    silent: int
    doubted: int
    behind_gate: BehindGate
    counts: Counts
    basis: Basis
    places: Mapping[str, FollowedArea]
    marks: Mapping[str, Mapping[Mark, int]]
    wrong_of_new: Expected
    wrong_of_all: Expected
    unseen: Unseen
    comparables: Mapping[AlertPlace, tuple[Comparable, ...]]
    is_first: bool = False

    @property
    def stamp(self) -> str:
        """The moment of publication as the ledger writes it."""
        return self.published_at.isoformat(timespec="microseconds")

    @property
    def has_news(self) -> bool:
        """Whether there is anything that was not told before."""
        return bool(self.new or self.recovered or self.corrected or self.ended)

    @property
    def claimed(self) -> list[AlertKey]:
        """The alerts that are told for the first time."""
        return [item.key for item in items_of(self.new)]

    @property
    def lifted(self) -> list[AlertKey]:
        """The open alerts of which the end is told."""
        over = items_of((*self.recovered, *self.corrected, *self.ended))
        return [item.key for item in over if not item.is_alert]

    @property
    def classes(self) -> dict[AlertKey, str]:
        """The class of each alert that is up, as this digest tells it, and of an area as a whole
        those of the indicators that it rests on."""
        told = items_of((*self.new, *self.continuing, *self.corrected))
        told = [item for item in told if item.is_alert]
        parts = {part_key(s, item.key): s.trend_class for item in told for s in item.conclusive}
        return {item.key: item.trend_class for item in told} | parts


def as_of(edition: FollowedEdition, edition_year: int) -> dict[AlertKey, Told]:
    """The alerts of an earlier edition year as this build has them, as if they had been told: for
    who asks what changed since, and not what a ledger has told."""
    return {
        key: Told(trend_class, edition_year, "")
        for (key, year), trend_class in edition.past.items()
        if year == edition_year and trend_class in (*ALERT_CLASSES, STANDING_STILL)
    }


def make_digest(
    edition: FollowedEdition,
    programme_id: str,
    *,
    told: Mapping[AlertKey, Told],
    taken: Collection[AlertKey],
    areas: Collection[str] | None = None,
    threshold: Threshold = "all",
    is_first: bool = False,
) -> Digest:
    """What this edition says about these areas of a programme, or about all.

    `told` are the open alerts; `taken` also holds those that a later edition lifted. With
    `is_first` nothing was told before.
    """
    signals = [s for s in edition.of(programme_id) if areas is None or s.key.area_code in areas]
    items = list(_items(edition, signals, threshold))
    new, continuing, recovered, corrected, ended = [], [], [], [], []
    silent = doubted = 0
    for item in items:
        record = told.get(item.key)
        if record is None:
            if item.is_alert and item.is_mailable and item.key not in taken:
                new.append(item)
            continue
        if item.is_doubted:
            if item.is_alert and record.trend_class in (None, item.trend_class):
                continuing.append(replace(item, told=record))
            else:
                doubted += 1
            continue
        of_then = item.key, record.edition_year
        known = replace(
            item,
            told=record,
            then=edition.past.get(of_then),
            then_line=edition.past_lines.get(of_then),
        )
        is_later = record.published_at < edition.stamp and record.edition_year <= edition.year
        says_something = is_later and _says_something(edition, known, signals)
        if says_something and known.is_corrected and _was_assessed(edition, known, signals):
            corrected.append(known)
        elif item.is_alert:
            continuing.append(known)
        elif says_something and item.trend_class in HELD_AGAINST:
            ended.append(known)
        elif says_something:
            recovered.append(known)
        else:
            silent += 1
    waiting = [i for i in items if i.is_alert and not i.is_mailable and i.key not in taken]
    up = [item for item in (*new, *continuing, *corrected) if item.is_alert]
    return Digest(
        edition_id=edition.edition_id,
        published_at=edition.published_at,
        year=edition.year,
        is_synthetic=edition.is_synthetic,
        programme=edition.programmes[programme_id],
        threshold=threshold,
        new=_by_area(edition, new),
        continuing=_by_area(edition, continuing),
        recovered=_by_area(edition, recovered),
        corrected=_by_area(edition, corrected),
        ended=_by_area(edition, ended),
        silent=silent,
        doubted=doubted,
        behind_gate=_behind_gate(edition, waiting),
        counts=_counted(signals),
        basis=_basis(
            edition, programme_id, signals, [*new, *continuing, *recovered, *corrected, *ended]
        ),
        places={
            each.area_code: each
            for each in edition.areas
            if each.programme_id == programme_id and (areas is None or each.area_code in areas)
        },
        marks=_marks(signals),
        wrong_of_new=expected_wrong((s for i in new for s in i.signals), edition.counts_with),
        wrong_of_all=expected_wrong(
            (s for i in up for s in i.signals if s.is_alert), edition.counts_with
        ),
        unseen=expected_unseen(signals, edition.counts_with),
        comparables={
            place: found
            for place, found in edition.comparables.items()
            if place.programme_id == programme_id
        },
        is_first=is_first,
    )


def _items(
    edition: FollowedEdition, signals: Sequence[Signal], threshold: Threshold
) -> Iterator[Item]:
    if threshold == "all":
        for each in signals:
            yield Item(
                *(each.key, each.area_name, each.gemeente_name, each.trend_class),
                *(each.is_alert, each.is_mailable, (each,)),
                is_doubted=each.is_doubted,
            )
        return
    for rollup in edition.rollups:
        own = [s for s in signals if s.key.area_code == rollup.area_code]
        own = [s for s in own if s.key.programme_id == rollup.programme_id]
        if not own:
            continue
        of_theme = [s for s in own if s.theme == rollup.theme]
        up = [s for s in of_theme if s.is_alert]
        up.sort(key=rank)
        is_doubted = any(s.is_doubted for s in of_theme)
        conclusive = tuple(s for s in of_theme if s.trend_class in CONCLUSIVE)
        passes, is_mailable = rollup.is_alert, rollup.is_mailable
        if threshold == "structural":
            passes, is_mailable = rollup.is_structural, rollup.is_structural_mailable
        yield Item(
            AlertKey(rollup.programme_id, rollup.area_code, rollup.theme, threshold),
            own[0].area_name,
            own[0].gemeente_name,
            STANDING_STILL if passes else MOVING,
            passes,
            is_mailable and not is_doubted,
            tuple(up),
            rollup,
            conclusive,
            is_doubted,
        )


def _says_something(edition: FollowedEdition, item: Item, signals: Sequence[Signal]) -> bool:
    """Whether the class of now rests on figures that are new, and not on a lack of them: the years
    that a window loses end nothing."""
    if item.rollup is None or item.told is None:
        slid = any(s.was_alert and not s.is_alert for s in item.signals)
        return item.trend_class != "insufficient" and not slid
    if any(s.was_alert and not s.is_alert for s in of_whole(item.key, signals)):
        return False
    now = {s.key.indicator_id: s.trend_class for s in of_whole(item.key, signals)}
    return rests_on_figures(_basis_of(edition, item, item.told, signals), now)


def _was_assessed(edition: FollowedEdition, item: Item, signals: Sequence[Signal]) -> bool:
    """Whether this build still has the figures of the told edition year, so that another class
    of that year is a correction and not a loss."""
    if item.rollup is None or item.told is None:
        return True
    basis = _basis_of(edition, item, item.told, signals)
    return rests_on_figures(basis, past_parts(edition, item.key, basis, item.told.edition_year))


def _basis_of(
    edition: FollowedEdition, item: Item, told: Told, signals: Sequence[Signal]
) -> frozenset[str]:
    """The indicators with an outcome when an area as a whole was told; where that was not kept,
    those with one for that edition year in this build."""
    if told.basis is not None:
        return told.basis
    found = [signal.key.indicator_id for signal in of_whole(item.key, signals)]
    then = past_parts(edition, item.key, found, told.edition_year)
    return frozenset(each for each in found if then.get(each) in CONCLUSIVE)


def _by_area(edition: FollowedEdition, items: Sequence[Item]) -> tuple[AreaItems, ...]:
    """Areas that stand still structurally first, then those with most to tell."""
    found = []
    ordered = sorted(items, key=lambda item: item.key.area_code)
    for code, group in groupby(ordered, key=lambda item: item.key.area_code):
        own = sorted(group, key=lambda item: min(map(rank, item.signals), default=_LAST))
        rollups = tuple(
            rollup
            for rollup in edition.rollups
            if rollup.area_code == code and rollup.programme_id == own[0].key.programme_id
        )
        is_structural = any(rollup.is_structural for rollup in rollups)
        name, gemeente = own[0].area_name, own[0].gemeente_name
        found.append(AreaItems(code, name, gemeente, is_structural, rollups, tuple(own)))
    return tuple(
        sorted(found, key=lambda a: (not a.is_structural, -len(a.items), a.area_name, a.area_code))
    )


def _behind_gate(edition: FollowedEdition, items: Iterable[Item]) -> BehindGate:
    """What waits, each counted by the first reason that holds."""
    reasons = Counter[str]()
    for item in items:
        waiting = [signal for signal in item.signals if not signal.is_mailable]
        if item.is_doubted:
            reasons["doubted"] += 1
        elif any(s.last_year in edition.provisional.get(s.key, ()) for s in waiting):
            reasons["provisional"] += 1
        elif any(signal.is_held for signal in waiting):
            reasons["recovering"] += 1
        else:
            reasons["unsure"] += 1
    return BehindGate(**reasons)


def _counted(signals: Sequence[Signal]) -> Counts:
    classes = [signal.trend_class for signal in signals]
    unclear, unknown = classes.count("inconclusive"), classes.count("insufficient")
    return Counts(len(classes) - unclear - unknown, unclear, unknown)


def _marks(signals: Sequence[Signal]) -> dict[str, Counter[Mark]]:
    found: dict[str, Counter[Mark]] = {}
    for signal in signals:
        found.setdefault(signal.key.area_code, Counter())[signal.mark] += 1
    return found


def _years_of(
    found: Mapping[AlertKey, tuple[int, ...]], keys: Collection[AlertKey]
) -> tuple[int, ...]:
    return tuple(sorted({year for key in keys for year in found.get(key, ())}))


def _basis(
    edition: FollowedEdition, programme_id: str, signals: Sequence[Signal], items: Sequence[Item]
) -> Basis:
    codes = dict.fromkeys(signal.key.area_code for signal in signals)
    names = {item.key.area_code: item.area_name for item in items}
    by_name = {
        each.area_code
        for each in edition.areas
        if each.programme_id == programme_id and each.certainty == "name_match"
    }
    told = [signal for item in items for signal in item.signals]
    keys = {signal.key for signal in told}
    sources = {
        replace(source, area_code=""): None
        for source in edition.sources
        if source.programme_id == programme_id and source.area_code in codes
    }
    return Basis(
        area_codes=tuple(codes),
        indicators=len({signal.key.indicator_id for signal in signals}),
        with_newest=len({s.key.indicator_id for s in signals if s.last_year == edition.year}),
        provisional=_years_of(edition.provisional, keys),
        never_revised=_years_of(edition.never_revised, keys),
        common=tuple({s.key.indicator_id: s for s in told if s.is_common}.values()),
        unconfirmed=tuple(sorted(name for code, name in names.items() if code in by_name)),
        sources=tuple(sources),
        missing=tuple(each for each in edition.missing if each.programme_id == programme_id),
    )
