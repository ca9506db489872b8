"""How long an alert lasts, held against the rule written out edition by edition."""

from __future__ import annotations

from itertools import product

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import read_models

# of an edition: not enough figures, enough and nothing, holds an alert, enters one
STATES = ("insufficient", "quiet", "holding", "entering")
EDITIONS = 6


def plain(states: tuple[str, ...]) -> list[bool]:
    alerts, stands = [], False
    for state in states:
        if state != "insufficient":
            stands = state == "entering" or (stands and state == "holding")
        alerts.append(stands and state != "insufficient")
    return alerts


def test_an_alert_lasts_until_an_edition_that_no_longer_holds_it() -> None:
    courses = list(product(STATES, repeat=EDITIONS))
    (model,) = [each for each in read_models(SQL) if each.name == "core.trend_course"]
    connection = duckdb.connect()
    connection.execute("create schema core")
    connection.execute(
        "create table core.trend_test as select * from (select unnest(?) as course_id, "
        "0 as series_id, 'own' as axis, unnest(?) as edition_number, unnest(?) as outcome) "
        "as t, lateral (select 2000 + edition_number as edition_year)",
        [
            [number for number, _ in enumerate(courses) for _ in range(EDITIONS)],
            [*range(EDITIONS)] * len(courses),
            [state for course in courses for state in course],
        ],
    )
    found = dict(connection.execute(f"select course_id, alerts from ({model.sql})").fetchall())
    for number, course in enumerate(courses):
        alerts = [bool(found[number] >> edition & 1) for edition in range(EDITIONS)]
        assert alerts == plain(course), course


def test_a_year_without_figures_ends_no_alert() -> None:
    assert plain(("entering", "insufficient", "holding", "quiet", "holding")) == [
        *(True, False, True, False, False)
    ]
