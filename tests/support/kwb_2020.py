"""The shipped catalog built on the real table of 2020 alone, and that table to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.catalog import Catalog, CbsMeasure, CbsService, CbsTable, Indicator, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.edition.build import build, find_inputs
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
TABLE = DATA / "cbs" / "84799NED"
NEEDS_THE_TABLE = pytest.mark.skipif(not TABLE.is_dir(), reason=f"the real table is not in {TABLE}")

# what the table has and the shipped catalog does not follow: a mean over land, and counts of cars
MORE: list[tuple[dict[str, Any], str, str]] = [
    ({"id": "land_ha", "aggregation": "sum"}, "Oppervlakte land", "ha"),
    (
        {"id": "density_per_km2", "aggregation": "weighted_mean", "denominator": "land_ha"},
        "Bevolkingsdichtheid",
        "aantal inwoners per km²",
    ),
    ({"id": "cars", "aggregation": "sum"}, "Personenauto's totaal", "aantal"),
]
# of what the catalog follows, what this edition of the table has figures of
FILLED = {
    "inwoners",
    "huishoudens",
    "household_size",
    "bijstand_persons",
    "ao_persons",
    "ww_persons",
    "cars_per_household",
    "supermarket_distance_km",
    "daycare_distance_km",
}
SAME = {"theme": "liveability", "decimals": 0, "direction": "none", "range": [0, 1e9]}


def shipped_catalog() -> Catalog:
    """What is shipped, with the table of 2020 as the only source."""
    catalog = load_catalog(ROOT / "catalog")
    (table,) = [each for each in catalog.tables if each.id == "kwb_2020"]
    more = [
        Indicator.model_validate(
            {**SAME, **block, "name_nl": title, "definition_nl": title, "unit": unit}
        )
        for block, title, unit in MORE
    ]
    measures = [
        CbsMeasure.model_validate({"indicator": block["id"], "title": title, "unit": unit})
        for block, title, unit in MORE
    ]
    filled = [measure for measure in table.measure if measure.indicator in FILLED]
    # the rates rest on other tables; here on what this one counts
    own = [
        each.model_copy(
            update={"rate": each.rate.model_copy(update={"numerator": _own(each.rate.numerator)})}
        )
        if each.rate
        else each
        for each in catalog.indicators
    ]
    whole = CbsTable.model_validate(
        {**table.model_dump(exclude_unset=True), "measure": [*filled, *measures]}
    )
    return catalog.model_copy(
        update={
            "tables": (whole,),
            "extracts": (),
            "address_files": (),
            "indicators": (*own, *more),
        }
    )


def _own(numerator: str) -> str:
    return numerator.replace("_december_persons", "_persons")


def build_2020(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Fetch the table from a stand-in, build on it, and attach the table as a view `kwb`."""
    catalog = shipped_catalog()
    with StandInCbs([StandInTable.from_parquet(TABLE)]) as cbs:
        settings = Settings(cbs_v3_url=cbs.url)
        at_once = [CbsService(id="v3", interval_s=0.0)]
        fetch_table(catalog.tables[0], settings, warehouse, services=at_once)
    path = build(catalog, warehouse, find_inputs(catalog, warehouse))
    connection = duckdb.connect()
    connection.execute(f"attach '{path}' as built (read_only)")
    connection.execute(
        f"""
        create view kwb as
        select
            trim(WijkenEnBuurten) as code,
            left(code, 2) as kind,
            substr(code, 3, 4) as gemeente,
            AantalInwoners_5 as inwoners,
            HuishoudensTotaal_28 as huishoudens,
            GemiddeldeHuishoudensgrootte_32 as household_size,
            Bevolkingsdichtheid_33 as density_per_km2,
            PersonenPerSoortUitkeringBijstand_83 as bijstand_persons,
            PersonenPerSoortUitkeringAO_84 as ao_persons,
            PersonenPerSoortUitkeringWW_85 as ww_persons,
            PersonenautoSTotaal_99 as cars,
            PersonenautoSPerHuishouden_102 as cars_per_household,
            AfstandTotGroteSupermarkt_106 as supermarket_distance_km,
            AfstandTotKinderdagverblijf_107 as daycare_distance_km,
            OppervlakteLand_111 as land_ha,
        from '{TABLE / "TypedDataSet.parquet"}'
        """
    )
    connection.execute(
        f"""
        create view kwb_name as
        select trim(Key) as code, trim(Title) as name from '{TABLE / "WijkenEnBuurten.parquet"}'
        """
    )
    connection.execute("use built")
    return connection
