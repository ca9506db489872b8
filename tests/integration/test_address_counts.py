"""What is counted of address files: pairs of years, rows that do not fit, and what is kept."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from address_helpers import codes, lines, loaded, received

from wijkpeil.catalog import AddressFile
from wijkpeil.errors import WijkError
from wijkpeil.sources.snapshots import Snapshot

Address = tuple[str, object, str]
# what is counted


def three_years(folder: Path) -> list[tuple[AddressFile, Snapshot]]:
    """Buurt 00 is halved in 2024 and its half takes another code in 2025; one address goes, one
    comes."""
    in_2023 = [("1011AB", number, "03630000") for number in (1, 2, 3, 4)]
    in_2024 = [("1011AB", number, "03630000") for number in (1, 2)] + [
        ("1011AB", number, "03630001") for number in (3, 5)
    ]
    in_2025 = [("1011AB", number, "03630000") for number in (1, 2)] + [
        ("1011AB", number, "0363AA02") for number in (3, 5)
    ]
    years = {2023: in_2023, 2024: in_2024, 2025: in_2025}
    return [received(folder, lines(rows, year), year) for year, rows in years.items()]


def test_pairs_count_the_addresses_that_both_years_have(tmp_path: Path) -> None:
    found = loaded(tmp_path, *three_years(tmp_path))
    assert found["pair"] == [
        (2023, 2025, "BU03630000", "BU03630000", 2),
        (2023, 2025, "BU03630000", "BU0363AA02", 1),
        (2024, 2025, "BU03630000", "BU03630000", 2),
        (2024, 2025, "BU03630001", "BU0363AA02", 2),
    ]
    assert found["count"] == [
        (2023, "addresses_2023", "BU03630000", 4),
        (2024, "addresses_2024", "BU03630000", 2),
        (2024, "addresses_2024", "BU03630001", 2),
        (2025, "addresses_2025", "BU03630000", 2),
        (2025, "addresses_2025", "BU0363AA02", 2),
    ]
    assert found["problem"] == []


def test_pairs_lead_to_the_newest_year_that_is_not_after_the_target(tmp_path: Path) -> None:
    years = three_years(tmp_path)
    assert loaded(tmp_path, *years, target_year=2024)["pair"] == [
        (2023, 2024, "BU03630000", "BU03630000", 2),
        (2023, 2024, "BU03630000", "BU03630001", 1),
    ]
    assert {row[1] for row in loaded(tmp_path, *years, target_year=2030)["pair"]} == {2025}
    assert loaded(tmp_path, *years, target_year=2020)["pair"] == []
    assert loaded(tmp_path) == {"pair": [], "count": [], "problem": []}


@pytest.mark.parametrize("is_in_order", [True, False])
def test_an_address_in_two_buurten_counts_in_neither(tmp_path: Path, is_in_order: bool) -> None:
    rows = [
        ("1011AB", 1, "03630000"),
        ("1011AB", 1, "03630001"),
        ("1011AB", 2, "03630000"),
        ("1011AB", 2, "03630000"),
        ("1011AB", 3, "03630001"),
    ]
    if not is_in_order:
        rows = [rows[4], rows[2], rows[0], rows[3], rows[1]]
    found = loaded(tmp_path, received(tmp_path, lines(rows)))
    assert [row[2:] for row in found["count"]] == [("BU03630000", 1), ("BU03630001", 1)]
    assert found["problem"] == [("addresses_2024", 2024, "two buurten", 2)]


BAD = [
    ("postcode", "PC6", "0999AB;1;03630000;036300;0363", "0999AB"),
    ("postcode", "PC6", "1011A1;1;03630000;036300;0363", "1011A1"),
    ("postcode", "PC6", ";1;03630000;036300;0363", ""),
    ("number", "Huisnummer", "1011AB;0;03630000;036300;0363", "0"),
    ("number", "Huisnummer", "1011AB;100000;03630000;036300;0363", "100000"),
    ("number", "Huisnummer", "1011AB;12a;03630000;036300;0363", "12a"),
    ("buurt", "Buurt2024", "1011AB;1;x3630000;036300;0363", "x3630000"),
    ("buurt", "Buurt2024", "1011AB;1;036300001;036300;0363", "036300001"),
    ("buurt", "Buurt2024", "1011AB;1;;036300;0363", ""),
    ("wijk", "Wijk2024", "1011AB;1;03630000;036301;0363", "036301"),
    ("wijk", "Wijk2024", "1011AB;1;03630000;01;0363", "01"),
    ("wijk", "Wijk2024", "1011AB;1;03630000;;0363", ""),
    ("gemeente", "Gemeente2024", "1011AB;1;03630000;036300;0364", "0364"),
]


@pytest.mark.parametrize(("problem", "column", "row", "value"), BAD)
def test_rows_that_do_not_fit_are_left_out_and_counted_or_too_many(
    tmp_path: Path, problem: str, column: str, row: str, value: str
) -> None:
    good = lines([("1012XY", number, "03630000") for number in range(1, 2000)])
    found = loaded(tmp_path, received(tmp_path, good + row + "\n"))
    assert found["problem"] == [("addresses_2024", 2024, problem, 1)]
    assert [each[2:] for each in found["count"]] == [("BU03630000", 1999)]
    with pytest.raises(WijkError) as told:
        received(tmp_path, good + f"{row}\n" * 3)
    assert str(told.value) == (
        f"Address file addresses_2024 (areas.toml): 3 of 2,002 rows have no usable {problem} in "
        f"column '{column}', such as '{value}'; at most 1 in 1,000 may be left out. "
        "Give the file as CBS publishes it."
    )
    assert not list((tmp_path / "lineage").glob("scratch-*"))


def test_a_row_of_another_form_is_told(tmp_path: Path) -> None:
    with pytest.raises(WijkError, match=r"the addresses cannot be read .*give the file as CBS"):
        codes(tmp_path, lines([("1011AB", 1, "03630000")]) + "1011AB;2\n")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException('Could not write file "x": No space left on device')

    monkeypatch.setattr("wijkpeil.sources.addresses.loading._write", full)
    with pytest.raises(WijkError, match="the disk is full; free some space, then run again"):
        loaded(tmp_path, *three_years(tmp_path))


# what is kept


def kept(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "lineage").iterdir()}


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    years = three_years(tmp_path)
    first = loaded(tmp_path, *years)
    for path in [*(tmp_path / "lineage").glob("*.addresses?.parquet")]:
        path.unlink()
    for _, snapshot in years:
        (snapshot.folder / "addresses.zip").unlink()
    before = kept(tmp_path)
    assert len(before) == 5
    assert loaded(tmp_path, *years) == first
    assert kept(tmp_path) == before


def test_another_target_reads_no_file_again(tmp_path: Path) -> None:
    years = three_years(tmp_path)
    loaded(tmp_path, *years)
    for _, snapshot in years:
        (snapshot.folder / "addresses.zip").unlink()
    assert len(loaded(tmp_path, *years, target_year=2024)["pair"]) == 2


def test_what_is_of_an_older_snapshot_or_half_written_is_removed(tmp_path: Path) -> None:
    years = three_years(tmp_path)
    loaded(tmp_path, *years)
    before = kept(tmp_path)
    (tmp_path / "lineage" / "addresses_2023.part").touch()
    (tmp_path / "lineage" / "scratch-x").mkdir()
    newer = received(tmp_path, lines([("1011AB", 1, "03639999")], 2023), 2023)
    found = loaded(tmp_path, newer, *years[1:])
    assert found["pair"][0] == (2023, 2025, "BU03639999", "BU03630000", 1)
    after = kept(tmp_path)
    assert len(after) == len(before)
    old = years[0][1].snapshot_id
    assert {name for name in before if name not in after} == {n for n in before if old in n}


def test_a_kept_file_that_was_spoilt_is_told(tmp_path: Path) -> None:
    years = three_years(tmp_path)
    loaded(tmp_path, *years)
    for path in (tmp_path / "lineage").glob("*.pair?.parquet"):
        path.write_bytes(b"spoilt")
    with pytest.raises(WijkError, match=r"/lineage: .* remove that folder and run again"):
        loaded(tmp_path, *years)


def test_a_snapshot_that_was_spoilt_is_told(tmp_path: Path) -> None:
    of_year, snapshot = received(tmp_path, lines([("1011AB", 1, "03630000")]))
    (snapshot.folder / "addresses.zip").write_bytes(b"PK")
    with pytest.raises(WijkError, match="is not what was received"):
        loaded(tmp_path, (of_year, snapshot))
