"""The synthetic figures as CBS would publish them: twelve yearly tables and one of the police."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.country import kwb_columns as topics
from wijkpeil.demo.country.areas import FIRST_YEAR, GEMEENTEN, LAST_YEAR, YEARS, Area, Level, areas
from wijkpeil.demo.country.figures import COUNTS, SEED, Figures, figures

POLICE_ID = "90099DEM"
POLICE_TOPIC = "GeregistreerdeMisdrijven_1"
# the kind of crime, padded to six as CBS pads it, and its title; the total has no quantity
CRIME_CODES: Mapping[str, tuple[str, str | None]] = {
    "0.0.0 ": ("Totaal misdrijven", None),
    "1.1.1 ": ("1.1.1 Diefstal/inbraak woning", "burglary"),
    "1.2.3 ": ("1.2.3 Diefstal van brom-, snor-, fietsen", "bicycle_theft"),
    "1.4.5 ": ("1.4.5 Mishandeling", "assault"),
    "2.2.1 ": ("2.2.1 Vernieling cq. zaakbeschadiging", "vandalism"),
    "2.6.10": ("2.6.10 Bestrijdingsmiddelen", "pesticides"),
}
_MONTHS = ("2014MM01", "2024MM12", "2025MM01")
_LEVEL_NAMES: Mapping[Level, str] = {
    "land": "Land",
    "gemeente": "Gemeente",
    "wijk": "Wijk",
    "buurt": "Buurt",
}
# a figure that comes late: its column is there and empty
_LATE = {("income", LAST_YEAR)}
# planted: the incomes of one wijk are kept secret for some years
_SECRET_AREAS = ("WK990112", "BU990112")
_SECRET_YEARS = range(2019, 2023)
_INCOMES = ("income", "low_income")
# incomes are withheld below this number of households
_FEW_HOUSEHOLDS = 250


def kwb_id(year: int) -> str:
    """The invented id of the yearly table."""
    return f"9{year - 2000:04d}DEM"


@cache
def cbs_tables(seed: int = SEED) -> tuple[StandInTable, ...]:
    """Every table of the demo's CBS: the yearly ones, oldest first, and the police's."""
    return (*(kwb_table(year, seed=seed) for year in YEARS), police_table(seed=seed))


def kwb_table(year: int, *, seed: int = SEED) -> StandInTable:
    """`Kerncijfers wijken en buurten` of one year, in that year's areas and columns."""
    source, columns = figures(seed), topics.topics_of(year)
    return StandInTable(
        cbs_id=kwb_id(year),
        table_infos=_table_infos(
            number=year,
            cbs_id=kwb_id(year),
            title=f"Kerncijfers wijken en buurten {year} (synthetisch)",
            period=str(year),
            modified=f"{year + 1}-03-26T02:00:00",
            source="CBS-nabootsing van wijkpeil.",
        ),
        data_properties=topics.data_properties(year),
        code_lists={topics.AREA_DIMENSION: _area_codes(year)},
        data=[
            {
                topics.AREA_DIMENSION: _padded(area),
                **{
                    key: _shown(source, area, year, topic.quantity, topic.decimals)
                    for key, topic in columns.items()
                },
            }
            for area in areas(year)
        ],
    )


def police_table(*, seed: int = SEED) -> StandInTable:
    """Registered crimes by kind, area and period, all years in the areas of the last one."""
    source = figures(seed)
    periods = [*(f"{year}JJ00" for year in YEARS), *_MONTHS]
    rows = [
        {
            "SoortMisdrijf": code,
            topics.AREA_DIMENSION: _padded(area),
            "Perioden": period,
            POLICE_TOPIC: _crimes(source, area, period, quantity),
        }
        for code, (_, quantity) in CRIME_CODES.items()
        for area in areas(LAST_YEAR)
        for period in periods
    ]
    return StandInTable(
        cbs_id=POLICE_ID,
        table_infos=_table_infos(
            number=9099,
            cbs_id=POLICE_ID,
            title="Geregistreerde misdrijven; wijken en buurten (synthetisch)",
            period=f"{FIRST_YEAR}-{LAST_YEAR}",
            modified="2026-03-15T02:00:00",
            source="Politie-nabootsing van wijkpeil.",
        ),
        data_properties=[
            topics.dimension(0, "Dimension", "SoortMisdrijf", "Soort misdrijf"),
            topics.dimension(
                1, "GeoDetail", topics.AREA_DIMENSION, "Wijken en buurten", MapYear=LAST_YEAR
            ),
            topics.dimension(2, "TimeDimension", "Perioden", "Perioden"),
            topics.topic(3, 3, POLICE_TOPIC, "Geregistreerde misdrijven", "aantal"),
        ],
        code_lists={
            "SoortMisdrijf": [
                {"Key": code, "Title": title, "Description": "", "CategoryGroupID": None}
                for code, (title, _) in CRIME_CODES.items()
            ],
            topics.AREA_DIMENSION: _area_codes(LAST_YEAR),
            "Perioden": [_period(period) for period in periods],
        },
        data=rows,
    )


def _shown(
    source: Figures, area: Area, year: int, quantity: str, decimals: int | None
) -> str | float | int | None:
    """The cell as Typed shows it: texts padded, numbers rounded, withheld ones None."""
    if decimals is None:
        return _text(area, quantity)
    if (quantity, year) in _LATE:
        return None
    is_secret = year in _SECRET_YEARS and area.code.startswith(_SECRET_AREAS)
    if is_secret and quantity in _INCOMES:
        return None
    if quantity == "women":
        value = source.value(area, year, "inhabitants") - source.value(area, year, "men")
    elif quantity in COUNTS:
        value = source.value(area, year, quantity)
    elif _is_too_small(source, area, year) or (
        quantity in _INCOMES and source.value(area, year, "households") < _FEW_HOUSEHOLDS
    ):
        return None
    elif quantity == "household_size":
        homes = source.value(area, year, "households")
        value = source.value(area, year, "inhabitants") / homes
    elif quantity == "occupied":
        value = 100 - round(source.value(area, year, "vacancy"))
    else:
        value = source.value(area, year, quantity)
    return round(value, decimals) if decimals else round(value)


def _is_too_small(source: Figures, area: Area, year: int) -> bool:
    """Whether shares and means are withheld, by CBS's limits for people and dwellings."""
    return (
        source.value(area, year, "inhabitants") < 50 or source.value(area, year, "dwellings") < 20
    )


def _text(area: Area, quantity: str) -> str:
    match quantity:
        case "gemeente_name":
            return GEMEENTEN.get(area.gemeente_code, area.name).ljust(40)
        case "level_name":
            return _LEVEL_NAMES[area.level].ljust(10)
        case "code":
            return _padded(area)
        case "change":
            return area.change
    if area.level != "buurt":
        return "         ."
    return f"{9900 + int(area.code[4:6]) * 10 + int(area.code[6:8], 36) % 10}".rjust(10)


def _padded(area: Area) -> str:
    return area.code.ljust(10)


def _area_codes(year: int) -> list[dict[str, Any]]:
    wijk_name, rows = "", []
    for area in areas(year):
        gemeente = GEMEENTEN.get(area.gemeente_code, "")
        description = None
        if area.level == "gemeente":
            description = f"Gemeente '{gemeente}' ({area.code})"
        elif area.level == "wijk":
            wijk_name = area.name
            description = (
                f"Wijk '{area.name}' ({area.code}) is een wijk in de gemeente '{gemeente}'."
            )
        elif area.level == "buurt":
            description = (
                f"Buurt '{area.name}' ({area.code}) is een buurt in wijk '{wijk_name}' "
                f"in de gemeente '{gemeente}'."
            )
        rows.append(
            {
                "Key": _padded(area),
                "Title": area.name,
                "Description": description,
                "Municipality": area.gemeente_code,
                "DetailRegionCode": "" if area.level == "land" else area.code,
            }
        )
    return rows


def _crimes(source: Figures, area: Area, period: str, quantity: str | None) -> int | None:
    """The crimes of a year, a twelfth of it for a month; None in the smallest areas."""
    year = int(period[:4])
    if area.level == "buurt" and source.value(area, year, "inhabitants") < 50:
        return None
    kinds = [quantity] if quantity else [kind for _, kind in CRIME_CODES.values() if kind]
    total = sum(int(source.value(area, year, kind)) for kind in kinds)
    return total if period.endswith("JJ00") else round(total / 12)


def _period(period: str) -> dict[str, Any]:
    months = {"01": "januari", "12": "december"}
    title = period[:4] if period[4:6] == "JJ" else f"{period[:4]} {months[period[6:]]}"
    status = "Voorlopig" if int(period[:4]) == LAST_YEAR else "Definitief"
    return {"Key": period, "Title": title, "Description": "", "Status": status}


def _table_infos(
    *, number: int, cbs_id: str, title: str, period: str, modified: str, source: str
) -> dict[str, Any]:
    note = "Verzonnen cijfers over gemeenten die niet bestaan; niet te gebruiken als statistiek."
    return {
        "ID": number,
        "Title": title,
        "ShortTitle": title,
        "Identifier": cbs_id,
        "Summary": note,
        "Modified": modified,
        "MetaDataModified": modified,
        "ReasonDelivery": "Actualisering",
        "ExplanatoryText": note,
        "Language": "nl",
        "Catalog": "Demo",
        "Frequency": "Perjaar",
        "Period": period,
        "ShortDescription": note,
        "Description": note,
        "DefaultPresentation": "",
        "DefaultSelection": "",
        "GraphTypes": "Table",
        "OutputStatus": "Regulier",
        "Source": source,
        "SearchPriority": "2",
        "Updated": modified,
    }
