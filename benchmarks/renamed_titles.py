"""Ways in which CBS writes a title otherwise: which keep the meaning, and which change it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from wijkpeil.sources.cbs.columns import Topic, normal

SHARE = "% van het aantal inwoners vanaf 15 jaar"
Renaming = Callable[[random.Random, Topic], Topic | None]
# what another figure is called, one word from the title of this one
_OTHER_WORDS: dict[str, list[tuple[str, str]]] = {
    "complement": [
        ("onbewoond", "bewoond"), ("Onbewoond", "Bewoond"), ("zonder", "met"), ("met", "zonder"),
        ("laag", "hoog"), ("laagste", "hoogste"), ("hoogste", "laagste"), ("hoog", "laag"),
        ("vanaf", "tot"), ("voor", "vanaf"), ("Koop", "Huur"), ("Vooruit", "Achteruit"),
        ("Achteruit", "Vooruit"), ("onveilig", "veilig"), ("Mannen", "Vrouwen"),
        ("bewoond", "onbewoond"), ("buiten", "in"), ("vaak", "zelden"), ("Netto", "Bruto"),
        ("onder", "boven"), ("goed/zeer goed", "slecht/zeer slecht"),
    ],
    "another base": [
        ("huishoudens", "personen"), ("Huishoudens", "Personen"), ("personen", "huishoudens"),
        ("Personen", "Huishoudens"), ("inwoner", "inkomensontvanger"),
        ("per inwoner", "per woning"), ("inkomensontvanger", "inwoner"), ("woningen", "adressen"),
        ("Inwoners", "Huishoudens"),
        ("per huishouden", "per inwoner"), ("jongeren", "kinderen"), ("woonbuurt", "gemeente"),
    ],
    "another kind": [
        ("Bijstand", "AO"), ("WW", "Bijstand"), ("AO", "WW"), ("AOW", "AO"), ("WWB", "WW"),
        ("Werkloosheid", "Arbeidsongeschiktheid"), ("Bijstandsuitkering", "Werkloosheidsuitkering"),
        ("Arbeidsongeschiktheid", "Werkloosheid"), ("huisartsenpraktijk", "huisartsenpost"),
        ("supermarkt", "warenhuis"), ("kinderdagverblijf", "buitenschoolse opvang"),
        ("jeugdzorg", "jeugdbescherming"), ("school", "school voor vmbo"), ("Wmo", "Zvw"),
        ("inkomen", "vermogen"), ("vermogen", "inkomen"), ("Mediaan", "Gemiddeld"),
        ("Gemiddeld ", "Mediaan "), ("angst", "slapeloosheid"), ("overlast", "hinder"),
    ],
    "a word more or less": [
        ("met een laag", "met laag"), ("met laag", "met een laag"), ("laagste", "laag"),
        ("grote supermarkt", "supermarkt"), ("sociaal minimum", "minimum"), ("totaal", "overig"),
        ("Ernstig", "Matig"), ("zeer ernstig ", ""), ("veel ", ""), ("Wekelijkse", "Dagelijkse"),
        ("in buurt", ""), ("particuliere ", ""), ("gestandaardiseerd ", ""),
        ("Hoog", "Matig of hoog"),
    ],
    "another number": [
        ("40%", "20%"), ("20%", "40%"), ("110%", "120%"), ("120%", "110%"), ("15", "25"),
        ("65", "75"), ("45", "65"), ("2000", "2010"), ("1 000", "100"), ("3 km", "5 km"),
        ("4", "12"),
    ],
}  # fmt: skip
_SHORT = [
    ("Gemiddelde", "Gem."), ("Gemiddeld", "Gem."), ("Gem.", "Gemiddeld"), ("Huish.", "Huishoudens"),
    ("Huishoudens", "Huish."), ("huishoudens", "huish."), ("huish.", "huishoudens"),
    ("Personen", "Pers."), ("personen", "pers."), ("inwoner", "inw."), ("jaar", "jr"),
    ("jr", "jaar"), ("Percentage", "Perc."), ("inkomen", "ink."), ("uitkering", "uitk."),
    ("Inwoners", "Inw."), ("Arbeidsongeschiktheidsuitkering", "AO-uitkering"),
    ("Werkloosheidsuitkering", "WW-uitkering"), ("particuliere", "part."), ("Afstand", "Afst."),
]  # fmt: skip
_ENDINGS = [
    ("Gemiddelde", "Gemiddeld"), ("Huishoudens", "Huishouden"), ("huishoudens", "huishouden"),
    ("Rokers", "Roker"), ("onbewoond", "onbewoonde"), ("leegstaand", "leegstaande"),
    ("Koopwoningen", "Koopwoning"), ("sporters", "sporter"), ("uitkering", "uitkeringen"),
    ("laagste inkomen", "laagste inkomens"), ("cliënten", "cliënt"), ("misdrijven", "misdrijf"),
    ("Jongeren", "Jongere"), ("Particuliere", "Particulier"), ("school", "scholen"),
]  # fmt: skip
_UNITS = {
    "m³": "m3", "x 1 000 euro": "1 000 euro", "Getal": "getal", "aantal": "Aantal",
    "per km²": "per km2", "schaalscore (0 - 10)": "schaalscore (0-10)", "%": "procent",
    "per 1 000 inwoners": "per 1000 inwoners",
}  # fmt: skip
_OTHER_UNITS = {
    "%": "aantal", "aantal": "%", "x 1 000 euro": "euro", "km": "aantal", "m³": "kWh",
    "kWh": "m³", "per 1 000 inwoners": "aantal", "per huishouden": "per inwoner", "Getal": "%",
    "rapportcijfer": "%", "ha": "km²", SHARE: "aantal",
}  # fmt: skip


def _replaced(pairs: Sequence[tuple[str, str]]) -> Renaming:
    def renaming(chance: random.Random, topic: Topic) -> Topic | None:
        fitting = [
            (old, new)
            for old, new in pairs
            if re.search(rf"(?<!\w){re.escape(old.strip())}(?!\w)", topic.title)
            or (old.strip() in topic.title and old[:1].isupper())
        ]
        if not fitting:
            return None
        old, new = chance.choice(fitting)
        return replace(topic, title=normal(topic.title.replace(old, new, 1)))

    return renaming


def _case_of_letters(chance: random.Random, topic: Topic) -> Topic:
    way = chance.choice((str.upper, str.lower, str.title, str.swapcase))
    return replace(topic, title=way(topic.title))


def _order(chance: random.Random, topic: Topic) -> Topic | None:
    words = topic.title.split()
    if len(words) < 2:
        return None
    at = chance.randrange(1, len(words))
    head, tail = " ".join(words[:at]).strip(",;"), " ".join(words[at:])
    if re.search(r"(?:^| )(?:tot|per|met|van|in|op|of|en|een|rond|onder|naar|zich)$", head):
        # a title is not broken after a preposition
        return None
    return replace(topic, title=f"{tail}{chance.choice((', ', ' ', '; '))}{head}")


def _signs(chance: random.Random, topic: Topic) -> Topic | None:
    ways = [
        (r"[-/]", " "), (r",", ";"), (r";", ","), (r"[()]", ""), (r"(\w+)$", r"(\1)"),
        (r"'", "’"), (r"$", "."), (r"/", " / "), (r" - ", ", "), (r"^(\w+)", r"\1:"),
    ]  # fmt: skip
    pattern, new = chance.choice([way for way in ways if re.search(way[0], topic.title)])
    return replace(topic, title=re.sub(pattern, new, topic.title))


def _year(chance: random.Random, topic: Topic) -> Topic | None:
    if re.search(r"(?:19|20)\d\d", topic.title):
        return None
    year = chance.randrange(2013, 2027)
    way = chance.choice(("{} {}", "{} ({})", "{}, {}", "{} in {}", "{}; {}"))
    return replace(topic, title=way.format(topic.title, year))


def _blanks(chance: random.Random, topic: Topic) -> Topic | None:
    way = chance.choice(("\u00a0", "  ", "\u2009"))
    title = topic.title.replace(" ", way, 1)
    return replace(topic, title=chance.choice(("", " ", "\u00a0")) + title.swapcase())


def _accents(chance: random.Random, topic: Topic) -> Topic | None:
    plain = unicodedata.normalize("NFKD", topic.title)
    title = "".join(sign for sign in plain if not unicodedata.combining(sign))
    marked = re.sub(
        r"\b([Ee])en\b", lambda match: "Éé"["Ee".index(match[1])] + "én", title, count=1
    )
    return replace(topic, title=chance.choice((title, marked)))


def _prefix(chance: random.Random, topic: Topic) -> Topic | None:
    first, _, rest = topic.title.partition(" ")
    if first in {"Percentage", "Aantal", "Aandeel"} and rest:
        return replace(topic, title=rest[0].upper() + rest[1:])
    if topic.unit.startswith("%") and "%" not in first:
        word = chance.choice(("Aandeel", "Percentage"))
    elif topic.unit == "aantal" and not first.startswith("Gem"):
        word = "Aantal"
    else:
        return None
    return replace(topic, title=f"{word} {topic.title[0].lower()}{topic.title[1:]}")


def _joined(chance: random.Random, topic: Topic) -> Topic | None:
    words = topic.title.split()
    if len(words) < 2 or not all(word.isalpha() for word in words[:2]):
        return None
    sign = chance.choice(("", "-"))
    return replace(topic, title=" ".join([f"{words[0]}{sign}{words[1].lower()}", *words[2:]]))


def _unit_spelt(_chance: random.Random, topic: Topic) -> Topic | None:
    return replace(topic, unit=_UNITS[topic.unit]) if topic.unit in _UNITS else None


def _other_unit(_chance: random.Random, topic: Topic) -> Topic | None:
    return replace(topic, unit=_OTHER_UNITS[topic.unit]) if topic.unit in _OTHER_UNITS else None


def _two(chance: random.Random, topic: Topic) -> Topic | None:
    names = chance.sample([name for name in KEPT if name != "two of these"], 2)
    for name in names:
        renamed = KEPT[name](chance, topic)
        if renamed is None:
            return None
        topic = renamed
    return topic


KEPT: dict[str, Renaming] = {
    "case": _case_of_letters,
    "order of words": _order,
    "signs": _signs,
    "a year": _year,
    "blanks": _blanks,
    "accents": _accents,
    "abbreviation": _replaced(_SHORT),
    "ending": _replaced(_ENDINGS),
    "aandeel, percentage, aantal": _prefix,
    "words joined": _joined,
    "unit spelt otherwise": _unit_spelt,
    "two of these": _two,
}
CHANGED: dict[str, Renaming] = {
    **{name: _replaced(pairs) for name, pairs in _OTHER_WORDS.items()},
    "another unit": _other_unit,
}
