"""The columns of the synthetic `Kerncijfers wijken en buurten`, as they differ by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AREA_CHANGE_TITLE = "Indelingswijziging wijken en buurten"
AREA_DIMENSION = "WijkenEnBuurten"


@dataclass(frozen=True)
class Topic:
    """One column: `groups` are its topic groups from the outside in; `quantity` names the
    figure it shows, or the text. It stands in the tables of `since` up to and with `until`."""

    groups: tuple[str, ...]
    key: str
    title: str
    unit: str
    quantity: str
    decimals: int | None = 0
    since: int = 0
    until: int = 9999

    @property
    def datatype(self) -> str:
        """String for a text, else Long or Double by its decimals."""
        return "String" if self.decimals is None else "Double" if self.decimals else "Long"


_REGION = ("Regioaanduiding",)
_PEOPLE = ("Bevolking",)
_SEX = ("Bevolking", "Geslacht")
_USE = ("Wonen", "Woningen naar bewoning")
_BUSINESS_USE = ("Bedrijfspanden", "Bedrijfspanden naar gebruik")
_POWER = ("Energie", "Gemiddeld elektriciteitsverbruik", "Naar woningtype")
_GAS = ("Energie", "Gemiddeld aardgasverbruik", "Naar woningtype")
_INCOME = ("Inkomen", "Inkomen van personen")
_INCOME_HOUSEHOLDS = ("Inkomen", "Inkomen van huishoudens")

# Titles end in blanks where CBS's own do; columns come and go, so numbered keys shift.
TOPICS = (
    Topic(_REGION, "Gemeentenaam", "Gemeentenaam", "naam", "gemeente_name", None),
    Topic(_REGION, "SoortRegio", "Soort regio", "omschrijving", "level_name", None),
    Topic(_REGION, "Codering", "Codering", "code", "code", None),
    Topic(
        _REGION,
        "IndelingswijzigingWijkenEnBuurten",
        AREA_CHANGE_TITLE,
        "code",
        "change",
        None,
        until=2021,
    ),
    Topic(
        _REGION,
        "IndelingswijzigingGemeenteWijkBuurt",
        AREA_CHANGE_TITLE,
        "code",
        "change",
        None,
        since=2022,
    ),
    Topic(_PEOPLE, "AantalInwoners", "Aantal inwoners", "aantal", "inhabitants"),
    Topic(_SEX, "Mannen", "Mannen", "aantal", "men"),
    Topic(_SEX, "Vrouwen", "Vrouwen", "aantal", "women"),
    Topic(
        ("Particuliere huishoudens",),
        "HuishoudensTotaal",
        "Huishoudens totaal",
        "aantal",
        "households",
    ),
    Topic(
        ("Particuliere huishoudens",),
        "GemiddeldeHuishoudensgrootte",
        "Gemiddelde huishoudensgrootte",
        "aantal",
        "household_size",
        1,
        since=2017,
    ),
    Topic(("Wonen",), "Woningvoorraad", "Woningvoorraad", "aantal", "dwellings"),
    Topic(
        ("Wonen",),
        "GemiddeldeWoningwaarde",
        "Gemiddelde woningwaarde",
        "x 1 000 euro",
        "woz",
        until=2020,
    ),
    Topic(
        ("Wonen",),
        "GemiddeldeWOZWaardeVanWoningen",
        "Gemiddelde WOZ-waarde van woningen",
        "x 1 000 euro",
        "woz",
        since=2021,
    ),
    Topic(_USE, "PercentageBewoond", "Percentage bewoond", "%", "occupied", since=2016),
    Topic(_USE, "PercentageOnbewoond", "Percentage onbewoond", "%", "vacancy"),
    Topic(_BUSINESS_USE, "PercentageOnbewoond", "Percentage onbewoond", "%", "business_vacancy"),
    Topic(_POWER, "Appartement", "Appartement", "kWh", "electricity"),
    Topic(_GAS, "Appartement", "Appartement", "m³", "gas"),
    Topic(
        ("Arbeid",), "NettoArbeidsparticipatie", "Netto arbeidsparticipatie", "%", "participation"
    ),
    Topic(
        _INCOME,
        "GemiddeldInkomenPerInwoner",
        "Gemiddeld inkomen per inwoner\u00a0",
        "x 1 000 euro",
        "income",
        1,
    ),
    Topic(
        _INCOME_HOUSEHOLDS,
        "HuishoudensMetEenLaagInkomen",
        "Huishoudens met een laag inkomen",
        "%",
        "low_income",
        1,
    ),
    Topic(
        ("Sociale zekerheid",),
        "PersonenPerSoortUitkeringBijstand",
        "Personen per soort uitkering; Bijstand",
        "aantal",
        "welfare",
    ),
    Topic(
        ("Zorg",),
        "PercentageJongerenMetJeugdzorg",
        "Percentage jongeren met jeugdzorg ",
        "%",
        "youth_care",
        1,
    ),
    Topic(
        ("Postcode",),
        "MeestVoorkomendePostcode",
        "Meest voorkomende postcode",
        "code",
        "postcode",
        None,
    ),
)


def topics_of(year: int) -> dict[str, Topic]:
    """The columns of that year's table by their numbered key, in order."""
    present = [topic for topic in TOPICS if topic.since <= year <= topic.until]
    return {f"{topic.key}_{number}": topic for number, topic in enumerate(present, start=1)}


def data_properties(year: int) -> list[dict[str, Any]]:
    """The DataProperties of that year's table, as CBS serves them."""
    rows = [_property(0, 0, None, "GeoDetail", AREA_DIMENSION, "Wijken en buurten", MapYear=year)]
    groups: dict[tuple[str, ...], int] = {}
    for position, (key, topic) in enumerate(topics_of(year).items(), start=1):
        for depth in range(1, len(topic.groups) + 1):
            path = topic.groups[:depth]
            if path not in groups:
                groups[path] = len(rows)
                parent = groups.get(path[:-1])
                rows.append(_property(len(rows), None, parent, "TopicGroup", "", path[-1]))
        share = topic.unit in ("%", "x 1 000 euro")
        rows.append(
            _property(
                len(rows),
                position,
                groups[topic.groups],
                "Topic",
                key,
                topic.title,
                Datatype=topic.datatype,
                Unit=topic.unit,
                Decimals=topic.decimals or 0,
                Default="Impossible",
                PresentationType=(
                    "" if topic.decimals is None else "Relative" if share else "Absolute"
                ),
            )
        )
    return rows


def _property(
    number: int,
    position: int | None,
    parent: int | None,
    kind: str,
    key: str,
    title: str,
    **more: Any,
) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("MapYear", "Datatype", "Unit", "Decimals", "Default", "PresentationType")
    )
    return {
        "odata.type": f"Cbs.OData.{kind}",
        "ID": number,
        "Position": position,
        "ParentID": parent,
        "Type": kind,
        "Key": key,
        "Title": title,
        "Description": "",
        **empty,
        **more,
    }


def dimension(number: int, kind: str, key: str, title: str, **more: Any) -> dict[str, Any]:
    """The data property of a dimension."""
    return _property(number, number, None, kind, key, title, **more)


def topic(number: int, position: int, key: str, title: str, unit: str) -> dict[str, Any]:
    """The data property of a counted topic outside any group."""
    return _property(
        number,
        position,
        None,
        "Topic",
        key,
        title,
        Datatype="Long",
        Unit=unit,
        Decimals=0,
        Default="Impossible",
        PresentationType="Absolute",
    )
