"""A table of three dimensions on the stand-in CBS, the catalog block that asks it, and a client."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import pytest

from wijkpeil.catalog import CbsService, CbsTable
from wijkpeil.demo import Fault, StandInCbs, StandInTable
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.snapshots import PARTIAL, Snapshot

Api = Literal["v3", "v4"]
BOTH = pytest.mark.parametrize("api", ["v3", "v4"])
CBS_ID = "90002DEM"
AREAS = ("NL00", "GM9901", *(f"WK9901{number:02d}" for number in range(1, 11)))
YEARS = (2021, 2022, 2023)
SEXES = ("T001038", "3000", "4000")
PAGE_SIZE = 8
# 12 areas, 3 years, 1 sex: on v3 a row holds both figures, on v4 each figure is a row
ROWS = {"v3": 36, "v4": 72}
PAGES = {"v3": 5, "v4": 9}
FIGURES = {"v3": "/TypedDataSet?", "v4": "/Observations?"}
DATES = {"v3": "/TableInfos?", "v4": "/Properties?"}
INHABITANTS = {"indicator": "inhabitants", "title": "Aantal", "unit": "aantal"}
SURFACE = {"indicator": "surface_ha", "title": "Oppervlakte", "unit": "ha"}
VACANCY = {"indicator": "vacancy_share", "title": "Leegstand", "unit": "%"}


def stand_in(*tables: StandInTable, **options: Any) -> StandInCbs:
    """A server with pages so small that there are many."""
    sizes = {"page_size": PAGE_SIZE, "v4_page_size": PAGE_SIZE}
    return StandInCbs(tables or [table_of_three()], **{**sizes, **options})


def table_of_three(
    cbs_id: str = CBS_ID, *, years: tuple[int, ...] = YEARS, suffix: str = "JJ00"
) -> StandInTable:
    """People and homes by area, year and sex; nobody has measured the vacancy."""
    return StandInTable(
        cbs_id=cbs_id,
        table_infos={"ID": 1, "Identifier": cbs_id, "Title": "Proef", "Modified": "2026-01-01"},
        data_properties=[
            _property(0, "GeoDetail", "WijkenEnBuurten", "Wijken en buurten"),
            _property(1, "TimeDimension", "Perioden", "Perioden"),
            _property(2, "Dimension", "Geslacht", "Geslacht"),
            _property(3, "TopicGroup", "", "Bevolking"),
            _topic(4, "Aantal_4", "Aantal", "aantal", parent=3),
            _property(5, "TopicGroup", "", "Woningen"),
            _topic(6, "Aantal_6", "Aantal", "aantal", parent=5),
            _topic(7, "Oppervlakte_7", "Oppervlakte", "ha"),
            _topic(8, "Leegstand_8", "Leegstand", "%"),
        ],
        code_lists={
            "WijkenEnBuurten": [{"Key": code.ljust(10), "Title": code} for code in AREAS],
            "Perioden": [{"Key": f"{year}{suffix}", "Title": str(year)} for year in years],
            "Geslacht": [{"Key": code.ljust(7), "Title": code} for code in SEXES],
        },
        data=[
            {
                "WijkenEnBuurten": area.ljust(10),
                "Perioden": f"{year}{suffix}",
                "Geslacht": sex.ljust(7),
                "Aantal_4": 1000 * place + 10 * (year - 2000) + SEXES.index(sex),
                "Aantal_6": 500 * place + year,
                "Oppervlakte_7": 40 + place,
                "Leegstand_8": None,
            }
            for place, area in enumerate(AREAS)
            for year in years
            for sex in SEXES
        ],
    )


def block(api: Api, *measures: dict[str, Any], **changes: Any) -> CbsTable:
    """A catalog block for that table; people and surface where no measure is given."""
    usual = [{**INHABITANTS, "parent": "Bevolking"}, SURFACE]
    return CbsTable.model_validate(
        {
            "id": "proef",
            "title_nl": "Proef",
            "licence": "CC0 1.0",
            "attribution": "Verzonnen voor de tests",
            "synthetic": True,
            "cbs_id": CBS_ID,
            "api": api,
            "area_dimension": "WijkenEnBuurten",
            "period_dimension": "Perioden",
            "years": [2021, 2023],
            "area_levels": ["land", "gemeente", "wijk"],
            "where": {"Geslacht": "T001038"},
            "measure": list(measures) or usual,
            **changes,
        }
    )


def settings_for(cbs: StandInCbs, **changes: Any) -> Settings:
    """Settings that lead to the stand-in only, without another try."""
    urls = {"cbs_v3_url": cbs.url, "cbs_third_party_url": cbs.url, "cbs_v4_url": cbs.v4_url}
    return Settings(**{**urls, "timeout_s": 5.0, "retries": 0, **changes})


def services(*, at_once: int = 1, interval_s: float = 0.0) -> list[CbsService]:
    """All services, as polite as this."""
    rest = {"at_once": at_once, "interval_s": interval_s}
    return [CbsService.model_validate({"id": name, **rest}) for name in ("v3", "v4")]


def fetched(
    cbs: StandInCbs,
    table: CbsTable,
    warehouse: Path,
    *,
    listed: str | None = None,
    area_years: Collection[int] | None = None,
    at_once: int = 1,
    interval_s: float = 0.0,
    **changes: Any,
) -> tuple[Snapshot, bool]:
    """What `fetch_table` gives; `changes` are settings."""
    polite = services(at_once=at_once, interval_s=interval_s)
    return fetch_table(
        table,
        settings_for(cbs, **changes),
        warehouse,
        services=polite,
        listed=listed,
        area_years=area_years,
    )


def pages(snapshot: Snapshot) -> list[bytes]:
    """The pages of figures as received, in order."""
    return [path.read_bytes() for path in sorted(snapshot.folder.glob("data-????-*.json"))]


def rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """All rows of figures."""
    return [row for page in pages(snapshot) for row in json.loads(page)["value"]]


def asked(cbs: StandInCbs, part: str, *, since: int = 0) -> int:
    """How many requests had `part` in them, after the first `since`."""
    return sum(part in f"{one.path}?{one.query}" for one in cbs.requests[since:])


def left_over(warehouse: Path) -> list[str]:
    """What an unfinished run left of figures, by file name."""
    folders = (warehouse / "snapshots").rglob(f"{PARTIAL}*/data-????-*.json")
    return sorted(path.name for path in folders)


def planned(fault: Fault, api: Api, **changes: Any) -> Fault:
    """The fault at the third page of figures."""
    third = {"path_contains": FIGURES[api], "nth": 3}
    return Fault(**{**vars(fault), **third, **changes})


def _property(number: int, kind: str, key: str, title: str) -> dict[str, Any]:
    return {"ID": number, "ParentID": None, "Type": kind, "Key": key, "Title": title}


def _topic(
    number: int, key: str, title: str, unit: str, *, parent: int | None = None
) -> dict[str, Any]:
    found = _property(number, "Topic", key, title)
    return {**found, "ParentID": parent, "Unit": unit, "Datatype": "Long", "Decimals": 0}
