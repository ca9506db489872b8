"""The rule on all axes: references, sizes of a programme, breaks, sentences and counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from judged_panel import make_panel
from synthetic_country import synthetic_country

from wijkpeil.edition.build import SQL
from wijkpeil.edition.models import read_models
from wijkpeil.edition.sentence_macros import make_sentences
from wijkpeil.errors import WijkError
from wijkpeil.words import FOLDER

# two programmes follow the first wijken: one has a group and a size of its own
_PROGRAMMES = """
insert into catalog.programme values
    ('samen', 1, 'Samen', null, null, 'programme'), ('eigen', 2, 'Eigen', null, null, 'steden');
insert into catalog.programme_area
select programme_id, 'WK' || lpad(g::varchar, 4, '0') || '00'
from catalog.programme, range(3, 9) t(g);
insert into catalog.programme_indicator
select programme_id, indicator_id from catalog.programme, catalog.indicator where direction <> 0;
insert into catalog.area_group values
    ('steden', 1, 'de grote steden', ['GM0013', 'GM0014'], null, null, []);
insert into catalog.programme_change
values ('eigen', 'low_income', 0.4, null, 'test', date '2026-01-01', 'test');
"""
# every wijk falls by half a point a year from 2018 on, but for the first of gemeente 4
_MOVING = """
update raw.cbs_cell
set value_text = (value_text::double + 30 - 0.5 * right(source_id, 4)::integer + 1000
    + if(area_key = 'WK000400', 0.5 * (right(source_id, 4)::integer - 2013), 0))::varchar
where column_key = 'low_income';
"""


@pytest.fixture(scope="module")
def country() -> Iterator[duckdb.DuckDBPyConnection]:
    """Low income falls everywhere by 0.5 a year; in WK000400 it stays as it is."""
    with synthetic_country(before_build=_PROGRAMMES + _MOVING) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def test_a_wijk_that_stays_behind_is_told_on_its_level_and_on_each_gap(
    country: duckdb.DuckDBPyConnection,
) -> None:
    classes = dict(
        rows(
            country,
            "select axis, line_class from marts.stagnation where area_code = 'WK000400' "
            "and indicator_id = 'low_income' and edition_year = 2025 and programme_id = 'samen'",
        )
    )
    assert classes == {
        "own": "stagnating",
        "gap_gemeente": "deteriorating",
        "gap_nl": "deteriorating",
        "gap_programme": "deteriorating",
    }


def test_where_all_fall_alike_the_level_improves_and_no_gap_moves(
    country: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(
        country,
        "select axis, line_class, max(abs(slope)) from marts.stagnation "
        "where indicator_id = 'low_income' and edition_year = 2025 and area_code <> 'WK000400' "
        "and area_code like 'WK00%' and area_code[3:6] > '0012' and class <> 'insufficient' "
        "and axis <> 'gap_programme' group by all order by all",
    )
    assert [(axis, name) for axis, name, _ in found] == [
        ("gap_gemeente", "stagnating"),
        ("gap_nl", "stagnating"),
        ("own", "improving"),
    ]
    # the country has one wijk that stands still among all
    assert found[0][2] < 1e-9
    assert found[1][2] < 0.01
    assert found[2][2] == pytest.approx(0.5)


def test_the_gap_of_a_programme_is_to_what_it_chose(country: duckdb.DuckDBPyConnection) -> None:
    references = dict(
        rows(
            country,
            "select programme_id, reference_value from marts.stagnation "
            "where area_code = 'WK000400' and indicator_id = 'low_income' "
            "and edition_year = 2025 and axis = 'gap_programme'",
        )
    )
    expected = dict(
        rows(
            country,
            "select coalesce(programme_id, 'eigen'), value from core.benchmark "
            "where area_code = 'WK000400' and indicator_id = 'low_income' and year = 2025 "
            "and comparator in ('programme', 'steden') "
            "and (comparator = 'steden' or programme_id = 'samen')",
        )
    )
    assert references == expected
    assert references["samen"] != references["eigen"]


def test_a_programme_judges_by_its_own_size(country: duckdb.DuckDBPyConnection) -> None:
    sizes = rows(
        country,
        "select programme_id, meaningful_change, class from marts.stagnation "
        "where area_code = 'WK000500' and indicator_id = 'low_income' and edition_year = 2025 "
        "and axis = 'own' order by 1",
    )
    assert sizes == [("eigen", 0.4, "improving"), ("samen", 0.2, "improving")]
    score = dict(
        rows(
            country,
            "select coalesce(programme_id, 'all'), score_slope from core.trend "
            "where area_code = 'WK000500' and indicator_id = 'low_income' "
            "and edition_year = 2025 and axis = 'own'",
        )
    )
    assert score["all"] == pytest.approx(2.5)
    assert score["eigen"] == pytest.approx(1.25)


def test_sensitivity_is_to_half_and_double_the_size(country: duckdb.DuckDBPyConnection) -> None:
    # 0.5 a year is 2.5 times what matters: still an improvement of double the size
    assert rows(
        country,
        "select distinct class, class_at_half, class_at_double from core.trend "
        "where area_code = 'WK000500' and indicator_id = 'low_income' "
        "and edition_year = 2025 and axis = 'own' and programme_id is null",
    ) == [("improving", "improving", "improving")]


def test_every_class_follows_from_its_columns(country: duckdb.DuckDBPyConnection) -> None:
    """The margin too: it is of the noise that is told beside it."""
    wrong = rows(
        country,
        """
        select count(*), count(*) filter (
            where has_own_noise <> (
                (20 * (sampling_variance + noise_variance) + residual_sum)
                / (20 + degrees_of_freedom)
                > 2 * (sampling_variance + noise_variance) + 1e-9
            )
            or abs(slope_error - sqrt(
                if(
                    has_own_noise,
                    residual_sum / greatest(degrees_of_freedom - 1.35, 0.08),
                    (20 * (sampling_variance + noise_variance) + residual_sum)
                    / (20 + degrees_of_freedom)
                )
                * (1 + coalesce(autocorrelation, 0)) / (1 - coalesce(autocorrelation, 0))
                / year_spread
            )) > 1e-9
            or abs(entry_errors - greatest(
                1.7 + 0.5 * greatest(slope_error - 1, 0), if(has_own_noise, 2.3, 0)
            )) > 1e-9
            or class <> case
                when class = 'insufficient' then class
                when score_slope <= -1 and score_slope + 1.7 * slope_error < 0
                    then 'deteriorating'
                when score_slope >= 1 and score_slope - 1.7 * slope_error > 0 then 'improving'
                when score_slope + entry_errors * slope_error < 1
                    or (is_held and score_slope + 0.65 * slope_error < 1) then 'stagnating'
                else 'inconclusive'
            end
        )
        from core.trend
        where slope_error is not null
        """,
    )
    assert wrong[0][0] > 10_000
    assert wrong[0][1] == 0


# suspected breaks


def test_an_indicator_that_jumps_everywhere_is_held_and_told() -> None:
    jump = (
        "update raw.cbs_cell set value_text = (value_text::double + 5)::varchar "
        "where column_key = 'low_income' and right(source_id, 4)::integer >= 2021"
    )
    with synthetic_country(before_build=jump) as country:
        assert rows(country, "select indicator_id, year from core.suspected_break") == [
            ("low_income", 2021)
        ]
        held = rows(
            country,
            "select edition_year, bool_or(is_new_alert_allowed), any_value(suspected_breaks) "
            "from core.trend where indicator_id = 'low_income' and axis = 'own' "
            "and edition_year >= 2019 group by all order by all",
        )
        assert held[0] == (2019, True, None)
        assert {(allowed, years) for year, allowed, years in held if year >= 2021} == {
            (False, "2021")
        }


def test_a_jump_that_is_explained_or_a_break_holds_nothing() -> None:
    jump = (
        "update raw.cbs_cell set value_text = (value_text::double + 5)::varchar "
        "where column_key = 'low_income' and right(source_id, 4)::integer >= 2021;"
    )
    for told in ("explained_jump", "indicator_break"):
        known = f"insert into catalog.{told} (indicator_id, year) values ('low_income', 2021)"
        with synthetic_country(before_build=jump + known) as country:
            assert rows(country, "from core.suspected_break") == []


# counts per area


def test_an_area_counts_its_alerts_once_for_indicators_that_say_the_same() -> None:
    same = "update catalog.indicator set counts_with = 'low_income' where direction <> 0"
    with synthetic_country(before_build=same) as country:
        counts = rows(
            country,
            "select distinct alerts, conclusive, assessed, indicators, is_alert, is_structural "
            "from marts.area_alert where edition_year = 2025 and assessed > 0 order by alerts",
        )
    # some are as good as their gemeente, and so at level
    assert counts == [(0, 1, 1, 1, False, False), (1, 1, 1, 1, False, False)]


def test_pillars_are_counted_beside_themes() -> None:
    pillar = "update catalog.indicator set pillar = 'werk' where indicator_id = 'low_income'"
    with synthetic_country(before_build=pillar) as country:
        counts = rows(
            country,
            'select distinct "grouping", theme, indicators from marts.area_alert '
            "where edition_year = 2025 order by 1",
        )
    assert counts == [("pillar", "werk", 1), ("theme", "liveability", 2)]


# sentences


def test_every_row_that_is_followed_has_both_sentences(
    country: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        country,
        "select count(*) > 100, count(*) filter (where sentence_nl is null or sentence_en is null "
        "or contains(sentence_nl, '{') or contains(sentence_en, '{')) "
        "from marts.stagnation where programme_id is not null",
    ) == [(True, 0)]


def test_numbers_and_words_are_those_of_the_language(country: duckdb.DuckDBPyConnection) -> None:
    [(dutch, english)] = rows(
        country,
        "select sentence_nl, sentence_en from marts.stagnation where area_code = 'WK000500' "
        "and indicator_id = 'low_income' and edition_year = 2025 and axis = 'own' "
        "and programme_id = 'samen'",
    )
    assert re.search(r"gemiddeld met 0,50\u00a0aantal per jaar \(marge 0,50 tot 0,50\)", dutch)
    assert re.search(r"fell on average by 0\.50\u00a0aantal a year", english)
    assert "8 vergelijkbare meetjaren" in dutch
    assert "8 comparable years" in english


def test_thousands_of_euros_are_counted_out_and_a_small_size_is_not_told_as_nought() -> None:
    euros = (
        "update catalog.indicator set unit = 'x 1.000 euro', unit_in_words = 'duizend euro', "
        "unit_en = 'euros', decimals = 1, change_per_year = null, change_relative = 0.00012, "
        "direction = 1 "
        "where indicator_id = 'low_income';"
    )
    with synthetic_country(before_build=_PROGRAMMES + _MOVING + euros) as country:
        told = {
            code: (dutch, english)
            for code, dutch, english in rows(
                country,
                "select area_code, sentence_nl, sentence_en from marts.stagnation "
                "where indicator_id = 'low_income' and edition_year = 2025 and axis = 'own' "
                "and programme_id = 'samen'",
            )
        }
    dutch, english = told["WK000500"]
    assert "daalde het cijfer gemiddeld met 500\u00a0euro per jaar (marge 500 tot 500)" in dutch
    level = "In 2025 was het cijfer 27.700\u00a0euro (naam GM0005 34.800\u00a0euro, Nederland"
    assert level in dutch
    assert "fell on average by 500\u00a0euros a year (margin 500 to 500)" in english
    assert "In 2025 the figure was 27,700\u00a0euros" in english
    dutch, english = told["WK000400"]
    assert "bleef het cijfer gemiddeld gelijk (marge " in dutch
    assert "a rise of 4\u00a0euros a year or more is excluded" in english


def test_what_moves_by_more_than_matters_is_not_told_to_stay_the_same() -> None:
    """A change that matters may be smaller than a figure is told with."""
    rising = (
        "update raw.cbs_cell set value_text = (30 + 0.004 * right(source_id, 4)::integer)::varchar "
        "where column_key = 'low_income';"
        "update catalog.indicator set decimals = 1, change_per_year = null, "
        "change_relative = 0.0001 where indicator_id = 'low_income';"
    )
    with synthetic_country(before_build=_PROGRAMMES + rising) as country:
        told = rows(
            country,
            "select distinct class, contains(sentence_nl, 'steeg het cijfer gemiddeld met 0,004'), "
            "contains(sentence_en, 'rose on average by 0.004') from marts.stagnation "
            "where indicator_id = 'low_income' and axis = 'own' and edition_year = 2025 "
            "and programme_id = 'samen' and class <> 'insufficient'",
        )
    assert told == [("deteriorating", True, True)]


def test_a_line_without_a_class_says_what_it_lacks() -> None:
    figures: dict[str, dict[int, float | None]] = {
        "WK000001": {year: 10.0 + year % 2 for year in range(2018, 2026)},
        "WK000002": {year: 10.0 + year % 2 for year in range(2023, 2026)},
        "WK000003": {year: 10.0 + year % 2 for year in range(2016, 2023)},
        "WK000004": {year: None if year < 2021 else 10.0 for year in range(2018, 2026)},
        "WK000005": dict.fromkeys(range(2018, 2026), 0.0),
    }
    with make_panel(
        ":memory:",
        [
            (area, "grade", year, value, None)
            for area, of_area in figures.items()
            for year, value in of_area.items()
        ],
        references=[("WK000001", "grade", year, "nl", 0.0) for year in range(2018, 2026)],
        per_year=None,
        relative=0.02,
    ) as connection:
        lacking = rows(
            connection,
            "select area_code, axis, class, lack from core.trend where edition_year = 2025 "
            "order by all",
        )
    assert [(code, axis, lack) for code, axis, _, lack in lacking] == [
        ("WK000001", "gap_nl", "size"),
        ("WK000001", "own", None),
        ("WK000002", "own", "years"),
        ("WK000003", "own", "old"),
        ("WK000004", "own", "suppressed"),
        ("WK000005", "own", "size"),
    ]
    assert all((found == "insufficient") == (lack is not None) for *_, found, lack in lacking)


def test_a_sentence_says_why_there_is_no_class(country: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        country,
        "select sentence_nl, sentence_en from marts.stagnation "
        "where class = 'insufficient' and programme_id = 'samen' and axis = 'own'",
    )
    assert told
    for dutch, english in told:
        assert re.search(r"venster dat eindigt in 20\d\d, en er zijn er vier nodig\.$", dutch)
        assert re.search(r"window that ends in 20\d\d, and four are needed\.$", english)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{place} stagneert op", "{plaats} stagneert op", "no field '{plaats}'; nearest: 'place'"),
        ("[theme]\n", "[theme]\nnieuw = 'x'\n", "no 'theme.nieuw', which another language has"),
        ("[theme]\n", "[theme\n", "cannot be read as TOML"),
    ],
)
def test_a_mistake_in_a_template_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    for path in FOLDER.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name == "nl.toml":
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with duckdb.connect() as connection, pytest.raises(WijkError, match=re.escape(told)):
        make_sentences(connection, tmp_path)


# speed


def test_no_mart_compares_rows_one_by_one(country: duckdb.DuckDBPyConnection) -> None:
    """A join on a condition that is not on equal keys takes hours on a national history."""
    slow = []
    for model in read_models(SQL):
        if model.layer == "marts" and "wide" not in model.name:
            ((_, plan),) = country.execute(f"explain {model.sql}").fetchall()
            if "BLOCKWISE_NL_JOIN" in plan:
                slow.append(model.name)
    assert slow == []


# a year without a newer figure


def test_a_window_that_only_loses_a_year_opens_no_mail_gate() -> None:
    """WK000300 fell far in the first year, stood still since, and has no figure of the last."""
    unmoved = (
        _PROGRAMMES
        + _MOVING
        + """
        update raw.cbs_cell
        set value_text = case right(source_id, 4)::integer
            when last_year then null
            when last_year - 8 then '1100'
            else '1030'
        end
        from (select max(right(source_id, 4)::integer) as last_year from raw.cbs_cell)
        where column_key = 'low_income' and area_key = 'WK000300';
        """
    )
    with synthetic_country(before_build=unmoved) as country:
        told = rows(
            country,
            "select edition_year, last_year, is_alert, is_new_alert_allowed from marts.stagnation "
            "where area_code = 'WK000300' and indicator_id = 'low_income' and axis = 'own' "
            "and programme_id = 'samen' order by edition_year desc limit 2",
        )
        (gate_of_line,) = rows(
            country,
            "select is_new_alert_allowed from core.trend where area_code = 'WK000300' "
            "and indicator_id = 'low_income' and axis = 'own' order by edition_year desc limit 1",
        )
    last = told[0][0]
    assert told == [(last, last - 1, True, False), (last - 1, last - 1, False, False)]
    # the line of the years that are left would have opened it
    assert gate_of_line == (True,)
