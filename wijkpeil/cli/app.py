"""The command itself: its groups, its two consoles, and how it ends."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

import typer
from rich.console import Console

from wijkpeil.catalog import Catalog, load_catalog
from wijkpeil.errors import sentence
from wijkpeil.settings import Settings

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
quarantine_app = typer.Typer(
    help="What is held until a person says yes: list, show, release.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(alerts_app, name="alerts")
app.add_typer(areas_app, name="areas")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(sources_app, name="sources")
out = Console(soft_wrap=True, highlight=False, markup=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def main() -> None:
    """Run the command; an error that a person can mend is one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that has not every letter gets a substitute, and a command no traceback
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
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


def print_lines(lines: Iterable[str]) -> None:
    """Each line on the screen, as it is."""
    for line in lines:
        out.print(line)


def settings_and_catalog() -> tuple[Settings, Catalog]:
    """The settings of the environment, and the catalog that they name."""
    settings = Settings.from_environment()
    return settings, load_catalog(settings.catalog)
