"""Which areas a programme has, with which CBS codes, and which of them are counted with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import duckdb

from wijkpeil.catalog import USABLE, Catalog, Member, load_catalog
from wijkpeil.edition.folder import edition_with_areas, published_path
from wijkpeil.errors import WijkError, nearest
from wijkpeil.rounding import percent, rounded
from wijkpeil.settings import Settings

CERTAINTIES = {
    "confirmed": "confirmed",
    "name_match": "name_match (codes found by name, not confirmed)",
    "candidate": "candidate",
    "too_wide": "too_wide",
    "open": "open",
}
_WHY_NOT = {
    "candidate": "its codes are no more than candidates",
    "too_wide": "its codes are of an area around it",
    "open": "no CBS code is known for it",
}
COLUMNS = (
    *("area", "gemeente", "codes", "certainty", "inhabitants"),
    *("listed_from", "listed_to", "used", "why_not"),
)


@dataclass(frozen=True)
class ListedArea:
    """One area of a programme; `is_used` is None where nobody looked its codes up."""

    name: str
    gemeente: str | None
    codes: str | None
    certainty: str
    inhabitants: float | None
    valid_from: date | None
    valid_to: date | None
    is_used: bool | None
    problem: str | None

    @property
    def is_sure(self) -> bool:
        """Whether it is to be counted with, as far as the list can say."""
        return self.certainty in USABLE

    @property
    def cells(self) -> tuple[object, ...]:
        """The values under COLUMNS."""
        used = {True: "yes", False: "no", None: "not looked up"}[self.is_used]
        inhabitants = None if self.inhabitants is None else int(rounded(float(self.inhabitants), 0))
        return (
            *(self.name, self.gemeente, self.codes, self.certainty, inhabitants),
            *(self.valid_from, self.valid_to, used, self.problem),
        )


@dataclass(frozen=True)
class Listing:
    """The areas of a programme as an edition has them, or, without `edition_id`, its list."""

    programme_id: str
    areas: tuple[ListedArea, ...]
    edition_id: str | None

    @property
    def used(self) -> list[ListedArea]:
        """Those that are counted with; without an edition those that the list is sure of."""
        if self.edition_id is None:
            return [area for area in self.areas if area.is_sure]
        return [area for area in self.areas if area.is_used]

    @property
    def sentences(self) -> list[str]:
        """How many are used, and what those rest on."""
        used = len(self.used)
        rest = Counter(area.certainty for area in self.used)
        parts = [f"{rest[name]} {told}" for name, told in CERTAINTIES.items() if rest[name]]
        told = f"They rest on: {', '.join(parts)}." if parts else "None is counted with."
        count, left = len(self.areas), len(self.areas) - used
        if self.edition_id is not None:
            return [
                f"{count} areas in edition {self.edition_id}: {used} used, {left} not. {told}",
            ]
        unseen = (
            "No codes were looked up: no published edition has this programme yet. These are the "
            "codes that the catalog gives, with their year; `wijkpeil refresh` tells which hold."
        )
        return [unseen, f"{count} areas: {used} to be used, {left} not. {told}"]


def list_areas(programme_id: str, settings: Settings) -> Listing:
    """A programme's areas from the published edition, else from the catalog.

    Raises WijkError naming the nearest programmes when neither has it.
    """
    known: set[str] = set()
    if published_path(settings.warehouse).exists():
        with edition_with_areas(settings.warehouse) as connection:
            rows = connection.execute("select distinct programme_id from core.programme_area")
            known |= {row[0] for row in rows.fetchall()}
            if programme_id in known:
                return areas_of_edition(programme_id, connection)
    catalog = load_catalog(settings.catalog)
    demand_programme(programme_id, catalog, known)
    return areas_of_catalog(programme_id, catalog)


def areas_of_catalog(programme_id: str, catalog: Catalog) -> Listing:
    """A programme's areas as the catalog writes them; nothing is looked up."""
    mine = [member for member in catalog.members if member.programme_id == programme_id]
    areas = []
    for _, group in groupby(sorted(mine, key=lambda m: m.area_id), key=lambda m: m.area_id):
        members = list(group)
        first = members[0]
        certainty = max((m.certainty for m in members), key=list(CERTAINTIES).index)
        areas.append(
            ListedArea(
                name=first.name,
                gemeente=first.gemeente_code,
                codes=" ".join(filter(None, map(_as_listed, members))) or None,
                certainty=certainty,
                inhabitants=None,
                valid_from=first.valid_from,
                valid_to=first.valid_to,
                is_used=None if certainty in USABLE else False,
                problem=_WHY_NOT.get(certainty),
            )
        )
    areas += [
        ListedArea(code, None, code, "confirmed", None, None, None, None, None)
        for programme in catalog.programmes
        if programme.id == programme_id
        for code in dict.fromkeys(programme.areas)
    ]
    return Listing(programme_id, tuple(sorted(areas, key=lambda area: area.name)), None)


def areas_of_edition(programme_id: str, connection: duckdb.DuckDBPyConnection) -> Listing:
    """A programme's areas as a published edition counts with them."""
    [(edition_id,)] = connection.execute("select edition_id from meta.edition").fetchall()
    found = connection.execute(
        """
        select
            coalesce(area_name, area_code) as name, coalesce(gemeente_name, gemeente_code), codes,
            certainty, inhabitants, valid_from, valid_to, is_used, problem,
        from core.programme_area
        where programme_id = ?
        order by name, area_code
        """,
        [programme_id],
    ).fetchall()
    return Listing(programme_id, tuple(ListedArea(*row) for row in found), edition_id)


def demand_programme(programme_id: str, catalog: Catalog, others: set[str]) -> None:
    """Raise WijkError, with the nearest, when neither the catalog nor `others` has it."""
    known = others | {programme.id for programme in catalog.programmes}
    if programme_id not in known:
        raise WijkError(
            f"{catalog.folder}: no programme '{programme_id}'; nearest: "
            f"{nearest(programme_id, known)}."
        )


def _as_listed(member: Member) -> str:
    if member.member_code is None:
        return ""
    share = f", {percent(member.weight)}" if member.weight and member.weight < 1 else ""
    return f"{member.member_code} ({member.code_year}{share})"
