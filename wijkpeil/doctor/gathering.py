"""What the live tables say of themselves, a service at a time and with as few requests as do.

One request lists all tables of a service, with their titles and dates. Of each table one brings
its columns, and one its first rows: the figures of the country, and how the area codes begin. Code
lists of areas are long, and are asked only where the first rows do not show each level.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wijkpeil.catalog import PREFIX, Catalog, CbsTable
from wijkpeil.doctor.national import SAMPLE_ROWS, Figures, read_figures
from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.changes import Listed, list_tables
from wijkpeil.sources.cbs.columns import Topic, normal
from wijkpeil.sources.cbs.division import find_division
from wijkpeil.sources.cbs.measure_codes import codes_of_columns, read_measures
from wijkpeil.sources.cbs.odata_v3 import OdataV3
from wijkpeil.sources.cbs.query import About, Metadata, any_of
from wijkpeil.sources.cbs.services import advice_of, base_url_of, line_of, open_table
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.hosts import find_unreachable
from wijkpeil.sources.snapshots import Received

PATIENCE_S = 20.0
# so many tables that fail without one that answers are one fault, of the service or its address
IN_A_ROW = 3
# of a table with other dimensions so many rows hold the country in two years
COUNTRY_ROWS = 2000

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """What a live table says; `failure` where it did not answer, `metadata` is None then too.

    `is_whole` says whether `metadata` has all codes of its dimensions; else it has those that the
    first rows show. `codes` are the measure codes of v4 by column key.
    """

    table: CbsTable
    where: str = ""
    about: About = field(default_factory=lambda: About("", {}))
    metadata: Metadata | None = None
    is_whole: bool = False
    figures: Figures = field(default_factory=Figures)
    codes: Mapping[str, str] = field(default_factory=dict)
    failure: WijkError | None = None


@dataclass(frozen=True)
class Service:
    """What one service told: its tables in order, and why it serves none (`failure`), after so
    many were `tried`."""

    seen: Sequence[Seen]
    failure: WijkError | None = None
    tried: int = 0


def patient(settings: Settings) -> Settings:
    """Settings for questions that a person waits for: one more try, less patience."""
    return replace(
        settings,
        retries=min(settings.retries, 1),
        timeout_s=min(settings.timeout_s, PATIENCE_S),
    )


def gather_service(
    service_id: str, tables: Sequence[CbsTable], catalog: Catalog, settings: Settings, tell: Tell
) -> Service:
    """Each table, in order. A table that was not asked, since its service stopped, has neither
    metadata nor a failure."""
    settings = patient(settings)
    for failure in find_unreachable([base_url_of(service_id, settings)]).values():
        return Service([Seen(table) for table in tables], failure)
    listed = _listed(service_id, tables, catalog, settings)
    line = line_of(service_id, catalog.services)
    with Downloader(settings, line, advice_of(service_id)) as downloader:
        seen: list[Seen] = []
        down = threading.Event()

        def look(table: CbsTable) -> Seen:
            if down.is_set():
                return Seen(table)
            tell(table.id)
            return gather_table(table, settings, downloader, listed)

        waiting = list(tables)
        while waiting and not any(each.failure is None for each in seen):
            seen.append(look(waiting.pop(0)))
            lost = sum(isinstance(each.failure, SourceUnavailable) for each in seen)
            if all(each.failure for each in seen) and (len(seen) >= IN_A_ROW or lost >= 2):
                return Service([Seen(table) for table in tables], seen[0].failure, len(seen))
        is_lost = bool(seen) and isinstance(seen[0].failure, SourceUnavailable)
        if is_lost and not waiting and all(each.failure for each in seen):
            return Service([Seen(table) for table in tables], seen[0].failure, len(seen))
        losses: list[str] = []

        def look_on(table: CbsTable) -> Seen:
            looked = look(table)
            if isinstance(looked.failure, SourceUnavailable):
                losses.append(table.id)
                if len(losses) >= IN_A_ROW:
                    down.set()
            return looked

        with ThreadPoolExecutor(max_workers=downloader.at_once) as pool:
            seen += pool.map(look_on, waiting)
        return Service(seen)


def gather_table(
    table: CbsTable,
    settings: Settings,
    downloader: Downloader,
    listed: Mapping[str, Listed] | None = None,
) -> Seen:
    """One table: title, date of change, columns, codes and the figures of the country."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            received = Received(Path(folder))
            service = open_table(table, settings, downloader)
            known = (listed or {}).get(table.cbs_id)
            if known is not None and known.modified and _tells_its_division(table, known.title):
                about = About(known.modified, {"Title": known.title})
            else:
                about = service.about(received, "table_infos")
            seen = Seen(table, service.where, about)
            if isinstance(service, OdataV3):
                return _look(seen, service, received)
            return replace(seen, metadata=service.metadata(received), is_whole=True)
    except WijkError as error:
        return Seen(table, failure=error)


def gather_codes(
    tables: Sequence[CbsTable], catalog: Catalog, settings: Settings
) -> dict[str, list[Topic]]:
    """By source the measures that v4 has of the tables of CBS on v3. Whatever v4 does not serve is
    left out, and costs nothing else."""
    settings = replace(patient(settings), retries=0)
    mine = [table for table in tables if table.api == "v3" and table.publisher == "cbs"]
    if not mine or find_unreachable([base_url_of("v4", settings)], tries=1):
        return {}
    found: dict[str, list[Topic]] = {}
    lost: list[str] = []
    line = line_of("v4", catalog.services)
    with Downloader(settings, line, advice_of("v4")) as downloader:

        def look(table: CbsTable) -> None:
            if len(lost) >= IN_A_ROW:
                return
            try:
                with tempfile.TemporaryDirectory() as folder:
                    found[table.id] = read_measures(table, settings, downloader, Path(folder))
            except SourceUnavailable:
                lost.append(table.id)
            except WijkError:
                pass

        with ThreadPoolExecutor(max_workers=downloader.at_once) as pool:
            list(pool.map(look, mine))
    return found


def with_codes(seen: Seen, measures: Mapping[str, Sequence[Topic]]) -> Seen:
    """The same with the measure codes that v4 confirms."""
    if seen.metadata is None or seen.table.id not in measures:
        return seen
    codes = codes_of_columns(seen.metadata.columns, measures[seen.table.id])
    return replace(seen, codes=codes)


def _listed(
    service_id: str, tables: Sequence[CbsTable], catalog: Catalog, settings: Settings
) -> dict[str, Listed]:
    """What the service's own catalog tells; a table that it does not tell of is asked itself."""
    ids = sorted({table.cbs_id for table in tables})
    try:
        found = list_tables(service_id, settings, catalog.services, cbs_ids=ids)
    except WijkError:
        return {}
    return {each.cbs_id: each for each in found}


def _tells_its_division(table: CbsTable, title: str) -> bool:
    """Whether the title is enough to know whose areas the codes mean."""
    try:
        return not table.divisions or (
            find_division(table, {"Title": title}, None, where="").year is not None
        )
    except WijkError:
        return False


def _look(seen: Seen, service: OdataV3, received: Received) -> Seen:
    table, described = seen.table, service.described(received)
    own = [name for name in (table.area_dimension, table.period_dimension) if name]
    if not all(name in described.codes for name in own):
        return replace(seen, metadata=described, is_whole=True)
    others = [name for name in described.codes if name not in own]
    codes = {name: service.codes(received, name) for name in others}
    periods = _periods(table, service, received)
    rows = _rows(table, service, received, periods, is_plain=not others)
    areas = [str(row.get(table.area_dimension)) for row in rows]
    if others:
        # these rows are of the country only
        areas = _first_areas(table, service, received)
    is_whole = not _shows_all(table, areas)
    codes[table.area_dimension] = (
        service.codes(received, table.area_dimension) if is_whole else list(dict.fromkeys(areas))
    )
    if table.period_dimension:
        is_known = len(table.wanted_years) > 1 or bool(rows)
        codes[table.period_dimension] = (
            periods if is_known else service.codes(received, table.period_dimension)
        )
    return replace(
        seen,
        metadata=replace(described, codes={name: codes[name] for name in described.codes}),
        is_whole=is_whole,
        figures=read_figures(table, rows, others),
    )


def _periods(table: CbsTable, service: OdataV3, received: Received) -> list[str]:
    """All periods; of a table of one year the one that is wanted, which its rows then show."""
    if table.period_dimension is None:
        return []
    if len(table.wanted_years) == 1:
        return [f"{table.wanted_years[0]}{table.period_suffix}"]
    return service.codes(received, table.period_dimension)


def _rows(
    table: CbsTable,
    service: OdataV3,
    received: Received,
    periods: Collection[str],
    *,
    is_plain: bool,
) -> list[dict[str, Any]]:
    """The first rows of the newest two wanted years; none where the service has none to give."""
    wanted = {str(year) for year in table.wanted_years}
    suffix = table.period_suffix
    newest = sorted(
        key for key in periods if normal(key)[4:] == suffix and normal(key)[:4] in wanted
    )[-2:]
    filters = [any_of(table.period_dimension, newest)] if table.period_dimension and newest else []
    if not is_plain:
        filters.append(f"startswith({table.area_dimension},'{PREFIX['land']}')")
    options = {"$top": str(SAMPLE_ROWS if is_plain else COUNTRY_ROWS)}
    if filters:
        options["$filter"] = " and ".join(filters)
    try:
        for page in service.place.follow(received, "TypedDataSet", options, "first-rows"):
            return page.rows
    except WijkError:
        pass
    return []


def _first_areas(table: CbsTable, service: OdataV3, received: Received) -> list[str]:
    """The first codes of the areas; none where the service gives no part of them."""
    options = {"$top": str(SAMPLE_ROWS)}
    try:
        for page in service.place.follow(received, table.area_dimension, options, "first-areas"):
            return [str(row.get("Key")) for row in page.rows]
    except WijkError:
        pass
    return []


def _shows_all(table: CbsTable, codes: Sequence[str]) -> bool:
    """Whether these codes show every level that the block takes, and its code of the country."""
    starts = tuple(PREFIX[level] for level in table.area_levels)
    return all(any(code.startswith(start) for code in codes) for start in starts) and (
        table.land_code is None or table.land_code in map(normal, codes)
    )
