"""Whether the codes that programmes name hold: in which area lists, under which names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from wijkpeil.areas.listing import demand_programme
from wijkpeil.catalog import USABLE, load_catalog
from wijkpeil.edition.folder import edition_with_areas
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

_FLAGS = {2: "other code", 3: "boundary changed"}
# names of one place in two years differ by a hyphen, an article or the number of the wijk
_SAME_NAME = 0.6


@dataclass(frozen=True)
class MemberCode:
    """A code that a programme names, held against every area list of the published edition.

    `code_year` is None for a code under 'areas' in programmes.toml: that one is of today.
    `flags` are CBS's 2 and 3 by year; `problem` is why a code that is used does not hold.
    """

    programme_id: str
    area: str
    code: str
    code_year: int | None
    is_sure: bool
    names: Mapping[int, str]
    flags: Mapping[int, int]
    is_traced: bool
    list_years: tuple[int, ...]
    suggestion: str

    @property
    def problem(self) -> str | None:
        """Why the code does not hold, when it is one that is counted with."""
        if not self.is_sure:
            return None
        if not self.names:
            return f"{self.where} is in no area list{self.suggestion}"
        year = self.code_year or self.list_years[-1]
        if year not in self.list_years:
            return f"{self.where}: there is no area list of {year}"
        if year not in self.names:
            return (
                f"{self.where} is not in the area list of {year}, only in "
                f"{in_words(self.names, self.list_years)}{self.suggestion}"
            )
        return None

    @property
    def where(self) -> str:
        """The programme, the area and the code."""
        area = "" if self.area == self.code else f"{self.area}, "
        year = "" if self.code_year is None else f" of {self.code_year}"
        return f"{self.programme_id}: {area}{self.code}{year}"

    @property
    def renamed(self) -> list[str]:
        """The years in which the code got quite another name, with both names."""
        years = sorted(self.names)
        return [
            f"{year}: '{self.names[year]}', before that '{self.names[before]}'"
            for before, year in pairwise(years)
            if not _is_like(self.names[before], self.names[year])
        ]

    @property
    def sentence(self) -> str:
        """All that the lists say of it."""
        if not self.names:
            return f"{self.where}: in no area list{self.suggestion}."
        told = [
            f"'{name}' {in_words(years, self.list_years)}" for name, years in self._by_name.items()
        ]
        parts = [f"listed as {', '.join(told)}"]
        for flag, meaning in _FLAGS.items():
            years = [year for year, given in self.flags.items() if given == flag]
            if years:
                parts.append(f"CBS flags {flag} ({meaning}) {in_words(years, self.list_years)}")
        parts += [f"quite another name, perhaps another place, in {each}" for each in self.renamed]
        newest = f"the list of {self.list_years[-1]}"
        if self.code_year is None:
            parts.append(f"{'in' if self.is_traced else 'not in'} {newest}")
        elif self.code_year not in self.names:
            parts.append(f"not in the list of {self.code_year}")
        else:
            parts.append(f"{'traced' if self.is_traced else 'cannot be traced'} to {newest}")
        return f"{self.where}: {'; '.join(parts)}."

    @property
    def _by_name(self) -> dict[str, list[int]]:
        by_name: dict[str, list[int]] = {}
        for year in sorted(self.names):
            by_name.setdefault(self.names[year], []).append(year)
        return by_name


def check_codes(settings: Settings, programme_id: str | None = None) -> list[MemberCode]:
    """Every code that the catalog's programmes name, held against the published area lists.

    Raises WijkError when nothing is published, or the catalog has no such programme.
    """
    catalog = load_catalog(settings.catalog)
    if programme_id is not None:
        demand_programme(programme_id, catalog, set())
    named = [
        (programme.id, code, code, None, True)
        for programme in catalog.programmes
        for code in dict.fromkeys(programme.areas)
    ] + [
        (each.programme_id, each.name, each.member_code, each.code_year, each.certainty in USABLE)
        for each in catalog.members
        if each.member_code is not None
    ]
    named = [row for row in named if programme_id in {None, row[0]}]
    with edition_with_areas(settings.warehouse) as connection:
        lists = _AreaLists(connection, {code for _, _, code, _, _ in named})
        return [
            MemberCode(
                programme_id=programme,
                area=area,
                code=code,
                code_year=year,
                is_sure=is_sure,
                names=lists.names.get(code, {}),
                flags=lists.flags.get(code, {}),
                is_traced=(code, year or lists.years[-1]) in lists.traced,
                list_years=lists.years,
                suggestion=lists.suggest(area, code, year),
            )
            for programme, area, code, year, is_sure in named
        ]


def demand_codes_hold(codes: Sequence[MemberCode]) -> None:
    """Raises WijkError naming the codes that are counted with and are not in the lists."""
    problems = [code.problem for code in codes if code.problem]
    if problems:
        count = "1 code does" if len(problems) == 1 else f"{len(problems)} codes do"
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise WijkError(
            f"{count} not hold: {'; '.join(problems[:5])}{more}. Correct 'member_code' or "
            "'code_year' in areas/<programme>.csv, or 'areas' in programmes.toml."
        )


class _AreaLists:
    """What the area lists of an edition say of some codes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, codes: set[str]) -> None:
        self.connection = connection
        found = connection.execute("select distinct year from core.area order by year").fetchall()
        if not found:
            raise WijkError("The published edition has no area list; run `wijkpeil refresh`.")
        self.years = tuple(int(year) for (year,) in found)
        self.names: dict[str, dict[int, str]] = {}
        self.flags: dict[str, dict[int, int]] = {}
        for code, year, name, flag in connection.execute(
            "select area_code, year, area_name, change_flag from core.area "
            "where list_contains(?, area_code) order by year",
            [sorted(codes)],
        ).fetchall():
            self.names.setdefault(code, {})[year] = name
            if flag in _FLAGS:
                self.flags.setdefault(code, {})[year] = flag
        self.traced = {
            *connection.execute(
                "select distinct area_code, year from core.area_lineage "
                "where list_contains(?, area_code)",
                [sorted(codes)],
            ).fetchall(),
            *((code, self.years[-1]) for code, names in self.names.items()
              if self.years[-1] in names),
        }  # fmt: skip

    def suggest(self, area: str, code: str, year: int | None) -> str:
        """The codes whose names are most like the area's, when its own code is not there."""
        wanted = year if year in self.years else self.years[-1]
        if wanted in self.names.get(code, {}):
            return ""
        found = self.connection.execute(
            "select area_name, area_code from core.area where year = ? "
            "and left(area_code, 6) = ? order by area_code desc",
            [wanted, code[:6]],
        ).fetchall()
        by_name = {_plain(name): f"'{name}' ({other})" for name, other in found}
        # a code that stands alone is looked for under the last name it had
        name = area if area != code else next(reversed(self.names.get(code, {}).values()), "")
        close = difflib.get_close_matches(_plain(name), by_name, n=3, cutoff=_SAME_NAME)
        named = ", ".join(by_name[name] for name in close)
        return f"; nearest in the list of {wanted}: {named}" if named else ""


def in_words(years: Mapping[int, object] | Sequence[int], list_years: Sequence[int]) -> str:
    """Years as ranges: a range runs on over years of which there is no list."""
    runs: list[list[int]] = []
    for year in list_years:
        if year not in years:
            runs.append([])
        elif runs and runs[-1]:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs if run)


def _is_like(one: str, other: str) -> bool:
    """Whether two names may well be of one place."""
    one, other = _plain(one), _plain(other)
    if one in other or other in one:
        return True
    return difflib.SequenceMatcher(None, one, other).ratio() >= _SAME_NAME


def _plain(name: str) -> str:
    """A name without the number of the wijk, capitals and signs."""
    bare = re.sub(r"^wijk \w*\d\w*", "", name.lower())
    return re.sub(r"[^\w]+", " ", bare).strip() or name.lower()
