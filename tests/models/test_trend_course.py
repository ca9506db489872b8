"""How long an alert lasts, held against the rule written out edition by edition."""

from __future__ import annotations

from itertools import product

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import read_models

# of an edition: not enough figures, enough and nothing, holds an alert, enters one, and enters one
# while its last years went up
STATES = ("insufficient", "quiet", "holding", "entering", "turning")
EDITIONS = 6


def plain(states: tuple[str, ...], *, turning_begins: bool = True) -> list[bool]:
    """Whether an alert is up; it may be asked not to begin in an edition that turns up."""
    alerts, stands = [], False
    for state in states:
        if state != "insufficient":
            begins = state == "entering" or (turning_begins and state == "turning")
            stands = begins or (stands and state in ("holding", "turning"))
        alerts.append(stands and state != "insufficient")
    return alerts


def test_an_alert_lasts_until_an_edition_that_no_longer_holds_it() -> None:
    courses = list(product(STATES, repeat=EDITIONS))
    (model,) = [each for each in read_models(SQL) if each.name == "core.trend_course"]
    connection = duckdb.connect()
    connection.execute("create schema core")
    connection.execute(
        "create table core.trend_test as select * from (select unnest(?) as course_id, "
        "0 as series_id, 'own' as axis, unnest(?) as edition_number, unnest(?) as outcome, "
        # what only holds may go up: it begins nothing
        "unnest(?) as is_turning) as t, "
        "lateral (select 2000 + edition_number as edition_year, false as is_last_revisable)",
        [
            [number for number, _ in enumerate(courses) for _ in range(EDITIONS)],
            [*range(EDITIONS)] * len(courses),
            ["entering" if state == "turning" else state for course in courses for state in course],
            [state in ("turning", "holding") for course in courses for state in course],
        ],
    )
    found = {
        number: bits
        for number, *bits in connection.execute(
            f"select course_id, alerts, unbent_alerts from ({model.sql})"
        ).fetchall()
    }
    assert len(found) == len(courses)
    for number, course in enumerate(courses):
        alerts, unbent = (
            [bool(bits >> edition & 1) for edition in range(EDITIONS)] for bits in found[number]
        )
        assert alerts == plain(course), course
        assert unbent == plain(course, turning_begins=False), course


def test_an_alert_that_was_up_is_not_over_by_a_turn_and_none_begins_in_one() -> None:
    up = ("entering", "turning", "holding", "quiet", "turning", "holding")
    assert plain(up, turning_begins=False) == [True, True, True, False, False, False]


def test_a_year_without_figures_ends_no_alert() -> None:
    assert plain(("entering", "insufficient", "holding", "quiet", "holding")) == [
        *(True, False, True, False, False)
    ]
