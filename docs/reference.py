"""Shown text that comes from the code: `make docs` writes it in the pages, `make lint` compares.

A page has a block of cog that calls one of these functions; the text below it is the output.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

import wijkpeil.cli  # noqa: F401  its commands register themselves
from wijkpeil.cli.app import app
from wijkpeil.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
_WIDTH = 90
# what a setting is for; where it has no default, what happens without it
_SETTINGS = {
    "catalog": ("", "folder of the catalog"),
    "warehouse": ("", "folder of everything that is kept"),
    "cbs_v3_url": ("", "CBS OData v3"),
    "cbs_third_party_url": ("", "tables of other publishers on OData v3"),
    "cbs_v4_url": ("", "CBS OData v4"),
    "smtp_url": (
        "not set: mail stays queued",
        "mail server, `smtp://user@host:587?starttls=required`; `&ca=FILE`: your own authority",
    ),
    "smtp_password_file": (
        "not set",
        "file with the password on one line; a password is never in a variable or a log",
    ),
    "mail_from": ("not set", "sender of all mail"),
    "ehlo_name": (
        "not set: the domain of `WIJK_MAIL_FROM`",
        "name in EHLO, `host.example.nl` or `[192.0.2.1]`; never that of the machine itself",
    ),
    "data_owner": (
        "not set",
        "address that gets a notice of failed runs and lost mail; CBS sees it as the contact",
    ),
    "recipients": (
        "not set",
        "file of recipients and webhooks, outside git ([alerts.md](alerts.md#recipients))",
    ),
    "report_url": (
        "not set: mail has no links",
        "address of the report for readers, `https://...` or `file:///...`",
    ),
    "keep_reports": ("", "reports of earlier editions that stay on disk"),
    "mail_per_minute": ("", "mails per minute over all runs together; 0 is no limit"),
    "timeout_s": ("", "seconds to wait for a silent server"),
    "retries": ("", "attempts after the first, with backoff and jitter"),
}


def settings_table() -> str:
    """Every setting with its default and its meaning, as a table of Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for field in fields(Settings):
        absent, meaning = _SETTINGS[field.name]
        default = field.default
        shown = absent if default is None else f"`{_plain(default)}`"
        rows.append(f"| `WIJK_{field.name.upper()}` | {shown} | {meaning} |")
    return "\n".join(rows)


def command_help(path: str) -> str:
    """The help of one command, such as `alerts send`, as a block of Markdown."""
    asked = CliRunner().invoke(
        app, [*path.split(), "--help"], prog_name="wijkpeil", terminal_width=_WIDTH
    )
    assert asked.exit_code == 0, asked.output
    lines = [line.rstrip() for line in asked.output.strip().splitlines()]
    return "\n".join(["```text", *lines, "```"])


def command_reference() -> str:
    """A heading and the help of every command, in the order of `wijkpeil --help`."""
    parts = [command_help("")]
    for path in command_paths():
        parts.append(f"### wijkpeil {path}\n\n{command_help(path)}")
    return "\n\n".join(parts)


def command_paths() -> Iterator[str]:
    """Every command that does something, such as `demo` and `alerts send`."""
    for name, command in get_command(app).commands.items():
        within = getattr(command, "commands", None)
        yield from (f"{name} {each}" for each in within) if within else [name]


def output(line: str, *, first: int, last: int = 0) -> str:
    """A command and what it prints on a warehouse that is empty, as a block of Markdown.

    Of a long output the `first` and `last` lines are shown, with dots between them.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("WIJK_")}
        done = subprocess.run(
            [sys.executable, "-m", "wijkpeil.cli", *shlex.split(line)[1:]],
            cwd=ROOT,
            env={**kept, "WIJK_WAREHOUSE": folder, "COLUMNS": "100"},
            capture_output=True,
            check=True,
            text=True,
        )
    lines = [each.rstrip() for each in done.stdout.splitlines()]
    if len(lines) > first + last:
        lines = [*lines[:first], "...", *lines[len(lines) - last :]]
    return "\n".join(["```text", f"$ {line}", *lines, "```"])


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
