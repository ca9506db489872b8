"""Is everything as it should be? Settings, disk, areas, catalog against the live tables, mail.

Asks and reports; changes nothing but for a trial file that is gone at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from wijkpeil.catalog import AddressFile, Boundaries, Catalog, CbsTable, Extract, Source
from wijkpeil.doctor.areas import look_at_address_files, look_at_areas, look_at_boundaries
from wijkpeil.doctor.cbs_tables import (
    Looked,
    known_state,
    look_at_service,
    readable_snapshot,
    received_in_words,
)
from wijkpeil.doctor.environment import (
    look_at_disk,
    look_at_edition,
    look_at_extract_file,
    look_at_mail,
    look_at_outbox,
    look_at_prefect,
    look_at_runs,
    look_at_settings,
)
from wijkpeil.doctor.findings import Diagnosis, Finding, Level, MeasureState, SourceState, worst
from wijkpeil.doctor.fixes import TOGETHER, Missing, mend_missing
from wijkpeil.doctor.next_year import find_series, look_at_series
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.services import service_of
from wijkpeil.sources.snapshots import all_snapshots, why_unreadable

__all__ = ["Diagnosis", "Finding", "Level", "MeasureState", "SourceState", "examine", "worst"]


def examine(
    settings: Settings,
    catalog: Catalog | WijkError,
    *,
    offline: bool = False,
    only: Sequence[str] = (),
    prefect_url: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Diagnosis:
    """Everything there is to say, the worst as errors.

    `catalog` may be the reason why it cannot be read. `offline` asks nobody; with `only`, just
    these sources are looked at. `tell` hears the id of each table that is asked, from threads.
    """
    if isinstance(catalog, WijkError):
        around = [*_around(settings, prefect_url, offline=offline)]
        return Diagnosis((*around, Finding("catalog", "catalog", "error", str(catalog))))
    if only:
        chosen = [catalog.source(source_id) for source_id in dict.fromkeys(only)]
        findings: list[Finding] = []
    else:
        chosen = list(catalog.sources)
        findings = [*_around(settings, prefect_url, offline=offline)]
        findings += look_at_areas(catalog, settings)
    files = [source for source in chosen if isinstance(source, AddressFile)]
    findings += look_at_address_files(files, settings)
    shapes = [source for source in chosen if isinstance(source, Boundaries)]
    findings += look_at_boundaries(shapes, settings)
    tables = [source for source in chosen if isinstance(source, CbsTable)]
    looked = _look(tables, catalog, settings, offline=offline, tell=tell)
    together = _together(looked)
    findings += [together.get(finding, finding) for each in looked for finding in each.findings]
    findings += _to_confirm(tables, looked)
    findings += [broken for source in chosen for broken in _broken_snapshot(source.id, settings)]
    findings += [old for source in chosen for old in _old_snapshot(source, settings)]
    states = [each.state for each in looked]
    for extract in (source for source in chosen if isinstance(source, Extract)):
        finding, state = _extract(extract, catalog, settings)
        findings.append(finding)
        states.append(state)
    if not offline and not only:
        down = {service_of(table) for table, each in zip(tables, looked, strict=True)
                if any(finding.section == "service" for finding in each.findings)}  # fmt: skip
        for series in find_series(catalog.tables):
            if service_of(series.newest) not in down:
                tell(series.name)
                findings += look_at_series(series, catalog, settings)
    return Diagnosis(tuple(findings), tuple(states))


def _around(settings: Settings, prefect_url: str | None, *, offline: bool) -> list[Finding]:
    return [
        *look_at_settings(settings),
        *look_at_disk(settings),
        *look_at_edition(settings),
        *look_at_runs(settings),
        *look_at_outbox(settings),
        *look_at_mail(settings, offline=offline),
        *look_at_prefect(prefect_url, offline=offline),
    ]


def _look(
    tables: Sequence[CbsTable],
    catalog: Catalog,
    settings: Settings,
    *,
    offline: bool,
    tell: Callable[[str], None],
) -> list[Looked]:
    """What looking at each table gave, in the catalog's order; services side by side."""
    if offline:
        return [_unasked(table, settings) for table in tables]
    groups: dict[str, list[CbsTable]] = {}
    for table in tables:
        groups.setdefault(service_of(table), []).append(table)
    if not groups:
        return []
    with ThreadPoolExecutor(max_workers=len(groups)) as pool:
        futures = [
            pool.submit(look_at_service, service_id, group, catalog, settings, tell)
            for service_id, group in groups.items()
        ]
        by_id = {each.state.source_id: each for future in futures for each in future.result()}
    return [by_id[table.id] for table in tables]


def _broken_snapshot(source_id: str, settings: Settings) -> list[Finding]:
    folders = all_snapshots(settings.warehouse, source_id)
    why = why_unreadable(folders[-1]) if folders else None
    return [Finding("source", source_id, "error", why)] if why is not None else []


def _old_snapshot(source: Source, settings: Settings) -> list[Finding]:
    """What was not looked at for longer than its block allows."""
    snapshot = readable_snapshot(source.id, settings)
    if snapshot is None or snapshot.age_days() <= source.age_limit_days:
        return []
    sentence = (
        f"last received or found unchanged on {snapshot.checked_at:%Y-%m-%d}, "
        f"{snapshot.age_days()} days ago, and {source.age_limit_days} are allowed "
        "(max_age_days of its block); run `wijkpeil refresh`, and see that its schedule runs."
    )
    return [Finding("source", source.id, "warning", sentence)]


def _unasked(table: CbsTable, settings: Settings) -> Looked:
    state = known_state(table, settings)
    confirmed = "" if table.confirmed else "; not confirmed"
    sentence = f"not asked (--offline); {received_in_words(state)}{confirmed}"
    return Looked(state, (Finding("source", table.id, "unknown", sentence),))


def _together(looked: Sequence[Looked]) -> dict[Finding, Finding]:
    """The findings about one measure in several tables of a series, mended at one place."""
    groups: dict[tuple[str, str], list[tuple[Finding, Missing]]] = {}
    for each in looked:
        for finding, missing in each.missing.items():
            if missing.table.series is not None:
                key = (missing.table.series, missing.measure.indicator)
                groups.setdefault(key, []).append((finding, missing))
    changed = {}
    for group in groups.values():
        first = group[0][0]
        changed[first] = replace(first, write=mend_missing([missing for _, missing in group]))
        for finding, _ in group[1:]:
            changed[finding] = replace(finding, write=f"{TOGETHER} {first.place}, see there")
    return changed


def _to_confirm(tables: Sequence[CbsTable], looked: Sequence[Looked]) -> list[Finding]:
    """One finding for all tables whose every column was found but that are not confirmed."""
    ready = [
        table.id
        for table, each in zip(tables, looked, strict=True)
        if each.state.modified is not None
        and worst(each.findings) != "error"
        and not (table.confirmed and all(measure.confirmed for measure in table.measure))
    ]
    if not ready:
        return []
    sentence = (
        f"Every column is found for {', '.join(ready)}, which the catalog does not confirm yet: "
        f"see with `wijkpeil doctor --only {ready[0]}` that each is the figure you mean, then set "
        "'confirmed' to true and take out the note."
    )
    return [Finding("catalog", "confirmed", "warning", sentence)]


def _extract(extract: Extract, catalog: Catalog, settings: Settings) -> tuple[Finding, SourceState]:
    snapshot = readable_snapshot(extract.id, settings)
    state = SourceState(
        source_id=extract.id,
        kind=extract.kind,
        is_reachable=None,
        modified=None,
        snapshot_modified=snapshot.origin.modified if snapshot else None,
        retrieved_at=snapshot.origin.retrieved_at if snapshot else None,
        rows=snapshot.origin.rows if snapshot else None,
        confirmed=extract.confirmed,
        note=extract.note,
    )
    told = received_in_words(state)
    if extract.is_remote:
        if snapshot is None:
            sentence = f"{extract.location}, {told}; `wijkpeil refresh` fetches it."
            return Finding("source", extract.id, "warning", sentence), state
        return Finding("source", extract.id, "ok", f"{extract.location}, {told}"), state
    problem = look_at_extract_file(extract, catalog.folder)
    if problem:
        return Finding("source", extract.id, "error", problem), state
    return Finding("source", extract.id, "ok", f"the file is there; {told}"), state
