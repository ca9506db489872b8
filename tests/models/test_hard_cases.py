"""Does the trend rule stand where counts are small, wijken turn or the country moves?"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest
from hard_cases import FAMILIES
from hard_panels import (
    BEND_YEAR,
    BENDS,
    COURSES,
    REPORTING,
    SIZES,
    STAYS_YEARS,
    TUNING,
    bending_panel,
    bounded_panel,
    city_panel,
    register_error,
    remembering_panel,
    small_panel,
    waving_panel,
)
from judged import ALERTS, SQL
from mails import CORRELATED, MAIL_LEVELS, mailed_panel
from metrics import Figure, Level, missed, number
from panel import KINDS

from wijkpeil.edition.given import create_given
from wijkpeil.edition.models import make_macros, read_models, run_models

# few series: a level is missed when it is so by more than three standard errors
SIZE = {
    "small": 2400,
    "bends": 30,
    "waves": 100,
    "bounds": 60,
    "wild": 8,
    "memory": 400,
    "mails": 300,
}
SEED, ERRORS = 1, 3.0


@pytest.mark.parametrize("name", FAMILIES)
def test_the_levels_that_must_be_met_are_met(name: str) -> None:
    family = FAMILIES[name]

    assert missed(family.levels, family.measure(SEED, SIZE[name]), ERRORS) == []


@pytest.mark.parametrize("name", ["small", "wild"])
def test_every_level_is_measured_and_nothing_else(name: str) -> None:
    family = FAMILIES[name]

    assert set(family.measure(2, SIZE[name] // 4)) == {level.metric for level in family.levels}


def test_nobody_tunes_on_the_seeds_that_are_published() -> None:
    assert set(TUNING).isdisjoint(REPORTING)


# the panels are what they are said to be


def test_counts_are_published_in_tens_and_have_the_size_of_their_class() -> None:
    panel = small_panel(3, 3000)
    last = panel.value[:, -8:].mean(axis=1)

    for name, size in SIZES.items():
        flat = panel.scenario == f"{name} / flat"
        low, high = size.per_1000
        # a count of seven is as often none as ten
        assert low / 2 < np.median(last[flat]) < high
    assert {name.split(" / ")[1] for name in panel.scenario} == set(COURSES)


def test_a_person_stays_four_years_and_the_number_follows_the_course() -> None:
    panel = small_panel(4, 6000)
    large = np.char.startswith(panel.scenario, "over 300")
    for name, slope in COURSES.items():
        logs = np.log(panel.value[large & np.char.endswith(panel.scenario, f"/ {name}")])
        yearly = np.polyfit(panel.years, logs.mean(axis=0), 1)[0]
        assert yearly == pytest.approx(-0.05 * slope, abs=0.012)

    small = panel.scenario == "30 to 50 / flat"
    rest = panel.value[small] / panel.value[small].mean(axis=1)[:, None]
    rest = rest - rest.mean(axis=0)
    remembered = (rest[:, 1:] * rest[:, :-1]).sum() / (rest[:, 1:] ** 2).sum()
    # rounding is noise that remembers nothing, and a mean of eleven years takes some of it
    assert 0.3 < remembered < 1 - 1 / STAYS_YEARS


def test_a_rate_has_the_error_that_the_sql_gives_it() -> None:
    persons, inhabitants = [0.0, 10.0, 40.0, 600.0], [500.0, 800.0, 2000.0, 9000.0]
    with duckdb.connect() as connection:
        create_given(connection)
        make_macros(connection, SQL)
        connection.execute(
            """
            create table core.measured as
            select 'WK' || generate_subscripts($persons, 1) as area_code, 2020 as geography_year,
                2020 as year, 'some' as source_id, 'bijstand' as indicator_id,
                unnest($persons) as value, value as value_as_published, 'final' as status,
                10 / sqrt(12) as standard_error, false as is_never_revised,
                false as is_restated, 0.0 as moved_share,
                0 as boundary_segment, null::date as retrieved_on
            union all
            select 'WK' || generate_subscripts($inhabitants, 1), 2020, 2020, 'some', 'inwoners',
                unnest($inhabitants) as value, value as value_as_published, 'final' as status,
                5 / sqrt(12), false, false, 0.0, 0, null
            """,
            {"persons": persons, "inhabitants": inhabitants},
        )
        connection.execute("create table core.programme_measured as from core.measured limit 0")
        connection.execute(
            "insert into catalog.rate values ('rate', 'bijstand', 'inwoners', 1000, 'register')"
        )
        run_models(connection, [model for model in read_models(SQL) if model.name == "core.rate"])
        rows = connection.sql("select standard_error from core.rate order by value").fetchnumpy()
    given = np.ma.filled(rows["standard_error"].astype(float), np.nan)

    assert register_error(np.array(persons), np.array(inhabitants)) == pytest.approx(
        given, rel=1e-9, nan_ok=True
    )


def test_a_bend_turns_in_its_year() -> None:
    panel = bending_panel(5, 160, is_quiet=True)
    score = np.full(panel.value.shape, np.nan)
    for name, fact in KINDS.items():
        at = panel.kind == name
        change = fact.change_per_year or 0.05 * panel.value[at].mean(axis=1, keepdims=True)
        score[at] = panel.value[at] * fact.direction / change
    for name, (before, after) in BENDS.items():
        course = score[(panel.scenario == name) & (panel.kind == "grade")].mean(axis=0)
        past = panel.years <= BEND_YEAR
        assert np.polyfit(panel.years[past], course[past], 1)[0] == pytest.approx(before, abs=0.25)
        now = panel.years >= BEND_YEAR
        assert np.polyfit(panel.years[now], course[now], 1)[0] == pytest.approx(after, abs=0.25)


def test_the_tame_wijken_of_a_city_are_the_same_without_the_wild_ones() -> None:
    panel = city_panel(6, 3)
    without = np.char.endswith(panel.indicator, "_without")
    tame = panel.scenario == "tame"

    np.testing.assert_array_equal(panel.value[~without & tame], panel.value[without])
    assert set(panel.scenario[without]) == {"tame"}
    cities, size = np.unique(panel.indicator, return_counts=True)
    assert dict(zip(np.char.endswith(cities, "_without"), size, strict=True)) == {
        False: 38,
        True: 35,
    }
    scatter = panel.value.std(axis=1)
    wild, calm = (panel.kind == "register") & ~tame, (panel.kind == "register") & tame
    assert np.median(scatter[wild]) > 5 * np.median(scatter[calm])


def test_noise_remembers_as_much_as_is_said() -> None:
    panel = remembering_panel(7, 400)
    for phi in (0.3, 0.6):
        value = panel.value[(panel.kind == "wide") & (panel.scenario == f"{phi:g}")]
        rest = value - value.mean()
        # levels differ between wijken: the difference of neighbours does not know of them
        step = np.diff(rest, axis=1)
        assert (step**2).mean() == pytest.approx(2 * (1 - phi), rel=0.1)


def test_half_of_the_noise_of_a_wijk_is_common_to_its_indicators() -> None:
    panel, programme = mailed_panel(8, 40)
    of_wijk = panel.value.reshape(-1, 8, len(panel.years))
    middle = panel.years - panel.years.mean()
    rest = of_wijk - of_wijk.mean(axis=2, keepdims=True)
    line = (rest * middle).sum(axis=2, keepdims=True) / (middle**2).sum()
    rest = rest - line * middle
    first, second = rest[:, 5].ravel(), rest[:, 6].ravel()  # two percentages out of a register
    found = np.corrcoef(first, second)[0, 1]

    # what the country shares and rounding are of each alone
    assert CORRELATED - 0.12 < found < CORRELATED
    assert len(programme) == len(panel.value)


def test_no_wijk_at_its_bound_could_improve_by_what_matters() -> None:
    panel = bounded_panel(9, 50)
    for kind in ("floor", "ceiling"):
        flat = panel.scenario == f"{kind}, no room, flat"
        room = panel.value[flat] if kind == "floor" else 100 - panel.value[flat]
        assert np.median(room) < 8 * 0.2
        assert (room >= 0).all()


def test_a_wave_passes_and_not_everyone_follows() -> None:
    panel = waving_panel(10, 800)
    dip = np.char.startswith(panel.scenario, "dip") & (panel.kind == "register")
    flat = np.char.endswith(panel.scenario, "flat")
    away = np.isin(panel.years, (2022, 2023))
    found = {}
    for who in ("dip, follows", "dip, does not follow"):
        value = panel.value[dip & flat & np.char.startswith(panel.scenario, who)]
        # of a register lower is better, so a dip is up
        found[who] = value[:, away].mean() - value[:, ~away].mean()

    assert found["dip, follows"] == pytest.approx(4 * 0.2, abs=0.1)
    assert abs(found["dip, does not follow"]) < 0.1


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: small_panel(seed, 50),
        lambda seed: bending_panel(seed, 1, is_quiet=False),
        lambda seed: mailed_panel(seed, 3).panel,
    ],
)
def test_a_panel_is_the_same_for_the_same_seed(make: Any) -> None:
    np.testing.assert_array_equal(make(1).value, make(1).value)
    assert not np.array_equal(make(1).value, make(2).value)


# the levels


def test_a_number_is_held_against_both_bounds() -> None:
    level = Level("said over wrong", (0.67, 1.5))

    assert not level.is_missed(Figure(1.0, 100, 0.1))
    assert level.is_missed(Figure(0.5, 100, 0.1))
    assert level.is_missed(Figure(1.6, 100, 0.1))
    assert not level.is_missed(Figure(1.6, 100, 1.0), errors=3.0)
    assert missed([level], {"said over wrong": Figure(6.7, 100, 0.1)}) == [
        "said over wrong: 6.70, must be from 0.67 to 1.5"
    ]


def test_a_number_of_classes_is_shown_as_a_number() -> None:
    figure = number(np.array([0, 1, 5]))

    assert figure.cell == "2.00"
    assert Level("x", 1.0).told(figure) == "x: 2.00, must be at most 1"
    assert ALERTS == ("stagnating", "deteriorating")
    assert MAIL_LEVELS[0].must is None
