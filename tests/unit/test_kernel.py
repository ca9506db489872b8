"""The SQL kernel: tables that pass, and views."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from flows.errors import WijkError
from flows.kernel import comment_models, in_order, making, read_models, run_models


def write(folder: Path, **files: str) -> Path:
    (folder / "core").mkdir()
    for name, text in files.items():
        (folder / "core" / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


def test_a_view_is_computed_when_read_and_has_comments(tmp_path: Path) -> None:
    sql = write(
        tmp_path,
        figure="-- a figure: year\nselect 2025 as year, 3 as value",
        doubled="-- a figure twice: year\n-- a view of core.figure\n"
        "select year, 2 * value as value from core.figure",
    )
    with duckdb.connect() as connection:
        models = in_order(read_models(sql), [])
        assert [model.name for model in making(connection, models)] == [
            "core.figure",
            "core.doubled",
        ]
        comment_models(connection, models, {"year": "Year", "value": "Value"}, {})
        connection.execute("update core.figure set value = 5")
        assert connection.execute("from core.doubled").fetchall() == [(2025, 10)]
        assert connection.execute(
            "select comment from duckdb_columns() where table_name = 'doubled' order by 1"
        ).fetchall() == [("Value",), ("Year",)]


def test_a_table_that_passes_is_gone_when_every_reader_has_read_it(tmp_path: Path) -> None:
    sql = write(
        tmp_path,
        figure="-- a figure: year\n-- dropped once read\nselect 2025 as year",
        kept="-- a figure that stays: year\nselect year from core.figure",
    )
    with duckdb.connect() as connection:
        run_models(connection, in_order(read_models(sql), []))
        assert connection.execute("show all tables").fetchnumpy()["name"].tolist() == ["kept"]


def test_a_view_of_a_table_that_passes_is_refused(tmp_path: Path) -> None:
    sql = write(
        tmp_path,
        figure="-- a figure: year\n-- dropped once read\nselect 2025 as year",
        seen="-- a figure to see: year\n-- a view of core.figure\nselect year from core.figure",
    )
    told = r"seen\.sql is a view and reads core\.figure, which is dropped once read; keep that"
    with pytest.raises(WijkError, match=told):
        in_order(read_models(sql), [])
