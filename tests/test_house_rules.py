"""The rules of the house that no linter knows: nothing is left unsaid in the documents.

Who may import whom is a contract in pyproject.toml, which `make lint` keeps.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_args

import house

from wijkpeil.alerts.digest import Threshold
from wijkpeil.catalog.areas import Certainty
from wijkpeil.catalog.blocks import AreaLevel, MissingStatus
from wijkpeil.cli.ask import AxisName
from wijkpeil.edition.given import GIVEN
from wijkpeil.edition.models import read_models
from wijkpeil.edition.rule import read_rule
from wijkpeil.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
# what people wrote of each command, before the help that is generated
COMMANDS = (DOCS / "command.md").read_text().partition("[[[cog")[0]
SETTINGS = (DOCS / "settings.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
GLOSSARY = (DOCS / "glossary.md").read_text()
README = (ROOT / "README.md").read_text()
# where docs/method.md names the constants of sql/rule.toml
NAMED_IN_METHOD = (
    (
        "fewer than {least_points} points, a span under {least_span_years} years, "
        "the last point over {oldest_years} years old"
    ),
    "over {largest_suppressed_share:.0%} of the figures suppressed",
    "rounded at {score_decimals} decimals",
    "at most {longest_years} years, and on its last {least_kept_years} whatever",
    "b ≤ −1 and b + {margin_errors:g} s < 0",
    "b ≥ 1 and b − {margin_errors:g} s > 0",
    "{margin_errors:g} is the 95% quantile",
    "± {margin_errors:g} s √(Sxx)",
    "fewer than {common_share:.0%} of the areas pass, b + {mail_errors:g} s < 1",
    (
        "b + q s < 1 with q = {margin_errors:g}, and {wide_entry_errors:g} more for every δ that "
        "s is above {wide_error:g} δ, at least {own_noise_entry_errors:g} with own noise"
    ),
    "an alert was up and b + {kept_errors:g} s < 1",
    "a variance of n for n events, of {register_turnover:g} n for n people in a register",
    "v = ({pool_weight}·(e² + τ²) + RSS) / ({pool_weight} + df)",
    "weighs as {pool_weight} degrees of freedom",
    "is more than {own_noise_ratio}·(e² + τ²)",
    (
        "v = RSS / (df − {own_noise_fewer_degrees:g}) "
        "(df − {own_noise_fewer_degrees:g} is at least {own_noise_least_degrees:g})"
    ),
    "with n at least {memory_least_points}",
    "0 to {largest_memory:g}. Of fewer than {memory_least_wijken} wijken it is not known (null)",
    "has {bend_least_points} figures or more within one definition, its last {bend_years} years",
    "has b₅ ≥ {turn_size:g} and b₅ − b > {turn_beyond_line:g} is *turned*",
    (
        "b ≥ {flat_after_size:g}, is improving or inconclusive, and has "
        "b₅ + {flat_errors:g} s₅ < 1 and b − b₅ > {bend_errors:g} √(s₅² − s²) is *flattened*"
    ),
    "Where {scattered_share:.0%} of the wijken or more have a doubted figure",
    "near by s, and at least {prior_least_error:g}.",
    "`core.true_slopes()`, in {prior_shared_steps} steps of expectation and maximisation",
    "the stated chances weigh as {prior_stated_weight} lines",
    "{prior_steps} steps for each indicator",
    "those of the axis weigh as {prior_shared_weight} lines",
    "is taken to lie {held_shift:g} s lower",
    "is taken to lie {lasting_shift:g} s lower",
    "without an alert {entered_shift:g} s higher",
    "at most {standstill_slope:g} δ a year",
    (
        "the median of {break_least_wijken} wijken or more jumps in one year "
        "by more than {break_spreads} times the usual spread of the other years, "
        "of which there are {break_least_other_years} at least, and by more than {break_sizes} δ"
    ),
    "of which under {level_least_share:.0%} have a figure is not published yet",
    "with fewer than {level_least_areas} areas, all may be withheld",
    "never had a figure in {level_least_years} years in which another had some",
    "moves in one year by more than {national_share} of the larger of the two",
    "and by more than {national_times} times its usual step",
    (
        "by more than {whole_apart_share:.0%} of itself, {whole_apart_steps} of its last decimals "
        "and {whole_apart_errors} standard errors"
    ),
    (
        "Where {area_many_conclusive} or more are conclusive, an area is an alert "
        "with {area_alerts} alerts or more that are at least 1 in {area_one_in} of them; "
        "where {area_few_conclusive} or more are, with {area_alerts_of_few} alerts"
    ),
    "*structural* when {structural_indicators} or more of them last {lasting_editions} editions",
    "names at most {examples} areas",
    (
        "by no more than {margin_errors:g} errors of both together, and by no more than "
        "{start_share:g} of what matters a year times the window"
    ),
    "truly improves by δ or more is {example_chance:g} at least",
    "from half to {size_times} times as many inhabitants",
    "from a third to {gemeente_times} times as many",
)


def test_no_flow_hides_a_module_of_python_or_a_dependency() -> None:
    """Prefect puts the folder of a flow on the path of its worker."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    taken = {name["name"].replace("-", "_") for name in locked} | set(sys.stdlib_module_names)
    assert not {path.stem for path in (ROOT / "flows").glob("[!_]*.py")} & taken


def test_the_house_has_no_more_rooms_and_arrows_than_it_had() -> None:
    """A room or an import across rooms that comes is one to think of; raise these with a reason."""
    found = house.arrows(ROOT, "wijkpeil")
    assert len({room for pair in found for room in pair}) <= 20
    assert len(found) <= 94
    assert house.circles(found) == set()


def test_every_mart_and_core_table_has_a_suite_or_is_read_by_one_that_has() -> None:
    suites = {path.stem for path in (ROOT / "expectations").glob("*.json")}
    models = {model.name: model for model in read_models(ROOT / "sql")}
    wide = {"marts.liveability_wide", "marts.safety_wide"}
    for name in models:
        if name.startswith("marts.") and name not in wide:
            assert name in suites, f"{name} has no suite in expectations/"
    assert suites <= set(models) | set(GIVEN)


def test_the_method_names_every_constant_with_the_value_of_the_rule() -> None:
    method = " ".join((ROOT / "docs" / "method.md").read_text(encoding="utf-8").split())
    rule = asdict(read_rule(ROOT / "sql"))
    for phrase in NAMED_IN_METHOD:
        assert phrase.format(**rule) in method
    named = {name for each in NAMED_IN_METHOD for name in re.findall(r"\{(\w+)", each)}
    assert named == set(rule)


def test_every_constant_of_the_rule_is_read_by_the_sql() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "sql").rglob("*.sql")]
    read = {name for text in texts for name in re.findall(r"\brule\('(\w+)'\)", text)}
    assert read == {field.name for field in fields(read_rule(ROOT / "sql"))}


def test_every_command_has_a_line_in_the_reference() -> None:
    source = "\n".join(
        path.read_text() for path in sorted((ROOT / "wijkpeil" / "cli").glob("*.py"))
    )
    commands = re.findall(r"^@app\.command\(\)\ndef (\w+)\(", source, re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        assert re.search(rf"`(wijkpeil )?{command}\b", COMMANDS), command
    groups = dict(re.findall(r'^app\.add_typer\((\w+), name="(\w+)"\)', source, re.MULTILINE))
    within = [
        f"{groups[group]} {command}"
        for group, command in re.findall(r'^@(\w+_app)\.command\("(\w+)"\)', source, re.MULTILINE)
    ]
    assert len(within) == 9
    assert {command.split()[0] for command in within} == set(groups.values())
    for command in within:
        assert f"`wijkpeil {command}" in COMMANDS, command


def test_every_setting_is_in_the_documents_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(WIJK_\w+)` \| ([^|]*) \|", SETTINGS, re.MULTILINE))
    for field in fields(Settings):
        stated = rows.pop(f"WIJK_{field.name.upper()}")
        if field.default is None:
            assert stated.startswith("not set")
        elif isinstance(field.default, float):
            assert float(stated.strip("`")) == field.default
        else:
            assert stated == f"`{field.default}`"
    assert not rows


def test_every_dependency_has_a_purpose_in_the_documents() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = CONTRIBUTING.split("| dependency |")[1].split("## ")[0]
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)
        assert name
        assert re.search(rf"\b{name[0]}\b", table), name[0]


def test_nothing_is_printed_outside_the_command() -> None:
    for path in [*(ROOT / "wijkpeil").rglob("*.py"), *(ROOT / "flows").glob("*.py")]:
        if path.parent.name != "cli":
            tree = ast.walk(ast.parse(path.read_text()))
            calls = {
                n.func.id for n in tree if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
            assert "print" not in calls, path


def test_shown_output_is_what_the_code_gives() -> None:
    """Settings, the help of each command and what else cog writes: `make docs` renews it."""
    cog = [sys.executable, "-m", "cogapp", "--check", "--diff", "-I", "docs"]
    done = subprocess.run(
        [*cog, *map(str, PAGES)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"
    for page, function in {
        "command.md": "command_reference",
        "settings.md": "settings_table",
        "areas.md": "output",
    }.items():
        assert f"reference.{function}(" in (DOCS / page).read_text(), page


def test_the_readme_and_every_page_stay_readable_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
    for page in PAGES:
        assert len(page.read_text().splitlines()) <= 500, page.name


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {path.resolve() for path, _ in _links(ROOT / "README.md")}
    assert {ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES} <= linked


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    written = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "warehouse" / "README.md"]
    for page in [*written, *PAGES]:
        for path, heading in _links(page):
            assert path.exists(), f"{page.name}: {path}"
            assert not heading or heading in _headings(path), f"{page.name}: #{heading}"


def test_no_word_of_the_glossary_is_defined_twice() -> None:
    rows = re.findall(r"^\| ([^|`]+) \| [^|]+ \|$", GLOSSARY, re.MULTILINE)
    words = [word for row in rows for word in row.split(", ") if word != "word"]
    assert len(words) > 100
    assert len(words) == len(set(words)), sorted(word for word in words if words.count(word) > 1)


def test_every_word_that_a_value_may_be_is_in_the_glossary() -> None:
    """Kinds of area, axes, certainties, thresholds, and why a figure is missing."""
    words = {axis.value for axis in AxisName}
    words |= {*get_args(AreaLevel), *get_args(Certainty), *get_args(MissingStatus)}
    words |= {*get_args(Threshold)}
    absent = {word for word in words if not re.search(rf"\b{word}\b", GLOSSARY)}
    assert not absent


def test_no_two_modules_of_tests_have_one_name() -> None:
    """Of two of one name pytest collects the first, and stops at the other."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert {name for name in names if names.count(name) > 1} == set()


def _links(page: Path) -> list[tuple[Path, str]]:
    """The files that a page links to, with the heading if any; not the web, not code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)", text)
    return [
        ((page.parent / path).resolve() if path else page, heading)
        for path, heading in found
        if "://" not in path
    ]


def _headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them of its headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
