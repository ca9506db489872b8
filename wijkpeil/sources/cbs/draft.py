"""A catalog block for a table, drafted from the table's own metadata, for a person to trim."""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wijkpeil.catalog import PREFIX, Catalog, CbsMeasure, CbsTable, toml_value
from wijkpeil.errors import HostError, SourceUnavailable, WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import Topic, normal
from wijkpeil.sources.cbs.query import Metadata
from wijkpeil.sources.cbs.services import advice_of, line_of, open_table, service_of
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import Received

_YEAR = re.compile(r"(?<!\d)(?:199\d|20\d\d)(?!\d)")
_PERIOD = re.compile(r"^(\d{4})([A-Z]{2}\d{2})$")
_CHANGE = "Indelingswijziging"
SHOWN_CODES = 12


@dataclass(frozen=True)
class Draft:
    """A block as text. `indicators` are those whose column was recognised; where there is none
    the whole block is a comment."""

    source_id: str
    title: str
    text: str
    indicators: tuple[str, ...]
    columns: int


@dataclass(frozen=True)
class _Seen:
    """What the service tells: id, title, source and date of the table, its metadata, and titles of
    codes by dimension."""

    cbs_id: str
    title: str
    source: str
    modified: str
    metadata: Metadata
    code_titles: Mapping[str, Mapping[str, str]]


def draft_table(
    cbs_id: str,
    catalog: Catalog,
    settings: Settings,
    *,
    api: str = "v3",
    publisher: str = "cbs",
    year: int | None = None,
) -> Draft:
    """The block of a table that the catalog may lack; raises WijkError.

    A column is active when its title and unit are those of one indicator that the catalog has
    and no other source gives it for the same year; all others are comments.
    """
    if not re.fullmatch(r"[0-9]{5}[A-Za-z]{0,3}", cbs_id):
        raise WijkError(f"'{cbs_id}' is no id of a CBS table; give one like 85984NED or 70904ned.")
    if api == "v4" and publisher == "third_party":
        raise WijkError("Tables of third parties are served by v3 only; leave out --api v4.")
    seen = _look_as_written(cbs_id, catalog, settings, api=api, publisher=publisher)
    cbs_id = seen.cbs_id
    area, period = _dimensions(cbs_id, seen.metadata)
    time, years = _time(cbs_id, seen, period, year)
    source_id = _id(seen.title, cbs_id, years, catalog)
    change = _change(seen, catalog, years) if api == "v3" and period is None else []
    columns = list(_columns(seen.metadata.columns, catalog, years, with_codes=api == "v4"))
    keys = [
        *_lines(id=source_id, cbs_id=cbs_id, api=api),
        *(_lines(publisher=publisher) if publisher != "cbs" else []),
        *_lines(title_nl=seen.title, licence="CC BY 4.0"),
        *_lines(attribution=_attribution(cbs_id, seen, publisher), area_dimension=area),
        *_lines(area_levels=_levels(seen.metadata.codes[area])),
        *_land(seen.metadata.codes[area], seen.code_titles.get(area, {})),
        *change,
        *time,
        *_where(seen, {area, period}),
        *_lines(confirmed=False, note=f"Gemaakt van de metadata van {seen.modified[:10]}."),
    ]
    blocks = [block for indicator, block in columns if indicator is not None]
    others = [block for indicator, block in columns if indicator is None]
    text = "\n\n".join("\n".join(block) for block in [["[[table]]", *keys], *blocks, *others])
    if not blocks:
        head = (
            "# None of its columns is known to the catalog: give one an indicator, then uncomment."
        )
        lines = (
            line if line.startswith("#") else f"# {line}".rstrip() for line in text.split("\n")
        )
        text = "\n".join([head, *lines])
    indicators = tuple(indicator for indicator, _ in columns if indicator is not None)
    return Draft(source_id, seen.title, f"{text}\n", indicators, len(columns))


def refuse_known(cbs_id: str, catalog: Catalog) -> None:
    """Raise WijkError when the catalog has a source of that table."""
    for table in catalog.tables:
        if table.cbs_id.upper() == cbs_id.upper():
            raise WijkError(
                f"CBS {cbs_id} is in {catalog.folder}/cbs.toml already, as '{table.id}'; edit that "
                "block, or see a fresh one with '--to -'."
            )


def _look_as_written(
    cbs_id: str, catalog: Catalog, settings: Settings, *, api: str, publisher: str
) -> _Seen:
    """The table under this id, else under the same in capitals or small letters: CBS writes either,
    and a service may mind."""
    spellings = dict.fromkeys((cbs_id, cbs_id.upper(), cbs_id.lower()))
    refusals: list[WijkError] = []
    for spelling in spellings:
        try:
            return _look(spelling, catalog, settings, api=api, publisher=publisher)
        except (HostError, SourceUnavailable):
            raise
        except WijkError as error:
            refusals.append(error)
    raise refusals[0]


def _look(cbs_id: str, catalog: Catalog, settings: Settings, *, api: str, publisher: str) -> _Seen:
    text = "unknown"
    table = CbsTable.model_validate(
        {
            **dict.fromkeys(("id", "title_nl", "licence", "attribution", "area_dimension"), text),
            "cbs_id": cbs_id,
            "api": api,
            "publisher": publisher,
            "year": 2000,
            "area_levels": ["wijk"],
            "measure": [{"indicator": text, "title": text, "unit": text}],
        }
    )
    line, advice = line_of(service_of(table), catalog.services), advice_of(service_of(table))
    with tempfile.TemporaryDirectory() as name, Downloader(settings, line, advice) as downloader:
        received = Received(Path(name))
        service = open_table(table, settings, downloader)
        modified = service.about(received, "table_infos").modified
        metadata = service.metadata(received)
        infos = _document(received, "table_infos-00001.json")
        if api == "v3":
            infos = infos["value"][0]
        key = "Key" if api == "v3" else "Identifier"
        titles = {
            dimension: {
                str(row.get(key)): normal(row.get("Title"))
                for row in _document(received, f"codes-{dimension}-00001.json")["value"]
            }
            for dimension in metadata.codes
        }
    return _Seen(
        cbs_id=normal(infos.get("Identifier")) or cbs_id,
        title=normal(infos.get("Title")) or cbs_id,
        source=normal(infos.get("Source")),
        modified=modified,
        metadata=metadata,
        code_titles=titles,
    )


def _document(received: Received, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((received.folder / name).read_text("utf-8-sig"))
    return document


def _dimensions(cbs_id: str, metadata: Metadata) -> tuple[str, str | None]:
    """The dimension of areas and that of periods, known by their codes."""
    prefixes = tuple(PREFIX.values())

    def areas(name: str) -> int:
        return sum(bool(re.match(r"(NL|GM|WK|BU)\w", key)) for key in metadata.codes[name])

    area = max(metadata.codes, key=areas, default=None)
    if area is None or not areas(area):
        raise WijkError(
            f"CBS {cbs_id}: no dimension has codes that begin with {', '.join(prefixes)} "
            f"(it has {', '.join(metadata.codes) or 'none'}), so it holds no areas to follow."
        )
    periods = (
        name
        for name, codes in metadata.codes.items()
        if codes and all(_PERIOD.match(normal(key)) for key in codes)
    )
    return area, next(periods, None)


def _time(
    cbs_id: str, seen: _Seen, period: str | None, year: int | None
) -> tuple[list[str], list[int]]:
    """The lines that say of which years the figures are, and those years."""
    if period is None:
        found = sorted(set(_YEAR.findall(seen.title)))
        if year is None and len(found) != 1:
            raise WijkError(
                f"CBS {cbs_id} has no dimension of periods and its title '{seen.title}' names "
                f"{' and '.join(found) or 'no year'}; give the year with --year."
            )
        of = year if year is not None else int(found[0])
        return _lines(year=of), [of]
    matches = [
        match for key in seen.metadata.codes[period] if (match := _PERIOD.match(normal(key)))
    ]
    suffixes = Counter(match[2] for match in matches)
    suffix = "JJ00" if suffixes["JJ00"] else max(suffixes, key=lambda one: (suffixes[one], one))
    years = sorted({int(match[1]) for match in matches if match[2] == suffix})
    if year is not None:
        if year not in years:
            has = ", ".join(map(str, years))
            raise WijkError(f"CBS {cbs_id} has no figures of {year}; it has {has}.")
        years = [year]
    is_whole = years == list(range(years[0], years[-1] + 1))
    lines = _lines(period_dimension=period)
    if suffix != "JJ00":
        lines += _lines(period_suffix=suffix)
    lines += _lines(years=[years[0], years[-1]]) if is_whole else _lines(at_years=years)
    lines.append("# geography_year = ...  the year whose areas the codes mean, where CBS restates")
    return lines, years


def _id(title: str, cbs_id: str, years: Sequence[int], catalog: Catalog) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z]+", plain.split(";")[0].split("(")[0])
    stem = "_".join(words)[:40].strip("_") or "cbs"
    name = f"{stem}_{years[-1]}"
    taken = {source.id for source in catalog.sources}
    return f"{stem}_{cbs_id.lower()}" if name in taken else name


def _attribution(cbs_id: str, seen: _Seen, publisher: str) -> str:
    who = "CBS" if publisher == "cbs" else (seen.source[:200].rstrip(".") or "derden")
    return f"Bron: {who}, {seen.title} ({cbs_id}), CC BY 4.0"


def _levels(codes: Sequence[str]) -> list[str]:
    return [
        level for level, prefix in PREFIX.items() if any(key.startswith(prefix) for key in codes)
    ]


def _land(codes: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    """A line to fill in where several codes begin as that of the country does."""
    national = [key for key in codes if key.startswith(PREFIX["land"])]
    if len(national) < 2:
        return []
    named = ", ".join(f"{normal(key)} is {titles.get(key, '')}" for key in national[:SHOWN_CODES])
    return [f"# land_code = ...  the one that is the Netherlands: {named}"]


def _change(seen: _Seen, catalog: Catalog, years: Sequence[int]) -> list[str]:
    titles = [t.title for t in seen.metadata.columns if t.title.startswith(_CHANGE)]
    if not titles:
        return []
    lister = next((t.id for t in catalog.tables if t.lists_areas and t.year == years[0]), None)
    lines = _lines(area_change=titles[0])
    if lister is None:
        return lines
    return [f"# {lines[0]}  {lister} lists the areas of {years[0]} already"]


def _where(seen: _Seen, own: set[str | None]) -> list[str]:
    lines: list[str] = []
    chosen: dict[str, str] = {}
    for name, codes in seen.metadata.codes.items():
        if name in own or not codes:
            continue
        chosen[name] = normal(codes[0])
        lines.append(f"# {toml_value(name)} has {len(codes)} codes; choose:")
        for key in codes[:SHOWN_CODES]:
            title = seen.code_titles.get(name, {}).get(key, "")
            lines.append(f"#   {toml_value(normal(key))} is {toml_value(title)}")
        if len(codes) > SHOWN_CODES:
            lines.append(f"#   and {len(codes) - SHOWN_CODES} more")
    return [*lines, *_lines(where=chosen)] if chosen else []


def _columns(
    columns: Sequence[Topic], catalog: Catalog, years: Sequence[int], *, with_codes: bool
) -> Iterator[tuple[str | None, list[str]]]:
    """Each column's block, with its indicator when it is active."""
    twice = Counter((topic.title, topic.unit) for topic in columns)
    given = _given(catalog, years)
    matches = {topic.key: _indicators(topic, catalog) for topic in columns}
    bearing = Counter(name for found in matches.values() for name in found)
    for topic in columns:
        found = matches[topic.key]
        has_parent = bool(topic.parents)
        lines = ["[[table.measure]]"]
        reason = ""
        if len(found) > 1:
            reason = f"may be {' or '.join(sorted(found))}"
        elif len(found) == 1:
            name = next(iter(found))
            if bearing[name] > 1:
                reason = f"one of {bearing[name]} columns that may be {name}"
            elif name in given:
                reason = f"{given[name]} gives {name} for this year already"
        measure = next(iter(found.values())) if len(found) == 1 else None
        is_active = measure is not None and not reason
        lines += _lines(indicator=measure.indicator if measure else "", title=topic.title)
        lines += _lines(unit=topic.unit)
        if has_parent and (not is_active or twice[topic.title, topic.unit] > 1):
            lines += _lines(parent=topic.parents[0])
        if with_codes:
            lines += _lines(codes=[topic.key])
        if measure is not None and measure.scale != 1:
            lines += _lines(scale=measure.scale)
        if is_active and measure is not None:
            yield measure.indicator, lines
        else:
            why = [f"# {reason}"] if reason else []
            yield None, [*why, *(f"# {line}" for line in lines)]


def _indicators(topic: Topic, catalog: Catalog) -> dict[str, CbsMeasure]:
    """The measures of the catalog that bear the title and unit of this column, by indicator."""
    return {
        measure.indicator: measure
        for table in catalog.tables
        for measure in table.measure
        if not measure.where
        for name in measure.wordings(None)
        if (normal(name.title), normal(name.unit)) == (topic.title, topic.unit)
        and (name.parent is None or normal(name.parent) in topic.parents)
    }


def _given(catalog: Catalog, years: Sequence[int]) -> dict[str, str]:
    """The source that gives an indicator for one of these years, by indicator."""
    return {
        measure.indicator: table.id
        for table in catalog.tables
        if set(years) & set([table.year] if table.year is not None else table.wanted_years)
        for measure in table.present_measures
    }


def _lines(**values: Any) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]
