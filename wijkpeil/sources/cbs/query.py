"""What is asked of a table: the catalog block held against the table's own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wijkpeil.catalog import PREFIX, CbsMeasure, CbsTable
from wijkpeil.errors import WijkError, nearest
from wijkpeil.sources.cbs.columns import Topic, find_titled, normal, resolve


@dataclass(frozen=True)
class About:
    """What a table says of itself in words: its date of change, empty where it tells none, and
    its texts, the title first."""

    modified: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Metadata:
    """How a table is made: its columns, the codes of each dimension as they stand, and of which
    year the map is that the areas of a dimension are drawn on."""

    columns: Sequence[Topic]
    codes: Mapping[str, Sequence[str]]
    map_years: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One measure as it is asked: its column, its category, and those of the margin's limits."""

    indicator: str
    column_key: str
    category_key: str
    low_category_key: str | None
    high_category_key: str | None


@dataclass(frozen=True)
class Question:
    """The columns, categories, areas and periods to ask for, all as keys of the table.

    `categories` are the combinations of codes of the other dimensions, in the order of
    `others`; a table without other dimensions has the one empty combination.
    """

    area_dimension: str
    period_dimension: str | None
    others: tuple[str, ...]
    measures: tuple[Asked, ...]
    change_key: str | None
    areas: frozenset[str]
    area_filter: str | None
    periods: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The column keys, each once."""
        keys = [measure.column_key for measure in self.measures]
        return tuple(dict.fromkeys([*keys, *filter(None, [self.change_key])]))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, in the order of a row's identity."""
        return tuple(filter(None, [self.area_dimension, self.period_dimension, *self.others]))

    def filter(self, category: tuple[str, ...]) -> str | None:
        """The OData filter on dimensions for one combination of categories."""
        parts = [self.area_filter]
        if self.period_dimension:
            parts.append(any_of(self.period_dimension, self.periods))
        parts += [any_of(*pair) for pair in zip(self.others, ([c] for c in category), strict=True)]
        return " and ".join(filter(None, parts)) or None

    @property
    def layout(self) -> dict[str, Any]:
        """How the build reads the answer; stands in the snapshot's origin."""
        return {
            "area_column": self.area_dimension,
            "period_column": self.period_dimension,
            "category_columns": list(self.others),
            "change_column": self.change_key,
            "value_columns": sorted({measure.column_key for measure in self.measures}),
            "measures": [vars(measure) for measure in self.measures],
            "periods": list(self.periods),
        }


def map_years(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, int]:
    """The year of the map of each dimension that has one; `key` holds its name."""
    years = {str(row.get(key)): normal(row.get("MapYear")).partition(".")[0] for row in rows}
    return {name: int(year) for name, year in years.items() if re.fullmatch(r"(19|20)\d\d", year)}


def ask(table: CbsTable, metadata: Metadata, where: str) -> Question:
    """The question that `table` asks; one WijkError tells everything that does not fit."""
    mistakes: list[str] = []
    for name in filter(None, [table.area_dimension, table.period_dimension]):
        if name not in metadata.codes:
            known = nearest(name, metadata.codes)
            raise WijkError(f"{where}: no dimension '{name}'; it has {known}.")
    own = {table.area_dimension, table.period_dimension}
    others = tuple(name for name in metadata.codes if name not in own)
    asked, categories = [], dict[tuple[str, ...], None]()
    for measure in table.present_measures:
        try:
            topic = resolve(metadata.columns, measure, year=table.year, where=where)
            one, used = _asked(table, measure, topic, metadata, others, where)
        except WijkError as error:
            mistakes.append(str(error))
        else:
            asked.append(one)
            categories |= dict.fromkeys(used)
    change_key = None
    if table.area_change is not None:
        try:
            titles = (
                [table.area_change] if isinstance(table.area_change, str) else table.area_change
            )
            change_key = find_titled(metadata.columns, titles, where=where).key
        except WijkError as error:
            mistakes.append(str(error))
    if mistakes:
        raise WijkError(" ".join(mistakes))
    area_codes = metadata.codes[table.area_dimension]
    areas = _areas(table, area_codes, where)
    return Question(
        area_dimension=table.area_dimension,
        period_dimension=table.period_dimension,
        others=others,
        measures=tuple(asked),
        change_key=change_key,
        areas=frozenset(areas),
        area_filter=_area_filter(table, areas, area_codes),
        periods=_periods(table, metadata, where),
        categories=tuple(categories),
    )


def _asked(
    table: CbsTable,
    measure: CbsMeasure,
    topic: Topic,
    metadata: Metadata,
    others: tuple[str, ...],
    where: str,
) -> tuple[Asked, list[tuple[str, ...]]]:
    chosen = {**table.where, **measure.where}
    margins = table.margins
    if margins is not None:
        chosen[margins.dimension] = margins.value
    if set(chosen) != set(others):
        raise WijkError(
            f"{where}, measure '{measure.indicator}': 'where' must choose from "
            f"{', '.join(others) or 'no dimension'}, it has {', '.join(chosen) or 'none'}."
        )
    picks = [chosen]
    if margins is not None:
        picks += [{**chosen, margins.dimension: code} for code in (margins.low, margins.high)]
    used = [
        tuple(_key(metadata.codes[name], name, pick[name], where) for name in others)
        for pick in picks
    ]
    keys = ["|".join(normal(pick[name]) for name in others) for pick in picks]
    low, high = keys[1:] or (None, None)
    return Asked(measure.indicator, topic.key, keys[0], low, high), used


def _key(codes: Sequence[str], dimension: str, code: str, where: str) -> str:
    """The code exactly as wide as the code list has it."""
    for key in codes:
        if normal(key) == normal(code):
            return key
    known = nearest(code, [normal(key) for key in codes])
    raise WijkError(f"{where}: {dimension} has no code '{code}'; nearest: {known}.")


def _areas(table: CbsTable, codes: Sequence[str], where: str) -> list[str]:
    keys = [key for key in codes if key.startswith(tuple(PREFIX[n] for n in table.area_levels))]
    for level in table.area_levels:
        if not any(key.startswith(PREFIX[level]) for key in keys):
            raise WijkError(
                f"{where}: {table.area_dimension} lists no {level}; take it from 'area_levels'."
            )
    return keys


def _area_filter(table: CbsTable, areas: Sequence[str], codes: Sequence[str]) -> str | None:
    if len(areas) == len(codes):
        return None
    name = table.area_dimension
    parts = [f"startswith({name},'{PREFIX[level]}')" for level in table.area_levels]
    return f"({' or '.join(parts)})"


def _periods(table: CbsTable, metadata: Metadata, where: str) -> tuple[str, ...]:
    """The keys of the wanted years. Only the newest may be lacking: they are still to come."""
    if table.period_dimension is None:
        return ()
    suffix = table.period_suffix
    keys = metadata.codes[table.period_dimension]
    years = {normal(key)[:4]: key for key in keys if normal(key)[4:] == suffix}
    wanted = table.wanted_years
    present = [year for year in wanted if str(year) in years]
    if not present or present != wanted[: len(present)]:
        has = ", ".join(sorted(years)) or f"no period that ends in {suffix}"
        raise WijkError(
            f"{where}: {table.period_dimension} lacks years within {wanted[0]}-{wanted[-1]}; "
            f"it has {has}. Correct 'years', 'at_years' or 'period_suffix'."
        )
    return tuple(years[str(year)] for year in present)


def any_of(name: str, keys: Iterable[str]) -> str:
    """The filter that is true for these codes of a dimension."""
    quoted = (key.replace("'", "''") for key in keys)
    return "(" + " or ".join(f"{name} eq '{key}'" for key in quoted) + ")"
