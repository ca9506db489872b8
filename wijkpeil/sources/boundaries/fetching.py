"""The pages of a collection, or one file → a snapshot, byte for byte.

A service stamps each answer with the moment, so that the same shapes never come in the same
bytes: the codes and coordinates themselves tell whether anything changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

from wijkpeil.catalog import Boundaries
from wijkpeil.errors import SourceUnavailable, WijkError, short
from wijkpeil.settings import Settings
from wijkpeil.sources.boundaries.features import Feature, Page, read_page, where_of
from wijkpeil.sources.boundaries.reading import read_wijken
from wijkpeil.sources.download import Advice, Downloader, Line
from wijkpeil.sources.file import receive
from wijkpeil.sources.snapshots import Origin, ReceivedFile, Snapshot, finish, new_snapshot, newest

# of 3,400 wijken a page holds a thousand where the service allows it, and ten where it does not
MAX_PAGES = 500
MAX_PAGE_BYTES = 128 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024
_PER_PAGE = 1000
_NARROW = "take a generalised collection, or narrow 'location' to one year"
_INTERVAL_S = 0.2


def fetch_boundaries(
    block: Boundaries, settings: Settings, catalog_folder: Path, warehouse: Path
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the boundaries, and whether its shapes are new."""
    known = newest(warehouse, block.id)
    if known and known.origin.request != block.request:
        known = None
    with new_snapshot(warehouse, block.id) as folder:
        shapes = _Shapes(block)
        files = []
        pages = _pages if block.is_remote else _file
        for file, page in pages(block, settings, catalog_folder, folder):
            files.append(replace(file, rows=page.received))
            shapes.add(page)
        content = shapes.digest()
        if known and known.origin.layout["content"] == content:
            return known, False
        origin = Origin.of(block, files, rows=len(shapes.codes), layout={"content": content})
        return finish(folder, origin, read=read_wijken), True


def _file(
    block: Boundaries, settings: Settings, catalog_folder: Path, folder: Path
) -> Iterator[tuple[ReceivedFile, Page]]:
    file, page = receive(
        block.location,
        folder / "wijken.geojson",
        beside=catalog_folder,
        where=where_of(block),
        settings=settings,
        parse=partial(read_page, block=block),
        narrow=_NARROW,
    )
    if page.next_link is not None:
        raise WijkError(
            f"{where_of(block)}: {block.location} is one page of several; put all features in one "
            "file, or give the address of the collection's items as 'location'."
        )
    yield file, page


def _pages(
    block: Boundaries, settings: Settings, _catalog_folder: Path, folder: Path
) -> Iterator[tuple[ReceivedFile, Page]]:
    """Each page, following the links to the end on the host that was asked."""
    where = where_of(block)
    url, params = _asked(block.location)
    seen = {(url, *sorted(params.items()))}
    size = 0
    line = Line(at_once=1, interval_s=_INTERVAL_S)
    with Downloader(settings, line, Advice.of_location(where, _NARROW)) as downloader:
        for number in range(1, MAX_PAGES + 1):
            file, page = downloader.fetch(
                url,
                folder / f"items-{number:05d}.json",
                params=params,
                parse=partial(read_page, block=block),
                limit=MAX_PAGE_BYTES,
            )
            size += file.size
            if size > MAX_BYTES:
                raise WijkError(
                    f"{where}: its pages are more than {MAX_BYTES // 2**20} MiB; {_NARROW}."
                )
            yield file, page
            if page.next_link is None:
                return
            url, params = _next(page.next_link, url, where)
            this = (url, *sorted(params.items()))
            if this in seen or not page.received:
                raise SourceUnavailable(
                    f"{where}: after page {number} the links lead to no other features; "
                    "run again later."
                )
            seen.add(this)
    raise WijkError(f"{where}: more than {MAX_PAGES} pages; narrow 'location' to one year.")


def _asked(location: str) -> tuple[str, dict[str, str]]:
    """The address and what is asked of it; of a collection JSON, and many features a page."""
    parts = urlsplit(location)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.path.rstrip("/").endswith("/items"):
        params = {"f": "json", "limit": str(_PER_PAGE), **params}
    return parts._replace(query="", fragment="").geturl(), params


def _next(link: str, url: str, where: str) -> tuple[str, dict[str, str]]:
    """The next page on the address that was asked, whatever scheme and port the server writes."""
    asked = urlsplit(url)
    try:
        given = urlsplit(urljoin(url, link))
        host = given.hostname
    except ValueError as error:
        raise SourceUnavailable(
            f"{where}: the next page has no address ('{short(link)}', {short(error)}); run again "
            "later."
        ) from error
    if host != asked.hostname or given.scheme not in {"http", "https"}:
        raise WijkError(
            f"{where}: the next page is at '{short(link)}', which is not on {asked.hostname} and "
            "is refused; correct 'location'."
        )
    params = dict(parse_qsl(given.query, keep_blank_values=True))
    there = given._replace(scheme=asked.scheme, netloc=asked.netloc, query="", fragment="")
    return there.geturl(), params


class _Shapes:
    """What the pages hold together: each wijk once, and all that there are."""

    def __init__(self, block: Boundaries) -> None:
        self._block = block
        self.codes: dict[str, str] = {}
        self._received = 0
        self._matched: int | None = None

    def add(self, page: Page) -> None:
        """Take a page in; raises WijkError where a wijk comes a second time."""
        self._received += page.received
        self._matched = page.matched if page.matched is not None else self._matched
        for feature in page.features:
            if feature.code in self.codes:
                raise WijkError(
                    f"{where_of(self._block)}: {feature.code} comes twice; narrow 'location' "
                    "to one year, or say in 'where' which features are meant."
                )
            self.codes[feature.code] = _digest(feature)

    def digest(self) -> str:
        """What tells these shapes from others; raises where they are not all there are."""
        where = where_of(self._block)
        if self._matched is not None and self._matched != self._received:
            raise SourceUnavailable(
                f"{where}: {self._received} features were received of {self._matched}; "
                "run again later."
            )
        if not self.codes:
            raise WijkError(f"{where}: there is no wijk with a shape in it; correct 'location'.")
        return hashlib.sha256(json.dumps(sorted(self.codes.items())).encode()).hexdigest()


def _digest(feature: Feature) -> str:
    return hashlib.sha256(json.dumps(feature.polygons).encode()).hexdigest()
