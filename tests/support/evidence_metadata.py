"""What CBS's tables look like by public evidence: columns, dimensions, titles, as typed in here.

The files in evidence/ hold facts only, a row for each column of a table; they were not made from
the catalog, which is held against them. In them `>` stands between groups, `~` for a no-break
space and `^` for a blank at the end. `means` is the indicator that a column is, blank beside it.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "evidence"
_TEXT = "text"


@dataclass(frozen=True)
class Column:
    """A topic of a table. `key` bears its number; `figure` names what fills it."""

    number: int
    group: tuple[str, ...]
    title: str
    unit: str
    decimals: int
    is_text: bool
    code: str
    means: str
    figure: str

    @property
    def key(self) -> str:
        """The key of v3: the words of the title and the number."""
        return f"{base_key(self.title)}_{self.number}"


@dataclass(frozen=True)
class Shape:
    """A table without its figures. `years` are those of its figures, `division` the year whose
    areas its codes mean, None where each year has its own."""

    cbs_id: str
    family: str
    years: tuple[int, ...]
    title: str
    service: str
    dimension: str
    dimension_title: str
    width: int
    division: int | None
    land: tuple[str, ...]
    periods: str
    marks: str
    modified: str
    columns: tuple[Column, ...]

    def column(self, title: str, *, group: str | None = None) -> Column:
        """The one column with this title, outer blanks aside; fails where there is not one."""
        found = [
            column
            for column in self.columns
            if column.title.split() == title.split() and (group is None or group in column.group)
        ]
        assert len(found) == 1, f"{self.cbs_id} has {len(found)} columns '{title}'"
        return found[0]

    def meaning(self, indicator: str) -> Column | None:
        """The column that is this indicator, if any."""
        return next((column for column in self.columns if column.means == indicator), None)

    def with_column(self, key: str, **changes: Any) -> Shape:
        """The same table with the column of this key changed."""
        assert any(column.key == key for column in self.columns), f"{self.cbs_id}: no {key}"
        changed = (replace(c, **changes) if c.key == key else c for c in self.columns)
        return replace(self, columns=tuple(changed))

    def without_column(self, key: str) -> Shape:
        """The same table without the column of this key."""
        kept = tuple(column for column in self.columns if column.key != key)
        assert len(kept) < len(self.columns), f"{self.cbs_id}: no {key}"
        return replace(self, columns=kept)


def base_key(title: str) -> str:
    """The key that CBS makes of a title: its words in capitals without signs or accents."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    key = "".join(word[0].upper() + word[1:] for word in words)
    return f"k_{key}" if key[:1].isdigit() else key


def years_of(text: str) -> tuple[int, ...]:
    """The years that `2013,2016-2018` names."""
    ends = [part.partition("-") for part in text.split(",")]
    return tuple(y for first, _, last in ends for y in range(int(first), int(last or first) + 1))


@cache
def shapes() -> dict[str, Shape]:
    """Every table by its id, spelled as CBS does."""
    found = {}
    for row in lines("tables.csv"):
        years = years_of(row["years"])
        columns = _kwb_columns(years[0]) if row["family"] == "kwb" else _columns(row["family"])
        found[row["cbs_id"]] = Shape(
            cbs_id=row["cbs_id"],
            family=row["family"],
            years=years,
            title=row["title"],
            service=row["service"],
            dimension=row["dimension"],
            dimension_title=row["dimension_title"],
            width=int(row["width"]),
            division=int(row["division"]) if row["division"] else None,
            land=tuple(row["land"].split(",")) if row["land"] else (),
            periods=row["periods"],
            marks=row["marks"],
            modified=row["modified"],
            columns=columns,
        )
    return found


@cache
def lines(name: str) -> list[dict[str, str]]:
    """The rows of a file of evidence."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def _kwb_columns(year: int) -> tuple[Column, ...]:
    rows = [row for row in lines("kwb.csv") if year in years_of(row["years"])]
    return tuple(_column(row, number) for number, row in enumerate(rows, start=1))


def _columns(family: str) -> tuple[Column, ...]:
    columns: list[Column] = []
    for row in lines("columns.csv"):
        if row["family"] == family:
            after = columns[-1].number + 1 if columns else 1
            columns.append(_column(row, int(row["numbers"] or after)))
    return tuple(columns)


def _column(row: dict[str, str], number: int) -> Column:
    is_text = row["decimals"] == _TEXT
    return Column(
        number=number,
        group=tuple(row["group"].split(">")) if row["group"] else (),
        title=row["title"].replace("~", "\u00a0").replace("^", " "),
        unit=row["unit"],
        decimals=0 if is_text else int(row["decimals"]),
        is_text=is_text,
        code=row["code"],
        means=row["means"],
        figure=row["figure"] or row["means"],
    )
