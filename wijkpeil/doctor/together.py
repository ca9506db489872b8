"""What all tables together know of a measure: its figures in other years, and its codes on v4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import duckdb

from wijkpeil.catalog import Catalog, CbsMeasure, CbsTable
from wijkpeil.doctor.gathering import Seen
from wijkpeil.doctor.national import MOST_YEARS, Point, jumps, number, weigh
from wijkpeil.doctor.proposals import MOST_QUESTIONS, Known, Weighed
from wijkpeil.edition.folder import published_path
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import Topic, find, normal, resolve

LAND = "land"


class Together:
    """The figures and codes of all tables that were looked at, and those that were held before."""

    def __init__(self, seen: Sequence[Seen], catalog: Catalog, settings: Settings) -> None:
        self._indicators = {each.id: each for each in catalog.indicators}
        self._newest = max(catalog.listed_years, default=None)
        # the population: without it no rate of the newest year
        self.needed = {catalog.restating.inhabitants}
        self._points: dict[tuple[str, str], list[tuple[str, Point]]] = {}
        self._codes: dict[str, dict[str, list[str]]] = {}
        for each in seen:
            self._take(each)
        self._held = _held(settings)

    def is_newest(self, table: CbsTable) -> bool:
        """Whether this is the area list that an edition cannot do without."""
        return table.lists_areas and self._newest in {table.year, *table.wanted_years}

    def of(self, seen: Seen) -> Known:
        """What is known for the measures of one table."""
        codes_of = {indicator: [*codes] for indicator, codes in self._codes.items()}
        return Known(seen.codes, codes_of, partial(self._weigh, seen))

    def of_group(self, seen: Seen, measure: CbsMeasure) -> dict[str, str]:
        """The columns that bear the names of a measure and are not refused by their figure, those
        that agree with other years first: what their figures say, by key."""
        columns = seen.metadata.columns if seen.metadata else ()
        bearing = bearing_names(seen.table, measure, columns)
        found = {topic.key: self._weigh(seen, measure, topic) for topic in bearing}
        kept = {key: each for key, each in found.items() if each.refused is None}
        best = sorted(kept, key=lambda key: not kept[key].agrees)[:MOST_QUESTIONS]
        return {key: kept[key].told for key in best}

    def jumps(self, seen: Seen, resolved: Mapping[str, Topic]) -> Iterator[str]:
        """A sentence for each measure whose national figure is far from the one before it."""
        table = seen.table
        for measure in table.present_measures:
            topic = resolved.get(measure.indicator)
            now = self._figure(seen, measure, topic) if topic else None
            if topic is None or now is None:
                continue
            points = self._points.get((measure.indicator, seen.figures.kind), [])
            before = [p for _, p in points if 0 < now.year - p.year <= MOST_YEARS]
            last = max(before, key=lambda point: point.year, default=None)
            indicator = self._indicators.get(measure.indicator)
            if last is not None and jumps(now.value, last, now.year, indicator):
                yield (
                    f"Measure '{measure.indicator}': {seen.where} has {number(now.value)} for "
                    f"{seen.figures.area_code} in {now.year} ('{topic.label}'), and {last.where} "
                    f"has {number(last.value)} in {last.year}; see that both are the same figure "
                    f"before a trend over {now.year} is believed."
                )

    def other_codes(self) -> Iterator[tuple[str, str]]:
        """The first source and a sentence for each indicator that v4 calls by several codes."""
        for indicator, codes in self._codes.items():
            if len(codes) > 1:
                parts = "; ".join(f"{code} in {', '.join(ids)}" for code, ids in codes.items())
                rare = min(codes.values(), key=len)
                sentence = (
                    f"Measure '{indicator}' has more than one measure code on v4: {parts}. CBS "
                    "counts them as different measures, also where the title is the same: see "
                    "what changed before a trend over both is believed."
                )
                yield rare[0], sentence

    def _take(self, seen: Seen) -> None:
        if seen.metadata is None:
            return
        resolved = resolve_all(seen.table, seen.metadata.columns)
        for measure in seen.table.present_measures:
            topic = resolved.get(measure.indicator)
            if topic is None:
                continue
            for point in self._figures(seen, measure, topic):
                key = (measure.indicator, seen.figures.kind)
                self._points.setdefault(key, []).append((seen.table.id, point))
            if topic.key in seen.codes:
                ids = self._codes.setdefault(measure.indicator, {})
                ids.setdefault(seen.codes[topic.key], []).append(seen.table.id)

    def _weigh(self, seen: Seen, measure: CbsMeasure, topic: Topic) -> Weighed:
        now = self._figure(seen, measure, topic)
        table, kind = seen.table, seen.figures.kind
        year = now.year if now else table.year or max(table.wanted_years, default=0)
        live = [
            point
            for table_id, point in self._points.get((measure.indicator, kind), [])
            if table_id != table.id
        ]
        area = "NL00" if kind == LAND else kind
        known = [*live, *self._held.get((measure.indicator, area), [])]
        indicator = self._indicators.get(measure.indicator)
        return weigh(indicator, year, now.value if now else None, known)

    def _figure(self, seen: Seen, measure: CbsMeasure, topic: Topic) -> Point | None:
        """The newest figure of a column, in the indicator's unit."""
        found = self._figures(seen, measure, topic)
        return max(found, key=lambda point: point.year, default=None)

    def _figures(self, seen: Seen, measure: CbsMeasure, topic: Topic) -> list[Point]:
        category = category_of(seen.table, measure, seen)
        return [
            Point(year, value * measure.scale, seen.table.id)
            for (year, key, of), value in seen.figures.values.items()
            if key == topic.key and of == category
        ]


def resolve_all(table: CbsTable, columns: Sequence[Topic]) -> dict[str, Topic]:
    """By indicator the one column that each measure names."""
    found = {}
    for measure in table.present_measures:
        try:
            found[measure.indicator] = resolve(columns, measure, year=table.year, where="")
        except WijkError:
            continue
    return found


def bearing_names(table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic]) -> list[Topic]:
    """The columns that bear any of the names of a measure."""
    found = []
    for topic in columns:
        try:
            found.append(find([topic], measure.wordings(table.year), where=""))
        except WijkError:
            continue
    return found


def category_of(table: CbsTable, measure: CbsMeasure, seen: Seen) -> str:
    """The codes of the other dimensions that a measure chooses, in the order of the table."""
    chosen = {**table.where, **measure.where}
    if table.margins is not None:
        chosen[table.margins.dimension] = table.margins.value
    own = {table.area_dimension, table.period_dimension}
    names = seen.metadata.codes if seen.metadata else {}
    return "|".join(normal(chosen.get(name)) for name in names if name not in own)


def _held(settings: Settings) -> dict[tuple[str, str], list[Point]]:
    """The figures of the country and of gemeenten in the published edition, by indicator."""
    path = published_path(settings.warehouse)
    if not path.exists():
        return {}
    found: dict[tuple[str, str], list[Point]] = {}
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "select indicator_id, area_code, year, value_as_published from core.observation "
                "where value_as_published is not null "
                "and (area_code = 'NL00' or starts_with(area_code, 'GM'))"
            ).fetchall()
    except duckdb.Error:
        # that the edition cannot be read is told where editions are looked at
        return {}
    for indicator, area, year, value in rows:
        point = Point(int(year), float(value), "the published edition")
        found.setdefault((indicator, area), []).append(point)
    return found
