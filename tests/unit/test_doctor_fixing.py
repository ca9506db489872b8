"""What is sure is written into cbs.toml, and nothing else of it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wijkpeil.catalog import Wording, load_catalog
from wijkpeil.doctor.findings import AddTable, AddWording, MoveTable
from wijkpeil.doctor.fixing import plan_fixes, write_plan
from wijkpeil.errors import WijkError

ROOT = Path(__file__).parents[2]
NAME = Wording(title="Nieuwe titel; [a] # b", unit="aantal", years=[2025, 2025])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "catalog", tmp_path / "catalog"))


def wordings(folder: Path, table_id: str, indicator: str) -> list[Wording]:
    [table] = [each for each in load_catalog(folder).tables if each.id == table_id]
    [measure] = [each for each in table.measure if each.indicator == indicator]
    return measure.wordings(None)


def lost(before: str, after: str) -> list[str]:
    kept = set(after.splitlines())
    return [line for line in before.splitlines() if line not in kept]


@pytest.mark.parametrize("indicator", ["inwoners", "woz_value_keur"])
def test_another_name_is_added_with_and_without_others(folder: Path, indicator: str) -> None:
    before = wordings(folder, "kwb_2025", indicator)
    plan = plan_fixes(folder, [AddWording("kwb_2025", "kwb", indicator, NAME, "why")])
    write_plan(folder, plan)
    assert wordings(folder, "kwb_2025", indicator) == [*before, NAME]
    assert not lost(plan.before, plan.after)
    added = [line for line in plan.diff.splitlines() if line.startswith("+")][1:]
    assert len(added) in {1, 3}


@pytest.mark.parametrize(
    "line",
    [
        'alternatives = [{ title = "Oud", unit = "aantal" }]',
        'alternatives = [{ title = "Oud", unit = "aantal" }]  # seen in 2017',
        'alternatives = [\n    { title = "Oud", unit = "aantal" }  # seen [in] 2017\n]',
        'alternatives = [\n    # older\n    { title = "Oud", unit = "aantal" },\n]',
    ],
)
def test_another_name_is_added_however_the_list_is_written(folder: Path, line: str) -> None:
    path = folder / "cbs.toml"
    old = 'title = "Aantal inwoners"\nunit = "aantal"\n'
    path.write_text(path.read_text().replace(old, f"{old}{line}\n", 1))
    before = wordings(folder, "kwb_2025", "inwoners")
    assert before[1].title == "Oud"
    write_plan(folder, plan_fixes(folder, [AddWording("kwb_2025", "kwb", "inwoners", NAME, "why")]))
    assert wordings(folder, "kwb_2025", "inwoners") == [*before, NAME]


def test_a_table_with_its_own_block_of_the_measure_gets_the_name(folder: Path) -> None:
    path = folder / "cbs.toml"
    old = 'id = "kwb_2025"\nseries = "kwb"\n'
    head, found, tail = path.read_text().partition(old)
    rest, mark, more = tail.partition("\n\n")
    own = '[[table.measure]]\nindicator = "inwoners"\ntitle = "Bevolking"\nunit = "aantal"\n'
    path.write_text(f"{head}{found}{rest}\n\n{own}{mark}{more}")
    write_plan(folder, plan_fixes(folder, [AddWording("kwb_2025", "kwb", "inwoners", NAME, "why")]))
    assert wordings(folder, "kwb_2025", "inwoners")[1:] == [NAME]
    assert NAME not in wordings(folder, "kwb_2024", "inwoners")


def test_a_change_that_cannot_be_made_holds_no_other(folder: Path) -> None:
    plan = plan_fixes(
        folder,
        [
            AddWording("kwb_2025", "kwb", "no_such_measure", NAME, "why"),
            AddWording("kwb_2025", "kwb", "inwoners", NAME, "why"),
        ],
    )
    assert "no_such_measure" in plan.left[0]
    assert "Nieuwe titel" in plan.diff


def test_a_table_stands_after_those_of_its_series(folder: Path) -> None:
    block = (
        '[[table]]\nid = "kwb_2031"\nseries = "kwb"\ncbs_id = "99931NED"\nyear = 2031\n'
        "confirmed = false"
    )
    plan = plan_fixes(folder, [AddTable(block, "why")])
    write_plan(folder, plan)
    series = [each.id for each in load_catalog(folder).tables if each.series == "kwb"]
    assert series[-1] == "kwb_2031"
    ids = [each.id for each in load_catalog(folder).tables]
    assert ids.index("kwb_2031") == ids.index(series[-2]) + 1
    assert not lost(plan.before, plan.after)


def test_an_id_that_moved_is_put_right(folder: Path) -> None:
    [table] = [each for each in load_catalog(folder).tables if each.id == "kwb_2020"]
    plan = plan_fixes(folder, [MoveTable("kwb_2020", table.cbs_id, "99920NED", "why")])
    write_plan(folder, plan)
    [moved] = [each for each in load_catalog(folder).tables if each.id == "kwb_2020"]
    assert moved.cbs_id == "99920NED"
    assert len(lost(plan.before, plan.after)) == 1


def test_what_would_be_a_mistake_is_left_and_holds_no_other(folder: Path) -> None:
    wrong = AddTable('[[table]]\nid = "x"\nseries = "kwb"\nyear = 1', "x is new")
    plan = plan_fixes(folder, [wrong, AddWording("kwb_2025", "kwb", "inwoners", NAME, "why")])
    assert plan.left[0].startswith("x is new; it is left for you to write: ")
    assert "Nieuwe titel" in plan.diff
    assert '+id = "x"' not in plan.diff
    write_plan(folder, plan)
    assert NAME in wordings(folder, "kwb_2025", "inwoners")
    assert not [*folder.glob(".*")]


def test_a_file_that_changed_meanwhile_is_left(folder: Path) -> None:
    plan = plan_fixes(folder, [AddWording("kwb_2025", "kwb", "inwoners", NAME, "why")])
    path = folder / "cbs.toml"
    path.write_text(path.read_text() + "# mine\n")
    with pytest.raises(WijkError, match="changed since it was read"):
        write_plan(folder, plan)
    assert path.read_text().endswith("# mine\n")
