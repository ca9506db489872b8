"""The figures behind one class, gathered from the published warehouse."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from flows.areas import edition_with_areas
from flows.explain.choosing import Choice, choose

_COMPARATOR = {
    "gap_gemeente": "gemeente_value",
    "gap_nl": "nl_value",
    "gap_programme": "programme_value",
}


@dataclass(frozen=True)
class Year:
    """One year of the series: as published, as compared, and what the line says of it.

    `fit_value` is what the line is fitted to: the value, or on a gap axis how much better the area
    is than `compared`, the reference brought to its level. `low` and `high` bound the line at 95%.
    """

    year: int
    status: str
    value: float | None
    value_as_published: float | None
    is_restated: bool
    moved_share: float | None
    standard_error: float | None
    source_id: str | None
    gemeente_value: float | None
    nl_value: float | None
    programme_value: float | None
    segment: int | None
    compared: float | None
    fit_value: float | None
    is_in_fit: bool
    fitted: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Fit:
    """The row of core.trend, its window, and the size that matters with who decided it.

    Slopes are in units per year, up is better on a gap axis; what follows `score` is in units of
    `meaningful_change`. `pool` says over which areas the noise was pooled.
    """

    window_years: int
    line: str
    direction: int
    points: int
    segments: int
    first_year: int | None
    last_year: int | None
    suppressed_share: float | None
    mean_value: float | None
    scale: float
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    meaningful_change: float | None
    change_per_year: float | None
    change_relative: float | None
    change_owner: str | None
    change_decided_on: date | None
    change_reason: str | None
    is_own_change: bool
    score: float | None
    slope_error: float | None
    residual_sum: float | None
    sampling_variance: float | None
    noise_variance: float | None
    has_own_noise: bool
    pool: str | None
    degrees_of_freedom: int | None
    year_spread: float | None

    @property
    def is_whole(self) -> bool:
        """Whether there is a line with a margin."""
        return None not in (self.slope, self.slope_error, self.meaningful_change)

    def above(self, quantile: float) -> float:
        """The favourable end of the margin, b + quantile x s; needs `is_whole`."""
        return (self.score or 0.0) + quantile * (self.slope_error or 0.0)

    @property
    def error_per_point(self) -> float:
        """The standard deviation of a point around the line, in the unit; needs `is_whole`."""
        spread = math.sqrt(self.year_spread or 0.0)
        return (self.slope_error or 0.0) * spread * (self.meaningful_change or 0.0)


@dataclass(frozen=True)
class Source:
    """A source that the series rests on, with the years it gave."""

    source_id: str
    years: tuple[int, ...]
    title: str | None
    retrieved_on: date | None
    licence: str | None
    attribution: str | None
    is_synthetic: bool

    @property
    def series(self) -> str:
        """The title without its year: yearly tables are one source to a reader."""
        return re.sub(r"\s+(19|20)\d\d\b", "", self.title or self.source_id)


@dataclass(frozen=True)
class Explanation:
    """Everything that one class rests on; `row` is marts.stagnation, `trend` core.trend."""

    choice: Choice
    row: dict[str, Any]
    trend: dict[str, Any]
    area: dict[str, Any]
    indicator: dict[str, Any]
    programme: dict[str, Any] | None
    years: tuple[Year, ...]
    fit: Fit
    recomputed: tuple[float, float | None, float | None] | None
    past: tuple[tuple[int, str], ...]
    other_axes: dict[str, str]
    comparability: dict[str, Any] | None
    suspected: tuple[tuple[int, float, float], ...]
    sources: tuple[Source, ...]
    edition_id: str
    is_synthetic: bool

    @property
    def is_gap(self) -> bool:
        """Whether the class is about a difference with a reference."""
        return self.choice.axis != "own"

    @property
    def is_recomputed_alike(self) -> bool:
        """Whether the points give the slope, residual sum and error that the warehouse has."""
        fit = self.fit
        if self.recomputed is None:
            return fit.slope is None
        told = (fit.slope, fit.residual_sum, fit.slope_error)
        return all(
            (one is None) == (other is None)
            and math.isclose(one or 0.0, other or 0.0, rel_tol=1e-6, abs_tol=1e-6)
            for one, other in zip(self.recomputed, told, strict=True)
        )


def explain(
    warehouse: Path,
    area: str,
    indicator: str,
    *,
    programme: str | None = None,
    axis: str = "own",
    edition: int | None = None,
) -> Explanation:
    """What the class of an area and indicator rests on, in the published edition.

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
    fit = _fit(connection, choice, row, trend)
    years = _years(connection, choice, trend, fit)
    years, recomputed = _fitted(years, fit)
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
        recomputed=recomputed,
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
        suspected=tuple(
            connection.execute(
                "select year, jump, usual_jump from core.suspected_break "
                "where indicator_id = ? and year <= ? and year > ? order by year",
                [key[1], choice.edition_year, choice.edition_year - fit.window_years],
            ).fetchall()
        ),
        sources=_sources(connection, years),
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
        has_own_noise=trend["has_own_noise"],
        pool=_pool(connection, choice, trend),
        degrees_of_freedom=trend["degrees_of_freedom"],
        year_spread=trend["year_spread"],
    )


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
        from core.observation as observation
        left join core.trend_point as point
            on point.series_id = $series and point.line = $line and point.year = observation.year
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


def _fitted(
    years: Sequence[Year], fit: Fit
) -> tuple[tuple[Year, ...], tuple[float, float | None, float | None] | None]:
    """The years with the line through them; slope, residual sum and error from the points."""
    parts: dict[int, list[Year]] = {}
    for year in years:
        if year.is_in_fit and year.segment is not None:
            parts.setdefault(year.segment, []).append(year)
    middles = {
        segment: (
            sum(each.year for each in part) / len(part),
            sum(each.fit_value or 0.0 for each in part) / len(part),
        )
        for segment, part in parts.items()
    }
    moved = [
        (each.year - middles[segment][0], (each.fit_value or 0.0) - middles[segment][1])
        for segment, part in parts.items()
        for each in part
    ]
    spread = sum(t * t for t, _ in moved)
    if not spread:
        return tuple(years), None
    slope = sum(t * y for t, y in moved) / spread
    residual = error = None
    if fit.meaningful_change:
        left = sum((y - slope * t) ** 2 for t, y in moved)
        residual = left / fit.meaningful_change**2
    fitted = {}
    for segment, part in parts.items():
        middle, level = middles[segment]
        for each in part:
            line = level + slope * (each.year - middle)
            margin = None
            if fit.is_whole:
                share = 1 / len(part) + (each.year - middle) ** 2 / spread
                margin = 1.75 * fit.error_per_point * math.sqrt(share)
            fitted[each.year] = (line, margin)
    sampling, pooled = fit.sampling_variance, fit.noise_variance
    if residual is not None and sampling is not None and pooled is not None:
        degrees = len(moved) - len(parts) - 1
        error = _slope_error(sampling + pooled, residual, degrees, spread)
    lined = tuple(_with_line(year, fitted.get(year.year)) for year in years)
    return lined, (slope, residual, error)


def _slope_error(usual: float, residual: float, degrees: int, spread: float) -> float:
    """The standard error of a slope, in the unit of the roots of `usual` and `residual`.

    `usual` is e2 + tau2; an area that scatters far beyond it is taken by its own residuals.
    """
    variance = (12 * usual + residual) / (12 + degrees)
    if round(variance - 3 * usual, 9) > 0:
        variance = residual / max(degrees - 1.25, 0.08)
    return math.sqrt(variance / spread)


def _with_line(year: Year, line: tuple[float, float | None] | None) -> Year:
    if line is None:
        return year
    fitted, margin = line
    values = vars(year) | {"fitted": fitted}
    if margin is not None:
        values |= {"low": fitted - margin, "high": fitted + margin}
    return Year(**values)


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
