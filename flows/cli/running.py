"""Run the flow, whole or a stage at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.app import (
    app,
    err,
    out,
    print_lines,
    settings_and_catalog,
)
from flows.display import showing_progress
from flows.errors import WijkError
from flows.progress import report_stage
from flows.settings import Settings
from flows.standing import standing_still
from flows.warehouse import candidate_path, published_path, writing

if TYPE_CHECKING:
    from flows.runs import Outcome


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demo keeps its catalog, warehouse and mail.")
    ] = Path("warehouse/demo"),
) -> None:
    """Run the whole flow on synthetic figures about fictive gemeenten, on this machine only.

    Example: wijkpeil demo
    """
    from flows.demo import demo_world
    from flows.report import report_path

    out.print("Demo: every figure is synthetic, every gemeente is fictive.\n")
    with demo_world(folder) as world:
        for name in [name for name in os.environ if name.startswith("WIJK_")]:
            del os.environ[name]
        os.environ.update(world.environment)
        run(offline=False, send=True, only=None, with_prefect=False)
    settings = Settings.from_environment()
    print_lines(standing_still(settings.warehouse))
    warehouse, mails = settings.warehouse, sorted((folder / "mail").glob("*.eml"))
    out.print(f"\nWarehouse  {published_path(warehouse)}")
    out.print(f"Report     {report_path(warehouse) / 'index.html'}")
    out.print(f"Mail       {mails[-1] if mails else 'none yet'}")
    out.print("\nTry next:")
    out.print(f"  export WIJK_WAREHOUSE={warehouse} WIJK_CATALOG={settings.catalog}")
    out.print('  wijkpeil query "from marts.area_alert where is_alert and edition_year = 2025"')
    out.print("  wijkpeil alerts list")
    out.print('  wijkpeil explain havenkwartier "laag inkomen" --chart uitleg.html')
    out.print("  wijkpeil doctor --offline")


@app.command()
def refresh(
    offline: Annotated[
        bool, typer.Option("--offline", help="Use the snapshots there are; fetch nothing.")
    ] = False,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Queue new alerts, send no mail.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Fetch only this source; may be repeated.")
    ] = None,
    prefect: Annotated[
        bool,
        typer.Option("--prefect", help="Run it as a Prefect flow, also without PREFECT_API_URL."),
    ] = False,
) -> None:
    """Fetch what changed, build, check, publish, and tell the programmes what is new.

    Example: wijkpeil refresh --only kwb_2020 --no-send
    """
    with_prefect = prefect or bool(os.environ.get("PREFECT_API_URL"))
    outcome = run(offline=offline, send=not no_send, only=only, with_prefect=with_prefect)
    print_lines(outcome.sentences)


@app.command()
def build() -> None:
    """Build the candidate warehouse from the newest snapshots, offline.

    Example: wijkpeil build
    """
    from flows.build import build as build_candidate
    from flows.build import find_inputs

    settings, catalog = settings_and_catalog()
    with writing(settings.warehouse):
        path = build_candidate(
            catalog, settings.warehouse, find_inputs(catalog, settings.warehouse)
        )
        problems = find_inputs(catalog, settings.warehouse).problems
    for problem in problems.values():
        out.print(f"Warning: {problem}")
    out.print(f"Built {path}; next: wijkpeil check.")


@app.command()
def check() -> None:
    """Run the expectations on the candidate; failed rows go to meta.quarantine in it.

    Example: wijkpeil check
    """
    from flows.build import SUITES
    from flows.checks import run_checks

    settings = Settings.from_environment()
    candidate = candidate_path(settings.warehouse)
    if not candidate.exists():
        raise WijkError(f"{candidate} does not exist; run `wijkpeil build` first.")
    with writing(settings.warehouse):
        report = run_checks(candidate, SUITES)
    for warning in report.warnings:
        out.print(f"Warning: {warning.message}")
    print_lines(report.told)
    if not report.is_publishable:
        raise WijkError(report.sentence())
    out.print(f"{report.sentence()} Next: wijkpeil publish.")


@app.command()
def publish() -> None:
    """Publish the checked candidate as a new edition.

    Example: wijkpeil publish
    """
    from flows.publish import publish as publish_candidate

    settings = Settings.from_environment()
    with writing(settings.warehouse):
        edition = publish_candidate(settings.warehouse)
    out.print(f"Published edition {edition.edition_id} as {published_path(settings.warehouse)}.")


def run(*, offline: bool, send: bool, only: list[str] | None, with_prefect: bool) -> Outcome:
    """Run all steps in this process, as a flow where Prefect is to show it; raises WijkError with
    what is wrong."""
    with showing_progress(err):
        if with_prefect:
            outcome = _run_flow(offline=offline, send=send, only=only)
        else:
            from flows.runs import PlainRunner, run_refresh

            outcome = run_refresh(PlainRunner(), offline=offline, send=send, only=only)
    if outcome.problem:
        raise WijkError(outcome.problem)
    return outcome


def _run_flow(*, offline: bool, send: bool, only: list[str] | None) -> Outcome:
    # the sentence at the end says what a person needs; the log goes to the Prefect server
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    report_stage("start Prefect")
    from flows.refresh import refresh as flow

    state = flow(offline=offline, send=send, only=only, return_state=True)
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, Exception):
        raise result
    outcome: Outcome = result
    return outcome
