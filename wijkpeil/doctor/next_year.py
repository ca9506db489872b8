"""Tables that the catalog does not have: of a later year, or one that got another id.

What is found by the words of its title is tried as the catalog would take it, before it is offered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from wijkpeil.catalog import Catalog, CbsTable, toml_value
from wijkpeil.doctor.cbs_tables import Looked, judge_table
from wijkpeil.doctor.findings import AddTable, Finding, Fix, MoveTable
from wijkpeil.doctor.gathering import Seen, Tell, gather_table, patient
from wijkpeil.doctor.together import Together
from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.changes import Listed, list_tables
from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.cbs.services import advice_of, line_of, service_of
from wijkpeil.sources.download import Downloader

_YEAR = re.compile(r"(?<!\d)(?:199\d|20\d\d)(?!\d)")


@dataclass(frozen=True)
class Series:
    """Tables that differ by year: the words their titles begin with, and the newest one."""

    name: str
    words: str
    newest: CbsTable

    @property
    def last_year(self) -> int:
        """The newest year the catalog has."""
        return _year_of(self.newest)


@dataclass(frozen=True)
class Ahead:
    """A table that a service lists and the catalog lacks, tried as the catalog would take it.

    It is of a later year of `series`, or what became of the table `moved`.
    """

    listed: Listed
    year: int
    series: Series | None = None
    moved: CbsTable | None = None
    tried: Seen | None = None


@dataclass(frozen=True)
class Outlook:
    """What one service lists of the catalog's series and lost tables, or why it cannot be told."""

    series: Sequence[Series] = ()
    ahead: Sequence[Ahead] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    failure: WijkError | None = None


def find_series(tables: Sequence[CbsTable]) -> list[Series]:
    """The series of the catalog: by their id, else by title with the year cut off."""
    groups: dict[tuple[str, str], list[CbsTable]] = {}
    for table in tables:
        words = _words(table)
        if words and (table.series or table.year is not None):
            groups.setdefault((table.series or words, service_of(table)), []).append(table)
    return [
        Series(name, _words(newest), newest)
        for (name, _), group in groups.items()
        for newest in [max(group, key=_year_of)]
    ]


def look_ahead(
    service_id: str, seen: Sequence[Seen], catalog: Catalog, settings: Settings, tell: Tell
) -> Outlook:
    """What a service has that the catalog lacks: one request for all titles, some for each find."""
    series = find_series([each.table for each in seen])
    lost = [
        each.table
        for each in seen
        if each.failure is not None and not isinstance(each.failure, SourceUnavailable)
    ]
    words = {each.words: each.name for each in series}
    sought = [*words, *(normal(table.title_nl) for table in lost)]
    if not sought:
        return Outlook()
    for name in words.values():
        tell(name)
    settings = patient(settings)
    try:
        listed = list_tables(
            service_id, settings, catalog.services, words=list(dict.fromkeys(sought))
        )
    except WijkError as error:
        return Outlook(series, failure=error)
    known = {table.cbs_id for table in catalog.tables}
    new = sorted((each for each in listed if each.cbs_id not in known), key=lambda each: each.title)
    ahead = [found for each in series for found in _later(each, new)]
    ahead += [found for table in lost for found in _moved(table, new)]
    counted = {each.name: sum(each.words in one.title for one in listed) for each in series}
    line, advice = line_of(service_id, catalog.services), advice_of(service_id)
    with Downloader(settings, line, advice) as downloader:
        tried = [
            Ahead(each.listed, each.year, each.series, each.moved,
                  gather_table(table, settings, downloader) if table else None)
            for each in ahead
            for table in [_as_block(each)]
        ]  # fmt: skip
    return Outlook(series, tried, counted)


def judge_ahead(
    outlook: Outlook, settings: Settings, catalog: Catalog, known: Together
) -> tuple[list[Finding], list[Fix]]:
    """What to say of each table that was found and tried, and what is sure enough to write."""
    if outlook.failure is not None:
        return [
            Finding(
                "series", each.name, "warning",
                f"The catalog of {service_of(each.newest)} could not be searched for later years: "
                f"{outlook.failure}",
            )
            for each in outlook.series
        ], []  # fmt: skip
    findings: list[Finding] = []
    fixes: list[Fix] = []
    years = set(catalog.listed_years)
    # the areas of a year come before what is told of them
    ahead = sorted(
        outlook.ahead, key=lambda each: not (each.tried and each.tried.table.lists_areas)
    )
    for each in ahead:
        finding, fix = _of_one(each, settings, years, known)
        findings.append(finding)
        if fix is not None:
            fixes.append(fix)
            if each.tried and each.tried.table.lists_areas:
                years.add(each.year)
    with_news = {each.series.name for each in outlook.ahead if each.series}
    for series in outlook.series:
        if series.name not in with_news:
            seen = outlook.counted.get(series.name, 0)
            told = f"'{series.words}': no table after {series.last_year}, {seen} tables seen"
            findings.append(Finding("series", series.name, "ok", told))
    return findings, fixes


def _later(series: Series, new: Sequence[Listed]) -> list[Ahead]:
    found = []
    for each in new:
        years = _YEAR.findall(each.title)
        year = int(years[-1]) if years else 0
        if year > series.last_year and each.title.startswith(series.words):
            found.append(Ahead(each, year, series))
    return found


def _moved(table: CbsTable, new: Sequence[Listed]) -> list[Ahead]:
    """The one table with the same title under another id."""
    title = normal(table.title_nl).casefold()
    found = [each for each in new if each.title.casefold() == title]
    return [Ahead(each, _year_of(table), moved=table) for each in found if len(found) == 1]


def _as_block(ahead: Ahead) -> CbsTable | None:
    """The table as the catalog would take it, or None where it takes no such table by itself."""
    if ahead.moved is not None:
        return ahead.moved.model_copy(update={"cbs_id": ahead.listed.cbs_id})
    series = ahead.series
    if series is None or series.newest.series is None:
        return None
    last, year = series.newest, ahead.year
    when = {"year": year} if last.year is not None else {"years": [year, year], "at_years": None}
    changed = {"id": _new_id(series, year), "cbs_id": ahead.listed.cbs_id, **when}
    return last.model_copy(update={**changed, "title_nl": ahead.listed.title})


def _of_one(
    ahead: Ahead, settings: Settings, area_years: Collection[int], known: Together
) -> tuple[Finding, Fix | None]:
    listed, series, moved = ahead.listed, ahead.series, ahead.moved
    place = moved.id if moved else series.name if series else listed.cbs_id
    section = "source" if moved else "series"
    if moved:
        told = f"CBS {listed.cbs_id} has the very title of {moved.cbs_id}, which is not there"
    else:
        last = series.last_year if series else 0
        told = f"CBS {listed.cbs_id} is '{listed.title}', and the catalog ends at {last}"
    if series is not None and series.newest.series is None:
        sentence = f"{told}; draft its block and look at it."
        return Finding(section, place, "warning", sentence, _draft(series, ahead)), None
    seen = ahead.tried
    if seen is None or seen.metadata is None:
        why = seen.failure if seen else "it was not tried"
        return Finding(section, place, "warning", f"{told}; it cannot be added yet: {why}"), None
    own = {ahead.year} if seen.table.lists_areas else set()
    looked = judge_table(seen, seen.metadata, settings, {*area_years, *own}, known)
    lacks = _lacks(looked)
    if lacks:
        sentence = f"{told}; it was tried, and is not as the catalog takes it: {' '.join(lacks)}"
        return Finding(section, place, "warning", sentence), None
    count = len(looked.state.measures)
    sure = f"{told}; it was tried, and all {count} measures are found"
    if moved:
        fix: Fix = MoveTable(moved.id, moved.cbs_id, listed.cbs_id, sure)
        write = f"# catalog/cbs.toml, [[table]] {moved.id}\ncbs_id = {toml_value(listed.cbs_id)}"
        return Finding(section, place, "warning", f"{sure}: correct 'cbs_id'.", write), fix
    block = _block(seen.table, ahead.year)
    sentence = f"{sure}: add it to catalog/cbs.toml, or run `wijkpeil doctor --fix`."
    return Finding(section, place, "warning", sentence, block), AddTable(block, sure)


def _lacks(looked: Looked) -> list[str]:
    """What of a table that was tried does not fit."""
    unknown = {each.problem for each in looked.state.measures if each.problem}
    errors = {each.sentence for each in looked.findings if each.level == "error"}
    return sorted({*unknown, *errors})


def _block(table: CbsTable, year: int) -> str:
    when = f"year = {year}" if table.year is not None else f"years = [{year}, {year}]"
    return "\n".join(
        [
            "[[table]]",
            f"id = {toml_value(table.id)}",
            f"series = {toml_value(table.series or '')}",
            f"cbs_id = {toml_value(table.cbs_id)}",
            when,
            "confirmed = false",
        ]
    )


def _draft(series: Series, ahead: Ahead) -> str:
    last = series.newest
    publisher = " --publisher third_party" if last.publisher == "third_party" else ""
    return (
        f"wijkpeil sources add {ahead.listed.cbs_id} --api {last.api}{publisher} "
        f"--year {ahead.year} --to -"
    )


def _new_id(series: Series, year: int) -> str:
    last, old = series.newest, str(series.last_year)
    return last.id.replace(old, str(year)) if old in last.id else f"{last.series}_{year}"


def _year_of(table: CbsTable) -> int:
    return table.year if table.year is not None else table.wanted_years[-1]


def _words(table: CbsTable) -> str:
    """The title up to the year, or to the id that a series puts after it."""
    title = normal(table.title_nl)
    place = [title.find(word) for word in (str(_year_of(table)), table.cbs_id) if word in title]
    return title[: min(place)].rstrip(" (;,") if place else ""
