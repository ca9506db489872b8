"""The synthetic municipal survey: a CSV file with the traps that such files have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum, sqrt

from wijkpeil.demo.country.areas import (
    FIRST_YEAR,
    GEMEENTEN,
    LAST_YEAR,
    YEARS,
    Area,
    Wijk,
    areas,
    wijken,
)
from wijkpeil.demo.country.figures import SEED, figures, gains, normal, stream, unrest

FILE_NAME = "enquete_veiligheid_synthetisch.csv"
ENCODING = "cp1252"
AREA_COLUMN, YEAR_COLUMN = "Gebiedscode", "Jaar"
GRADE_COLUMN, MARGIN_COLUMN = "Rapportcijfer veiligheid", "Marge rapportcijfer (±, 95%)"
UNSAFE_COLUMN = "Voelt zich vaak onveilig (%)"
IGNORED_COLUMNS = ("Gebied", "Respondenten", "Kosten enquête (€)")
BROKEN_CODE = "WK9902--"
# the question about feeling unsafe was first asked in 2016; before that the column holds zeros
ABSENT_YEARS = (FIRST_YEAR, FIRST_YEAR + 1)
MISSING = ("", ".", "x", "n.n.b.")
GRADE_CHANGE, UNSAFE_CHANGE = 0.05, 0.5
_SPREAD_OF_A_GRADE = 1.5
_FEW, _NOT_YET = 16, "WK990116"


def survey_csv(seed: int = SEED) -> bytes:
    """The file, byte for byte the same for a seed: gemeenten and wijken, all years."""
    header = [AREA_COLUMN, IGNORED_COLUMNS[0], YEAR_COLUMN, GRADE_COLUMN, MARGIN_COLUMN]
    lines = [[*header, UNSAFE_COLUMN, *IGNORED_COLUMNS[1:]]]
    answers = {wijk.buurt_codes[0]: _answers(wijk, seed) for wijk in wijken()}
    for year in YEARS:
        for area in areas(year):
            if area.level in ("gemeente", "wijk"):
                asked = [answers[buurt][year] for buurt in area.buurten if buurt in answers]
                lines.append(_line(area, year, asked, seed))
    lines.append([BROKEN_CODE, "onbekend", str(LAST_YEAR), "6,5", "0,9", "21,0", "3", "0"])
    text = "".join(";".join(line) + "\r\n" for line in lines)
    return text.encode(ENCODING)


@dataclass(frozen=True)
class _Answers:
    """What a wijk answered in a year."""

    people: float
    respondents: int
    grade: float
    unsafe: float

    @property
    def grade_se(self) -> float:
        """The standard error of the grade."""
        return _SPREAD_OF_A_GRADE / sqrt(self.respondents)


def _answers(wijk: Wijk, seed: int) -> dict[int, _Answers]:
    chance = stream(seed, wijk.code, "survey")
    grade_gained, unsafe_gained = gains(wijk, chance), gains(wijk, chance)
    found = {}
    for year in YEARS:
        people = fsum(figures(seed).by_buurt[b][year]["inhabitants"] for b in wijk.buurt_codes)
        respondents = max(8, min(600, round(people / 22 * (0.9 + 0.2 * chance.random()))))
        grade = 6.8 - 0.35 * wijk.disadvantage + GRADE_CHANGE * grade_gained[year]
        grade += 0.8 * _SPREAD_OF_A_GRADE / sqrt(respondents) * normal(chance)
        unsafe = 19 + 4 * wijk.disadvantage - UNSAFE_CHANGE * unsafe_gained[year]
        unsafe += 1.2 * UNSAFE_CHANGE * unrest(wijk) * normal(chance)
        found[year] = _Answers(people, respondents, grade, max(1.0, unsafe))
    return found


def _line(area: Area, year: int, asked: list[_Answers], seed: int) -> list[str]:
    name = GEMEENTEN[area.code] if area.level == "gemeente" else area.name
    respondents = sum(answer.respondents for answer in asked)
    people = fsum(answer.people for answer in asked)

    def mean(figure: Callable[[_Answers], float]) -> float:
        return fsum(answer.people * figure(answer) for answer in asked) / people

    se = sqrt(fsum((answer.people / people * answer.grade_se) ** 2 for answer in asked))
    grade, margin = _number(mean(lambda a: a.grade), 2), _number(1.96 * se, 2)
    unsafe = _number(mean(lambda a: a.unsafe), 1)
    if respondents < _FEW:
        grade = margin = unsafe = "x"
    elif area.code == _NOT_YET and year == LAST_YEAR:
        grade = margin = unsafe = "n.n.b."
    elif stream(seed, area.code, str(year), "lost").random() < 0.01:
        unsafe = "."
    if year in ABSENT_YEARS:
        unsafe = "0,0"
    cost = str(12 * respondents)
    return [area.code, name, str(year), grade, margin, unsafe, str(respondents), cost]


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace(".", ",")
