"""The steps of a run. Each takes paths and values, and can be run from what the last one left."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from wijkpeil.alerts import (
    QueueReport,
    Recipients,
    first_edition,
    queue_alerts,
    tell_of_mail,
)
from wijkpeil.alerts.delivery import SendReport, send_outbox
from wijkpeil.catalog import Catalog
from wijkpeil.edition.build import SUITES, build, find_inputs
from wijkpeil.edition.checks import CheckReport, run_checks
from wijkpeil.edition.folder import published_path
from wijkpeil.edition.publish import Edition, publish
from wijkpeil.errors import HostError, StillToCome, Unreachable, sentence, short
from wijkpeil.progress import report_ended, report_started
from wijkpeil.report import Report, write_report
from wijkpeil.runs.notices import keep_news
from wijkpeil.runs.outcome import Fetched
from wijkpeil.settings import Settings
from wijkpeil.sources.fetch import fetch
from wijkpeil.sources.snapshots import (
    Snapshot,
    mark_checked,
    mark_to_come,
    newest,
    utc_now,
    why_to_come,
)


def fetch_source(
    source_id: str,
    catalog: Catalog,
    settings: Settings,
    listed: str | None = None,
    lost: Unreachable | None = None,
) -> Fetched:
    """Bring one source up to date; what fails is the outcome's error, with the snapshot that stays
    in use.

    `listed` is the date of change in the service's own catalog, where that is known; `lost` is
    what is wrong with the source's host, where it is known that it cannot be reached.
    """
    source = catalog.source(source_id)
    report_started(source_id, source.title_nl)
    before = newest(settings.warehouse, source_id)
    try:
        if lost is not None:
            raise lost
        snapshot, is_new = fetch(source_id, catalog, settings, listed=listed)
        fetched = _received(source_id, before, snapshot, is_new=is_new)
        news = (*fetched.told, *fetched.of_empty)
        keep_news(settings.warehouse, source_id, snapshot.snapshot_id, news)
        mark_checked(snapshot)
        mark_to_come(settings.warehouse, source_id, None)
    except StillToCome as error:
        report_ended(source_id, "unchanged")
        is_known = why_to_come(settings.warehouse, source_id) is not None
        told = () if is_known else (str(error),)
        keep_news(settings.warehouse, source_id, utc_now().isoformat(), told)
        mark_to_come(settings.warehouse, source_id, str(error))
        return Fetched(source_id, False, 0, None, told=told)
    except Exception as error:  # noqa: BLE001  # the source's own failure
        report_ended(source_id, "failed")
        text = sentence(error)
        if text is None:
            text = _unforeseen(source_id, error, settings.warehouse)
        failed = _failed(source_id, catalog, settings, text)
        host = error.host if isinstance(error, HostError) else None
        return replace(failed, host=host)
    report_ended(source_id, "new" if is_new else "unchanged")
    return fetched


def _received(
    source_id: str, before: Snapshot | None, snapshot: Snapshot, *, is_new: bool
) -> Fetched:
    """What is new in a source beside its figures."""
    known = before.origin.layout.get("empty", []) if before else []
    empty = snapshot.origin.layout.get("empty", [])
    told = list(snapshot.origin.layout.get("told", [])) if is_new else []
    if filled := [name for name in known if name not in empty]:
        told.append(f"Source {source_id}: published now: {', '.join(filled)}.")
    return Fetched(
        source_id,
        is_new,
        snapshot.origin.rows,
        snapshot.age_days(),
        newly_empty=tuple(name for name in empty if name not in known),
        told=tuple(told),
    )


def _unforeseen(source_id: str, error: Exception, warehouse: Path) -> str:
    """The sentence of an answer that nothing knows how to take: it costs that source only.

    Its traceback is for the maintainers, and kept in a file of its own.
    """
    path = warehouse / "runs" / f"{source_id}.traceback.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(traceback.format_exception(error))
    path.write_text(f"{utc_now().isoformat()}\n{text}", encoding="utf-8", errors="backslashreplace")
    return (
        f"Source {source_id}: an answer that was not foreseen ({type(error).__name__}: "
        f"{short(error, most=200)}); tell the maintainers, with {path}."
    )


def _failed(source_id: str, catalog: Catalog, settings: Settings, text: str) -> Fetched:
    snapshot = newest(settings.warehouse, source_id)
    if snapshot is None:
        return Fetched(source_id, False, 0, None, text, cost=catalog.source(source_id).cost)
    text += (
        f" Its snapshot of {snapshot.retrieved_at:%Y-%m-%d} ({snapshot.age_days()} days old)"
        " stays in use."
    )
    return Fetched(
        source_id,
        False,
        snapshot.origin.rows,
        snapshot.age_days(),
        text,
        cost=catalog.source(source_id).cost,
    )


def build_candidate(
    catalog: Catalog, warehouse: Path, failures: dict[str, str], *, published: str | None
) -> Path | None:
    """Build the candidate, or None when the published edition has the same inputs."""
    inputs = find_inputs(catalog, warehouse)
    if inputs.fingerprint == published:
        return None
    return build(catalog, warehouse, inputs, failures)


def check_candidate(candidate: Path) -> CheckReport:
    """Run the expectations inside the candidate."""
    return run_checks(candidate, SUITES)


def publish_candidate(warehouse: Path) -> Edition:
    """Make the candidate the edition that readers see."""
    return publish(warehouse)


def make_report(settings: Settings) -> Report:
    """Bring the site up to the published edition."""
    return write_report(
        settings.warehouse, keep=settings.keep_reports, base_url=settings.report_url
    )


def alert(
    recipients: Recipients, settings: Settings, *, send: bool
) -> tuple[QueueReport | None, SendReport | None, Exception | None]:
    """Queue what is new in the published edition, unless it is a first one that waits for a yes,
    and send what waits.

    What goes wrong while queueing does not hold what waits: it is the last that is returned.
    """
    queued, failure = None, None
    try:
        if first_edition(settings.warehouse) is None:
            queued = queue_alerts(settings, published_path(settings.warehouse), recipients)
    except Exception as error:  # noqa: BLE001  # returned, for the run to raise
        failure = error
    hooks = recipients.webhooks
    wanted = send and (settings.smtp_url is not None or hooks)
    sent = send_outbox(settings, webhooks=hooks, only_due=True) if wanted else None
    if sent is not None:
        sent = tell_of_mail(settings, sent)
    return queued, sent, failure
