"""The catalog of the demo, written from the same tables that make its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from flows.catalog import Member
from flows.demo import addresses, boundaries, survey
from flows.demo.addresses import FILE_YEARS
from flows.demo.areas import FIRST_YEAR, LAST_YEAR, PLANTED, YEARS, areas
from flows.demo.figures import SEED
from flows.demo.published import CRIME_CODES, POLICE_ID, kwb_id
from flows.demo.topics import AREA_CHANGE_TITLE, AREA_DIMENSION, topics_of

LICENCE = "CC0 1.0"
ATTRIBUTION = (
    "Synthetische cijfers van de wijkpeil-demo; geen statistiek van CBS, politie of gemeente"
)
_HEAD = (
    "# Catalogus van de wijkpeil-demo. Alle gemeenten, wijken, cijfers en programma's hierin zijn\n"
    "# verzonnen.\n"
)
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
_CRIMES = {
    "burglary": "Woninginbraken",
    "bicycle_theft": "Fiets- en bromfietsdiefstallen",
    "assault": "Mishandelingen",
    "vandalism": "Vernielingen",
}


class _Mean(NamedTuple):
    """A share or a mean, as its block in the catalog needs it."""

    id: str
    name: str
    definition: str
    unit: str
    decimals: int
    limits: tuple[float, float]
    weight: str
    better: str
    change: str = ""


# fmt: off
_MEANS = (
    _Mean(
        "woz_value_keur", "Gemiddelde WOZ-waarde",
        "Gemiddelde WOZ-waarde van woningen", "x 1 000 euro", 0, (20.0, 5000.0),
        "dwellings", "none",
    ),
    _Mean(
        "gas_use_m3", "Gasverbruik van appartementen",
        "Gemiddeld aardgasverbruik van appartementen", "m³", 0, (0.0, 10000.0),
        "dwellings", "lower", "2%",
    ),
    _Mean(
        "income_per_inhabitant_keur", "Inkomen per inwoner",
        "Gemiddeld inkomen per inwoner", "x 1 000 euro", 1, (2.0, 300.0),
        "inhabitants", "higher", "2%",
    ),
    _Mean(
        "low_income_share", "Laag inkomen",
        "Huishoudens met een laag inkomen", "%", 1, (0.0, 100.0),
        "households", "lower", "0.2",
    ),
    _Mean(
        "participation_share", "Netto arbeidsparticipatie",
        "Werkenden onder de bevolking van 15 tot 75 jaar", "%", 0, (0.0, 100.0),
        "inhabitants", "higher", "0.5",
    ),
    _Mean(
        "vacancy_share", "Leegstand",
        "Woningen waar niemand woont", "%", 0, (0.0, 100.0),
        "dwellings", "lower", "0.25",
    ),
    _Mean(
        "youth_care_share", "Jongeren met jeugdzorg",
        "Jongeren met jeugdzorg in natura", "%", 1, (0.0, 100.0),
        "inhabitants", "lower", "0.25",
    ),
    _Mean(
        "safety_grade", "Rapportcijfer veiligheid",
        "Rapportcijfer voor de veiligheid in de buurt, uit de enquête", "cijfer", 2, (0.0, 10.0),
        "inhabitants", "higher", "0.05",
    ),
    _Mean(
        "often_unsafe_share", "Voelt zich vaak onveilig",
        "Inwoners die zich vaak onveilig voelen, uit de enquête", "%", 1, (0.0, 100.0),
        "inhabitants", "lower", "0.5",
    ),
)
# fmt: on
_COUNTS = {
    "inhabitants": ("Inwoners", "Aantal inwoners op 1 januari", "liveability"),
    "households": ("Huishoudens", "Aantal particuliere huishoudens op 1 januari", "liveability"),
    "dwellings": ("Woningvoorraad", "Aantal woningen op 1 januari", "liveability"),
    "welfare_recipients": ("Personen met bijstand", "Aantal personen met bijstand", "liveability"),
}
# the programme whose areas are made of parts
_PARTS = "aan_het_water"
_SURVEYED = ("safety_grade", "often_unsafe_share")


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
    return _HEAD + patience + "".join(_kwb_block(year) for year in YEARS) + _police_block()


def _kwb_block(year: int) -> str:
    by_quantity = {topic.quantity: topic for topic in topics_of(year).values()}
    measures = ""
    for indicator, (quantity, parent) in _KWB_MEASURES.items():
        topic = by_quantity[quantity]
        measures += "\n[[table.measure]]\n" + _pairs(
            indicator=indicator, title=topic.title.strip(), unit=topic.unit, parent=parent
        )
    return (
        "\n[[table]]\n"
        + _pairs(
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
        + _pairs(indicator=f"{crime}_count", title="Geregistreerde misdrijven", unit="aantal")
        + f"where = {{ SoortMisdrijf = {json.dumps(codes[crime])} }}\n"
        for crime in _CRIMES
    )
    return (
        "\n[[table]]\n"
        + _pairs(
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
        _HEAD
        + "\n[[extract]]\n"
        + _pairs(
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
        + _pairs(
            indicator="safety_grade",
            column=survey.GRADE_COLUMN,
            margin_95_column=survey.MARGIN_COLUMN,
        )
        + "\n[[extract.measure]]\n"
        + _pairs(
            indicator="often_unsafe_share",
            column=survey.UNSAFE_COLUMN,
            absent_years=list(survey.ABSENT_YEARS),
        )
    )


def indicators_toml() -> str:
    """Ten indicators of liveability and six of safety, and the counts behind their rates."""
    blocks = [
        _indicator(name, *texts, unit="aantal", decimals=0, limits=[0.0, 2e7], aggregation="sum")
        for name, texts in _COUNTS.items()
    ]
    for mean in _MEANS:
        blocks.append(
            _indicator(
                mean.id,
                mean.name,
                mean.definition,
                "safety" if mean.id in _SURVEYED else "liveability",
                unit=mean.unit,
                decimals=mean.decimals,
                limits=list(mean.limits),
                aggregation="weighted_mean",
                denominator=mean.weight,
                better=mean.better,
                change=_change(mean.change),
            )
        )
    blocks.append(
        _rate("welfare_per_1000", "Bijstand", "welfare_recipients", "liveability", _change("1.0"))
    )
    for crime, title in _CRIMES.items():
        definition = f"{title} volgens aangifte of vaststelling door de politie"
        blocks.append(
            _indicator(
                f"{crime}_count",
                f"{title}, aantal",
                definition,
                "safety",
                unit="aantal",
                decimals=0,
                limits=[0.0, 1e6],
                aggregation="sum",
            )
        )
        change = _change("5%")
        blocks.append(_rate(f"{crime}_per_1000", title, f"{crime}_count", "safety", change))
    return _HEAD + "".join(blocks)


def programmes_toml() -> str:
    """Two programmes that together follow every wijk with something planted, and some others."""
    wijk_codes = [area.code for area in areas(LAST_YEAR) if area.level == "wijk"]
    planted = [code for code in wijk_codes if code in PLANTED]
    return (
        _HEAD
        + "\n[[programme]]\n"
        + _pairs(
            id="wolkenmeer_vooruit",
            name_nl="Wolkenmeer Vooruit (fictief)",
            areas=[code for code in planted if code.startswith("WK9901")] + ["WK990101"],
            recipients=["wolkenmeer-vooruit@voorbeeld.example", "wethouder@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
        )
        + "\n[[programme]]\n"
        + _pairs(
            id="samen_aan_zet",
            name_nl="Samen aan Zet in Lindervoorde en Zandersloot (fictief)",
            areas=[code for code in planted if not code.startswith("WK9901")],
            recipients=["samen-aan-zet@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
        )
        + "\n[[programme]]\n"
        + _pairs(
            id=_PARTS,
            name_nl="Aan het Water (fictief)",
            recipients=["aan-het-water@voorbeeld.example"],
            contact="wijkpeil@voorbeeld.example",
            yearly_note=True,
        )
        + "\n[[programme.target]]\n"
        + _pairs(indicator="low_income_share", comparator="nl", by=2031)
    )


def areas_toml() -> str:
    """How series are restated, a group to compare with, the address files, and boundaries."""
    return (
        _HEAD
        + "\n[[restating]]\n"
        + _pairs(inhabitants="inhabitants")
        + "\n[[group]]\n"
        + _pairs(
            id="steden",
            name_nl="Wolkenmeer en Lindervoorde (fictief)",
            gemeenten=["GM9901", "GM9902"],
        )
        + "".join(
            "\n[[address_file]]\n"
            + _pairs(
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
        + _pairs(
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


def _indicator(
    name: str,
    title: str,
    definition: str,
    theme: str,
    *,
    unit: str,
    decimals: int,
    limits: list[float],
    aggregation: str,
    denominator: str | None = None,
    better: str = "none",
    change: str = "",
    rate: str = "",
) -> str:
    return (
        "\n[[indicator]]\n"
        + _pairs(
            id=name,
            name_nl=title,
            definition_nl=f"{definition} (synthetisch).",
            theme=theme,
            unit=unit,
            decimals=decimals,
            direction=better if better == "none" else f"{better}_is_better",
            range=limits,
            aggregation=aggregation,
            denominator=denominator,
        )
        + rate
        + change
    )


def _rate(name: str, title: str, numerator: str, theme: str, change: str) -> str:
    counts = "register" if numerator == "welfare_recipients" else "events"
    rate = (
        f'rate = {{ numerator = "{numerator}", denominator = "inhabitants", per = 1000, '
        f'counts = "{counts}" }}\n'
    )
    return _indicator(
        name,
        f"{title} per 1 000 inwoners",
        f"{title} per 1 000 inwoners",
        theme,
        unit="per 1 000 inwoners",
        decimals=1,
        limits=[0.0, 5000.0],
        aggregation="rate",
        better="lower",
        change=change,
        rate=rate,
    )


def _change(size: str) -> str:
    """The block of a meaningful change, none when empty: a number in the indicator's unit, or
    a percentage of the area's own mean."""
    if not size:
        return ""
    is_relative = size.endswith("%")
    value = f"relative = {int(size[:-1]) / 100}" if is_relative else f"per_year = {size}"
    return (
        f'\n[indicator.meaningful_change]\n{value}\nowner = "demo"\ndecided_on = 2026-01-15\n'
        'reason = "Gekozen voor de demo: groot genoeg om in tien jaar verschil te maken."\n'
    )


def _pairs(**values: object) -> str:
    """TOML keys and values; None is left out. JSON writes these types as TOML does."""
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in values.items()
        if value is not None
    )
