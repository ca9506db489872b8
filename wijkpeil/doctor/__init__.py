"""Is everything as it should be? Settings, disk, areas, catalog against the live tables, mail.

Asks and reports; changes nothing but for a trial file that is gone at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wijkpeil.catalog import AddressFile, Boundaries, Catalog, CbsTable, Extract, Source
from wijkpeil.doctor.areas import look_at_address_files, look_at_areas, look_at_boundaries
from wijkpeil.doctor.asking import ask_tables
from wijkpeil.doctor.cbs_tables import readable_snapshot, received_in_words
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
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
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
    asked = ask_tables(tables, catalog, settings, offline=offline, is_whole=not only, tell=tell)
    findings += asked.findings
    findings += _to_confirm(tables, asked.states)
    findings += [broken for source in chosen for broken in _broken_snapshot(source.id, settings)]
    findings += [old for source in chosen for old in _old_snapshot(source, settings)]
    states = [*asked.states]
    for extract in (source for source in chosen if isinstance(source, Extract)):
        finding, state = _extract(extract, catalog, settings)
        findings.append(finding)
        states.append(state)
    return Diagnosis(
        (*findings, *asked.of_series),
        tuple(states),
        tuple(asked.fixes),
        tuple(asked.metadata),
    )


def _around(settings: Settings, prefect_url: str | None, *, offline: bool) -> list[Finding]:
    return [
        *look_at_settings(settings),
        *look_at_disk(settings),
        *look_at_edition(settings),
        *look_at_runs(settings),
        *look_at_outbox(settings),
        *look_at_mail(settings, offline=offline),
        *look_at_prefect(settings, prefect_url, offline=offline),
    ]


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


def _to_confirm(tables: Sequence[CbsTable], states: Sequence[SourceState]) -> list[Finding]:
    """One finding for all tables whose every column was found but that are not confirmed."""
    ready = [
        table.id
        for table, state in zip(tables, states, strict=True)
        if state.modified is not None
        and all(measure.column is not None for measure in state.measures)
        and not (table.confirmed and all(measure.confirmed for measure in table.measure))
    ]
    if not ready:
        return []
    sentence = (
        f"Every column is found for {', '.join(ready)}, which the catalog does not confirm yet: "
        f"see with `wijkpeil doctor --only {ready[0]}` that each is the figure you mean, by its "
        "national value too, then set 'confirmed' to true and take out the note."
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
