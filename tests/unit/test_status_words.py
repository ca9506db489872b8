"""What is read in CBS's own words: provisional, definitive, and not revised any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wijkpeil.sources.cbs import figure_statuses

PROVISIONAL_IN = {
    "Het betreft voorlopige cijfers.": {2021, 2022, 2023},
    "De cijfers hebben een voorlopig karakter.": {2021, 2022, 2023},
    "De cijfers zijn voorlopig en worden later definitief.": {2021, 2022, 2023},
    "De cijfers zijn per maart 2021 voorlopig.": {2021, 2022, 2023},
    "Cijfers tot en met 2021 zijn definitief. De cijfers over 2022 en 2023 zijn nader voorlopig.": {
        2022,
        2023,
    },
    "De cijfers van 2012-2022 zijn definitief, die van 2023 zijn voorlopig": {2023},
    "De gegevens vanaf 2022 zijn voorlopig": {2022, 2023},
    "De cijfers zijn definitief. De cijfers van 2023 zijn voorlopig.": {2023},
    "De cijfers over het school-/studiejaar 2022/'23 zijn voorlopig.": {2022, 2023},
    # about something else, about later, or an explanation of signs
    "De (voorlopig) gemiddelde woningwaarde wordt bepaald met de waardepeildatum.": set(),
    "Personen in voorlopige hechtenis zijn niet meegeteld.": set(),
    "De voorlopige cijfers over 2023 verschijnen eind 2024 in deze tabel.": set(),
    "* : voorlopige cijfers": set(),
    "De cijfers zijn niet langer voorlopig.": set(),
    "De definitieve cijfers volgen in 2025.": set(),
    "": set(),
}


def described(
    folder: Path, topic: str = "", group: str = "", *, status: str = "", api: str = "v3"
) -> Path:
    """The metadata files of a table with one column in one group."""
    infos = {
        "Identifier": "1",
        "Description": f"Over de tabel.\n\n{status}\n\nWijzigingen\nvoorlopig",
    }
    if api == "v3":
        files = {
            "table_infos-00001.json": {"value": [infos]},
            "data_properties-00001.json": {
                "value": [
                    {"ID": 1, "ParentID": None, "Key": "", "Description": group},
                    {"ID": 2, "ParentID": 1, "Key": "C", "Description": topic},
                ]
            },
        }
    else:
        files = {
            "table_infos-00001.json": infos,
            "measure_groups-00001.json": {"value": [{"Id": "1", "Description": group}]},
            "measure_codes-00001.json": {
                "value": [{"Identifier": "C", "MeasureGroupId": "1", "Description": topic}]
            },
        }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder


def provisional(folder: Path, *declared: int) -> set[int]:
    status = figure_statuses(folder, [path.name for path in folder.iterdir()])["C"]
    return {*status.provisional_years([2021, 2022, 2023], declared)}


@pytest.mark.parametrize("text", PROVISIONAL_IN)
@pytest.mark.parametrize("api", ["v3", "v4"])
def test_a_description_says_which_years_are_provisional(
    tmp_path: Path, text: str, api: str
) -> None:
    assert provisional(described(tmp_path, text, api=api)) == PROVISIONAL_IN[text]


@pytest.mark.parametrize("api", ["v3", "v4"])
def test_a_column_speaks_before_its_group_and_a_group_before_the_table(
    tmp_path: Path, api: str
) -> None:
    table = "Status van de cijfers:\nDe cijfers zijn voorlopig."
    every = {2021, 2022, 2023}
    assert provisional(described(tmp_path, status=table, api=api)) == every
    final = "Het betreft definitieve cijfers."
    assert provisional(described(tmp_path, group=final, status=table, api=api)) == set()
    told = "Het betreft voorlopige cijfers."
    assert provisional(described(tmp_path, told, final, api=api)) == every


def test_the_usual_words_of_a_table_leave_it_to_its_columns(tmp_path: Path) -> None:
    usual = (
        "Status van de cijfers:\nDefinitief, tenzij in de toelichting bij het onderwerp "
        "expliciet is vermeld dat het voorlopige cijfers betreft."
    )
    assert provisional(described(tmp_path, status=usual)) == set()
    assert provisional(described(tmp_path, "Het betreft voorlopige cijfers.", status=usual))


def test_what_the_catalog_declares_holds_unless_the_column_says_otherwise(tmp_path: Path) -> None:
    assert provisional(described(tmp_path), 2022) == {2022}
    assert provisional(described(tmp_path, "De cijfers zijn definitief."), 2022) == set()


@pytest.mark.parametrize(
    ("topic", "status", "is_closed"),
    [
        ("Bij latere revisies zullen deze niet meer aangepast worden.", "", True),
        ("", "Voor deze tabel zijn geen nadere updates meer te verwachten.", True),
        # said of land and water, in the long description of the whole table
        ("", "Voor eerdere jaren worden de arealen niet meer herzien.", False),
        ("Er vinden regelmatig revisies plaats.", "", False),
    ],
)
@pytest.mark.parametrize("api", ["v3", "v4"])
def test_what_is_not_revised_any_more_says_so(
    tmp_path: Path, topic: str, status: str, is_closed: bool, api: str
) -> None:
    folder = described(tmp_path, topic, status=status, api=api)
    told = figure_statuses(folder, [path.name for path in folder.iterdir()])
    assert told["C"].is_closed == is_closed


def test_metadata_without_descriptions_say_nothing(tmp_path: Path) -> None:
    document = {"value": [{"Key": "C", "Description": ["?"]}, {"Key": "D"}]}
    (tmp_path / "data_properties-00001.json").write_text(json.dumps(document), encoding="utf-8")
    told = figure_statuses(tmp_path, ["data_properties-00001.json"])
    assert {key: each.provisional_years([2021], []) for key, each in told.items()} == {
        "C": [],
        "D": [],
    }
