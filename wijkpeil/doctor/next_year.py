"""Tables of a later year than the catalog has, found by the words of their titles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wijkpeil.catalog import Catalog, CbsTable, toml_value
from wijkpeil.doctor.cbs_tables import patient
from wijkpeil.doctor.findings import Finding
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.changes import find_titles
from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.cbs.services import service_of

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


def look_at_series(series: Series, catalog: Catalog, settings: Settings) -> list[Finding]:
    """Whether the service has tables of a later year, each with the block to paste."""
    service_id = service_of(series.newest)
    try:
        titles = find_titles(service_id, series.words, patient(settings), catalog.services)
    except WijkError as error:
        sentence = f"The catalog of {service_id} could not be searched for later years: {error}"
        return [Finding("series", series.name, "warning", sentence)]
    known = {table.cbs_id for table in catalog.tables}
    findings = []
    for cbs_id, title in sorted(titles.items(), key=lambda item: (item[1], item[0])):
        years = _YEAR.findall(title)
        year = int(years[-1]) if years else 0
        if cbs_id in known or year <= series.last_year or not title.startswith(series.words):
            continue
        sentence = (
            f"CBS {cbs_id} is '{title}', and the catalog ends at {series.last_year}; "
            "add it to catalog/cbs.toml and run `wijkpeil doctor` again."
        )
        block = _block(series, cbs_id, year)
        findings.append(Finding("series", series.name, "warning", sentence, block))
    if findings:
        return findings
    told = f"'{series.words}': no table after {series.last_year}, {len(titles)} tables seen"
    return [Finding("series", series.name, "ok", told)]


def _block(series: Series, cbs_id: str, year: int) -> str:
    last = series.newest
    if last.series is None:
        publisher = " --publisher third_party" if last.publisher == "third_party" else ""
        return f"wijkpeil sources add {cbs_id} --api {last.api}{publisher} --year {year}"
    old = str(series.last_year)
    source_id = last.id.replace(old, str(year)) if old in last.id else f"{last.series}_{year}"
    when = f"year = {year}" if last.year is not None else f"years = [{year}, {year}]"
    return "\n".join(
        [
            "[[table]]",
            f"id = {toml_value(source_id)}",
            f"series = {toml_value(last.series)}",
            f"cbs_id = {toml_value(cbs_id)}",
            when,
            "confirmed = false",
        ]
    )


def _year_of(table: CbsTable) -> int:
    return table.year if table.year is not None else table.wanted_years[-1]


def _words(table: CbsTable) -> str:
    """The title up to the year, or to the id that a series puts after it."""
    title = normal(table.title_nl)
    place = [title.find(word) for word in (str(_year_of(table)), table.cbs_id) if word in title]
    return title[: min(place)].rstrip(" (;,") if place else ""
