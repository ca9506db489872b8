"""The figures behind one class, gathered from the published warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.edition.folder import edition_with_areas
from wijkpeil.edition.rule import rule_of
from wijkpeil.explain.arithmetic import recomputed
from wijkpeil.explain.model import Explanation, Fit, Source, Year
from wijkpeil.explain.resolve import Choice, choose

_COMPARATOR = {
    "gap_gemeente": "gemeente_value",
    "gap_nl": "nl_value",
    "gap_programme": "programme_value",
}


def explain(
    warehouse: Path,
    area: str,
    indicator: str,
    *,
    programme: str | None = None,
    axis: str | None = None,
    edition: int | None = None,
) -> Explanation:
    """What the class of an area and indicator rests on, in the published edition: on the axis that
    is judged, unless another is asked.

    Raises WijkError with the nearest when a name, axis or edition year is not there.
    """
    with edition_with_areas(warehouse) as connection:
        choice = choose(
            connection, area, indicator, programme=programme, axis=axis, edition=edition
        )
        return _gather(connection, choice)


def _gather(connection: duckdb.DuckDBPyConnection, choice: Choice) -> Explanation:
    key = [choice.area_code, choice.indicator_id]
    of_programme = [*key, choice.programme_id]
    [row] = _rows(
        connection,
        "from marts.stagnation where area_code = ? and indicator_id = ? "
        "and programme_id is not distinct from ? and axis = ? and edition_year = ?",
        [*of_programme, choice.axis, choice.edition_year],
    )
    # what a programme judges by its own size or reference goes before what all have in common
    trend = _rows(
        connection,
        "from core.trend where area_code = ? and indicator_id = ? "
        "and (programme_id is null or programme_id = ?) and axis = ? and edition_year = ? "
        "order by programme_id nulls last",
        [*of_programme, choice.axis, choice.edition_year],
    )[0]
    [indicator] = _rows(connection, "from catalog.indicator where indicator_id = ?", [key[1]])
    [area] = _rows(connection, "from core.place where area_code = ?", [key[0]])
    programme = _rows(
        connection,
        "select programme.*, area_group.name_nl as group_name from catalog.programme as programme "
        "left join catalog.area_group as area_group on area_group.group_id = programme.comparator "
        "where programme.programme_id = ?",
        [choice.programme_id],
    )
    fit, rule = _fit(connection, choice, row, trend), rule_of(connection)
    years = _years(connection, choice, trend, fit)
    [edition] = _rows(connection, "select edition_id, is_synthetic from meta.edition", [])
    classes = connection.execute(
        "select axis, edition_year, class from marts.stagnation where area_code = ? "
        "and indicator_id = ? and programme_id is not distinct from ? order by edition_year",
        of_programme,
    ).fetchall()
    return Explanation(
        choice=choice,
        row=row,
        trend=trend,
        area=area,
        indicator=indicator,
        programme=programme[0] if programme else None,
        years=years,
        fit=fit,
        rule=rule,
        recomputed=recomputed(years, fit, rule),
        past=tuple((year, name) for axis, year, name in classes if axis == choice.axis),
        other_axes={
            axis: name
            for axis, year, name in classes
            if axis != choice.axis and year == choice.edition_year
        },
        comparability=next(
            iter(
                _rows(
                    connection,
                    "from marts.comparability where area_code = ? and indicator_id = ?",
                    key,
                )
            ),
            None,
        ),
        breaks=tuple(
            connection.execute(
                "select year, reason from core.series_break "
                "where area_code = ? and indicator_id = ?",
                key,
            ).fetchall()
        ),
        suspected=tuple(
            connection.execute(
                "select year, jump, usual_jump from core.suspected_break "
                "where indicator_id = ? and year <= ? and year > ? order by year",
                [key[1], choice.edition_year, choice.edition_year - fit.window_years],
            ).fetchall()
        ),
        sources=_sources(connection, years),
        without_area=frozenset(
            name
            for (name,) in connection.execute(
                "select distinct comparator from core.benchmark where area_code = ? "
                "and indicator_id = ? and is_self_excluded "
                "and coalesce(programme_id, ?) is not distinct from ?",
                [*of_programme, choice.programme_id],
            ).fetchall()
        ),
        edition_id=edition["edition_id"],
        is_synthetic=bool(edition["is_synthetic"]),
    )


def _fit(
    connection: duckdb.DuckDBPyConnection,
    choice: Choice,
    row: dict[str, Any],
    trend: dict[str, Any],
) -> Fit:
    [series] = _rows(connection, "from core.trend_series where series_id = ?", [trend["series_id"]])
    table, of_programme = "catalog.indicator", []
    if series["has_own_change"]:
        table, of_programme = "catalog.programme_change", [choice.programme_id]
    [decided] = _rows(
        connection,
        f"select change_owner, change_decided_on, change_reason from {table} "
        f"where indicator_id = ?{' and programme_id = ?' if of_programme else ''}",
        [choice.indicator_id, *of_programme],
    )
    return Fit(
        window_years=series["window_years"],
        line=trend["line"],
        direction=series["direction"],
        points=trend["points"],
        segments=trend["segments"] or 0,
        first_year=trend["first_year"],
        last_year=trend["last_year"],
        suppressed_share=trend["suppressed_share"],
        mean_value=trend["mean_value"],
        scale=trend["scale"] or 1.0,
        slope=row["slope"],
        slope_low=row["slope_low"],
        slope_high=row["slope_high"],
        meaningful_change=trend["meaningful_change"],
        change_per_year=series["change_per_year"],
        change_relative=series["change_relative"],
        **decided,
        is_own_change=series["has_own_change"],
        score=trend["score_slope"],
        slope_error=trend["slope_error"],
        residual_sum=trend["residual_sum"],
        sampling_variance=trend["sampling_variance"],
        noise_variance=trend["noise_variance"],
        autocorrelation=trend["autocorrelation"],
        recent_slope=_as_shown(trend["recent_slope"], choice, series["direction"]),
        recent_score=trend["recent_score"],
        recent_error=trend["recent_error"],
        bend=trend["bend"],
        has_own_noise=trend["has_own_noise"],
        pool=_pool(connection, choice, trend),
        degrees_of_freedom=trend["degrees_of_freedom"],
        year_spread=trend["year_spread"],
    )


def _as_shown(slope: float | None, choice: Choice, direction: int) -> float | None:
    """The slope of a lead is up where it is better, as in the table."""
    return slope if slope is None or choice.axis == "own" else direction * slope


def _pool(
    connection: duckdb.DuckDBPyConnection, choice: Choice, trend: dict[str, Any]
) -> str | None:
    """The row of core.trend_noise that the noise is from: the first kind and axis that gave it."""
    found = connection.execute(
        """
        select noise.series, noise.area_kind, noise.axis
        from core.trend_noise as noise
        join core.trend as fit
            on fit.series_id = ? and fit.axis = ? and fit.edition_year = noise.edition_year
        where noise.indicator_id = ? and noise.edition_year = ?
            and abs(
                noise.noise_variance * (fit.usual_change / fit.meaningful_change) ** 2 - ?
            ) <= 1e-9 * greatest(1, abs(?))
        order by noise.axis = ? desc, noise.area_kind = 'wijk' desc, noise.axis = 'gap_nl' desc
        """,
        [
            *(trend["series_id"], choice.axis, choice.indicator_id, choice.edition_year),
            *(trend["noise_variance"], trend["noise_variance"], choice.axis),
        ],
    ).fetchone()
    if found is None:
        return None
    series, kind, axis = found
    return f"{series} series of kind {kind} on axis {axis}"


def _years(
    connection: duckdb.DuckDBPyConnection, choice: Choice, trend: dict[str, Any], fit: Fit
) -> tuple[Year, ...]:
    rows = _rows(
        connection,
        """
        with reference as (
            select * from core.benchmark where area_code = $area and indicator_id = $indicator
        )
        select
            observation.year,
            observation.status,
            observation.value,
            observation.value_as_published,
            observation.is_restated,
            observation.moved_share,
            observation.standard_error,
            observation.source_id,
            gemeente.value as gemeente_value,
            nation.value as nl_value,
            programme.value as programme_value,
            point.segment,
            point.value as point_value,
            point.gemeente_value as point_gemeente_value,
            point.nl_value as point_nl_value,
            point.programme_value as point_programme_value,
            band.fitted,
            band.fitted_low as low,
            band.fitted_high as high,
            band.on_pace,
        from core.observation as observation
        left join core.trend_point as point
            on point.series_id = $series and point.line = $line and point.year = observation.year
        left join core.trend_band as band
            on band.series_id = $series and band.axis = $axis and band.edition_year = $edition
            and band.year = observation.year
        left join reference as gemeente
            on gemeente.year = observation.year and gemeente.comparator = 'gemeente'
        left join reference as nation
            on nation.year = observation.year and nation.comparator = 'nl'
        left join reference as programme
            on programme.year = observation.year
            and programme.comparator = (
                select comparator from catalog.programme where programme_id = $programme
            )
            and coalesce(programme.programme_id, $programme) = $programme
        where observation.area_code = $area and observation.indicator_id = $indicator
        order by observation.year
        """,
        {
            "area": choice.area_code,
            "indicator": choice.indicator_id,
            "programme": choice.programme_id,
            "series": trend["series_id"],
            "line": fit.line,
            "axis": choice.axis,
            "edition": choice.edition_year,
        },
    )
    started = choice.edition_year - fit.window_years
    usable = [
        row
        for row in rows
        if started < row["year"] <= choice.edition_year and row["point_value"] is not None
    ]
    per_segment: dict[int, int] = {}
    for row in usable:
        per_segment[row["segment"]] = per_segment.get(row["segment"], 0) + 1
    in_fit = {row["year"] for row in usable if per_segment[row["segment"]] > 1}
    return tuple(_year(row, choice, fit, is_in_fit=row["year"] in in_fit) for row in rows)


def _year(row: dict[str, Any], choice: Choice, fit: Fit, *, is_in_fit: bool) -> Year:
    point = row.pop("point_value")
    references = {name: row.pop(f"point_{name}") for name in _COMPARATOR.values()}
    compared = None
    if choice.axis != "own":
        reference = references[_COMPARATOR[choice.axis]]
        compared = None if reference is None else fit.scale * reference
        point = None if None in (point, compared) else fit.direction * (point - compared)
    return Year(
        **row, compared=compared, fit_value=point, is_in_fit=is_in_fit and point is not None
    )


def _sources(connection: duckdb.DuckDBPyConnection, years: Sequence[Year]) -> tuple[Source, ...]:
    given: dict[str, list[int]] = {}
    for year in years:
        if year.source_id is not None:
            given.setdefault(year.source_id, []).append(year.year)
    known = {
        row["source_id"]: row
        for row in _rows(
            connection,
            "select source_id, title_nl as title, retrieved_on, licence, attribution, is_synthetic "
            "from meta.source where list_contains(?, source_id)",
            [sorted(given)],
        )
    }
    return tuple(
        Source(
            source_id=name,
            years=tuple(of_years),
            title=known.get(name, {}).get("title"),
            retrieved_on=known.get(name, {}).get("retrieved_on"),
            licence=known.get(name, {}).get("licence"),
            attribution=known.get(name, {}).get("attribution"),
            is_synthetic=bool(known.get(name, {}).get("is_synthetic")),
        )
        for name, of_years in given.items()
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: object
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
