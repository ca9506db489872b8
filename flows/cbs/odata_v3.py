"""CBS OData v3: metadata and code lists, then the data through ODataFeed, page by page.

Only dimensions are filtered on (CBS ignores a filter on a topic), with keys exactly as wide
as the code list has them (a wrong width answers 200 with nothing).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flows.catalog import CbsTable
from flows.cbs.measures import Topic, dimensions, normal, resolve, topics
from flows.download import Downloader
from flows.errors import SourceUnavailable, WijkError, nearest
from flows.progress import report_rows
from flows.snapshots import Origin, ReceivedFile, Snapshot, finish, new_snapshot, newest, utc_now

PREFIX = {"land": "NL", "gemeente": "GM", "wijk": "WK", "buurt": "BU"}
MAX_PAGES = 10_000
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """What is asked of a table: columns and filter, and how to read the answer."""

    select: tuple[str, ...]
    filter: str | None
    layout: dict[str, Any]
    expected_areas: frozenset[str]


def fetch_table(
    table: CbsTable, base_url: str, downloader: Downloader, warehouse: Path
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the table, and whether it was fetched just now."""
    return _Fetch(table, base_url, downloader).run(warehouse)


class _Fetch:
    def __init__(self, table: CbsTable, base_url: str, downloader: Downloader) -> None:
        self.table = table
        self.root = f"{base_url}/ODataFeed/odata/{table.cbs_id}"
        self.downloader = downloader
        self.where = f"CBS {table.cbs_id} (cbs.toml, {table.id})"

    def run(self, warehouse: Path) -> tuple[Snapshot, bool]:
        known = newest(warehouse, self.table.id)
        request = self.table.request
        with new_snapshot(warehouse, self.table.id) as folder:
            files: list[ReceivedFile] = []
            modified = self._modified(folder, "table_infos", files)
            if known and known.origin.request == request and known.origin.modified == modified:
                return known, False
            properties = self._rows("DataProperties", folder, "data_properties", files)
            codes = {
                name: self._rows(name, folder, f"codes-{name}", files)
                for name in self._dimensions(properties)
            }
            question = self._ask(topics(properties), codes)
            rows = self._pages(question, folder, files)
            again = self._modified(folder, "table_infos_after", files)
            if again != modified:
                raise SourceUnavailable(
                    f"{self.where} was republished while it was fetched "
                    f"({modified}, then {again}); run again."
                )
            origin = Origin(
                source_id=self.table.id,
                kind="cbs_v3",
                title=self.table.title_nl,
                licence=self.table.licence,
                attribution=self.table.attribution,
                retrieved_at=utc_now().isoformat(),
                modified=modified,
                rows=rows,
                request=request,
                layout=question.layout,
                files=files,
            )
            return finish(folder, origin), True

    def _modified(self, folder: Path, stem: str, files: list[ReceivedFile]) -> str:
        rows = self._rows("TableInfos", folder, stem, files)
        if len(rows) != 1 or normal(rows[0].get("Identifier")) != self.table.cbs_id:
            raise WijkError(
                f"{self.where}: TableInfos describes another table than {self.table.cbs_id}; "
                "check the table id in the catalog."
            )
        modified = normal(rows[0].get("Modified"))
        if not modified:
            raise WijkError(
                f"{self.where}: TableInfos has no 'Modified' date; tell the maintainers."
            )
        return modified

    def _dimensions(self, properties: Rows) -> list[str]:
        names = dimensions(properties)
        asked = [self.table.area_dimension, self.table.period_dimension]
        for name in filter(None, asked):
            if name not in names:
                raise WijkError(
                    f"{self.where}: no dimension '{name}'; it has {nearest(name, names)}."
                )
        return names

    def _ask(self, columns: list[Topic], codes: dict[str, Rows]) -> Question:
        table = self.table
        own = {table.area_dimension, table.period_dimension}
        others = [name for name in codes if name not in own]
        keys: dict[str, list[str]] = {name: [] for name in others}
        measures: list[dict[str, Any]] = []
        for measure in table.measure:
            if set(measure.where) != set(others):
                raise WijkError(
                    f"{self.where}, measure '{measure.indicator}': 'where' must choose from "
                    f"{', '.join(others) or 'no dimension'}, it has "
                    f"{', '.join(measure.where) or 'none'}."
                )
            topic = resolve(
                columns,
                title=measure.title,
                unit=measure.unit,
                parent=measure.parent,
                where=self.where,
            )
            for name in others:
                keys[name].append(self._key(codes[name], name, measure.where[name]))
            measures.append(
                {
                    "indicator": measure.indicator,
                    "column_key": topic.key,
                    "category_key": "|".join(normal(measure.where[name]) for name in others),
                }
            )
        change_key = None
        if table.area_change is not None:
            change_key = resolve(
                columns, title=table.area_change, unit=None, parent=None, where=self.where
            ).key
        areas = self._areas(codes[table.area_dimension])
        conditions = [self._area_condition(codes[table.area_dimension], areas)]
        if table.period_dimension:
            periods = self._periods(codes[table.period_dimension])
            conditions.append(_any_of(table.period_dimension, periods))
        conditions += [_any_of(name, sorted(set(keys[name]))) for name in others]
        used = [measure["column_key"] for measure in measures] + [change_key]
        select = [table.area_dimension, table.period_dimension, *others, *used]
        return Question(
            select=tuple(dict.fromkeys(name for name in select if name)),
            filter=" and ".join(text for text in conditions if text) or None,
            layout={
                "area_column": table.area_dimension,
                "period_column": table.period_dimension,
                "category_columns": others,
                "change_column": change_key,
                "value_columns": sorted({measure["column_key"] for measure in measures}),
                "measures": measures,
            },
            expected_areas=frozenset(areas)
            if not (table.period_dimension or others)
            else frozenset(),
        )

    def _key(self, rows: Rows, dimension: str, code: str) -> str:
        for row in rows:
            if normal(row["Key"]) == normal(code):
                return str(row["Key"])
        known = nearest(code, [normal(row["Key"]) for row in rows])
        raise WijkError(f"{self.where}: {dimension} has no code '{code}'; nearest: {known}.")

    def _areas(self, rows: Rows) -> list[str]:
        prefixes = tuple(PREFIX[level] for level in self.table.area_levels)
        keys = [str(row["Key"]) for row in rows if str(row["Key"]).startswith(prefixes)]
        for level in self.table.area_levels:
            if not any(key.startswith(PREFIX[level]) for key in keys):
                raise WijkError(
                    f"{self.where}: {self.table.area_dimension} lists no {level}; "
                    "take it from 'area_levels'."
                )
        return keys

    def _area_condition(self, rows: Rows, areas: list[str]) -> str | None:
        if len(areas) == len(rows):
            return None
        name = self.table.area_dimension
        parts = [f"startswith({name},'{PREFIX[level]}')" for level in self.table.area_levels]
        return f"({' or '.join(parts)})"

    def _periods(self, rows: Rows) -> list[str]:
        first, last = self.table.years or (0, 0)
        years = {str(row["Key"])[:4]: str(row["Key"]) for row in rows if "JJ" in str(row["Key"])}
        present = [year for year in range(first, last + 1) if str(year) in years]
        if not present or present != list(range(first, present[-1] + 1)):
            raise WijkError(
                f"{self.where}: {self.table.period_dimension} lacks years within {first}-{last}; "
                f"it has {', '.join(sorted(years)) or 'no yearly periods'}. Correct 'years'."
            )
        return [years[str(year)] for year in present]

    def _rows(self, entity: str, folder: Path, stem: str, files: list[ReceivedFile]) -> Rows:
        """All rows of a metadata set."""
        rows: Rows = []
        for page in self._follow(entity, {}, folder, stem, files):
            rows += page.rows
        if not rows:
            raise WijkError(f"{self.where}: {entity} is empty; check the table id in the catalog.")
        if entity != "TableInfos" and not all("Key" in row for row in rows):
            raise WijkError(f"{self.where}: {entity} has rows without 'Key'; the service changed.")
        return rows

    def _pages(self, question: Question, folder: Path, files: list[ReceivedFile]) -> int:
        """Stream the data pages to disk; the rows received."""
        options = {"$select": ",".join(question.select)}
        if question.filter:
            options["$filter"] = question.filter
        layout = question.layout
        keys = [layout["area_column"], layout["period_column"], *layout["category_columns"]]
        identity = [name for name in keys if name]
        total, seen = 0, set[tuple[Any, ...]]()
        for page in self._follow(
            "TypedDataSet", options, folder, "data", files, columns=question.select
        ):
            total += len(page.rows)
            seen.update(tuple(row[name] for name in identity) for row in page.rows)
            report_rows(len(page.rows))
        self._prove(question, total, seen)
        return total

    def _follow(
        self,
        entity: str,
        options: dict[str, str],
        folder: Path,
        stem: str,
        files: list[ReceivedFile],
        columns: tuple[str, ...] = (),
    ) -> Iterator[_Page]:
        """Each page of a set, kept as `<stem>-00001.json` and on, following nextLink to its end."""
        url = f"{self.root}/{entity}"
        params = {"$format": "json", **options}
        links = set[str]()
        for number in range(1, MAX_PAGES + 1):
            page = _Page(columns)
            path = folder / f"{stem}-{number:05d}.json"
            files.append(self.downloader.fetch(url, path, params=params, check=page.read))
            yield page
            if page.next_link is None:
                return
            if page.next_link in links:
                raise WijkError(f"{self.where}: {entity} pages go round in a circle at {number}.")
            links.add(page.next_link)
            parts = urlsplit(self._same_host(page.next_link))
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            url = parts._replace(query="").geturl()
        raise WijkError(f"{self.where}: more than {MAX_PAGES} pages; narrow its catalog block.")

    def _prove(self, question: Question, total: int, seen: set[tuple[Any, ...]]) -> None:
        if total == 0:
            raise WijkError(
                f"{self.where}: the answer to {question.filter!r} is empty, which it cannot be; "
                "the code width or the years are wrong."
            )
        if len(seen) != total:
            raise SourceUnavailable(
                f"{self.where}: {total - len(seen)} of {total} rows came twice; run again."
            )
        if question.expected_areas:
            areas = {row[0] for row in seen}
            missing = sorted(question.expected_areas - areas)
            if missing:
                raise SourceUnavailable(
                    f"{self.where}: {len(missing)} of {len(question.expected_areas)} areas of its "
                    f"code list have no row (first: {missing[0].strip()}); run again."
                )

    def _same_host(self, link: str) -> str:
        """The link on the address we asked, whatever scheme and port the server writes."""
        asked, given = urlsplit(self.root), urlsplit(link)
        if given.hostname != asked.hostname:
            raise WijkError(
                f"{self.where}: the next page is on another host ({link!r}), which is refused; "
                "check the address in the WIJK_ settings."
            )
        return given._replace(scheme=asked.scheme, netloc=asked.netloc).geturl()


class _Page:
    """The rows and next link of one JSON page, with its form checked."""

    def __init__(self, columns: tuple[str, ...] = ()) -> None:
        self.columns = frozenset(columns)
        self.rows: Rows = []
        self.next_link: str | None = None

    def read(self, path: Path) -> int:
        """Read a page from disk; raises SourceUnavailable when it is not a whole OData page."""
        try:
            document = json.loads(path.read_bytes())
        except ValueError as error:
            start = path.read_bytes()[:40].decode("latin-1").strip()
            raise SourceUnavailable(
                f"the answer is not whole JSON ({error}); it begins with {start!r}. "
                "The service has a fault or the page was cut off; run again later."
            ) from error
        rows = document.get("value") if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SourceUnavailable("the answer is JSON but no OData page; run again later.")
        for row in rows:
            if not self.columns <= row.keys():
                gone = ", ".join(sorted(self.columns - row.keys()))
                raise WijkError(
                    f"a row lacks {gone}, which the table's own metadata lists; "
                    "CBS is changing the table, run again later."
                )
        self.rows = rows
        self.next_link = document.get("odata.nextLink")
        return len(rows)


def _any_of(name: str, keys: list[str]) -> str:
    quoted = (key.replace("'", "''") for key in keys)
    return "(" + " or ".join(f"{name} eq '{key}'" for key in quoted) + ")"
