"""Run the flow, whole or a stage at a time."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wijkpeil.cli.app import app, err, out, print_lines, settings_and_catalog
from wijkpeil.cli.console import showing_progress
from wijkpeil.cli.standing import in_brief
from wijkpeil.edition.folder import candidate_path, published_path, writing
from wijkpeil.errors import WijkError, sentence
from wijkpeil.progress import report_stage
from wijkpeil.settings import Settings

if TYPE_CHECKING:
    from wijkpeil.runs import Outcome


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demo keeps its catalog, warehouse and mail.")
    ] = Path("warehouse/demo"),
    prefect: Annotated[
        bool, typer.Option("--prefect", help="Run it as a flow, on a Prefect server of its own.")
    ] = False,
) -> None:
    """Run all steps on synthetic figures about fictive gemeenten, on this machine only.

    Example: wijkpeil demo
    """
    from wijkpeil.report import report_path
    from wijkpeil.report.paths import path_of

    try:
        from wijkpeil.demo import demo_world
    except ModuleNotFoundError as error:
        if str(error.name).startswith("wijkpeil"):
            raise
        raise WijkError(
            f"The demo has a mail server of its own, for which {error.name} is not installed; run "
            "`pip install 'wijkpeil[demo]'`."
        ) from error

    out.print("Demo: every figure is synthetic, every gemeente is fictive.\n")
    with demo_world(folder) as world:
        # no setting and no server of the user's
        for name in [name for name in os.environ if name.startswith(("WIJK_", "PREFECT_"))]:
            del os.environ[name]
        os.environ.update(world.environment)
        own = world.folder / "prefect" if prefect else None
        need_well(run(offline=False, send=True, only=None, prefect=prefect, own=own))
    settings = Settings.from_environment()
    heading, worst = in_brief(settings.warehouse)
    out.print(f"\n{heading}.")
    site = report_path(settings.warehouse)
    mails = sorted((folder / "mail").glob("*.html"))
    out.print(f"\nMail       {mails[-1] if mails else 'none yet'}", soft_wrap=True)
    if worst is not None:
        out.print(f"Sheet      {site / path_of('area', worst, 'nl')}", soft_wrap=True)
    out.print(f"Report     {site / path_of('start', 'start', 'nl')}", soft_wrap=True)
    out.print(f"Warehouse  {published_path(settings.warehouse)}", soft_wrap=True)
    out.print("\nTry next:")
    for line in next_lines(settings.warehouse, settings.catalog):
        out.print(f"  {line}", soft_wrap=True)


def next_lines(warehouse: Path, catalog: Path) -> Iterator[str]:
    """What to try after the demo, as a shell takes it from the folder that the demo was run in.

    Where the shell would not find this command, or another, it is told where it lies: then what
    other messages say can be typed as it stands as well.
    """
    own = Path(sys.executable).parent / "wijkpeil"
    found = shutil.which("wijkpeil")
    if own.exists() and (found is None or Path(found).resolve() != own.resolve()):
        yield f'export PATH={shlex.quote(str(own.parent))}:"$PATH"'
    yield f"export WIJK_WAREHOUSE={shlex.quote(str(warehouse))}"
    yield f"export WIJK_CATALOG={shlex.quote(str(catalog))}"
    yield 'wijkpeil query "from marts.area_alert where is_alert and edition_year = 2025"'
    yield "wijkpeil alerts list"
    yield 'wijkpeil explain havenkwartier "laag inkomen" --chart uitleg.html'
    yield "wijkpeil doctor --offline"


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
        typer.Option(
            "--prefect", help="Run it as a flow, on PREFECT_API_URL or a server of its own."
        ),
    ] = False,
) -> None:
    """Fetch what changed, build, check, publish, and tell the programmes what is new.

    Example: wijkpeil refresh --only kwb_2020 --no-send
    """
    outcome = run(offline=offline, send=not no_send, only=only, prefect=prefect)
    if outcome.problem is None or outcome.is_published:
        print_lines(outcome.sentences)
    need_well(outcome)


@app.command()
def build() -> None:
    """Build the candidate warehouse from the newest snapshots, offline.

    Example: wijkpeil build
    """
    from wijkpeil.edition.build import build as build_candidate
    from wijkpeil.edition.build import find_inputs
    from wijkpeil.runs.failures import lacks_of

    settings, catalog = settings_and_catalog()
    with writing(settings.warehouse):
        inputs = find_inputs(catalog, settings.warehouse)
        path = build_candidate(catalog, settings.warehouse, inputs)
    missing = [each for each in inputs.missing if each.is_fault]
    lacks = [line.full for line in lacks_of(missing, failed=())]
    for warning in (*inputs.problems.values(), *lacks):
        out.print(f"Warning: {warning}")
    out.print(f"Built {path}; next: wijkpeil check.")


@app.command()
def check() -> None:
    """Run the expectations on the candidate; failed rows go to meta.quarantine in it.

    Example: wijkpeil check
    """
    from wijkpeil.edition.build import SUITES
    from wijkpeil.edition.checks import run_checks

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
    from wijkpeil.edition.publish import publish as publish_candidate

    settings = Settings.from_environment()
    with writing(settings.warehouse):
        edition = publish_candidate(settings.warehouse)
    out.print(f"Published edition {edition.edition_id} as {published_path(settings.warehouse)}.")


def run(
    *, offline: bool, send: bool, only: list[str] | None, prefect: bool, own: Path | None = None
) -> Outcome:
    """Run all steps in this process; with `prefect` or PREFECT_API_URL as a flow, which Prefect
    shows. What went wrong is in the outcome.

    Without PREFECT_API_URL the flow runs on a server of its own, in the folder `own`. A server
    that is set and cannot be used holds nobody up unless `prefect` asks for it: the run goes on
    without, and says so.
    """
    from wijkpeil.runs.prefect_api import why_unusable

    api_url = None if own else os.environ.get("PREFECT_API_URL")
    with showing_progress(err):
        if not prefect and not api_url:
            outcome = _run_plainly(offline=offline, send=send, only=only)
        else:
            problem = why_unusable(api_url) if api_url else None
            if problem is None:
                outcome = _run_flow(api_url, own, offline=offline, send=send, only=only)
            elif prefect:
                raise WijkError(problem)
            else:
                err.print(f"{problem} This run goes on without Prefect.")
                outcome = _run_plainly(offline=offline, send=send, only=only)
    return outcome


def need_well(outcome: Outcome) -> None:
    """Raise WijkError with what went wrong in a run, if anything did."""
    if outcome.problem:
        raise WijkError(outcome.problem)


def _run_plainly(*, offline: bool, send: bool, only: list[str] | None) -> Outcome:
    from wijkpeil.runs import PlainRunner, run_refresh

    return run_refresh(PlainRunner(), offline=offline, send=send, only=only)


def _run_flow(
    api_url: str | None, own: Path | None, *, offline: bool, send: bool, only: list[str] | None
) -> Outcome:
    from wijkpeil.runs.prefect_api import own_prefect

    # the sentence at the end says what a person needs; the log goes to the Prefect server
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    report_stage("start Prefect")
    folder = own or Settings.as_far_as_readable().warehouse / "prefect"
    with nullcontext() if api_url else own_prefect(folder):
        try:
            from flows.refresh import refresh as flow

            state = flow(offline=offline, send=send, only=only, return_state=True)
        except Exception as error:
            if sentence(error):
                raise
            shown = " ".join(str(error).split())[:300]
            raise WijkError(
                f"Prefect cannot run the flow ({type(error).__name__}: {shown}); leave out "
                "--prefect and PREFECT_API_URL to run without it."
            ) from error
        result: Any = state.result(raise_on_failure=False)
    if isinstance(result, Exception):
        raise result
    if result is None:
        raise WijkError(state.message or "Prefect says nothing of how the run ended; see its log.")
    outcome: Outcome = result
    return outcome
