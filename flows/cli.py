"""`wijkpeil`: thin commands over the functions that flows use too.

Exit code 0 is done, 1 is failed with one sentence on stderr, 2 is wrong usage.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.catalog import Catalog, load_catalog
from flows.display import print_table, showing_progress, write_csv
from flows.errors import WijkError, sentence
from flows.settings import Settings
from flows.standing import standing_still
from flows.warehouse import candidate_path, published_path, reading, writing

if TYPE_CHECKING:
    from flows.refresh import Outcome

app = typer.Typer(
    name="wijkpeil",
    help="Takes the level of Dutch neighbourhoods, every year, from open data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
alerts_app = typer.Typer(
    help="What programmes are told: list, preview, send.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
sources_app = typer.Typer(
    help="What the catalog follows: add.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
areas_app = typer.Typer(
    help="The areas of programmes: show, check.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(alerts_app, name="alerts")
app.add_typer(areas_app, name="areas")
app.add_typer(sources_app, name="sources")
out = Console(soft_wrap=True, highlight=False, markup=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


class ApiName(StrEnum):
    """The versions of the API."""

    v3 = "v3"
    v4 = "v4"


class AxisName(StrEnum):
    """What a class is about: the level of the area, or its gap to a reference."""

    own = "own"
    gap_gemeente = "gap_gemeente"
    gap_nl = "gap_nl"
    gap_programme = "gap_programme"


class LanguageName(StrEnum):
    """The languages of sentences and charts."""

    nl = "nl"
    en = "en"


class PublisherName(StrEnum):
    """Whose tables a service serves."""

    cbs = "cbs"
    third_party = "third_party"


def main() -> None:
    """Run the command; an error that a person can mend is one sentence and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        err.print("Stopped. The published warehouse is as it was; run again to carry on.")
        sys.exit(1)
    except Exception as error:
        text = sentence(error)
        if text is None:
            raise
        err.print(text)
        sys.exit(1)


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
        _run_flow(offline=False, send=True, only=None)
    settings = Settings.from_environment()
    _print_lines(standing_still(settings.warehouse))
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
) -> None:
    """Fetch what changed, build, check, publish, and tell the programmes what is new.

    Example: wijkpeil refresh --only kwb_2020 --no-send
    """
    _print_lines(_run_flow(offline=offline, send=not no_send, only=only).sentences)


@app.command()
def build() -> None:
    """Build the candidate warehouse from the newest snapshots, offline.

    Example: wijkpeil build
    """
    from flows.build import build as build_candidate
    from flows.build import find_inputs

    settings, catalog = _settings_and_catalog()
    with writing(settings.warehouse):
        path = build_candidate(
            catalog, settings.warehouse, find_inputs(catalog, settings.warehouse)
        )
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


@app.command()
def editions() -> None:
    """List the published editions; the one that readers see is marked.

    Example: wijkpeil editions
    """
    from flows.publish import list_editions, published_edition

    warehouse = Settings.from_environment().warehouse
    current = published_edition(warehouse)
    made = list_editions(warehouse)
    if not made:
        out.print(f"No editions in {warehouse} yet; run `wijkpeil refresh`.")
        return
    rows = [
        (
            edition.edition_id,
            f"{edition.built_at:%Y-%m-%d %H:%M}",
            f"{edition.first_year}-{edition.last_year}",
            edition.observations,
            "yes" if current and current.edition_id == edition.edition_id else None,
        )
        for edition in made
    ]
    print_table(out, ("edition", "built", "years", "figures", "published"), rows)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a file.")] = False,
) -> None:
    """Ask the published warehouse, read-only.

    Example: wijkpeil query "select area_name, value from marts.safety where year = 2025 limit 5"
    """
    import duckdb

    with reading(published_path(Settings.from_environment().warehouse)) as connection:
        connection.execute("set enable_external_access = false")
        try:
            cursor = connection.execute(sql)
        except duckdb.Error as error:
            raise WijkError(f"Query: {str(error).splitlines()[0]}") from error
        names = [column[0] for column in cursor.description or []]
        if as_csv:
            write_csv(names, iter(cursor.fetchone, None))
            return
        print_table(out, names, cursor.fetchmany(1000))
        if cursor.fetchone():
            out.print("The first 1,000 rows; --csv gives all.")


@app.command()
def explain(
    area: Annotated[str, typer.Argument(metavar="AREA", help="Code or name of a wijk or area.")],
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="Id or name.")],
    programme: Annotated[str | None, typer.Option(help="Judged for this programme.")] = None,
    axis: Annotated[AxisName, typer.Option(help="The level of the area, or a gap.")] = AxisName.own,
    edition: Annotated[int | None, typer.Option(help="Edition year; the newest if none.")] = None,
    lang: Annotated[
        LanguageName, typer.Option(help="Language of the sentence and the chart.")
    ] = LanguageName.nl,
    chart: Annotated[
        Path | None, typer.Option(help="Draw it too, in a file that ends in .png, .svg or .html.")
    ] = None,
) -> None:
    """Tell every figure that a class rests on, so that it can be computed again by hand.

    Example: wijkpeil explain WK990104 low_income_share --axis gap_nl --chart uitleg.png
    """
    from flows.explain import account, as_picture, heading, year_tables
    from flows.explain import explain as find_facts

    if chart is not None:
        from flows.charts import demand_format, draw, write_chart

        demand_format(chart)
    warehouse = Settings.from_environment().warehouse
    found = find_facts(
        warehouse, area, indicator, programme=programme, axis=axis.value, edition=edition
    )
    _print_lines(heading(found, lang.value))
    for table in year_tables(found, out.width):
        print_table(out, *table)
    _print_lines(account(found))
    if chart is not None:
        picture = as_picture(found, lang.value)
        told = (found.row[f"sentence_{lang.value}"], picture.source)
        write_chart(draw(picture), chart, title=picture.title, text=[*filter(None, told)])
        out.print(f"\nChart {chart}")


@app.command()
def backtest(
    indicator: Annotated[
        list[str] | None, typer.Option(help="Test only this indicator; may be repeated.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a file.")] = False,
) -> None:
    """Test the rule on the published history, and on series of which the truth is known.

    Example: wijkpeil backtest --indicator low_income
    """
    from flows.backtest import CSV_COLUMNS, EDITION_COLUMNS, TRIAL_COLUMNS, demand_limits_hold
    from flows.backtest import backtest as test_rule

    with err.status("Judging") as status:
        found = test_rule(
            published_path(Settings.from_environment().warehouse),
            indicator or [],
            tell=lambda trial: status.update(f"Judging {trial}"),
        )
    if as_csv:
        write_csv(CSV_COLUMNS, found.csv_rows())
    else:
        print_table(out, EDITION_COLUMNS, found.edition_rows())
        print_table(out, TRIAL_COLUMNS, found.trial_rows())
        _print_lines(found.sentences())
    demand_limits_hold(found)


@app.command()
def report(
    programme: Annotated[
        str | None, typer.Option(help="Lead to the page of this programme.")
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Bring the report up to the published edition; only what changed is made anew.

    Example: wijkpeil report --programme nprz --open
    """
    from flows.report import page_path, write_report

    settings = Settings.from_environment()
    with writing(settings.warehouse):
        made = write_report(
            settings.warehouse, keep=settings.keep_reports, base_url=settings.report_url
        )
    out.print(made.sentence)
    page = page_path(settings.warehouse, programme)
    out.print(str(page))
    if open_it:
        typer.launch(page.resolve().as_uri())


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8765,
    with_prefect: Annotated[
        bool, typer.Option("--with-prefect", help="Start a Prefect server beside it, on 4200.")
    ] = False,
) -> None:
    """Show the report on this machine, at http://127.0.0.1:8765, until you stop it.

    Example: wijkpeil serve --with-prefect
    """
    from flows.report import report_path
    from flows.serving import prefect_server, serve_folder

    folder = report_path(Settings.from_environment().warehouse)
    if not (folder / "index.html").is_file():
        raise WijkError(f"{folder} does not exist yet; run `wijkpeil report`.")
    with serve_folder(folder, port) as server, prefect_server(started=with_prefect) as prefect_url:
        out.print(f"Report   {server.url}")
        if prefect_url:
            out.print(f"Prefect  {prefect_url}")
        out.print("Stop with Ctrl-C.")
        server.wait()


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Look only at this source; may be repeated.")
    ] = None,
) -> None:
    """Hold the catalog against the live tables, look at all around it, and tell what to do.

    Example: wijkpeil doctor --only kwb_2024
    """
    from flows.doctor import examine
    from flows.doctor.showing import show, summary

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
    if diagnosis.level == "error":
        raise WijkError(summary(diagnosis))


@areas_app.command("show")
def show_areas(
    programme: Annotated[str, typer.Argument(metavar="PROGRAMME", help="Id of the programme.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a file.")] = False,
) -> None:
    """Show which areas a programme has, with their CBS codes, and which are counted with.

    Example: wijkpeil areas show nprz
    """
    from flows.areas import COLUMNS, list_areas

    listing = list_areas(programme, Settings.from_environment())
    if as_csv:
        write_csv(COLUMNS, (area.cells for area in listing.areas))
        return
    print_table(out, COLUMNS, [area.cells for area in listing.areas])
    _print_lines(listing.sentences)


@areas_app.command("check")
def check_areas(
    programme: Annotated[str | None, typer.Option(help="Only the codes of this programme.")] = None,
) -> None:
    """Hold every code that programmes name against the area lists of all years.

    Example: wijkpeil areas check --programme nprz
    """
    from flows.areas import check_codes, demand_codes_hold

    codes = check_codes(Settings.from_environment(), programme)
    _print_lines(code.sentence for code in codes)
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
    from flows.sources import add_cbs_table

    settings, catalog = _settings_and_catalog()
    told = add_cbs_table(
        cbs_id, catalog, settings, api=api.value, publisher=publisher.value, year=year, to=to
    )
    sys.stdout.write(told)


@alerts_app.command("list")
def list_alerts(
    as_json: Annotated[
        bool, typer.Option("--json", help="The messages as one JSON document, for a monitor.")
    ] = False,
) -> None:
    """List the areas that stand still now, and every message with its state, tries and next try.

    Example: wijkpeil alerts list --json
    """
    from flows.outbox.listing import Outbox

    settings = Settings.from_environment()
    outbox = Outbox(settings)
    if as_json:
        sys.stdout.write(json.dumps(outbox.as_json, ensure_ascii=False, indent=1) + "\n")
        return
    _print_lines(standing_still(settings.warehouse))
    _print_lines(["", *outbox.lines] if outbox.messages else [])


@alerts_app.command("preview")
def preview_alerts(
    folder: Annotated[
        Path | None, typer.Option(help="Where they are written; preview/ in the warehouse if none.")
    ] = None,
) -> None:
    """Write the messages that would be queued now, without sending or claiming anything.

    Example: wijkpeil alerts preview --folder preview
    """
    from flows.alerts import load_recipients, preview

    settings, catalog = _settings_and_catalog()
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
    from flows.alerts import load_webhooks
    from flows.ledger import Ledger
    from flows.outbox import send_outbox

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
    _print_lines(report.sentences or ["Nothing waits."])


def _send_trial(addresses: list[str]) -> None:
    from flows.alerts import load_recipients, send_trial

    settings, catalog = _settings_and_catalog()
    recipients = load_recipients(settings, catalog)
    for address in addresses:
        mails = send_trial(settings, published_path(settings.warehouse), recipients, address)
        _print_lines(f"Sent '{mail.message.subject}' to {address}." for mail in mails)
        if not mails:
            out.print("No new alerts, so no mail.")


def _run_flow(*, offline: bool, send: bool, only: list[str] | None) -> Outcome:
    """Run the Prefect flow in this process; raises WijkError with the run's sentence."""
    # the sentence at the end says what a person needs; the log goes to the Prefect server
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    Settings.from_environment()
    with showing_progress(err):
        from flows.refresh import refresh as flow

        state = flow(offline=offline, send=send, only=only, return_state=True)
    result: Any = state.result(raise_on_failure=False)
    if state.is_completed():
        outcome: Outcome = result
        return outcome
    if isinstance(result, Exception):
        raise result
    raise WijkError(state.message or "The run failed without a reason; see the Prefect log.")


def _settings_and_catalog() -> tuple[Settings, Catalog]:
    settings = Settings.from_environment()
    return settings, load_catalog(settings.catalog)


def _wait_for_the_limit(seconds: float) -> None:
    err.print(f"WIJK_MAIL_PER_MINUTE is reached; going on in {seconds:.0f} seconds.")
    time.sleep(seconds)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(line)


if __name__ == "__main__":
    main()
