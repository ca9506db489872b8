"""The report: make it, show it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wijkpeil.cli.app import app, out
from wijkpeil.edition.folder import writing
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


@app.command()
def report(
    programme: Annotated[
        str | None, typer.Option(help="Lead to the page of this programme.")
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    sheet: Annotated[
        str | None, typer.Option(help="Print the page of this wijk or area to a PDF, one A4.")
    ] = None,
) -> None:
    """Bring the report up to the published edition; only what changed is made anew.

    Example: wijkpeil report --programme nprz --open
    """
    from wijkpeil.explain import area_called
    from wijkpeil.report import page_path, write_report
    from wijkpeil.report.paths import slug
    from wijkpeil.report.sheet import print_sheet

    settings = Settings.from_environment()
    with writing(settings.warehouse):
        made = write_report(
            settings.warehouse, keep=settings.keep_reports, base_url=settings.report_url
        )
    out.print(made.sentence)
    if sheet is not None:
        code = area_called(settings.warehouse, sheet)
        page = print_sheet(settings.warehouse, code, Path(f"{slug(code)}.pdf"))
    else:
        page = page_path(settings.warehouse, programme)
    out.print(str(page), soft_wrap=True)
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
    from wijkpeil.report import report_path
    from wijkpeil.report.serve import prefect_server, serve_folder

    folder = report_path(Settings.from_environment().warehouse)
    if not (folder / "index.html").is_file():
        raise WijkError(f"{folder} does not exist yet; run `wijkpeil report`.")
    with serve_folder(folder, port) as server, prefect_server(started=with_prefect) as prefect_url:
        out.print(f"Report   {server.url}")
        if prefect_url:
            out.print(f"Prefect  {prefect_url}")
        out.print("Stop with Ctrl-C.")
        server.wait()
