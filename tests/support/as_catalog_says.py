"""Live tables that are as the shipped catalog says, and what a test makes otherwise in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from wijkpeil.catalog import PREFIX, CbsTable, load_catalog
from wijkpeil.demo import StandInTable

ROOT = Path(__file__).parents[2]
AREAS = {"land": "", "gemeente": "0344", "wijk": "034401", "buurt": "03440101"}
# national values, by indicator, so that a wrong column shows
FIGURES = {"vacancy_share": 5.0, "low_income_share": 8.1, "lowest_income_households_share": 40.0}


def served(table: CbsTable, extra: tuple[tuple[str, str, float], ...] = ()) -> StandInTable:
    """A live table that is as the catalog says, and has `extra` columns: title, unit, value."""
    dimensions = [table.area_dimension, *filter(None, [table.period_dimension])]
    others = dict.fromkeys(name for each in [table, *table.measure] for name in each.where)
    if table.margins:
        others[table.margins.dimension] = None
    codes: dict[str, list[str]] = {name: [] for name in [*dimensions, *others]}
    land = {"land": table.land_code or "NL00"}
    areas = [land.get(level, PREFIX[level] + AREAS[level]) for level in table.area_levels]
    codes[table.area_dimension] = [code.ljust(10) for code in areas]
    if table.period_dimension:
        codes[table.period_dimension] = [f"{y}{table.period_suffix}" for y in table.wanted_years]
    for each in [table, *table.measure]:
        for name, code in each.where.items():
            codes[name] = list(dict.fromkeys([*codes[name], code]))
    if table.margins:
        codes[table.margins.dimension] = [
            table.margins.value, table.margins.low, table.margins.high,
        ]  # fmt: skip
    columns = [
        (each.indicator, each.wordings(table.year)[0], FIGURES.get(each.indicator))
        for each in table.present_measures
    ]
    properties: list[dict[str, Any]] = [
        {"ID": n, "ParentID": None, "Type": "Dimension", "Key": name, "Title": name, "Unit": None}
        for n, name in enumerate(codes)
    ]
    keys: dict[tuple[str, str, str | None], str] = {}
    values: dict[str, float] = {}
    for code, name, value in columns:
        if (name.title, name.unit, name.parent) in keys:
            continue
        number = 100 + len(properties)
        key = f"K_{number}"
        keys[name.title, name.unit, name.parent] = key
        values[key] = value if value is not None else 40.0 if name.unit.startswith("%") else 60.0
        properties.append(topic(number, key, name.title, name.unit, code))
        if name.parent:
            properties.append(
                {"ID": 900 + number, "ParentID": None, "Type": "TopicGroup", "Key": "",
                 "Title": name.parent, "Unit": None}
            )  # fmt: skip
            properties[-2]["ParentID"] = 900 + number
    for title, unit, value in extra:
        number = 100 + len(properties)
        properties.append(topic(number, f"K_{number}", title, unit, title))
        values[f"K_{number}"] = value
    flag = table.area_change
    if flag is not None:
        title = flag if isinstance(flag, str) else flag[0]
        properties.append({**topic(800, "Flag_4", title, "code", "flag"), "Datatype": "String"})
    rows: list[dict[str, Any]] = [{}]
    for name, known in codes.items():
        rows = [{**row, name: code} for row in rows for code in known]
    flags = {"Flag_4": "1"} if flag is not None else {}
    rows = [{**row, **values, **flags} for row in rows]
    year = str(table.division_year or "")
    words = table.divisions[0].replace("{year}", year) if table.divisions else ""
    infos = {
        "ID": 0, "Identifier": table.cbs_id, "Title": table.title_nl, "Summary": words,
        "Modified": "2026-03-26T02:00:00", "Updated": "2026-03-26T02:00:00",
    }  # fmt: skip
    return StandInTable(
        cbs_id=table.cbs_id,
        table_infos=infos,
        data_properties=properties,
        code_lists={
            name: [{"Key": code, "Title": code.strip(), "Description": ""} for code in known]
            for name, known in codes.items()
        },
        data=rows,
    )


def topic(number: int, key: str, title: str, unit: str, code: str) -> dict[str, Any]:
    return {
        "ID": number, "ParentID": None, "Type": "Topic", "Key": key, "Title": title, "Unit": unit,
        "Datatype": "Double", "Decimals": 1, "MeasureCode": code,
    }  # fmt: skip


def table_of(table_id: str) -> CbsTable:
    return next(each for each in load_catalog(ROOT / "catalog").tables if each.id == table_id)


def without(table: StandInTable, title: str) -> StandInTable:
    rows = [row for row in table.data_properties if row["Title"] != title]
    assert len(rows) == len(table.data_properties) - 1
    return replace(table, data_properties=rows)
