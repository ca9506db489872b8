"""Other titles for a column: the same in other signs, or one word away and another thing."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

# what stands in the title, what takes its place: a complement, another base, another kind
_OTHERS = (
    ("onbewoond", "bewoond"),
    ("Onbewoonde", "Bewoonde"),
    ("leegstaand", "bewoond"),
    ("Koopwoningen", "Huurwoningen"),
    ("woningcorporatie", "particuliere verhuurder"),
    ("40% huishoudens", "40% personen"),
    ("laagste", "hoogste"),
    ("een laag inkomen", "een hoog inkomen"),
    ("laag inkomen", "hoog inkomen"),
    ("Bijstand", "AOW"),
    ("Bijstandsuitkering", "AOW-uitkering"),
    ("AO", "Wajong"),
    ("WWB", "AOW"),
    ("WW", "ZW"),
    ("Werkloosheidsuitkering", "Ziektewetuitkering"),
    ("Arbeidsongeschiktheidsuitkering", "Ziektewetuitkering"),
    ("per inwoner", "per inkomensontvanger"),
    ("laag", "middelbaar"),
    ("hoog", "middelbaar"),
    ("Basisonderwijs, vmbo, mbo1", "Havo, vwo, mbo2-4"),
    ("Hbo, wo", "Studenten hbo, wo"),
    ("in armoede", "tot 25% boven armoedegrens"),
    ("Mediaan vermogen", "Gemiddelde schuld"),
    ("Huishoudens", "Eenpersoonshuishoudens"),
    ("huishoudens", "eenpersoonshuishoudens"),
    ("Aantal inwoners", "Aantal huishoudens"),
    ("Inwoners", "Huishoudens"),
    ("jongeren", "volwassenen"),
    ("Wmo-cliënten", "Wlz-cliënten"),
    ("grote supermarkt", "kleine supermarkt"),
    ("huisartsenpraktijk", "huisartsenpost"),
    ("kinderdagverblijf", "buitenschoolse opvang"),
    ("bibliotheek", "poppodium"),
    ("school", "bioscoop"),
    ("treinstations totaal", "belangrijk overstapstation"),
    ("aardgasverbruik", "elektriciteitsverbruik"),
    ("Netto", "Bruto"),
    ("Nettoarbeidsparticipatie", "Brutoarbeidsparticipatie"),
    ("weleens", "nooit"),
    ("vaak", "zelden"),
    ("Achteruit", "Gelijk"),
    ("leefbaarheid", "voorzieningen"),
    ("veiligheid", "onderhoud"),
    ("Ernstig overgewicht", "Ondergewicht"),
    ("Roker", "Drinker"),
    ("goed/zeer goed", "matig/slecht"),
    ("Woningvoorraad", "Niet-woningvoorraad"),
)


def kept_meaning(title: str, year: int, chance: random.Random) -> str | None:
    """The title in another case, order of words or signs, or with a year after it."""
    ways: list[Callable[[str, int], str]] = [_upper, _lower, _signs, _order, _year]
    chance.shuffle(ways)
    for way in ways:
        after = way(title, year)
        if after != title:
            return after
    return None


def other_meaning(title: str, year: int, chance: random.Random) -> str | None:
    """A title one word away that is another thing; None where no such title is known."""
    del year
    fitting = [(old, new) for old, new in _OTHERS if re.search(_word(old), title)]
    if not fitting:
        return None
    old, new = chance.choice(fitting)
    return re.sub(_word(old), new, title, count=1)


def _word(text: str) -> str:
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def _upper(title: str, year: int) -> str:
    words = title.split()
    return " ".join(word if word[:1].isupper() else word.capitalize() for word in words)


def _lower(title: str, year: int) -> str:
    return title[0].lower() + title[1:] if not title[:2].isupper() else title


def _signs(title: str, year: int) -> str:
    if re.search(r"[-;,.()/]", title):
        plain = re.sub(r"\s*[-;,.()/]+\s*", " ", title)
        return " ".join(plain.split())
    return f"{title}."


def _order(title: str, year: int) -> str:
    first, _, rest = title.partition(" ")
    if not rest or re.search(r"[;,(]", title):
        return title
    return f"{rest[0].upper()}{rest[1:]}, {first.lower()}"


def _year(title: str, year: int) -> str:
    return f"{title} {year}"
