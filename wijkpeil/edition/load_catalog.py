"""What stands before the SQL: the rule, the catalog as tables, and what is known of each source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import duckdb

from wijkpeil.catalog import (
    USABLE,
    Catalog,
    CbsTable,
    Extract,
    Indicator,
    MeaningfulChange,
    Member,
    Restating,
    mark_of,
)
from wijkpeil.edition import rule
from wijkpeil.edition.missing import MissingMeasure
from wijkpeil.quoting import quoted
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.cells import CELLS
from wijkpeil.sources.snapshots import Snapshot

Row = dict[str, Any]

# every table that stands before the SQL runs, with its columns
GIVEN = {
    rule.TABLE: rule.COLUMNS,
    "catalog.source": (
        "source_id varchar primary key, kind varchar, publisher varchar, cbs_id varchar, "
        "title_nl varchar, figures_year integer, geography_year integer, is_area_list boolean, "
        "is_provisional boolean, is_synthetic boolean, is_confirmed boolean, evidence varchar, "
        "note varchar, area_dimension varchar, period_dimension varchar, area_levels varchar[], "
        "change_column_key varchar, list_column_key varchar"
    ),
    "catalog.source_measure": (
        "source_id varchar, indicator_id varchar, column_key varchar, category_key varchar, "
        "margin_column_key varchar, low_category_key varchar, high_category_key varchar, "
        "scale double, zero_means varchar, absent_years integer[], is_confirmed boolean, "
        "evidence varchar"
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
        "counts_with varchar, is_told_first boolean"
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
        "is_count_confirmed boolean, not_yet_published varchar[], missing varchar[], "
        "last_fetch_error varchar, "
        # a number in a file that is kept for years would say how old it was then
        "age_days integer generated always as "
        "(((epoch_us(now()) - epoch_us(checked_at)) // 86400000000)::integer)"
    ),
    "meta.missing_measure": (
        "source_id varchar, indicator_id varchar, year integer, status varchar, reason varchar"
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
    "missing": "Indicators that this edition has no figure of from it, see meta.missing_measure",
    "checked_at": "When it was received, or last found unchanged, as this edition was built",
    "age_days": "Whole days since checked_at, counted when it is read; a later check that found "
    "nothing new made no edition and is not in it: `wijkpeil doctor` knows",
    "max_age_days": "After so many days it is told to be old; of the catalog",
}
_DIRECTION = {"higher_is_better": 1, "lower_is_better": -1, "none": 0}


def create_given(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that the SQL may read: empty, but for the rule."""
    for schema in ("catalog", "meta", "raw"):
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in GIVEN.items():
        connection.execute(f"create table {table} ({columns})")
    for column, meaning in _COMMENTS.items():
        connection.execute(f"comment on column meta.source.{column} is '{meaning}'")
    rule.load_rule(connection, PROJECT_ROOT / "sql")


def load_catalog_tables(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Mapping[str, Snapshot],
    missing: Collection[MissingMeasure],
) -> None:
    """The catalog as tables. CBS columns are those that the snapshot's own metadata named."""
    for source in catalog.figure_sources:
        # what is missing of some years only keeps its column
        years = {*source.figure_years} if isinstance(source, CbsTable) else set()
        lost: dict[str, set[int | None]] = {}
        for each in missing:
            if each.source_id == source.id:
                lost.setdefault(each.indicator_id, set()).add(each.year)
        without = {name for name, gone in lost.items() if None in gone or gone >= years}
        load_source_block(connection, source, snapshots.get(source.id), without)
    load_indicators(connection, catalog.indicators)
    _load_programmes(connection, catalog)
    _load_places(connection, catalog)


def load_source_block(
    connection: duckdb.DuckDBPyConnection,
    source: CbsTable | Extract,
    snapshot: Snapshot | None,
    without: Collection[str] = (),
) -> None:
    """What the catalog says of one source of figures, with the columns of this snapshot, but for
    the indicators of `without`."""
    _insert(connection, "catalog.source", [_source_row(source, snapshot)])
    if snapshot is None:
        return
    if isinstance(source, CbsTable):
        layout = {each["indicator"]: each for each in snapshot.origin.layout["measures"]}
        keys = ("column_key", "category_key", "low_category_key", "high_category_key")
        measures: list[Row] = [
            {
                "source_id": source.id,
                "indicator_id": measure.indicator,
                **{key: layout[measure.indicator][key] for key in keys},
                "scale": measure.scale,
                "absent_years": [],
                "is_confirmed": measure.confirmed and source.confirmed,
                "evidence": mark_of(measure.evidence, source.figure_years),
            }
            for measure in source.present_measures
            if measure.indicator in layout and measure.indicator not in without
        ]
    else:
        extract = {
            "source_id": source.id,
            "decimal_mark": source.decimal,
            "thousands_mark": source.thousands,
            "missing_markers": source.missing,
            "ignored_areas": source.ignored_areas,
        }
        _insert(connection, "catalog.extract", [extract])
        measures = [
            {
                "source_id": source.id,
                "indicator_id": measure.indicator,
                "column_key": measure.column,
                "category_key": "",
                "margin_column_key": measure.margin_95_column,
                "scale": measure.scale,
                "zero_means": measure.zero_means,
                "absent_years": measure.absent_years,
            }
            for measure in source.measure
        ]
    _insert(connection, "catalog.source_measure", measures)


def load_indicators(connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]) -> None:
    """What the catalog says of each indicator."""
    _insert(connection, "catalog.indicator", map(_indicator_row, indicators))
    for table, years in (("indicator_break", "breaks"), ("explained_jump", "explained_jumps")):
        _insert(
            connection,
            f"catalog.{table}",
            [
                {"indicator_id": indicator.id, "year": year}
                for indicator in indicators
                for year in getattr(indicator, years)
            ],
        )
    _insert(
        connection,
        "catalog.rate",
        [
            {
                "indicator_id": indicator.id,
                "numerator_id": indicator.rate.numerator,
                "denominator_id": indicator.rate.denominator,
                "per": indicator.rate.per,
                "counts": indicator.rate.counts,
            }
            for indicator in indicators
            if indicator.rate
        ],
    )


def _indicator_row(indicator: Indicator) -> Row:
    rate = indicator.rate
    same = (
        *("name_nl", "name_en", "definition_nl", "theme", "unit", "unit_in_words", "unit_en"),
        *("decimals", "aggregation", "pillar"),
    )
    return {
        "indicator_id": indicator.id,
        **{name: getattr(indicator, name) for name in same},
        "direction": _DIRECTION[indicator.direction],
        **dict(zip(("range_low", "range_high"), indicator.range, strict=True)),
        **dict(zip(("usual_low", "usual_high"), indicator.usual or (None, None), strict=True)),
        "denominator_id": indicator.denominator or (rate.denominator if rate else None),
        "window_years": indicator.window,
        **_change_columns(indicator.meaningful_change),
        "counts_with": indicator.counts_with or indicator.id,
        "is_told_first": indicator.told_first,
    }


def _change_columns(change: MeaningfulChange | None) -> Row:
    return {
        "change_per_year": change and change.per_year,
        "change_relative": change and change.relative,
        "change_owner": change and change.owner,
        "change_decided_on": change and change.decided_on,
        "change_reason": change and change.reason,
    }


def _load_programmes(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """What each programme follows, and what it holds against its figures."""
    usual = [indicator.id for indicator in catalog.indicators if indicator.direction != "none"]
    for position, programme in enumerate(catalog.programmes, start=1):
        own = {"programme_id": programme.id}
        tables: dict[str, list[Row]] = {
            "catalog.programme": [
                {
                    **own,
                    "position": position,
                    "name_nl": programme.name_nl,
                    "contact": programme.contact,
                    "list_as_of": programme.list_as_of,
                    "comparator": programme.comparator,
                }
            ],
            "catalog.programme_area": [
                {**own, "area_code": code} for code in dict.fromkeys(programme.areas)
            ],
            "catalog.programme_indicator": [
                {**own, "indicator_id": name} for name in programme.indicators or usual
            ],
            "catalog.programme_change": [
                {**own, "indicator_id": change.indicator, **_change_columns(change)}
                for change in programme.meaningful_change
            ],
            "catalog.target": [
                {
                    **own,
                    "indicator_id": target.indicator,
                    "comparator": target.comparator,
                    "goal": target.value,
                    "by_year": target.by,
                    "note": target.note,
                }
                for target in programme.target
            ],
        }
        for table, rows in tables.items():
            _insert(connection, table, rows)


def _load_places(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """What the catalog says of areas: how they are restated, grouped, and put together."""
    _insert(connection, "catalog.restating", [_restating_row(catalog.restating)])
    _insert(
        connection,
        "catalog.area_group",
        [
            {
                "group_id": group.id,
                "position": position,
                "name_nl": group.name_nl,
                "gemeenten": group.gemeenten,
                "inhabitants_from": group.inhabitants and group.inhabitants[0],
                "inhabitants_to": group.inhabitants and group.inhabitants[1],
                "without": group.without,
            }
            for position, group in enumerate(catalog.groups, start=1)
        ],
    )
    _insert(connection, "catalog.programme_member", map(_member_row, catalog.members))
    herindeling = ("old_code", "old_name", "new_code", "new_name", "weight", "source")
    _insert(
        connection,
        "catalog.herindeling",
        [
            {"ended_on": row.date, **{name: getattr(row, name) for name in herindeling}}
            for row in catalog.herindelingen
        ],
    )
    step = ("from_code", "from_year", "to_code", "to_year", "weight", "source")
    _insert(
        connection,
        "catalog.lineage_step",
        [{name: getattr(row, name) for name in step} for row in catalog.steps],
    )


def _restating_row(rules: Restating) -> Row:
    shares = ("same_place_share", "largest_moved_share", "largest_missing_share")
    return {
        "inhabitants_id": rules.inhabitants,
        **{name: getattr(rules, name) for name in (*shares, "largest_own_share")},
    }


def _member_row(member: Member) -> Row:
    same = (
        *("programme_id", "area_id", "gemeente_code", "member_code", "level", "code_year"),
        *("weight", "valid_from", "valid_to", "certainty", "source", "note"),
    )
    return {
        **{name: getattr(member, name) for name in same},
        "area_code": f"{member.programme_id}/{member.area_id}",
        "area_name": member.name,
        "is_usable": member.certainty in USABLE,
    }


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Mapping[str, Snapshot],
    failures: Mapping[str, str],
    missing: Collection[MissingMeasure],
) -> None:
    """What is known of each source in this build: snapshot, age, licence, last failure, and what
    of it is missing. A source of figures that was not received has a row without a snapshot."""
    for source in catalog.sources:
        own = [each for each in missing if each.source_id == source.id]
        lost = {each.indicator_id for each in own if each.is_fault}
        row: Row = {
            "source_id": source.id,
            "title_nl": source.title_nl,
            "publisher": source.publisher,
            "cbs_id": source.cbs_id if isinstance(source, CbsTable) else None,
            "max_age_days": source.age_limit_days,
            "licence": source.licence,
            "attribution": source.attribution,
            "is_synthetic": source.synthetic,
            "is_confirmed": source.confirmed,
            "missing": sorted(lost),
            "last_fetch_error": failures.get(source.id),
        }
        if source.id not in snapshots:
            if own:
                _insert(connection, "meta.source", [row])
            continue
        snapshot = snapshots[source.id]
        origin = snapshot.origin
        row |= {
            "snapshot_id": snapshot.snapshot_id,
            "retrieved_at": snapshot.retrieved_at,
            "retrieved_on": snapshot.retrieved_at.date(),
            "modified": origin.modified,
            "rows_received": origin.rows,
            "bytes_received": snapshot.size,
            "checked_at": snapshot.checked_at,
            "url": origin.files[-1].url,
            "is_count_confirmed": origin.layout.get("is_counted"),
            "not_yet_published": origin.layout.get("empty", []),
        }
        _insert(connection, "meta.source", [row])
    _insert(connection, "meta.missing_measure", [asdict(each) for each in missing])


def _source_row(source: CbsTable | Extract, snapshot: Snapshot | None) -> Row:
    row: Row = {
        "source_id": source.id,
        "kind": source.kind,
        "publisher": source.publisher,
        "title_nl": source.title_nl,
        "geography_year": source.geography_year,
        "is_area_list": False,
        "is_provisional": False,
        "is_synthetic": source.synthetic,
        "is_confirmed": source.confirmed,
        "note": source.note,
    }
    if isinstance(source, CbsTable):
        layout = snapshot.origin.layout if snapshot else {}
        row |= {
            "cbs_id": source.cbs_id,
            "figures_year": source.year,
            "is_area_list": source.lists_areas,
            "is_provisional": source.provisional,
            "area_levels": source.area_levels,
            "evidence": mark_of(source.evidence, source.figure_years),
            "area_dimension": layout.get("area_column", source.area_dimension),
            "period_dimension": layout.get("period_column", source.period_dimension),
            "change_column_key": layout.get("change_column"),
            # where no column has the flag, the areas are those that have any
            "list_column_key": layout.get("change_column")
            or next((each["column_key"] for each in layout.get("measures", [])), None),
        }
        if source.divisions and layout.get("division"):
            row["geography_year"] = layout["division"]
    return row


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Rows by the names of their columns; those that are not named stay null."""
    rows = list(rows)
    if rows:
        names = ", ".join(map(quoted, rows[0]))
        marks = ", ".join("?" for _ in rows[0])
        values = [list(row.values()) for row in rows]
        connection.executemany(f"insert into {table} ({names}) values ({marks})", values)
