"""A small table on the stand-in CBS, and asking it over HTTP."""

from __future__ import annotations

from typing import Any

import requests

from wijkpeil.demo import StandInCbs, StandInTable

KEYS = ("NL00      ", "GM9901    ", *(f"WK9901{n:02d}  " for n in range(1, 9)), "BU99010101")


def topic(number: int, key: str, title: str, datatype: str) -> dict[str, Any]:
    return {
        "odata.type": "Cbs.OData.Topic", "ID": number, "Position": number, "ParentID": None,
        "Type": "Topic", "Key": key, "Title": title, "Datatype": datatype, "Unit": "aantal",
        "Decimals": 1 if datatype == "Double" else 0,
    }  # fmt: skip


def small_table(keys: tuple[str, ...] = KEYS, cbs_id: str = "90001DEM") -> StandInTable:
    area = {"odata.type": "Cbs.OData.GeoDetail", "ID": 0, "Type": "GeoDetail"}
    return StandInTable(
        cbs_id=cbs_id,
        table_infos={"ID": 1, "Identifier": cbs_id, "Title": "Klein", "Modified": "2026-01-01"},
        data_properties=[
            {**area, "Key": "WijkenEnBuurten", "Title": "Wijken en buurten"},
            topic(1, "Inwoners_1", "Inwoners", "Long"),
            topic(2, "Afstand_2", "Afstand ", "Double"),
            topic(3, "Postcode_3", "Postcode", "String"),
        ],
        code_lists={"WijkenEnBuurten": [{"Key": key, "Title": key.strip()} for key in keys]},
        data=[
            {
                "WijkenEnBuurten": key,
                "Inwoners_1": None if number == 3 else 1000 + number,
                "Afstand_2": float("nan") if number == 4 else number / 4,
                "Postcode_3": "      9911" if key.startswith("BU") else "         .",
            }
            for number, key in enumerate(keys)
        ],
    )


def address(cbs: StandInCbs, path: str) -> str:
    return f"{cbs.url}/ODataFeed/odata/90001DEM/{path}"


def ask(cbs: StandInCbs, path: str, **options: str) -> requests.Response:
    named = {f"${name}": text for name, text in ({"format": "json"} | options).items()}
    return requests.get(address(cbs, path), params=named, timeout=10)


def rows(cbs: StandInCbs, path: str, **options: str) -> list[dict[str, Any]]:
    """Every row, following the next pages to the end."""
    answer = ask(cbs, path, **options).json()
    found: list[dict[str, Any]] = answer["value"]
    while "odata.nextLink" in answer:
        answer = requests.get(answer["odata.nextLink"], timeout=10).json()
        found += answer["value"]
    return found
