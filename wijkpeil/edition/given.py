"""The tables that stand before the SQL runs: of the catalog, of what is known of each source, and
of what was received, still empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from wijkpeil.edition import rule
from wijkpeil.settings import PROJECT_ROOT
from wijkpeil.sources.cells import CELLS
from wijkpeil.text import literal, quoted

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
        "scale double, rounded_to double, zero_means varchar, absent_years integer[], "
        "is_provisional boolean, provisional_years integer[], is_never_revised boolean, "
        "is_confirmed boolean, evidence varchar"
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
        "counts_with varchar, is_told_first boolean, judge varchar default 'level', "
        "judge_owner varchar, judge_reason varchar, is_money boolean default false"
    ),
    "catalog.indicator_break": "indicator_id varchar, year integer",
    "catalog.explained_jump": "indicator_id varchar, year integer, reason varchar",
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
_OF_MISSING = {
    "source_id": "Source, as in meta.source",
    "indicator_id": "Indicator that the catalog asks of it",
    "year": "Calendar year of the figures; null: all years",
    "status": "not_resolved: its column was not found in the table; not_received: the source was "
    "not, or not since the catalog asks for it; not_yet_published: still to come",
    "reason": "Why, in English, with what to do",
}


def create_given(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that the SQL may read: empty, but for the rule."""
    for schema in ("catalog", "meta", "raw"):
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in GIVEN.items():
        connection.execute(f"create table {table} ({columns})")
    for column, meaning in _COMMENTS.items():
        connection.execute(f"comment on column meta.source.{column} is '{meaning}'")
    meaning = "one measure of a source that this edition lacks: source, indicator and year"
    connection.execute(f"comment on table meta.missing_measure is '{meaning}'")
    for column, meaning in _OF_MISSING.items():
        connection.execute(f"comment on column meta.missing_measure.{column} is {literal(meaning)}")
    rule.load_rule(connection, PROJECT_ROOT / "sql")


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Rows by the names of their columns; those that are not named stay null."""
    rows = list(rows)
    if rows:
        names = ", ".join(map(quoted, rows[0]))
        marks = ", ".join("?" for _ in rows[0])
        values = [list(row.values()) for row in rows]
        connection.executemany(f"insert into {table} ({names}) values ({marks})", values)
