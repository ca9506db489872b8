"""The stand-in CBS, seen over HTTP: what CBS does, what it refuses, and how it fails."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cbs_helpers import KEYS, address, ask, rows, small_table

from wijkpeil.demo import Fault, StandInCbs, StandInTable

REAL = Path(__file__).resolve().parents[2].parent / "shared/data/cbs/84799NED"
TOO_MANY = "query returns more than 10000 records"


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    with StandInCbs([small_table()], page_size=4) as server:
        yield server


def test_a_code_of_the_wrong_width_gives_an_empty_list_and_no_error(cbs: StandInCbs) -> None:
    wrong = ask(cbs, "TypedDataSet", filter="WijkenEnBuurten eq 'WK990101'")
    right = ask(cbs, "TypedDataSet", filter="WijkenEnBuurten eq 'WK990101  '")
    assert (wrong.status_code, wrong.json()["value"]) == (200, [])
    assert [row["Inwoners_1"] for row in right.json()["value"]] == [1002]


def test_a_filter_on_a_topic_is_silently_not_applied(cbs: StandInCbs) -> None:
    assert len(rows(cbs, "TypedDataSet", filter="Inwoners_1 eq 1002")) == len(KEYS)
    both = "Postcode_3 eq 'x' and startswith(WijkenEnBuurten,'GM')"
    assert len(rows(cbs, "TypedDataSet", filter=both)) == 1


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("startswith(WijkenEnBuurten,'WK')", 8),
        ("substringof('9901',WijkenEnBuurten)", 10),
        ("WijkenEnBuurten eq 'NL00      ' or WijkenEnBuurten eq 'GM9901    '", 2),
        ("(startswith(WijkenEnBuurten,'BU') or WijkenEnBuurten eq 'x') and ID ne '99'", 1),
        ("WijkenEnBuurten ge 'WK'", 11),
        ("WijkenEnBuurten eq '''; drop table x; --'", 0),
    ],
)  # fmt: skip
def test_filters_on_a_dimension(cbs: StandInCbs, condition: str, count: int) -> None:
    assert len(rows(cbs, "TypedDataSet", filter=condition)) == count
    counted = ask(cbs, "TypedDataSet/$count", filter=condition)
    assert counted.text == str(count)


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "WijkenEnBuurten eq"},
        {"filter": "Onbekend eq 'x'"},
        {"filter": "startswith(WijkenEnBuurten 'x')"},
        {"filter": "WijkenEnBuurten eq 'x') or (1 eq 1"},
        {"select": 'Inwoners_1" from x; --'},
        {"top": "-1"},
        {"orderby": "ID"},
        {"skiptoken": "zelf-bedacht"},
    ],
)
def test_a_query_that_is_no_odata_is_refused(cbs: StandInCbs, options: dict[str, str]) -> None:
    answer = ask(cbs, "TypedDataSet", **options)
    assert answer.status_code == 400
    assert answer.json()["odata.error"]["message"]["value"]


def test_pages_follow_to_the_last_row_and_keep_filter_and_columns(cbs: StandInCbs) -> None:
    first = ask(
        cbs, "TypedDataSet", filter="startswith(WijkenEnBuurten,'WK')",
        select="WijkenEnBuurten,Inwoners_1",
    ).json()  # fmt: skip
    assert len(first["value"]) == 4
    assert first["odata.nextLink"].startswith(f"{cbs.url}/")
    second = requests.get(first["odata.nextLink"], timeout=10).json()
    assert "odata.nextLink" not in second
    found = [row["WijkenEnBuurten"] for row in first["value"] + second["value"]]
    assert found == [key for key in KEYS if key.startswith("WK")]
    assert set(second["value"][0]) == {"WijkenEnBuurten", "Inwoners_1"}


def test_every_row_comes_once_and_the_count_agrees(cbs: StandInCbs) -> None:
    for name in ("TypedDataSet", "UntypedDataSet", "WijkenEnBuurten"):
        assert len(rows(cbs, name)) == len(KEYS) == int(ask(cbs, f"{name}/$count").text)
    assert [row["ID"] for row in rows(cbs, "TypedDataSet")] == list(range(len(KEYS)))


def test_top_and_skip_work_on_the_feed_over_pages(cbs: StandInCbs) -> None:
    assert [row["ID"] for row in rows(cbs, "TypedDataSet", top="6", skip="2")] == list(range(2, 8))
    assert rows(cbs, "TypedDataSet", top="0") == []


def test_the_api_knows_no_skip_and_no_more_than_ten_thousand_records() -> None:
    many = tuple(f"BU{number:08d}" for number in range(10_001))
    with StandInCbs([small_table(many)]) as cbs:
        api = f"{cbs.url}/ODataApi/odata/90001DEM"
        skipped = requests.get(f"{api}/TypedDataSet?$format=json&$skip=1", timeout=10)
        assert skipped.status_code == 500
        assert "The 'Skip' query option is not supported on the ODataApi." in skipped.text
        for name in ("TypedDataSet", "WijkenEnBuurten"):
            refused = requests.get(f"{api}/{name}?$format=json", timeout=10)
            assert (refused.status_code, TOO_MANY in refused.text) == (500, True)
        enough = requests.get(f"{api}/TypedDataSet?$format=json&$top=10000", timeout=10).json()
        assert len(enough["value"]) == 10_000
        assert "odata.nextLink" not in enough
        assert requests.get(f"{api}/TypedDataSet/$count", timeout=10).text == "10001"
        assert len(ask(cbs, "TypedDataSet").json()["value"]) == 10_000
        assert len(rows(cbs, "TypedDataSet")) == 10_001


def test_a_client_that_forgets_the_format_gets_atom(cbs: StandInCbs) -> None:
    answer = requests.get(address(cbs, "TypedDataSet"), timeout=10)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_missing_is_null_in_typed_and_a_dot_in_untyped(cbs: StandInCbs) -> None:
    typed, untyped = rows(cbs, "TypedDataSet"), rows(cbs, "UntypedDataSet")
    assert (typed[3]["Inwoners_1"], typed[4]["Afstand_2"]) == (None, None)
    assert (untyped[3]["Inwoners_1"], untyped[4]["Afstand_2"]) == ("       .",) * 2
    assert (untyped[2]["Inwoners_1"], untyped[2]["Afstand_2"]) == ("    1002", "     0.5")
    assert (typed[0]["Postcode_3"], untyped[10]["Postcode_3"]) == ("         .", "      9911")
    assert "NaN" not in ask(cbs, "TypedDataSet", top="9").text


@pytest.mark.parametrize("root", ["ODataFeed/odata", "ODataFeed/OData", "ODataApi/odata"])
def test_the_root_lists_the_sets_of_a_table(cbs: StandInCbs, root: str) -> None:
    listed = requests.get(f"{cbs.url}/{root}/90001DEM?$format=json", timeout=10).json()["value"]
    names = [entry["name"] for entry in listed]
    assert names == [
        "TableInfos", "UntypedDataSet", "TypedDataSet", "DataProperties", "CategoryGroups",
        "WijkenEnBuurten",
    ]  # fmt: skip
    for entry in listed:
        answer = requests.get(entry["url"], params={"$format": "json"}, timeout=10)
        assert answer.status_code == 200, entry


def test_the_catalog_can_be_filtered_by_identifier() -> None:
    with StandInCbs([small_table(), small_table(cbs_id="90002DEM")]) as cbs:
        catalog = f"{cbs.url}/ODataCatalog/Tables?$format=json&$select=Identifier,RecordCount"
        one = requests.get(f"{catalog}&$filter=Identifier eq '90002DEM'", timeout=10).json()
        assert one["value"] == [{"Identifier": "90002DEM", "RecordCount": len(KEYS)}]
        chain = "Identifier eq '90001DEM' or Identifier eq '90009DEM'"
        two = requests.get(f"{catalog}&$filter={chain}", timeout=10).json()["value"]
        assert [row["Identifier"] for row in two] == ["90001DEM"]
        titled = f"{catalog}&$filter=substringof('Klein',Title)"
        assert len(requests.get(titled, timeout=10).json()["value"]) == 2
        none = f"{catalog}&$filter=substringof('Groot',Title)"
        assert requests.get(none, timeout=10).json()["value"] == []


@pytest.mark.parametrize("path", ["90001dem/TypedDataSet", "90009DEM/TableInfos", "90001DEM/Nee"])
def test_an_unknown_table_or_set_is_not_found(cbs: StandInCbs, path: str) -> None:
    answer = requests.get(f"{cbs.url}/ODataFeed/odata/{path}?$format=json", timeout=10)
    assert answer.status_code == 404
    assert "odata.error" in answer.json()


def test_a_body_is_zipped_for_who_accepts_that(cbs: StandInCbs) -> None:
    url = address(cbs, "DataProperties?$format=json")
    zipped = requests.get(url, stream=True, timeout=10)
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(zipped.raw.read()) == plain.content


def test_requests_are_recorded_decoded(cbs: StandInCbs) -> None:
    ask(cbs, "TypedDataSet", filter="WijkenEnBuurten eq 'NL00      '")
    (request,) = cbs.requests
    assert request.path == "/ODataFeed/odata/90001DEM/TypedDataSet"
    assert request.query == "$format=json&$filter=WijkenEnBuurten eq 'NL00      '"


def test_a_table_can_be_replaced_while_running(cbs: StandInCbs) -> None:
    table = small_table().renamed("Afstand", "Reistijd").touched("2026-05-01T02:00:00")
    cbs.replace(table)
    titles = [row["Title"] for row in rows(cbs, "DataProperties")]
    assert "Reistijd" in titles
    assert "Afstand " not in titles
    assert rows(cbs, "TableInfos")[0]["Modified"] == "2026-05-01T02:00:00"
    catalog = requests.get(f"{cbs.url}/ODataCatalog/Tables?$format=json", timeout=10).json()
    assert [row["Modified"] for row in catalog["value"]] == ["2026-05-01T02:00:00"]
    with pytest.raises(ValueError, match="'Nergens'"):
        table.renamed("Nergens", "x")


def test_closing_waits_for_nobody_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with StandInCbs([small_table()]) as cbs, requests.Session() as idle:
        idle.get(address(cbs, "TableInfos"), timeout=10)
        cbs.fault(Fault("hang", path_contains="TypedDataSet", seconds=30))
        with pytest.raises(requests.ReadTimeout):
            requests.get(address(cbs, "TypedDataSet"), timeout=0.1)
        started = time.monotonic()
        cbs.__exit__(None, None, None)
        assert time.monotonic() - started < 1
        deadline = time.monotonic() + 2
        while set(threading.enumerate()) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not set(threading.enumerate()) - before
        with pytest.raises(requests.ConnectionError):
            requests.get(address(cbs, "TableInfos"), timeout=1)


def test_many_clients_at_once_get_the_same(cbs: StandInCbs) -> None:
    answers: list[int] = []
    clients = [
        threading.Thread(target=lambda: answers.append(len(rows(cbs, "TypedDataSet"))))
        for _ in range(12)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert answers == [len(KEYS)] * 12
    assert len(cbs.requests) == 12 * 3


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real KWB 2020 table is not at {REAL}")
def test_the_real_table_of_2020_is_served_whole() -> None:
    table = StandInTable.from_parquet(REAL)
    with StandInCbs([table]) as cbs, requests.Session() as session:
        feed = f"{cbs.url}/ODataFeed/odata/84799NED"

        def get(path: str) -> Any:
            return session.get(f"{feed}/{path}", timeout=30).json()

        first = get("TypedDataSet?$format=json")
        second = session.get(first["odata.nextLink"], timeout=30).json()
        assert [len(first["value"]), len(second["value"])] == [10_000, 7_341]
        assert "odata.nextLink" not in second
        assert {len(row) for row in first["value"]} == {118}
        land = first["value"][0]
        assert (land["WijkenEnBuurten"], land["AantalInwoners_5"]) == ("NL00      ", 17_407_585)
        assert land["GemiddeldeWoningwaarde_35"] is None
        wijken = get("TypedDataSet?$format=json&$filter=startswith(WijkenEnBuurten,'WK')")
        assert len(wijken["value"]) == 3_177
        properties = get("DataProperties?$format=json")["value"]
        assert len(properties) == 157
        assert properties[0]["odata.type"] == "Cbs.OData.GeoDetail"
        assert {row["Key"] for row in properties if row["Type"] == "TopicGroup"} == {""}
        assert int(session.get(f"{feed}/WijkenEnBuurten/$count", timeout=30).text) == 17_341
        assert get("TableInfos?$format=json")["value"][0]["Modified"] == "2021-03-26T02:00:00"
