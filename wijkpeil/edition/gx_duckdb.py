"""Great Expectations on a DuckDB file: the data source that GX lacks, and one way to run rules.

Importing this module costs 6-10 s, because GX does: import it where checks run, inside a function.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import duckdb
import sqlalchemy
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.sql.compiler import SQLCompiler

from wijkpeil.errors import WijkError, nearest

os.environ["GX_ANALYTICS_ENABLED"] = "false"

# GX reads the variable above while it is imported, hence these imports below it.
import great_expectations as gx
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.result_format import ResultFormat
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.exceptions.exceptions import (
    GreatExpectationsError,
    InvalidExpectationConfigurationError,
)
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation_configuration import (
    ExpectationConfiguration,
)
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import (
    list_registered_expectation_implementations,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

OWN_SQL = "unexpected_rows_expectation"

# GX ignores a row_condition when it lists the failing rows; the others change what it returns.
_REFUSED_KWARGS = ("row_condition", "condition_parser", "result_format", "catch_exceptions")

# What GX logs it also returns, and we report that; without a handler Python prints it on stderr.
logging.getLogger("great_expectations").addHandler(logging.NullHandler())


class _Compiler(PGCompiler):
    """Writes the values into the SQL where GX asks for SQL as a text.

    GX tries to do that itself, and for DuckDB's `$1` at times leaves the mark in the text.
    """

    def visit_bindparam(self, *args: Any, **options: Any) -> str:
        """A value where GX asks for `render_postcompile`, else a mark."""
        options["literal_binds"] = options.get("literal_binds") or options.get("render_postcompile")
        # SQLAlchemy leaves this method without types.
        return str(super().visit_bindparam(*args, **options))  # type: ignore[no-untyped-call]

    def render_literal_value(self, value: Any, type_: Any) -> str:
        """A value as SQL; a backslash is left single, since it means nothing in DuckDB's text."""
        return SQLCompiler.render_literal_value(self, value, type_)


class _Columns:
    """What GX asks of an inspector: of all tables that are checked at once, which takes as long as
    of one."""

    def __init__(self, engine: Engine) -> None:
        self.dialect = engine.dialect
        self.checked: Collection[str] = ()
        self._engine = engine
        self._known: Mapping[str, list[Any]] = {}

    def get_columns(self, table_name: str, schema: str | None = None) -> list[Any]:
        """Name and type of each column; raises KeyError where the table is not one of those."""
        if not self._known:
            found = sqlalchemy.inspect(self._engine).get_multi_columns(
                schema=schema, filter_names=[*self.checked], kind=ObjectKind.ANY
            )
            self._known = {table: columns for (_, table), columns in found.items()}
        return self._known[str(table_name)]

    def get_pk_constraint(self, **_: Any) -> dict[str, Any]:
        """Nothing: no rule asks whether a column is part of a key."""
        return {}


class DuckdbExecutionEngine(SqlAlchemyExecutionEngine):
    """Runs metrics on one connection, kept open: a DuckDB result dies with its connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # what GX asks of it are the names of column types
        self.dialect_module = postgresql
        self.engine.dialect.statement_compiler = _Compiler
        self._columns = _Columns(self.engine)

    def get_inspector(self) -> _Columns:
        """One for all tables; GX would make another for each."""
        return self._columns

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        """The one connection; after an error its transaction is rolled back, so the next works."""
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            self._connection.rollback()
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


_EngineClass = type[SqlAlchemyExecutionEngine]  # `type` is a field in the class below


class DuckdbDatasource(SQLDatasource):
    """One schema of a DuckDB file. Defining this class gives GX's data sources `add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]  # GX types it Literal["sql"]
    schema_name: str | None = None

    _EXTRA_EXCLUDED_EXEC_ENG_ARGS: ClassVar[set[str]] = {"schema_name"}

    @property
    def schema_(self) -> str | None:
        """The schema in which table assets are looked up."""
        return self.schema_name

    @property
    def execution_engine_type(self) -> _EngineClass:
        """The engine that keeps its connection."""
        return DuckdbExecutionEngine


@dataclass(frozen=True)
class Rule:
    """An expectation as GX takes it, and the columns that its kwargs name."""

    type: str
    kwargs: Mapping[str, Any]
    severity: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What GX found for one rule; with an `error` the rule was not evaluated at all.

    `rows_failed` is None for a rule about the table as a whole, of which `observed` tells what
    was found. `failing_rows` is the SQL that lists the failing rows, None where GX has none.
    """

    is_passed: bool = False
    rows_checked: int = 0
    rows_failed: int | None = None
    observed: Any = None
    failing_rows: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class _Table:
    """A table of the file: its columns in order, and its number of rows."""

    name: str
    columns: tuple[str, ...]
    rows: int


def evaluate(database: Path, suites: Mapping[str, Mapping[str, Rule]]) -> dict[str, Outcome]:
    """Run rules, given by table ("core.area") and check id, on a DuckDB file.

    Returns an outcome for every check id. The file is opened read-only and let go of again, and
    nothing is written anywhere. Raises duckdb.Error or WijkError where it cannot be opened.
    """
    tables = _tables(database, suites)
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
            store_backend_defaults=InMemoryStoreBackendDefaults(),
        ),
    )
    sources = {
        schema: context.data_sources.add_duckdb(
            name=schema,
            connection_string="duckdb://",
            schema_name=schema,
            # Not in the connection string, where `$`, `?` and `%` mean something.
            kwargs={"connect_args": {"database": str(database), "read_only": True}},
        )
        for schema in {name.partition(".")[0] for name in suites if name in tables}
    }
    try:
        for schema, source in sources.items():
            source.get_execution_engine().get_inspector().checked = [
                name.partition(".")[2] for name in suites if name.startswith(f"{schema}.")
            ]
        return _outcomes(sources, database, tables, suites)
    finally:
        for source in sources.values():
            source.get_execution_engine().close()
            source.get_engine().dispose()


def _outcomes(
    sources: Mapping[str, Any],
    database: Path,
    tables: Mapping[str, _Table],
    suites: Mapping[str, Mapping[str, Rule]],
) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for name, rules in suites.items():
        if name not in tables:
            error = f"{database} has no table {name}; nearest: {nearest(name, tables)}"
            outcomes |= dict.fromkeys(rules, Outcome(error=error))
            continue
        usable = []
        for check_id, rule in rules.items():
            try:
                usable.append(_expectation(check_id, rule, tables[name]))
            except ValueError as mistake:
                outcomes[check_id] = Outcome(error=str(mistake))
        try:
            results = _run(sources[name.partition(".")[0]], tables[name], usable)
        except ConnectionError as failure:
            raise WijkError(
                f"{database} cannot be opened for the checks ({_first_line(failure)}); close it "
                "where this program has it open, and run again."
            ) from failure
        except GreatExpectationsError as failure:
            outcomes |= dict.fromkeys(rules, Outcome(error=f"GX gave up: {_first_line(failure)}"))
            continue
        for result in results:
            check_id = result.expectation_config.meta["check_id"]
            outcomes[check_id] = _outcome(result, rules[check_id], tables[name])
    silent = Outcome(error="GX gave no result")
    return {id_: outcomes.get(id_, silent) for rules in suites.values() for id_ in rules}


def _tables(database: Path, wanted: Collection[str]) -> dict[str, _Table]:
    columns: dict[str, list[str]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, column in connection.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns "
            "where table_catalog = current_database() order by 1, ordinal_position"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        rows = dict.fromkeys(columns, 0)
        for table in columns.keys() & set(wanted):
            counted = connection.execute(f"select count(*) from {_quoted(table)}").fetchone()
            rows[table] = counted[0] if counted else 0
    return {name: _Table(name, tuple(columns[name]), rows[name]) for name in columns}


def _expectation(check_id: str, rule: Rule, table: _Table) -> Any:
    """GX's object for a rule; raises ValueError for what GX would refuse, drop or do otherwise.

    Made here and not by ExpectationSuite, which logs an unknown type and then leaves it out.
    """
    known = list_registered_expectation_implementations()
    if rule.type not in known:
        close = nearest(rule.type, known, count=3)
        raise ValueError(f"GX has no expectation type '{rule.type}'; nearest: {close}")
    if "_regex" in rule.type:
        # GX would write `~`, which in DuckDB matches the whole value: "does not match" would pass
        raise ValueError(f"a regex is not taken here; write it as {OWN_SQL}, with regexp_matches()")
    for column in rule.columns:
        if column not in table.columns:
            close = nearest(column, table.columns)
            raise ValueError(f"{table.name} has no column '{column}'; nearest: {close}")
    for key in _REFUSED_KWARGS:
        if key in rule.kwargs:
            raise ValueError(f"'{key}' is not taken here; write the rule as {OWN_SQL}")
    if rule.type == OWN_SQL and "{batch}" not in str(rule.kwargs.get("unexpected_rows_query")):
        raise ValueError("'unexpected_rows_query' must select from {batch}, which is the table")
    try:
        return ExpectationConfiguration(
            type=rule.type,
            kwargs=dict(rule.kwargs),
            severity=FailureSeverity(rule.severity),
            meta={"check_id": check_id},
        ).to_domain_obj()
    except InvalidExpectationConfigurationError as error:
        raise ValueError(_first_line(error)) from error
    except ValueError as error:  # what pydantic 1 raises; its errors() names the keys
        listed: list[dict[str, Any]] = getattr(error, "errors", list)()
        texts = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in listed]
        raise ValueError("; ".join(texts) or _first_line(error)) from error


def _run(source: Any, table: _Table, expectations: list[Any]) -> list[Any]:
    asset = source.add_table_asset(name=table.name, table_name=table.name.partition(".")[2])
    # asked for, since to define a batch GX writes out its whole configuration once more
    batch = asset.get_batch(asset.build_batch_request())
    validated = batch.validate(
        gx.ExpectationSuite(name=table.name, expectations=expectations),
        result_format={
            "result_format": ResultFormat.BASIC.value,
            "partial_unexpected_count": 0,
            "return_unexpected_index_query": True,
            "unexpected_index_column_names": list(table.columns),
        },
    )
    return list(validated.results)


def _outcome(result: ExpectationValidationResult, rule: Rule, table: _Table) -> Outcome:
    error = _error(result.exception_info)
    if error is not None or result.success is None:
        return Outcome(error=error or "GX gave no verdict")
    found = result.result
    rows_checked, rows_failed = table.rows, None
    if rule.type == OWN_SQL:
        rows_failed = found["observed_value"]
    elif "element_count" in found:
        rows_checked = found["element_count"] - (found.get("missing_count") or 0)
        rows_failed = found["unexpected_count"] or 0  # None where there is no row
    return Outcome(
        is_passed=result.success,
        rows_checked=rows_checked,
        rows_failed=rows_failed,
        observed=found.get("observed_value"),
        failing_rows=_failing_rows(rule, table, found) if rows_failed else None,
    )


def _error(info: Any) -> str | None:
    """The message in an exception_info, which is one record, or one for each metric that failed."""
    for record in [info] if "raised_exception" in info else info.values():
        if record["raised_exception"]:
            return _first_line(record["exception_message"])
    return None


def _failing_rows(rule: Rule, table: _Table, found: Mapping[str, Any]) -> str | None:
    if rule.type == OWN_SQL:
        query = str(rule.kwargs["unexpected_rows_query"]).format(batch=_quoted(table.name))
        return query.rstrip("; \t\r\n\v\f")
    if rule.type == "expect_compound_columns_to_be_unique":
        # GX's own SQL for this type joins the table to itself without a condition. As in GX's
        # count, a null in the key makes a row unlike any other.
        keys = [_quoted(column) for column in rule.columns]
        return (
            f"select * from {_quoted(table.name)} "
            f"where {' and '.join(f'{key} is not null' for key in keys)} "
            f"qualify count(*) over (partition by {', '.join(keys)}) > 1"
        )
    if "unexpected_index_query" not in found:
        return None
    # GX selects the columns of the table and then, a second time, those of the rule.
    columns = ", ".join(_quoted(column) for column in table.columns)
    again = "".join(f", again_{number}" for number in range(len(rule.columns)))
    query = found["unexpected_index_query"].rstrip("; \n")
    return f"select {columns} from ({query}) as failing({columns}{again})"


def _quoted(name: str) -> str:
    """A name, or `schema.table`, as an SQL identifier."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _first_line(message: object) -> str:
    return str(message).strip().split("\n")[0].rstrip(".")
