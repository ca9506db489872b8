"""Finding a measure in a table by what CBS calls it: title, unit and parent group.

Numbered keys (`AantalInwoners_5`) shift between years and inside one table, and a title can
stand twice; title, unit and group together are the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flows.errors import WijkError, nearest


@dataclass(frozen=True)
class Topic:
    """A column of a v3 table as DataProperties describes it."""

    key: str
    title: str
    unit: str
    parents: tuple[str, ...]
    datatype: str

    @property
    def label(self) -> str:
        """Title, unit and innermost group, as an error names them."""
        group = f" in '{self.parents[0]}'" if self.parents else ""
        return f"{self.title} ({self.unit}){group}"


def normal(text: Any) -> str:
    """Text without padding, non-breaking spaces and doubled blanks."""
    return " ".join(str(text or "").split())


def topics(properties: Sequence[dict[str, Any]]) -> list[Topic]:
    """The columns in DataProperties, each with its groups, innermost first."""
    by_id = {row["ID"]: row for row in properties}

    def parents(row: dict[str, Any]) -> tuple[str, ...]:
        names: list[str] = []
        seen: set[Any] = set()
        parent = row.get("ParentID")
        while parent in by_id and parent not in seen:
            seen.add(parent)
            names.append(normal(by_id[parent].get("Title")))
            parent = by_id[parent].get("ParentID")
        return tuple(names)

    return [
        Topic(
            key=row["Key"],
            title=normal(row.get("Title")),
            unit=normal(row.get("Unit")),
            parents=parents(row),
            datatype=normal(row.get("Datatype")),
        )
        for row in properties
        if row.get("Type") == "Topic"
    ]


def dimensions(properties: Sequence[dict[str, Any]]) -> list[str]:
    """The keys of the table's dimensions. KWB calls its region dimension `GeoDetail`."""
    kinds = {"Dimension", "GeoDimension", "GeoDetail", "TimeDimension"}
    return [row["Key"] for row in properties if row.get("Type") in kinds]


def resolve(
    columns: Sequence[Topic], *, title: str, unit: str | None, parent: str | None, where: str
) -> Topic:
    """The one column with that title, unit and (any level of) group.

    `where` begins the error: the table and the catalog file. Raises WijkError when there is
    none, naming the nearest five, or more than one, naming what tells them apart.
    """
    found = [
        topic
        for topic in columns
        if topic.title == normal(title)
        and (unit is None or topic.unit == normal(unit))
        and (parent is None or normal(parent) in topic.parents)
    ]
    if len(found) == 1:
        return found[0]
    wanted = title + (f" ({unit})" if unit else "") + (f" in '{parent}'" if parent else "")
    if not found:
        known = nearest(wanted, [topic.label for topic in columns])
        raise WijkError(
            f"{where}: no measure '{wanted}'; nearest: {known}. "
            "Give title, unit and parent as CBS writes them today."
        )
    labels = ", ".join(topic.label for topic in found)
    raise WijkError(f"{where}: '{wanted}' is not one measure but {labels}; give its 'parent'.")
