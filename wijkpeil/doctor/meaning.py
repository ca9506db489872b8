"""What the title and unit of a column say: whether two say the same, and what may not differ.

Of one figure CBS changes capitals, signs, the order of words, endings and abbreviations. A word
more or less is another figure until something else proves that it is not: "Huishoudens met laag
inkomen" and "Huishoudens met een laag inkomen" are 40% and 8% of the households.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import permutations

_TOKEN = re.compile(r"\d+(?:[.,]\d+)? ?%|\d+(?:[.,]\d+)?|[^\W\d_]+\d*|[<>≤≥+%]")
_THOUSANDS = re.compile(r"(?<=\d)[ .](?=\d{3}(?!\d))")
_YEAR = re.compile(r"(?:199\d|20[0-4]\d)")
# before a year these make it part of what is counted: built before 2000
_BEFORE_A_YEAR = {"voor", "vanaf", "na", "tot", "sinds", "van", "en", "bouwjaar", "gebouwd", "sbi"}
_ABBREVIATIONS = {
    "aant": "aantal", "afst": "afstand", "gem": "gemiddeld", "gemidd": "gemiddeld",
    "gestand": "gestandaardiseerd", "hh": "huishouden", "huish": "huishouden",
    "ink": "inkomen", "inw": "inwoner", "jr": "jaar", "part": "particulier",
    "pct": "percentage", "perc": "percentage", "pers": "persoon", "proc": "percentage",
    "procent": "percentage", "uitk": "uitkering", "verm": "vermogen",
}  # fmt: skip
# of one benefit CBS writes the law and the word
_LONG_FORMS = {
    "arbeidsongeschiktheidsuitkering": ("ao", "uitkering"),
    "werkloosheidsuitkering": ("ww", "uitkering"),
    "bijstandsuitkering": ("bijstand", "uitkering"),
}
# what a unit says already
_SAID_BY_UNIT = {"%": {"percentage", "aandeel", "%"}, "aantal": {"aantal"}}
# words that belong to the word after them; where there is one, its place says no more
_BINDING = {
    *("binnen", "boven", "buiten", "exclusief", "geen", "in", "inclusief", "met", "na", "niet"),
    *("onder", "per", "tot", "uit", "vanaf", "voor", "zonder", "tussen"),
    *("groot", "hoog", "hoogste", "klein", "laag", "laagste"),
}
_VOWELS = "aeiou"

# what excludes one another: a column that says another of these is another figure
_OPPOSITES = [
    ("bewoond", "onbewoond", "leegstaand"), ("met", "zonder"), ("in", "uit", "buiten"),
    ("binnen", "buiten"), ("laag", "hoog", "laagste", "hoogste", "middelbaar"),
    ("koop", "huur"), ("koopwoning", "huurwoning"), ("mannen", "vrouwen"), ("eigen", "huur"),
    ("eengezinswoning", "meergezinswoning"), ("onder", "boven"), ("tot", "vanaf"),
    ("voor", "vanaf", "na"), ("bovengrens", "ondergrens"), ("mediaan", "gemiddeld"),
    ("goed", "slecht"), ("vooruit", "achteruit"), ("inclusief", "exclusief"),
    ("veilig", "onveilig"),
    ("bruto", "netto"), ("vaak", "weleens", "zelden", "soms", "nooit"), ("relatief", "absoluut"),
    ("corporatie", "overige"), ("tevreden", "ontevreden"), ("gezond", "ongezond"),
    ("mate", "ernstig"), ("werknemer", "zelfstandige"), ("land", "water"),
]  # fmt: skip
_BASES = (
    "persoon", "huishouden", "woning", "inwoner", "inkomensontvanger", "ontvanger", "jongere",
    "client", "bedrijf", "bedrijfsvestiging", "gezin", "adres", "kind", "leerling", "misdrijf",
    "slachtoffer", "verdachte", "werkende", "eenpersoonshuishouden",
)  # fmt: skip
_KINDS = [
    {"bijstand", "wwb", "participatiewet"}, {"ao", "arbeidsongeschiktheid", "wia", "wao", "wajong"},
    {"ww", "werkloosheid"}, {"aow", "pensioen"}, {"jeugdzorg"}, {"wmo"}, {"zvw"},
]  # fmt: skip


def same_words(one: str, unit: str, other: str, other_unit: str) -> bool:
    """Whether two titles say the same but for order, capitals, signs, endings and years."""
    first, second = _meaning(one, unit), _meaning(other, other_unit)
    return bool(first.joined) and (
        first.joined == second.joined
        or first.words == second.words
        or first.as_one in second.joined_anyhow
        or second.as_one in first.joined_anyhow
    )


def same_unit(one: str, other: str) -> bool:
    """Whether two units are one, however written: m³ and m3, x 1 000 euro and 1 000 euro."""
    return _unit(one) == _unit(other)


def clash(wanted: str, unit: str, title: str, its_unit: str) -> str | None:
    """Why a column of that title cannot be the one wanted, in a few words; None where it can."""
    if unit_class(unit) != unit_class(its_unit):
        return "another unit"
    first, second = _stems(_words(wanted, unit)), _stems(_words(title, its_unit))
    if _numbers(first) != _numbers(second):
        return "other numbers"
    for group in _STEMMED_OPPOSITES:
        mine, its = group & {*first}, group & {*second}
        if mine and its and mine != its:
            return "the opposite"
    for negated, plain in ((first, second), (second, first)):
        if any(f"on{word}" in negated and word not in negated for word in plain):
            return "the opposite"
        if ("niet" in negated) != ("niet" in plain) or ("geen" in negated) != ("geen" in plain):
            return "the opposite"
    mine, its = _STEMMED_BASES & {*first}, _STEMMED_BASES & {*second}
    if mine and its and mine != its:
        return "of another base"
    kinds, its_kinds = _kinds(first), _kinds(second)
    if kinds != its_kinds:
        return "of another kind"
    return None


def likeness(wanted: Iterable[str], title: Iterable[str], weights: Counter[str]) -> float:
    """How much of the words of two titles is the same, 0 to 1; a word that stands in many titles
    of the table (`weights` counts them) tells little."""
    first, second = {*wanted}, {*title}
    weight = {word: 1 / max(1, weights[word]) for word in first | second}
    total = sum(weight[word] for word in first) + sum(weight[word] for word in second)
    shared = sum(weight[word] for word in first & second)
    return 2 * shared / total if total else 0.0


def stems(title: str, unit: str) -> tuple[str, ...]:
    """The words of a title without their endings, and without what its unit says."""
    return _stems(_words(title, unit))


def nearly_same(wanted: str, unit: str, title: str, its_unit: str) -> bool:
    """Whether two titles differ, and in nothing but small words: "de", "van", "totaal". For CBS
    these can be the difference between two figures."""
    first, second = Counter(stems(wanted, unit)), Counter(stems(title, its_unit))
    apart = {*(first - second), *(second - first)}
    return bool(apart) and apart <= _SMALL


def may_be_renamed(
    wanted: str, unit: str, title: str, its_unit: str, groups: Iterable[str]
) -> bool:
    """Whether nothing in two titles says that they are two figures: what one has more stands in
    the `groups` of the column, or is a small word. A word in the place of another is not so."""
    if clash(wanted, unit, title, its_unit) is not None:
        return False
    first, second = {*stems(wanted, unit)}, {*stems(title, its_unit)}
    lost, added = first - second, second - first
    for one, other in ((lost, added), (added, lost)):
        for word in list(one):
            parts = [each for each in other if len(each) > 2 and each in word]
            if word in {"".join(order) for order in permutations(parts, 2)}:
                one.discard(word)
                other.difference_update(parts)
    known = {word for group in groups for word in stems(group, "")}
    return lost | added <= _SMALL | _STEMMED_PLAIN | known


def unit_class(unit: str) -> str:
    """What a unit measures and how large it is: %, a count, thousands of euros, a distance."""
    text = _unit(unit)
    if text.startswith("%"):
        return "%"
    if text in {"rapportcijfer", "cijfer"}:
        return "grade"
    if text.startswith(("schaalscor", "scor", "getal")):
        return "score"
    return text


@cache
def _words(title: str, unit: str) -> tuple[str, ...]:
    """Its words in order: abbreviations in full, years gone, and what the unit says."""
    words: list[str] = []
    for token in _TOKEN.findall(_THOUSANDS.sub("", _plain(title))):
        word = token.replace(" ", "")
        word = _ABBREVIATIONS.get(word, word)
        words += _LONG_FORMS.get(word, (word,))
    kept = _without_year(words)
    said = _SAID_BY_UNIT.get("%" if _unit(unit).startswith("%") else _unit(unit), set())
    plain = [word for word in kept if word not in said]
    if plain and len(plain) < len(kept) and kept[0] in said and plain[0] == "van":
        plain = plain[1:]
    return tuple(plain or kept)


def _without_year(words: list[str]) -> list[str]:
    """The words without the one year that only says which table it is."""
    years = [place for place, word in enumerate(words) if _YEAR.fullmatch(word)]
    if len(years) != 1 or (years[0] and words[years[0] - 1] in _BEFORE_A_YEAR):
        return words
    [at] = years
    return words[: at - 1 if at and words[at - 1] == "in" else at] + words[at + 1 :]


def _plain(text: str) -> str:
    """Small letters without accents and apostrophes; raised figures as figures."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.sub(r"[\u0300-\u036f'’`´\u00ad\u200b]", "", decomposed).split())


def _stems(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(_stem(word) for word in words)


@cache
def _stem(word: str) -> str:
    """The word without the ending of a plural or an adjective; a superlative is another word."""
    if not word.isalpha() or len(word) < 4:
        return word
    if word.endswith("en") and len(word) > 5:
        word = word[:-2]
    elif word.endswith("s") and len(word) > 5 and not word.endswith(("ss", "is", "us")):
        word = word[:-1]
        word = word[:-2] if word.endswith("en") and len(word) > 7 else word
    elif word.endswith("e") and len(word) > 3:
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in _VOWELS:
        word = word[:-1]
    if len(word) > 3 and word[-3] == word[-2] and word[-2] in _VOWELS:
        word = word[:-2] + word[-1]
    return word[:-1] + {"v": "f", "z": "s"}.get(word[-1], word[-1])


@dataclass(frozen=True)
class _Meaning:
    """A title in the forms that are compared: as one word as written, its stems in no order but
    what belongs together, and few stems as one word, in their own order and in any."""

    joined: str
    words: tuple[str, ...]
    as_one: str
    joined_anyhow: frozenset[str]


@cache
def _meaning(title: str, unit: str) -> _Meaning:
    words = _words(title, unit)
    stems = _stems(words)
    is_bound = "per" in stems or sum(word in _BOUND for word in stems) > 1
    bound = _bindings(stems) if is_bound else []
    # a compound in two words: Woningvoorraad, Voorraad woningen
    is_few = 1 < len(stems) <= 3 and not any(word in _BOUND for word in stems)
    anyhow = {"".join(order) for order in permutations(stems)} if is_few else set()
    as_one = stems[0] if len(stems) == 1 else ""
    return _Meaning("".join(words), (*sorted(stems), "|", *bound), as_one, frozenset(anyhow))


def _bindings(words: tuple[str, ...]) -> list[str]:
    """Each word that belongs to the next with it, as if the title went on at its begin."""
    after = (*words[1:], *words[:1])
    return sorted(f"{a} {b}" for a, b in zip(words, after, strict=True) if a in _BOUND)


@cache
def _unit(unit: str) -> str:
    """A unit however it is written: signs, capitals, thousands and the x before them are gone."""
    text = _THOUSANDS.sub("", _plain(unit)).replace("€", "euro")
    text = re.sub(r"\b(?:procent|percentage|percent|pct|perc)\b\.?", "%", text)
    text = re.sub(r"\bduizend\b", "1000", text).replace("kubieke meter", "m3")
    words = [_ABBREVIATIONS.get(word, word) for word in re.findall(r"\w+|%", text)]
    if words[:1] == ["x"] and words[-1] == "euro":
        words = words[1:]
    return " ".join(_stems(words))


def _numbers(words: Iterable[str]) -> set[str]:
    return {word for word in words if word[0].isdigit() or word in {"<", ">", "≤", "≥", "+"}}


def _kinds(words: Iterable[str]) -> set[int]:
    found = {*words}
    return {number for number, kind in enumerate(_STEMMED_KINDS) if kind & found}


_SMALL = {_stem(word) for word in ("de", "het", "van", "totaal")}
# what CBS writes of a dwelling or leaves out
_STEMMED_PLAIN = {_stem(word) for word in ("woning", "woz", "waarde")}
_BOUND = {_stem(word) for word in _BINDING}
_STEMMED_OPPOSITES = [{_stem(word) for word in group} for group in _OPPOSITES]
_STEMMED_BASES = {_stem(word) for word in _BASES}
_STEMMED_KINDS = [{_stem(word) for word in kind} for kind in _KINDS]
