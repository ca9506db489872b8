"""What to write in the catalog for a measure, a change flag or a year that does not fit."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Sequence

from flows.catalog import CbsMeasure, CbsTable, Wording, toml_value
from flows.cbs.measures import Topic, normal

# titles less alike than this are no suggestion
ALIKE = 0.5


def mend_measure(
    table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic], taken: Collection[str]
) -> str:
    """The lines for a measure without a column, or with more than one; `taken` are the keys of
    columns that other measures mean."""
    head = f"# {_block(table)}, measure '{measure.indicator}'"
    names = measure.wordings(table.year)
    same = [topic for topic in columns if any(_is_named(topic, name) for name in names)]
    if same:
        groups = [topic.parents[0] for topic in same if topic.parents]
        lines = [f"{head}: the column that is meant stands in one of"]
        return "\n".join([*lines, *(f"parent = {toml_value(group)}" for group in groups)])
    lines = []
    best = nearest_column(measure, [topic for topic in columns if topic.key not in taken])
    if best is not None:
        lines += [f"{head}: if '{best.title} ({best.unit})' is the same figure,"]
        lines += ["alternatives = ["]
        twice = Counter((topic.title, topic.unit) for topic in columns)[best.title, best.unit] > 1
        parent = best.parents[0] if twice and best.parents else None
        years = None if table.year is None else [table.year, table.year]
        new = Wording(title=best.title, unit=best.unit or "?", parent=parent, years=years)
        lines += [f"    {_inline(name)}," for name in [*measure.alternatives, new]]
        lines += ["]"]
    if table.year is not None:
        lines += [f"{head}: if the table of {table.year} has no such column," if not lines else
                  f"# or, if the table of {table.year} has no such column,"]  # fmt: skip
        lines += [f"absent = {toml_value(sorted({*measure.absent, table.year}))}"]
    else:
        lines += [f"{head}: if the table has no such column, take the measure out."]
    return "\n".join(lines)


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


def nearest_column(measure: CbsMeasure, columns: Sequence[Topic]) -> Topic | None:
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
