"""All CBS tables asked, the services side by side, and judged together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from wijkpeil.catalog import Catalog, CbsTable
from wijkpeil.doctor.cbs_tables import Looked, judge_table, known_state, received_in_words
from wijkpeil.doctor.findings import Finding, Fix, SourceState
from wijkpeil.doctor.fixes import TOGETHER, Missing, mend_missing
from wijkpeil.doctor.gathering import Seen, Service, gather_codes, gather_service, with_codes
from wijkpeil.doctor.metadata_file import metadata_of
from wijkpeil.doctor.next_year import Outlook, judge_ahead, look_ahead
from wijkpeil.doctor.together import Together
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.services import base_url_of, service_of

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What the tables gave: their states in the catalog's order, what to say of them and of their
    series, the sure changes, and their metadata."""

    states: Sequence[SourceState]
    findings: Sequence[Finding] = ()
    of_series: Sequence[Finding] = ()
    fixes: Sequence[Fix] = ()
    metadata: Sequence[dict[str, Any]] = field(default=())


def ask_tables(
    tables: Sequence[CbsTable],
    catalog: Catalog,
    settings: Settings,
    *,
    offline: bool,
    is_whole: bool,
    tell: Tell,
) -> Asked:
    """Each table held against its live metadata; `offline` asks nobody. With `is_whole` also what
    the services have that the catalog lacks."""
    if offline or not tables:
        unasked = [_unasked(table, settings) for table in tables]
        return Asked([each.state for each in unasked], [each.findings[0] for each in unasked])
    services, outlooks, measures = _gather(tables, catalog, settings, tell, is_whole=is_whole)
    seen = [with_codes(each, measures) for service in services.values() for each in service.seen]
    known = Together(seen, catalog, settings)
    by_id: dict[str, Looked] = {}
    for service_id, service in services.items():
        if service.failure is not None:
            down = _as_one(service_id, service, settings)
            by_id |= {each.state.source_id: each for each in down}
    for each in seen:
        if each.table.id not in by_id:
            by_id[each.table.id] = _judge(each, settings, catalog, known)
    looked = [by_id[table.id] for table in tables]
    together = _together(looked)
    findings = [together.get(finding, finding) for each in looked for finding in each.findings]
    findings += [Finding("source", place, "warning", told) for place, told in known.other_codes()]
    of_series: list[Finding] = []
    fixes: list[Fix] = [fix for each in looked for fix in each.fixes]
    for outlook in outlooks:
        told, sure = judge_ahead(outlook, settings, catalog, known)
        of_series += told
        fixes += sure
    states = [each.state for each in looked]
    metadata = [metadata_of(each, by_id[each.table.id].state) for each in seen]
    return Asked(states, findings, of_series, fixes, metadata)


def _gather(
    tables: Sequence[CbsTable],
    catalog: Catalog,
    settings: Settings,
    tell: Tell,
    *,
    is_whole: bool,
) -> tuple[dict[str, Service], list[Outlook], dict[str, Any]]:
    """What each service told, what it has besides, and the measures of v4 by source."""
    groups: dict[str, list[CbsTable]] = {}
    for table in tables:
        groups.setdefault(service_of(table), []).append(table)

    def one(service_id: str) -> tuple[Service, Outlook]:
        service = gather_service(service_id, groups[service_id], catalog, settings, tell)
        if service.failure is not None or not is_whole:
            return service, Outlook()
        return service, look_ahead(service_id, service.seen, catalog, settings, tell)

    with ThreadPoolExecutor(max_workers=len(groups) + 1) as pool:
        codes = pool.submit(gather_codes, tables, catalog, settings)
        futures = {service_id: pool.submit(one, service_id) for service_id in groups}
        told = {service_id: future.result() for service_id, future in futures.items()}
        measures = codes.result()
    return (
        {service_id: service for service_id, (service, _) in told.items()},
        [outlook for _, outlook in told.values()],
        measures,
    )


def _judge(seen: Seen, settings: Settings, catalog: Catalog, known: Together) -> Looked:
    table = seen.table
    if seen.metadata is not None:
        return judge_table(seen, seen.metadata, settings, catalog.listed_years, known)
    state = known_state(table, settings)
    if seen.failure is None:
        sentence = "not asked, since its service stopped answering; run `wijkpeil doctor` again."
        return Looked(state, (Finding("source", table.id, "warning", sentence),))
    finding = Finding("source", table.id, "error", str(seen.failure))
    return Looked(replace(state, is_reachable=False), (finding,))


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
        others = [finding.place for finding, _ in group[1:]]
        also = f" Nor have {', '.join(others)} their column of it." if others else ""
        changed[first] = replace(
            first,
            sentence=f"{first.sentence}{also}",
            write=mend_missing([missing for _, missing in group]),
        )
        for finding, _ in group[1:]:
            changed[finding] = replace(finding, write=f"{TOGETHER} {first.place}, see there")
    return changed


def _as_one(service_id: str, service: Service, settings: Settings) -> list[Looked]:
    """A service that is down, told once, in the first of its tables."""
    tables = [each.table for each in service.seen]
    address = base_url_of(service_id, settings)
    setting = f"WIJK_CBS_{service_id.upper()}_URL"
    left = len(tables) - service.tried
    others = f", so the other {left} were not asked" if left else ""
    tried = f"{address} answered for none of its {service.tried} tables tried{others}"
    finding = Finding(
        "service", service_id, "error",
        f"{tried if service.tried else f'None of {left} tables was asked'}: {service.failure} "
        f"If the address is wrong, correct {setting}.",
    )  # fmt: skip
    looked = []
    for table in tables:
        state = replace(known_state(table, settings), is_reachable=False)
        sentence = f"not looked at ({service_id} does not serve); {received_in_words(state)}"
        looked.append(Looked(state, (Finding("source", table.id, "unknown", sentence),)))
    first = replace(looked[0], findings=(finding, *looked[0].findings))
    return [first, *looked[1:]]
