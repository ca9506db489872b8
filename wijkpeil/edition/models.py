"""The SQL kernel: a file's path is its table, a file is one SELECT, the order is found.

`sql/<layer>/**/<name>.sql` makes table `<layer>.<name>`; with `-- a view` as its second line it is
computed when read, since that costs less than to write it. `rule('<name>')` becomes a constant of
`sql/rule.toml`. What a file reads is found by parsing it; layers may only look left or at their
own; the first comment is the grain and becomes the table's COMMENT; columns take their COMMENT
from the glossary `sql/columns.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from wijkpeil.edition.rule import filled
from wijkpeil.errors import WijkError, nearest, sentence
from wijkpeil.text import literal, quoted

LAYERS = ("catalog", "meta", "raw", "staging", "core", "marts")
BUILT = ("staging", "core", "marts")
COMMENTED = ("core", "marts")
_VIEW = "-- a view"


@dataclass(frozen=True)
class Model:
    """One SQL file: the table it makes, what it reads, its grain."""

    path: Path
    name: str
    sql: str
    grain: str
    reads: frozenset[str]
    is_view: bool = False

    @property
    def layer(self) -> str:
        """The schema the table is in."""
        return self.name.split(".")[0]

    @property
    def kind(self) -> str:
        """What DuckDB calls it."""
        return "view" if self.is_view else "table"


def read_models(folder: Path, layers: Iterable[str] = BUILT) -> list[Model]:
    """Every SQL file of these layers; raises WijkError naming the file that is not one SELECT."""
    paths = sorted((layer, path) for layer in layers for path in (folder / layer).rglob("*.sql"))
    if not paths:
        raise WijkError(f"{folder} holds no SQL; run from the project's folder.")
    models: dict[str, Model] = {}
    for layer, path in paths:
        model = _read_model(path, layer, filled(path, folder))
        if model.name in models:
            raise WijkError(f"{models[model.name].path} and {path} both make {model.name}.")
        models[model.name] = model
    return list(models.values())


@cache
def _read_model(path: Path, layer: str, text: str) -> Model:
    # once per text: to parse all of them takes longer than to build a small edition
    # here, since it takes half a second, and a run that finds nothing new reads no SQL
    import sqlglot
    from sqlglot import expressions as exp
    from sqlglot.errors import ParseError, TokenError

    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("-- ") or len(first) < 10:
        raise WijkError(f"{path}: the first line must be a comment that states the grain.")
    try:
        statements = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except (ParseError, TokenError) as error:
        raise WijkError(f"{path} cannot be parsed: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query | exp.Pivot):
        raise WijkError(f"{path} must be one SELECT; it has {len(statements)} statements.")
    tree = statements[0]
    second = text.lstrip().partition("\n")[2]
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    reads = set()
    for table in tree.find_all(exp.Table):
        if table.db:
            reads.add(f"{table.db}.{table.name}")
        elif table.name and table.name not in ctes:
            raise WijkError(f"{path}: '{table.name}' has no schema; write <layer>.{table.name}.")
    return Model(
        path=path,
        name=f"{layer}.{path.stem}",
        sql=text.strip().rstrip(";"),
        grain=first.removeprefix("-- ").strip(),
        reads=frozenset(reads),
        is_view=second.startswith(_VIEW),
    )


def in_order(models: Iterable[Model], given: Iterable[str]) -> list[Model]:
    """The models, each after what it reads. `given` are the tables that stand before the SQL.

    Raises WijkError for an unknown table, a look to the right, or a circle: before anything runs.
    """
    by_name = {model.name: model for model in models}
    known = set(given) | set(by_name)
    for model in by_name.values():
        for table in sorted(model.reads):
            if table not in known:
                raise WijkError(
                    f"{model.path} reads {table}, which no file makes; "
                    f"nearest: {nearest(table, known)}."
                )
            if LAYERS.index(table.split(".")[0]) > LAYERS.index(model.layer):
                raise WijkError(
                    f"{model.path} reads {table}: a layer may only look left "
                    f"({' → '.join(LAYERS)})."
                )
    graph = {model.name: model.reads & by_name.keys() for model in by_name.values()}
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise WijkError(f"SQL files read each other in a circle: {circle}.") from error


def make_macros(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make the macros of `<folder>/macros.sql`, those that stay in the file in schema core."""
    connection.execute("create schema if not exists core")
    connection.execute(filled(folder / "macros.sql", folder))


def run_models(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> None:
    """Make each table; raises WijkError naming the file whose SQL fails."""
    for _ in making(connection, models):
        pass


def making(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> Iterator[Model]:
    """Make each table, and give each model when its table is there."""
    for model in models:
        try:
            connection.execute(f"create schema if not exists {model.layer}")
            connection.execute(f"create {model.kind} {model.name} as\n{model.sql}")
        except duckdb.Error as error:
            if sentence(error) is not None:  # the disk, not the SQL
                raise
            raise WijkError(f"{model.path} fails: {str(error).splitlines()[0]}") from error
        yield model


def comment_models(
    connection: duckdb.DuckDBPyConnection,
    models: Iterable[Model],
    glossary: Mapping[str, str],
    dynamic: Mapping[str, str],
) -> None:
    """COMMENT on every table and column of core and marts.

    `glossary` explains column names, `<table>.<column>` before `<column>`; `dynamic` explains
    columns that come from the catalog. A column without a meaning is a WijkError.
    """
    commented = [model for model in models if model.layer in COMMENTED]
    columns: dict[str, list[str]] = {model.name: [] for model in commented}
    # once for all tables: each time it is asked DuckDB looks through all columns of the file
    for table, column in connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and not internal"
    ).fetchall():
        columns.get(table, []).append(column)
    # together, since to write each on its own takes as long again
    connection.begin()
    for model in commented:
        connection.execute(f"comment on {model.kind} {model.name} is {literal(model.grain)}")
        for column in columns[model.name]:
            meaning = (
                glossary.get(f"{model.name}.{column}")
                or glossary.get(column)
                or dynamic.get(column)
            )
            if meaning is None:
                raise WijkError(
                    f"{model.path}: column '{column}' has no entry in sql/columns.toml; add one."
                )
            connection.execute(
                f"comment on column {model.name}.{quoted(column)} is {literal(meaning)}"
            )
    connection.commit()


def read_glossary(folder: Path) -> dict[str, str]:
    """`sql/columns.toml`: column name, or `table.column`, to its meaning and unit."""
    document = tomllib.loads(filled(folder / "columns.toml", folder))
    glossary: dict[str, str] = dict(document["column"])
    for table, columns in document.get("table", {}).items():
        glossary |= {f"{table}.{name}": meaning for name, meaning in columns.items()}
    return glossary
