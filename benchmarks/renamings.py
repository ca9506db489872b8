"""Seeded renamings of real titles through the doctor's own proposals: which are found again, and
does any lead to another figure?

    .venv/bin/python benchmarks/renamings.py [--seed N] [--renamings N]

Prints a table per kind and exits 1 when a proposal is wrong, or when less than 70% of the
renamings that keep the meaning are proposed. Titles, units and groups are those that CBS published;
every figure is invented.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from renamed_titles import CHANGED, KEPT, SHARE, Renaming

from wijkpeil.catalog import CbsMeasure, CbsTable
from wijkpeil.doctor.national import Point, weigh
from wijkpeil.doctor.proposals import Known, Weighed, find_all
from wijkpeil.errors import WijkError
from wijkpeil.sources.cbs.columns import Topic, normal, resolve

LEAST_SHARE = 0.7
RENAMINGS = 300
# half of the columns of a table are measures, as the catalog takes some and leaves others
MEASURED = 0.5

_BENEFITS = """
/Inwoners
Inwoners vanaf 15 jaar|aantal
Inwoners vanaf 15 jr tot AOW-leeftijd|aantal
Inwoners vanaf de AOW-leeftijd|aantal
/Personen per soort uitkering
Werkloosheidsuitkering|aantal
Bijstandsuitkering|aantal
Arbeidsongeschiktheidsuitkering|aantal
AOW-uitkering|aantal
/Personen per soort uitkering, relatief
Werkloosheidsuitkering|SHARE
Bijstandsuitkering|SHARE
Arbeidsongeschiktheidsuitkering|SHARE
AOW-uitkering|SHARE
""".replace("SHARE", SHARE)
_KWB_2013 = """
/Wonen
Percentage bewoond|%
Percentage leegstaand|%
/Inkomen
Huishoudens met laag inkomen|%
Huishoudens met een laag inkomen|%
Huishoudens met hoog inkomen|%
Huishoudens met lage koopkracht|%
Huish. onder of rond sociaal minimum|%
Gemiddeld inkomen per inwoner|x 1 000 euro
Gemiddeld inkomen per inkomensontvanger|x 1 000 euro
/Sociale zekerheid
Personen met een WWB-uitkering totaal|aantal
Personen met een AO-uitkering totaal|aantal
Personen met een WW-uitkering totaal|aantal
Personen met een AOW-uitkering totaal|aantal
"""
_POLICE = """
/Misdrijven
Geregistreerde misdrijven|aantal
Geregistreerde misdrijven per 1 000 inw.|per 1 000 inwoners
Opgehelderde misdrijven|aantal
Totaal diefstal uit woning, schuur, e.d.|per 1 000 inwoners
Vernieling, misdrijf tegen openbare orde|per 1 000 inwoners
Gewelds- en seksuele misdrijven|per 1 000 inwoners
"""
_HEALTH = """
/Gezondheid
Ervaren gezondheid (goed/zeer goed)|%
Wekelijkse sporters|%
Ernstig overgewicht (obesitas)|%
Matig overgewicht|%
Rokers|%
Ernstig beperkt vanwege gezondheid|%
Beperkt vanwege gezondheid|%
Hoog risico op angst of depressie|%
Matig of hoog risico op angst of depressie|%
(Heel) veel stress in afgelopen 4 weken|%
Ernstig/zeer ernstig eenzaam|%
Eenzaam|%
Vrijwilligerswerk|%
Moeite met rondkomen|%
"""
_SES = """
/Huishoudens
Particuliere huishoudens|Aantal
/SES-WOA
//Totaalscore
Gemiddelde score|Getal
//Deelscore financiële welvaart
Gemiddelde score|Getal
//Deelscore opleidingsniveau
Gemiddelde score|Getal
//Spreiding totaal
Waarde|Getal
/Gestandaardiseerd inkomen
1e tot en met 40e percentielgroep|%
41e tot en met 80e percentielgroep|%
"""
_SURVEY = """
/Oordeel
Rapportcijfer leefbaarheid woonbuurt|rapportcijfer
Sociale cohesie - schaalscore|schaalscore (0 - 10)
Fysieke voorzieningen - schaalscore|schaalscore (0 - 10)
Vooruit gegaan|%
Achteruit gegaan|%
Ervaart een of meer vormen van overlast|% veel overlast
Een of meer vormen fysieke verloedering|% veel overlast
Voelt zich weleens onveilig|%
Voelt zich weleens onveilig in buurt|%
Voelt zich vaak onveilig in buurt|%
Denkt dat er veel criminaliteit in buurt|%
Rapportcijfer veiligheid in buurt|rapportcijfer
"""


@dataclass(frozen=True)
class Case:
    """A table after the renaming, which column was the measure, and whether it still is."""

    table: CbsTable
    columns: list[Topic]
    target: str
    is_kept: bool
    # the national figure by column now, and of each measure in the year before
    figures: dict[str, float]
    before: dict[str, float]
    codes: dict[str, str]


def tables() -> list[tuple[int, list[Topic]]]:
    """The columns of each table, with its year."""
    topics = Path(__file__).with_name("kwb_topics.txt").read_text(encoding="utf-8")
    kwb = [(year, _columns(topics, year)) for year in (2017, 2020, 2025)]
    others = ((2013, _KWB_2013), (2025, _BENEFITS), (2025, _POLICE), (2022, _HEALTH), (2023, _SES))
    return [*kwb, *((year, _columns(text, year)) for year, text in (*others, (2025, _SURVEY)))]


def _columns(text: str, year: int) -> list[Topic]:
    found: list[Topic] = []
    groups: list[str] = []
    for line in filter(None, text.splitlines()):
        slashes = len(line) - len(line.lstrip("/"))
        if slashes:
            groups = [*groups[: slashes - 1], line[slashes:]]
            continue
        title, unit, *rest = line.split("|")
        first, _, last = (rest[1] if len(rest) > 1 else "-").partition("-")
        is_there = int(first or 0) <= year <= int(last or 9999)
        if is_there and rest[:1] != ["T"] and unit != "code":
            number = len(found) + 1
            parents = tuple(map(normal, reversed(groups)))
            found.append(Topic(f"k_{number}", normal(title), unit, parents, number))
    return found


def cases(seed: int, number: int) -> list[tuple[str, Case]]:
    """So many renamings, of each kind as many as of any other."""
    chance = random.Random(seed)
    kinds: dict[str, tuple[bool, Renaming | None]] = {
        **{name: (True, renaming) for name, renaming in KEPT.items()},
        **{name: (False, renaming) for name, renaming in CHANGED.items()},
        **dict.fromkeys(("gone, siblings stay", "two columns swapped"), (False, None)),
    }
    known = tables()
    found: list[tuple[str, Case]] = []
    while len(found) < number:
        kind = list(kinds)[len(found) % len(kinds)]
        is_kept, renaming = kinds[kind]
        case = None
        while case is None:
            year, columns = chance.choices(known, weights=[len(each[1]) for each in known])[0]
            case = _case(chance, year, columns, kind, is_kept=is_kept, renaming=renaming)
        found.append((kind, case))
    return found


def _case(
    chance: random.Random,
    year: int,
    columns: Sequence[Topic],
    kind: str,
    *,
    is_kept: bool,
    renaming: Renaming | None,
) -> Case | None:
    target = chance.choice(columns)
    now = list(columns)
    place = now.index(target)
    figures = {topic.key: _figure(topic) for topic in columns}
    before = {key: value * chance.uniform(0.93, 1.07) for key, value in figures.items()}
    codes = {topic.key: f"M{topic.index:06d}" for topic in columns}
    if kind == "gone, siblings stay":
        del now[place]
    elif kind == "two columns swapped":
        others = [each for each in columns if each.unit == target.unit and each is not target]
        if not others:
            return None
        other = chance.choice(others)
        # under the old title, written otherwise, there is another column now
        now[now.index(other)] = replace(other, title=target.title.upper())
        now[place] = replace(target, title=other.title.upper())
    else:
        assert renaming is not None
        renamed = renaming(chance, target)
        if renamed is None or (renamed.title, renamed.unit) == (target.title, target.unit):
            return None
        if any(_is_named_alike(each, renamed) for each in columns if each is not target):
            return None
        now[place] = renamed
        if not is_kept and chance.random() < 0.7:
            # another figure bears the new name, and v4 calls it by another code; else all but the
            # title is as it was
            figures[target.key] = _figure(renamed) * chance.choice((0.2, 3.0))
            codes[target.key] = "M999999"
    chosen = [each for each in columns if each is target or chance.random() < MEASURED]
    # a third of the tables is on v4 too, and of a third the figures are known
    known = chance.choice(("codes", "figures", "both", "none"))
    if kind == "two columns swapped" and known == "none":
        known = "codes"
    if known in {"figures", "none"} and kind == "two columns swapped":
        apart = figures[other.key] / before[target.key]
        if 0.5 < apart < 2:
            known = "codes"
    return Case(
        table=_table(year, chosen, columns),
        columns=now,
        target=target.key,
        is_kept=is_kept,
        figures=figures if known in {"figures", "both"} else {},
        before=before if known in {"figures", "both"} else {},
        codes=codes if known in {"codes", "both"} else {},
    )


def _is_named_alike(one: Topic, other: Topic) -> bool:
    return (one.title.casefold(), one.unit) == (other.title.casefold(), other.unit)


def _figure(topic: Topic) -> float:
    """An invented national figure, the same for a title each time."""
    digits = random.Random(f"{topic.title}|{topic.unit}|{topic.parents}")
    low, high = {"%": (2.0, 95.0), "km": (0.5, 9.0), "aantal": (1e5, 9e6)}.get(
        topic.unit, (5.0, 900.0)
    )
    return round(low * (high / low) ** digits.random(), 1)


def _table(year: int, chosen: Sequence[Topic], columns: Sequence[Topic]) -> CbsTable:
    names = Counter((each.title, each.unit) for each in columns)
    measures = [
        {
            "indicator": _id_of(each),
            "title": each.title,
            "unit": each.unit,
            **({"parent": each.parents[0]} if names[each.title, each.unit] > 1 else {}),
        }
        for each in chosen
    ]
    return CbsTable.model_validate(
        {
            "id": "kwb", "cbs_id": "99999NED", "api": "v3", "title_nl": "Tabel", "licence": "-",
            "attribution": "CBS", "area_dimension": "WijkenEnBuurten", "year": year,
            "area_levels": ["land"], "measure": measures,
        }
    )  # fmt: skip


def _id_of(topic: Topic) -> str:
    return topic.key


def propose(case: Case) -> str | None:
    """The key that the doctor proposes for the measure that was renamed, if any."""
    resolved: dict[str, Topic] = {}
    names = {(topic.title, topic.unit) for topic in case.columns}
    for measure in case.table.present_measures:
        if (measure.title, measure.unit) not in names:
            continue
        try:
            topic = resolve(case.columns, measure, year=case.table.year, where="")
        except WijkError:
            continue
        resolved[measure.indicator] = topic
    year = case.table.year or 0

    def weighed(measure: CbsMeasure, topic: Topic) -> Weighed:
        points = [Point(year - 1, case.before[measure.indicator], "kwb")] if case.before else []
        return weigh(None, year, case.figures.get(topic.key), points)

    # of the year before, when nothing was renamed yet
    codes_of = {each.key: [f"M{each.index:06d}"] for each in case.columns} if case.codes else {}
    if case.codes:
        codes_of.setdefault(case.target, [f"M{int(case.target[2:]):06d}"])
    found = find_all(case.table, case.columns, resolved, Known(case.codes, codes_of, weighed))
    each = found.get(case.target)
    return each.proposed.topic.key if each and each.proposed else None


@dataclass
class Count:
    """How many renamings of a kind were proposed right, not at all, or wrong."""

    right: int = 0
    none: int = 0
    wrong: int = 0


def count(seed: int, number: int) -> tuple[dict[str, Count], list[str]]:
    """The counts by kind, and a line for each that went wrong or was not proposed."""
    counts: dict[str, Count] = {}
    told: list[str] = []
    for kind, case in cases(seed, number):
        found, each = propose(case), counts.setdefault(kind, Count())
        names = {topic.key: f"{topic.title} ({topic.unit})" for topic in case.columns}
        old = next(m for m in case.table.measure if m.indicator == case.target)
        line = f"{kind}: '{old.title} ({old.unit})' is now '{names.get(case.target, 'gone')}'"
        if found is None:
            each.none += 1
            if case.is_kept:
                told.append(f"none   {line}")
        elif case.is_kept and found == case.target:
            each.right += 1
        else:
            each.wrong += 1
            told.append(f"WRONG  {line}; proposed '{names[found]}'")
    return counts, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--renamings", type=int, default=RENAMINGS)
    parser.add_argument("--tell", action="store_true", help="name what was not proposed or wrong")
    options = parser.parse_args()
    counts, told = count(options.seed, options.renamings)
    print(f"{'kind':<30}{'n':>5}{'first':>7}{'none':>6}{'wrong':>7}")
    for kind, each in counts.items():
        total = each.right + each.none + each.wrong
        print(f"{kind:<30}{total:>5}{each.right:>7}{each.none:>6}{each.wrong:>7}")
    kept = [each for kind, each in counts.items() if kind in KEPT]
    share = sum(each.right for each in kept) / sum(e.right + e.none + e.wrong for e in kept)
    wrong = sum(each.wrong for each in counts.values())
    print(f"\nof those that keep the meaning {share:.0%} proposed first; wrong {wrong}")
    if options.tell:
        print("\n".join(told))
    return int(wrong > 0 or share < LEAST_SHARE)


if __name__ == "__main__":
    sys.exit(main())
