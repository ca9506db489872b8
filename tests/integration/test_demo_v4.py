"""The stand-in CBS on OData v4, seen over HTTP: the same tables in another shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from wijkpeil.demo import StandInCbs, StandInTable, StandInV4Table

REAL = Path(__file__).resolve().parents[2].parent / "shared/data/cbs/83765NED"
AREAS = ("NL00      ", "GM9901    ", "WK990101  ", "WK990102  ", "BU99010101")
PERIODS = ("2024JJ00", "2025JJ00")
ID = "90001DEM"
# every cell but the empty ones: one number per wijk of the first year is missing
CELLS = len(AREAS) * len(PERIODS) * 3 - 2


def row(number: int, kind: str, key: str, title: str, **more: Any) -> dict[str, Any]:
    return {"odata.type": f"Cbs.OData.{kind}", "ID": number, "ParentID": None, "Type": kind,
            "Key": key, "Title": title, **more}  # fmt: skip


def table(**more: Any) -> StandInTable:
    long = {"Datatype": "Long", "Unit": "aantal", "Decimals": 0, "PresentationType": "Absolute"}
    return StandInTable(
        cbs_id=ID,
        table_infos={"ID": 1, "Identifier": ID, "Title": "Kerncijfers wijken", "Modified":
                     "2026-03-01T02:00:00", "OutputStatus": "Regulier", "Language": "nl"},
        data_properties=[
            row(0, "GeoDetail", "WijkenEnBuurten", "Wijken en buurten"),
            row(1, "TimeDimension", "Perioden", "Perioden"),
            row(2, "TopicGroup", "", "Bevolking"),
            row(3, "Topic", "Inwoners_1", "Inwoners", **{**long, "ParentID": 2},
                MeasureCode="T001036"),
            row(4, "Topic", "Afstand_2", "Afstand ", Datatype="Double", Unit="km", Decimals=1),
            row(5, "Topic", "Postcode_3", "Postcode", Datatype="String", Unit="code", Decimals=0),
        ],
        code_lists={
            "WijkenEnBuurten": [{"Key": key, "Title": key.strip()} for key in AREAS],
            "Perioden": [
                {"Key": key, "Title": key[:4], "Status": status}
                for key, status in zip(PERIODS, ("Definitief", "Voorlopig"), strict=True)
            ],
        },
        data=[
            {
                "WijkenEnBuurten": area,
                "Perioden": period,
                "Inwoners_1": None if area[:2] + period[:4] == "WK2024" else 1000 + number,
                "Afstand_2": number / 4,
                "Postcode_3": "      9911",
            }
            for number, area in enumerate(AREAS)
            for period in PERIODS
        ],
        **more,
    )  # fmt: skip


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    with StandInCbs([table()], v4_page_size=10) as server:
        yield server


def ask(cbs: StandInCbs, path: str, **options: str) -> requests.Response:
    named = {f"${name}": text for name, text in options.items()}
    return requests.get(f"{cbs.v4_url}/CBS/{path}", params=named, timeout=10)


def value(cbs: StandInCbs, path: str, **options: str) -> list[dict[str, Any]]:
    """Every row, following the next pages to the end."""
    answer = ask(cbs, path, **options).json()
    found: list[dict[str, Any]] = answer["value"]
    while "@odata.nextLink" in answer:
        answer = requests.get(answer["@odata.nextLink"], timeout=10).json()
        found += answer["value"]
    return found


def test_properties_are_one_object_with_a_zone_and_the_count(cbs: StandInCbs) -> None:
    properties = ask(cbs, f"{ID}/Properties").json()
    assert properties["@odata.context"].endswith(f"/CBS/{ID}/$metadata#Properties")
    assert "value" not in properties
    assert properties["Modified"] == "2026-03-01T02:00:00+01:00"
    assert properties["ObservationCount"] == CELLS
    some = ask(cbs, f"{ID}/Properties", select="Identifier,Status").json()
    assert set(some) == {"@odata.context", "Identifier", "Status"}


def test_dimensions_lead_to_their_codes(cbs: StandInCbs) -> None:
    areas, periods = value(cbs, f"{ID}/Dimensions")
    assert (areas["Identifier"], areas["Kind"]) == ("WijkenEnBuurten", "GeoDetail")
    codes = requests.get(areas["CodesUrl"], timeout=10).json()["value"]
    assert [code["Identifier"] for code in codes] == [area.strip() for area in AREAS]
    assert [code["DimensionGroupId"] for code in codes] == ["NL", "GM", *["GM9901"] * 3]
    statuses = [code["Status"] for code in value(cbs, f"{ID}/{periods['Identifier']}Codes")]
    assert statuses == ["Definitief", "Voorlopig"]


def test_measures_come_from_the_topics_of_v3(cbs: StandInCbs) -> None:
    measures = value(cbs, f"{ID}/MeasureCodes")
    assert [(m["Identifier"], m["Index"], m["Title"], m["MeasureGroupId"]) for m in measures] == [
        ("T001036", 3, "Inwoners", "M000002"),
        ("M000004", 4, "Afstand ", None),
        ("M000005", 5, "Postcode", None),
    ]
    (group,) = value(cbs, f"{ID}/MeasureGroups")
    assert (group["Id"], group["Title"], group["ParentId"]) == ("M000002", "Bevolking", None)
    v3 = f"{cbs.url}/ODataFeed/odata/{ID}/DataProperties?$format=json"
    assert "MeasureCode" not in requests.get(v3, timeout=10).text


def test_observations_are_cells_and_empty_ones_are_left_out(cbs: StandInCbs) -> None:
    cells = value(cbs, f"{ID}/Observations")
    assert len(cells) == CELLS
    assert [cell["Id"] for cell in cells] == list(range(CELLS))
    assert cells[1] == {
        "Id": 1, "Measure": "M000004", "ValueAttribute": "None", "Value": 0.0, "StringValue": None,
        "WijkenEnBuurten": "NL00", "Perioden": "2024JJ00",
    }  # fmt: skip
    assert (cells[2]["Value"], cells[2]["StringValue"]) == (None, "      9911")
    first = ask(cbs, f"{ID}/Observations").json()
    assert len(first["value"]) == 10
    assert first["@odata.nextLink"].startswith(f"{cbs.v4_url}/CBS/{ID}/Observations?")


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("Measure eq 'T001036'", 8),
        ("(Measure eq 'T001036' or Measure eq 'M000004') and Perioden eq '2025JJ00'", 10),
        ("startswith(WijkenEnBuurten,'WK9901') and Perioden eq '2024JJ00'", 4),
        ("contains(WijkenEnBuurten,'9901')", CELLS - 6),
        ("WijkenEnBuurten eq 'WK990101  '", 0),
    ],
)
def test_filters_hold_over_pages_and_for_the_count(
    cbs: StandInCbs, condition: str, count: int
) -> None:
    assert len(value(cbs, f"{ID}/Observations", filter=condition)) == count
    counted = ask(cbs, f"{ID}/Observations/$count", filter=condition)
    assert counted.content == b"\xef\xbb\xbf" + str(count).encode()
    assert counted.headers["Content-Type"].startswith("text/plain")


def test_top_skip_and_select(cbs: StandInCbs) -> None:
    cells = value(cbs, f"{ID}/Observations", top="13", skip="3", select="Id,Value")
    assert [cell["Id"] for cell in cells] == list(range(3, 16))
    assert set(cells[-1]) == {"Id", "Value"}


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "Measure in ('T001036','M000004')"},
        {"filter": "substringof('9901',WijkenEnBuurten)"},
        {"filter": "Value eq 5"},
        {"orderby": "Id"},
        {"search": "wijken"},
        {"select": "Onbekend"},
    ],
)
def test_what_v4_does_not_take_is_refused(cbs: StandInCbs, options: dict[str, str]) -> None:
    answer = ask(cbs, f"{ID}/Observations", **options)
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (400, True)


def test_what_is_not_there_is_not_found(cbs: StandInCbs) -> None:
    for path in (f"{ID.lower()}/Properties", f"{ID}/Nee", "90009DEM/Observations"):
        assert ask(cbs, path).status_code == 404
    bare = [row for row in table().data_properties if row["Type"] != "TopicGroup"]
    cbs.replace(StandInTable(ID, table().table_infos, bare, table().code_lists, table().data))
    assert ask(cbs, f"{ID}/MeasureGroups").status_code == 404


def test_the_catalog_is_one_answer_that_can_be_filtered(cbs: StandInCbs) -> None:
    assert [entry["Identifier"] for entry in value(cbs, "Datasets")] == [ID]
    for condition, found in (
        (f"Identifier eq '{ID}' or Identifier eq 'x'", 1),
        ("contains(Title,'wijken')", 1),
        ("contains(Description,'wijken')", 0),
    ):
        rows = value(cbs, "Datasets", filter=condition, select="Identifier,ObservationCount")
        assert rows == [{"Identifier": ID, "ObservationCount": CELLS}] * found


def test_cells_can_have_an_attribute_and_codes_a_width() -> None:
    secret = {"WijkenEnBuurten": "WK990101", "Perioden": "2024JJ00", "Measure": "T001036"}
    odd = table(cell_attributes=[(secret, "Confidential")], v4_code_width=8, v4_texts=False)
    with StandInCbs([odd]) as cbs:
        cells = value(cbs, f"{ID}/Observations", filter="WijkenEnBuurten eq 'WK990101'")
        shown = [(cell["ValueAttribute"], cell["Value"]) for cell in cells]
        assert shown == [("Confidential", None), ("None", 0.5), ("None", 1002.0), ("None", 0.5)]
        assert not [cell for cell in value(cbs, f"{ID}/Observations") if cell["StringValue"]]
        codes = [code["Identifier"] for code in value(cbs, f"{ID}/WijkenEnBuurtenCodes")]
        assert codes[1] == "GM9901  "
        assert len(value(cbs, f"{ID}/Observations", filter="WijkenEnBuurten eq 'GM9901  '")) == 4


def test_a_table_of_v4_alone_is_not_on_v3() -> None:
    alone = StandInV4Table(
        cbs_id="90002DEM",
        properties={"Identifier": "90002DEM", "Title": "Los", "Modified": "2026-01-01T00:00:00Z"},
        dimensions=[{"Identifier": "Perioden", "Title": "Perioden", "Kind": "TimeDimension"}],
        measure_codes=[{"Identifier": "A1", "Index": 1, "Title": "Iets", "Decimals": 1}],
        code_lists={"Perioden": [{"Identifier": p, "Index": 1, "Title": p} for p in PERIODS]},
        observations=[{"Measure": "A1", "Value": 2.5, "Perioden": "2025JJ00"}],
    )
    with StandInCbs([alone]) as cbs:
        (cell,) = value(cbs, "90002DEM/Observations")
        assert (cell["Value"], cell["ValueAttribute"]) == (2.5, "None")
        assert ask(cbs, "90002DEM/Properties").json()["ObservationCount"] == 1
        v3 = requests.get(f"{cbs.url}/ODataFeed/odata/90002DEM?$format=json", timeout=10)
        assert v3.status_code == 404


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real v4 metadata of 2017 is not at {REAL}")
def test_the_real_metadata_of_2017_is_served_as_it_is() -> None:
    with StandInCbs([StandInV4Table.from_metadata(REAL)]) as cbs:
        properties = ask(cbs, "83765NED/Properties").json()
        assert properties["ObservationCount"] == 1_537_850
        assert properties["Modified"] == "2020-11-06T00:00:00+01:00"
        counts = {name: len(value(cbs, f"83765NED/{name}")) for name in
                  ("MeasureCodes", "MeasureGroups", "WijkenEnBuurtenCodes")}  # fmt: skip
        assert list(counts.values()) == [103, 37, 16_667]
        assert (
            int(ask(cbs, "83765NED/Observations/$count").content.decode("utf-8-sig")) == 1_537_850
        )
        first = ask(cbs, "83765NED/Observations").json()
        assert len(first["value"]) == 100_000
        amsterdam = "WijkenEnBuurten eq 'GM0363' and Measure eq 'T001036'"
        (cell,) = value(cbs, "83765NED/Observations", filter=amsterdam)
        assert cell["Value"] is not None
