"""The shipped catalog against CBS's own metadata: the table of 2020 on v3, that of 2017 on v4."""

from __future__ import annotations

from pathlib import Path

import pytest

from wijkpeil.catalog import CbsService, CbsTable, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.demo.cbs.v4_table import StandInV4Table
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "cbs"
AT_ONCE = [CbsService(id="v3", interval_s=0.0), CbsService(id="v4", interval_s=0.0)]
# the indicators of the series whose column the table of 2017 did not have yet
NOT_YET_IN_2017 = {
    "education_high_persons",
    "education_low_persons",
    "income_standardised_keur",
    "labour_participation_share",
    "median_wealth_keur",
    "poverty_share",
    "wmo_clients",
    "youth_care_share",
}

pytestmark = pytest.mark.skipif(
    not (DATA / "84799NED").is_dir(), reason=f"the real data are not in {DATA}"
)


def shipped(table_id: str) -> CbsTable:
    (table,) = [t for t in load_catalog(ROOT / "catalog").tables if t.id == table_id]
    return table


def test_every_measure_of_2020_is_found_on_v3(tmp_path: Path) -> None:
    table = shipped("kwb_2020")
    with StandInCbs([StandInTable.from_parquet(DATA / "84799NED")]) as cbs:
        settings = Settings(cbs_v3_url=cbs.url)
        snapshot, _ = fetch_table(table, settings, tmp_path, services=AT_ONCE)
    found = {each["indicator"]: each["column_key"] for each in snapshot.origin.layout["measures"]}
    assert found.keys() == {measure.indicator for measure in table.present_measures}
    assert found["woz_value_keur"] == "GemiddeldeWoningwaarde_35"
    assert found["supermarket_distance_km"] == "AfstandTotGroteSupermarkt_106"
    assert "woz_value_keur" in snapshot.origin.layout["empty"]
    assert "inwoners" not in snapshot.origin.layout["empty"]
    assert snapshot.origin.rows == 17_341
    assert snapshot.origin.layout["is_counted"]


def test_every_measure_of_2017_is_found_on_v4(tmp_path: Path) -> None:
    block = shipped("kwb_2017").model_dump(exclude_unset=True)
    table = CbsTable.model_validate({**block, "api": "v4", "area_change": None})
    with StandInCbs([StandInV4Table.from_metadata(DATA / "83765NED")]) as cbs:
        settings = Settings(cbs_v4_url=cbs.v4_url)
        snapshot, _ = fetch_table(table, settings, tmp_path, services=AT_ONCE)
    found = {each["indicator"]: each["column_key"] for each in snapshot.origin.layout["measures"]}
    assert found["inwoners"] == "T001036"
    assert found["woz_value_keur"] == "M003039"
    assert found["bijstand_persons"] == "D006842"
    assert len(found) == 21
    assert {measure.indicator for measure in table.measure} - found.keys() == NOT_YET_IN_2017
    assert snapshot.origin.rows > 0
