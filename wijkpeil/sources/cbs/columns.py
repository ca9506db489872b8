"""Finding a measure in a table by what CBS calls it: title, unit and parent group.

Numbered keys (`AantalInwoners_5`) shift between years and inside one table, and a title can
stand twice; title, unit and group together are the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wijkpeil.catalog import CbsMeasure, Wording
from wijkpeil.errors import WijkError, nearest


@dataclass(frozen=True)
class Topic:
    """A column of a v3 table, or a measure of a v4 table, as its metadata describes it.

    `index` is the number that v3 (`ID`) and v4 (`Index`) give it alike, where it is known.
    """

    key: str
    title: str
    unit: str
    parents: tuple[str, ...]
    index: int | None = None

    @property
    def label(self) -> str:
        """Title, unit and innermost group, as an error names them."""
        group = f" in '{self.parents[0]}'" if self.parents else ""
        return f"{self.title} ({self.unit}){group}"


# what CBS writes where there is no figure: not known, secret, and in older tables nil, which may be
# a rounded figure; none is a nought
MISSING = frozenset({"", ".", "x", "X", "-"})
_UNSEEN = str.maketrans("", "", "\ufeff\u200b")


def normal(text: Any) -> str:
    """Text without padding, non-breaking and invisible spaces, and doubled blanks."""
    return " ".join(str("" if text is None else text).translate(_UNSEEN).split())


def is_same_id(given: Any, cbs_id: str) -> bool:
    """Whether CBS means this table: its ids end in capitals or in small letters."""
    return normal(given).upper() == cbs_id.upper()


def is_figure(value: Any) -> bool:
    """Whether a cell holds anything but nothing or one of CBS's signs for missing."""
    return value is not None and (not isinstance(value, str) or value.strip() not in MISSING)


def parents(first: Any, rows: dict[Any, dict[str, Any]], *, parent_key: str) -> tuple[str, ...]:
    """The titles of a group and the groups around it, innermost first."""
    names: list[str] = []
    seen: set[Any] = set()
    while first in rows and first not in seen:
        seen.add(first)
        names.append(normal(rows[first].get("Title")))
        first = rows[first].get(parent_key)
    return tuple(names)


def resolve(
    columns: Sequence[Topic], measure: CbsMeasure, *, year: int | None, where: str
) -> Topic:
    """The one column that a measure of the catalog means in a table of that year.

    The first of its `codes` that is there; else the one that bears any of its names. `where`
    begins the error. Raises WijkError when there is none, naming the nearest five, or more than
    one, naming what tells them apart.
    """
    for code in measure.codes:
        for topic in columns:
            if topic.key == code:
                return topic
    return find(columns, measure.wordings(year), where=where)


def find(columns: Sequence[Topic], wordings: Sequence[Wording], *, where: str) -> Topic:
    """The one column with any of these names (any level of group); raises WijkError."""
    found = [topic for topic in columns if any(_bears(topic, name) for name in wordings)]
    if len(found) == 1:
        return found[0]
    first = wordings[0]
    wanted = f"{first.title} ({first.unit})" + (f" in '{first.parent}'" if first.parent else "")
    if not found:
        known = nearest(wanted, [topic.label for topic in columns])
        others = f" or its {len(wordings) - 1} other names" if len(wordings) > 1 else ""
        raise WijkError(
            f"{where}: no measure '{wanted}'{others}; nearest: {known}. "
            "Give title, unit and parent as CBS writes them today."
        )
    labels = ", ".join(_label_among(topic, found) for topic in found)
    raise WijkError(f"{where}: '{wanted}' is not one measure but {labels}; give its 'parent'.")


def find_titled(columns: Sequence[Topic], titles: Sequence[str], *, where: str) -> Topic:
    """The one column with any of these titles, whatever its unit; raises WijkError."""
    found = [topic for topic in columns if topic.title in {normal(title) for title in titles}]
    if len(found) != 1:
        known = nearest(titles[0], [topic.label for topic in columns])
        names = " or ".join(f"'{title}'" for title in titles)
        raise WijkError(
            f"{where}: {len(found) or 'no'} columns are titled {names}; nearest: {known}. "
            "Correct 'area_change'."
        )
    return found[0]


def _label_among(topic: Topic, found: Sequence[Topic]) -> str:
    """Title, unit and the innermost group that another of `found` is not in; else the key."""
    for group in topic.parents:
        if not all(group in other.parents for other in found):
            return f"{topic.title} ({topic.unit}) in '{group}'"
    return f"{topic.label} with key {topic.key}"


def _bears(topic: Topic, name: Wording) -> bool:
    return (
        topic.title == normal(name.title)
        and topic.unit == normal(name.unit)
        and (name.parent is None or normal(name.parent) in topic.parents)
    )
