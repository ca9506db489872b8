"""The catalog's CBS tables held against their live metadata, a service at a time."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from wijkpeil.catalog import Catalog, CbsMeasure, CbsTable
from wijkpeil.doctor.findings import Finding, MeasureState, SourceState
from wijkpeil.doctor.fixes import (
    Missing,
    find_missing,
    mend_absent,
    mend_change,
    mend_group,
    mend_missing,
    mend_years,
)
from wijkpeil.errors import SourceUnavailable, WijkError, nearest
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import find_titled, normal, resolve
from wijkpeil.sources.cbs.division import Division, find_division
from wijkpeil.sources.cbs.opening import open_table
from wijkpeil.sources.cbs.query import About, Metadata, ask
from wijkpeil.sources.cbs.services import advice_of, base_url_of, line_of
from wijkpeil.sources.cbs.stamps import same_moment
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.hosts import find_unreachable
from wijkpeil.sources.snapshots import Received, Snapshot, newest

PATIENCE_S = 20.0
# so many tables that fail without one that answers are one fault, of the service or its address
IN_A_ROW = 3

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Looked:
    """What looking at one table gave; `failure` when it did not answer."""

    state: SourceState
    findings: tuple[Finding, ...]
    failure: WijkError | None = None
    missing: Mapping[Finding, Missing] = field(default_factory=dict)


def patient(settings: Settings) -> Settings:
    """Settings for questions that a person waits for: one more try, less patience."""
    return replace(
        settings,
        retries=min(settings.retries, 1),
        timeout_s=min(settings.timeout_s, PATIENCE_S),
    )


def look_at_service(
    service_id: str, tables: Sequence[CbsTable], catalog: Catalog, settings: Settings, tell: Tell
) -> list[Looked]:
    """Each table, in order. A service that is down is told once, in the first of them."""
    settings = patient(settings)
    address = base_url_of(service_id, settings)
    for failure in find_unreachable([address]).values():
        return _as_one(service_id, tables, [], failure, settings)
    line = line_of(service_id, catalog.services)
    with Downloader(settings, line, advice_of(service_id)) as downloader:
        seen: list[Looked] = []
        down = threading.Event()

        def look(table: CbsTable) -> Looked:
            if down.is_set():
                return _not_asked(table, settings)
            tell(table.id)
            return look_at_table(table, settings, downloader, catalog.listed_years)

        waiting = list(tables)
        while waiting and not any(each.failure is None for each in seen):
            seen.append(look(waiting.pop(0)))
            lost = sum(isinstance(each.failure, SourceUnavailable) for each in seen)
            if all(each.failure for each in seen) and (len(seen) >= IN_A_ROW or lost >= 2):
                return _as_one(service_id, tables, seen, seen[0].failure, settings)
        is_lost = bool(seen) and isinstance(seen[0].failure, SourceUnavailable)
        if is_lost and not waiting and all(each.failure for each in seen):
            return _as_one(service_id, tables, seen, seen[0].failure, settings)

        def look_on(table: CbsTable) -> Looked:
            looked = look(table)
            if isinstance(looked.failure, SourceUnavailable):
                losses.append(table.id)
                if len(losses) >= IN_A_ROW:
                    down.set()
            return looked

        losses: list[str] = []
        with ThreadPoolExecutor(max_workers=downloader.at_once) as pool:
            seen += pool.map(look_on, waiting)
        return seen


def look_at_table(
    table: CbsTable, settings: Settings, downloader: Downloader, area_years: Collection[int]
) -> Looked:
    """One table: reachable, changed when, every measure, change flag, codes, division, years."""
    state = known_state(table, settings)
    try:
        with tempfile.TemporaryDirectory() as folder:
            received = Received(Path(folder))
            service = open_table(table, settings, downloader)
            about = service.about(received, "table_infos")
            metadata = service.metadata(received)
    except WijkError as error:
        failed = replace(state, is_reachable=False)
        return Looked(failed, (Finding("source", table.id, "error", str(error)),), error)
    where = service.where
    measures, findings, missing = _measures(table, metadata, where)
    change_column, of_change = _change(table, metadata, where)
    years = _years(table, metadata)
    later = [year for year in years or () if year > max(table.wanted_years, default=9999)]
    state = replace(
        state,
        is_reachable=True,
        modified=about.modified,
        change_column=change_column,
        years=None if years is None else tuple(years),
        years_not_taken=tuple(year for year in years or () if year not in table.wanted_years),
        measures=measures,
    )
    findings += [
        *of_change,
        *_not_absent(table, metadata, where),
        *_division(table, about, metadata, where, settings, area_years),
        *_rest(table, metadata, measures, where),
    ]
    if later:
        named = ", ".join(map(str, later))
        sentence = f"{where} has figures of {named}, which the catalog does not take; add them."
        findings.append(Finding("source", table.id, "warning", sentence, mend_years(table, later)))
    return Looked(state, (_summary(table, state), *findings), missing=missing)


def known_state(table: CbsTable, settings: Settings) -> SourceState:
    """What is known of a table without asking."""
    snapshot = readable_snapshot(table.id, settings)
    return SourceState(
        source_id=table.id,
        kind=table.kind,
        is_reachable=None,
        modified=None,
        snapshot_modified=snapshot.origin.modified if snapshot else None,
        retrieved_at=snapshot.origin.retrieved_at if snapshot else None,
        rows=snapshot.origin.rows if snapshot else None,
        confirmed=table.confirmed,
        note=table.note,
        measures=tuple(_state(measure, None, None) for measure in table.present_measures),
    )


def readable_snapshot(source_id: str, settings: Settings) -> Snapshot | None:
    """The newest snapshot, or None also where it cannot be read, which is told by itself."""
    try:
        return newest(settings.warehouse, source_id)
    except WijkError:
        return None


def received_in_words(state: SourceState) -> str:
    """When the newest snapshot came in, for a sentence."""
    if state.retrieved_at is None:
        return "never received"
    return f"received {state.retrieved_at[:10]}, {state.rows or 0:,} rows"


def _division(
    table: CbsTable,
    about: About,
    metadata: Metadata,
    where: str,
    settings: Settings,
    area_years: Collection[int],
) -> list[Finding]:
    """What is to be told of the division that the table's codes are of."""
    snapshot = readable_snapshot(table.id, settings)
    layout = snapshot.origin.layout if snapshot else {}
    try:
        division = find_division(
            table,
            about.texts,
            metadata.map_years.get(table.area_dimension),
            where=where,
            area_years=area_years,
            before=Division(layout.get("division"), layout.get("division_basis")),
        )
    except WijkError as error:
        return [Finding("source", table.id, "error", str(error))]
    return [Finding("source", table.id, "warning", sentence) for sentence in division.told]


def _summary(table: CbsTable, state: SourceState) -> Finding:
    found = sum(measure.column is not None for measure in state.measures)
    parts = [
        f"changed {state.modified[:10]}" if state.modified else "tells no date of change",
        received_in_words(state),
        f"{found} of {len(state.measures)} measures found",
    ]
    is_same = same_moment(state.snapshot_modified, state.modified)
    if state.retrieved_at is not None and not is_same:
        parts[1] += (
            f" as of {(state.snapshot_modified or 'no date')[:10]}, so the next refresh fetches it"
        )
    unsure = [measure for measure in state.measures if not measure.confirmed]
    if not table.confirmed or unsure:
        parts.append("not confirmed" if not table.confirmed else f"{len(unsure)} not confirmed")
    return Finding("source", table.id, "ok", "; ".join(parts))


def _measures(
    table: CbsTable, metadata: Metadata, where: str
) -> tuple[tuple[MeasureState, ...], list[Finding], dict[Finding, Missing]]:
    found: dict[str, str] = {}
    labels: dict[str, str] = {}
    problems: dict[str, str] = {}
    for measure in table.present_measures:
        try:
            topic = resolve(metadata.columns, measure, year=table.year, where=where)
        except WijkError as error:
            problems[measure.indicator] = str(error)
        else:
            found[measure.indicator], labels[measure.indicator] = topic.key, topic.label
    states = tuple(
        _state(measure, labels.get(measure.indicator), problems.get(measure.indicator))
        for measure in table.present_measures
    )
    taken = set(found.values())
    findings: list[Finding] = []
    lost: dict[Finding, Missing] = {}
    for measure in table.present_measures:
        if measure.indicator in problems:
            sentence = f"Measure '{measure.indicator}': {problems[measure.indicator]}"
            write = mend_group(table, measure, metadata.columns)
            missing = find_missing(table, measure, metadata.columns, taken)
            told = write if write is not None else mend_missing([missing])
            findings.append(Finding("source", table.id, "error", sentence, told))
            if write is None:
                lost[findings[-1]] = missing
    return states, findings, lost


def _not_absent(table: CbsTable, metadata: Metadata, where: str) -> list[Finding]:
    """The measures that the catalog calls absent while a column bears their name."""
    findings = []
    for measure in table.measure:
        if table.year in measure.absent:
            try:
                topic = resolve(metadata.columns, measure, year=table.year, where=where)
            except WijkError:
                continue
            sentence = (
                f"{where} has '{topic.label}', while measure '{measure.indicator}' is declared "
                f"absent in {table.year}; take the year out to have these figures."
            )
            write = mend_absent(table, measure)
            findings.append(Finding("source", table.id, "warning", sentence, write))
    return findings


def _state(measure: CbsMeasure, column: str | None, problem: str | None) -> MeasureState:
    return MeasureState(
        indicator=measure.indicator,
        wanted=f"{measure.title} ({measure.unit})",
        column=column,
        problem=problem,
        confirmed=measure.confirmed,
        note=measure.note,
    )


def _change(table: CbsTable, metadata: Metadata, where: str) -> tuple[str | None, list[Finding]]:
    if table.area_change is None:
        return None, []
    titles = [table.area_change] if isinstance(table.area_change, str) else table.area_change
    try:
        return find_titled(metadata.columns, titles, where=where).title, []
    except WijkError as error:
        write = mend_change(table, metadata.columns)
        return None, [Finding("source", table.id, "error", str(error), write)]


def _rest(
    table: CbsTable, metadata: Metadata, measures: Sequence[MeasureState], where: str
) -> list[Finding]:
    """Dimensions, 'where', levels and years: one finding for each way of choosing categories."""
    found = {measure.indicator for measure in measures if measure.column is not None}
    ways: dict[str, CbsMeasure] = {}
    for measure in table.present_measures:
        if measure.indicator in found:
            ways.setdefault(str(sorted(measure.where.items())), measure)
    told: dict[str, str] = {}
    for some in [[way] for way in ways.values()] or [[]]:
        part = table.model_copy(update={"measure": some, "area_change": None})
        try:
            ask(part, metadata, where)
        except WijkError as error:
            told.setdefault(str(error), _mend_dimension(table, metadata))
    return [
        Finding("source", table.id, "error", sentence, write) for sentence, write in told.items()
    ]


def _mend_dimension(table: CbsTable, metadata: Metadata) -> str:
    lines = [
        f"# the table has dimension {name}: {len(codes)} codes, nearest "
        + nearest(table.where.get(name, ""), map(normal, codes))
        for name, codes in metadata.codes.items()
    ]
    return "\n".join(lines)


def _years(table: CbsTable, metadata: Metadata) -> list[int] | None:
    if table.period_dimension is None:
        return None
    ends = re.compile(rf"^(\d{{4}}){table.period_suffix}$")
    codes = metadata.codes.get(table.period_dimension, ())
    return sorted({int(match[1]) for key in codes if (match := ends.match(normal(key)))})


def _not_asked(table: CbsTable, settings: Settings) -> Looked:
    state = known_state(table, settings)
    sentence = "not asked, since its service stopped answering; run `wijkpeil doctor` again."
    return Looked(state, (Finding("source", table.id, "warning", sentence),))


def _as_one(
    service_id: str,
    tables: Sequence[CbsTable],
    seen: Sequence[Looked],
    failure: WijkError | None,
    settings: Settings,
) -> list[Looked]:
    address = base_url_of(service_id, settings)
    setting = f"WIJK_CBS_{service_id.upper()}_URL"
    left = len(tables) - len(seen)
    others = f", so the other {left} were not asked" if left else ""
    tried = f"{address} answered for none of its {len(seen)} tables tried{others}"
    finding = Finding(
        "service", service_id, "error",
        f"{tried if seen else f'None of {left} tables was asked'}: {failure} "
        f"If the address is wrong, correct {setting}.",
    )  # fmt: skip
    looked = []
    for table in tables:
        state = replace(known_state(table, settings), is_reachable=False)
        sentence = f"not looked at ({service_id} does not serve); {received_in_words(state)}"
        looked.append(Looked(state, (Finding("source", table.id, "unknown", sentence),)))
    first = replace(looked[0], findings=(finding, *looked[0].findings), failure=failure)
    return [first, *looked[1:]]
