"""Checks on real DuckDB files: failing rows are found, counted and kept; nothing passes unseen."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from checks_helpers import BASES, FILLED, MISTAKES, WAREHOUSE, WARNINGS, WIDER_MISTAKES

from wijkpeil.edition import checks
from wijkpeil.edition.checks import Check, CheckReport, run_checks
from wijkpeil.errors import WijkError

# GX 1.24.1 imports sre_constants and sre_parse, deprecated in Python 3.11; not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT / "expectations"

KEPT = "select check_id, count(*) from meta.quarantine group by all"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file on which every check passes. Importing GX, 6-10 s, is paid here, once."""
    import wijkpeil.edition.gx_duckdb  # noqa: F401  # for its cost

    path = tmp_path_factory.mktemp("good") / "good.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(WAREHOUSE)
    return path


@pytest.fixture
def database(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(good, tmp_path / "build.duckdb"))


Suite = Callable[..., Path]
SQL = "unexpected_rows_expectation"
COUNT = "expect_table_row_count_to_equal"


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Writes a folder with one suite of one expectation on core.area, and gives the folder.

    `kind` is a type, the end of "expect_column_values_to_...", or the SQL of a rule.
    """
    folder = tmp_path / "suites"
    folder.mkdir()

    def write(kind: str, table: str = "core.area", **kwargs: Any) -> Path:
        if kind.startswith("select"):
            kind, kwargs = SQL, {"unexpected_rows_query": kind}
        elif not kind.startswith("expect_"):
            kind = f"expect_column_values_to_{kind}"
        meta = {"notes": "it is right", "rule": "r"}
        expectation = {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": meta}
        text = json.dumps({"name": table, "expectations": [expectation]})
        (folder / f"{table}.json").write_text(text, encoding="utf-8")
        return folder

    return write


def change(database: Path, sql: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def failed(report: CheckReport) -> dict[str, Check]:
    return {check.check_id: check for check in report.checks if not check.is_passed}


def only(report: CheckReport) -> Check:
    (check,) = report.checks
    return check


def test_a_good_file_passes_every_check(database: Path) -> None:
    report = run_checks(database, SUITES)

    assert failed(report) == {}
    assert report.is_publishable
    suites = [json.loads(path.read_text(encoding="utf-8")) for path in SUITES.glob("*.json")]
    assert len(report.checks) == sum(len(suite["expectations"]) for suite in suites)
    assert rows(database, "select count(*), bool_and(is_passed) from meta.check") == [
        (len(report.checks), True)
    ]
    assert rows(database, "from meta.quarantine") == []


def test_each_mistake_is_found_and_nothing_else(database: Path) -> None:
    expected: Counter[str] = Counter()
    with duckdb.connect(str(database)) as connection:
        for number, (table, wrong, rules) in enumerate(MISTAKES, start=2100):
            where, key = BASES[table]
            connection.execute(
                f"insert into {table} select * replace ({wrong}) from "
                f"(select * replace ({key.format(number)}) from {table} where {where})"
            )
            expected.update(f"{table}.{rule}" for rule in rules.split())
        for sql, counts in WIDER_MISTAKES:
            connection.execute(sql)
            expected.update(counts)

    report = run_checks(database, SUITES)

    assert {name: check.rows_failed for name, check in failed(report).items()} == expected
    assert dict(rows(database, KEPT)) == expected
    assert {check.check_id for check in report.warnings} == WARNINGS & expected.keys()
    assert {check.check_id for check in report.critical} == expected.keys() - WARNINGS
    assert not report.is_publishable


def test_empty_tables_do_not_pass_unseen(database: Path) -> None:
    beside = (
        *("input_problem", "input_warning", "quarantined_cell", "extract_account"),
        "trend_series",
    )
    for table in [*BASES, *(f"core.{name}" for name in beside)]:
        change(database, f"delete from {table}")

    report = run_checks(database, SUITES)

    assert set(failed(report)) == {f"{table}.is_filled" for table in FILLED}
    assert {check.rows_checked for check in report.checks} == {0}
    (given,) = (check for check in report.checks if check.check_id == "core.area.is_given.year")
    assert "no row, or no value, to check" in given.message


def test_every_failing_row_is_kept_whole(database: Path, suite: Suite) -> None:
    change(database, "update core.area set change_flag = -1")

    run_checks(database, suite("be_between", column="change_flag", min_value=0))

    kept = rows(
        database,
        "select check_id, table_name, rule, severity, source_id, row from meta.quarantine",
    )
    assert {row[:5] for row in kept} == {
        ("core.area.r.change_flag", "core.area", "r", "critical", "kwb")
    }
    there = rows(database, "select to_json(a) from core.area as a")
    assert sorted(row[5] for row in kept) == sorted(text for (text,) in there)
    assert len(kept) == 102


def test_what_is_over_the_limit_is_told(
    database: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "QUARANTINE_LIMIT", 40)

    report = run_checks(database, suite("select * from {batch}"))

    assert only(report).rows_failed == 102
    assert "62 of them left out of meta.quarantine" in only(report).message
    assert rows(database, KEPT) == [("core.area.r", 40)]


# kind, kwargs, rows that fail in the good file
@pytest.mark.parametrize(
    ("kind", "kwargs", "count"),
    [
        ("select * from {batch} where not regexp_matches(area_code, '^GM')", {}, 93),
        ("not_match_like_pattern", {"column": "area_name", "like_pattern": "%GM%"}, 9),
        ("not_be_in_set", {"column": "area_kind", "value_set": ["wijk"]}, 90),
        ("be_in_set", {"column": "area_name", "value_set": ["'s", r"a\b%", "naam NL00"]}, 99),
        ("be_in_set", {"column": "year", "value_set": [2018, 2019]}, 34),
        ("be_unique", {"column": "wijk_code"}, 90),
        ("expect_compound_columns_to_be_unique", {"column_list": ["area_kind", "wijk_code"]}, 90),
        (
            "expect_column_pair_values_to_be_equal",
            {"column_A": "area_code", "column_B": "wijk_code"},
            12,
        ),
        ("select area_code from {batch} where year = 2020; ", {}, 34),
        ("select * from {batch} as a join core.area as b using (area_code)", {}, 306),
    ],
)
def test_rows_that_gx_counts_are_the_rows_kept(
    database: Path, suite: Suite, kind: str, kwargs: dict[str, Any], count: int
) -> None:
    check = only(run_checks(database, suite(kind, **kwargs)))

    assert (check.rows_failed, check.is_passed) == (count, count == 0)
    assert rows(database, "select count(*) from meta.quarantine") == [(count,)]


def test_rows_that_a_rule_tolerates_are_kept_too(database: Path, suite: Suite) -> None:
    folder = suite("not_be_null", column="wijk_code", mostly=0.5)

    check = only(run_checks(database, folder))

    assert check.is_passed
    assert check.message.endswith("in 12 of 102 rows, which the rule tolerates.")
    assert rows(database, "select count(*) from meta.quarantine") == [(12,)]


def test_a_rule_on_the_table_as_a_whole_says_what_it_found(database: Path, suite: Suite) -> None:
    check = only(run_checks(database, suite(COUNT, value=7)))

    assert not check.is_passed
    assert check.message == 'core.area breaks the rule "it is right" (found: 102).'


def test_a_column_without_values_has_nothing_to_check(database: Path, suite: Suite) -> None:
    folder = suite("be_between", "core.observation", column="standard_error", min_value=0)

    assert only(run_checks(database, folder)).rows_checked == 0


def test_quarantined_rows_are_strict_json(database: Path, suite: Suite) -> None:
    change(database, "update core.area set change_flag = null")
    query = "select 'nan'::double as a, '-inf'::float as b, change_flag as c from {batch} limit 1"

    run_checks(database, suite(query))

    assert rows(database, "select row, source_id from meta.quarantine") == [
        ('{"a":"nan","b":"-inf","c":null}', None)
    ]


def test_a_second_run_replaces_the_first(database: Path, suite: Suite) -> None:
    folder = suite("select * from {batch} where change_flag < 0")
    change(database, "update core.area set change_flag = -1")
    assert not run_checks(database, folder).is_publishable
    change(database, "update core.area set change_flag = 1")

    assert run_checks(database, folder).is_publishable
    assert rows(database, "select check_id, is_passed from meta.check") == [("core.area.r", True)]
    assert rows(database, "from meta.quarantine") == []


def test_the_result_tables_have_comments(database: Path, suite: Suite) -> None:
    run_checks(database, suite(COUNT, value=102))

    assert rows(
        database,
        "select count(*) from duckdb_columns() where schema_name = 'meta' and comment is null",
    ) == [(0,)]
    assert rows(
        database,
        "select count(*) from duckdb_tables() where schema_name = 'meta' and comment is not null",
    ) == [(2,)]


# kind, kwargs (and table), what the sentence must say
@pytest.mark.parametrize(
    ("kind", "kwargs", "words"),
    [
        (COUNT, {"table": "core.are", "value": 1}, "no table core.are; nearest: 'core.area'"),
        ("not_be_null", {"column": "yaer"}, "core.area has no column 'yaer'; nearest: 'year'"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["year", "kode"]}, "'kode'"),
        ("be_nul", {"column": "year"}, "nearest: 'expect_column_values_to_be_null'"),
        ("not_be_null", {"column": "year", "foo": 1}, "foo: extra fields not permitted"),
        ("be_between", {"column": "area_code", "min_value": 0}, "column of type VARCHAR"),
        ("match_regex", {"column": "area_code", "regex": "^GM"}, "with regexp_matches()"),
        ("not_match_regex", {"column": "area_name", "regex": "m"}, "a regex is not taken here"),
        ("be_null", {"column": "year", "row_condition": 'col("year") > 2018'}, "'row_condition'"),
        ("select nope from {batch}", {}, '"nope" not found'),
        ("select * from {batch} where area_name like '{'", {}, "brace"),
        ("select * from core.area", {}, "must select from {batch}"),
    ],
)
def test_a_rule_that_cannot_run_is_an_error(
    database: Path, suite: Suite, kind: str, kwargs: dict[str, Any], words: str
) -> None:
    folder = suite(kind, **kwargs)

    with pytest.raises(WijkError) as caught:
        run_checks(database, folder)

    sentence = str(caught.value)
    assert f"{folder / kwargs.get('table', 'core.area')}.json, rule 'r': " in sentence
    assert words in sentence
    assert sentence.count("\n") == 1
    assert rows(database, "select * from duckdb_tables() where schema_name = 'meta'") == []


# the text of core.area.json, what the sentence must say
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "key ''"),
        ('{"name": "core.area", "expectations": []}', "key 'expectations'"),
        ('{"name": "core.wijk", "expectations": [GOOD]}', "must be <schema>.<table>"),
        ('{"name": "core.area", "expectations": [GOOD, GOOD]}', "is there twice"),
        ('{"name": "core.area", "expectations": [GOOD], "x": 1}', "key 'x'"),
        ('{"name": "core.area", "expectations": [BAD]}', "key 'expectations.0.severity'"),
    ],
)
def test_a_broken_suite_is_an_error(database: Path, tmp_path: Path, text: str, words: str) -> None:
    good = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "year"},
        "severity": "critical",
        "meta": {"notes": "it is given"},
    }
    text = text.replace("GOOD", json.dumps(good)).replace(
        "BAD", json.dumps(good | {"severity": "x"})
    )
    path = tmp_path / "core.area.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(WijkError, match="correct and run again") as caught:
        run_checks(database, tmp_path)

    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_all_mistakes_are_told_at_once(database: Path, suite: Suite) -> None:
    suite("expect_nothing", table="core.area")
    folder = suite("not_be_null", table="core.observation", column="x")

    with pytest.raises(WijkError, match="2 mistakes") as caught:
        run_checks(database, folder)

    assert "core.area.json" in str(caught.value)
    assert "core.observation.json" in str(caught.value)


def test_no_suites_is_an_error(database: Path, tmp_path: Path) -> None:
    with pytest.raises(WijkError, match="holds no suites"):
        run_checks(database, tmp_path)


def test_no_file_is_an_error_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(WijkError, match=r"build\.duckdb cannot be checked"):
        run_checks(tmp_path / "build.duckdb", SUITES)

    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_earlier_results(database: Path, suite: Suite) -> None:
    run_checks(database, suite(COUNT, value=102))
    with pytest.raises(WijkError):
        run_checks(database, suite("select nope from {batch}"))

    assert rows(database, "select rows_checked from meta.check") == [(102,)]


def test_a_file_that_is_open_elsewhere_is_an_error(database: Path) -> None:
    with (
        duckdb.connect(str(database)),
        pytest.raises(WijkError, match="no other program has it open"),
    ):
        run_checks(database, SUITES)


def test_a_path_with_signs_that_mean_something_in_addresses(database: Path, suite: Suite) -> None:
    odd = database.parent / "a ${HOME} b%20c#d" / "b.duckdb"
    odd.parent.mkdir()
    database.rename(odd)

    assert run_checks(odd, suite(COUNT, value=102)).is_publishable


def test_the_sentence_says_what_where_how_many_and_what_next(database: Path, suite: Suite) -> None:
    change(database, "update core.area set change_flag = -7 where area_code = 'NL00'")
    suite(COUNT, table="core.observation", value=0)
    report = run_checks(database, suite("be_between", column="change_flag", min_value=0))

    assert report.sentence() == (
        'core.area breaks the rule "it is right" in 3 of 102 rows, for example change_flag=-7, '
        "area_code=NL00, year=2018, area_name=naam NL00, area_kind=land, source_id=kwb, "
        "retrieved_on=2026-01-01; look at the rows in meta.quarantine, correct the "
        "source or the catalog, and run again (core.area.r.change_flag). Also failed: 1 critical "
        "check: core.observation.r (0 rows)."
    )


def test_the_sentence_begins_with_what_is_wrong_in_the_input(database: Path) -> None:
    change(
        database,
        "insert into core.input_problem select 's', 'p', 'Do ' || range || '.' from range(5)",
    )
    change(database, "update core.area set change_flag = 9")

    assert run_checks(database, SUITES).sentence() == (
        'core.input_problem breaks the rule "the input has no problems" in 5 of 5 rows: '
        "Do 0. Do 1. Do 2. And 2 more in meta.quarantine. Also failed: 1 critical check: "
        "core.area.is_known.change_flag (102 rows)."
    )


def test_a_report_survives_pickling(database: Path, suite: Suite) -> None:
    report = run_checks(database, suite(COUNT, value=7))

    assert pickle.loads(pickle.dumps(report)) == report


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=environment.get("HOME", ROOT),
        capture_output=True,
        text=True,
        check=True,
    )


def test_importing_the_checks_does_not_import_gx() -> None:
    code = "import sys, wijkpeil.edition.checks; print('great_expectations' in sys.modules)"

    assert python(code).stdout == "False\n"


def test_nothing_is_printed_or_written_beside_the_database(database: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys; from pathlib import Path; from wijkpeil.edition.checks import run_checks; "
        "run_checks(Path(sys.argv[1]), Path(sys.argv[2]))"
    )

    done = python(code, str(database), str(SUITES), HOME=str(home))

    assert (done.stdout, done.stderr) == ("", "")
    assert list(home.rglob("*")) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["build.duckdb"]
