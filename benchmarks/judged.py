"""The classes that the project's own SQL gives the series of a panel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from panel import KINDS, Kind, Panel

from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import Model, in_order, make_macros, read_models, run_models

Array = NDArray[Any]

SQL = Path(__file__).parents[1] / "sql"
OWN, GAP = AXES = ("own", "gap_nl")
HEADLINE = "headline"
WINDOW = 8
ALERTS = ("stagnating", "deteriorating")


@dataclass(frozen=True)
class Verdict:
    """What a rule says of each series (rows) in each edition (columns)."""

    label: Array
    is_alert: Array
    is_held: Array  # an alert that would not begin in this edition
    is_mailed: Array  # an alert that may begin a mail
    slope: Array  # in meaningful changes per year, NaN where the figures are too few
    chance_wrong: Array | None = (
        None  # of an alert: its false discovery rate, where the SQL has one
    )
    chance_still: Array | None = None  # that it truly stands still, likewise
    is_headline: bool = False  # of the row that an area is judged by, as the SQL knows it


# the verdicts by axis, on the axes asked for
Judge = Callable[[Panel, Sequence[str]], dict[str, Verdict]]


def judged_by_sql(
    panel: Panel,
    axes: Sequence[str],
    *,
    kinds: Mapping[str, Kind] = KINDS,
    view: str = "core.trend",
    explained: Sequence[int] = (),
    with_gaps: bool = True,
) -> dict[str, Verdict]:
    """The classes that the project's SQL gives the series, on those of `axes` it has.

    In core.verdict the axis `headline` is the row that the catalog says an area is judged by; own
    where the SQL does not know of it. Jumps in the years `explained` are so in the catalog. Without
    gaps nothing is compared with the country.
    """
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        given = lay_out(
            connection, panel, kinds, with_gaps=with_gaps and not {GAP, HEADLINE}.isdisjoint(axes)
        )
        connection.execute(
            "insert into catalog.explained_jump by name "
            "select indicator_id, unnest(?::integer[]) as year from catalog.indicator",
            [list(explained)],
        )
        run_models(connection, in_order(behind(view, given), given))
        columns = {name for name, *_ in connection.execute(f"describe {view}").fetchall()}
        has_headline = "is_headline" in columns
        headline = "is_headline" if has_headline else "axis = 'own'"
        wrong, still = (
            name if name in columns else "null"
            for name in ("false_discovery_rate", "standstill_chance")
        )
        return {
            axis: _verdict(
                panel,
                axis == HEADLINE and has_headline,
                connection.execute(
                    "select substr(area_code, 3)::integer as series, edition_year, class, "
                    "is_alert, is_held, is_new_alert_allowed, score_slope, "
                    f"{wrong}::double as chance_wrong, {still}::double as chance_still from {view} "
                    f"where edition_year >= ? and {headline if axis == HEADLINE else 'axis = ?'}",
                    [panel.editions[0], *([] if axis == HEADLINE else [axis])],
                ).fetchnumpy(),
            )
            for axis in axes
        }


def _verdict(panel: Panel, is_headline: bool, rows: Mapping[str, Array]) -> Verdict:
    shape = (len(panel.slope), len(panel.editions))
    at = rows["series"], rows["edition_year"] - panel.editions[0]
    label = np.full(shape, "insufficient", dtype="U14")
    label[at] = rows["class"].astype(str)
    said = {}
    for column in ("is_alert", "is_held", "is_new_alert_allowed"):
        said[column] = np.zeros(shape, dtype=bool)
        said[column][at] = np.ma.filled(rows[column], False)
    number = {}
    for column in ("score_slope", "chance_wrong", "chance_still"):
        number[column] = np.full(shape, np.nan)
        number[column][at] = np.ma.filled(rows[column].astype(float), np.nan)
    return Verdict(
        label=label,
        is_alert=said["is_alert"],
        is_held=said["is_held"],
        is_mailed=said["is_alert"] & said["is_new_alert_allowed"],
        slope=np.where(label == "insufficient", np.nan, number["score_slope"]),
        is_headline=is_headline,
        chance_wrong=_known(number["chance_wrong"]),
        chance_still=_known(number["chance_still"]),
    )


def _known(numbers: Array) -> Array | None:
    return None if np.isnan(numbers).all() else numbers


def behind(name: str, given: Collection[str]) -> list[Model]:
    """The model and all that it reads, as far as it is not given."""
    models = {model.name: model for model in read_models(SQL)}
    wanted, found = [name], {}
    while wanted:
        model = models[wanted.pop()]
        found[model.name] = model
        wanted += model.reads - set(given) - set(found)
    return list(found.values())


def lay_out(
    connection: duckdb.DuckDBPyConnection,
    panel: Panel,
    kinds: Mapping[str, Kind],
    *,
    with_gaps: bool,
) -> list[str]:
    """The tables that the trend SQL reads, filled with the panel: every series is a wijk."""
    create_given(connection)
    make_macros(connection, SQL)
    for name in np.unique(panel.indicator):
        fact = kinds[name.split("_")[0]]
        low, high = fact.bounds or (None, None)
        connection.execute(
            "insert into catalog.indicator by name select ? as indicator_id, ? as direction, "
            "? as window_years, ?::double as change_per_year, ?::double as change_relative, "
            "?::double as range_low, ?::double as range_high",
            [
                *(str(name), fact.direction, WINDOW, fact.change_per_year, fact.change_relative),
                *(low, high),
            ],
        )
    series, year = np.nonzero(np.isfinite(panel.value))
    point = {
        "series": series,
        "indicator_id": panel.indicator[series].astype(object),
        "year": panel.years[year],
        "value": panel.value[series, year],
        "standard_error": panel.error[series, year],
        "national": panel.national[series, year],
        "boundary_segment": panel.segment[series, year],
    }
    connection.register("point", point)
    connection.execute(
        """
        create table core.observation as
        select
            format('WK{:08d}', series) as area_code,
            year::integer as geography_year,
            year::integer as year,
            indicator_id,
            value,
            value as value_as_published,
            'final' as status,
            false as is_never_revised,
            if(isfinite(standard_error), standard_error, null) as standard_error,
            false as is_restated,
            0.0 as moved_share,
            boundary_segment::bigint as boundary_segment,
            'simulated' as source_id,
            null::date as retrieved_on,
        from point
        """
    )
    connection.execute(
        """
        create table core.benchmark as
        select
            format('WK{:08d}', series) as area_code,
            null::varchar as programme_id,
            indicator_id,
            year::integer as year,
            'nl' as comparator,
            'NL00' as comparator_code,
            national as value,
            0.0 as own_share,
            false as is_self_excluded,
            1000 as areas,
            true as is_published,
            null::date as list_date,
        from point
        where ?
        """,
        [with_gaps],
    )
    connection.execute(
        """
        create table core.place as
        select distinct
            area_code,
            area_code as area_name,
            'wijk' as area_kind,
            'GM' || substr(area_code, 3) as gemeente_code,
            'GM' || substr(area_code, 3) as gemeente_name,
            true as is_listed,
        from core.observation
        """
    )
    connection.execute(
        """
        create table core.programme_area (
            programme_id varchar, area_code varchar, area_id varchar, area_name varchar,
            area_kind varchar, gemeente_code varchar, gemeente_name varchar, is_used boolean,
            is_on_list boolean, is_in_group boolean, list_date date
        )
        """
    )
    connection.unregister("point")
    filled = ["core.observation", "core.benchmark", "core.place", "core.programme_area"]
    return [*GIVEN, *filled]
