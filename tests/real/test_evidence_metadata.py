"""What the CBS of the evidence serves, against complete metadata of real tables."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from evidence_metadata import shapes
from evidence_world import evidence_world

DATA = Path(__file__).parents[2].parent / "shared" / "data"
EVIDENCE = DATA / "evidence"

pytestmark = pytest.mark.skipif(
    not EVIDENCE.is_dir(), reason=f"the real data are not in {EVIDENCE}"
)


def test_kerncijfers_of_2025_have_every_column_and_group() -> None:
    path = EVIDENCE / "86165NED_kerncijfers_meta_gebiedskompas.csv"
    with path.open(encoding="utf-8", newline="") as file:
        real = [*csv.DictReader(file)]
    served = evidence_world().tables["86165NED"].data_properties
    assert [
        (row["Type"], row["Key"] or "", row["Title"], row.get("Unit") or "", row["ParentID"])
        for row in served
    ] == [
        (
            row["Type"],
            row["Key"],
            row["Title"],
            row["Unit"],
            int(float(row["ParentID"])) if row["ParentID"] else None,
        )
        for row in real
    ]


def test_kerncijfers_of_2020_have_every_column_but_for_the_one_renamed() -> None:
    path = DATA / "cbs" / "84799NED" / "DataProperties.parquet"
    with duckdb.connect() as connection:
        real = connection.execute(
            "select Key, Title, Unit from read_parquet(?) where Type = 'Topic' order by ID",
            [str(path)],
        ).fetchall()
    served = [(c.key, c.title, c.unit) for c in shapes()["84799NED"].columns]
    assert len(served) == len(real)
    differ = [(a, b) for a, b in zip(real, served, strict=True) if a != b]
    assert [(a[1], b[1]) for a, b in differ] == [
        ("Gemiddelde woningwaarde", "Gemiddelde WOZ-waarde van woningen")
    ]


@pytest.mark.parametrize(
    ("cbs_id", "renamed"),
    [("82339NED", set()), ("83765NED", {"GemiddeldeWoningwaarde_35"})],
)
def test_the_keys_are_those_that_others_listed(cbs_id: str, renamed: set[str]) -> None:
    with (EVIDENCE / "kwb_v3_keys_2013_2017.csv").open(encoding="utf-8", newline="") as file:
        real = {row["key"] for row in csv.DictReader(file) if row["cbs_id"] == cbs_id}
    served = {column.key for column in shapes()[cbs_id].columns}
    assert real - served - {"ID", "RegioS"} == renamed
