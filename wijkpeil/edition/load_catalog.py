"""The catalog as tables, and what is known of each source, before the SQL runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

import duckdb

from wijkpeil.catalog import (
    USABLE,
    Catalog,
    CbsMeasure,
    CbsTable,
    Extract,
    Indicator,
    MeaningfulChange,
    Member,
    Restating,
    mark_of,
)
from wijkpeil.edition.given import Row, insert
from wijkpeil.edition.missing import MissingMeasure
from wijkpeil.sources.cbs import FigureStatus, figure_statuses
from wijkpeil.sources.snapshots import Snapshot

_DIRECTION = {"higher_is_better": 1, "lower_is_better": -1, "none": 0}


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
    insert(connection, "catalog.source", [_source_row(source, snapshot)])
    if snapshot is None:
        return
    if isinstance(source, CbsTable):
        layout = {each["indicator"]: each for each in snapshot.origin.layout["measures"]}
        told = figure_statuses(snapshot.folder, [file.name for file in snapshot.origin.files])
        keys = ("column_key", "category_key", "low_category_key", "high_category_key")
        measures: list[Row] = [
            {
                "source_id": source.id,
                "indicator_id": measure.indicator,
                **{key: layout[measure.indicator][key] for key in keys},
                "scale": measure.scale,
                "rounded_to": measure.rounded_to,
                "absent_years": [],
                **_status_columns(
                    source, measure, told.get(layout[measure.indicator]["column_key"])
                ),
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
        insert(connection, "catalog.extract", [extract])
        measures = [
            {
                "source_id": source.id,
                "indicator_id": measure.indicator,
                "column_key": measure.column,
                "category_key": "",
                "margin_column_key": measure.margin_95_column,
                "scale": measure.scale,
                "rounded_to": measure.rounded_to,
                "zero_means": measure.zero_means,
                "absent_years": measure.absent_years,
                "is_provisional": measure.provisional is True,
                "provisional_years": measure.provisional
                if isinstance(measure.provisional, list)
                else [],
                "is_never_revised": measure.provisional_for_good,
            }
            for measure in source.measure
        ]
    insert(connection, "catalog.source_measure", measures)


def _status_columns(table: CbsTable, measure: CbsMeasure, told: FigureStatus | None) -> Row:
    """What the table's own metadata and the catalog say of the figures of a column."""
    told = told or FigureStatus()
    years = told.provisional_years(table.figure_years, table.provisional_years(measure))
    return {
        "is_provisional": False,
        "provisional_years": years,
        "is_never_revised": told.is_closed or table.is_provisional_for_good(measure),
    }


def load_indicators(connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]) -> None:
    """What the catalog says of each indicator."""
    insert(connection, "catalog.indicator", map(_indicator_row, indicators))
    insert(
        connection,
        "catalog.indicator_break",
        [
            {"indicator_id": indicator.id, "year": year}
            for indicator in indicators
            for year in indicator.breaks
        ],
    )
    insert(
        connection,
        "catalog.explained_jump",
        [
            {"indicator_id": indicator.id, "year": year, "reason": reason}
            for indicator in indicators
            for year, reason in indicator.explained_years.items()
        ],
    )
    insert(
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
        *("decimals", "aggregation", "pillar", "judge", "judge_owner", "judge_reason", "is_money"),
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
            insert(connection, table, rows)


def _load_places(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """What the catalog says of areas: how they are restated, grouped, and put together."""
    insert(connection, "catalog.restating", [_restating_row(catalog.restating)])
    insert(
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
    insert(connection, "catalog.programme_member", map(_member_row, catalog.members))
    herindeling = ("old_code", "old_name", "new_code", "new_name", "weight", "source")
    insert(
        connection,
        "catalog.herindeling",
        [
            {"ended_on": row.date, **{name: getattr(row, name) for name in herindeling}}
            for row in catalog.herindelingen
        ],
    )
    step = ("from_code", "from_year", "to_code", "to_year", "weight", "source")
    insert(
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
                insert(connection, "meta.source", [row])
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
        insert(connection, "meta.source", [row])
    insert(connection, "meta.missing_measure", [asdict(each) for each in missing])


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
            "is_provisional": source.provisional is True,
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
