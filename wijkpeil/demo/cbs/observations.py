"""The observations of OData v4 made in DuckDB: one row a cell, numbered from 0 by `#`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import duckdb

from wijkpeil.demo.cbs.odata import quoted
from wijkpeil.demo.cbs.table import Row, StandInTable
from wijkpeil.demo.cbs.v4_table import StandInV4Table, measure_code, topic_rows


def unpivoted(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    table: StandInTable,
    figures: str,
    dimensions: Sequence[str],
) -> None:
    """Make `relation` of the wide rows in `figures`: row by row, topics in their order, codes as
    v4 writes them. A cell is left out where it is empty and has no attribute of its own."""
    columns = {str(row["Key"]): row for row in topic_rows(table)}
    texts = [key for key, row in columns.items() if row.get("Datatype") == "String"]
    numbers = [key for key in columns if key not in texts]
    width = table.v4_code_width
    codes = ", ".join(
        f"{_padded(f'trim({quoted(name)})', width)} as {quoted(name)}" for name in dimensions
    )
    database.execute("create or replace temp table measure (position int, key text, code text)")
    database.execute(
        "insert into measure select unnest(range(?::int)), unnest(?::text[]), unnest(?::text[])",
        [len(columns), list(columns), [measure_code(row) for row in columns.values()]],
    )
    halves = [
        _long_rows(figures, codes, keys, kind=kind, keeps_null=bool(table.cell_attributes))
        for keys, kind in ((numbers, "double"), (texts, "varchar"))
        if keys
    ]
    names = ", ".join(quoted(name) for name in dimensions)
    database.execute(
        f"create or replace temp table cell as select stand_in_number, position, "
        f'measure.code as "Measure", \'None\' as "ValueAttribute", '
        f'stand_in_double as "Value", stand_in_varchar as "StringValue", {names} '
        f"from ({' union all by name '.join(halves)}) join measure on key = stand_in_key"
    )
    for chosen, attribute in table.cell_attributes:
        tests = " and ".join(f"trim({quoted(name)}) = ?" for name in chosen)
        database.execute(
            f'update cell set "ValueAttribute" = ? where {tests or "true"}',
            [attribute, *chosen.values()],
        )
    database.execute(
        f'create table {relation} as select row_number() over () - 1 as "#", * from ('
        "select * exclude (stand_in_number, position) from cell "
        """where "Value" is not null or "StringValue" is not null or "ValueAttribute" <> 'None' """
        "order by stand_in_number, position)"
    )
    database.execute("drop table cell; drop table measure")


def generated(database: duckdb.DuckDBPyConnection, relation: str, table: StandInV4Table) -> None:
    """Make `relation` of invented figures: some of all possible cells, as many as the table's
    ObservationCount."""
    lists = {
        name: [str(row["Identifier"]) for row in table.code_lists[name]]
        for name in table.dimension_names
    }
    measures = [str(row["Identifier"]) for row in table.measure_codes]
    possible = math.prod((len(measures), *(len(codes) for codes in lists.values())))
    wanted = min(possible, int(table.properties.get("ObservationCount", possible)))
    step = next(n for n in range(7919, 7919 + possible + 2) if math.gcd(n, possible) == 1)
    sources = ", ".join(
        f"(select unnest(?::varchar[]) as {quoted(name)}, "
        f"unnest(range({len(codes)})) as {quoted(f'at {name}')})"
        for name, codes in lists.items()
    )
    place = " + ".join(
        f"{quoted(f'at {name}')} * {math.prod(len(c) for c in list(lists.values())[at + 1 :])}"
        for at, name in enumerate(lists)
    )
    names = ", ".join(quoted(name) for name in lists)
    database.execute(
        f'create table {relation} as select row_number() over (order by cell) - 1 as "#", '
        '"Measure", \'None\' as "ValueAttribute", '
        "case when decimals > 0 then cell * 37 % 1009 / 10 else cell * 37 % 10007 end::double "
        f'as "Value", null::varchar as "StringValue", {names} '
        f"from (select *, (({place}) * {len(measures)} + measure_at)::bigint as cell "
        f"from {sources}, "
        '(select unnest(?::varchar[]) as "Measure", unnest(?::int[]) as decimals, '
        f"unnest(range({len(measures)})) as measure_at)) "
        f"where cell * {step} % {possible} < {wanted}",
        [
            *lists.values(),
            measures,
            [int(row.get("Decimals") or 0) for row in table.measure_codes],
        ],
    )


def given(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    table: StandInV4Table,
    observations: Path | Sequence[Row],
) -> None:
    """Make `relation` of observations as they are given, in their order."""
    names = ["Measure", "ValueAttribute", "Value", "StringValue", *table.dimension_names]
    kinds = {name: "DOUBLE" if name == "Value" else "VARCHAR" for name in names}
    parameters: list[object]
    if isinstance(observations, Path):
        database.execute("select * from read_parquet(?) limit 0", [str(observations)])
        present = {column[0] for column in database.description}
        columns = [quoted(name) if name in present else _default(name) for name in names]
        number, source = "file_row_number", "read_parquet(?, file_row_number => true)"
        parameters = [str(observations)]
    else:
        columns = [f"unnest(?::{kinds[name]}[])" for name in names]
        number, source = "unnest(range(?::bigint))", "(select 1)"
        usual = {"ValueAttribute": "None"}
        parameters = [len(observations)]
        parameters += [[row.get(n, usual.get(n)) for row in observations] for n in names]
    shown = ", ".join(f"{sql} as {quoted(n)}" for n, sql in zip(names, columns, strict=True))
    database.execute(
        f'create table {relation} as select {number} as "#", {shown} from {source}', parameters
    )


def _default(name: str) -> str:
    return {"ValueAttribute": "'None'", "Value": "null::double"}.get(name, "null::varchar")


def _long_rows(
    figures: str, codes: str, keys: Sequence[str], *, kind: str, keeps_null: bool
) -> str:
    columns = ", ".join(f"{quoted(key)}::{kind} as {quoted(key)}" for key in keys)
    listed = ", ".join(quoted(key) for key in keys)
    nulls = "include nulls " if keeps_null else ""
    other = "varchar" if kind == "double" else "double"
    return (
        f"select *, null::{other} as stand_in_{other} from ("
        f'from (select "#" as stand_in_number, {codes}, {columns} from {figures}) '
        f"unpivot {nulls}(stand_in_{kind} for stand_in_key in ({listed})))"
    )


def _padded(sql: str, width: int) -> str:
    return f"rpad({sql}, greatest({width}, length({sql}))::int, ' ')" if width else sql
