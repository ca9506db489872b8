"""The synthetic tables of national size: their shape, and that the stand-in pages through them."""

from __future__ import annotations

import time
from pathlib import Path

import requests
from national import CRIMES, kwb_tables, police_table, topics_of

from wijkpeil.demo import StandInCbs


def test_the_yearly_tables_are_as_wide_and_long_as_the_real_ones(tmp_path: Path) -> None:
    with StandInCbs(kwb_tables(tmp_path, [2020])) as cbs, requests.Session() as session:
        feed = f"{cbs.url}/ODataFeed/odata/92020NED"
        few = f"{feed}/TypedDataSet?$format=json&$top=3"
        land, gemeente, _ = session.get(few, timeout=30).json()["value"]
        assert len(land) == 118
        assert land["WijkenEnBuurten"] == "NL00      "
        assert gemeente["Gemeentenaam_1"] == "Gemeente 1".ljust(40)
        assert gemeente["SoortRegio_2"] == "Gemeente  "
        assert session.get(f"{feed}/TypedDataSet/$count", timeout=30).text == "17341"
        cells = int(session.get(f"{cbs.v4_url}/CBS/92020NED/Observations/$count").text[1:])
        assert 0.8 < cells / (17_341 * 116) < 0.9


def test_numbered_keys_shift_and_titles_stay() -> None:
    keys = {
        year: {topic.title: topic.key for topic in topics_of(year)} for year in range(2013, 2026)
    }
    assert {len(topics_of(year)) for year in keys} == {116}
    assert keys[2020]["Gemiddelde woningwaarde"] == "GemiddeldeWoningwaarde_35"
    assert [keys[year]["Huishoudens totaal"][-3:] for year in (2022, 2023)] == ["_28", "_29"]


def test_the_police_table_is_paged_as_fast_at_its_end_as_at_its_start(tmp_path: Path) -> None:
    with StandInCbs([police_table(tmp_path)]) as cbs, requests.Session() as session:
        address = f"{cbs.url}/ODataFeed/odata/90047NED/TypedDataSet"
        counted = session.get(f"{address}/$count", timeout=30).text
        assert int(counted) == 2_907_520 == 3_520 * len(CRIMES) * 14
        filtered = f"{address}?$format=json&$filter=startswith(WijkenEnBuurten,'WK')"
        link, spent, found = filtered, [], 0
        while link and len(spent) < 300:
            started = time.monotonic()
            page = session.get(link, timeout=30).json()
            spent.append(time.monotonic() - started)
            found += len(page["value"])
            link = page.get("odata.nextLink", "")
        assert found == 3_177 * len(CRIMES) * 14
        assert page["value"][-1]["SoortMisdrijf"] == "3.9.3 "
        middle = len(spent) // 2
        assert sum(spent[middle:]) < 2 * sum(spent[:middle])
