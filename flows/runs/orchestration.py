"""The order of the steps: fetch → build → check → publish → report → alert.

One source failing does not stop the others: the build uses its newest snapshot and says how old
that is. Whatever fails, the published warehouse is the old edition or the new one, whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from flows.alerts import Recipients, load_recipients
from flows.build import find_inputs
from flows.catalog import Catalog, load_catalog
from flows.cbs import ask_listings
from flows.errors import WijkError, sentence
from flows.hosts import CONNECT_S, OUTAGES, find_unreachable, host_of
from flows.progress import report_stage
from flows.publish import finish_interrupted, published_edition
from flows.runs import steps
from flows.runs.outages import address_of, told_once
from flows.runs.outcome import Fetched, Outcome
from flows.runs.runner import Runner
from flows.runs.showing import show_alerts, show_checks, show_sources
from flows.settings import Settings
from flows.snapshots import sync, utc_now
from flows.warehouse import writing


def run_refresh(
    runner: Runner, *, offline: bool = False, send: bool = True, only: Sequence[str] | None = None
) -> Outcome:
    """Bring the warehouse up to date and tell the programmes what is new.

    `offline` uses the snapshots there are and opens no socket but the mail server's; `only`
    names the sources to fetch. What a person can mend is the outcome's `problem`.
    """
    settings = Settings.from_environment()
    catalog = load_catalog(settings.catalog)
    outcome = Outcome(run_id=f"{utc_now():%Y%m%dT%H%M%S%fZ}")
    started = utc_now().isoformat()
    wanted = [catalog.source(name).id for name in only or [s.id for s in catalog.sources]]
    with writing(settings.warehouse):
        message: str | None = None
        try:
            _run(runner, outcome, catalog, settings, [] if offline else wanted, send=send)
        except Exception as error:
            message = sentence(error)
            if message is None:
                raise
        outcome.problem = " ".join(filter(None, [*outcome.faults, message])) or None
        _record(settings.warehouse, outcome, started)
    return outcome


def _run(
    runner: Runner,
    outcome: Outcome,
    catalog: Catalog,
    settings: Settings,
    wanted: Sequence[str],
    *,
    send: bool,
) -> None:
    warehouse = settings.warehouse
    # a mistake in who hears of what is told before hours of fetching
    recipients = load_recipients(settings, catalog)
    finish_interrupted(warehouse)
    if wanted:
        report_stage("fetch")
        outcome.sources = _fetch_all(runner, catalog, settings, wanted)
        show_sources(runner, outcome.sources)
    outcome.edition = published_edition(warehouse)
    standing = outcome.edition.inputs_fingerprint if outcome.edition else None
    report_stage("build")
    candidate = runner.call(
        steps.build_candidate, catalog, warehouse, outcome.failures, published=standing
    )
    outcome.unread = find_inputs(catalog, warehouse).problems
    if candidate is not None:
        report_stage("check")
        outcome.checks = runner.call(steps.check_candidate, candidate)
        show_checks(runner, outcome.checks)
        if not outcome.checks.is_publishable:
            raise WijkError(f"{outcome.checks.sentence()} The old edition stays.")
        report_stage("publish")
        outcome.edition = runner.call(steps.publish_candidate, warehouse)
        outcome.is_published = True
    _tell(runner, outcome, recipients, settings, send=send)


def _fetch_all(
    runner: Runner, catalog: Catalog, settings: Settings, wanted: Sequence[str]
) -> list[Fetched]:
    addresses = {name: address_of(catalog.source(name), settings) for name in wanted}
    tries = 1 + min(settings.retries, 1)
    patience = min(settings.timeout_s, CONNECT_S)
    down = find_unreachable(filter(None, addresses.values()), tries=tries, patience_s=patience)
    lost = {name: down.get(host_of(url)) for name, url in addresses.items() if url}
    tables = [t for t in catalog.tables if t.id in wanted and lost.get(t.id) is None]
    with OUTAGES.noted():
        listing = ask_listings(tables, settings, settings.warehouse, catalog.services)
        for problem in listing.problems:
            runner.warn(problem)
        return told_once(
            runner.each(
                steps.fetch_source,
                [
                    (name, catalog, settings, listing.modified.get(name), lost.get(name))
                    for name in wanted
                ],
            )
        )


def _tell(
    runner: Runner, outcome: Outcome, recipients: Recipients, settings: Settings, *, send: bool
) -> None:
    """Bring the site up to date and tell the programmes; what one step raises does not hold the
    other, and is raised after both."""
    errors: list[Exception] = []
    report_stage("report")
    try:
        outcome.report = runner.call(steps.make_report, settings)
    except Exception as error:  # noqa: BLE001  # raised below
        errors.append(error)
    report_stage("alert")
    try:
        outcome.alerts, outcome.sent, failure = runner.call(
            steps.alert, recipients, settings, send=send
        )
        errors += [failure] if failure else []
        outcome.unsent = _why_unsent(settings, send=send)
        show_alerts(runner, outcome)
    except Exception as error:  # noqa: BLE001  # raised below
        errors.append(error)
    troubles = [*outcome.alerts.problems] if outcome.alerts else []
    if outcome.sent and outcome.sent.problem:
        troubles.append(outcome.sent.problem)
    errors += [WijkError(trouble) for trouble in troubles]
    sentences = [sentence(error) for error in errors]
    if len(errors) > 1 and None in sentences:
        raise ExceptionGroup("report and alerts", errors)
    if None in sentences:
        raise errors[0]
    if sentences:
        raise WijkError(" ".join(filter(None, sentences)))


def _why_unsent(settings: Settings, *, send: bool) -> str:
    """Why a run that sent nothing did not, and what sends it."""
    setting = "" if settings.smtp_url else "WIJK_SMTP_URL and "
    asked = "" if send else "as --no-send asks; "
    return f"{asked}mail waits for {setting}'wijkpeil alerts send'"


def _record(warehouse: Path, outcome: Outcome, started: str) -> None:
    """Keep what this run did as a file; the next build loads it into meta.run."""
    record = {
        "run_id": outcome.run_id,
        "started_at": started,
        "ended_at": utc_now().isoformat(),
        "state": outcome.state,
        "message": outcome.problem,
        "edition_id": outcome.edition.edition_id if outcome.edition else None,
        "sources": [vars(item) for item in outcome.sources],
    }
    folder = warehouse / "runs"
    folder.mkdir(exist_ok=True)
    path = folder / f"{outcome.run_id}.part"
    try:
        path.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
        sync(path)
        path.replace(path.with_suffix(".json"))
    finally:
        path.unlink(missing_ok=True)
