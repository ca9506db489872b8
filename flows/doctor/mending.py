"""What to write in the catalog for a measure, a change flag or a year that does not fit."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flows.catalog import CbsMeasure, CbsTable, Wording, toml_value
from flows.cbs.measures import Topic, normal

# titles less alike than this are no suggestion
ALIKE = 0.5


@dataclass(frozen=True)
class Missing:
    """A measure without a column in one table, and what the nearest column is called."""

    table: CbsTable
    measure: CbsMeasure
    nearest: Wording | None


def find_missing(
    table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic], taken: Collection[str]
) -> Missing:
    """The measure with its nearest column; `taken` are the keys that other measures mean."""
    best = _nearest_column(measure, [topic for topic in columns if topic.key not in taken])
    if best is None:
        return Missing(table, measure, None)
    twice = Counter((topic.title, topic.unit) for topic in columns)[best.title, best.unit] > 1
    parent = best.parents[0] if twice and best.parents else None
    return Missing(table, measure, Wording(title=best.title, unit=best.unit or "?", parent=parent))


def mend_group(table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic]) -> str | None:
    """The lines for a measure whose title and unit are there, but not in one known group."""
    names = measure.wordings(table.year)
    same = [topic for topic in columns if any(_is_named(topic, name) for name in names)]
    if not same:
        return None
    groups = [topic.parents[0] for topic in same if topic.parents]
    lines = [f"# {_block(table)}, measure '{measure.indicator}': the one that is meant is in"]
    return "\n".join([*lines, *(f"parent = {toml_value(group)}" for group in groups)])


def mend_missing(missing: Sequence[Missing]) -> str:
    """The lines that mend one measure in one table, or in several of a series at once."""
    table, measure = missing[0].table, missing[0].measure
    head = f"# {_block(table)}, measure '{measure.indicator}'"
    if len(missing) > 1:
        head += f", for {', '.join(each.table.id for each in missing)} at once"
    lines = []
    named = [(each.nearest, each.table.year) for each in missing if each.nearest is not None]
    if named:
        titles = dict.fromkeys(f"'{name.title} ({name.unit})'" for name, _ in named)
        lines += [f"{head}: if {' and '.join(titles)} is the same figure,", "alternatives = ["]
        lines += [f"    {_inline(name)}," for name in [*measure.alternatives, *_by_years(named)]]
        lines += ["]"]
    years = sorted({*measure.absent, *(each.table.year for each in missing if each.table.year)})
    begin = "# or" if lines else head
    if table.year is None:
        lines += [f"{begin}: if the table has no such column, take the measure out."]
    else:
        which = ", ".join(str(each.table.year) for each in missing)
        lines += [f"{begin}: if the table of {which} has no such column,"]
        lines += [f"absent = {toml_value(years)}"]
    return "\n".join(lines)


def _by_years(named: Sequence[tuple[Wording, int | None]]) -> list[Wording]:
    """Each name once for every run of years."""
    found: list[Wording] = []
    for name, year in sorted(named, key=lambda pair: (str(pair[0]), pair[1] or 0)):
        last = found[-1] if found else None
        if year is None:
            found.append(name)
        elif (
            last is not None
            and last.years is not None
            and last.model_copy(update={"years": None}) == name
            and last.years[1] in {year, year - 1}
        ):
            found[-1] = last.model_copy(update={"years": [last.years[0], year]})
        else:
            found.append(name.model_copy(update={"years": [year, year]}))
    return found


def mend_change(table: CbsTable, columns: Sequence[Topic]) -> str:
    """The line for a change flag that bears another title."""
    old = table.area_change or []
    known = [old] if isinstance(old, str) else list(old)
    new = [topic.title for topic in columns if topic.title.startswith("Indelingswijziging")]
    if not new:
        return f"# {_block(table)}: the table has no change flag; take 'area_change' out of it."
    return f"# {_block(table)}\narea_change = {toml_value([*known, *new[:1]])}"


def mend_absent(table: CbsTable, measure: CbsMeasure) -> str:
    """The line for a measure that is not absent in the year of this table."""
    years = [year for year in measure.absent if year != table.year]
    return f"# {_block(table)}, measure '{measure.indicator}'\nabsent = {toml_value(years)}"


def mend_years(table: CbsTable, later: Sequence[int]) -> str:
    """The line that takes the later years too."""
    head = f"# catalog/cbs.toml, [[table]] {table.id}\n"
    if table.at_years is not None:
        return f"{head}at_years = {toml_value([*table.at_years, *later])}"
    first = (table.years or [later[0]])[0]
    return f"{head}years = {toml_value([first, later[-1]])}"


def _nearest_column(measure: CbsMeasure, columns: Sequence[Topic]) -> Topic | None:
    """The column most like the measure by title and then unit, if any is like it."""

    def alike(topic: Topic) -> float:
        titles = [normal(name.title).lower() for name in measure.wordings(None)]
        ratio = max(difflib.SequenceMatcher(None, topic.title.lower(), t).ratio() for t in titles)
        return ratio + (0.2 if topic.unit == normal(measure.unit) else 0.0)

    best = max(columns, key=alike, default=None)
    return best if best is not None and alike(best) >= ALIKE else None


def _is_named(topic: Topic, name: Wording) -> bool:
    return (topic.title, topic.unit) == (normal(name.title), normal(name.unit))


def _block(table: CbsTable) -> str:
    kind, name = ("series", table.series) if table.series else ("table", table.id)
    return f"catalog/cbs.toml, [[{kind}]] {name}"


def _inline(name: Wording) -> str:
    pairs = name.model_dump(exclude_none=True)
    return f"{{ {', '.join(f'{key} = {toml_value(value)}' for key, value in pairs.items())} }}"
