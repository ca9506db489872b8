"""A country of eight gemeenten, some fifty wijken and a hundred and thirty buurten, year by year.

Two gemeenten merge into a new one in 2022, one gets letters in its codes in 2023, and here and
there a boundary moves. Figures are made up, the same for the same seed: smooth over the years,
about as high as CBS publishes them, and what stands for a whole is the sum or mean of its parts.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from evidence_metadata import lines

MERGED = {"0398": (1980, 0), "0416": (1980, 50)}
MERGED_IN, LETTERS_SINCE, LETTERS = 2022, 2023, "0363"
LAND = "NL00"
FEW = 100
# wijken of which CBS says in that year that their boundary moved
_MOVED = {2016: ("034402",), 2018: ("005901",), 2022: ("041603",), 2023: ("036300",)}
_STEPS_A_YEAR = 0.012


@dataclass(frozen=True)
class Buurt:
    """A place that keeps its people whatever its code is."""

    gemeente: str
    wijk: str
    number: str
    name: str
    wijk_name: str
    gemeente_name: str
    inhabitants: int
    quality: float
    trend: float

    def wijk_code(self, year: int) -> str:
        """The code of its wijk in the division of that year, without WK."""
        if self.gemeente == LETTERS and year >= LETTERS_SINCE:
            return f"0363{chr(65 + int(self.wijk[0]))}{chr(65 + int(self.wijk[1]))}"
        if self.gemeente in MERGED and year >= MERGED_IN:
            gemeente, more = MERGED[self.gemeente]
            return f"{gemeente}{int(self.wijk) + more:02d}"
        return self.gemeente + self.wijk

    def gemeente_in(self, year: int) -> tuple[str, str]:
        """The code and name of its gemeente in that year."""
        if self.gemeente in MERGED and year >= MERGED_IN:
            return "GM1980", "Dijk en Waard"
        return f"GM{self.gemeente}", self.gemeente_name

    def flag(self, year: int) -> str:
        """CBS's flag of change: 1 for none, 2 for the code only, 3 for the boundary."""
        if self.gemeente + self.wijk in _MOVED.get(year, ()):
            return "3"
        return "1" if self.wijk_code(year) == self.wijk_code(year - 1) else "2"


@dataclass(frozen=True)
class Area:
    """An area in the list of a year; `parts` are places of its buurten."""

    code: str
    name: str
    kind: str
    gemeente_name: str
    flag: str
    parts: tuple[int, ...]


class Country:
    """The areas of each year and the figures of any of them."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self._levels = {row["figure"]: row for row in lines("levels.csv")}
        self._values: dict[tuple[str, int], list[float]] = {}
        self._areas: dict[int, list[Area]] = {}
        self._people_of: dict[int, list[float]] = {}
        self._counted: dict[tuple[str, int], int] = {}
        self._told: dict[tuple[str, str, int], float | None] = {}

    @cached_property
    def buurten(self) -> list[Buurt]:
        """All places, wijk by wijk; what is called 09 are scattered houses."""
        found = []
        for row in lines("areas.csv"):
            numbers = row["buurten"].split(",")
            homes = [number for number in numbers if number != "09"]
            for number in numbers:
                place = row["gemeente"] + row["wijk"] + number
                lean = self._noise("quality", place)
                name = f"{row['wijk_name'].partition(' ')[2] or row['wijk_name']} {number}"
                people = 70 if number == "09" else int(row["inhabitants"]) // len(homes)
                found.append(
                    Buurt(
                        gemeente=row["gemeente"],
                        wijk=row["wijk"],
                        number=number,
                        name=f"Verspreide huizen {name}" if number == "09" else name,
                        wijk_name=row["wijk_name"],
                        gemeente_name=row["gemeente_name"],
                        inhabitants=round(people * (1 + 0.2 * lean)),
                        quality=float(row["quality"]) + 0.15 * lean,
                        trend=_STEPS_A_YEAR * self._noise("trend", place[:6]),
                    )
                )
        return found

    def areas(self, year: int) -> list[Area]:
        """The land, and each gemeente with its wijken and their buurten, by code."""
        if year not in self._areas:
            self._areas[year] = [*self._list(year)]
        return self._areas[year]

    def inhabitants(self, area: Area, year: int) -> int:
        """People who live there, in fives but for the land."""
        key = (area.code, year)
        if key not in self._counted:
            people = sum(self._people(year)[place] for place in area.parts)
            in_fives = area.kind != "Land"
            self._counted[key] = round(people / 5) * 5 if in_fives else round(people)
        return self._counted[key]

    def figure(self, name: str, area: Area, year: int) -> float | None:
        """The figure of that name for an area; None where too few live there to tell."""
        key = (name, area.code, year)
        if key not in self._told:
            self._told[key] = self._tell(name, area, year)
        return self._told[key]

    def total(self, name: str, area: Area, year: int) -> float:
        """A count of an area, however few live there."""
        values = self._of(name, year)
        return sum(values[place] for place in area.parts)

    def level(self, name: str, year: int) -> float:
        """How high the figure of that name is in the whole country."""
        return at(self._levels[name]["points"], year)

    def kind(self, name: str) -> str:
        """mean, share or score; per_1000 for people, events for what happens to them by chance."""
        return self._levels[name]["kind"]

    def add_level(self, name: str, kind: str, level: float, spread: float) -> None:
        """Make up a figure for a column that only stands beside the wanted ones."""
        made = {"kind": kind, "points": f"2013:{level}", "spread": str(spread)}
        self._levels.setdefault(name, made)

    def _tell(self, name: str, area: Area, year: int) -> float | None:
        people = self.inhabitants(area, year)
        if people < FEW or self._is_secret(name, area, year, people):
            return None
        if self.kind(name) in ("per_1000", "events"):
            return self.total(name, area, year)
        values, weights = self._of(name, year), self._people(year)
        if len(area.parts) == 1:
            return values[area.parts[0]]
        total = sum(values[place] * weights[place] for place in area.parts)
        return total / sum(weights[place] for place in area.parts)

    def _list(self, year: int) -> Iterable[Area]:
        order = sorted(range(len(self.buurten)), key=lambda place: self._codes(place, year))
        yield Area(LAND, "Nederland", "Land", "Nederland", ".", tuple(order))
        gemeente = wijk = ""
        for place in order:
            buurt = self.buurten[place]
            code, name = buurt.gemeente_in(year)
            wijk_code = buurt.wijk_code(year)
            if code != gemeente:
                gemeente = code
                parts = tuple(p for p in order if self.buurten[p].gemeente_in(year)[0] == code)
                changed = year == MERGED_IN and code == "GM1980"
                flag = "." if year <= 2020 else "3" if changed else "1"
                yield Area(code, name, "Gemeente", name, flag, parts)
            if wijk_code != wijk:
                wijk = wijk_code
                parts = tuple(p for p in order if self.buurten[p].wijk_code(year) == wijk_code)
                yield Area(f"WK{wijk}", buurt.wijk_name, "Wijk", name, buurt.flag(year), parts)
            code = f"BU{wijk}{buurt.number}"
            yield Area(code, buurt.name, "Buurt", name, buurt.flag(year), (place,))

    def _codes(self, place: int, year: int) -> tuple[str, str, str]:
        buurt = self.buurten[place]
        return buurt.gemeente_in(year)[0], buurt.wijk_code(year), buurt.number

    def _people(self, year: int) -> list[float]:
        """Who live in each buurt, before rounding."""
        if year not in self._people_of:
            self._people_of[year] = [
                b.inhabitants * (1 + 0.006 * (year - 2020) * (1 + self._noise("growth", b.name)))
                for b in self.buurten
            ]
        return self._people_of[year]

    def _is_secret(self, name: str, area: Area, year: int, people: int) -> bool:
        # now and then, in a small buurt
        return (
            area.kind == "Buurt"
            and people < 2500
            and zlib.crc32(f"{self.seed} {name} {area.code} {year}".encode()) % 61 == 0
        )

    def _of(self, name: str, year: int) -> list[float]:
        """The figure of every buurt; a count of persons where it is one."""
        key = (name, year)
        if key not in self._values:
            row = self._levels[name]
            level, spread = at(row["points"], year), float(row["spread"])
            kind = row["kind"]
            leans = [b.quality + b.trend * (year - 2018) for b in self.buurten]
            weights = self._people(year)
            mean = sum(x * w for x, w in zip(leans, weights, strict=True)) / sum(weights)
            found = []
            for place, lean in enumerate(leans):
                step = lean - mean + 0.08 * self._noise(name, f"{place} {year}")
                if kind in ("share", "score"):
                    value = level + spread * step
                else:
                    value = level * max(0.05, 1 + spread * step)
                if kind == "share":
                    value = min(100.0, max(0.0, value))
                if kind in ("per_1000", "events"):
                    value *= weights[place] / 1000
                    chance = self._noise("chance", name, place, year) if kind == "events" else 0
                    value = max(0, round(value + chance * sqrt(value)))
                found.append(value)
            self._values[key] = found
        return self._values[key]

    def _noise(self, *of: object) -> float:
        """A number between -1 and 1 that belongs to these words."""
        text = " ".join(map(str, (self.seed, *of))).encode()
        return zlib.crc32(text + b"|" + text[::-1]) / 2**31 - 1


def at(points: str, year: int) -> float:
    """What `2013:2.2 2025:2.1` is in that year, on straight lines between the points."""
    pairs: Sequence[tuple[int, float]] = [
        (int(when), float(level))
        for when, _, level in (point.partition(":") for point in points.split())
    ]
    place = bisect_left([when for when, _ in pairs], year)
    if place == 0:
        return pairs[0][1]
    if place == len(pairs):
        return pairs[-1][1]
    (before, low), (after, high) = pairs[place - 1], pairs[place]
    return low + (high - low) * (year - before) / (after - before)
