"""Series of which the truth is known, made of real ones and judged by the project's own SQL.

The rule runs in memory on a copy of the figures; the published file is only read. A simulation has
one indicator and several draws. Each draw is an indicator of its own to the SQL, so that the noise
is pooled over all wijken of one draw, as it is over all wijken of the real indicator.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wijkpeil.edition.folder import reading
from wijkpeil.edition.memory import bound
from wijkpeil.edition.models import Model, in_order, make_macros, read_models, run_models
from wijkpeil.errors import WijkError
from wijkpeil.text import literal

SEED = "wijkpeil"
# series that a share rests on: at 5% its standard error is then a third of a point
WANTED_SERIES = 4000

# years in a row that stay together: half a window, so that years resemble the year before as they
# do in truth. What lasts longer is a course
BLOCK_YEARS = 4

# what a series becomes: the order of its years, and the line that is added
SIMULATIONS = {
    "placebo": ("blocks", "value"),
    "planted": ("blocks", "planted"),
    "own_course": ("own", "planted"),
    # the same series, in the editions of which the last years gained what matters too
    "gaining": ("own", "planted"),
}

# each wijk without its own slope, with its levels between breaks. What is left of the years around
# a line through them is smaller than their noise, by the degrees of freedom that the line took
_BASE = """
create or replace temp table base as
with point as (
    select observation.area_code, observation.year, point.value, point.standard_error,
        observation.status,
        dense_rank() over (partition by observation.area_code order by point.segment) as segment,
    from published.core.trend_series as series
    join published.core.observation as observation using (area_code, indicator_id)
    left join published.core.trend_point as point
        on point.series_id = series.series_id
        and point.line = 'own'
        and point.year = observation.year
    where series.programme_id is null
        and series.area_kind = 'wijk'
        and series.indicator_id = $indicator
        and observation.status <> 'not_comparable'
),

centred as (
    select *,
        year - avg(year) filter (where value is not null) over (partition by area_code, segment)
            as from_middle,
    from point
),

levelled as (
    select *,
        avg(value) over (partition by area_code, segment) as level,
        count(value) over (partition by area_code) as points,
        count(distinct segment) filter (where value is not null) over (partition by area_code)
            as segments,
        value - from_middle * coalesce(
            sum(from_middle * value) over (partition by area_code)
            / nullif(sum(if(value is null, 0, from_middle ** 2)) over (partition by area_code), 0),
            0
        ) as level_value,
    from centred
)

select *,
    level + (level_value - level) * sqrt(points / greatest(points - segments - 1, 1))
        as noise_value,
    year - avg(year) filter (where value is not null) over (partition by area_code) as years_on,
from levelled
"""

# the years of a series are dealt anew, only within one definition and boundary: in a ring that is
# cut into blocks from a year drawn by lot; the blocks in any order, each forwards or backwards, so
# that none keeps a trend of its own
_SIMULATION = """
insert into core.observation by name
with numbered as (
    select *,
        row_number() over (partition by area_code, segment order by year) as place,
        count(*) over (partition by area_code, segment) as places,
    from base
    where value is not null
),

turned as (
    select numbered.*, draw.range as draw,
        concat_ws('|', $seed, $indicator, draw.range, area_code, segment) as lot,
        (place + (hash(lot) % places)::bigint) % places as turned_place,
        turned_place // $block as block,
    from numbered
    cross join range($draws) as draw
),

dealt as (
    select draw, area_code, segment,
        if($order = 'own', level_value, noise_value) as value,
        standard_error,
        row_number() over (
            partition by draw, area_code, segment
            order by
                if($order = 'own', place::ubigint, hash(concat_ws('|', lot, block))),
                block,
                if(
                    hash(concat_ws('|', lot, block, 'way')) % 2 = 0,
                    turned_place,
                    -turned_place
                )
        ) as place,
    from turned
),

put as (
    select dealt.draw, numbered.area_code, numbered.year, numbered.segment, numbered.status,
        numbered.years_on, dealt.value, dealt.standard_error,
    from dealt
    join numbered using (area_code, segment, place)

    union all by name

    select draw.range as draw, area_code, year, segment, status,
    from base
    cross join range($draws) as draw
    where value is null
),

indicator as (
    select * from published.catalog.indicator where indicator_id = $indicator
)

select
    put.area_code,
    put.draw::varchar as indicator_id,
    put.year,
    put.status,
    put.segment as boundary_segment,
    put.standard_error,
    -- a change that is a share of the level is planted as growth by that share
    put.value + case
        when $line = 'value' then 0
        when indicator.change_per_year is not null
            then indicator.direction * indicator.change_per_year * put.years_on
        else abs(put.value)
            * (exp(indicator.direction * indicator.change_relative * put.years_on) - 1)
    end as value,
from put
cross join indicator
"""

# the classes of each wijk, and the wrong ones: improving where nothing changes, else flagged. What
# the last years gained is the line through them alone, where none is missing and nothing changed
_COUNTED = """
with recent as (
    select trend.area_code, trend.indicator_id, trend.edition_year,
        any_value(series.direction / trend.meaningful_change)
        * regr_slope(observation.value, observation.year) as gain,
    from core.trend as trend
    join core.trend_series as series using (series_id)
    join core.observation as observation
        on observation.area_code = trend.area_code
        and observation.indicator_id = trend.indicator_id
        and observation.year > trend.edition_year - $block
        and observation.year <= trend.edition_year
    where trend.axis = 'own' and $simulation = 'gaining'
    group by all
    having count(observation.value) = $block and count(distinct observation.boundary_segment) = 1
)

select area_code, count(*),
    count(*) filter (where if($simulation = 'placebo', class = 'improving', is_alert)),
from core.trend
left join recent using (area_code, indicator_id, edition_year)
where axis = 'own'
    and class <> 'insufficient'
    and ($simulation <> 'gaining' or recent.gain >= 1)
group by area_code
order by area_code
"""


@dataclass(frozen=True)
class Counted:
    """What became of one series in all draws and editions of a simulation."""

    area_code: str
    assessed: int
    wrong: int


@dataclass(frozen=True)
class Share:
    """A share of classes; the margin is of 95%, over the series it rests on."""

    series: int
    assessed: int
    share: float
    margin: float | None

    @classmethod
    def of(cls, counts: Sequence[tuple[int, int]]) -> Share | None:
        """Of (hits, assessed) per series; None where nothing was assessed.

        Classes of one series are not independent, so the margin counts series, not classes.
        """
        counts = [(hits, assessed) for hits, assessed in counts if assessed]
        total = sum(assessed for _, assessed in counts)
        if not total:
            return None
        share = sum(hits for hits, _ in counts) / total
        n = len(counts)
        squares = sum((hits - share * assessed) ** 2 for hits, assessed in counts)
        margin = 1.96 * math.sqrt(n / (n - 1) * squares) / total if n > 1 else None
        if share in {0, 1}:
            # none seen in n series: 95% sure that it is less than 3 in n
            margin = min(1, 3 / n)
        return cls(series=n, assessed=total, share=share, margin=margin)


def trend_models(folder: Path) -> list[Model]:
    """The SQL of the rule, in order: from figures and references to classes."""
    models = [
        model
        for model in read_models(folder)
        if model.name.startswith("core.trend") or model.name == "core.suspected_break"
    ]
    made = {model.name for model in models}
    return in_order(models, set().union(*(model.reads for model in models)) - made)


@contextmanager
def beside_published(path: Path, sql: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory for the models of `sql`, with the published file beside it as
    `published`, read-only."""
    with reading(path):
        pass
    connection = duckdb.connect()
    try:
        bound(connection)
        make_macros(connection, sql)
        connection.execute(f"attach {literal(str(path))} as published (read_only)")
        try:
            connection.execute("select 1 from published.core.trend_point limit 0")
        except duckdb.CatalogException as error:
            raise WijkError(
                f"{path} was built by an earlier version, without the points of its trends; "
                "run `wijkpeil build`, `check` and `publish` first."
            ) from error
        yield connection
    finally:
        connection.close()


def run_simulation(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Model], indicator: str, simulation: str
) -> list[Counted]:
    """Judge the series of one indicator under a known truth; on its own level only."""
    order, line = SIMULATIONS[simulation]
    connection.execute(_BASE, {"indicator": indicator})
    (series,) = connection.execute(
        "select count(distinct area_code) from base where value is not null"
    ).fetchone() or (0,)
    if not series:
        return []
    draws = 1 if order == "own" else math.ceil(WANTED_SERIES / series)
    _empty_tables(connection, models)
    connection.execute(
        """
        insert into core.place by name
        select area_code, 'wijk' as area_kind, true as is_listed,
        from (select distinct area_code from base)
        """
    )
    connection.execute(
        """
        insert into catalog.indicator
        select indicator.* replace (draw.range::varchar as indicator_id)
        from published.catalog.indicator as indicator
        cross join range($draws) as draw
        where indicator.indicator_id = $indicator
        """,
        {"indicator": indicator, "draws": draws},
    )
    connection.execute(
        _SIMULATION,
        {
            "indicator": indicator,
            "draws": draws,
            "seed": SEED,
            "order": order,
            "line": line,
            "block": BLOCK_YEARS,
        },
    )
    run_models(connection, models)
    rows = connection.execute(_COUNTED, {"simulation": simulation, "block": BLOCK_YEARS}).fetchall()
    return [Counted(*row) for row in rows]


def _empty_tables(connection: duckdb.DuckDBPyConnection, models: Sequence[Model]) -> None:
    """What the rule reads, without rows; what it makes is dropped."""
    for model in models:
        connection.execute(f"drop {model.kind} if exists {model.name}")
    for table in sorted(set().union(*(model.reads for model in models))):
        if table not in {model.name for model in models}:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create or replace table {table} as from published.{table} limit 0")
