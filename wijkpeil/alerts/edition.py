"""What a published warehouse says in its current edition year, as programmes follow it.

What is read stands in `queries/`, a query for each part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

import duckdb

from wijkpeil.alerts.ledger import AlertKey
from wijkpeil.edition.comparable import AlertPlace, Comparable, read_comparables
from wijkpeil.errors import WijkError
from wijkpeil.text import clean
from wijkpeil.words import said_unit

_FOLDER = Path(__file__).with_name("queries")
ALERT_CLASSES = ("deteriorating", "stagnating")
# no alert and no recovery either: good enough, or as what it is held against
HELD_AGAINST = (
    *("at_level", "follows", "falls_behind", "catching_up", "ahead"),
    *("turned", "flattened"),
)
# what is called otherwise of a gap
_GAP_CLASSES = (*ALERT_CLASSES, "improving")
_WITHOUT_VERDICT = ("inconclusive", "insufficient")
# gets worse, stands still, gets better, judged and none of these, and not to be told
Mark = Literal["deteriorating", "stagnating", "improving", "neither", "unknown"]
MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True)
class Signal:
    """What one indicator of one area shows this edition year, with the figures beside it. While
    it is doubted no news of it is told: none that is new, and none that is over. `was_alert` in the
    first edition that had its newest figure. `judged_axis` is what its class is about, and an alert
    `is_common` where so many pass on it at once that less certainty was needed for mail.
    `wrong_chance` is that of a signal, and `standstill_chance` that of an area that was judged."""

    key: AlertKey
    area_name: str
    gemeente_name: str | None
    indicator_nl: str
    indicator_en: str
    theme: str
    trend_class: str
    is_alert: bool
    is_mailable: bool
    is_doubted: bool
    is_held: bool
    editions_in_a_row: int
    is_lasting: bool
    sentence_nl: str
    sentence_en: str
    last_year: int | None
    area_value: float | None
    gemeente_value: float | None
    nl_value: float | None
    programme_value: float | None
    is_rest_of_gemeente: bool
    is_rest_of_programme: bool
    unit: str
    decimals: int
    catalog_order: int
    is_told_first: bool = False
    was_alert: bool = False
    judged_axis: str = "own"
    is_common: bool = False
    wrong_chance: float | None = None
    standstill_chance: float | None = None
    summary_nl: str = ""
    summary_en: str = ""

    @property
    def is_worse(self) -> bool:
        """Whether it gets worse, or falls behind, and does not only stand still."""
        return self.trend_class == "deteriorating"

    @property
    def mark(self) -> Mark:
        """The column of a table of counts that it is in."""
        if self.trend_class in (*ALERT_CLASSES, "improving"):
            return cast("Mark", self.trend_class)
        return "unknown" if self.trend_class in _WITHOUT_VERDICT else "neither"

    def said(self, trend_class: str | None = None) -> str:
        """The phrase for a class of what it is judged by, its own unless told."""
        found = trend_class or self.trend_class
        is_gap = self.judged_axis != "own" and found in _GAP_CLASSES
        return f"class.gap_{found}" if is_gap else f"class.{found}"

    def indicator(self, language: str) -> str:
        """The name of the indicator in that language."""
        return self.indicator_nl if language == "nl" else self.indicator_en

    def sentence(self, language: str) -> str:
        """What is found, with its margin, in that language."""
        return self.sentence_nl if language == "nl" else self.sentence_en

    def summary(self, language: str) -> str:
        """How it moved beside the agreed pace, and where it stands, in that language."""
        return self.summary_nl if language == "nl" else self.summary_en


@dataclass(frozen=True)
class Rollup:
    """How many of the `indicators` of a theme stand still in one area, those of one cause counted
    once, and how many have an outcome. It is mailable where the alerts with an open mail gate would
    do by themselves, as one that stands still structurally where the lasting ones would."""

    programme_id: str
    area_code: str
    theme: str
    alerts: int
    conclusive: int
    indicators: int
    is_alert: bool
    is_structural: bool
    is_mailable: bool
    is_structural_mailable: bool
    sentence_nl: str
    sentence_en: str

    def sentence(self, language: str) -> str:
        """The count in words, in that language."""
        return self.sentence_nl if language == "nl" else self.sentence_en


@dataclass(frozen=True)
class FollowedArea:
    """An area of a programme: how sure its CBS codes are, and whether it can be followed at all."""

    programme_id: str
    area_code: str
    area_name: str
    certainty: str
    inhabitants: float | None
    is_used: bool


@dataclass(frozen=True)
class FollowedSource:
    """A source with a figure about an area of a programme; one that `is_old` was not received or
    found unchanged for longer than the catalog allows, as it is read."""

    programme_id: str
    area_code: str
    title_nl: str
    attribution: str
    licence: str
    retrieved_at: datetime
    is_stale: bool
    checked_at: datetime
    is_old: bool


@dataclass(frozen=True)
class MissingFigures:
    """An indicator that a programme follows and of which figures could not be had: their years,
    none where it is all."""

    programme_id: str
    indicator_nl: str
    indicator_en: str
    years: tuple[int, ...]

    def name(self, language: str) -> str:
        """The indicator, and the years."""
        name = self.indicator_nl if language == "nl" else self.indicator_en
        return f"{name} ({', '.join(map(str, self.years))})" if self.years else name


@dataclass(frozen=True)
class FollowedProgramme:
    """A programme that has areas this edition year; `group_name` is what it is compared with."""

    programme_id: str
    name_nl: str
    contact: str | None
    group_name: str | None


@dataclass(frozen=True)
class FollowedEdition:
    """What the published warehouse says in its current edition year, without control characters.

    `past` has the class of every edition year as this build computes it, also of areas as a whole:
    axis `area` or `structural` and the theme as indicator; `past_lines` has what each line says by
    itself. `provisional` are years by alert, `never_revised` those that are provisional and stay
    so, `counts_with` is for each indicator the one that says the same, itself where none does, and
    `comparables` are by alert the areas that began alike and improved.
    """

    edition_id: str
    published_at: datetime
    year: int
    is_synthetic: bool
    signals: tuple[Signal, ...]
    rollups: tuple[Rollup, ...]
    programmes: Mapping[str, FollowedProgramme]
    past: Mapping[tuple[AlertKey, int], str]
    past_lines: Mapping[tuple[AlertKey, int], str]
    provisional: Mapping[AlertKey, tuple[int, ...]]
    never_revised: Mapping[AlertKey, tuple[int, ...]]
    sources: tuple[FollowedSource, ...]
    missing: tuple[MissingFigures, ...]
    areas: tuple[FollowedArea, ...]
    counts_with: Mapping[str, str]
    comparables: Mapping[AlertPlace, tuple[Comparable, ...]]

    @property
    def stamp(self) -> str:
        """The moment of publication as the ledger writes it."""
        return self.published_at.isoformat(timespec="microseconds")

    def of(self, programme_id: str) -> list[Signal]:
        """What this programme follows, by area."""
        return [signal for signal in self.signals if signal.key.programme_id == programme_id]


def read_followed(database: Path) -> FollowedEdition:
    """The current edition year of a published warehouse; raises WijkError when it is not one."""
    try:
        with duckdb.connect(str(database), read_only=True) as db:
            edition, *more = _rows(db, "edition")
            if more:
                raise ValueError("meta.edition has more than one row")
            return _edition(db, edition)
    except (duckdb.Error, ValueError, TypeError) as error:
        raise WijkError(
            f"Warehouse {database} cannot be read for alerts ({str(error).splitlines()[0]}); "
            "publish it anew with 'wijkpeil refresh'."
        ) from error


def _edition(db: duckdb.DuckDBPyConnection, edition: dict[str, Any]) -> FollowedEdition:
    years: dict[bool, dict[AlertKey, list[int]]] = {True: {}, False: {}}
    for row in _rows(db, "provisional"):
        years[row["is_never_revised"]].setdefault(_take_key(row), []).append(row["year"])
    past = _rows(db, "past")
    keys = [(_take_key(row), row["edition_year"]) for row in past]
    return FollowedEdition(
        edition_id=edition["edition_id"],
        published_at=_moment(edition["published_us"]),
        year=edition["edition_year"] or 0,
        is_synthetic=edition["is_synthetic"],
        signals=tuple(_signal(row) for row in _rows(db, "signals")),
        rollups=tuple(Rollup(**row) for row in _rows(db, "rollups")),
        programmes={
            row["programme_id"]: FollowedProgramme(**row) for row in _rows(db, "programmes")
        },
        past={key: row["trend_class"] for key, row in zip(keys, past, strict=True)},
        past_lines={key: row["line_class"] for key, row in zip(keys, past, strict=True)},
        provisional={key: tuple(found) for key, found in years[False].items()},
        never_revised={key: tuple(found) for key, found in years[True].items()},
        sources=tuple(
            FollowedSource(
                retrieved_at=_moment(row.pop("retrieved_us")),
                checked_at=_moment(row.pop("checked_us")),
                **row,
            )
            for row in _rows(db, "sources")
        ),
        missing=tuple(
            MissingFigures(**{**row, "years": tuple(row["years"] or ())})
            for row in _rows(db, "missing")
        ),
        areas=tuple(FollowedArea(**row) for row in _rows(db, "areas")),
        counts_with={row["indicator_id"]: row["counts_with"] for row in _rows(db, "counts_with")},
        comparables=read_comparables(db),
    )


def _rows(db: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """The rows of `queries/<name>.sql`, every text cleaned."""
    cursor = db.execute((_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in cursor.description or []]
    return [
        {n: clean(v) if isinstance(v, str) else v for n, v in zip(names, values, strict=True)}
        for values in cursor.fetchall()
    ]


def _signal(row: dict[str, Any]) -> Signal:
    unit = said_unit(row.pop("unit"), row.pop("unit_in_words"))
    return Signal(key=_take_key(row), unit=unit, **row)


def _take_key(row: dict[str, Any]) -> AlertKey:
    return AlertKey(*(row.pop(field) for field in AlertKey._fields))


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
