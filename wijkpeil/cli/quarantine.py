"""Look at what is held back, and let it through."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from wijkpeil.catalog import EDITION, Catalog
from wijkpeil.cli.app import out, print_lines, quarantine_app, settings_and_catalog
from wijkpeil.cli.console import print_table


@quarantine_app.command("list")
def list_quarantine() -> None:
    """List the snapshots that are held, and the doubts that hold mail, by source.

    Example: wijkpeil quarantine list
    """
    from wijkpeil.alerts import all_waiting

    settings, catalog = settings_and_catalog()
    waiting = all_waiting(catalog, settings.warehouse)
    if not waiting:
        out.print("Nothing is held, and nothing is doubted.")
        return
    rows = [
        (
            each.source_id,
            "snapshot held" if each.snapshot_id else "mail held",
            each.snapshot_id,
            ", ".join(each.rules),
            len(each.details),
        )
        for each in waiting
    ]
    print_table(out, ("source", "what", "snapshot", "rules", "findings"), rows)
    out.print("Next: wijkpeil quarantine show SOURCE.")


def _id_of(source: str, catalog: Catalog) -> str:
    return EDITION if source == EDITION else catalog.source(source).id


@quarantine_app.command("show")
def show_quarantine(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Source, as in the catalog, or 'edition'.")
    ],
) -> None:
    """Show everything that was found in what is held of one source.

    Example: wijkpeil quarantine show kwb_2025
    """
    from wijkpeil.alerts import all_waiting

    settings, catalog = settings_and_catalog()
    source_id = _id_of(source, catalog)
    own = [each for each in all_waiting(catalog, settings.warehouse) if each.source_id == source_id]
    if not own:
        out.print(f"Nothing of {source_id} is held or doubted.")
    for each in own:
        out.print(each.sentence)
        print_lines(f"- {detail}" for detail in each.details)


@quarantine_app.command("release")
def release_quarantine(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Source, as in the catalog, or 'edition'.")
    ],
    snapshot: Annotated[
        str | None, typer.Option(help="Only this held snapshot; all that waits if none.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is right, for the record.")] = None,
) -> None:
    """Say yes to what is held of a source: it is used, and mailed, from the next run on.

    Example: wijkpeil quarantine release kwb_2025 --reason "CBS corrected Testdam, see its page"
    """
    from wijkpeil.alerts import all_waiting
    from wijkpeil.edition.folder import writing
    from wijkpeil.edition.quarantine import release

    settings, catalog = settings_and_catalog()
    source_id = _id_of(source, catalog)
    with writing(settings.warehouse):
        let_through = release(
            all_waiting(catalog, settings.warehouse),
            settings.warehouse,
            source_id,
            snapshot_id=snapshot,
            by=getpass.getuser(),
            reason=reason,
        )
    for each in let_through:
        what = f", snapshot {each.snapshot_id}" if each.snapshot_id else ""
        out.print(f"Released {source_id}{what}. Next: wijkpeil refresh.")
