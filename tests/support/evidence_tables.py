"""The tables of evidence_metadata with figures of evidence_country, as the stand-in serves them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

from evidence_country import LAND, Area, Country
from evidence_metadata import Column, Shape, lines, years_of

from wijkpeil.demo import StandInTable

LARGE = 70_000
QUARTERS = {"MM03": "maart", "MM06": "juni", "MM09": "september", "MM12": "december"}
_STATUS = {"": "Definitief", "*": "Voorlopig", "**": "NaderVoorlopig"}
_OTHERS = {
    "health": {"Leeftijd": "Leeftijd", "Marges": "Marges"},
    "police": {"SoortMisdrijf": "SoortMisdrijf"},
    "safety_monitor": {"Marges": "Marges"},
    "labour": {"Geslacht": "Geslacht", "Leeftijd": "LeeftijdArbeid"},
}
_TITLES = {"Marges": "Marges", "SoortMisdrijf": "Soort misdrijf", "Perioden": "Perioden"}
_CATALOGS = {"police": "Politie", "health": "RIVM"}
# half the width of a 95% margin
_MARGIN = {"share": 1.2, "score": 0.1, "mean": 0.1}
# people are counted in tens here, in fives there, and by the police as they are
_ROUNDED = {"bijstand_persons": 10, "ao_persons": 10, "ww_persons": 10, "aow_persons": 10}
_ROUNDED |= {"inwoners_15": 10, "inwoners_15_aow": 10, "inwoners_aow": 10, "wmo_clients": 5}
# the counts of Kerncijfers were those of March until then
_OF_MARCH_UNTIL = 2017
_SEASON = {"MM03": 1.02, "MM06": 1.01, "MM09": 1.01, "MM12": 1.0}
_BESIDE = {
    "%": ("share", 24.0, 3.0),
    "km": ("mean", 2.4, 0.1),
    "kWh": ("mean", 2700.0, 0.08),
    "m³": ("mean", 1150.0, 0.08),
    "Getal": ("score", 0.2, 0.02),
    "x 1 000 euro": ("mean", 30.0, 0.1),
    "1 000 euro": ("mean", 21.0, 0.1),
    "aantal": ("per_1000", 140.0, 0.1),
    "code": ("score", 3.0, 0.5),
}


@dataclass(frozen=True)
class Cell:
    """Where a figure stands: an area of the table's division, a period, other categories."""

    area: Area
    land_code: str
    year: int
    quarter: str
    others: Mapping[str, str]


def stand_in(shape: Shape, country: Country) -> StandInTable:
    """The table as it is served."""
    others = _OTHERS.get(shape.family, {})
    codes = {name: _category_codes(source) for name, source in others.items()}
    areas = _areas(shape, country)
    time = _periods(shape) if shape.periods else {}
    rows = [*_rows(shape, country, areas, time, codes)]
    area_codes = [
        {
            "Key": code.ljust(shape.width),
            "Title": name,
            "Description": "",
            "Municipality": gemeente,
        }
        for code, name, gemeente, _ in areas
    ]
    lists: dict[str, Sequence[Mapping[str, Any]]] = {
        name: [{"Key": key, "Title": title, "Description": ""} for key, title in each.items()]
        for name, each in codes.items()
    }
    lists[shape.dimension] = area_codes
    if time:
        lists["Perioden"] = [
            {"Key": key, "Title": title, "Description": "", "Status": status}
            for key, (title, status) in time.items()
        ]
    return StandInTable(
        cbs_id=shape.cbs_id,
        table_infos=_infos(shape),
        data_properties=_properties(shape, codes),
        code_lists=lists,
        data=rows,
        signs=_signs(shape, areas),
    )


def _infos(shape: Shape) -> dict[str, Any]:
    first, last = shape.years[0], shape.years[-1]
    period = str(first) if first == last else f"{first}-{last}"
    text = f"\r\nGegevens beschikbaar over: {period}.\r\n"
    return {
        "Updated": shape.modified,
        "ID": zlib.crc32(shape.cbs_id.encode()) % 5000,
        "Identifier": shape.cbs_id,
        "Title": shape.title,
        "ShortTitle": shape.title,
        "ShortDescription": text,
        "Summary": "Verzonnen cijfers in de vorm van een tabel van het CBS",
        "Modified": shape.modified,
        "MetaDataModified": shape.modified,
        "ReasonDelivery": "Actualisering",
        "ExplanatoryText": "",
        "OutputStatus": "Regulier",
        "Source": "Verzonnen voor de tests.",
        "Language": "nl",
        "Catalog": _CATALOGS.get(shape.family, "CBS"),
        "Frequency": "Onregelmatig",
        "Period": period,
        "Description": text,
    }


def _properties(shape: Shape, codes: Mapping[str, Any]) -> list[dict[str, Any]]:
    is_wide = shape.dimension == "WijkenEnBuurten"
    area = {
        "odata.type": "Cbs.OData.GeoDetail" if is_wide else "Cbs.OData.GeoDimension",
        "Type": "GeoDetail" if is_wide else "GeoDimension",
        "Key": shape.dimension,
        "Title": shape.dimension_title,
        "MapYear": shape.division if is_wide else None,
    }
    found: list[dict[str, Any]] = []
    for name in codes:
        found.append(_dimension(name, "Dimension"))
    found.append({**area, "ParentID": None})
    if shape.periods:
        found.append(_dimension("Perioden", "TimeDimension"))
    groups: dict[tuple[str, ...], int] = {}
    for column in shape.columns:
        for depth in range(1, len(column.group) + 1):
            path = column.group[:depth]
            if path not in groups:
                groups[path] = len(found)
                group = {"odata.type": "Cbs.OData.TopicGroup", "Type": "TopicGroup", "Key": ""}
                found.append({**group, "Title": path[-1], "ParentID": groups.get(path[:-1])})
        found.append({**_topic(column), "ParentID": groups.get(column.group)})
    return [{"ID": number, "Position": number, **row} for number, row in enumerate(found)]


def _dimension(name: str, kind: str) -> dict[str, Any]:
    title = _TITLES.get(name, name)
    return {"odata.type": f"Cbs.OData.{kind}", "Type": kind, "Key": name, "Title": title,
            "ParentID": None}  # fmt: skip


def _topic(column: Column) -> dict[str, Any]:
    datatype = "String" if column.is_text else "Double" if column.decimals else "Long"
    plain = zlib.crc32(f"{column.group}{column.title}{column.unit}".encode()) % 100_000
    return {
        "odata.type": "Cbs.OData.Topic",
        "Type": "Topic",
        "Key": column.key,
        "Title": column.title,
        "Description": "",
        "Unit": column.unit,
        "Datatype": datatype,
        "Decimals": column.decimals,
        "Default": "Impossible",
        "PresentationType": "Absolute" if column.unit == "aantal" else "Relative",
        "MeasureCode": column.code or f"X9{plain:05d}",
    }


def _areas(shape: Shape, country: Country) -> list[tuple[str, str, str, Area]]:
    """Code, name and gemeente of each area that the table lists, with what its figures are of."""
    year = shape.division or shape.years[-1]
    land, *rest = country.areas(year)
    names = {"NL00": "Nederland", "NL01": "Nederland", "NL98": "Buitenland"}
    if len(shape.land) > 1:
        names["NL00"] = "Totaal"
    found = [(code, names[code], "", land) for code in shape.land]
    if shape.family == "safety_monitor":
        found += [
            ("LD01", "Noord-Nederland (LD)", "", land),
            ("PV28", "Zuid-Holland (PV)", "", land),
        ]
        rest = [a for a in rest if a.kind == "Gemeente" and country.inhabitants(a, year) >= LARGE]
    return [*found, *((a.code, a.name, _gemeente_of(a.code, country, year), a) for a in rest)]


def _gemeente_of(code: str, country: Country, year: int) -> str:
    return code if code.startswith("GM") else f"GM{code[2:6]}"


def _category_codes(dimension: str) -> dict[str, str]:
    rows = [row for row in lines("codes.csv") if row["dimension"] == dimension]
    return {row["code"].ljust(int(row["width"])): row["title"] for row in rows}


def _periods(shape: Shape) -> dict[str, tuple[str, str]]:
    """Title and status of each period's code."""
    found = {}
    for year in shape.years:
        if shape.periods == "quarters":
            for code, month in QUARTERS.items():
                title = f"{year} {month}{shape.marks}"
                found[f"{year}{code}"] = (title, _STATUS[shape.marks])
        else:
            marks = shape.marks if year == shape.years[-1] else ""
            found[f"{year}{shape.periods}"] = (f"{year}{marks}", _STATUS[marks])
    return found


def _rows(
    shape: Shape,
    country: Country,
    areas: Sequence[tuple[str, str, str, Area]],
    time: Mapping[str, Any],
    codes: Mapping[str, Mapping[str, str]],
) -> Iterator[dict[str, Any]]:
    ways = [(column.key, _way(shape, column, country)) for column in shape.columns]
    for categories in product(*codes.values()):
        others = dict(zip(codes, categories, strict=True))
        for code, _, _, area in areas:
            for period in time or [""]:
                year = int(period[:4]) if period else shape.years[0]
                trimmed = {name: each.strip() for name, each in others.items()}
                cell = Cell(area, code, year, period[4:], trimmed)
                row: dict[str, Any] = {**others, shape.dimension: code.ljust(shape.width)}
                if period:
                    row["Perioden"] = period
                for key, way in ways:
                    row[key] = way(cell)
                yield row


def _way(shape: Shape, column: Column, country: Country) -> Callable[[Cell], Any]:
    """How a column is filled."""
    if column.is_text:
        return partial(_text, column)
    if not column.figure:
        kind, level, spread = _BESIDE.get(column.unit.split(" van")[0], ("mean", 40.0, 0.1))
        level *= 0.6 + len(column.title) % 7 / 8
        country.add_level(_figure_name(column), kind, level, spread)
    emptied = [
        (years_of(row["years"]), row["rows"])
        for row in lines("empty.csv")
        if row["family"] == shape.family
        and ">".join([*column.group, ""]).startswith(row["group"] and f"{row['group']}>")
        and row["title"] in ("", column.title.strip())
    ]
    return partial(_number, shape, column, country, emptied)


def _figure_name(column: Column) -> str:
    """The figure of a column; those that only stand beside the wanted ones have their own."""
    return column.figure or f"beside {column.title.strip()} {column.unit}"


def _text(column: Column, cell: Cell) -> str:
    area = cell.area
    if column.means == "area_change":
        return area.flag
    match column.title:
        case "Gemeentenaam":
            return area.gemeente_name.ljust(40)
        case "Soort regio":
            return area.kind.ljust(10)
        case "Codering":
            return cell.land_code.ljust(10)
    return (
        "         ." if area.kind == "Land" else f"{1000 + zlib.crc32(area.code.encode()) % 8999}"
    )


def _number(
    shape: Shape,
    column: Column,
    country: Country,
    emptied: Sequence[tuple[tuple[int, ...], str]],
    cell: Cell,
) -> float | int | None:
    for years, rows in emptied:
        if cell.year in years and (rows == "all" or cell.area.kind != "Land"):
            return None
    if shape.family == "benefits" and cell.land_code in ("NL00", "NL98"):
        return _of_the_world(column, country, cell)
    if shape.family == "safety_monitor" and (cell.area.code, cell.year) == ("GM1980", 2021):
        return None
    value = _figure(shape, column, country, cell)
    if value is None:
        return None
    return round(value, column.decimals) if column.decimals else round(value)


def _figure(shape: Shape, column: Column, country: Country, cell: Cell) -> float | None:
    name, area, year = _figure_name(column), cell.area, cell.year
    if name == "by_offence":
        return _offences(country, cell)
    people = country.inhabitants(area, year)
    if name == "inwoners":
        return people
    if name in ("huishoudens", "woningen"):
        homes = people / country.level("household_size", year)
        homes *= 0.985 if name == "woningen" else 1
        return homes if area.kind == "Land" or name == "woningen" else round(homes / 5) * 5
    is_rest = name.startswith("100-")
    name = name.removeprefix("100-")
    value = country.figure(name, area, year)
    if value is None:
        return None
    if name in _ROUNDED:
        is_march = shape.family == "kwb" and year <= _OF_MARCH_UNTIL
        value *= _SEASON["MM03" if is_march else cell.quarter or "MM12"] if "persons" in name else 1
        value = round(value / _ROUNDED[name]) * _ROUNDED[name]
    if "Marges" in cell.others:
        margin = _MARGIN[country.kind(name)] * (0.3 if area.kind == "Land" else 1)
        value += {"MOG0095": -margin, "MBG0095": margin}.get(cell.others["Marges"], 0.0)
        value = max(0.0, value)
    if cell.others.get("Geslacht", "T001038") != "T001038":
        value *= 0.9
    if cell.others.get("Leeftijd", "20300") not in ("20300", "52052"):
        value *= 0.9
    return 100 - round(value, column.decimals) if is_rest else value


def _of_the_world(column: Column, country: Country, cell: Cell) -> int | None:
    """People with a benefit, those abroad too (NL00) or only they (NL98); no shares."""
    if column.figure not in _ROUNDED or column.figure.startswith("inwoners"):
        return None
    at_home = (country.figure(column.figure, cell.area, cell.year) or 0) * _SEASON[cell.quarter]
    abroad = round(at_home * 0.004 / 10) * 10
    return abroad if cell.land_code == "NL98" else round(at_home / 10) * 10 + abroad


def _offences(country: Country, cell: Cell) -> float:
    name = _offence_of()[cell.others["SoortMisdrijf"]]
    if not name:
        name = f"beside offence {cell.others['SoortMisdrijf']}"
        country.add_level(name, "events", 0.2, 0.1)
    return country.total(name, cell.area, cell.year)


@cache
def _offence_of() -> dict[str, str]:
    return {row["code"]: row["offence"] for row in lines("codes.csv")}


def _signs(shape: Shape, areas: Sequence[tuple[str, str, str, Area]]) -> list[Any]:
    if shape.family == "benefits":
        return [({shape.dimension: code}, "") for code in ("NL00", "NL98")]
    if shape.family == "kwb_old":
        return [({shape.dimension: code}, "x") for code, _, _, a in areas if a.kind == "Buurt"][::3]
    return []


def is_of_land(code: str) -> bool:
    """Whether a code is one of the rows for the whole country or beyond."""
    return code.strip().startswith(LAND[:2])
