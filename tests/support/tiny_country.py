"""A country of a few places in memory, through the project's own SQL: lists of areas, two counts, a
rate and a mean of each place, and the addresses that two years have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import Model, in_order, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences

# from year, to year, from buurt, to buurt, addresses
Pair = tuple[int, int, str, str, int]
WANTED = frozenset({"core.observation", "core.benchmark", "marts.comparability"})
COLUMNS = {"inwoners": "Inwoners_1", "bijstand_persons": "Bijstand_2", "woz": "Woz_3"}
FLAG = "Indelingswijziging_4"


class Place(NamedTuple):
    """A wijk or buurt in the list of one year: CBS's flag of change, and its figures."""

    code: str
    name: str
    flag: int
    inwoners: int
    bijstand: int = 0
    woz: int = 200


class Member(NamedTuple):
    """A part of an area of the programme `proef`."""

    area_id: str
    code: str
    year: int


def make_country(
    lists: Mapping[int, Iterable[Place]],
    pairs: Iterable[Pair] = (),
    members: Iterable[Member] = (),
    *,
    beside: Iterable[str] = (),
    wanted: Collection[str] = WANTED,
) -> duckdb.DuckDBPyConnection:
    """The tables that the SQL makes of these lists. Gemeenten and the land are sums of wijken.

    `beside` are statements that add to the catalog and to what was received, or spoil it.
    """
    # for so few rows a second thread costs more than it does
    connection = duckdb.connect(config={"threads": 1})
    create_given(connection)
    _insert(connection, "catalog.restating", [("inwoners", 0.98, 0.25, 0.05, 0.1)])
    _insert(
        connection,
        "catalog.indicator",
        [
            _indicator("inwoners", "sum", None, 0),
            _indicator("bijstand_persons", "sum", None, 0),
            _indicator("bijstand_per_1000", "rate", "inwoners", -1),
            _indicator("woz", "weighted_mean", "inwoners", 1),
        ],
    )
    _insert(
        connection,
        "catalog.rate",
        [("bijstand_per_1000", "bijstand_persons", "inwoners", 1000, "register")],
    )
    for year, places in lists.items():
        _load_list(connection, year, [*places])
    _load_addresses(connection, [*pairs])
    _load_members(connection, [*members])
    for statement in beside:
        connection.execute(statement)
    make_macros(connection, SQL)
    make_sentences(connection)
    run_models(connection, needed_models(frozenset(wanted)))
    return connection


@cache
def needed_models(wanted: frozenset[str] = WANTED) -> tuple[Model, ...]:
    """The SQL that the wanted tables need, in order."""
    ordered = in_order(read_models(SQL), GIVEN)
    needed = set(wanted)
    for model in reversed(ordered):
        if model.name in needed:
            needed |= model.reads
    return tuple(model for model in ordered if model.name in needed)


def _indicator(name: str, aggregation: str, denominator: str | None, direction: int) -> Any:
    return {
        "indicator_id": name,
        "name_nl": name,
        "definition_nl": name,
        "theme": "liveability",
        "unit": "stuks",
        "decimals": 0,
        "direction": direction,
        "range_low": 0,
        "range_high": 1e9,
        "aggregation": aggregation,
        "denominator_id": denominator,
        "window_years": 5,
        "counts_with": name,
    }


def _load_list(connection: duckdb.DuckDBPyConnection, year: int, places: list[Place]) -> None:
    source = f"kwb_{year}"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    _insert(
        connection,
        "catalog.source",
        [
            {
                "source_id": source,
                "kind": "cbs",
                "publisher": "CBS",
                "cbs_id": source,
                "title_nl": source,
                "figures_year": year,
                "is_area_list": True,
                "is_provisional": False,
                "is_synthetic": True,
                "is_confirmed": True,
                "area_dimension": "Gebied",
                "change_column_key": FLAG,
            }
        ],
    )
    _insert(
        connection,
        "meta.source",
        [
            {
                "source_id": source,
                "title_nl": source,
                "publisher": "CBS",
                "snapshot_id": "1",
                "retrieved_at": now,
                "retrieved_on": now.date(),
                "checked_at": now,
                "max_age_days": 31,
                "is_synthetic": True,
            }
        ],
    )
    _insert(
        connection,
        "catalog.source_measure",
        [
            {
                "source_id": source,
                "indicator_id": indicator,
                "column_key": column,
                "category_key": "",
                "scale": 1.0,
                "absent_years": [],
            }
            for indicator, column in COLUMNS.items()
        ],
    )
    cells, codes = [], []
    for place in [*places, *_wholes(places)]:
        codes.append((source, "Gebied", place.code, place.name, None))
        texts = {
            FLAG: str(place.flag or "."),
            "Inwoners_1": str(place.inwoners),
            "Bijstand_2": str(place.bijstand),
            "Woz_3": str(place.woz),
        }
        cells += [
            (source, place.code.ljust(10), None, "", column, text, None)
            for column, text in texts.items()
        ]
    _insert(connection, "raw.cbs_cell", cells)
    _insert(
        connection,
        "raw.cbs_code",
        [(source, dimension, key.ljust(10), *rest) for source, dimension, key, *rest in codes],
    )


def _wholes(places: list[Place]) -> list[Place]:
    """The gemeenten and the land of these wijken."""
    inside = defaultdict(list)
    for place in places:
        if place.code.startswith("WK"):
            inside[f"GM{place.code[2:6]}"].append(place)
            inside["NL00"].append(place)
    return [
        Place(
            code,
            code,
            0,
            sum(part.inwoners for part in parts),
            sum(part.bijstand for part in parts),
        )
        for code, parts in inside.items()
    ]


def _load_addresses(connection: duckdb.DuckDBPyConnection, pairs: list[Pair]) -> None:
    _insert(connection, "raw.address_pair", pairs)
    counts: Counter[tuple[int, str]] = Counter()
    first = {from_year for from_year, *_ in pairs}
    for from_year, to_year, old, new, addresses in pairs:
        counts[from_year, old] += addresses
        if to_year not in first:
            counts[to_year, new] += addresses
    _insert(
        connection,
        "raw.address_count",
        [(year, f"addresses_{year}", code, total) for (year, code), total in counts.items()],
    )


def _load_members(connection: duckdb.DuckDBPyConnection, members: list[Member]) -> None:
    _insert(connection, "catalog.programme", [("proef", 1, "Proef", None, None, "programme")])
    _insert(
        connection,
        "catalog.programme_member",
        [
            ("proef", area_id, f"proef/{area_id}", area_id, f"GM{code[2:6]}", code)
            + ("wijk", year, 1.0, datetime(2007, 3, 22, tzinfo=UTC).date(), None)
            + ("confirmed", True, "test", None)
            for area_id, code, year in members
        ],
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Any]) -> None:
    if rows:
        named = f" ({', '.join(rows[0])})" if isinstance(rows[0], dict) else ""
        values = [[*row.values()] if named else row for row in rows]
        marks = ", ".join("?" for _ in rows[0])
        every = ", ".join(f"({marks})" for _ in rows)
        connection.execute(
            f"insert into {table}{named} values {every}", [*chain.from_iterable(values)]
        )
