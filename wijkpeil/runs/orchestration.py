"""The order of the steps: fetch → build → check → publish → report → alert.

One source failing does not stop the others: the build uses its newest snapshot and says how old
that is. Whatever fails, the published warehouse is the old edition or the new one, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace

from wijkpeil.alerts import Recipients, all_waiting, load_recipients
from wijkpeil.catalog import EDITION, Catalog, load_catalog
from wijkpeil.edition.build import find_inputs
from wijkpeil.edition.folder import writing
from wijkpeil.edition.publish import finish_interrupted, published_edition
from wijkpeil.edition.quarantine import find_left_out
from wijkpeil.errors import WijkError, sentence
from wijkpeil.progress import report_stage
from wijkpeil.runs import steps
from wijkpeil.runs.failures import Line, lacks_of, line_of, tell_failures
from wijkpeil.runs.keeping import Ending, kept
from wijkpeil.runs.notices import (
    NOT_SENT,
    is_untold,
    keep_left_out,
    keep_waiting,
    tell_notices,
)
from wijkpeil.runs.outcome import Fetched, Outcome, told_once
from wijkpeil.runs.records import AtWork, at_work, settle_dead_runs
from wijkpeil.runs.runner import Runner
from wijkpeil.runs.showing import show_alerts, show_checks, show_sources
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import ask_listings
from wijkpeil.sources.fetch import address_of
from wijkpeil.sources.hosts import CONNECT_S, OUTAGES, find_unreachable, host_of


def run_refresh(
    runner: Runner, *, offline: bool = False, send: bool = True, only: Sequence[str] | None = None
) -> Outcome:
    """Bring the warehouse up to date and tell the programmes what is new.

    `offline` uses the snapshots there are and opens no socket but the mail server's; `only`
    names the sources to fetch. What a person can mend is the outcome's `problem`; a mistake in
    settings or catalog, another run at work, and a fault of ours are raised.
    """
    ending = Ending("refresh", runner.prefect_run, sends=send)
    outcome = Outcome(run_id=ending.run_id)
    with kept(ending):
        settings = Settings.from_environment()
        catalog = load_catalog(settings.catalog)
        wanted = [catalog.source(name).id for name in only or [s.id for s in catalog.sources]]
        with writing(settings.warehouse), _at_work(ending, settings) as working:
            outcome.died = [
                *settle_dead_runs(settings.warehouse),
                *runner.settle(settings.warehouse),
            ]
            message: list[str] = []

            def enter(stage: str) -> None:
                working.enter(stage)
                report_stage(stage)

            try:
                sources = [] if offline else wanted
                _run(runner, outcome, catalog, settings, sources, send=send, enter=enter)
            except Exception as error:
                text = sentence(error)
                if text is None:
                    raise
                message = [text]
            finally:
                file = settings.warehouse / "runs" / f"{ending.run_id}.errors.txt"
                others = [*lacks_of(outcome.missing, outcome.faults), *outcome.notes]
                outcome.problem, outcome.notice = tell_failures(
                    message, outcome.faults, file, others
                )
                ending.message, ending.state = outcome.problem, outcome.state
                ending.edition_id = outcome.edition.edition_id if outcome.edition else None
                ending.sources = [asdict(item) for item in outcome.sources]
    return outcome


def _at_work(ending: Ending, settings: Settings) -> AbstractContextManager[AtWork]:
    return at_work(
        settings.warehouse, ending.run_id, flow=ending.flow, prefect_run=ending.prefect_run
    )


def _run(
    runner: Runner,
    outcome: Outcome,
    catalog: Catalog,
    settings: Settings,
    wanted: Sequence[str],
    *,
    send: bool,
    enter: Callable[[str], None],
) -> None:
    warehouse = settings.warehouse
    # a mistake in who hears of what is told before hours of fetching
    recipients = load_recipients(settings, catalog)
    finish_interrupted(warehouse)
    if wanted:
        enter("fetch")
        outcome.sources = _fetch_all(runner, outcome, catalog, settings, wanted)
        show_sources(runner, outcome.sources)
        _tell_owner(runner, outcome, settings, send=send)
    outcome.edition = published_edition(warehouse)
    standing = outcome.edition.inputs_fingerprint if outcome.edition else None
    enter("build")
    candidate = runner.call(
        steps.build_candidate, catalog, warehouse, outcome.failures, published=standing
    )
    inputs = find_inputs(catalog, warehouse)
    outcome.unread = inputs.problems
    outcome.missing = [each for each in inputs.missing if each.is_fault]
    if candidate is not None:
        enter("check")
        outcome.checks = runner.call(steps.check_candidate, candidate)
        show_checks(runner, outcome.checks)
        if not outcome.checks.is_publishable:
            raise WijkError(f"{outcome.checks.sentence()} The old edition stays.")
        enter("publish")
        outcome.edition = runner.call(steps.publish_candidate, warehouse)
        outcome.is_published = True
    _keep_notices(runner, outcome, catalog, settings)
    _tell_owner(runner, outcome, settings, send=send)
    _tell(runner, outcome, recipients, settings, send=send, enter=enter)


def _tell_owner(runner: Runner, outcome: Outcome, settings: Settings, *, send: bool) -> None:
    """Tell the data owner what is kept for her, of this run and of those before."""
    told = tell_notices(settings) if send else None
    if not send and settings.data_owner and is_untold(settings.warehouse):
        told = NOT_SENT
    line = line_of("the data owner", told or "")
    if told and line not in outcome.waiting:
        outcome.waiting.append(line)
        runner.warn(told)


def _fetch_all(
    runner: Runner, outcome: Outcome, catalog: Catalog, settings: Settings, wanted: Sequence[str]
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
            outcome.remarks.append(problem)
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


def _keep_notices(runner: Runner, outcome: Outcome, catalog: Catalog, settings: Settings) -> None:
    """What is held of the sources, and what is doubted: a warning each, and no failure. It is kept
    for the data owner, with what is left out of the edition."""
    waiting = all_waiting(catalog, settings.warehouse)
    for each in waiting:
        runner.warn(each.sentence)
        count = f"{len(each.details)} things: " if len(each.details) > 1 else ""
        what = "snapshot held" if each.snapshot_id else "mail held"
        detail = each.details[0] if each.details else each.sentence
        line = Line(
            each.source_id,
            f"{what}, {count}{detail}",
            f"wijkpeil quarantine show {each.source_id}",
            each.sentence,
        )
        if each.source_id == EDITION:
            what = f"mail waits for a yes: {len(each.details)} sources are not confirmed"
            line = replace(line, what=what, to_do=f"wijkpeil quarantine release {EDITION}")
        outcome.waiting.append(line)
    keep_waiting(settings.warehouse, waiting)
    keep_left_out(settings.warehouse, find_left_out(settings.warehouse))


def _tell(
    runner: Runner,
    outcome: Outcome,
    recipients: Recipients,
    settings: Settings,
    *,
    send: bool,
    enter: Callable[[str], None] = report_stage,
) -> None:
    """Bring the site up to date and tell the programmes; what one step raises does not hold the
    other, and is raised after both."""
    errors: list[Exception] = []
    enter("report")
    try:
        outcome.report = runner.call(steps.make_report, settings)
    except Exception as error:  # noqa: BLE001  # raised below
        errors.append(error)
    enter("alert")
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
