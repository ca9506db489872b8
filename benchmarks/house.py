"""How large the house is: rooms and who asks whom, lines of Python, SQL and tests.

    .venv/bin/python benchmarks/house.py            this checkout
    .venv/bin/python benchmarks/house.py FOLDER     another, such as a worktree of an older commit

A room is a module or package at the first level of the import package; an arrow goes from a room to
one that it imports. That no arrow points up is a contract of `make lint`.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    root = Path(sys.argv[1]) if sys.argv[1:] else ROOT
    package = "wijkpeil" if (root / "wijkpeil").is_dir() else "flows"
    found = arrows(root, package)
    rooms = {room for pair in found for room in pair}
    print(f"{package}/: {len(rooms)} rooms, {len(found)} arrows, {len(circles(found))} in a circle")
    for name, folders, pattern in (
        ("Python", ("wijkpeil", "flows"), "*.py"),
        ("SQL", ("sql", "wijkpeil", "flows"), "*.sql"),
        ("tests", ("tests",), "*.py"),
        ("benchmarks", ("benchmarks",), "*.py"),
        ("phrases and templates", ("wijkpeil", "flows"), "*.toml"),
    ):
        files = [path for folder in folders for path in (root / folder).rglob(pattern)]
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
        print(f"{name}: {lines} lines in {len(files)} files")


def arrows(root: Path, package: str) -> set[tuple[str, str]]:
    """Each pair of rooms of which the first imports the second."""
    found = set()
    for path in (root / package).rglob("*.py"):
        here = path.relative_to(root / package).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            parts = node.module.split(".")
            if parts[0] != package:
                continue
            names = parts[1:2] or [alias.name for alias in node.names]
            found |= {(here, name) for name in names if name != here}
    return found


def circles(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows to a room from which there is a way back."""
    reached = set(found)
    while more := {(a, d) for a, b in reached for c, d in found if b == c} - reached:
        reached |= more
    return {pair for pair in found if pair[::-1] in reached}


if __name__ == "__main__":
    main()
