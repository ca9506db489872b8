"""OData v3 as CBS speaks it: the Feed, the Api with its limits, and the catalog."""

from __future__ import annotations

import json
import re

from wijkpeil.demo.cbs.odata import BadQuery, Query
from wijkpeil.demo.cbs.query_store import EntitySet, Store
from wijkpeil.demo.cbs.response import Answer, count_answer, envelope

API_LIMIT = 10_000
TOO_MANY_RECORDS = "query returns more than 10000 records"
NO_SKIP = (
    "The 'Skip' query option is not supported on the ODataApi. "
    "This functionality is available only on the ODataFeed endpoint."
)
_JSON = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
_ATOM = "application/atom+xml;type=feed;charset=utf-8"
_TABLE_PATH = re.compile(r"^/(ODataFeed|ODataApi)/[oO][dD]ata/([^/]+)(?:/([^/]+))?(/\$count)?/?$")


def answer_v3(store: Store, url: str, path: str, options: dict[str, str], *, size: int) -> Answer:
    """The answer to a request of v3; `size` is the number of rows on a page of the Feed."""
    try:
        query = Query.of(options)
        if re.fullmatch(r"/ODataCatalog/Tables(/\$count)?/?", path):
            root = f"{url}/ODataCatalog"
            counts = path.rstrip("/").endswith("$count")
            return _set(store, store.catalog, query, f"{root}/Tables", size=size, counts=counts)
        match = _TABLE_PATH.match(path)
        sets = store.entity_sets(match[2]) if match else None
        if match is None or sets is None:
            return error_v3(404, f"The resource '{path}' could not be found.")
        root = f"{url}/{match[1]}/OData/{match[2]}"
        if match[3] is None:
            links = [{"name": name, "url": f"{root}/{name}"} for name in sets]
            return _envelope(query, f"{root}/$metadata", [json.dumps(link) for link in links], None)
        if match[3] not in sets:
            return error_v3(404, f"Resource not found for the segment '{match[3]}'.")
        if match[1] == "ODataApi" and query.names_skip:
            return error_v3(500, NO_SKIP)
        return _set(
            store,
            sets[match[3]],
            query,
            f"{root}/{match[3]}",
            size=size,
            counts=match[4] is not None,
            pages=match[1] == "ODataFeed",
        )
    except BadQuery as error:
        return error_v3(400, str(error))


def error_v3(status: int, text: str) -> Answer:
    """An error as v3 words it."""
    message = {"odata.error": {"code": "", "message": {"lang": "en-US", "value": text}}}
    return Answer(status, _JSON, json.dumps(message).encode())


def _set(
    store: Store,
    entities: EntitySet,
    query: Query,
    address: str,
    *,
    size: int,
    counts: bool,
    pages: bool = True,
) -> Answer:
    if counts:
        return count_answer(store.count(entities, query))
    limit = size
    if not pages:
        wanted = store.count(entities, query)
        limit = wanted if query.top is None else min(wanted, query.top)
        if limit > API_LIMIT:
            return error_v3(500, TOO_MANY_RECORDS)
    if query.top is not None:
        limit = min(limit, query.top)
    page = store.page(entities, query, limit=limit)
    left = None if query.top is None else query.top - len(page.rows)
    link = None
    if pages and page.next_start is not None and left != 0:
        link = query.next_link(address, page.next_start, left)
    root, name = address.rsplit("/", 1)
    return _envelope(query, f"{root}/$metadata#Cbs.OData.WebAPI.{name}", page.rows, link)


def _envelope(query: Query, context: str, rows: list[str], next_link: str | None) -> Answer:
    if query.is_json:
        return envelope(_JSON, ("odata.metadata", context), rows, ("odata.nextLink", next_link))
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices">'
        f'<title type="text">{context.rsplit(".", 1)[-1]}</title>'
        f"{'<entry/>' * len(rows)}</feed>"
    )
    return Answer(200, _ATOM, text.encode())
