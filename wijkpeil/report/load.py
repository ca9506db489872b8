"""The pages of an edition, as data: one row per page, asked of the published warehouse at once."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from wijkpeil.backtest.kept import kept_test
from wijkpeil.edition.rule import rule_of
from wijkpeil.report.integrity import load_checks
from wijkpeil.report.map_data import load_maps
from wijkpeil.report.paths import TEMPLATES

_QUERIES = Path(__file__).with_name("queries")
# tables that several pages read, in order
_SHARED = ("told_source", "lead", "shown_place", "reference", "series", "card", "signal")
_KINDS = ("start", "quality", "programme", "gemeente", "area", "indicator")


class Place(NamedTuple):
    """What can be searched for: the kind and id of its page, its name, and what tells it apart."""

    kind: str
    code: str
    name: str
    beside: str


class Pages:
    """The pages of one edition, as tables of an open connection to it; `warehouse` is the folder
    that it lies in, beside the boundaries for its maps."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
        self._connection = connection
        self._warehouse = warehouse
        # a variable: by what a query finds, the lines of all editions are made before one is chosen
        connection.execute(
            "set variable newest_edition_year = (select max(edition_year) from marts.stagnation)"
        )
        for name in _SHARED:
            connection.execute(f"create or replace temp table {name} as {_query(name)}")
        load_maps(connection, warehouse)
        load_checks(connection, warehouse)
        (text,) = connection.execute(_query("site")).fetchone() or ("{}",)
        self.site: dict[str, Any] = {**json.loads(text), "rule": asdict(rule_of(connection))}
        self.places = [Place(*row) for row in connection.execute(_query("place")).fetchall()]
        connection.execute(
            "create or replace temp table page (kind varchar, page_id varchar, data varchar)"
        )
        for kind in _KINDS:
            connection.execute(
                f"insert into page select ?, page_id, data::varchar from ({_query(kind)})", [kind]
            )
        connection.executemany("insert into page values (?, '', ?)", [*self._own_pages()])

    def hashes(self) -> dict[tuple[str, str], str]:
        """What tells whether a page changed, by kind and id."""
        rows = self._connection.execute("select kind, page_id, md5(data) from page").fetchall()
        return {(kind, page_id): digest for kind, page_id, digest in rows}

    def data(self, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        """Kind, id and JSON of these pages."""
        self._connection.execute("create or replace temp table wanted (kind varchar, id varchar)")
        if wanted:
            kinds, ids = zip(*wanted, strict=True)
            self._connection.execute(
                "insert into wanted select unnest(?), unnest(?)", [list(kinds), list(ids)]
            )
        cursor = self._connection.execute(
            "select page.kind, page.page_id, page.data from page join wanted "
            "on wanted.kind = page.kind and wanted.id = page.page_id "
            "order by page.kind, page.page_id"
        )
        while rows := cursor.fetchmany(200):
            yield from rows

    def _own_pages(self) -> Iterator[tuple[str, str]]:
        """What needs no query of its own: the list of gemeenten, and the method."""
        towns = sorted(
            ((_plain(place.name), place) for place in self.places if place.kind == "gemeente"),
            key=lambda each: each[0],
        )
        letters = [
            (letter, [{"code": place.code, "name": place.name} for _, place in group])
            for letter, group in groupby(towns, key=lambda each: each[0][:1].upper() or "#")
        ]
        yield "areas", json.dumps({"letters": letters})
        rates = (TEMPLATES / "error_rates.toml").read_text(encoding="utf-8")
        yield "method", json.dumps({**tomllib.loads(rates), "test": kept_test(self._warehouse)})


def _plain(name: str) -> str:
    """As a Dutch list sorts it: `'s-Gravenhage` under the S... of its first letter."""
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in letters if c.isalnum() or c == " ").strip()


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")
