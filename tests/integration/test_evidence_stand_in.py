"""The CBS of the evidence: areas and figures agree with each other, and it speaks as CBS does."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import requests
from evidence_cbs import ROOT, EvidenceCbs, evidence_cbs
from evidence_metadata import shapes
from evidence_variants import (
    TEN,
    measures_renamed,
    newest_year_copied,
    newest_year_emptied,
    newest_year_halved,
    tables_missing,
)
from evidence_world import World, evidence_world


@pytest.fixture(scope="module")
def world() -> World:
    return evidence_world()


@pytest.fixture(scope="module")
def cbs(world: World) -> Iterator[EvidenceCbs]:
    with evidence_cbs(world) as served:
        yield served


def rows(cbs: EvidenceCbs, path: str, **options: str) -> list[dict[str, Any]]:
    service = cbs.third_party if path.startswith(("47018", "501")) else cbs.cbs
    address = f"{service.url}/ODataFeed/odata/{path}"
    answer = requests.get(address, {"$format": "json", **options}, timeout=20)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_every_code_is_in_the_list_of_its_division(world: World) -> None:
    for cbs_id, shape in world.shapes.items():
        codes = {str(r["Key"]).strip() for r in world.tables[cbs_id].code_lists[shape.dimension]}
        places = {code for code in codes if code[:2] in ("GM", "WK", "BU")}
        assert places <= set(world.areas_of(shape.division or shape.years[-1])), cbs_id
        assert {str(row[shape.dimension]).strip() for row in world.tables[cbs_id].data} == codes


def test_a_whole_is_the_sum_of_its_parts(world: World) -> None:
    for cbs_id in ("82339NED", "84799NED", "86165NED"):
        shape = world.shapes[cbs_id]
        key = shape.column("Aantal inwoners").key
        people = {str(row[shape.dimension]).strip(): row[key] for row in world.tables[cbs_id].data}
        of = defaultdict(int)
        for code, count in people.items():
            of[code[:2]] += count
        assert of["GM"] == pytest.approx(of["NL"], rel=0.001)
        assert of["BU"] == pytest.approx(of["WK"], rel=0.001)


def test_figures_are_as_high_as_the_catalog_expects(world: World) -> None:
    path = ROOT / "catalog" / "indicators.toml"
    known = {i["id"]: i for i in tomllib.loads(path.read_text(encoding="utf-8"))["indicator"]}
    for cbs_id, shape in world.shapes.items():
        for column in shape.columns:
            if column.is_text or column.means not in known:
                continue
            low, high = known[column.means].get("usual") or known[column.means]["range"]
            values = [row[column.key] for row in world.tables[cbs_id].data]
            assert all(low <= value <= high for value in values if value is not None), (
                f"{cbs_id} {column.title}"
            )


def test_the_national_figure_moves_smoothly(world: World) -> None:
    found = defaultdict(dict)
    for cbs_id in world.family("86165NED"):
        shape, table = world.shapes[cbs_id], world.tables[cbs_id]
        (land,) = [row for row in table.data if str(row[shape.dimension]).strip() == "NL00"]
        for column in shape.columns:
            if column.means and not column.is_text and land[column.key]:
                found[column.means][shape.years[0]] = land[column.key]
    assert found["woz_value_keur"][2025] == pytest.approx(398, abs=2)
    assert found["low_income_share"][2017] == pytest.approx(7.9, abs=0.2)
    for indicator, series in found.items():
        years = sorted(series)
        for before, year in pairwise(years):
            if indicator not in ("median_wealth_keur", "gas_use_m3"):
                assert series[year] == pytest.approx(series[before], rel=0.25), (indicator, year)


def test_titles_stand_beside_what_they_are_mistaken_for(cbs: EvidenceCbs) -> None:
    titles = [row["Title"] for row in rows(cbs, "85618NED/DataProperties")]
    assert {"Percentage bewoond", "Percentage onbewoond"} <= set(titles)
    shares = [
        (row["Unit"], row["Key"])
        for row in rows(cbs, "86003NED/DataProperties")
        if row["Title"] == "Bijstandsuitkering"
    ]
    assert shares == [
        ("aantal", "Bijstandsuitkering_6"),
        ("% van het aantal inwoners vanaf 15 jaar", "Bijstandsuitkering_10"),
    ]
    schools = [r["Key"] for r in rows(cbs, "86270NED/DataProperties") if "school" in r["Title"]]
    assert schools == [f"AfstandTotSchool_{number}" for number in (60, 64, 68, 72)]


def test_benefits_have_three_national_rows_and_blanks(cbs: EvidenceCbs) -> None:
    found = rows(
        cbs,
        "86003NED/UntypedDataSet",
        **{"$filter": "startswith(WijkenEnBuurten,'NL') and Perioden eq '2024MM03'"},
    )
    assert [row["WijkenEnBuurten"] for row in found] == ["NL00      ", "NL01      ", "NL98      "]
    assert [row["Bijstandsuitkering_10"].strip() == "" for row in found] == [True, False, True]
    counts = [int(row["Bijstandsuitkering_6"]) for row in found]
    assert counts[0] == counts[1] + counts[2]
    assert rows(cbs, "86003NED/Perioden")[0]["Title"] == "2024 maart**"


def test_signs_marks_and_widths_are_those_of_cbs(cbs: EvidenceCbs) -> None:
    old = rows(cbs, "70904ned/UntypedDataSet")
    signs = {row["GemiddeldInkomenPerInwoner_11"].strip() for row in old}
    assert {"x", "."} <= signs
    assert [r["Title"] for r in rows(cbs, "86092NED/Perioden")][-1] == "2023*"
    assert rows(cbs, "85146NED/RegioS")[0]["Key"] == "NL01  "
    assert rows(cbs, "47018NED/SoortMisdrijf")[0]["Key"] == "0.0.0 "
    assert not [r for r in rows(cbs, "86296NED/WijkenEnBuurten") if r["Key"].startswith("NL")]
    flags = {
        cbs_id: {
            row[key]
            for row in rows(cbs, f"{cbs_id}/TypedDataSet")
            if row["WijkenEnBuurten"].startswith("GM")
        }
        for cbs_id, key in (
            ("84799NED", "IndelingswijzigingWijkenEnBuurten_4"),
            ("85318NED", "IndelingswijzigingGemeenteWijkBuurt_4"),
        )
    }
    assert flags == {"84799NED": {"."}, "85318NED": {"1", "3"}}


def test_the_catalogs_list_what_each_service_has(cbs: EvidenceCbs) -> None:
    for service, wanted in ((cbs.cbs, "v3"), (cbs.third_party, "third_party")):
        address = f"{service.url}/ODataCatalog/Tables"
        listed = requests.get(address, {"$format": "json"}, timeout=20).json()["value"]
        of_service = {cbs_id for cbs_id, shape in shapes().items() if shape.service == wanted}
        assert {row["Identifier"] for row in listed} == of_service


@pytest.mark.parametrize("name", TEN)
def test_a_variant_is_the_same_for_the_same_seed_and_leaves_the_rest(
    world: World, name: str
) -> None:
    variant = TEN[name](world, 3)
    assert variant.changes == TEN[name](world, 3).changes != ()
    touched = {name for c in variant.changes for name in (c.cbs_id, c.after)}
    assert all(
        variant.tables[cbs_id] is table
        for cbs_id, table in world.tables.items()
        if cbs_id not in touched
    )


def test_variants_go_on_top_of_each_other(world: World, cbs: EvidenceCbs) -> None:
    variant = measures_renamed(tables_missing(world, 5, count=10), 5, count=20)
    assert len(variant.changes) == 30
    missing = [change.cbs_id for change in variant.changes if change.kind == "table missing"]
    renamed = [change for change in variant.changes if change.kind == "title renamed"]
    cbs.serve(variant)
    try:
        for cbs_id in missing:
            service = cbs.third_party if world.service(cbs_id) == "third_party" else cbs.cbs
            gone = requests.get(f"{service.url}/ODataFeed/odata/{cbs_id}", timeout=20)
            assert gone.status_code == 404
        for change in renamed:
            titles = {r["Key"]: r["Title"] for r in rows(cbs, f"{change.cbs_id}/DataProperties")}
            assert titles[change.key] == change.after != change.before
    finally:
        cbs.serve(world)


def test_a_newest_year_is_emptied_halved_or_copied(world: World) -> None:
    key = world.shapes["86165NED"].column("Aantal inwoners").key
    before = [row[key] for row in world.tables["86165NED"].data]
    emptied = newest_year_emptied(world, "86165NED").tables["86165NED"].data
    assert {row[key] for row in emptied} == {None}
    halved = newest_year_halved(world, "86165NED").tables["86165NED"].data
    assert [row[key] for row in halved] == [value // 2 for value in before]
    copied = newest_year_copied(world, "86165NED").tables["86165NED"].data
    older = [row["AantalInwoners_5"] for row in world.tables["85984NED"].data]
    assert [row[key] for row in copied] == older
