"""Pages of OData: read, checked for their form, followed to the end, kept as received.

A page that an interrupted run received whole is read from disk instead of asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from wijkpeil.errors import SourceUnavailable, WijkError, short
from wijkpeil.sources.download import Downloader, T
from wijkpeil.sources.json_document import UnfitJson, parsed
from wijkpeil.sources.snapshots import Received

MAX_PAGES = 10_000
# a page of either API is a few MiB; much more is a mistake or an attack
MAX_PAGE_BYTES = 256 * 1024 * 1024
Rows = list[dict[str, Any]]
# what is read of the rows of a metadata set
_METADATA = {
    *("ID", "Id", "Identifier", "Key", "MeasureGroupId", "Modified", "ParentID", "ParentId"),
    *("Status", "Title", "Type", "Unit"),
}


class NotProved(SourceUnavailable):
    """The rows received are not all there are, or not each once: none of them is kept."""


@dataclass(frozen=True)
class Place:
    """Where a table is served, how its errors begin, and what receives its pages."""

    root: str
    where: str
    next_key: str
    options: Mapping[str, str]
    downloader: Downloader

    def receive(
        self,
        receiving: Received,
        name: str,
        url: str,
        params: Mapping[str, str],
        parse: Callable[[Path], T],
        rows: Callable[[T], int | None],
    ) -> T:
        """What `parse` reads of the answer of `url`, from disk or from the server; `rows` says how
        many rows are in it."""
        if not re.fullmatch(r"[\w.-]+", name):
            raise WijkError(
                f"{self.where}: the metadata names a set that makes no file name "
                f"('{short(name)}'); the service changed, tell the maintainers."
            )
        asked = requests.Request("GET", url, params=dict(params)).prepare().url or url
        parts = urlsplit(asked)
        known = receiving.known(name, url=asked.split("?")[0], query=parts.query)
        path = receiving.folder / name
        if known is not None:
            parsed = parse(path)
            receiving.add(known)
            return parsed
        file, parsed = self.downloader.fetch(
            url, path, params=params, parse=parse, limit=MAX_PAGE_BYTES
        )
        receiving.add(replace(file, rows=rows(parsed)))
        return parsed

    def rows(self, receiving: Received, entity: str, stem: str, needs: str) -> Rows:
        """All rows of a metadata set; each must have the field `needs`."""
        rows: Rows = []
        for page in self.follow(receiving, entity, {}, stem):
            rows += page.rows
        if not rows:
            raise WijkError(f"{self.where}: {entity} is empty; check the table id in the catalog.")
        if not all(needs in row for row in rows):
            raise WijkError(
                f"{self.where}: {entity} has rows without '{needs}'; the service changed."
            )
        return rows

    def follow(
        self,
        receiving: Received,
        entity: str,
        options: Mapping[str, str],
        stem: str,
        columns: tuple[str, ...] = (),
    ) -> Iterator[Page]:
        """Each page of a set, kept as `<stem>-00001.json` and on, following the links to the end.

        Every row must have `columns`.
        """
        url = f"{self.root}/{entity}"
        params: Mapping[str, str] = {**self.options, **options}
        parse = partial(read_page, columns=columns, next_key=self.next_key)
        links = set[str]()
        for number in range(1, MAX_PAGES + 1):
            page = self.receive(
                receiving, f"{stem}-{number:05d}.json", url, params, parse, _rows_of
            )
            yield page
            if page.next_link is None:
                return
            if page.next_link in links:
                raise NotProved(
                    f"{self.where}: {entity} pages go round in a circle at page {number}; "
                    "run again later."
                )
            links.add(page.next_link)
            parts = urlsplit(self._same_host(page.next_link))
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            url = parts._replace(query="").geturl()
        raise WijkError(f"{self.where}: more than {MAX_PAGES} pages; narrow its catalog block.")

    def count(
        self, receiving: Received, entity: str, filtered: str | None, stem: str
    ) -> int | None:
        """How many rows the server says this filter leaves; None where it does not say."""
        params = {"$filter": filtered} if filtered else {}
        url = f"{self.root}/{entity}/$count"
        try:
            return self.receive(receiving, f"{stem}.txt", url, params, read_count, lambda n: n)
        except SourceUnavailable:
            raise
        except WijkError:
            return None  # a service without $count refuses it; the proof then rests on the rows

    def _same_host(self, link: str) -> str:
        """The link on the address we asked, whatever scheme and port the server writes."""
        asked = urlsplit(self.root)
        try:
            given = urlsplit(urljoin(f"{self.root}/", link))
            host = given.hostname
        except ValueError as error:
            raise NotProved(
                f"{self.where}: the next page has no address ('{short(link)}', {short(error)}); "
                "run again later."
            ) from error
        if host != asked.hostname:
            raise WijkError(
                f"{self.where}: the next page is on another host ('{short(link)}'), which is "
                "refused; check the address in the WIJK_ settings."
            )
        return given._replace(scheme=asked.scheme, netloc=asked.netloc).geturl()


@dataclass(frozen=True)
class Page:
    """The rows of one answer, and where the next is."""

    rows: Rows
    next_link: str | None


def read_page(path: Path, columns: Collection[str], next_key: str) -> Page:
    """One JSON page, each row of which must have `columns`; raises SourceUnavailable when it is
    not a whole OData page."""
    document = read_document(path)
    rows, link = document.get("value"), document.get(next_key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceUnavailable("the answer is JSON but no OData page; run again later.")
    if link is not None and not isinstance(link, str):
        raise SourceUnavailable(f"'{next_key}' is no address; run again later.")
    wanted = frozenset(columns)
    # of a metadata set little is read, and the rest may be anything
    read = wanted or _METADATA
    for row in rows:
        nested = next((key for key in row if key in read and _is_nested(row[key])), None)
        if nested is not None:
            raise SourceUnavailable(
                f"'{short(nested)}' of a row holds a list or an object where one value "
                "belongs; run again later."
            )
        if not wanted <= row.keys():
            gone = ", ".join(sorted(wanted - row.keys()))
            raise WijkError(
                f"a row lacks {gone}, which the table's own metadata lists; "
                "CBS is changing the table, run again later."
            )
    return Page(rows, link)


def read_count(path: Path) -> int | None:
    """A bare integer, possibly after a BOM. Anything else is no count: unknown, not zero."""
    text = path.read_bytes()[:100].decode("utf-8-sig", errors="replace").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _rows_of(page: Page) -> int:
    return len(page.rows)


def _is_nested(value: object) -> bool:
    return isinstance(value, (dict, list))


def read_document(path: Path) -> dict[str, Any]:
    """One JSON object; raises SourceUnavailable when it is no whole one."""
    content = path.read_bytes()
    try:
        document = parsed(content, "utf-8-sig")
    except UnfitJson as error:
        start = content[:40].decode("latin-1").strip()
        raise SourceUnavailable(
            f"the answer cannot be used: {error}; it begins with {start!r}. "
            "The service has a fault or the page was cut off; run again later."
        ) from error
    if not isinstance(document, dict):
        raise SourceUnavailable("the answer is JSON but no object; run again later.")
    return document
