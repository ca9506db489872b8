"""Hold the catalog, its areas and all around it against the world; add to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wijkpeil.catalog import Catalog, load_catalog
from wijkpeil.cli.app import (
    app,
    areas_app,
    err,
    out,
    print_lines,
    settings_and_catalog,
    sources_app,
)
from wijkpeil.cli.console import print_table, write_csv
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

if TYPE_CHECKING:
    from wijkpeil.doctor.findings import Fix


class ApiName(StrEnum):
    """The versions of the API."""

    v3 = "v3"
    v4 = "v4"


class PublisherName(StrEnum):
    """Whose tables a service serves."""

    cbs = "cbs"
    third_party = "third_party"


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Look only at this source; may be repeated.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write what is sure into cbs.toml; shows it first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix: write without asking.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Write what the live tables say of themselves, without a figure, here."),
    ] = None,
) -> None:
    """Hold the catalog against the live tables, look at all around it, and tell what to do.

    Example: wijkpeil doctor --only kwb_2024
    """
    from wijkpeil.doctor import examine
    from wijkpeil.doctor.metadata_file import write_report
    from wijkpeil.doctor.printing import show, summary

    if as_json and fix:
        raise typer.BadParameter("--fix shows a diff, so it does not go with --json.")

    settings = Settings.from_environment()
    catalog: Catalog | WijkError
    try:
        catalog = load_catalog(settings.catalog)
    except WijkError as error:
        catalog = error
    with err.status("Looking") as status:
        diagnosis = examine(
            settings,
            catalog,
            offline=offline,
            only=only or [],
            prefect_url=os.environ.get("PREFECT_API_URL"),
            tell=lambda place: status.update(f"Asking about {place}"),
        )
    if as_json:
        sys.stdout.write(json.dumps(diagnosis.as_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        show(diagnosis, out, with_measures=bool(only))
    if report is not None:
        write_report(diagnosis, report)
        err.print(f"{report}: metadata of {len(diagnosis.metadata)} tables, without a figure.")
    if fix:
        _write_fixes(settings, diagnosis.fixes, yes=yes)
    if diagnosis.level == "error":
        raise WijkError(summary(diagnosis))


def _write_fixes(settings: Settings, fixes: Sequence[Fix], *, yes: bool) -> None:
    """Show what is sure as one diff, ask, and write it."""
    from wijkpeil.doctor.fixing import plan_fixes, write_plan

    if not fixes:
        out.print("Nothing is sure enough to be written.")
        return
    plan = plan_fixes(settings.catalog, fixes)
    print_lines(["", *(f"- {fix.why}" for fix in fixes), "", *plan.left])
    print_lines(plan.diff.splitlines())
    if not plan.diff:
        return
    if not yes and not sys.stdin.isatty():
        raise WijkError("Nothing was written: nobody is there to be asked; give --yes.")
    if not yes and not typer.confirm("Write this?"):
        out.print("Nothing was written.")
        return
    path = write_plan(settings.catalog, plan)
    out.print(f"{path} is written; run `wijkpeil doctor` again.")


@areas_app.command("show")
def show_areas(
    programme: Annotated[str, typer.Argument(metavar="PROGRAMME", help="Id of the programme.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a file.")] = False,
) -> None:
    """Show which areas a programme has, with their CBS codes, and which are counted with.

    Example: wijkpeil areas show nprz
    """
    from wijkpeil.areas import COLUMNS, list_areas

    listing = list_areas(programme, Settings.from_environment())
    if as_csv:
        write_csv(COLUMNS, (area.cells for area in listing.areas))
        return
    print_table(out, COLUMNS, [area.cells for area in listing.areas])
    print_lines(listing.sentences)


@areas_app.command("check")
def check_areas(
    programme: Annotated[str | None, typer.Option(help="Only the codes of this programme.")] = None,
) -> None:
    """Hold every code that programmes name against the area lists of all years.

    Example: wijkpeil areas check --programme nprz
    """
    from wijkpeil.areas import check_codes, demand_codes_hold

    codes = check_codes(Settings.from_environment(), programme)
    print_lines(code.sentence for code in codes)
    demand_codes_hold(codes)
    out.print(f"{len(codes)} codes; each that is counted with is in the area list of its year.")


@sources_app.command("add")
def add_source(
    cbs_id: Annotated[str, typer.Argument(metavar="ID", help="CBS's id of the table.")],
    api: Annotated[ApiName, typer.Option(help="The API that serves it.")] = ApiName.v3,
    publisher: Annotated[PublisherName, typer.Option(help="Whose table it is.")] = (
        PublisherName.cbs
    ),
    year: Annotated[
        int | None, typer.Option(min=1990, max=2100, help="The only year to take.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="A new file instead of cbs.toml; - prints.")
    ] = None,
) -> None:
    """Write a catalog block for a CBS table from its own metadata, for you to trim.

    Example: wijkpeil sources add 85984NED --to -
    """
    from wijkpeil.sources.adding import add_cbs_table

    settings, catalog = settings_and_catalog()
    told = add_cbs_table(
        cbs_id, catalog, settings, api=api.value, publisher=publisher.value, year=year, to=to
    )
    sys.stdout.write(told)
