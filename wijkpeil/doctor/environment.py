"""What is around the sources: settings, disk, edition, outbox, mail server, Prefect."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from wijkpeil.alerts.delivery import list_messages, mail_session
from wijkpeil.alerts.delivery.listing import Outbox
from wijkpeil.alerts.ledger import Ledger, shown
from wijkpeil.catalog import Extract
from wijkpeil.doctor.findings import Finding, Level
from wijkpeil.edition.folder import published_path
from wijkpeil.edition.publish import published_edition
from wijkpeil.errors import WijkError
from wijkpeil.runs.prefect_api import (
    count_late_runs,
    find_dead_runs,
    shown_address,
    why_unusable,
)
from wijkpeil.runs.records import dead_runs, live_runs, read_records
from wijkpeil.settings import Settings
from wijkpeil.sources.extract_rows import check

# room for a candidate, an edition and the published file beside each other
TIMES_PUBLISHED = 3
BEFORE_THE_FIRST = 2 * 2**30
PATIENCE_S = 10.0


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """Each setting with its value; of the password only whether it can be read."""
    for field in fields(settings):
        name, value = f"WIJK_{field.name.upper()}", getattr(settings, field.name)
        if field.name == "smtp_password_file":
            yield _password(settings, name)
        elif field.name == "catalog" and not settings.catalog.is_dir():
            yield Finding(
                "settings", name, "error", f"{value} is no folder; point {name} to your catalog."
            )
        elif value is None:
            yield Finding("settings", name, "ok", "not set")
        else:
            yield Finding("settings", name, "ok", str(value))


def _password(settings: Settings, name: str) -> Finding:
    try:
        password = settings.smtp_password()
    except WijkError as error:
        return Finding("settings", name, "error", str(error))
    if password is None:
        return Finding("settings", name, "ok", "not set")
    if not password:
        return Finding("settings", name, "error", "The file is empty; put the password in it.")
    if settings.smtp_password_file and settings.smtp_password_file.stat().st_mode & 0o077:
        return Finding(
            "settings", name, "warning",
            "The file is readable, also for other users of this machine; give it mode 600.",
        )  # fmt: skip
    return Finding("settings", name, "ok", "set, and the file is readable")


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    """Whether the warehouse can be written, and whether there is room for the next edition."""
    folder = settings.warehouse.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Finding(
            "disk", str(settings.warehouse), "error",
            f"{folder} cannot be written ({reason}); change the rights or set WIJK_WAREHOUSE.",
        )  # fmt: skip
        return
    published = published_path(settings.warehouse)
    size = published.stat().st_size if published.exists() else 0
    needed = TIMES_PUBLISHED * size or BEFORE_THE_FIRST
    free = shutil.disk_usage(folder).free
    told = f"writable, {_bytes(free)} free"
    if free < needed:
        level: Level = "error" if free < size else "warning"
        why = "3 times the published file" if size else "the first edition"
        yield Finding(
            "disk", str(settings.warehouse), level,
            f"{told}; {_bytes(needed)} is sensible ({why}). Free some space.",
        )  # fmt: skip
    else:
        yield Finding("disk", str(settings.warehouse), "ok", told)


def look_at_edition(settings: Settings) -> Iterator[Finding]:
    """What readers see."""
    try:
        edition = published_edition(settings.warehouse)
    except WijkError as error:
        yield Finding("warehouse", "edition", "error", str(error))
        return
    if edition is None:
        yield Finding(
            "warehouse", "edition", "warning", "None is published yet; run `wijkpeil refresh`."
        )
        return
    yield Finding(
        "warehouse", "edition", "ok",
        f"{edition.edition_id}: {edition.first_year}-{edition.last_year}, "
        f"{edition.observations:,} figures",
    )  # fmt: skip


def look_at_runs(settings: Settings) -> Iterator[Finding]:
    """How the last run ended, and each that died without a word."""
    records = read_records(settings.warehouse)
    refreshes = [record for record in records if record.flow == "refresh"]
    if not refreshes:
        yield Finding("warehouse", "runs", "ok", "none has ended yet")
    else:
        last = refreshes[-1]
        told = f"the last ended {last.ended_at[:16].replace('T', ' ')} UTC: {last.state}"
        yield Finding("warehouse", "runs", "ok", told)
        if last.is_bad:
            first, *_ = (last.message or "No reason is known.").splitlines()
            yield Finding("warehouse", "runs", "warning", f"Run {last.run_id}: {first}")
    for dead in dead_runs(settings.warehouse):
        todo = "Run `wijkpeil refresh` again."
        yield Finding("warehouse", "runs", "error", f"{dead.message} {todo}")


def look_at_outbox(settings: Settings) -> Iterator[Finding]:
    """Every mail that is not settled."""
    if not Ledger(settings.warehouse).path.exists():
        yield Finding("warehouse", "outbox", "ok", "no mail was ever queued")
        return
    try:
        messages = list_messages(settings)
    except WijkError as error:
        yield Finding("warehouse", "outbox", "error", str(error))
        return
    loud: dict[str, Level] = {"uncertain": "error", "given_up": "error", "failed": "error"}
    unsettled = [message for message in messages if message.state != "sent"]
    sent = len(messages) - len(unsettled)
    yield Finding("warehouse", "outbox", "ok", f"{sent} sent, {len(unsettled)} not settled")
    for message in unsettled:
        level = loud.get(message.state, "error" if message.refusal else "warning")
        yield Finding("warehouse", "outbox", level, message.sentence)
    for trouble in Outbox(settings).troubles.values():
        yield Finding(
            "mail", trouble.server, "error",
            f"{trouble.reason} Tried {trouble.attempts} times since "
            f"{shown(trouble.trying_since)}, the next is at {shown(trouble.next_attempt_at)}.",
        )  # fmt: skip


def look_at_mail(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    """Connect, STARTTLS and log in as for a mail, and send none."""
    if settings.smtp_url is None:
        yield Finding(
            "mail", "SMTP", "warning",
            "WIJK_SMTP_URL is not set, so mail stays queued; "
            "set it to something like smtp://user@mail.example.nl:587?starttls=required.",
        )  # fmt: skip
        return
    server = settings.mail_server()
    where = f"{server.host}:{server.port}"
    if settings.mail_from is None:
        yield Finding(
            "mail", "WIJK_MAIL_FROM", "warning",
            "It is not set, so no mail can be made; set it to the sender's address.",
        )  # fmt: skip
    if offline:
        yield Finding("mail", "SMTP", "ok", f"{where}, not asked (--offline)")
        return
    try:
        with mail_session(replace(settings, timeout_s=min(settings.timeout_s, PATIENCE_S))):
            pass
    except WijkError as error:
        yield Finding("mail", "SMTP", "error", str(error))
        return
    how = "with STARTTLS" if server.starttls else "without TLS"
    login = f" and the login of '{server.user}'" if server.user else ""
    yield Finding("mail", "SMTP", "ok", f"{where} answers {how}{login}; nothing was sent")


def look_at_prefect(settings: Settings, api_url: str | None, *, offline: bool) -> Iterator[Finding]:
    """Whether the Prefect server that runs report to answers, and what it takes for late or at
    work; `api_url` is PREFECT_API_URL."""
    if not api_url:
        yield Finding(
            "prefect", "server", "ok",
            "not used: no server set. For a schedule, set PREFECT_API_URL to that of a server.",
        )  # fmt: skip
        return
    shown = shown_address(api_url)
    if offline:
        yield Finding("prefect", "server", "ok", f"{shown}, not asked (--offline)")
        return
    problem = why_unusable(api_url)
    if problem:
        yield Finding("prefect", "server", "error", problem)
    else:
        yield Finding("prefect", "server", "ok", f"{shown} answers")
        live = {str(known.get("prefect_run")) for known in live_runs(settings.warehouse)}
        if dead := find_dead_runs(api_url, live):
            yield Finding("prefect", "runs", "warning", _dead_at_prefect(dead))
        if late := count_late_runs(api_url):
            yield Finding(
                "prefect", "worker", "warning",
                f"{late} runs are late, since no worker takes them; start one with "
                "`prefect worker start --pool wijken --limit 2`.",
            )  # fmt: skip


def _dead_at_prefect(names: list[str]) -> str:
    first, *others = names
    more = f" and {len(others)} more" if others else ""
    return (
        f"Prefect takes {first}{more} to be at work, and no process of this warehouse works on "
        f"{'them' if others else 'it'}. The next run of the same deployment ends what died; remove "
        "what has no deployment with `prefect flow-run delete ID`."
    )


def look_at_extract_file(extract: Extract, folder: Path) -> str | None:
    """Why a local extract cannot be read, or None."""
    path = folder / extract.location
    if not path.is_file():
        return f"{path} is not there; put the file there, or correct 'location'."
    if not os.access(path, os.R_OK):
        return f"{path} may not be read by this user; change the rights."
    try:
        check(extract, path)
    except WijkError as error:
        return str(error)
    return None


def _bytes(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.1f} MiB"
