"""A source of each shape: filled late, revised, made final, renumbered, or asked otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command import rows
from shaped_world import AREAS, SHAPES, TABLES, YEARS, ShapedWorld, Source, shaped_world

CHANGED, WITHDRAWN, ADDED = "WK990101", "WK990102", "WK990103"
FIRST: dict[tuple[str, int], float | None] = {(ADDED, 2025): None}
SECOND: dict[tuple[str, int], float | None] = {(CHANGED, 2025): 1100.5, (WITHDRAWN, 2025): None}
WITH_PERIODS = [shape for shape in SHAPES if not shape.endswith("_year")]


def usual(code: str) -> float:
    """The figure of 2025 where nothing replaces it."""
    return 1003.0 + 10 * int(code[4:])


def second(shape: str) -> list[tuple[Any, ...]]:
    """What differs between FIRST and SECOND."""
    name = f"{shape}_figure"
    return [
        (name, CHANGED, 2025, "changed", usual(CHANGED), 1100.5),
        (name, WITHDRAWN, 2025, "withdrawn", usual(WITHDRAWN), None),
        (name, ADDED, 2025, "added", None, usual(ADDED)),
    ]


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """Two builds: with a column that is empty and a provisional year, and with both mended and
    figures revised."""
    with shaped_world(tmp_path_factory.mktemp("shapes")) as world:
        built = []
        for late, values in ((False, FIRST), (True, SECOND)):
            for shape in SHAPES:
                world.publish(Source(shape, values, late=late, is_provisional=not late))
            world.fetch()
            kept = world.folder / f"edition-{late}.duckdb"
            world.build().rename(kept)
            built.append(kept)
        yield built


@pytest.fixture
def shape() -> str:
    """The shape of a test that needs but one."""
    return "extract"


@pytest.fixture
def world(tmp_path: Path, shape: str) -> Iterator[ShapedWorld]:
    """The world in which the source of that shape was received once."""
    with shaped_world(tmp_path) as world:
        world.publish(Source(shape, FIRST))
        world.fetch(shape)
        yield world


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_revised_is_told_of_every_shape(editions: list[Path], shape: str) -> None:
    seen = (
        "select indicator_id, area_code, year, revision, old_value, new_value from meta.revision "
        "where source_id = ? and indicator_id like '%figure' order by all"
    )
    first, revised = editions
    assert rows(first, seen, shape) == []
    assert rows(revised, seen, shape) == second(shape)
    value = (
        "select value from core.observation "
        "where indicator_id = ? and area_code = ? and year = 2025"
    )
    assert rows(revised, value, f"{shape}_figure", CHANGED) == [1100.5]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_column_that_is_filled_later_is_told_so(editions: list[Path], shape: str) -> None:
    status = (
        "select distinct status, value from core.observation where indicator_id = ? order by all"
    )
    first, revised = editions
    # a municipality's file has no word for what is still to come
    waiting = "suppressed" if shape == "extract" else "not_yet_published"
    assert rows(first, status, f"{shape}_late") == [(waiting, None)]
    assert rows(revised, status, f"{shape}_late") == [("final", 7.0)]
    added = (
        "select count(*), min(revision), max(revision) from meta.revision where indicator_id = ?"
    )
    years = 1 if shape.endswith("_year") else len(YEARS)
    assert rows(revised, added, f"{shape}_late") == [(years * len(AREAS), "added", "added")]


@pytest.mark.parametrize("shape", [shape for shape in TABLES if not shape.endswith("_year")])
def test_a_year_that_is_provisional_becomes_final(editions: list[Path], shape: str) -> None:
    status = (
        "select year, status from core.observation where indicator_id = ? and area_code = ? "
        "and year >= 2024 order by all"
    )
    first, revised = editions
    wijk = f"{shape}_figure", CHANGED
    assert rows(first, status, *wijk) == [(2024, "final"), (2025, "provisional")]
    assert rows(revised, status, *wijk) == [(2024, "final"), (2025, "final")]


@pytest.mark.parametrize("shape", TABLES)
def test_a_column_with_another_number_is_the_same_column(world: ShapedWorld, shape: str) -> None:
    world.publish(Source(shape, SECOND, first_key=5))
    world.fetch(shape)
    assert world.revised(shape) == second(shape)


@pytest.mark.parametrize("shape", TABLES)
def test_another_name_in_the_catalog_is_no_revision(world: ShapedWorld, shape: str) -> None:
    name = f'indicator = "{shape}_figure"\ntitle = "Aantal"\nunit = "aantal"\n'
    other = 'alternatives = [{ title = "Anders", unit = "aantal" }]\n'
    world.edit("cbs.toml", name, name + other)
    world.fetch(shape)
    assert len(list((world.settings.warehouse / "snapshots" / shape).iterdir())) == 2
    assert world.revised(shape) == []
    world.publish(Source(shape, SECOND))
    world.fetch(shape)
    assert world.revised(shape) == second(shape)


@pytest.mark.parametrize("shape", TABLES)
def test_another_column_is_no_revision(world: ShapedWorld, shape: str) -> None:
    """The figures differ since another column was asked."""
    name = f'indicator = "{shape}_figure"\ntitle = "Aantal"\n'
    world.edit("cbs.toml", name, name.replace('"Aantal"', '"Later"'))
    world.edit(
        "cbs.toml", f'indicator = "{shape}_late"\ntitle = "Later"\n', name.replace("figure", "late")
    )
    world.publish(Source(shape, SECOND, late=True))
    world.fetch(shape)
    assert world.revised(shape) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_measure_that_is_new_was_not_added_by_its_source(world: ShapedWorld, shape: str) -> None:
    file = "extracts.toml" if shape == "extract" else "cbs.toml"
    path = world.catalog / file
    whole = path.read_text(encoding="utf-8")
    head, _, tail = whole.partition(f'indicator = "{shape}_late"')
    block = head.rstrip().rpartition("\n")[2]
    after = tail.partition("\n\n")[2] if shape != "extract" else ""
    path.write_text(head.rstrip().removesuffix(block) + "\n" + after, encoding="utf-8")
    world.publish(Source(shape, FIRST, late=True))
    world.fetch(shape)
    path.write_text(whole, encoding="utf-8")
    world.publish(Source(shape, SECOND, late=True))
    world.fetch(shape)
    seen = [row for row in world.revised(shape) if row[0].endswith("figure")]
    assert seen == second(shape)


@pytest.mark.parametrize("shape", WITH_PERIODS)
def test_a_year_that_is_new_was_not_revised(world: ShapedWorld, shape: str) -> None:
    world.publish(Source(shape, SECOND, years=(*YEARS, 2026)))
    world.fetch(shape)
    assert world.revised(shape) == second(shape)


@pytest.mark.parametrize("shape", [shape for shape in WITH_PERIODS if shape in TABLES])
def test_a_year_that_is_no_longer_asked_was_not_withdrawn(world: ShapedWorld, shape: str) -> None:
    path = world.catalog / "cbs.toml"
    text = path.read_text(encoding="utf-8").replace("years = [2022, 2026]", "years = [2024, 2026]")
    path.write_text(text, encoding="utf-8")
    world.publish(Source(shape, SECOND))
    world.fetch(shape)
    assert world.revised(shape) == second(shape)


@pytest.mark.parametrize("shape", WITH_PERIODS)
def test_a_year_that_its_source_takes_back_was_withdrawn(world: ShapedWorld, shape: str) -> None:
    world.publish(Source(shape, FIRST, years=YEARS[:-1]))
    world.fetch(shape)
    seen = {(year, how) for _, _, year, how, *_ in world.revised(shape)}
    assert seen == {(2025, "withdrawn")}


@pytest.mark.parametrize("shape", ["v4_periods", "extract"])
@pytest.mark.parametrize("damage", ["", "PAR1", "half", "other"])
def test_a_comparison_that_is_damaged_is_made_again(
    world: ShapedWorld, shape: str, damage: str
) -> None:
    world.publish(Source(shape, SECOND))
    world.fetch(shape)
    assert world.revised(shape) == second(shape)
    (kept,) = (world.settings.warehouse / "revisions" / shape).iterdir()
    whole = kept.read_bytes()
    if damage == "other":
        duckdb.sql("select 1 as another_column").write_parquet(str(kept))
    else:
        kept.write_bytes(whole[: len(whole) // 2] if damage == "half" else damage.encode())
    assert world.revised(shape) == second(shape)
    assert kept.read_bytes() == whole
    # and what is whole is not made again
    before = kept.stat().st_mtime_ns
    assert world.revised(shape) == second(shape)
    assert kept.stat().st_mtime_ns == before


def test_an_extract_that_is_read_otherwise_is_compared_anew(world: ShapedWorld) -> None:
    world.publish(Source("extract", SECOND))
    world.fetch("extract")
    world.revised("extract")
    world.edit("extracts.toml", 'missing = ["", "x"]', 'missing = ["", "x", "1.100,50"]')
    assert world.revised("extract")[0] == (
        "extract_figure", CHANGED, 2025, "withdrawn", usual(CHANGED), None,
    )  # fmt: skip
    assert len(list((world.settings.warehouse / "revisions" / "extract").iterdir())) == 1


def test_what_a_killed_build_left_on_the_disk_ends_no_other(world: ShapedWorld) -> None:
    for other in SHAPES:
        world.publish(Source(other))
    world.fetch()
    folder = world.settings.warehouse / "build"
    for left in ("building.duckdb.tmp", "spill"):
        (folder / left).mkdir(parents=True)
        (folder / left / "duckdb_temp_storage-0.tmp").write_bytes(b"half")
    assert world.build() == folder / "candidate.duckdb"
    assert [path.name for path in folder.iterdir()] == ["candidate.duckdb"]
