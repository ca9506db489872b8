"""The figures behind the stand-in: every entity set a table in one in-memory DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from flows.demo.odata import BadQuery, Query, quoted, where
from flows.demo.tables import Row, StandInTable, dimension_keys

_DATATYPES = {"Long": "BIGINT", "Integer": "BIGINT", "Double": "DOUBLE", "Float": "DOUBLE"}
_GROUP_COLUMNS: dict[str, list[Any]] = {
    name: [] for name in ("ID", "DimensionKey", "Title", "Description", "ParentID")
}


@dataclass(frozen=True)
class EntitySet:
    """One set of a table: where it is kept, its columns with the SQL that serves each, and the
    columns on which a filter works (`applied`) and on which an order test works (`ordered`)."""

    relation: str
    columns: Mapping[str, str]
    applied: frozenset[str]
    ordered: frozenset[str]


class Store:
    """The tables being served; safe to use from many threads."""

    def __init__(self, tables: Iterable[StandInTable]) -> None:
        self._database = duckdb.connect()
        self._schemas = (quoted(f"v{number}") for number in count())
        self._lock = threading.Lock()
        self._tables: dict[str, StandInTable] = {}
        self._sets: dict[str, dict[str, EntitySet]] = {}
        for table in tables:
            self._load(table)
        self._catalog = self._list_tables()

    def close(self) -> None:
        """Let go of the figures."""
        self._database.close()

    def replace(self, table: StandInTable) -> None:
        """Serve `table` from now on, in place of the one with its id or as a new one; a request
        under way is still answered from the old one."""
        with self._lock:
            self._load(table)
            self._catalog = self._list_tables()

    @property
    def catalog(self) -> EntitySet:
        """The catalog of all tables."""
        return self._catalog

    def entity_sets(self, cbs_id: str) -> dict[str, EntitySet] | None:
        """The sets of a table by name, in CBS's order; None where there is no such table."""
        return self._sets.get(cbs_id)

    def count(self, entities: EntitySet, query: Query) -> int:
        """How many rows the filter leaves."""
        condition, parameters = _condition(entities, query)
        sql = f"select count(*) from {entities.relation} where {condition}"
        return int(self._rows(sql, parameters)[0][0])

    def page(self, entities: EntitySet, query: Query, *, limit: int) -> tuple[list[str], bool]:
        """At most `limit` rows as JSON objects, and whether there are more after them."""
        condition, parameters = _condition(entities, query)
        chosen = query.select or tuple(entities.columns)
        for name in chosen:
            if name not in entities.columns:
                raise BadQuery(f"Could not find a property named '{name}'.")
        columns = ", ".join(f"{entities.columns[name]} as {quoted(name)}" for name in chosen)
        sql = (
            f"select to_json(stand_in_row)::varchar from (select {columns} "
            f'from {entities.relation} where {condition} order by "#" '
            f"limit {limit + 1} offset {query.skip}) as stand_in_row"
        )
        rows = [str(row[0]) for row in self._rows(sql, parameters)]
        return rows[:limit], len(rows) > limit

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._database.cursor() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    def _load(self, table: StandInTable) -> None:
        schema = self._new_schema()
        dimensions = dimension_keys(table.data_properties)
        figures = self._figures(schema, table, dimensions)
        self._sets[table.cbs_id] = {
            "TableInfos": self._metadata(schema, "TableInfos", [table.served_table_infos]),
            "UntypedDataSet": EntitySet(
                figures.relation,
                self._as_text(figures, table, dimensions),
                figures.applied,
                figures.ordered,
            ),
            "TypedDataSet": figures,
            "DataProperties": self._metadata(schema, "DataProperties", table.data_properties),
            "CategoryGroups": self._metadata(schema, "CategoryGroups", table.category_groups),
            **{key: self._metadata(schema, key, table.code_lists[key]) for key in dimensions},
        }
        self._tables[table.cbs_id] = table

    def _list_tables(self) -> EntitySet:
        records = []
        for cbs_id, table in self._tables.items():
            figures = self._sets[cbs_id]["TypedDataSet"]
            rows = self._rows(f"select count(*) from {figures.relation}")[0][0]
            counts = {"RecordCount": rows, "ColumnCount": len(figures.columns) - 1}
            records.append({**table.table_infos, **counts, "Identifier": cbs_id})
        return self._metadata(self._new_schema(), "Tables", records)

    def _new_schema(self) -> str:
        schema = next(self._schemas)
        self._database.execute(f"create schema {schema}")
        return schema

    def _metadata(self, schema: str, name: str, rows: Sequence[Row]) -> EntitySet:
        keys = {key: None for row in rows for key in row}
        columns = {key: [row.get(key) for row in rows] for key in keys} or _GROUP_COLUMNS
        relation = f"{schema}.{quoted(name)}"
        kinds = {key: _kind_of(values) for key, values in columns.items()}
        self._keep(relation, columns, kinds)
        every = frozenset(columns)
        return EntitySet(relation, {key: quoted(key) for key in columns}, every, every)

    def _figures(self, schema: str, table: StandInTable, dimensions: list[str]) -> EntitySet:
        relation = f"{schema}.{quoted('TypedDataSet')}"
        if isinstance(table.data, Path):
            self._database.execute(
                f'create table {relation} as select row_number() over () as "#", * '
                "from read_parquet(?)",
                [str(table.data)],
            )
        else:
            kinds = {
                str(row["Key"]): _DATATYPES.get(str(row.get("Datatype")), "VARCHAR")
                for row in table.data_properties
                if row["Key"]
            }
            columns = {key: [row.get(key) for row in table.data] for key in kinds}
            numbers = list(range(len(table.data)))
            self._keep(relation, {"ID": numbers, **columns}, {"ID": "INTEGER", **kinds})
        for column, kind in self._described(relation).items():
            if kind in ("DOUBLE", "FLOAT"):
                name = quoted(column)
                self._database.execute(
                    f"update {relation} set {name} = null where not isfinite({name})"
                )
        return EntitySet(
            relation,
            {column: quoted(column) for column in self._described(relation)},
            applied=frozenset(dimensions),
            ordered=frozenset(
                str(row["Key"]) for row in table.data_properties if row["Type"] == "TimeDimension"
            ),
        )

    def _keep(
        self, relation: str, columns: Mapping[str, list[Any]], kinds: Mapping[str, str]
    ) -> None:
        length = max((len(values) for values in columns.values()), default=0)
        parts = ['unnest(range(?::bigint)) as "#"']
        parts += [f"unnest(?::{kinds[key]}[]) as {quoted(key)}" for key in columns]
        self._database.execute(
            f"create table {relation} as select {', '.join(parts)}", [length, *columns.values()]
        )

    def _described(self, relation: str) -> dict[str, str]:
        rows = self._rows(f"describe {relation}")
        return {str(row[0]): str(row[1]) for row in rows if row[0] != "#"}

    def _as_text(
        self, figures: EntitySet, table: StandInTable, dimensions: list[str]
    ) -> dict[str, str]:
        """The SQL of the untyped set: numbers as right-aligned text, missing as a dot."""
        decimals = {str(row["Key"]): row.get("Decimals") or 0 for row in table.data_properties}
        columns = {}
        for column, kind in self._described(figures.relation).items():
            name = quoted(column)
            if column == "ID" or column in dimensions:
                columns[column] = name
            elif kind == "VARCHAR":
                columns[column] = f"coalesce({name}, '         .')"
            else:
                shape = f"%8.{decimals.get(column, 0)}f"
                columns[column] = f"coalesce(printf('{shape}', {name}::double), '       .')"
        return columns


def _condition(entities: EntitySet, query: Query) -> tuple[str, list[str]]:
    if query.filter is None:
        return "true", []
    return where(
        query.filter,
        columns=entities.columns.keys(),
        applied=entities.applied,
        ordered=entities.ordered,
    )


def _kind_of(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return "BOOLEAN"
    if kinds and kinds <= {int}:
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"
