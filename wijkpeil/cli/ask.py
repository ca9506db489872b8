"""Ask the published editions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wijkpeil.cli.app import app, err, out, print_lines
from wijkpeil.cli.console import print_table, write_csv
from wijkpeil.edition.folder import published_path, reading
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


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


@app.command()
def editions() -> None:
    """List the published editions; the one that readers see is marked.

    Example: wijkpeil editions
    """
    from wijkpeil.edition.publish import list_editions, published_edition

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
    axis: Annotated[
        AxisName | None,
        typer.Option(help="The level of the area, or a gap; without it what is judged."),
    ] = None,
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
    from wijkpeil.explain import account, as_picture, heading, year_tables
    from wijkpeil.explain import explain as find_facts

    if chart is not None:
        from wijkpeil.charts.files import demand_format, write_chart

        demand_format(chart)
    warehouse = Settings.from_environment().warehouse
    found = find_facts(
        warehouse, area, indicator, programme=programme, axis=axis and axis.value, edition=edition
    )
    print_lines(heading(found, lang.value))
    for table in year_tables(found, out.width):
        print_table(out, *table)
    print_lines(account(found))
    if chart is not None:
        picture = as_picture(found, lang.value)
        told = (found.row[f"sentence_{lang.value}"], picture.source)
        write_chart(picture, chart, text=[*filter(None, told)])
        out.print(f"\nChart {chart}")


@app.command()
def backtest(
    indicator: Annotated[
        list[str] | None, typer.Option(help="Test only this indicator; may be repeated.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a file.")] = False,
    as_page: Annotated[
        bool, typer.Option("--markdown", help="The error rates as a table for a page.")
    ] = False,
) -> None:
    """Test the rule on the published history, and on series of which the truth is known.

    Of all indicators, the error rates are kept for the page on the method in the report.

    Example: wijkpeil backtest --indicator low_income
    """
    from wijkpeil.backtest.kept import keep_test
    from wijkpeil.backtest.run import (
        CSV_COLUMNS,
        EDITION_COLUMNS,
        SIMULATION_COLUMNS,
        demand_limits_hold,
    )
    from wijkpeil.backtest.run import backtest as test_rule

    warehouse = Settings.from_environment().warehouse
    with err.status("Judging") as status:
        found = test_rule(
            published_path(warehouse),
            indicator or [],
            tell=lambda simulation: status.update(f"Judging {simulation}"),
        )
    if not indicator and found.together:
        kept = keep_test(warehouse, found.edition_id, [*found.page_rows()])
        err.print(f"Kept in {kept}; the next 'wijkpeil report' shows it.")
    if as_csv:
        write_csv(CSV_COLUMNS, found.csv_rows())
    elif as_page:
        print_lines(found.page_lines())
    else:
        print_table(out, EDITION_COLUMNS, found.edition_rows())
        print_table(out, SIMULATION_COLUMNS, found.simulation_rows())
        print_lines(found.sentences())
    demand_limits_hold(found)
