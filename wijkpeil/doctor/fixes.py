"""What to write in the catalog for a measure, a change flag or a year that does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wijkpeil.catalog import CbsMeasure, CbsTable, Wording, toml_value
from wijkpeil.sources.cbs.columns import Topic, normal

# begins what is written at the first of several tables
TOGETHER = "# together with"


@dataclass(frozen=True)
class Missing:
    """A measure without a column in one table, and the name of the column that it is, where the
    evidence of that is strong."""

    table: CbsTable
    measure: CbsMeasure
    nearest: Wording | None


def wording_of(topic: Topic, columns: Sequence[Topic]) -> Wording | None:
    """How the catalog names the column: with its group where the title stands twice. None where it
    has no unit, which the catalog cannot say."""
    if not topic.unit:
        return None
    twice = Counter((each.title, each.unit) for each in columns)[topic.title, topic.unit] > 1
    parent = topic.parents[0] if twice and topic.parents else None
    return Wording(title=topic.title, unit=topic.unit, parent=parent)


def mend_group(
    table: CbsTable, measure: CbsMeasure, columns: Sequence[Topic], told: Mapping[str, str]
) -> str | None:
    """The lines for a measure whose title and unit are there, but not in one known group; `told`
    holds the columns that it may be, by key, with what their figures say."""
    usual, *others = measure.wordings(table.year)
    fitting = [topic for topic in columns if topic.parents and topic.key in told]
    lines = [
        f"parent = {toml_value(topic.parents[0])}  # {told[topic.key]}"
        for topic in fitting
        if _is_named(topic, usual)
    ]
    lines += [
        f"alternatives = [{_inline(name.model_copy(update={'parent': topic.parents[0]}))}]"
        f"  # {told[topic.key]}"
        for name in others
        for topic in fitting
        if _is_named(topic, name)
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
        lines += [f"{head}: {' and '.join(titles)} is the same figure,", "alternatives = ["]
        lines += [f"    {_inline(name)}," for name in [*measure.alternatives, *_by_years(named)]]
        lines += ["]"]
    years = sorted({*measure.absent, *(each.table.year for each in missing if each.table.year)})
    begin = "# or" if lines else head
    if table.year is not None:
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
        return (
            f"# catalog/cbs.toml: without a change flag the table is no list of areas; take the "
            f"block [[table]] {table.id} out."
        )
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


def _is_named(topic: Topic, name: Wording) -> bool:
    return (topic.title, topic.unit) == (normal(name.title), normal(name.unit))


def block_of(table: CbsTable) -> tuple[str, str]:
    """The kind and id of the block that holds the measures of the table."""
    return ("series", table.series) if table.series else ("table", table.id)


def _block(table: CbsTable) -> str:
    kind, name = block_of(table)
    return f"catalog/cbs.toml, [[{kind}]] {name}"


def _inline(name: Wording) -> str:
    pairs = name.model_dump(exclude_none=True)
    return f"{{ {', '.join(f'{key} = {toml_value(value)}' for key, value in pairs.items())} }}"
