"""What CBS says of its figures in its own metadata: provisional or definitive, and whether it will
still revise them.

A column's description tells it, else that of a group around it; the table's own texts do under the
heading "Status van de cijfers". Only a sentence about what the figures are counts: one that says
when others will come does not, nor an explanation of signs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["provisional", "final"]

_MONTHS = "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
_DATE = re.compile(rf"\b(?:\d{{1,2}}\s+)?(?:{_MONTHS})\s+(?:19|20)\d\d\b", re.IGNORECASE)
_YEAR = r"((?:19|20)\d\d)"
_TO = r"\s*(?:-|–|/|t/m|tot\s+en\s+met)\s*"
_SPANS = re.compile(
    rf"(?P<from>(?:vanaf|sinds)\s+){_YEAR}|(?P<upto>(?:t/m|tot\s+en\s+met)\s+){_YEAR}"
    rf"|(?P<before>tot\s+){_YEAR}|{_YEAR}(?:{_TO}{_YEAR})?(?P<school>/'?\d\d\b)?",
    re.IGNORECASE,
)
# where one sentence says two things of two years
_CLAUSE = re.compile(
    r"[\r\n]+|(?<=[.;!?])\s+|[;,]\s+(?:en\s+|maar\s+)?(?=(?:de\s+)?(?:cijfers|gegevens|die|deze)\b)"
    r"|\s+en\s+(?=(?:die|de\s+cijfers|de\s+gegevens)\s+(?:van|over)\b)",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r",?\s*\b(?:tenzij|behalve|uitgezonderd|met uitzondering van)\b.*", re.I)
_WHAT = r"(?:cijfers?|gegevens|uitkomsten?|resultaten|aantallen|ramingen?|karakter)"
_IS = r"(?:is|zijn|blijft|blijven|betreft|betreffen|hebben|heeft)\b(?:\s+[^\s.]+){0,4}?\s+"
_NOT_PROVISIONAL = re.compile(r"\b(?:niet|geen)\b(?:\s+\w+){0,2}\s+voorlopige?\b", re.I)
_IS_PROVISIONAL = re.compile(rf"\b{_IS}\(?voorlopige?\b", re.I)
_PROVISIONAL = re.compile(rf"\bvoorlopige?\s+{_WHAT}\b|^\W*(?:status\W+)?voorlopig\W*$", re.I)
_IS_FINAL = re.compile(rf"\b{_IS}definitie(?:f|ve)\b|^\W*(?:status\W+)?definitie(?:f|ve)\b", re.I)
# of figures to come, or of what becomes of them
_LATER = re.compile(r"\b(?:verschijnen|verschijnt|volgen|volgt|komen|komt|worden|wordt)\b", re.I)
_CLOSED = re.compile(
    r"\bniet\s+(?:meer|langer)\s+(?:aangepast|herzien|gereviseerd|gewijzigd|bijgewerkt)\b", re.I
)
_NO_UPDATES = re.compile(
    r"\bvoor\s+deze\s+tabel\s+zijn\s+geen\s+(?:nadere|verdere|nieuwe)?\s*"
    r"(?:updates?|wijzigingen|aanpassingen)\b",
    re.I,
)
_STATUS = re.compile(r"status van de cijfers\s*:?(.*?)(?:\n\s*\n|\Z)", re.I | re.DOTALL)
_ENDED = {"stopgezet", "gediscontinueerd", "vervallen"}
_TABLE_TEXTS = ("ShortDescription", "Description", "LongDescription")


@dataclass(frozen=True)
class Claim:
    """What a sentence says of the figures of some years, of all where it names none."""

    kind: Kind
    spans: tuple[tuple[int, int], ...] = ()

    def covers(self, year: int) -> bool:
        """Whether it names this year."""
        return any(first <= year <= last for first, last in self.spans)


@dataclass(frozen=True)
class FigureStatus:
    """What a table says of one column: in its own and its groups' texts, innermost first, and in
    those of the table. Where it `is_closed` its figures are not revised any more."""

    own: tuple[tuple[Claim, ...], ...] = ()
    table: tuple[tuple[Claim, ...], ...] = ()
    is_closed: bool = False

    def provisional_years(self, years: Iterable[int], declared: Iterable[int]) -> list[int]:
        """Which of these years are provisional, where the catalog declares some so: a column that
        says itself that it is definitive is not."""
        declared = {*declared}
        found = []
        for year in years:
            told = _first(self.own, year)
            if told is None:
                told = "provisional" if year in declared else _first(self.table, year)
            if told == "provisional":
                found.append(year)
        return found


def figure_statuses(folder: Path, names: Iterable[str]) -> dict[str, FigureStatus]:
    """What the metadata files of a table, of either API, say of each column, by its key."""
    names = sorted(names)
    columns = _rows(folder, names, ("data_properties-", "measure_codes-"))
    groups = _rows(folder, names, ("data_properties-", "measure_groups-"))
    around = {
        row["ID" if "ID" in row else "Id"]: row for row in groups if row.keys() & {"ID", "Id"}
    }
    infos = _rows(folder, names, ("table_infos-",))
    texts = [row[name] for row in infos for name in _TABLE_TEXTS if isinstance(row.get(name), str)]
    table = tuple(claims(part) for text in texts for part in _STATUS.findall(text))
    ended = any(
        str(row.get(name)).lower() in _ENDED
        for row in infos
        for name in ("Frequency", "Status", "OutputStatus")
    )
    is_ended = ended or any(_NO_UPDATES.search(" ".join(text.split())) for text in texts)
    found = {}
    for row in columns:
        key = row.get("Key") or row.get("Identifier")
        if not key:
            continue
        own = [_plain(each.get("Description")) for each in _with_groups(row, around)]
        found[str(key)] = FigureStatus(
            own=tuple(claims(text) for text in own),
            table=table,
            is_closed=is_ended or any(_CLOSED.search(text) for text in own),
        )
    return found


def claims(text: str) -> tuple[Claim, ...]:
    """What the sentences of a text say that the figures are."""
    found = []
    for clause in _CLAUSE.split(text):
        plain = _EXCEPT.sub("", " ".join(_DATE.sub(" ", clause).split()))
        kind = _kind(plain)
        if kind is not None:
            found.append(Claim(kind, tuple(_spans(plain))))
    return tuple(found)


def _kind(clause: str) -> Kind | None:
    if clause.startswith(("*", ".", "0 (")):
        return None
    if _NOT_PROVISIONAL.search(clause):
        return "final"
    if _IS_PROVISIONAL.search(clause):
        return "provisional"
    if _LATER.search(clause):
        return None
    if _PROVISIONAL.search(clause):
        return "provisional"
    return "final" if _IS_FINAL.search(clause) else None


def _spans(clause: str) -> Iterable[tuple[int, int]]:
    for found in _SPANS.finditer(clause):
        years = [int(each) for each in found.groups() if each and each.isdigit()]
        if found["from"]:
            yield years[0], 9999
        elif found["upto"]:
            yield 0, years[0]
        elif found["before"]:
            yield 0, years[0] - 1
        else:
            # a school year lies in two
            yield years[0], years[-1] + (1 if found["school"] else 0)


def _first(texts: Sequence[Sequence[Claim]], year: int) -> Kind | None:
    """What the first text that says anything of this year says; of a year by name before of all."""
    for text in texts:
        for about in (
            [each for each in text if each.covers(year)],
            [each for each in text if not each.spans],
        ):
            kinds = {each.kind for each in about}
            if kinds:
                return "provisional" if "provisional" in kinds else "final"
    return None


def _with_groups(
    row: Mapping[str, Any], around: Mapping[Any, Mapping[str, Any]]
) -> Iterable[Mapping[str, Any]]:
    yield row
    group = row.get("ParentID", row.get("MeasureGroupId"))
    seen: set[Any] = set()
    while group in around and group not in seen:
        seen.add(group)
        yield around[group]
        group = around[group].get("ParentID", around[group].get("ParentId"))


def _rows(folder: Path, names: Sequence[str], starts: tuple[str, ...]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in names:
        if name.startswith(starts) and name.endswith(".json"):
            document = json.loads((folder / name).read_bytes().decode("utf-8-sig"))
            rows += document.get("value", [document])
    return rows


def _plain(text: Any) -> str:
    return text if isinstance(text, str) else ""
