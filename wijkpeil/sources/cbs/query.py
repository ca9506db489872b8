"""What is asked of a table: the catalog block held against the table's own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wijkpeil.catalog import PREFIX, CbsMeasure, CbsTable
from wijkpeil.errors import StillToCome, WijkError, nearest
from wijkpeil.sources.area_codes import taken_areas
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
    """One measure as it is asked: its column and what CBS calls it, its category, and those of the
    margin's limits."""

    indicator: str
    column_key: str
    title: str
    unit: str
    category_key: str
    low_category_key: str | None
    high_category_key: str | None


@dataclass(frozen=True)
class Question:
    """The columns, categories, areas and periods to ask for, all as keys of the table.

    `categories` are the combinations of codes of the other dimensions, in the order of
    `others`; a table without other dimensions has the one empty combination. `unresolved` says of
    each measure that has no column why, and `told` what else is not as the block has it.
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
    unresolved: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()

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
            "unresolved": dict(self.unresolved),
        }


def map_years(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, int]:
    """The year of the map of each dimension that has one; `key` holds its name."""
    years = {str(row.get(key)): normal(row.get("MapYear")).partition(".")[0] for row in rows}
    return {name: int(year) for name, year in years.items() if re.fullmatch(r"(19|20)\d\d", year)}


def ask(table: CbsTable, metadata: Metadata, where: str) -> Question:
    """The question that `table` asks, without what its metadata has no place for: a measure
    without a column costs that measure.

    Raises WijkError when nothing is left to ask.
    """
    told: list[str] = []
    table = _with_dimensions(table, metadata, where, told)
    own = {table.area_dimension, table.period_dimension}
    others = tuple(name for name in metadata.codes if name not in own)
    unresolved: dict[str, str] = {}
    asked, categories = [], dict[tuple[str, ...], None]()
    for measure in table.present_measures:
        try:
            topic = resolve(metadata.columns, measure, year=table.year, where=where)
            one, used = _asked(table, measure, topic, metadata, others, where)
        except WijkError as error:
            unresolved[measure.indicator] = str(error)
        else:
            asked.append(one)
            categories |= dict.fromkeys(used)
    asked = _only_one_each(asked, unresolved, where)
    if not asked:
        raise WijkError(" ".join(dict.fromkeys(unresolved.values())))
    area_codes = metadata.codes[table.area_dimension]
    areas = _areas(table, area_codes, where)
    return Question(
        area_dimension=table.area_dimension,
        period_dimension=table.period_dimension,
        others=others,
        measures=tuple(asked),
        change_key=_change_key(table, metadata, where, told),
        areas=frozenset(areas),
        area_filter=_area_filter(table, areas, area_codes),
        periods=_periods(table, metadata, where, told),
        categories=tuple(categories),
        unresolved=unresolved,
        told=tuple(told),
    )


# what the code of a gemeente, and that of a period, looks like
_AREA = re.compile(r"GM[0-9]{4}")
_PERIOD = re.compile(r"(19|20)[0-9]{2}[A-Z]{2}[0-9]{2}")


def _with_dimensions(table: CbsTable, metadata: Metadata, where: str, told: list[str]) -> CbsTable:
    """The table with the dimensions that hold areas and periods by their codes, whatever they are
    called; raises WijkError where none or more than one does."""
    found = {}
    for key, looks in (("area_dimension", _AREA), ("period_dimension", _PERIOD)):
        name = getattr(table, key)
        if name is None or name in metadata.codes:
            continue
        like = [
            other
            for other, codes in metadata.codes.items()
            if any(looks.fullmatch(normal(code)) for code in codes)
        ]
        if len(like) != 1:
            raise WijkError(
                f"{where}: no dimension '{name}'; it has {nearest(name, metadata.codes)}. "
                f"Correct '{key}'."
            )
        found[key] = like[0]
        told.append(
            f"{where}: dimension '{name}' is called '{like[0]}', which is used; correct '{key}'."
        )
    return table.model_copy(update=found) if found else table


def _change_key(table: CbsTable, metadata: Metadata, where: str, told: list[str]) -> str | None:
    """The key of the column with CBS's change flag; None where there is none, which is told."""
    if table.area_change is None:
        return None
    titles = [table.area_change] if isinstance(table.area_change, str) else table.area_change
    try:
        return find_titled(metadata.columns, titles, where=where).key
    except WijkError as error:
        told.append(
            f"{error} Until then its areas have no flag: what they were the year before is known "
            "from addresses alone."
        )
        return None


def _only_one_each(asked: list[Asked], unresolved: dict[str, str], where: str) -> list[Asked]:
    """The measures that are the only one with their column; of two that share one neither is
    known to be right, and both join `unresolved`."""
    sharing: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        sharing.setdefault((one.column_key, one.category_key), []).append(one)
    for found in sharing.values():
        if len(found) > 1:
            names = " and ".join(f"'{one.indicator}'" for one in found)
            sentence = (
                f"{where}: {names} are all column '{found[0].title} ({found[0].unit})'; correct "
                "the titles of those that mean another."
            )
            unresolved |= dict.fromkeys((one.indicator for one in found), sentence)
    return [one for one in asked if one.indicator not in unresolved]


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
    one = Asked(measure.indicator, topic.key, topic.title, topic.unit, keys[0], low, high)
    return one, used


def _key(codes: Sequence[str], dimension: str, code: str, where: str) -> str:
    """The code exactly as wide as the code list has it."""
    for key in codes:
        if normal(key) == normal(code):
            return key
    known = nearest(code, [normal(key) for key in codes])
    raise WijkError(f"{where}: {dimension} has no code '{code}'; nearest: {known}.")


def _areas(table: CbsTable, codes: Sequence[str], where: str) -> list[str]:
    """The codes that are taken. A level that the table lacks costs that level, and the checks tell
    it; without any the block is of another table."""
    taken = taken_areas(table, codes)
    if not any(taken.values()):
        levels = " or ".join(table.area_levels)
        raise WijkError(
            f"{where}: {table.area_dimension} lists no {levels}; correct 'area_levels', "
            "'land_code' or 'area_dimension'."
        )
    keys = {key for level in taken.values() for key in level}
    return [key for key in codes if key in keys]


def _area_filter(table: CbsTable, areas: Sequence[str], codes: Sequence[str]) -> str | None:
    """The test for the areas: by the beginning of their codes, less those that are not taken."""
    if len(areas) == len(codes):
        return None
    name = table.area_dimension
    taken, parts = set(areas), []
    for prefix in (PREFIX[level] for level in table.area_levels):
        listed = [key for key in codes if key.startswith(prefix)]
        wanted = [key for key in listed if key in taken]
        if len(wanted) == 1 < len(listed):
            parts.append(any_of(name, wanted))
        elif wanted:
            less = [f"{name} ne '{key}'" for key in listed if key not in taken]
            begins = f"startswith({name},'{prefix}')"
            parts.append(f"({' and '.join([begins, *less])})" if less else begins)
    return f"({' or '.join(parts)})"


def _periods(table: CbsTable, metadata: Metadata, where: str, told: list[str]) -> tuple[str, ...]:
    """The keys of the wanted years that are there. The newest may be lacking: they are still to
    come; of one before them it is told."""
    if table.period_dimension is None:
        return ()
    suffix = table.period_suffix
    keys = metadata.codes[table.period_dimension]
    years = {normal(key)[:4]: key for key in keys if normal(key)[4:] == suffix}
    wanted = table.wanted_years
    present = [year for year in wanted if str(year) in years]
    has = ", ".join(sorted(years)) or f"no period that ends in {suffix}"
    advice = "Correct 'years', 'at_years' or 'period_suffix'."
    if not present and _are_to_come(keys, wanted, suffix):
        raise StillToCome(
            f"{where}: {table.period_dimension} has no {wanted[0]}{suffix} yet; it comes by itself."
        )
    if not present:
        raise WijkError(
            f"{where}: {table.period_dimension} has no year of {wanted[0]}-{wanted[-1]}; it has "
            f"{has}. {advice}"
        )
    lacking = [str(year) for year in wanted if year < present[-1] and year not in present]
    if lacking:
        told.append(
            f"{where}: {table.period_dimension} lacks {', '.join(lacking)}; it has {has}. {advice}"
        )
    return tuple(years[str(year)] for year in present)


def _are_to_come(keys: Sequence[str], wanted: Sequence[int], suffix: str) -> bool:
    """Whether the table has earlier periods of the wanted years, of the same kind: quarters."""
    return any(
        normal(key)[:4] in map(str, wanted)
        and normal(key)[4:6] == suffix[:2]
        and normal(key)[4:] < suffix
        for key in keys
    )


def any_of(name: str, keys: Iterable[str]) -> str:
    """The filter that is true for these codes of a dimension."""
    quoted = (key.replace("'", "''") for key in keys)
    return "(" + " or ".join(f"{name} eq '{key}'" for key in quoted) + ")"
