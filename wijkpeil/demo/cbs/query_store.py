"""The figures behind the stand-in: every entity set a table in one in-memory DuckDB."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from wijkpeil.demo.cbs.observations import generated, given, unpivoted
from wijkpeil.demo.cbs.odata import BadQuery, Filterable, Query, quoted, where
from wijkpeil.demo.cbs.table import Row, StandInTable, dimension_keys
from wijkpeil.demo.cbs.v4_table import StandInV4Table, as_v4

_DATATYPES = {"Long": "BIGINT", "Integer": "BIGINT", "Double": "DOUBLE", "Float": "DOUBLE"}
_V4_FUNCTIONS = ("startswith", "contains")
_GROUP_COLUMNS: dict[str, list[Any]] = {
    name: [] for name in ("ID", "DimensionKey", "Title", "Description", "ParentID")
}
_CATALOG_FIELDS = (
    *("Identifier", "Title", "Description", "Status", "DatasetType", "Language", "Catalog"),
    *("Modified", "ReleaseDate", "ObservationsModified", "ObservationCount", "Version"),
)


@dataclass(frozen=True)
class EntitySet:
    """One set of a table: where it is kept, its columns with the SQL that serves each, and what
    a filter may test. Its rows are numbered from 0 by `#` and kept in that order."""

    relation: str
    columns: Mapping[str, str]
    filterable: Filterable


class Page(NamedTuple):
    """Rows as JSON objects, and the number of the row that begins the next page."""

    rows: list[str]
    next_start: int | None


class Store:
    """The tables being served; safe to use from many threads. What is of v4 is made when it is
    asked for the first time."""

    def __init__(self, tables: Iterable[StandInTable | StandInV4Table], *, v4_url: str) -> None:
        self._database = duckdb.connect()
        self._v4_url = v4_url
        self._schemas = (quoted(f"v{number}") for number in count())
        self._lock = threading.RLock()
        self._tables: dict[str, StandInTable | StandInV4Table] = {}
        self._sets: dict[str, dict[str, EntitySet]] = {}
        self._observations: dict[str, EntitySet] = {}
        self._v4_sets: dict[str, dict[str, EntitySet]] = {}
        self._v4_catalog: EntitySet | None = None
        for table in tables:
            self._load(table)
        self._catalog = self._list_tables()

    def close(self) -> None:
        """Let go of the figures."""
        self._database.close()

    def replace(self, table: StandInTable | StandInV4Table) -> None:
        """Serve `table` from now on, in place of the one with its id or as a new one; a request
        under way is still answered from the old one."""
        with self._lock:
            self._load(table)
            self._catalog = self._list_tables()

    def remove(self, cbs_id: str) -> None:
        """Serve this table no longer; KeyError where it is not served."""
        with self._lock:
            del self._tables[cbs_id]
            self._forget(cbs_id)
            self._catalog = self._list_tables()

    def touch(self, cbs_ids: Iterable[str], modified: str) -> None:
        """Say from now on that the tables are `modified`; the figures stay as they are."""
        with self._lock:
            for cbs_id in cbs_ids:
                table = self._tables[cbs_id] = self._tables[cbs_id].touched(modified)
                self._v4_sets.pop(cbs_id, None)
                if isinstance(table, StandInTable):
                    infos = self._metadata("TableInfos", [table.served_table_infos])
                    self._sets[cbs_id] = {**self._sets[cbs_id], "TableInfos": infos}
            self._v4_catalog = None
            self._catalog = self._list_tables()

    @property
    def cbs_ids(self) -> list[str]:
        """The tables being served."""
        return list(self._tables)

    @property
    def catalog(self) -> EntitySet:
        """The v3 catalog of all tables."""
        return self._catalog

    @property
    def v4_catalog(self) -> EntitySet:
        """The v4 catalog of all tables."""
        with self._lock:
            if self._v4_catalog is None:
                rows = [self.v4_properties(cbs_id) for cbs_id in self._tables]
                listed = [
                    {name: row.get(name, row.get("Modified")) for name in _CATALOG_FIELDS}
                    for row in rows
                ]
                self._v4_catalog = self._metadata("Datasets", listed, functions=_V4_FUNCTIONS)
            return self._v4_catalog

    def entity_sets(self, cbs_id: str) -> dict[str, EntitySet] | None:
        """The v3 sets of a table by name, in CBS's order; None where there is no such table."""
        return self._sets.get(cbs_id)

    def v4_sets(self, cbs_id: str) -> dict[str, EntitySet] | None:
        """The v4 sets of a table by name, Properties and Observations aside; None where there is
        no such table."""
        with self._lock:
            if cbs_id in self._tables and cbs_id not in self._v4_sets:
                self._v4_sets[cbs_id] = self._load_v4(cbs_id)
            return self._v4_sets.get(cbs_id)

    def v4_properties(self, cbs_id: str) -> dict[str, Any]:
        """The properties of a table that is served, with the count of its observations."""
        with self._lock:
            table = self._v4_table(cbs_id)
            if "ObservationCount" in table.properties and table.observations is None:
                return dict(table.properties)
            counted = self.count(self.observations(cbs_id), Query.of({}))
            return {**table.properties, "ObservationCount": counted}

    def observations(self, cbs_id: str) -> EntitySet:
        """The cells of a table, one a row; empty ones are left out."""
        with self._lock:
            if cbs_id not in self._observations:
                self._observations[cbs_id] = self._load_observations(cbs_id)
            return self._observations[cbs_id]

    def count(self, entities: EntitySet, query: Query) -> int:
        """How many rows the filter leaves."""
        condition, parameters = _condition(entities, query)
        sql = f"select count(*) from {entities.relation} where {condition}"
        return int(self._rows(sql, parameters)[0][0])

    def page(self, entities: EntitySet, query: Query, *, limit: int) -> Page:
        """At most `limit` rows from the start and skip of the query on.

        No row before the start is looked at; without a filter, none after the page either.
        """
        condition, parameters = _condition(entities, query)
        chosen = query.select or tuple(entities.columns)
        for name in chosen:
            if name not in entities.columns:
                raise BadQuery(f"Could not find a property named '{name}'.")
        shown = ", ".join(f"{quoted(name)} := {entities.columns[name]}" for name in chosen)
        start, skip = query.start, query.skip
        rows_of_the_page = f'"#" >= {start} and {condition}'
        if query.filter is None:
            start, skip = start + skip, 0
            rows_of_the_page = f'"#" between {start} and {start + limit}'
        sql = (
            'select "#", to_json(stand_in_row)::varchar '
            f'from (select "#", struct_pack({shown}) as stand_in_row from {entities.relation} '
            f"where {rows_of_the_page} limit {limit + 1} offset {skip})"
        )
        found = self._rows(sql, parameters)
        next_start = int(found[limit][0]) if len(found) > limit else None
        return Page([str(row[1]) for row in found[:limit]], next_start)

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._database.cursor() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    def _load(self, table: StandInTable | StandInV4Table) -> None:
        self._forget(table.cbs_id)
        self._tables[table.cbs_id] = table
        if isinstance(table, StandInV4Table):
            return
        dimensions = dimension_keys(table.data_properties)
        figures = self._figures(table, dimensions)
        properties = [
            {key: value for key, value in row.items() if key != "MeasureCode"}
            for row in table.data_properties
        ]
        self._sets[table.cbs_id] = {
            "TableInfos": self._metadata("TableInfos", [table.served_table_infos]),
            "UntypedDataSet": EntitySet(
                figures.relation,
                self._as_text(figures, table, dimensions),
                figures.filterable,
            ),
            "TypedDataSet": figures,
            "DataProperties": self._metadata("DataProperties", properties),
            "CategoryGroups": self._metadata("CategoryGroups", table.category_groups),
            **{key: self._metadata(key, table.code_lists[key]) for key in dimensions},
        }

    def _forget(self, cbs_id: str) -> None:
        """Drop what was made of a table."""
        for made in (self._sets, self._observations, self._v4_sets):
            made.pop(cbs_id, None)
        self._v4_catalog = None

    def _list_tables(self) -> EntitySet:
        records = []
        for cbs_id, sets in self._sets.items():
            table, figures = self._tables[cbs_id], sets["TypedDataSet"]
            rows = self._rows(f"select count(*) from {figures.relation}")[0][0]
            counts = {"RecordCount": rows, "ColumnCount": len(figures.columns) - 1}
            infos = table.table_infos if isinstance(table, StandInTable) else {}
            records.append({**infos, **counts, "Identifier": cbs_id})
        return self._metadata("Tables", records)

    def _v4_table(self, cbs_id: str) -> StandInV4Table:
        table = self._tables[cbs_id]
        return table if isinstance(table, StandInV4Table) else as_v4(table)

    def _load_v4(self, cbs_id: str) -> dict[str, EntitySet]:
        table, root = self._v4_table(cbs_id), f"{self._v4_url}/CBS/{cbs_id}"
        rows: dict[str, Sequence[Row]] = {
            "Dimensions": [
                {**row, "CodesUrl": f"{root}/{row['Identifier']}Codes"}
                if "ContainsCodes" in row
                else row
                for row in table.dimensions
            ],
            "MeasureCodes": table.measure_codes,
        }
        if table.measure_groups:
            rows["MeasureGroups"] = table.measure_groups
        rows |= {f"{name}Codes": codes for name, codes in table.code_lists.items()}
        rows |= {f"{name}Groups": groups for name, groups in table.dimension_groups.items()}
        return {
            name: self._metadata(name, kept, functions=_V4_FUNCTIONS) for name, kept in rows.items()
        }

    def _load_observations(self, cbs_id: str) -> EntitySet:
        table, relation = self._tables[cbs_id], self._new_relation("Observations")
        dimensions = self._v4_table(cbs_id).dimension_names
        with self._database.cursor() as cursor:
            if isinstance(table, StandInTable):
                figures = self._sets[cbs_id]["TypedDataSet"].relation
                unpivoted(cursor, relation, table, figures, dimensions)
            elif table.observations is None:
                generated(cursor, relation, table)
            else:
                given(cursor, relation, table, table.observations)
        tested = ("Id", "Measure", "ValueAttribute", *dimensions)
        columns = {"Id": '"#"', **{key: quoted(key) for key in self._described(relation)}}
        allowed = Filterable(columns, tested, tested, functions=_V4_FUNCTIONS, is_strict=True)
        return EntitySet(relation, columns, allowed)

    def _new_relation(self, name: str) -> str:
        schema = next(self._schemas)
        self._database.execute(f"create schema {schema}")
        return f"{schema}.{quoted(name)}"

    def _metadata(
        self,
        name: str,
        rows: Sequence[Row],
        *,
        functions: Sequence[str] = ("startswith", "substringof"),
    ) -> EntitySet:
        keys = {key: None for row in rows for key in row}
        columns = {key: [row.get(key) for row in rows] for key in keys} or _GROUP_COLUMNS
        relation = self._new_relation(name)
        kinds = {key: _kind_of(values) for key, values in columns.items()}
        self._keep(relation, columns, kinds)
        every = frozenset(columns)
        return EntitySet(
            relation,
            {key: quoted(key) for key in columns},
            Filterable(every, every, every, functions=functions),
        )

    def _figures(self, table: StandInTable, dimensions: list[str]) -> EntitySet:
        relation = self._new_relation("TypedDataSet")
        if isinstance(table.data, Path):
            self._copy(relation, table.data)
        else:
            kinds = {
                str(row["Key"]): _DATATYPES.get(str(row.get("Datatype")), "VARCHAR")
                for row in table.data_properties
                if row["Key"]
            }
            columns = {key: [row.get(key) for row in table.data] for key in kinds}
            numbers = list(range(len(table.data)))
            self._keep(relation, {"ID": numbers, **columns}, {"ID": "INTEGER", **kinds})
        columns_kept = self._described(relation)
        times = [str(r["Key"]) for r in table.data_properties if r["Type"] == "TimeDimension"]
        return EntitySet(
            relation,
            {column: quoted(column) for column in columns_kept},
            Filterable(frozenset(columns_kept), frozenset(dimensions), frozenset(times)),
        )

    def _copy(self, relation: str, path: Path) -> None:
        """Keep a parquet file in its own order; rows without an ID are counted from 0."""
        with self._database.cursor() as cursor:
            cursor.execute("select * from read_parquet(?) limit 0", [str(path)])
            described = {str(column[0]): str(column[1]) for column in cursor.description}
        number = "" if "ID" in described else 'file_row_number as "ID", '
        columns = ", ".join(_finite(name, kind) for name, kind in described.items())
        self._database.execute(
            f'create table {relation} as select file_row_number as "#", {number}{columns} '
            "from read_parquet(?, file_row_number => true)",
            [str(path)],
        )

    def _keep(
        self, relation: str, columns: Mapping[str, list[Any]], kinds: Mapping[str, str]
    ) -> None:
        length = max((len(values) for values in columns.values()), default=0)
        given = [_parameter(values, kinds[key]) for key, values in columns.items()]
        parts = ", ".join(
            f"unnest({sql}) as {quoted(key)}" for key, (sql, _) in zip(columns, given, strict=True)
        )
        shown = ", ".join(_finite(key, kinds[key]) for key in columns)
        self._database.execute(
            f'create table {relation} as select "#", {shown} '
            f'from (select unnest(range(?::bigint)) as "#", {parts})',
            [length, *(value for _, value in given)],
        )

    def _described(self, relation: str) -> dict[str, str]:
        rows = self._rows(f"describe {relation}")
        return {str(row[0]): str(row[1]) for row in rows if row[0] != "#"}

    def _as_text(
        self, figures: EntitySet, table: StandInTable, dimensions: list[str]
    ) -> dict[str, str]:
        """The SQL of the untyped set: numbers as right-aligned text, missing as a dot or the sign
        that the table has for the row."""
        decimals = {str(row["Key"]): row.get("Decimals") or 0 for row in table.data_properties}
        columns = {}
        for column, kind in self._described(figures.relation).items():
            name = quoted(column)
            if column == "ID" or column in dimensions:
                columns[column] = name
            elif kind == "VARCHAR":
                columns[column] = f"coalesce({name}, {_sign(table, 10)})"
            else:
                shape = f"%8.{decimals.get(column, 0)}f"
                columns[column] = f"coalesce(printf('{shape}', {name}::double), {_sign(table, 8)})"
        return columns


def _parameter(values: list[Any], kind: str) -> tuple[str, Any]:
    """The SQL that takes a list in, and what is given for it. Numbers go in as JSON, which is read
    far faster; JSON knows no NaN."""
    if kind in ("BIGINT", "DOUBLE") and set(map(type, values)) <= {int, float, type(None)}:
        with suppress(ValueError):
            text = json.dumps(values, allow_nan=False)
            return f"""from_json(?::json, '["DOUBLE"]')::{kind}[]""", text
    return f"?::{kind}[]", values


def _finite(name: str, kind: str) -> str:
    """The SQL of a column in which what is no number is null."""
    column = quoted(name)
    if kind.upper() not in ("DOUBLE", "FLOAT"):
        return column
    return f"case when isfinite({column}) then {column} end as {column}"


def _sign(table: StandInTable, width: int) -> str:
    """The SQL of what stands in an empty cell, right-aligned."""
    cases = "".join(
        f" when {' and '.join(f'trim({quoted(k)}) = {_literal(c)}' for k, c in chosen.items())} "
        f"then {_literal(sign.rjust(width))}"
        for chosen, sign in table.signs
    )
    dot = _literal(".".rjust(width))
    return f"case{cases} else {dot} end" if cases else dot


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _condition(entities: EntitySet, query: Query) -> tuple[str, list[str]]:
    return ("true", []) if query.filter is None else where(query.filter, entities.filterable)


def _kind_of(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return "BOOLEAN"
    if kinds and kinds <= {int}:
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"
