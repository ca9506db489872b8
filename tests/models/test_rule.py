"""The constants of the method stand once, in sql/rule.toml: SQL and readers take them there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest
from judged_panel import make_panel, noisy

from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import create_given
from wijkpeil.edition.models import read_models
from wijkpeil.edition.rule import read_rule, rule_of
from wijkpeil.errors import WijkError

FIGURES = noisy(wijken=60, years=range(2018, 2026), noise=3.0)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """A copy of the SQL with another text in its rule.toml."""

    def change(old: str, new: str) -> Path:
        folder = tmp_path / "sql"
        shutil.copytree(SQL, folder)
        path = folder / "rule.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return change


def allowed(sql: Path) -> tuple[int, int]:
    """Alerts of a panel that may be mailed, of those that are new."""
    with make_panel(":memory:", FIGURES, sql=sql) as connection:
        [row] = connection.execute(
            "select count(*) filter (where is_new_alert_allowed), count(*) "
            "from core.trend where edition_year = 2025 and axis = 'own' and is_alert"
        ).fetchall()
        return row


def test_a_constant_of_another_value_gives_another_outcome(
    changed: Callable[[str, str], Path],
) -> None:
    """Where a quarter of the areas need not pass, what passes narrowly is not mailed."""
    everything, alerts = allowed(SQL)
    strict, alerts_then = allowed(
        changed("[common_share]\nvalue = 0.25", "[common_share]\nvalue = 0.99")
    )
    assert alerts == alerts_then
    assert 0 < strict < everything


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[pool_weight]", "[pool_wieght]", "no constant 'pool_wieght'; nearest: 'pool_weight'"),
        ("[lasting_editions]\n", "", "cannot be read as TOML"),
        ("value = 62", "value = 62.5", "'longest_years': value 62.5 is no whole number above 0"),
        ("value = 62", "value = true", "'longest_years': value True is no whole number above 0"),
        (
            "share]\nvalue = 0.3",
            "share]\nvalue = nan",
            "'largest_suppressed_share': value nan is no",
        ),
        ("value = 1.7", 'value = "1.7"', "'margin_errors': value '1.7' is no number above 0"),
        ("value = 1.7", "", "'margin_errors': no value; add it."),
        ("value = 1.7", "value = 1.7\nunits = 1", "'margin_errors': unknown 'units'; it has"),
    ],
)
def test_a_mistake_in_the_rule_names_file_and_constant(
    changed: Callable[[str, str], Path], old: str, new: str, told: str
) -> None:
    folder = changed(old, new)
    with pytest.raises(WijkError, match=re.escape(told)) as error:
        read_rule(folder)
    assert str(folder / "rule.toml") in str(error.value)


def test_a_constant_that_is_lacking_is_named(changed: Callable[[str, str], Path]) -> None:
    text = (SQL / "rule.toml").read_text(encoding="utf-8")
    block = text[text.index("[area_alerts]") : text.index("[area_one_in]")]
    folder = changed(block, "")
    with pytest.raises(WijkError, match=r"rule\.toml: no 'area_alerts'; add \[area_alerts\] with"):
        read_models(folder)


def test_sql_that_asks_for_no_constant_of_the_rule_is_named(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "one.sql").write_text(
        "-- one row in all\nselect rule('margin_error') as x"
    )
    shutil.copy(SQL / "rule.toml", tmp_path)
    with pytest.raises(WijkError, match=r"one\.sql: rule\('margin_error'\) .*'margin_errors'"):
        read_models(tmp_path)


def test_an_edition_says_by_what_it_was_judged() -> None:
    with duckdb.connect() as connection:
        create_given(connection)
        assert rule_of(connection) == read_rule(SQL)
        comments = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = 'rule'"
            ).fetchall()
        )
    assert comments.keys() == asdict(read_rule(SQL)).keys()
    assert all(comments.values())
    assert comments["pool_weight"].startswith("Degrees of freedom that the pooled noise weighs. ")


def test_an_edition_of_before_the_rule_asks_to_be_built_again() -> None:
    with duckdb.connect() as connection, pytest.raises(WijkError, match="wijkpeil refresh"):
        rule_of(connection)
