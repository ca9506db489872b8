"""The SQL kernel: tables that pass, and views."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from wijkpeil.edition.models import comment_models, in_order, making, read_models
from wijkpeil.errors import WijkError


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


def test_a_folder_within_a_layer_is_a_shelf_and_no_part_of_a_name(tmp_path: Path) -> None:
    sql = write(tmp_path, figure="-- a figure: year\nselect 2025 as year")
    (sql / "core" / "shelf").mkdir()
    (sql / "core" / "figure.sql").rename(sql / "core" / "shelf" / "figure.sql")
    assert [model.name for model in read_models(sql)] == ["core.figure"]
    (sql / "core" / "figure.sql").write_text("-- a figure: year\nselect 2024 as year")
    with pytest.raises(WijkError, match=r"both make core\.figure"):
        read_models(sql)
