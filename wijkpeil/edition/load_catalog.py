"""What stands before the SQL: the catalog as tables, and what is known of each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from wijkpeil.catalog import USABLE, Catalog, CbsTable, Extract, Indicator
from wijkpeil.sources.cells import CELLS
from wijkpeil.sources.snapshots import Snapshot

Row = tuple[Any, ...]

# every table that stands before the SQL runs, with its columns
GIVEN = {
    "catalog.source": (
        "source_id varchar primary key, kind varchar, publisher varchar, cbs_id varchar, "
        "title_nl varchar, figures_year integer, geography_year integer, is_area_list boolean, "
        "is_provisional boolean, is_synthetic boolean, is_confirmed boolean, note varchar, "
        "area_dimension varchar, period_dimension varchar, change_column_key varchar"
    ),
    "catalog.source_measure": (
        "source_id varchar, indicator_id varchar, column_key varchar, category_key varchar, "
        "margin_column_key varchar, low_category_key varchar, high_category_key varchar, "
        "scale double, zero_means varchar, absent_years integer[]"
    ),
    "catalog.extract": (
        "source_id varchar primary key, decimal_mark varchar, thousands_mark varchar, "
        "missing_markers varchar[], ignored_areas varchar[]"
    ),
    "catalog.indicator": (
        "indicator_id varchar primary key, name_nl varchar, name_en varchar, "
        "definition_nl varchar, theme varchar, unit varchar, unit_in_words varchar, "
        "unit_en varchar, "
        "decimals integer, direction integer, range_low double, range_high double, "
        "usual_low double, usual_high double, aggregation varchar, denominator_id varchar, "
        "window_years integer, change_per_year double, change_relative double, "
        "change_owner varchar, change_decided_on date, change_reason varchar, pillar varchar, "
        "counts_with varchar"
    ),
    "catalog.indicator_break": "indicator_id varchar, year integer",
    "catalog.explained_jump": "indicator_id varchar, year integer",
    "catalog.rate": (
        "indicator_id varchar primary key, numerator_id varchar, denominator_id varchar, "
        "per integer, counts varchar"
    ),
    "catalog.programme": (
        "programme_id varchar primary key, position integer, name_nl varchar, contact varchar, "
        "list_as_of date, comparator varchar"
    ),
    "catalog.programme_change": (
        "programme_id varchar, indicator_id varchar, change_per_year double, "
        "change_relative double, change_owner varchar, change_decided_on date, "
        "change_reason varchar"
    ),
    "catalog.programme_area": "programme_id varchar, area_code varchar",
    "catalog.programme_member": (
        "programme_id varchar, area_id varchar, area_code varchar, area_name varchar, "
        "gemeente_code varchar, member_code varchar, level varchar, code_year integer, "
        "weight double, valid_from date, valid_to date, certainty varchar, is_usable boolean, "
        "source varchar, note varchar"
    ),
    "catalog.target": (
        "programme_id varchar, indicator_id varchar, comparator varchar, goal double, "
        "by_year integer, note varchar"
    ),
    "catalog.restating": (
        "inhabitants_id varchar, same_place_share double, largest_moved_share double, "
        "largest_missing_share double, largest_own_share double"
    ),
    "catalog.area_group": (
        "group_id varchar primary key, position integer, name_nl varchar, gemeenten varchar[], "
        "inhabitants_from integer, inhabitants_to integer, without varchar[]"
    ),
    "catalog.herindeling": (
        "ended_on date, old_code varchar, old_name varchar, new_code varchar, new_name varchar, "
        "weight double, source varchar"
    ),
    "catalog.lineage_step": (
        "from_code varchar, from_year integer, to_code varchar, to_year integer, weight double, "
        "source varchar"
    ),
    "catalog.programme_indicator": "programme_id varchar, indicator_id varchar",
    "meta.source": (
        "source_id varchar primary key, title_nl varchar, publisher varchar, cbs_id varchar, "
        "snapshot_id varchar, retrieved_at timestamptz, retrieved_on date, modified varchar, "
        "rows_received bigint, bytes_received bigint, checked_at timestamptz, "
        "max_age_days integer, licence varchar, "
        "attribution varchar, url varchar, is_synthetic boolean, is_confirmed boolean, "
        "is_count_confirmed boolean, not_yet_published varchar[], last_fetch_error varchar, "
        # a number in a file that is kept for years would say how old it was then
        "age_days integer generated always as "
        "(((epoch_us(now()) - epoch_us(checked_at)) // 86400000000)::integer)"
    ),
    "meta.hold": (
        "source_id varchar, snapshot_id varchar, used_snapshot_id varchar, rule varchar, "
        "indicator_id varchar, area_code varchar, year integer, sentence varchar"
    ),
    "meta.compared_doubt": (
        "source_id varchar, rule varchar, indicator_id varchar, area_code varchar, year integer, "
        "sentence varchar"
    ),
    "meta.released_doubt": "source_id varchar, doubt_id varchar",
    **CELLS,
    "raw.address_pair": (
        "from_year integer, to_year integer, from_buurt varchar, to_buurt varchar, addresses bigint"
    ),
    "raw.address_count": ("year integer, source_id varchar, buurt_code varchar, addresses bigint"),
    "raw.address_problem": "source_id varchar, year integer, problem varchar, rows bigint",
}
_COMMENTS = {
    "checked_at": "When it was received, or last found unchanged, as this edition was built",
    "age_days": "Whole days since checked_at, counted when it is read; a later check that found "
    "nothing new made no edition and is not in it: `wijkpeil doctor` knows",
    "max_age_days": "After so many days it is told to be old; of the catalog",
}
_DIRECTION = {"higher_is_better": 1, "lower_is_better": -1, "none": 0}


def create_given(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables that the SQL may read."""
    for schema in ("catalog", "meta", "raw"):
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in GIVEN.items():
        connection.execute(f"create table {table} ({columns})")
    for column, meaning in _COMMENTS.items():
        connection.execute(f"comment on column meta.source.{column} is '{meaning}'")


def load_catalog_tables(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, snapshots: Mapping[str, Snapshot]
) -> None:
    """The catalog as tables. CBS columns are those that the snapshot's own metadata named."""
    for source in catalog.figure_sources:
        load_source_block(connection, source, snapshots[source.id])
    load_indicators(connection, catalog.indicators)
    _load_programmes(connection, catalog)
    _load_places(connection, catalog)


def load_source_block(
    connection: duckdb.DuckDBPyConnection, source: CbsTable | Extract, snapshot: Snapshot
) -> None:
    """What the catalog says of one source of figures, with the columns of this snapshot."""
    _insert(connection, "catalog.source", [_source_row(source, snapshot)])
    if isinstance(source, CbsTable):
        layout = {each["indicator"]: each for each in snapshot.origin.layout["measures"]}
        _insert(
            connection,
            "catalog.source_measure",
            [
                (
                    source.id,
                    measure.indicator,
                    layout[measure.indicator]["column_key"],
                    layout[measure.indicator]["category_key"],
                    None,
                    layout[measure.indicator]["low_category_key"],
                    layout[measure.indicator]["high_category_key"],
                    measure.scale,
                    None,
                    [],
                )
                for measure in source.present_measures
            ],
        )
        return
    _insert(
        connection,
        "catalog.extract",
        [(source.id, source.decimal, source.thousands, source.missing, source.ignored_areas)],
    )
    _insert(
        connection,
        "catalog.source_measure",
        [
            (
                source.id,
                measure.indicator,
                measure.column,
                "",
                measure.margin_95_column,
                None,
                None,
                measure.scale,
                measure.zero_means,
                measure.absent_years,
            )
            for measure in source.measure
        ],
    )


def load_indicators(connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]) -> None:
    """What the catalog says of each indicator."""
    for indicator in indicators:
        change, rate = indicator.meaningful_change, indicator.rate
        _insert(
            connection,
            "catalog.indicator",
            [
                (
                    indicator.id,
                    indicator.name_nl,
                    indicator.name_en,
                    indicator.definition_nl,
                    indicator.theme,
                    indicator.unit,
                    indicator.unit_in_words,
                    indicator.unit_en,
                    indicator.decimals,
                    _DIRECTION[indicator.direction],
                    *indicator.range,
                    *(indicator.usual or (None, None)),
                    indicator.aggregation,
                    indicator.denominator or (rate.denominator if rate else None),
                    indicator.window,
                    change.per_year if change else None,
                    change.relative if change else None,
                    change.owner if change else None,
                    change.decided_on if change else None,
                    change.reason if change else None,
                    indicator.pillar,
                    indicator.counts_with or indicator.id,
                )
            ],
        )
        _insert(
            connection,
            "catalog.indicator_break",
            [(indicator.id, year) for year in indicator.breaks],
        )
        _insert(
            connection,
            "catalog.explained_jump",
            [(indicator.id, year) for year in indicator.explained_jumps],
        )
        if rate:
            _insert(
                connection,
                "catalog.rate",
                [(indicator.id, rate.numerator, rate.denominator, rate.per, rate.counts)],
            )


def _load_programmes(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """What each programme follows, and what it holds against its figures."""
    for position, programme in enumerate(catalog.programmes, start=1):
        _insert(
            connection,
            "catalog.programme",
            [
                (
                    programme.id,
                    position,
                    programme.name_nl,
                    programme.contact,
                    programme.list_as_of,
                    programme.comparator,
                )
            ],
        )
        _insert(
            connection,
            "catalog.programme_area",
            [(programme.id, code) for code in dict.fromkeys(programme.areas)],
        )
        followed = programme.indicators or [
            indicator.id for indicator in catalog.indicators if indicator.direction != "none"
        ]
        _insert(
            connection, "catalog.programme_indicator", [(programme.id, name) for name in followed]
        )
        _insert(
            connection,
            "catalog.programme_change",
            [
                (
                    programme.id,
                    change.indicator,
                    change.per_year,
                    change.relative,
                    change.owner,
                    change.decided_on,
                    change.reason,
                )
                for change in programme.meaningful_change
            ],
        )
        _insert(
            connection,
            "catalog.target",
            [
                (
                    programme.id,
                    target.indicator,
                    target.comparator,
                    target.value,
                    target.by,
                    target.note,
                )
                for target in programme.target
            ],
        )


def _load_places(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """What the catalog says of areas: how they are restated, grouped, and put together."""
    rules = catalog.restating
    _insert(
        connection,
        "catalog.restating",
        [
            (
                rules.inhabitants,
                rules.same_place_share,
                rules.largest_moved_share,
                rules.largest_missing_share,
                rules.largest_own_share,
            )
        ],
    )
    _insert(
        connection,
        "catalog.area_group",
        [
            (
                group.id,
                position,
                group.name_nl,
                group.gemeenten,
                *(group.inhabitants or (None, None)),
                group.without,
            )
            for position, group in enumerate(catalog.groups, start=1)
        ],
    )
    _insert(
        connection,
        "catalog.programme_member",
        [
            (
                member.programme_id,
                member.area_id,
                f"{member.programme_id}/{member.area_id}",
                member.name,
                member.gemeente_code,
                member.member_code,
                member.level,
                member.code_year,
                member.weight,
                member.valid_from,
                member.valid_to,
                member.certainty,
                member.certainty in USABLE,
                member.source,
                member.note,
            )
            for member in catalog.members
        ],
    )
    _insert(
        connection,
        "catalog.herindeling",
        [
            (
                row.date,
                row.old_code,
                row.old_name,
                row.new_code,
                row.new_name,
                row.weight,
                row.source,
            )
            for row in catalog.herindelingen
        ],
    )
    _insert(
        connection,
        "catalog.lineage_step",
        [
            (row.from_code, row.from_year, row.to_code, row.to_year, row.weight, row.source)
            for row in catalog.steps
        ],
    )


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Mapping[str, Snapshot],
    failures: Mapping[str, str],
) -> None:
    """What is known of each source in this build: snapshot, age, licence, last failure."""
    for source in catalog.sources:
        if source.id not in snapshots:
            continue
        snapshot = snapshots[source.id]
        origin = snapshot.origin
        _insert(
            connection,
            "meta.source",
            [
                (
                    source.id,
                    source.title_nl,
                    source.publisher,
                    source.cbs_id if isinstance(source, CbsTable) else None,
                    snapshot.snapshot_id,
                    snapshot.retrieved_at,
                    snapshot.retrieved_at.date(),
                    origin.modified,
                    origin.rows,
                    snapshot.size,
                    snapshot.checked_at,
                    source.age_limit_days,
                    source.licence,
                    source.attribution,
                    origin.files[-1].url,
                    source.synthetic,
                    source.confirmed,
                    origin.layout.get("is_counted"),
                    origin.layout.get("empty", []),
                    failures.get(source.id),
                )
            ],
        )


def _source_row(source: CbsTable | Extract, snapshot: Snapshot) -> Row:
    common = (source.synthetic, source.confirmed, source.note)
    if isinstance(source, CbsTable):
        return (
            source.id,
            source.kind,
            source.publisher,
            source.cbs_id,
            source.title_nl,
            source.year,
            (source.divisions and snapshot.origin.layout.get("division")) or source.geography_year,
            source.lists_areas,
            source.provisional,
            *common,
            source.area_dimension,
            source.period_dimension,
            snapshot.origin.layout["change_column"],
        )
    return (
        source.id,
        source.kind,
        source.publisher,
        None,
        source.title_nl,
        None,
        source.geography_year,
        False,
        False,
        *common,
        None,
        None,
        None,
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)
