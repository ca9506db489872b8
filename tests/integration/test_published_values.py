"""Figures as CBS published them, each out of a page made of it.

A page has the titles, units and codes that CBS prints, and columns beside those of the catalog that
a careless reader would take for them. Areas whose code is not printed have one made up. All of
KWB's pages also list the areas of that year's other pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest
from cbs_pages import Column, Place, Sheet, build_of, shipped

OLD_FLAG = "Indelingswijziging wijken en buurten"
NEW_FLAG = "Indelingswijziging gemeente, wijk, buurt"
MONEY = "x 1 000 euro"
SHARE = "% van het aantal inwoners vanaf 15 jaar"


@dataclass(frozen=True)
class Page:
    """What stands on a page: by column title and unit, and the indicator it is or None; by area the
    cells in that order. `periods` are the labels by code, of which `period` is the one below."""

    columns: Mapping[tuple[str, str], str | None]
    rows: Mapping[str, Sequence[Any]]
    names: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    periods: Mapping[str, str] = field(default_factory=dict)
    status: str = "final"
    changes: Mapping[str, Any] = field(default_factory=dict)


def kwb(*columns: tuple[str, str, str | None]) -> dict[tuple[str, str], str | None]:
    return {(title, unit): indicator for title, unit, indicator in columns}


PEOPLE = ("Aantal inwoners", "aantal", "inwoners")
HOUSEHOLDS = ("Huishoudens totaal", "aantal", "huishoudens")
STOCK = ("Woningvoorraad", "aantal", "woningen")
WOZ = ("Gemiddelde WOZ-waarde van woningen", MONEY, "woz_value_keur")
OLD_WOZ = ("Gemiddelde woningwaarde", MONEY, "woz_value_keur")
EMPTY = ("Percentage onbewoond", "%", "vacancy_share")
FULL = ("Percentage bewoond", "%", None)
OWNED = ("Koopwoningen", "%", "owner_occupied_share")
SOCIAL = ("In bezit woningcorporatie", "%", "housing_corporation_share")
GAS = ("Gemiddeld aardgasverbruik totaal", "m³", "gas_use_m3")
INCOME = ("Gemiddeld inkomen per inwoner\u00a0", MONEY, "income_per_inhabitant_keur")
RECEIVED = ("Gemiddeld inkomen per inkomensontvanger ", MONEY, None)
EQUAL = ("Gem. gestandaardiseerd inkomen van huish", MONEY, "income_standardised_keur")
LOWEST = ("40% huishoudens met laagste inkomen", "%", "lowest_income_households_share")
PERSONS = ("40% personen met laagste inkomen", "%", None)
LOW = ("Huishoudens met een laag inkomen", "%", "low_income_share")
MINIMUM = ("Huish. onder of rond sociaal minimum", "%", "social_minimum_share")
WEALTH = ("Mediaan vermogen van particuliere huish.", MONEY, "median_wealth_keur")
BIJSTAND = ("Personen per soort uitkering; Bijstand", "aantal", "bijstand_persons")
AO = ("Personen per soort uitkering; AO", "aantal", "ao_persons")
WW = ("Personen per soort uitkering; WW", "aantal", "ww_persons")
AOW = ("Personen per soort uitkering; AOW", "aantal", None)
WORK = ("Nettoarbeidsparticipatie", "%", "labour_participation_share")
YOUNG = ("Percentage jongeren met jeugdzorg", "%", "youth_care_share")
CARE = ("Wmo-cliënten", "aantal", "wmo_clients")
SCHOOL = ("Afstand tot school", "km", "school_distance_km")
CARS = ("Personenauto's per huishouden", "per huishouden", "cars_per_household")
SIZE = ("Gemiddelde huishoudensgrootte", "aantal", "household_size")
BENEFITS = {
    ("Werkloosheidsuitkering", "aantal"): "ww_december_persons",
    ("Bijstandsuitkering", "aantal"): "bijstand_december_persons",
    ("Arbeidsongeschiktheidsuitkering", "aantal"): "ao_december_persons",
    ("AOW-uitkering", "aantal"): None,
    ("Werkloosheidsuitkering", SHARE): "ww_share",
    ("Bijstandsuitkering", SHARE): "bijstand_share",
    ("Arbeidsongeschiktheidsuitkering", SHARE): "ao_share",
    ("AOW-uitkering", SHARE): None,
    ("Inwoners vanaf 15 jaar", "aantal"): "inwoners_15_plus",
    ("Inwoners vanaf 15 jr tot AOW-leeftijd", "aantal"): "inwoners_15_aow",
    ("Inwoners vanaf de AOW-leeftijd", "aantal"): None,
}


def quarters(year: int, mark: str = "") -> dict[str, str]:
    months = {"03": "maart", "06": "juni", "09": "september", "12": "december"}
    return {f"{year}MM{code}": f"{year} {name}{mark}" for code, name in months.items()}


PAGES: dict[str, Page] = {
    "kwb_2013": Page(
        kwb(
            PEOPLE,
            INCOME,
            ("Huishoudens met laag inkomen", "%", "lowest_income_households_share"),
            ("Huishoudens met lage koopkracht", "%", None),
            ("Percentage leegstaand", "%", None),
            FULL,
            MINIMUM,
            ("Afstand tot huisartsenpraktijk", "km", "gp_distance_km"),
            ("Afstand tot grote supermarkt", "km", "supermarket_distance_km"),
            ("Afstand tot kinderdagverblijf", "km", "daycare_distance_km"),
            SCHOOL,
        ),
        {"BU00070109": (400, 20.3, 33, None, None, None, None, 1.5, 3.0, 5.3, 1.0)},
        {"BU00070109": "Verspr.h. ten Z.O. van Bellingwolde"},
    ),
    "kwb_2014": Page(
        kwb(PEOPLE, OLD_WOZ, SOCIAL, GAS, BIJSTAND),
        {
            "NL00": (16_829_290, 211, 30, 1200, 424_860),
            "GM0074": (49_900, 183, 30, 1350, 1420),
            "WK007401": (28_730, 165, 35, 1200, 1060),
            "BU00740101": (3605, 168, 31, 1300, 90),
        },
        flags={"NL00": ".", "GM0074": ".", "WK007401": "3", "BU00740101": "3"},
    ),
    "kwb_2015": Page(
        kwb(INCOME, RECEIVED, LOWEST, PERSONS, LOW, MINIMUM),
        {"GM0363": (26.9, 33.5, 53.1, 40.9, 14.9, 14.1)},
    ),
    "kwb_2016": Page(
        kwb(PEOPLE),
        {"BU00600001": (710,), "GM0214": (26_202,)},
        {"BU00600001": "Buren", "GM0214": "Buren"},
        {"BU00600001": "1", "GM0214": "."},
    ),
    "kwb_2017": Page(
        kwb(PEOPLE, HOUSEHOLDS, STOCK, OLD_WOZ, EMPTY, FULL, OWNED, SOCIAL, GAS, INCOME, LOW,
            MINIMUM, BIJSTAND, AO, WW),
        {"NL00": (17_081_507, 7_794_075, 7_686_175, 216, 5, 95, 56, 29, 1240, 25.7, 7.9, 7.2,
                  471_190, 744_330, 340_610)},
    ),
    "kwb_2018": Page(
        kwb(("Netto arbeidsparticipatie", "%", "labour_participation_share"), YOUNG, CARE,
            BIJSTAND, AO, WW, SCHOOL),
        {
            "GM0080": (65, 11.1, 11_700, 6270, 4750, 2530, 0.7),
            "WK008000": (66, 2.6, 390, 440, 260, 100, 0.6),
        },
        {"GM0080": "Leeuwarden", "WK008000": "Binnenstad"},
        {"GM0080": ".", "WK008000": "1"},
    ),
    "kwb_2019": Page(
        kwb(WOZ, EMPTY, FULL, ("Opleidingsniveau laag", "aantal", "education_low_persons"),
            ("Opleidingsniveau hoog", "aantal", "education_high_persons"), WORK, INCOME, EQUAL,
            LOWEST, LOW, WEALTH, YOUNG, CARE),
        {
            "NL00": (250, 4, 96, 3_746_290, 3_988_760, 69, *[None] * 4, 52.4, 9.9, 1_166_485),
            "GM1959": (*[None] * 6, 25.9, 32.4, 30.6, 4.2, 114.6, None, None),
            "WK195900": (*[None] * 6, 21.6, 18.3, 80.2, 17.4, -0.7, None, None),
        },
        {"GM1959": "Altena", "WK195900": "Centrum"},
    ),
    "kwb_2020": Page(
        kwb(PEOPLE, BIJSTAND, AO, WW),
        {
            "NL00": (17_407_585, 421_110, 732_950, 238_650),
            "GM1680": (25_445, 380, 1100, 310),
        },
    ),
    "kwb_2021": Page(kwb(PEOPLE), {}),
    "kwb_2022": Page(
        kwb(WEALTH, ("Opleidingsniveau laag", "aantal", "education_low_persons"),
            ("Opleidingsniveau middelbaar", "aantal", None),
            ("Opleidingsniveau hoog", "aantal", "education_high_persons")),
        {
            "NL00": (135.1, None, None, None),
            "GM1680": (232.7, None, None, None),
            "WK168000": (238.8, None, None, None),
            "BU16800009": (None, None, None, None),
            "BU03630001": (None, 880, 2690, 6390),
        },
        {"WK168000": "Wijk 00 Annen", "BU16800009": "Verspreide huizen Annen",
         "BU03630001": "Hoofddorppleinbuurt"},
    ),
    "kwb_2023": Page(
        kwb(PEOPLE, RECEIVED), {"NL00": (None, 39.7), "GM1680": (None, 38.8)}
    ),
    "kwb_2024": Page(
        kwb(BIJSTAND, AO, WW, AOW, HOUSEHOLDS, SIZE, INCOME,
            ("Gem. gestandaardiseerd inkomen", MONEY, "income_standardised_keur"), LOWEST, WEALTH,
            CARS),
        {
            "NL00": (405_560, 785_330, 158_400, 3_290_430, *[None] * 7),
            "GM1680": (350, 1110, 190, 6620, *[None] * 7),
            "WK168000": (50, 120, 20, 920, *[None] * 7),
            "BU16800109": [None] * 11,
            "WK165503": (*[None] * 4, 6155, 2.2, 31.2, 38.5, 40.9, 106.7, 1.2),
        },
        {"WK165503": "Wijk 03 Oudenbosch", "BU16800109": "Verspreide huizen Gasteren"},
    ),
    "kwb_2025": Page(
        kwb(PEOPLE, HOUSEHOLDS, STOCK, WOZ, ("Onbewoonde woningen", "%", "vacancy_share"), OWNED,
            SOCIAL, CARS),
        {
            "NL00": (18_044_027, 8_430_352, 8_274_478, 398, 4, 57, 28, 1.1),
            "GM0059": (28_200, 12_125, 12_416, 294, 3, 64, 30, 1.3),
        },
        flags={"NL00": ".", "GM0059": "1"},
    ),
    "benefits_2013": Page(
        BENEFITS,
        {"WK002501": (70, 30, 110, 360, 3, 2, 6, 19, 1950, 1590, 360)},
        {"WK002501": "Wijk 01 De Wilp"},
        period="2013MM12", periods=quarters(2013),
    ),
    "benefits_2015": Page(
        BENEFITS,
        {
            "NL00": (388_000, 449_000, 736_000, 3_300_000, *[None] * 7),
            "NL01": (386_200, 448_200, 734_830, 3_028_890, 3, 3, 5, 21, 14_175_430, 11_138_180,
                     3_037_240),
            "NL98": (1800, 800, 1170, 271_110, *[None] * 7),
        },
        period="2015MM12", periods=quarters(2015),
    ),
    "benefits_2017": Page(
        BENEFITS,
        {
            "NL00": (None, 456_820, *[None] * 9),
            "NL01": (None, 456_530, None, None, None, 3, *[None] * 5),
        },
        period="2017MM12", periods=quarters(2017),
    ),
    "benefits_2023": Page(
        BENEFITS,
        {"BU00590003": (20, 70, 90, 220, 1, 5, *[None] * 5)},
        {"BU00590003": "Twijzelerheide"},
        period="2023MM12", periods=quarters(2023),
    ),
    "benefits_2024": Page(
        BENEFITS,
        {
            "NL00": (153_060, 403_830, *[None] * 9),
            "NL01": (150_810, 403_660, None, None, 1, 3, *[None] * 5),
            "NL98": (2250, 170, *[None] * 9),
        },
        period="2024MM03", periods=quarters(2024, "**"), status="provisional",
        changes={"period_suffix": "MM03"},
    ),
    "benefits_2025": Page(
        BENEFITS,
        {"BU03610001": (0, 0, 20, 140, 1, 0, 4, 25, 550, 410, 140)},
        {"BU03610001": "Oterleek"},
        period="2025MM06", periods=quarters(2025), changes={"period_suffix": "MM06"},
    ),
    "ses_woa": Page(
        {
            ("Particuliere huishoudens", "Aantal"): None,
            ("Gemiddelde score", "Getal"): "ses_woa_score",
        },
        {"GM1680": (11_200, 0.170), "WK168000": (1600, 0.222), "BU16800009": (100, None)},
        {"BU16800009": "Verspreide huizen Annen"},
        period="2022JJ00",
        periods={f"{y}JJ00": f"{y}{'*' * (y == 2022)}" for y in range(2014, 2025)},
        status="provisional",
    ),
    "proximity_2021": Page(
        {("Afstand tot bibliotheek", "km"): "library_distance_km"}, {"NL00": (2.0,)}
    ),
    "proximity_2022": Page(
        {("Afstand tot bibliotheek", "km"): "library_distance_km"}, {"NL00": (2.0,)}
    ),
}  # fmt: skip
GROUPS = {"Gemiddelde score": "Totaalscore"}


def has_figures(table_id: str) -> bool:
    """Whether the page holds a figure that the catalog follows."""
    page = PAGES[table_id]
    return any(
        indicator is not None and value is not None
        for row in page.rows.values()
        for indicator, value in zip(page.columns.values(), row, strict=True)
    )


def year_of(table_id: str) -> int:
    return 2025 if table_id == "ses_woa" else int(table_id[-4:])


def areas_of(table_id: str) -> dict[str, str]:
    """The areas of a page; a list of areas has those of all pages of its year."""
    pages = [PAGES[table_id]]
    if table_id.startswith("kwb"):
        pages += [page for other, page in PAGES.items() if year_of(other) == year_of(table_id)]
    codes = {code for page in pages for code in page.rows}
    if table_id.startswith("kwb"):
        codes = {code for code in codes if code not in ("NL01", "NL98")} | {"NL00"}
    return {
        code: next((page.names[code] for page in pages if code in page.names), code)
        for code in sorted(codes)
    }


def sheet_of(table_id: str) -> Sheet:
    page = PAGES[table_id]
    block = shipped(table_id)
    others = {"Perioden": page.periods} if page.periods else {}
    columns = []
    for number, (title, unit) in enumerate(page.columns):
        cells: dict[Place, Any] = {
            (code, *filter(None, [page.period])): row[number] for code, row in page.rows.items()
        }
        columns.append(Column(title, unit, cells, group=GROUPS.get(title)))
    areas = areas_of(table_id)
    if table_id.startswith("kwb"):
        flag = OLD_FLAG if block.year and block.year < 2022 else NEW_FLAG
        flags = {(code,): page.flags.get(code, "1") for code in areas}
        columns.append(Column(flag, "code", flags, is_text=True))
    return Sheet(
        block.cbs_id,
        block.title_nl,
        areas,
        columns,
        area_dimension=block.area_dimension,
        others=others,
    )


CRIMES = {2012: 1_127_693, 2024: 805_327}


def crimes() -> Sheet:
    """All crimes of the country by year, beside the same by kind, which must not be added."""
    kinds = {"0.0.0 ": "Totaal misdrijven", "1.1.1 ": "Diefstal uit woning", "2.6.10": "Overig"}
    periods = {f"{year}JJ00": str(year) for year in range(2012, 2026)}
    months = {f"{year}MM12": f"{year} december" for year in range(2012, 2026)}
    cells: dict[Place, Any] = {
        ("NL00", kind.strip(), f"{year}JJ00"): total if kind == "0.0.0 " else total // 9
        for year, total in CRIMES.items()
        for kind in kinds
    }
    return Sheet(
        "47018NED",
        "Geregistreerde misdrijven; soort misdrijf, wijk, buurt, jaarcijfers",
        {"NL00": "Nederland", "GM0059": "Achtkarspelen"},
        [Column("Geregistreerde misdrijven", "aantal", cells)],
        others={"SoortMisdrijf": kinds, "Perioden": periods | months},
    )


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    tables = [
        shipped(table_id, only=filter(None, page.columns.values()), **page.changes)
        for table_id, page in PAGES.items()
    ]
    tables.append(shipped("police", only=["crimes"]))
    pages = [*(sheet_of(table_id).served() for table_id in PAGES), crimes().served()]
    path = build_of(tables, pages, tmp_path_factory.mktemp("published"))
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("table_id", [name for name in PAGES if has_figures(name)])
def test_what_cbs_published_is_what_is_read(db: duckdb.DuckDBPyConnection, table_id: str) -> None:
    page = PAGES[table_id]
    # NL00 counts those who live abroad too, NL98 them alone
    country = "NL01" if table_id.startswith("benefits") else "NL00"
    wanted = {}
    for code, row in page.rows.items():
        for indicator, value in zip(page.columns.values(), row, strict=True):
            is_other = code.startswith("NL") and code != country
            if indicator is not None and value is not None and not is_other:
                wanted["NL00" if code == country else code, indicator] = (value, page.status)
    year = int(page.period[:4]) if page.period else year_of(table_id)
    found = db.execute(
        "select area_code, indicator_id, value, status from core.published "
        "where source_id = ? and year = ? and value is not null",
        [table_id, year],
    ).fetchall()
    assert {(code, name): (value, status) for code, name, value, status in found} == wanted


def test_all_crimes_are_counted_once_a_year(db: duckdb.DuckDBPyConnection) -> None:
    found = db.execute(
        "select year, value from core.published where source_id = 'police' and value is not null"
    ).fetchall()
    assert dict(found) == CRIMES
    # without a population of 2012 there is no rate of it, and nothing says there is
    rates = db.execute(
        "select year, value, status from core.observation "
        "where indicator_id = 'crime_per_1000' and area_code = 'NL00' and year in (2012, 2024)"
    ).fetchall()
    assert (2012, None, "not_applicable") in rates


@pytest.mark.parametrize("table_id", [name for name in PAGES if name.startswith("kwb")])
def test_each_area_has_its_own_name_and_flag(db: duckdb.DuckDBPyConnection, table_id: str) -> None:
    page, areas = PAGES[table_id], areas_of(table_id)
    found = db.execute(
        "select area_code, area_name, change_flag from core.area where year = ?",
        [year_of(table_id)],
    ).fetchall()
    flags = {code: page.flags.get(code, "1") for code in areas}
    assert {code: (name, flag) for code, name, flag in found} == {
        code: (name, None if flags[code] == "." else int(flags[code]))
        for code, name in areas.items()
    }


def test_of_all_these_pages_nothing_is_strange(db: duckdb.DuckDBPyConnection) -> None:
    assert db.execute("from core.quarantined_cell").fetchall() == []
    told = db.execute("select distinct problem from core.input_warning").fetchall()
    # a few areas of each year, so gemeenten come and go, and some national rows are made up of them
    few = {"no_gemeente", "lacks_level", "unknown_herindeling", "national_step"}
    assert {problem for (problem,) in told} <= few
