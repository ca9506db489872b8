"""OData v4 as CBS speaks it: metadata, code lists and observations of a table, and the catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from wijkpeil.demo.cbs.odata import BadQuery, Query
from wijkpeil.demo.cbs.query_store import EntitySet, Store
from wijkpeil.demo.cbs.response import Answer, count_answer, envelope

V4_ROOT = "/odata/v1"
_JSON = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
_PATH = re.compile(rf"^{V4_ROOT}/CBS/([^/]+)(?:/([^/]+))?(/\$count)?/?$")
_BYTE_ORDER_MARK = "\ufeff"


def answer_v4(store: Store, url: str, path: str, options: dict[str, str], *, size: int) -> Answer:
    """The answer to a request of v4; `size` is the number of observations on a page."""
    try:
        query = Query.of(options)
        match = _PATH.match(path)
        if match is None:
            return _not_found(path)
        cbs_id, name, counts = match[1], match[2], match[3] is not None
        root = f"{url}{V4_ROOT}/CBS"
        if cbs_id == "Datasets" and name is None:
            return _whole(store, store.v4_catalog, query, f"{root}/Datasets", counts=counts)
        sets = store.v4_sets(cbs_id)
        if sets is None:
            return _not_found(path)
        address = f"{root}/{cbs_id}/{name}"
        if name is None:
            listed = [
                {"name": each, "kind": "EntitySet", "url": each}
                for each in ("Properties", *sets, "Observations")
            ]
            rows = [json.dumps(row) for row in listed]
            return _envelope(f"{root}/{cbs_id}/$metadata", rows, None)
        if name == "Properties" and not counts:
            return _properties(store.v4_properties(cbs_id), query, address)
        if name == "Observations":
            return _observations(store, cbs_id, query, address, size=size, counts=counts)
        if name not in sets:
            return _not_found(path)
        return _whole(store, sets[name], query, address, counts=counts)
    except BadQuery as error:
        return error_v4(400, str(error))


def error_v4(status: int, text: str) -> Answer:
    """An error as v4 words it."""
    return Answer(status, _JSON, json.dumps({"error": {"code": "", "message": text}}).encode())


def _whole(
    store: Store, entities: EntitySet, query: Query, address: str, *, counts: bool
) -> Answer:
    """A set without pages, or the count of it."""
    number = store.count(entities, query)
    if counts:
        return count_answer(number, mark=_BYTE_ORDER_MARK)
    limit = number if query.top is None else min(number, query.top)
    return _envelope(_context(address), store.page(entities, query, limit=limit).rows, None)


def _observations(
    store: Store, cbs_id: str, query: Query, address: str, *, size: int, counts: bool
) -> Answer:
    entities = store.observations(cbs_id)
    if counts:
        return count_answer(store.count(entities, query), mark=_BYTE_ORDER_MARK)
    limit = size if query.top is None else min(size, query.top)
    page = store.page(entities, query, limit=limit)
    left = None if query.top is None else query.top - len(page.rows)
    link = None
    if page.next_start is not None and left != 0:
        link = query.next_link(address, page.next_start, left)
    return _envelope(_context(address), page.rows, link)


def _properties(properties: Mapping[str, Any], query: Query, address: str) -> Answer:
    """One object instead of a list."""
    for name in query.select or ():
        if name not in properties:
            raise BadQuery(f"Could not find a property named '{name}'.")
    shown = {name: properties[name] for name in query.select or properties}
    document = {"@odata.context": _context(address), **shown}
    return Answer(200, _JSON, json.dumps(document, ensure_ascii=False).encode())


def _context(address: str) -> str:
    root, name = address.rsplit("/", 1)
    return f"{root}/$metadata#{name}"


def _envelope(context: str, rows: list[str], next_link: str | None) -> Answer:
    return envelope(_JSON, ("@odata.context", context), rows, ("@odata.nextLink", next_link))


def _not_found(path: str) -> Answer:
    return error_v4(404, f"The resource '{path}' could not be found.")
