"""What README and docs/ show of the demo is what its edition gives, word for word.

What costs no edition is written by cog: tests/test_house_rules.py.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.compile(r"^```text\n\$ (wijkpeil .*)\n((?s:.*?))^```$", re.MULTILINE)
# what a page shows of other worlds: of a CBS that renamed a column, and of the shipped catalog
ELSEWHERE = {"wijkpeil doctor", "wijkpeil areas show nprz --csv"}
FROM_THE_DEMO = {
    command: text
    for page in sorted((ROOT / "docs").glob("*.md"))
    for command, text in SHOWN.findall(page.read_text(encoding="utf-8"))
    if command not in ELSEWHERE
}


def run(command: str, edition: Path, folder: Path) -> str:
    """What a command on the demo's edition prints, in a window of 100 columns."""
    environment = {
        **os.environ,
        "COLUMNS": "100",
        "PYTHONPATH": str(ROOT),
        "WIJK_CATALOG": str(edition.parents[1] / "catalog"),
        "WIJK_WAREHOUSE": str(edition.parent),
        "WIJK_MAIL_FROM": "wijkpeil@voorbeeld.example",
    }
    done = subprocess.run(
        [sys.executable, "-m", "wijkpeil.cli", *shlex.split(command)[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_shows(shown: str, given: str) -> None:
    """Each piece between dots is in the output, in this order; white space may differ."""
    rest = " ".join(given.split())
    pieces = re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)
    for words in filter(None, (" ".join(piece.split()) for piece in pieces)):
        assert words in rest, words
        rest = rest.partition(words)[2]


def test_pages_show_what_is_tried_here() -> None:
    assert {command.split()[1] for command in FROM_THE_DEMO} == {"explain", "backtest"}


@pytest.mark.parametrize("command", sorted(FROM_THE_DEMO))
def test_a_page_shows_what_the_command_prints(
    command: str, demo_edition: Path, tmp_path: Path
) -> None:
    assert_shows(FROM_THE_DEMO[command], run(command, demo_edition, tmp_path))


def test_the_readme_shows_what_its_query_gives(demo_edition: Path, tmp_path: Path) -> None:
    found = re.search(
        r'^\.venv/bin/(wijkpeil query "[^"]*")\n```\n\n```text\n([^`]*)', README, re.M
    )
    assert found
    assert_shows(found[2], run(found[1], demo_edition, tmp_path))


def test_the_readme_shows_the_mail_of_the_demo(demo_edition: Path, tmp_path: Path) -> None:
    subject, _, text = (
        README.partition("```text\nOnderwerp: ")[2].partition("```")[0].partition("\n")
    )
    run(f"wijkpeil alerts preview --folder {tmp_path}", demo_edition, tmp_path)
    (mail,) = tmp_path.glob("*samen_aan_zet*.txt")
    assert_shows(text, mail.read_text(encoding="utf-8"))
    assert subject in " ".join((mail.with_suffix(".html")).read_text(encoding="utf-8").split())
