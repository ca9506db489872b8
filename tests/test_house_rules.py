"""The rules of the house: who may import whom, and that nothing is left unsaid in the README."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from flows.kernel import read_models
from flows.load import GIVEN
from flows.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MODULES = {
    path.stem if path.parent.name == "flows" else path.parent.name
    for path in (ROOT / "flows").rglob("*.py")
} - {"flows", "__init__"}

# what a module may import from the house; a module that is not here may import nothing of it
MAY_IMPORT = {
    "errors": set(),
    "memory": set(),
    "printable": set(),
    "rounding": set(),
    "progress": set(),
    "settings": {"delimited", "errors"},
    "catalog": {"catalog", "delimited", "errors", "settings"},
    "snapshots": {"errors"},
    "warehouse": {"errors", "memory", "snapshots"},
    "prefect_api": set(),
    "hosts": {"errors"},
    "download": {"errors", "hosts", "progress", "settings", "snapshots"},
    "compared": {"snapshots"},
    "cbs": {
        *("cbs", "catalog", "cells", "compared", "download", "errors", "progress", "settings"),
        "snapshots",
    },
    "receiving": {"download", "errors", "progress", "settings", "snapshots"},
    "delimited": {"errors"},
    "extract_rows": {"catalog", "delimited", "errors"},
    "extracts": {
        *("catalog", "cells", "errors", "extract_rows", "receiving", "settings", "snapshots"),
    },
    "addresses": {
        *("addresses", "catalog", "compared", "delimited", "download", "errors", "kernel"),
        *("receiving", "settings", "printable", "snapshots"),
    },
    "boundaries": {
        *("boundaries", "catalog", "delimited", "download", "errors", "receiving", "settings"),
        "snapshots",
    },
    "kernel": {"errors"},
    "load": {"catalog", "cells", "snapshots"},
    "quarantine": {
        *("quarantine", "catalog", "errors", "kernel", "load", "reading", "settings", "snapshots"),
        "warehouse",
    },
    "cells": {"catalog", "errors", "extract_rows", "kernel", "snapshots"},
    "revisions": {
        *("catalog", "cells", "errors", "extract_rows", "kernel", "reading", "settings"),
        "snapshots",
    },
    "phrases": {"errors", "kernel"},
    "reading": {"addresses", "boundaries", "catalog", "cells", "errors", "snapshots"},
    "build": {
        "phrases",
        "addresses",
        "catalog",
        "errors",
        "kernel",
        "load",
        "memory",
        "reading",
        *("quarantine", "revisions"),
        *("settings", "sitemap"),
        "snapshots",
        "warehouse",
    },
    "gx_duckdb": {"errors"},
    "checks": {"errors", "gx_duckdb", "kernel"},
    "publish": {"errors", "snapshots", "warehouse"},
    "ledger": {"ledger", "errors", "settings"},
    "outbox": {"outbox", "errors", "ledger", "settings"},
    "alerts": {
        *("alerts", "catalog", "charts", "errors", "explain", "ledger", "outbox", "printable"),
        *("rounding", "settings", "sitemap"),
    },
    "report": {
        *("report", "boundaries", "errors", "kernel", "memory", "printable", "rounding"),
        *("sitemap", "snapshots", "warehouse"),
    },
    "sitemap": set(),
    "serving": {"errors"},
    "standing": {"areas", "rounding"},
    "runs": {
        *("addresses", "alerts", "boundaries", "build", "catalog", "cbs", "checks", "errors"),
        *(
            "extracts",
            "hosts",
            "outbox",
            "printable",
            "progress",
            "publish",
            "quarantine",
            "report",
            "runs",
        ),
        *("settings", "snapshots", "warehouse"),
    },
    "trials": {"errors", "kernel", "memory", "warehouse"},
    "backtest": {"errors", "settings", "trials"},
    "areas": {"areas", "catalog", "errors", "settings", "warehouse"},
    "charts": {"errors", "printable", "rounding"},
    "explain": {"explain", "areas", "charts", "errors", "printable"},
    "doctor": {
        *("doctor", "areas", "catalog", "cbs", "download", "errors", "hosts", "ledger", "outbox"),
        *(
            "delimited",
            "extract_rows",
            "prefect_api",
            "publish",
            "runs",
            "settings",
            "snapshots",
            "warehouse",
        ),
    },
    "sources": {"catalog", "cbs", "errors", "settings"},
    "display": {"progress"},
    "demo": {"demo", "catalog", "errors", "printable"},
}
FLOWS = {"refresh", "deliver", "deployment", "cli"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(module: str) -> list[Path]:
    folder = ROOT / "flows" / module
    return sorted(folder.glob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@pytest.mark.parametrize("module", sorted(MODULES - FLOWS))
def test_imports_point_one_way(module: str) -> None:
    assert module in MAY_IMPORT, f"say in MAY_IMPORT what flows/{module} may import"
    for path in files(module):
        house = {
            name.split(".")[1]
            for name in imports(path)
            if name.startswith("flows.") and name.split(".")[1] in MODULES
        }
        assert house <= MAY_IMPORT[module], f"{path} imports {house - MAY_IMPORT[module]}"


def test_only_flow_files_import_prefect() -> None:
    for path in (ROOT / "flows").rglob("*.py"):
        if path.stem not in {"refresh", "deliver", "deployment"}:
            assert not any(name.split(".")[0] == "prefect" for name in imports(path)), path


def test_only_the_checks_import_great_expectations() -> None:
    for path in (ROOT / "flows").rglob("*.py"):
        if path.stem not in {"checks", "gx_duckdb"}:
            assert "great_expectations" not in {n.split(".")[0] for n in imports(path)}, path


def test_no_module_hides_one_of_python_or_a_dependency() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    taken = {name["name"].replace("-", "_") for name in locked} | set(sys.stdlib_module_names)
    assert not MODULES & taken


def test_every_mart_and_core_table_has_a_suite_or_is_read_by_one_that_has() -> None:
    suites = {path.stem for path in (ROOT / "expectations").glob("*.json")}
    models = {model.name: model for model in read_models(ROOT / "sql")}
    wide = {"marts.liveability_wide", "marts.safety_wide"}
    for name in models:
        if name.startswith("marts.") and name not in wide:
            assert name in suites, f"{name} has no suite in expectations/"
    assert suites <= set(models) | set(GIVEN)


def test_every_command_is_in_the_readme() -> None:
    source = "\n".join(path.read_text() for path in files("cli"))
    commands = re.findall(r"^@app\.command\(\)\ndef (\w+)\(", source, re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        assert re.search(rf"`(wijkpeil )?{command}\b", README), command
    groups = dict(re.findall(r'^app\.add_typer\((\w+), name="(\w+)"\)', source, re.MULTILINE))
    within = [
        f"{groups[group]} {command}"
        for group, command in re.findall(r'^@(\w+_app)\.command\("(\w+)"\)', source, re.MULTILINE)
    ]
    assert len(within) == 9
    assert {command.split()[0] for command in within} == set(groups.values())
    for command in within:
        assert f"`wijkpeil {command}" in README, command


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(WIJK_\w+)` \| ([^|]*) \|", README, re.MULTILINE))
    for field in fields(Settings):
        stated = rows.pop(f"WIJK_{field.name.upper()}")
        if field.default is None:
            assert stated.startswith("not set")
        elif isinstance(field.default, float):
            assert float(stated.strip("`")) == field.default
        else:
            assert stated == f"`{field.default}`"
    assert not rows


def test_every_dependency_earns_a_line_in_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = README.split("| dependency |")[1].split("## ")[0]
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)
        assert name
        assert re.search(rf"\b{name[0]}\b", table), name[0]


def test_nothing_is_printed_outside_the_command() -> None:
    for path in (ROOT / "flows").rglob("*.py"):
        if path.stem != "display" and path.parent.name != "cli":
            tree = ast.walk(ast.parse(path.read_text()))
            calls = {
                n.func.id for n in tree if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
            assert "print" not in calls, path
