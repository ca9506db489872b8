"""The fictive country of the demo: three gemeenten that do not exist, their wijken and buurten.

Two things happen to it, as they do to real areas: in 2019 a wijk gets another code, and in 2021
a buurt moves to the next wijk, so that both wijken have another boundary.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

FIRST_YEAR = 2014
LAST_YEAR = 2025
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
RECODED_IN = 2019
MOVED_IN = 2021

Level = Literal["land", "gemeente", "wijk", "buurt"]
Kind = Literal[
    "improving",
    "moderate",
    "stagnating",
    "deteriorating",
    "noisy",
    "suppressed",
    "recoded",
    "boundary",
]
GEMEENTEN = {"GM9901": "Wolkenmeer", "GM9902": "Lindervoorde", "GM9903": "Zandersloot"}
_RECODED = {"WK990211": "WK990231"}
# wijken that did well at first
_STALLS = {"WK990202": 2016, "WK990302": 2018}
# a buurt, by the code it had, and the code it has after it moved
_MOVED = {"BU99030504": "BU99030606"}


@dataclass(frozen=True)
class Wijk:
    """A wijk as it was in the first year. `disadvantage` is in standard deviations, 0 is average.

    What its kind says holds from `stalls_in`; before that year it improves moderately."""

    code: str
    name: str
    kind: Kind
    inhabitants: int
    disadvantage: float
    buurt_names: tuple[str, ...]
    stalls_in: int = FIRST_YEAR

    @property
    def buurt_codes(self) -> tuple[str, ...]:
        """The codes of its buurten in the first year."""
        return tuple(f"BU{self.code[2:]}{n:02d}" for n in range(1, len(self.buurt_names) + 1))


@dataclass(frozen=True)
class Area:
    """An area in one year. `change` is CBS's flag: 1 the same, 2 another code, 3 another
    boundary, `.` where CBS gives none. `buurten` are the first-year codes of its buurten."""

    code: str
    name: str
    level: Level
    gemeente_code: str
    change: str
    buurten: tuple[str, ...]


# wijk, kind, inhabitants in 2014, disadvantage, buurten
_WIJKEN: dict[str, str] = {
    "GM9901": """
01 Binnenstad          | moderate      |  8200 |  0.1 | Markt, Kerksteeg, Kade, Vest
02 Havenkwartier       | stagnating    | 12400 |  1.3 | Dokken, Werf, Pakhuizen, Loods, Steiger
03 Poëtenbuurt         | stagnating    | 11200 |  1.2 | Sonnet, Ballade, Elegie, Kwatrijn, Rondeel
04 Molenveld           | deteriorating | 11600 |  1.0 | Stelling, Wieken, Zolder, Maalsteen, Kap
05 Spoorzone           | improving     | 11800 |  0.9 | Perron, Rangeer, Sein, Wissel, Locodepot
06 Vogelweide          | improving     |  9800 |  0.4 | Merel, Lijster, Kievit, Grutto
07 Tuindorp-West       | improving     | 10400 |  0.5 | Appelhof, Perenhof, Pruimenhof, Kersenhof
08 Kastanjehof         | moderate      |  6400 | -0.4 | Noord, Midden, Zuid, Singel
09 De Hoven            | moderate      |  7400 | -0.1 | Voorhof, Achterhof, Zijhof, Binnenhof
10 Zuidrand            | moderate      |  8800 |  0.3 | Weide, Akker, Gaard, Heem, Bedrijvenhof
11 Nieuw-Elzen         | moderate      |  9200 | -0.7 | Elzenlaan, Elzenhof, Elzenkade, Elzenpark
12 Waterrijk           | suppressed    |  5600 | -0.3 | Plas, Vliet, Wetering, Sluisje
13 Bloemenkwartier     | moderate      |  7600 |  0.2 | Tulp, Dahlia, Iris, Anjer
14 Buitengebied Noord  | noisy         |   460 | -0.2 | Verspreide huizen Noord, De Kamp
15 Parklaan            | noisy         |   340 |  0.1 | Parklaan
16 Sterrenwijk         | moderate      |  8000 | -0.2 | Orion, Lier, Zwaan, Pegasus
""",
    "GM9902": """
01 Centrum             | moderate      |  7800 |  0.2 | Raadhuis, Brink, Poort, Wal
02 Oude Veste          | stagnating    | 11000 |  1.1 | Bolwerk, Ravelijn, Glacis, Kazemat, Gracht
03 Componistenkwartier | deteriorating | 10800 |  0.9 | Fuga, Sonate, Cantate, Menuet, Rondo
04 Rozenburcht         | improving     |  9600 |  0.6 | Theeroos, Stamroos, Klimroos, Heg
05 Grachtenhof         | improving     | 10200 |  0.5 | Oostgracht, Westgracht, Middelgracht, Diep
06 Het Rooth           | moderate      |  6800 | -0.2 | Rooth-Oost, Rooth-West, Rooth-Zuid, De Dries
07 Kersengaard         | moderate      |  7200 | -0.5 | Morel, Meikers, Kriek, Boomgaard
08 Schapendrift        | moderate      |  6200 | -0.6 | Kooi, Drift, Heide, Schaapskooi
09 Veldzicht           | moderate      |  8400 |  0.0 | Rogge, Tarwe, Gerst, Haver
10 De Linden           | moderate      |  7000 | -0.3 | Lindelaan, Lindehof, Lindepark, Lindekade
11 Kanaalzone          | recoded       |  8600 |  0.5 | Kade-Noord, Kade-Zuid, Brugwachter, Haventje
12 Parkwijk            | improving     |  9000 |  0.3 | Vijver, Theehuis, Laan, Hertenkamp
13 Buitengebied Oost   | noisy         |   400 |  0.0 | Verspreide huizen Oost, Het Broek
""",
    "GM9903": """
01 Dorpskern           | moderate      |  6600 |  0.1 | Kerkplein, Dorpsstraat, Pastorie, School
02 Visserskwartier     | stagnating    | 10600 |  1.0 | Logger, Botter, Schokker, Kotter, Vlet
03 Duinzicht           | improving     |  9400 |  0.4 | Duindoorn, Helmgras, Zeewinde, Vlier
04 Strandwijk          | improving     | 10000 |  0.6 | Boulevard, Paviljoen, Strandslag, Golfslag
05 Oosterpoort         | boundary      |  7800 |  0.0 | Oostwal, Oostkade, Oosterhof, Havenhoofd
06 Westerpoort         | boundary      |  7400 | -0.1 | Westwal, Westkade, Westerhof, Singel, Weer
07 Schelpenhoek        | moderate      |  7000 | -0.4 | Kokkel, Mossel, Wulk, Alikruik
08 Kapiteinsbuurt      | moderate      |  7600 |  0.2 | Stuurman, Bootsman, Loods, Roerganger
09 Vuurtoren           | improving     |  8800 |  0.3 | Baken, Lichtwachter, Seinhuis, Mistpost
10 Polderrand          | moderate      |  6000 | -0.5 | Tocht, Kavel, Gemaal, Dijkje
11 Slotermade          | moderate      |  6400 | -0.2 | Made-Oost, Made-West, Made-Noord, Molentje
""",
}


@cache
def wijken() -> tuple[Wijk, ...]:
    """Every wijk, as it was in the first year."""
    found = []
    for gemeente_code, table in _WIJKEN.items():
        for line in table.strip().splitlines():
            label, kind, inhabitants, disadvantage, buurten = (p.strip() for p in line.split("|"))
            found.append(
                Wijk(
                    code=f"WK{gemeente_code[2:]}{label[:2]}",
                    name=f"Wijk {label}",
                    kind=kind,  # type: ignore[arg-type]
                    inhabitants=int(inhabitants),
                    disadvantage=float(disadvantage),
                    buurt_names=tuple(name.strip() for name in buurten.split(",")),
                    stalls_in=_STALLS.get(f"WK{gemeente_code[2:]}{label[:2]}", FIRST_YEAR),
                )
            )
    return tuple(found)


@cache
def areas(year: int) -> tuple[Area, ...]:
    """Every area of `year`: the country, then each gemeente with its wijken and their buurten."""
    rows: list[Area] = []
    for gemeente_code, gemeente_name in GEMEENTEN.items():
        inside: list[Area] = []
        for wijk in wijken():
            if wijk.code[2:6] == gemeente_code[2:]:
                inside += _wijk_and_buurten(wijk, gemeente_code, year)
        members = tuple(m for area in inside if area.level == "wijk" for m in area.buurten)
        rows.append(Area(gemeente_code, gemeente_name, "gemeente", gemeente_code, ".", members))
        rows += inside
    every = tuple(m for area in rows if area.level == "gemeente" for m in area.buurten)
    return (Area("NL00", "Nederland (fictief)", "land", "", ".", every), *rows)


def _wijk_and_buurten(wijk: Wijk, gemeente_code: str, year: int) -> list[Area]:
    is_recoded = wijk.code in _RECODED and year >= RECODED_IN
    code = _RECODED[wijk.code] if is_recoded else wijk.code
    flag = "2" if is_recoded and year == RECODED_IN else "1"
    buurten = [
        Area(f"BU{code[2:]}{old[-2:]}", name, "buurt", gemeente_code, flag, (old,))
        for old, name in zip(wijk.buurt_codes, wijk.buurt_names, strict=True)
        if old not in _MOVED or year < MOVED_IN
    ]
    if year >= MOVED_IN:
        for old, new in _MOVED.items():
            if new[2:8] == wijk.code[2:]:
                moved_flag = "2" if year == MOVED_IN else "1"
                buurten.append(
                    Area(new, _first_name(old), "buurt", gemeente_code, moved_flag, (old,))
                )
    if wijk.kind == "boundary" and year == MOVED_IN:
        flag = "3"
    members = tuple(member for buurt in buurten for member in buurt.buurten)
    return [Area(code, wijk.name, "wijk", gemeente_code, flag, members), *buurten]


def _first_name(buurt_code: str) -> str:
    for wijk in wijken():
        for code, name in zip(wijk.buurt_codes, wijk.buurt_names, strict=True):
            if code == buurt_code:
                return name
    raise KeyError(buurt_code)


PLANTED: dict[str, Kind] = {
    _RECODED.get(wijk.code, wijk.code): wijk.kind for wijk in wijken() if wijk.kind != "moderate"
}
"""What was put into the figures, by the code of the wijk in the last year; `boundary` and
`recoded` wijken improve. Wijken that are not here improve moderately."""
