"""What to write in the catalog for a measure, a change flag or a year that does not fit."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wijkpeil.catalog import CbsMeasure, CbsTable, Wording, toml_value
from wijkpeil.sources.cbs.columns import Topic, normal

# begins what is written at the first of several tables
TOGETHER = "# together with"
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
    usual, *others = measure.wordings(table.year)
    lines = [
        f"parent = {toml_value(topic.parents[0])}"
        for topic in columns
        if topic.parents and _is_named(topic, usual)
    ]
    lines += [
        f"alternatives = [{_inline(name.model_copy(update={'parent': topic.parents[0]}))}]"
        for name in others
        for topic in columns
        if topic.parents and _is_named(topic, name)
    ]
    if not lines:
        return None
    head = f"# {_block(table)}, measure '{measure.indicator}': give the group that is meant,"
    return "\n".join([head, "\n# or\n".join(lines)])


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
    """The column whose title is like the measure's, if any: of its unit first, then the likest."""

    titles = [normal(name.title).lower() for name in measure.wordings(None)]

    def alike(topic: Topic) -> tuple[float, bool]:
        ratios = [difflib.SequenceMatcher(None, topic.title.lower(), title) for title in titles]
        return max(ratio.ratio() for ratio in ratios), topic.unit == normal(measure.unit)

    like = [topic for topic in columns if alike(topic)[0] >= ALIKE]
    return max(like, key=lambda topic: (alike(topic)[1], alike(topic)[0]), default=None)


def _is_named(topic: Topic, name: Wording) -> bool:
    return (topic.title, topic.unit) == (normal(name.title), normal(name.unit))


def _block(table: CbsTable) -> str:
    kind, name = ("series", table.series) if table.series else ("table", table.id)
    return f"catalog/cbs.toml, [[{kind}]] {name}"


def _inline(name: Wording) -> str:
    pairs = name.model_dump(exclude_none=True)
    return f"{{ {', '.join(f'{key} = {toml_value(value)}' for key, value in pairs.items())} }}"
