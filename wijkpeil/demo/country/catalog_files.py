"""The catalog of the demo, written from the same tables that make its figures."""

from __future__ import annotations

import json
from pathlib import Path

from wijkpeil.catalog import Member
from wijkpeil.demo.country import address_files as addresses
from wijkpeil.demo.country import boundary_files as boundaries
from wijkpeil.demo.country import survey
from wijkpeil.demo.country.address_files import FILE_YEARS
from wijkpeil.demo.country.areas import FIRST_YEAR, LAST_YEAR, PLANTED, YEARS, areas
from wijkpeil.demo.country.blocks import ATTRIBUTION, HEAD, LICENCE, pairs
from wijkpeil.demo.country.figures import SEED
from wijkpeil.demo.country.indicators import CRIMES, indicators_toml
from wijkpeil.demo.country.kwb_columns import AREA_CHANGE_TITLE, AREA_DIMENSION, topics_of
from wijkpeil.demo.country.kwb_tables import CRIME_CODES, POLICE_ID, kwb_id

# indicator: the figure in the yearly tables, and the topic group that tells it from its namesake
_KWB_MEASURES = {
    "inhabitants": ("inhabitants", None),
    "households": ("households", None),
    "dwellings": ("dwellings", None),
    "woz_value_keur": ("woz", None),
    "vacancy_share": ("vacancy", "Woningen naar bewoning"),
    "gas_use_m3": ("gas", "Naar woningtype"),
    "participation_share": ("participation", None),
    "income_per_inhabitant_keur": ("income", None),
    "low_income_share": ("low_income", None),
    "welfare_recipients": ("welfare", None),
    "youth_care_share": ("youth_care", None),
}


# the programme whose areas are made of parts
_PARTS = "aan_het_water"


def write_catalog(folder: Path, *, seed: int = SEED) -> None:
    """Write the catalog and the survey into `folder`; a file that is right is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "cbs.toml": cbs_toml().encode(),
        "extracts.toml": extracts_toml().encode(),
        "indicators.toml": indicators_toml().encode(),
        "programmes.toml": programmes_toml().encode(),
        "areas.toml": areas_toml().encode(),
        f"areas/{_PARTS}.csv": parts_csv().encode(),
        survey.FILE_NAME: survey.survey_csv(seed),
        boundaries.FILE_NAME: boundaries.boundaries_geojson(seed),
        **{addresses.file_name(year): addresses.address_zip(year) for year in FILE_YEARS},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def cbs_toml() -> str:
    """One block per yearly table and one for the police; this machine needs no patience."""
    patience = "".join(
        f'\n[[service]]\nid = "{service}"\nat_once = 4\ninterval_s = 0.0\n'
        for service in ("v3", "third_party")
    )
    return HEAD + patience + "".join(_kwb_block(year) for year in YEARS) + _police_block()


def _kwb_block(year: int) -> str:
    by_quantity = {topic.quantity: topic for topic in topics_of(year).values()}
    measures = ""
    for indicator, (quantity, parent) in _KWB_MEASURES.items():
        topic = by_quantity[quantity]
        measures += "\n[[table.measure]]\n" + pairs(
            indicator=indicator, title=topic.title.strip(), unit=topic.unit, parent=parent
        )
    return (
        "\n[[table]]\n"
        + pairs(
            id=f"kwb_{year}",
            title_nl=f"Kerncijfers wijken en buurten {year} (synthetisch)",
            licence=LICENCE,
            attribution=ATTRIBUTION,
            synthetic=True,
            cbs_id=kwb_id(year),
            api="v3",
            area_dimension=AREA_DIMENSION,
            year=year,
            area_levels=["land", "gemeente", "wijk", "buurt"],
            area_change=AREA_CHANGE_TITLE,
        )
        + measures
    )


def _police_block() -> str:
    codes = {quantity: code.strip() for code, (_, quantity) in CRIME_CODES.items()}
    measures = "".join(
        "\n[[table.measure]]\n"
        + pairs(indicator=f"{crime}_count", title="Geregistreerde misdrijven", unit="aantal")
        + f"where = {{ SoortMisdrijf = {json.dumps(codes[crime])} }}\n"
        for crime in CRIMES
    )
    return (
        "\n[[table]]\n"
        + pairs(
            id="police_crimes",
            title_nl="Geregistreerde misdrijven per wijk en buurt (synthetisch)",
            licence=LICENCE,
            attribution=ATTRIBUTION,
            synthetic=True,
            cbs_id=POLICE_ID,
            api="v3",
            publisher="third_party",
            area_dimension=AREA_DIMENSION,
            period_dimension="Perioden",
            years=[FIRST_YEAR, LAST_YEAR],
            geography_year=LAST_YEAR,
            area_levels=["land", "gemeente", "wijk", "buurt"],
        )
        + measures
    )


def extracts_toml() -> str:
    """The survey, whose location is seen from the catalog folder."""
    return (
        HEAD
        + "\n[[extract]]\n"
        + pairs(
            id="safety_survey",
            title_nl="Enquête Veiligheid Wolkenmeer, Lindervoorde en Zandersloot (synthetisch)",
            licence=LICENCE,
            attribution=ATTRIBUTION,
            synthetic=True,
            publisher="Regio Wolkenmeer (fictief)",
            location=survey.FILE_NAME,
            encoding=survey.ENCODING,
            delimiter=";",
            decimal=",",
            missing=list(survey.MISSING),
            area_column=survey.AREA_COLUMN,
            year_column=survey.YEAR_COLUMN,
            ignored_columns=list(survey.IGNORED_COLUMNS),
            ignored_areas=[survey.BROKEN_CODE],
        )
        + "\n[[extract.measure]]\n"
        + pairs(
            indicator="safety_grade",
            column=survey.GRADE_COLUMN,
            margin_95_column=survey.MARGIN_COLUMN,
        )
        + "\n[[extract.measure]]\n"
        + pairs(
            indicator="often_unsafe_share",
            column=survey.UNSAFE_COLUMN,
            absent_years=list(survey.ABSENT_YEARS),
        )
    )


def programmes_toml() -> str:
    """Two programmes that together follow every wijk with something planted, and some others."""
    wijk_codes = [area.code for area in areas(LAST_YEAR) if area.level == "wijk"]
    planted = [code for code in wijk_codes if code in PLANTED]
    return (
        HEAD
        + "\n[[programme]]\n"
        + pairs(
            id="wolkenmeer_vooruit",
            name_nl="Wolkenmeer Vooruit (fictief)",
            areas=[code for code in planted if code.startswith("WK9901")] + ["WK990101"],
            recipients=["wolkenmeer-vooruit@voorbeeld.example", "wethouder@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
        )
        + "\n[[programme]]\n"
        + pairs(
            id="samen_aan_zet",
            name_nl="Samen aan Zet in Lindervoorde en Zandersloot (fictief)",
            areas=[code for code in planted if not code.startswith("WK9901")],
            recipients=["samen-aan-zet@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
        )
        + "\n[[programme]]\n"
        + pairs(
            id=_PARTS,
            name_nl="Aan het Water (fictief)",
            recipients=["aan-het-water@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
        )
        + "\n[[programme.target]]\n"
        + pairs(indicator="low_income_share", comparator="nl", by=2031)
    )


def areas_toml() -> str:
    """How series are restated, a group to compare with, the address files, and boundaries."""
    return (
        HEAD
        + "\n[[restating]]\n"
        + pairs(inhabitants="inhabitants")
        + "\n[[group]]\n"
        + pairs(
            id="steden",
            name_nl="Wolkenmeer en Lindervoorde (fictief)",
            gemeenten=["GM9901", "GM9902"],
        )
        + "".join(
            "\n[[address_file]]\n"
            + pairs(
                id=f"addresses_{year}",
                title_nl=f"Buurt van elk adres {year} (synthetisch)",
                licence=LICENCE,
                attribution=ATTRIBUTION,
                synthetic=True,
                publisher="CBS (nagebootst)",
                year=year,
                location=addresses.file_name(year),
            )
            for year in FILE_YEARS
        )
        + "\n[[boundaries]]\n"
        + pairs(
            id="wijken_shapes",
            title_nl=f"Grenzen van de wijken {LAST_YEAR} (synthetisch)",
            licence=LICENCE,
            attribution=(
                "Synthetische grenzen van de wijkpeil-demo; geen statistiek en geen kaart van iets"
            ),
            synthetic=True,
            publisher="CBS (nagebootst)",
            year=LAST_YEAR,
            location=boundaries.FILE_NAME,
            code_property="statcode",
        )
    )


def parts_csv() -> str:
    """Areas that are no wijk: a wijk with a buurt, a buurt that moved since, one nobody placed."""
    columns = tuple(name for name in Member.model_fields if name != "programme_id")
    harbour = ("kop_van_de_haven", "Kop van de Haven", "GM9901")
    since, source = "2015-01-01", "verzonnen voor de demo"
    last = str(LAST_YEAR)
    quay = ("visserskade", "Visserskade", "GM9903")
    note = "CBS-naam: Wijk 02 Visserskwartier"
    rows: list[tuple[str, ...]] = [
        (*harbour, "WK990102", "wijk", last, "1", since, "", "confirmed", source, ""),
        (*harbour, "BU99010301", "buurt", last, "1", since, "", "confirmed", source, ""),
        (*quay, "WK990302", "wijk", "2018", "1", since, "", "name_match", source, note),
        ("oude_sluis", "Oude Sluis", "GM9903", *[""] * 4, since, "", "open", source, ""),
    ]
    return "".join(f"{','.join(row)}\n" for row in [columns, *rows])
