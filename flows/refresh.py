"""The flow: fetch → build → check → publish → report → alert.

The skin around functions that run without it.

One source failing does not stop the others: the build uses its newest snapshot and says how old
that is. Whatever fails, the published warehouse is the old edition or the new one, whole.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from flows.addresses import fetch_addresses
from flows.alerts import QueueReport, Recipients, load_recipients, queue_alerts, send_notice
from flows.boundaries import fetch_boundaries
from flows.build import SUITES, build, find_inputs
from flows.catalog import AddressFile, Boundaries, Catalog, CbsTable, load_catalog
from flows.cbs import ask_listings, fetch_table
from flows.checks import CheckReport, run_checks
from flows.errors import SourceUnavailable, WijkError, sentence
from flows.extracts import fetch_extract
from flows.outbox import SendReport, send_outbox
from flows.progress import report_ended, report_stage, report_started
from flows.publish import Edition, finish_interrupted, publish, published_edition
from flows.report import Report, write_report
from flows.settings import Settings
from flows.snapshots import newest, sync, utc_now
from flows.warehouse import published_path, writing

SOURCES_AT_ONCE = 4


@dataclass(frozen=True)
class Fetched:
    """What became of one source in this run. `error` is a sentence, or None; it fails the run
    unless `cost` says what it is to do without. `newly_empty` are the indicators that its new
    snapshot has no figure for yet, and the one before did not tell so."""

    source_id: str
    is_new: bool
    rows: int
    age_days: int | None
    error: str | None = None
    newly_empty: tuple[str, ...] = ()
    cost: str | None = None


@dataclass
class Outcome:
    """What a run did, for the person who started it."""

    run_id: str
    sources: list[Fetched] = field(default_factory=list)
    edition: Edition | None = None
    is_published: bool = False
    checks: CheckReport | None = None
    report: Report | None = None
    alerts: QueueReport | None = None
    sent: SendReport | None = None

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of each source that failed."""
        return {item.source_id: item.error for item in self.sources if item.error}

    @property
    def faults(self) -> list[str]:
        """The sentences of the sources without which the run is not well."""
        return [item.error for item in self.sources if item.error and not item.cost]

    @property
    def sentences(self) -> list[str]:
        """What was done, in a few lines."""
        lines = []
        new = [item.source_id for item in self.sources if item.is_new]
        if self.sources and not new:
            lines.append(f"No source changed ({len(self.sources)} asked).")
        for item in self.sources:
            if item.newly_empty:
                names = ", ".join(item.newly_empty)
                lines.append(f"Source {item.source_id}: not published yet: {names}.")
            if item.error and item.cost:
                is_lost = item.age_days is None
                lines.append(f"{item.error} {item.cost}" if is_lost else item.error)
        if self.is_published and self.edition:
            lines.append(f"Published edition {self.edition.edition_id}.")
        elif self.edition:
            lines.append(f"Nothing to do: edition {self.edition.edition_id} stands.")
        if self.report and self.report.rendered:
            lines.append(self.report.sentence)
        for report in (self.alerts, self.sent):
            lines += report.sentences if report else []
        if self.alerts and self.alerts.queued and self.sent is None:
            lines.append("Nothing was sent: mail waits for WIJK_SMTP_URL and `alerts send`.")
        return lines


class _SentencesOnly(logging.Filter):
    """An error that is a sentence to a colleague needs no traceback in a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] and sentence(record.exc_info[1]):
            record.exc_info = None
            record.exc_text = None
        return True


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_SentencesOnly())


def _may_pass(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), SourceUnavailable)


@task(
    name="fetch",
    task_run_name="fetch {source_id}",
    retries=1,
    retry_delay_seconds=exponential_backoff(2),
    retry_jitter_factor=0.5,
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def fetch_source(
    source_id: str, catalog: Catalog, settings: Settings, listed: str | None = None
) -> Fetched:
    """Bring one source up to date. Tried once more when the server may answer later.

    `listed` is the date of change in the service's own catalog, where that is known.
    """
    source = catalog.source(source_id)
    report_started(source_id, source.title_nl)
    warehouse = settings.warehouse
    before = newest(warehouse, source_id)
    try:
        if isinstance(source, CbsTable):
            snapshot, is_new = fetch_table(
                source, settings, warehouse, services=catalog.services, listed=listed
            )
        elif isinstance(source, AddressFile):
            snapshot, is_new = fetch_addresses(source, settings, catalog.folder, warehouse)
        elif isinstance(source, Boundaries):
            snapshot, is_new = fetch_boundaries(source, settings, catalog.folder, warehouse)
        else:
            snapshot, is_new = fetch_extract(source, settings, catalog.folder, warehouse)
    except Exception:
        report_ended(source_id, "failed")
        raise
    report_ended(source_id, "new" if is_new else "unchanged")
    known = before.origin.layout.get("empty", []) if before else []
    empty = snapshot.origin.layout.get("empty", [])
    return Fetched(
        source_id,
        is_new,
        snapshot.origin.rows,
        snapshot.age_days(),
        newly_empty=tuple(name for name in empty if name not in known),
    )


@task(name="build", cache_policy=NO_CACHE, persist_result=False)
def build_candidate(
    catalog: Catalog, warehouse: Path, failures: dict[str, str], *, published: str | None
) -> Path | None:
    """Build the candidate, or None when the published edition has the same inputs."""
    inputs = find_inputs(catalog, warehouse)
    if inputs.fingerprint == published:
        return None
    return build(catalog, warehouse, inputs, failures)


@task(name="check", cache_policy=NO_CACHE, persist_result=False)
def check_candidate(candidate: Path) -> CheckReport:
    """Run the expectations inside the candidate."""
    return run_checks(candidate, SUITES)


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish_candidate(warehouse: Path) -> Edition:
    """Make the candidate the edition that readers see."""
    return publish(warehouse)


@task(name="report", cache_policy=NO_CACHE, persist_result=False)
def make_report(settings: Settings) -> Report:
    """Bring the site up to the published edition."""
    return write_report(
        settings.warehouse, keep=settings.keep_reports, base_url=settings.report_url
    )


@task(name="alert", cache_policy=NO_CACHE, persist_result=False)
def alert(
    recipients: Recipients, settings: Settings, *, send: bool
) -> tuple[QueueReport | None, SendReport | None, Exception | None]:
    """Queue what is new in the published edition, and send what waits.

    What goes wrong while queueing does not hold what waits: it is the last that is returned.
    """
    queued, failure = None, None
    try:
        queued = queue_alerts(settings, published_path(settings.warehouse), recipients)
    except Exception as error:  # noqa: BLE001  # returned, for the flow to raise
        failure = error
    hooks = recipients.webhooks
    wanted = send and (settings.smtp_url is not None or hooks)
    sent = send_outbox(settings, webhooks=hooks, only_due=True) if wanted else None
    return queued, sent, failure


def _tell_data_owner(_flow: Any, run: Any, state: State[Any]) -> None:
    """Mail the data owner that a run failed. The run's own sentence is the whole message."""
    error: Any = state.result(raise_on_failure=False)
    reason = (sentence(error) if isinstance(error, BaseException) else None) or state.message
    text = f"Run {run.name} of wijkpeil failed.\n\n{reason}\n\n"
    text += "The published warehouse is as it was, or a whole new edition.\n"
    told = send_notice(Settings.from_environment(), f"wijkpeil: run {run.name} failed", text)
    logging.getLogger("prefect.flow_runs").info(told)


@flow(
    name="refresh",
    task_runner=ThreadPoolTaskRunner(max_workers=SOURCES_AT_ONCE),  # type: ignore[arg-type]
    on_failure=[_tell_data_owner],  # type: ignore[list-item]  # Prefect's own stub is stricter
    on_crashed=[_tell_data_owner],  # type: ignore[list-item]
    persist_result=False,
    validate_parameters=True,
)
def refresh(
    offline: bool = False, send: bool = True, only: list[str] | None = None
) -> Outcome | State[Any]:
    """Bring the warehouse up to date and tell the programmes what is new.

    `offline` uses the snapshots there are and opens no socket but the mail server's; `only`
    names the sources to fetch. Fails with one sentence that names the sources that failed.
    """
    settings = Settings.from_environment()
    catalog = load_catalog(settings.catalog)
    outcome = Outcome(run_id=f"{utc_now():%Y%m%dT%H%M%S%fZ}")
    started = utc_now().isoformat()
    wanted = [catalog.source(name).id for name in only or [s.id for s in catalog.sources]]
    message: str | None = None
    with writing(settings.warehouse):
        try:
            _run(outcome, catalog, settings, [] if offline else wanted, send=send)
        except Exception as error:
            message = sentence(error)
            if message is None:
                raise
        message = " ".join(filter(None, [*outcome.faults, message])) or None
        _record(settings.warehouse, outcome, started, message)
    if message is not None:
        return Failed(message=message, data=outcome)
    return outcome


def _run(
    outcome: Outcome, catalog: Catalog, settings: Settings, wanted: Sequence[str], *, send: bool
) -> None:
    warehouse = settings.warehouse
    # a mistake in who hears of what is told before hours of fetching
    recipients = load_recipients(settings, catalog)
    finish_interrupted(warehouse)
    if wanted:
        report_stage("fetch")
        outcome.sources = _fetch_all(catalog, settings, wanted)
        _show_sources(outcome.sources)
    outcome.edition = published_edition(warehouse)
    standing = outcome.edition.inputs_fingerprint if outcome.edition else None
    report_stage("build")
    candidate = build_candidate(catalog, warehouse, outcome.failures, published=standing)
    if candidate is not None:
        report_stage("check")
        outcome.checks = check_candidate(candidate)
        _show_checks(outcome.checks)
        if not outcome.checks.is_publishable:
            raise WijkError(f"{outcome.checks.sentence()} The old edition stays.")
        report_stage("publish")
        outcome.edition = publish_candidate(warehouse)
        outcome.is_published = True
    _tell(outcome, recipients, settings, send=send)


def _tell(outcome: Outcome, recipients: Recipients, settings: Settings, *, send: bool) -> None:
    """Bring the site up to date and tell the programmes; what one step raises does not hold the
    other, and is raised after both."""
    errors: list[Exception] = []
    report_stage("report")
    try:
        outcome.report = make_report(settings)
    except Exception as error:  # noqa: BLE001  # raised below
        errors.append(error)
    report_stage("alert")
    try:
        outcome.alerts, outcome.sent, failure = alert(recipients, settings, send=send)
        errors += [failure] if failure else []
        _show_alerts(outcome)
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


def _fetch_all(catalog: Catalog, settings: Settings, wanted: Sequence[str]) -> list[Fetched]:
    tables = [table for table in catalog.tables if table.id in wanted]
    listing = ask_listings(tables, settings, settings.warehouse, catalog.services)
    for problem in listing.problems:
        logging.getLogger("prefect.flow_runs").warning(problem)
    futures = {
        source_id: fetch_source.submit(
            source_id, catalog, settings, listing.modified.get(source_id)
        )
        for source_id in wanted
    }
    fetched = []
    for source_id, future in futures.items():
        result: Any = future.result(raise_on_failure=False)
        if isinstance(result, Fetched):
            fetched.append(result)
            continue
        error: Exception = result
        text = sentence(error)
        if text is None:
            raise error
        snapshot = newest(settings.warehouse, source_id)
        fallback = (
            f" Its snapshot of {snapshot.retrieved_at:%Y-%m-%d} ({snapshot.age_days()} days old)"
            " stays in use."
            if snapshot
            else ""
        )
        age = snapshot.age_days() if snapshot else None
        rows = snapshot.origin.rows if snapshot else 0
        cost = catalog.source(source_id).cost
        fetched.append(Fetched(source_id, False, rows, age, text + fallback, cost=cost))
    return fetched


def _show_sources(sources: Sequence[Fetched]) -> None:
    create_table_artifact(
        key="sources",
        table=[
            {
                "source": item.source_id,
                "state": "failed" if item.error else "new" if item.is_new else "unchanged",
                "rows": item.rows,
                "age in days": "never received" if item.age_days is None else item.age_days,
                "what happened": item.error or "",
            }
            for item in sources
        ],
        description="Sources of this run",
    )


def _show_checks(report: CheckReport) -> None:
    create_table_artifact(
        key="checks",
        table=[
            {
                "table": check.table_name,
                "rule": check.rule,
                "severity": check.severity,
                "passed": check.is_passed,
                "rows failed": check.rows_failed,
                "what is wrong": "" if check.is_passed else check.message,
            }
            for check in sorted(report.checks, key=lambda check: check.is_passed)
        ],
        description=f"Checks: {report.sentence()}",
    )


def _show_alerts(outcome: Outcome) -> None:
    if outcome.alerts is None:
        return
    lines = [f"- {signal.sentence_nl}" for signal in outcome.alerts.new] or ["No new alerts."]
    told = [
        *outcome.alerts.problems,
        *outcome.alerts.sentences,
        *(outcome.sent.sentences if outcome.sent else []),
    ]
    create_markdown_artifact(
        key="alerts",
        markdown="\n".join(["# New alerts", "", *lines, "", *told]),
        description="New alerts of this run, and their mail",
    )


def _record(warehouse: Path, outcome: Outcome, started: str, message: str | None) -> None:
    """Keep what this run did as a file; the next build loads it into meta.run."""
    record = {
        "run_id": outcome.run_id,
        "started_at": started,
        "ended_at": utc_now().isoformat(),
        "state": "failed" if message else "published" if outcome.is_published else "unchanged",
        "message": message,
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
