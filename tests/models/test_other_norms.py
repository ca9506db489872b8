"""Asking more never makes a judgement milder, and asking less never worse."""

from __future__ import annotations

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import make_macros

# from mild to severe
ORDER = ["improving", "inconclusive", "stagnating", "deteriorating"]

# every score and error of a grid, with an alert that is up or not where an outcome leaves both open
GRID = """
with line as (
    select
        step / 20 as score,
        width / 40 as error,
        has_own_noise,
        was_alert,
        core.outcome_of(score, error, has_own_noise, 1) as outcome,
        outcome in ('deteriorating', 'entering') or (was_alert and outcome = 'holding') as is_alert,
    from range(-80, 81) as t(step)
    cross join range(0, 121) as u(width)
    cross join (select unnest([true, false]) as has_own_noise)
    cross join (select unnest([true, false]) as was_alert)
)
select
    score,
    error,
    core.class_of(core.outcome_of(score, error, has_own_noise, 0.5), false) as at_half,
    core.class_of(outcome, is_alert) as class,
    core.class_of(core.outcome_of(score, error, has_own_noise, 2), is_alert) as at_double,
from line
"""


def test_a_higher_norm_is_never_milder_and_a_lower_one_never_harsher() -> None:
    with duckdb.connect() as connection:
        make_macros(connection, SQL)
        found = connection.execute(GRID).fetchall()
    assert {row[3] for row in found} == set(ORDER)
    milder = [row for row in found if ORDER.index(row[4]) < ORDER.index(row[3])]
    worse = [row for row in found if ORDER.index(row[2]) > ORDER.index(row[3])]
    assert (milder, worse) == ([], [])
    # and the norm is not without meaning
    assert any(row[2] != row[3] for row in found)
    assert any(row[4] != row[3] for row in found)
