"""What of the catalog an edition has to do without: measures of sources, each with its reason.

A measure that has no column in its table is `not_resolved`; one of a source that was not received,
or of which the catalog asks more than the snapshot answers, is `not_received`; and one of a table
that has no figures yet is `not_yet_published`, which is no fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from wijkpeil.catalog import Catalog, CbsTable, Extract
from wijkpeil.errors import WijkError
from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.snapshots import Snapshot

# in these a question must be that of the snapshot, or nothing of it is an answer
_SCOPE = ("cbs_id", "api", "publisher", "year", "period_suffix", "values", "where", "margins")
_REFRESH = "run `wijkpeil refresh`"

Status = Literal["not_resolved", "not_received", "not_yet_published"]


@dataclass(frozen=True)
class MissingMeasure:
    """A measure of a source that an edition lacks, in one year or in all (None), and why."""

    source_id: str
    indicator_id: str
    year: int | None
    status: Status
    reason: str

    @property
    def is_fault(self) -> bool:
        """Whether it could have been there: not where it is still to come."""
        return self.status != "not_yet_published"


def is_answer(snapshot: Snapshot, source: CbsTable | Extract) -> bool:
    """Whether a snapshot answers the block of today, or the part of it that `find_missing` does
    not name."""
    then, now = snapshot.origin.request, source.request
    if isinstance(source, Extract):
        return then == now
    return all(then.get(key) == now.get(key) for key in _SCOPE)


def find_missing(source: CbsTable | Extract, snapshot: Snapshot) -> list[MissingMeasure]:
    """What the catalog asks of a source and this snapshot has no answer to."""
    if isinstance(source, Extract):
        return []
    found: list[MissingMeasure] = []
    on = f"{snapshot.retrieved_at:%Y-%m-%d}"
    asked = {each["indicator"]: each for each in snapshot.origin.request["measure"]}
    asks = {each["indicator"]: each for each in source.request["measure"]}
    given = {each["indicator"]: each for each in snapshot.origin.layout["measures"]}
    unresolved = snapshot.origin.layout.get("unresolved", {})
    for measure in source.present_measures:
        name = measure.indicator
        now = asks[name]
        is_same = asked.get(name) == now
        if name in given and (is_same or _still_bears(given[name], asked.get(name), now)):
            continue
        if is_same and name in unresolved:
            status: Status = "not_resolved"
            reason = unresolved[name]
        else:
            status = "not_received"
            reason = f"the catalog asks for it otherwise than when it was received on {on}"
            reason += f"; {_REFRESH}."
        found += [
            MissingMeasure(source.id, name, year, status, reason)
            for year in _years(source, snapshot)
        ]
    known = {each.indicator_id for each in found}
    found += [
        MissingMeasure(source.id, measure.indicator, year, status, reason)
        for year, status, reason in _missing_years(source, snapshot)
        for measure in source.present_measures
        if measure.indicator not in known
    ]
    return found


def wholly_missing(
    source: CbsTable | Extract, reason: str, status: Status = "not_received"
) -> list[MissingMeasure]:
    """Every measure of a source of which no snapshot can be used."""
    years: list[int | None] = [None]
    measures: list[str] = [measure.indicator for measure in source.measure]
    if isinstance(source, CbsTable):
        years = [*source.figure_years]
        measures = [measure.indicator for measure in source.present_measures]
    return [
        MissingMeasure(source.id, name, year, status, reason) for name in measures for year in years
    ]


def find_unplaced(
    catalog: Catalog, used: Mapping[str, Snapshot], missing: Collection[MissingMeasure]
) -> list[MissingMeasure]:
    """What was received and cannot be placed: of a year whose area list is missing."""
    lists = [table for table in catalog.tables if table.lists_areas]
    there = {year for table in lists if table.id in used for year in _years(table, used[table.id])}
    lost = catalog.listed_years - there
    of_year = {year: table.id for table in lists for year in table.figure_years if year in lost}
    known = {(each.source_id, each.indicator_id, each.year) for each in missing}
    found = []
    for table in catalog.tables:
        if table.lists_areas or table.id not in used:
            continue
        division = used[table.id].origin.layout.get("division") or table.geography_year
        for year in _years(table, used[table.id]):
            code_year = division or year
            if code_year not in lost:
                continue
            reason = (
                f"received, and not to be placed: its codes are those of {code_year}, whose area "
                f"list {of_year[code_year]} is missing; run `wijkpeil doctor --only "
                f"{of_year[code_year]}`."
            )
            found += [
                MissingMeasure(table.id, measure.indicator, year, "not_received", reason)
                for measure in table.present_measures
                if (table.id, measure.indicator, year) not in known
            ]
    return found


def with_failures(
    missing: Collection[MissingMeasure], used: Collection[str], failures: Mapping[str, str]
) -> list[MissingMeasure]:
    """The same, where a source of which nothing is `used` says how the last try to receive it
    ended."""
    return [
        replace(each, reason=failures[each.source_id])
        if each.source_id in failures and each.source_id not in used
        else each
        for each in missing
    ]


def need_enough(
    catalog: Catalog, used: Mapping[str, Snapshot], missing: Collection[MissingMeasure]
) -> None:
    """Raise WijkError when what is used makes no edition: no list of areas with its inhabitants,
    or fewer sources than [[publish]] asks for."""
    without = {each.source_id: each.reason for each in missing}
    inhabitants = catalog.restating.inhabitants
    lost = {(each.source_id, each.indicator_id) for each in missing}
    lists = [table for table in catalog.tables if table.lists_areas]
    counting = [
        table
        for table in lists
        if table.id in used
        and (
            inhabitants not in {measure.indicator for measure in table.present_measures}
            or (table.id, inhabitants) not in lost
        )
    ]
    if lists and not counting:
        newest = max(lists, key=lambda table: table.figure_years[-1])
        raise WijkError(
            f"No list of areas with its inhabitants was received, and nothing can be placed "
            f"without one ({newest.id}: {without.get(newest.id, 'no figure of them')}) "
            f"Run `wijkpeil refresh`, and `wijkpeil doctor --only {newest.id}` if that fails."
        )
    sources = catalog.figure_sources
    if sources and len(used) < max(1, catalog.publish.least * len(sources)):
        never = ", ".join(source.id for source in sources if source.id not in used)
        raise WijkError(
            f"Only {len(used)} of {len(sources)} sources were received, and an edition takes "
            f"{catalog.publish.least:.0%} of them ([[publish]] in cbs.toml) and one at least; "
            f"lacking: {never}. Run `wijkpeil refresh`, or take their blocks from the catalog."
        )


def _still_bears(
    given: Mapping[str, Any],
    asked: Mapping[str, Any] | None,
    now: Mapping[str, Any],
) -> bool:
    """Whether the column that was taken is one that the measure asks for today."""
    if asked is None or any(asked[key] != now[key] for key in ("where", "codes")):
        return False
    name = (given.get("title"), given.get("unit"))
    usual = {key: now[key] for key in ("title", "unit", "parent")}
    return any(
        (normal(each["title"]), normal(each["unit"])) == name and each["parent"] is None
        for each in (usual, *now["alternatives"])
    )


def _years(table: CbsTable, snapshot: Snapshot) -> list[int]:
    """The years that a snapshot has figures of."""
    if table.year is not None:
        return [table.year]
    return sorted(int(period[:4]) for period in snapshot.origin.layout["periods"])


def _missing_years(table: CbsTable, snapshot: Snapshot) -> Iterator[tuple[int, Status, str]]:
    """The years that are asked today and that the snapshot lacks, but those still to come."""
    if table.year is not None:
        return
    there = _years(table, snapshot)
    request = snapshot.origin.request
    then = table.model_copy(
        update={"years": request.get("years"), "at_years": request.get("at_years")}
    ).wanted_years
    for year in table.wanted_years:
        if year in there:
            continue
        if year not in then:
            on = f"{snapshot.retrieved_at:%Y-%m-%d}"
            yield year, "not_received", f"not asked for when it was received on {on}; {_REFRESH}."
        elif year < max(there):
            yield year, "not_resolved", f"the table has no period of {year}; correct 'years'."
