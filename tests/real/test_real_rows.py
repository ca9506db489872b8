"""Every cell of real tables of CBS, as others saved them, against what stands in the marts.

The files are read here with the csv of Python, each indicator from the column named below; the
project finds the same columns by title and unit.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest
from cbs_pages import ROOT, Column, Sheet, build_of, shipped

from wijkpeil.catalog import CbsTable
from wijkpeil.demo import StandInTable

DATA = ROOT.parent / "shared" / "data" / "evidence"
FLAG = {
    2015: "Indelingswijziging wijken en buurten",
    2017: "Indelingswijziging wijken en buurten",
    2019: "Indelingswijziging wijken en buurten",
    2024: "Indelingswijziging gemeente, wijk, buurt",
}
KEYS_2025 = {
    "inwoners": "AantalInwoners_5",
    "huishoudens": "HuishoudensTotaal_29",
    "household_size": "GemiddeldeHuishoudensgrootte_33",
    "woningen": "Woningvoorraad_35",
    "woz_value_keur": "GemiddeldeWOZWaardeVanWoningen_39",
    "vacancy_share": "OnbewoondeWoningen_46",
    "owner_occupied_share": "Koopwoningen_47",
    "housing_corporation_share": "InBezitWoningcorporatie_49",
    "gas_use_m3": "GemiddeldAardgasverbruikTotaal_55",
    "education_low_persons": "BasisonderwijsVmboMbo1_67",
    "education_high_persons": "HboWo_69",
    "labour_participation_share": "Nettoarbeidsparticipatie_71",
    "income_per_inhabitant_keur": "GemiddeldInkomenPerInwoner_78",
    "poverty_share": "PersonenInArmoede_81",
    "income_standardised_keur": "GemGestandaardiseerdInkomen_83",
    "lowest_income_households_share": "k_40HuishoudensMetLaagsteInkomen_84",
    "median_wealth_keur": "MediaanVermogenVanParticuliereHuish_86",
    "bijstand_persons": "PersonenPerSoortUitkeringBijstand_87",
    "ao_persons": "PersonenPerSoortUitkeringAO_88",
    "ww_persons": "PersonenPerSoortUitkeringWW_89",
    "youth_care_share": "PercentageJongerenMetJeugdzorg_92",
    "wmo_clients": "WmoClienten_93",
    "cars_per_household": "PersonenautoSPerHuishouden_107",
    "gp_distance_km": "AfstandTotHuisartsenpraktijk_110",
    "supermarket_distance_km": "AfstandTotGroteSupermarkt_111",
    "daycare_distance_km": "AfstandTotKinderdagverblijf_112",
    "school_distance_km": "AfstandTotSchool_113",
}
# the end of a heading whose signs R turned into points, runs of points as one
ENDS = {
    "inwoners": "Bevolking.Aantal.inwoners.aantal.",
    "huishoudens": "Huishoudens.totaal.aantal.",
    "household_size": "Gemiddelde.huishoudensgrootte.aantal.",
    "woningen": "Woningvoorraad.aantal.",
    "woz_value_keur": "Wonen.Gemiddelde.WOZ.waarde.van.woningen.x.1.000.euro.",
    "vacancy_share": "Percentage.onbewoond.",
    "owner_occupied_share": "Woningen.naar.eigendom.Koopwoningen.",
    "housing_corporation_share": "In.bezit.woningcorporatie.",
    "gas_use_m3": "Gemiddeld.aardgasverbruik.totaal.m.",
    "income_per_inhabitant_keur": "Gemiddeld.inkomen.per.inwoner.x.1.000.euro.",
    "lowest_income_households_share": "40.huishoudens.met.laagste.inkomen.",
    "low_income_share": "Huishoudens.met.een.laag.inkomen.",
    "social_minimum_share": "Huish.onder.of.rond.sociaal.minimum.",
    "bijstand_persons": "Personen.per.soort.uitkering.Bijstand.aantal.",
    "ao_persons": "Personen.per.soort.uitkering.AO.aantal.",
    "ww_persons": "Personen.per.soort.uitkering.WW.aantal.",
    "cars_per_household": "Personenauto.s.per.huishouden.per.huishouden.",
    "gp_distance_km": "Afstand.tot.huisartsenpraktijk.km.",
    "supermarket_distance_km": "Afstand.tot.grote.supermarkt.km.",
    "daycare_distance_km": "Afstand.tot.kinderdagverblijf.km.",
    "school_distance_km": "Afstand.tot.school.km.",
}
ENDS_2019 = {
    "education_low_persons": "Opleidingsniveau.laag.aantal.",
    "education_high_persons": "Opleidingsniveau.hoog.aantal.",
    "labour_participation_share": "Arbeid.Nettoarbeidsparticipatie.",
    "income_standardised_keur": "Gem.gestandaardiseerd.inkomen.van.huish.x.1.000.euro.",
    "median_wealth_keur": "Mediaan.vermogen.van.particuliere.huish.x.1.000.euro.",
    "youth_care_share": "Percentage.jongeren.met.jeugdzorg.",
    "wmo_clients": "Wmo.cliënten.aantal.",
}
TITLES_2015 = {
    "income_per_inhabitant_keur": "Gemiddeld inkomen per inwoner",
    "lowest_income_households_share": "40% huishoudens met laagste inkomen",
    "low_income_share": "Huishoudens met een laag inkomen",
    "social_minimum_share": "Huish. onder of rond sociaal minimum",
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data are not in {DATA}")


@dataclass(frozen=True)
class Real:
    """A real table: its block, a page made of it, and what stands in the file: names and flags of
    the areas, and by indicator the cell of each, None where it is missing."""

    table: CbsTable
    page: StandInTable
    names: Mapping[str, str]
    flags: Mapping[str, str]
    cells: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)


def number(text: str | None) -> float | None:
    """The figure in a cell of one of these files; None for NA, a point, or nothing."""
    plain = (text or "").strip()
    return None if plain in ("", ".", "NA") else float(plain.replace(",", "."))


def points(heading: str) -> str:
    """A heading as R writes it, runs of points as one."""
    return re.sub(r"(\W|³)+", ".", heading)


def csv_rows(name: str, delimiter: str = ",") -> list[list[str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def kwb_2025() -> Real:
    """The metadata and the 1,200 rows as they are, and the row of the country."""
    header, *meta = csv_rows("86165NED_kerncijfers_meta_gebiedskompas.csv")
    whole = {"ID", "Position", "ParentID", "MapYear", "Decimals"}
    properties = [
        {
            name: (int(float(text)) if text else None) if name in whole else text
            for name, text in zip(header, row, strict=True)
        }
        for row in meta
    ]
    kinds = {row["Key"]: row["Datatype"] for row in properties if row["Type"] == "Topic"}
    header, *lines = csv_rows("86165NED_kerncijfers_data_gebiedskompas.csv")
    rows = []
    for line in lines:
        row = dict(zip(header, line, strict=True))
        made: dict[str, Any] = {"WijkenEnBuurten": row["WijkenEnBuurten"]}
        for key, kind in kinds.items():
            made[key] = row[key] if kind == "String" else number(row[key])
            if kind == "Long" and made[key] is not None:
                made[key] = int(made[key])
        rows.append(made | {"Naam": row["Naam_gebied"]})
    document = json.loads((DATA / "86165NED_DATA_gebiedskompas.json").read_text("utf-8"))
    (land,) = [
        row for row in document["data"]["records"] if row["WijkenEnBuurten"].startswith("NL00")
    ]
    rows.append({key: land[key] for key in ("WijkenEnBuurten", *kinds)} | {"Naam": "Nederland"})
    flag = "IndelingswijzigingGemeenteWijkBuurt_4"
    return Real(
        table=shipped("kwb_2025"),
        page=StandInTable(
            cbs_id="86165NED",
            table_infos={
                "ID": 0,
                "Identifier": "86165NED",
                "Title": "Kerncijfers wijken en buurten 2025",
                "Modified": "2026-01-15T02:00:00",
            },
            data_properties=properties,
            code_lists={
                "WijkenEnBuurten": [
                    {"Key": row["WijkenEnBuurten"], "Title": row["Naam"]} for row in rows
                ]
            },
            data=[{key: row[key] for key in ("WijkenEnBuurten", *kinds)} for row in rows],
        ),
        names={row["WijkenEnBuurten"].strip(): row["Naam"] for row in rows},
        flags={row["WijkenEnBuurten"].strip(): row[flag] for row in rows},
        cells={
            indicator: {row["WijkenEnBuurten"].strip(): row[key] for row in rows}
            for indicator, key in KEYS_2025.items()
        },
    )


def mangled(year: int, ends: Mapping[str, str]) -> Real:
    """An export whose headings lost their signs: the column of a measure is the one whose heading
    ends as below, and it is served under the first of the catalog's names that fits it."""
    header, *lines = csv_rows(f"group7_statline_kwb_{year}.csv")
    plain = [points(name) for name in header]
    codes = [line[4].strip() for line in lines]
    table = shipped(f"kwb_{year}")
    assert {measure.indicator for measure in table.present_measures} == ends.keys()
    columns, cells = [], {}
    for measure in table.present_measures:
        (at,) = [n for n, name in enumerate(plain) if name.endswith(ends[measure.indicator])]
        fitting = [
            name
            for name in measure.wordings(year)
            if plain[at].endswith(points(f".{name.title} ({name.unit})"))
        ]
        assert len(fitting) == 1, (measure.indicator, plain[at])
        cells[measure.indicator] = {
            code: number(line[at]) for code, line in zip(codes, lines, strict=True)
        }
        places = {(code,): cell for code, cell in cells[measure.indicator].items()}
        columns.append(Column(fitting[0].title, fitting[0].unit, places))
    flags = {code: line[5] for code, line in zip(codes, lines, strict=True)}
    names = {code: line[1] for code, line in zip(codes, lines, strict=True)}
    flag = Column(FLAG[year], "code", {(code,): text for code, text in flags.items()}, is_text=True)
    sheet = Sheet(table.cbs_id, table.title_nl, names, [*columns, flag])
    return Real(table, sheet.served(), names, flags, cells)


def kwb_2015() -> Real:
    """Ten columns on income of Amsterdam. The file has no codes and no flag: they are made here."""
    lines = csv_rows("group7_statline_kwb_2015.csv", ";")
    titles, units = lines[3], lines[4]
    rows = [line for line in lines[5:] if len(line) == len(titles)]
    codes = ["GM0363", *(f"BU0363{number:04d}" for number in range(1, len(rows)))]
    columns = [
        Column(
            title.rpartition("|")[2],
            unit,
            {(code,): number(row[at]) for code, row in zip(codes, rows, strict=True)},
        )
        for at, (title, unit) in enumerate(zip(titles, units, strict=True))
        if at > 0
    ]
    flags = dict.fromkeys(codes, "1")
    names = {code: row[0] for code, row in zip(codes, rows, strict=True)}
    flag = Column(FLAG[2015], "code", {(code,): text for code, text in flags.items()}, is_text=True)
    table = shipped("kwb_2015", only=TITLES_2015, area_levels=["gemeente", "buurt"])
    by_title = {column.title.strip(): column for column in columns}
    cells = {
        indicator: {code: by_title[title].cells[(code,)] for code in codes}
        for indicator, title in TITLES_2015.items()
    }
    sheet = Sheet(table.cbs_id, table.title_nl, names, [*columns, flag])
    return Real(table, sheet.served(), names, flags, cells)


def kwb_2024() -> Real:
    """All 18,310 areas, with inhabitants and the flag; titles and units as in the heading."""
    header, *lines = csv_rows("statline_85984NED_2024_geslacht.csv", ";")
    codes = [line[3].strip() for line in lines]
    columns = []
    for at in range(4, len(header)):
        found = re.fullmatch(r"(?:(.*)/)?(.*) \((.*)\)", header[at])
        assert found, header[at]
        texts = [line[at] for line in lines]
        columns.append(
            Column(
                found[2],
                found[3],
                {
                    (code,): text if at == 4 else number(text)
                    for code, text in zip(codes, texts, strict=True)
                },
                is_text=at == 4,
                group=found[1],
            )
        )
    table = shipped("kwb_2024", only=["inwoners"])
    names = {code: line[0] for code, line in zip(codes, lines, strict=True)}
    flags = {code: line[4] for code, line in zip(codes, lines, strict=True)}
    (people,) = [n for n, name in enumerate(header) if name == "Bevolking/Aantal inwoners (aantal)"]
    cells = {
        "inwoners": {code: number(line[people]) for code, line in zip(codes, lines, strict=True)}
    }
    sheet = Sheet(table.cbs_id, table.title_nl, names, columns)
    return Real(table, sheet.served(), names, flags, cells)


READ = {
    2015: kwb_2015,
    2017: lambda: mangled(2017, ENDS),
    2019: lambda: mangled(2019, {**ENDS, **ENDS_2019}),
    2024: kwb_2024,
    2025: kwb_2025,
}
# areas, and cells of the measures of the catalog
SIZE = {
    2015: (106, 424),
    2017: (580, 12_180),
    2019: (580, 16_240),
    2024: (18_310, 18_310),
    2025: (1_201, 32_427),
}


@pytest.fixture(scope="module", params=READ)
def year(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def real(year: int) -> Real:
    return READ[year]()


@pytest.fixture(scope="module")
def db(real: Real, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = build_of([real.table], [real.page], tmp_path_factory.mktemp("real_rows"))
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def test_every_cell_stands_in_the_marts_as_it_stands_in_the_file(
    year: int, real: Real, db: duckdb.DuckDBPyConnection
) -> None:
    wanted = {}
    for indicator, cells in real.cells.items():
        # of the country, gemeenten, wijken and buurten each by itself
        published = {code[:2] for code, cell in cells.items() if cell is not None}
        for code, cell in cells.items():
            missing = "suppressed" if code[:2] in published else "not_yet_published"
            wanted[code, indicator] = (cell, "final" if cell is not None else missing)
    found = {
        (code, indicator): (value, status)
        for code, indicator, value, status in db.execute(
            "select area_code, indicator_id, value_as_published, status from marts.liveability "
            "where year = ? and source_id = ? and indicator_id not like '%_per_1000'",
            [year, real.table.id],
        ).fetchall()
    }
    print(f"\n{year}: {len(real.names)} areas, {len(wanted)} cells, "
          f"{sum(cell is not None for cell, _ in wanted.values())} filled")  # fmt: skip
    assert found == wanted
    assert (len(real.names), len(wanted)) == SIZE[year]


def test_every_area_has_its_name_and_its_flag(
    year: int, real: Real, db: duckdb.DuckDBPyConnection
) -> None:
    found = {
        code: (name, flag)
        for code, name, flag in db.execute(
            "select area_code, area_name, change_flag from core.area where year = ?", [year]
        ).fetchall()
    }
    assert found == {
        code: (name.strip(), None if real.flags[code].strip() == "." else int(real.flags[code]))
        for code, name in real.names.items()
    }


def test_nothing_real_is_called_strange(real: Real, db: duckdb.DuckDBPyConnection) -> None:
    lacks = {"no_gemeente", "lacks_level"} if real.table.year == 2015 else set()
    problems = {p for (p,) in db.execute("select problem from core.input_warning").fetchall()}
    assert problems <= lacks
    assert db.execute("from core.quarantined_cell").fetchall() == []
    assert db.execute("select message from core.input_problem").fetchall() == []
