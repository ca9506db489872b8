"""What programmes are told: list, preview, send."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from wijkpeil.cli.app import alerts_app, err, out, print_lines, settings_and_catalog
from wijkpeil.cli.standing import standing_still
from wijkpeil.edition.folder import published_path
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


@alerts_app.command("list")
def list_alerts(
    as_json: Annotated[
        bool, typer.Option("--json", help="The messages as one JSON document, for a monitor.")
    ] = False,
) -> None:
    """List the areas that stand still now, and every message with its state, tries and next try.

    Example: wijkpeil alerts list --json
    """
    from wijkpeil.alerts.delivery.listing import Outbox

    settings = Settings.from_environment()
    outbox = Outbox(settings)
    if as_json:
        sys.stdout.write(json.dumps(outbox.as_json, ensure_ascii=False, indent=1) + "\n")
        return
    print_lines(standing_still(settings.warehouse))
    print_lines(["", *outbox.lines] if outbox.messages else [])


@alerts_app.command("preview")
def preview_alerts(
    folder: Annotated[
        Path | None, typer.Option(help="Where they are written; preview/ in the warehouse if none.")
    ] = None,
) -> None:
    """Write the messages that would be queued now, without sending or claiming anything.

    Example: wijkpeil alerts preview --folder preview
    """
    from wijkpeil.alerts import load_recipients, preview

    settings, catalog = settings_and_catalog()
    written = preview(
        settings,
        published_path(settings.warehouse),
        load_recipients(settings, catalog),
        folder or settings.warehouse / "preview",
    )
    for path in written:
        out.print(str(path))
    if not written:
        out.print("No new alerts, so no mail.")


@alerts_app.command("send")
def send_alerts(
    again: Annotated[
        str | None,
        typer.Option(help="Id of a message to send once more; given-up: all that were given up."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help="With --again: to this address instead. Alone: mail what a preview shows to "
            "this address as a trial; the outbox is left alone."
        ),
    ] = None,
    arrived: Annotated[
        str | None, typer.Option(help="Id of an uncertain message that did arrive.")
    ] = None,
) -> None:
    """Send what waits in the outbox, all of it at once; settle what is uncertain; try out.

    Example: wijkpeil alerts send --to me@example.nl
    """
    from wijkpeil.alerts import load_webhooks
    from wijkpeil.alerts.delivery import send_outbox
    from wijkpeil.alerts.ledger import Ledger

    if to and again == "given-up":
        raise typer.BadParameter("--to goes with --again ID, or alone")
    if to and not again:
        _send_trial(to)
        return
    settings = Settings.from_environment()
    if arrived:
        Ledger(settings.warehouse).arrived(arrived)
        out.print(f"Message {arrived} is settled as arrived.")
        return
    report = send_outbox(
        settings,
        webhooks=load_webhooks(settings),
        again=again,
        to=to or [],
        pause=_wait_for_the_limit,
    )
    if report.problem:
        raise WijkError(" ".join(report.sentences))
    print_lines(report.sentences or ["Nothing waits."])


def _send_trial(addresses: list[str]) -> None:
    from wijkpeil.alerts import load_recipients, send_trial

    settings, catalog = settings_and_catalog()
    recipients = load_recipients(settings, catalog)
    for address in addresses:
        mails = send_trial(settings, published_path(settings.warehouse), recipients, address)
        print_lines(f"Sent '{mail.message.subject}' to {address}." for mail in mails)
        if not mails:
            out.print("No new alerts, so no mail.")


def _wait_for_the_limit(seconds: float) -> None:
    err.print(f"WIJK_MAIL_PER_MINUTE is reached; going on in {seconds:.0f} seconds.")
    time.sleep(seconds)
