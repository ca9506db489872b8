"""The case the method began with: the letter to Parliament of 2014 on the 40 aandachtswijken.

In 2013 their inhabitants gave the safety of their neighbourhood a 6.0, those of the 18 gemeenten a
6.7, the country a 7.1, and all three had "hardly changed" since 2008. The letter gives no yearly
figures, so here nothing changes at all but what a survey adds: each figure is the mean of n grades
with a standard deviation of 1.65, and the margin published beside it says so. A change of 0.05 a
year matters: half of the gap of 1.1 in ten years.

What the rule can say of six points follows from the method's table: to flag a wijk that is flat
with 80% power takes noise of at most 1.61 times what matters, here a standard error of 0.08, which
is 420 respondents in every wijk; with eight points it is 250. Six points and 250 respondents
(0.104, 2.09 times) make it a small majority, on both axes; it is not so that the rule finds nearly
all. With 30 (0.30) nearly no wijk can be told, which the sentence says. The 40 wijken together, one
area with the respondents of all, can be told with both.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from functools import cache

import duckdb
import pytest

from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import in_order, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences

LAST_YEAR, SIX, EIGHT = 2013, 6, 8
SPREAD = 1.65
PROGRAMME, GEMEENTEN, COUNTRY = 6.0, 6.7, 7.1

_CATALOG = """
insert into catalog.restating values ('inwoners', 0.98, 0.25, 0.05, 0.1);
insert into catalog.indicator by name
select *, 'safety' as theme, 'test' as change_owner, 8 as window_years,
    0.0 as range_low, 1e9 as range_high,
from (values
    ('inwoners', 'inwoners', 'inwoners', 0, 0, 'sum', null, null),
    ('respondents', 'respondenten', 'personen', 0, 0, 'sum', null, null),
    ('safety_grade', 'rapportcijfer veiligheid', 'rapportcijfer', 1, 1, 'weighted_mean',
        'respondents', 0.05)
) as t(indicator_id, name_nl, unit, decimals, direction, aggregation, denominator_id,
    change_per_year);
insert into catalog.source by name
select 'kwb_2013' as source_id, 'cbs_v3' as kind, 2013 as figures_year, true as is_area_list,
    'Wijken' as area_dimension, 'change' as change_column_key;
insert into catalog.source by name
select 'survey' as source_id, 'csv' as kind, 2013 as geography_year, false as is_area_list;
insert into catalog.extract values ('survey', '.', '', [], []);
insert into catalog.source_measure by name
from (values
    ('kwb_2013', 'inwoners', 'inwoners', null),
    ('survey', 'respondents', 'respondents', null),
    ('survey', 'safety_grade', 'grade', 'margin')
) as t(source_id, indicator_id, column_key, margin_column_key)
select *, '' as category_key, 1 as scale, [] as absent_years;
insert into meta.source by name
select source_id, 'Enquête' as title_nl, date '2014-10-01' as retrieved_on, from catalog.source;
insert into catalog.programme by name
from (values ('wijkenaanpak', 1), ('samen', 2)) as t(programme_id, position)
select *, 'de 40 aandachtswijken' as name_nl, 'programme' as comparator;
insert into catalog.programme_indicator
values ('wijkenaanpak', 'safety_grade'), ('samen', 'safety_grade');
create table meta.revision(source_id varchar);
"""


def wijken() -> dict[str, float]:
    """Code and lasting grade: 40 of the programme in 18 gemeenten, and all others around them."""
    draw = random.Random(2014)
    grades = {}
    for gemeente in range(1, 41):
        of_programme = 0 if gemeente > 18 else 3 if gemeente <= 4 else 2
        for wijk in range(10):
            level = PROGRAMME if wijk < of_programme else 6.85 if gemeente <= 18 else 7.3
            grades[f"WK{gemeente:04d}{wijk:02d}"] = level + draw.gauss(0, 0.2)
    return grades


def programme_wijken() -> list[str]:
    return [
        code
        for code in wijken()
        if int(code[2:6]) <= 18 and int(code[6:]) < (3 if int(code[2:6]) <= 4 else 2)
    ]


@cache
def surveyed(respondents: int, seed: int = 1, points: int = SIX) -> duckdb.DuckDBPyConnection:
    """The tables of a country that asks so many people in every wijk, in each year until 2013."""
    draw = random.Random(seed)
    grades = wijken()
    gemeenten = dict.fromkeys((f"GM{code[2:6]}" for code in grades), COUNTRY + 0.2)
    gemeenten |= {f"GM{number:04d}": GEMEENTEN for number in range(1, 19)}
    lasting = {"NL00": (COUNTRY, 400), **{code: (grade, 10) for code, grade in gemeenten.items()}}
    lasting |= {code: (grade, 1) for code, grade in grades.items()}
    cells = []
    for number, (code, (grade, parts), year) in enumerate(
        (code, place, year)
        for code, place in lasting.items()
        for year in range(LAST_YEAR - points + 1, LAST_YEAR + 1)
    ):
        error = SPREAD / math.sqrt(respondents * parts)
        texts = {
            "grade": draw.gauss(grade, error),
            "margin": 1.96 * error,
            "respondents": respondents * parts,
        }
        cells += [
            ("survey", number, code, str(year), column, repr(text))
            for column, text in texts.items()
        ]
    connection = duckdb.connect()
    create_given(connection)
    connection.execute(_CATALOG)
    _insert(connection, "raw.extract_cell", cells)
    _insert(
        connection,
        "raw.cbs_code",
        [("kwb_2013", "Wijken", code, f"naam {code}", None) for code in lasting],
    )
    _insert(
        connection,
        "raw.cbs_cell",
        [
            ("kwb_2013", code, None, "", column, text, None)
            for code, (_, parts) in lasting.items()
            for column, text in (("change", "1"), ("inwoners", str(8000 * parts)))
        ],
    )
    _insert(
        connection,
        "catalog.programme_area",
        [("wijkenaanpak", code) for code in programme_wijken()],
    )
    _insert(
        connection,
        "catalog.programme_member (programme_id, area_id, area_code, area_name, gemeente_code, "
        "member_code, level, code_year, weight, certainty, is_usable)",
        [
            ("samen", "alle", "samen/alle", "De 40 wijken", "GM0001", code, "wijk", 2013, 1.0)
            + ("confirmed", True)
            for code in programme_wijken()
        ],
    )
    make_macros(connection, SQL)
    make_sentences(connection)
    run_models(connection, in_order(read_models(SQL), GIVEN))
    return connection


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]
) -> None:
    marks = ", ".join("unnest(?)" for _ in rows[0])
    connection.execute(f"insert into {table} select {marks}", [*map(list, zip(*rows, strict=True))])


def classes(respondents: int, axis: str, seed: int = 1, points: int = SIX) -> Counter[str]:
    """How many of the 40 wijken have which class in 2013, and as `flagged` how many an alert."""
    rows = surveyed(respondents, seed, points).execute(
        """
        select class, is_alert from marts.stagnation
        where programme_id = 'wijkenaanpak' and axis = ? and edition_year = 2013 and points = ?
        """,
        [axis, points],
    )
    judged = [(str(name), bool(is_alert)) for name, is_alert in rows.fetchall()]
    assert len(judged) == 40
    return Counter(name for name, _ in judged) + Counter(
        "flagged" for _, is_alert in judged if is_alert
    )


SEEDS = (1, 2, 3)


def shares(respondents: int, axis: str, points: int = SIX) -> dict[str, float]:
    """Of the 40 wijken in three surveys: flagged, and not to be told."""
    found = sum((classes(respondents, axis, seed, points) for seed in SEEDS), Counter())
    return {name: found[name] / (len(SEEDS) * 40) for name in ("flagged", "inconclusive")}


@pytest.mark.parametrize("axis", ["own", "gap_gemeente", "gap_nl"])
def test_with_250_respondents_a_small_majority_of_the_wijken_is_flagged(axis: str) -> None:
    """59% on the level, 59% and 57% on the gaps: the rule asks more than 95% of six points."""
    found = shares(250, axis)
    assert 0.5 < found["flagged"] < 0.65
    assert 0.35 < found["inconclusive"] < 0.45


@pytest.mark.parametrize("axis", ["own", "gap_gemeente", "gap_nl"])
def test_with_30_respondents_most_wijken_cannot_be_told(axis: str) -> None:
    """81-84% are inconclusive; 11-13% are flagged, which is true of them."""
    found = shares(30, axis)
    assert found["inconclusive"] > 0.75
    assert found["flagged"] < 0.2


@pytest.mark.parametrize("axis", ["own", "gap_gemeente", "gap_nl"])
def test_with_eight_years_and_250_respondents_most_wijken_are_flagged(axis: str) -> None:
    """93%, 93% and 92%: what the method asks for. It is above the 80% of one edition, since an
    alert of 2011 or 2012 lasts, also on the level of a wijk that is told to have turned since."""
    found = shares(250, axis, EIGHT)
    assert 0.8 < found["flagged"] < 0.97
    assert found["inconclusive"] < 0.2


@pytest.mark.parametrize("axis", ["own", "gap_gemeente", "gap_nl"])
def test_with_eight_years_and_30_respondents_most_wijken_still_cannot_be_told(axis: str) -> None:
    """About 70% in three surveys; one is judged here."""
    assert classes(30, axis, points=EIGHT)["inconclusive"] > 24


def test_what_the_method_asks_for_flags_four_in_five() -> None:
    assert classes(420, "own")["stagnating"] >= 29


def test_the_sentence_says_that_it_cannot_be_told_yet() -> None:
    sentences = surveyed(30).execute(
        """
        select distinct on (axis) axis, sentence_nl from marts.stagnation
        where programme_id = 'wijkenaanpak' and class = 'inconclusive'
            and axis in ('own', 'gap_nl') and edition_year = 2013
        order by axis, area_code
        """
    )
    gap, own = (text for _, text in sentences.fetchall())
    assert own.startswith(
        "Of naam WK000100 (naam GM0001) genoeg vooruitgaat op rapportcijfer veiligheid"
    )
    assert "is nog niet vast te stellen: van 2008 tot en met 2013" in own
    assert "stijging van 0,05\u00a0punt per jaar of meer is niet aangetoond" in own
    assert gap.startswith("Of de achterstand van naam WK00")
    assert "op Nederland genoeg kleiner wordt op rapportcijfer veiligheid, is nog niet" in gap


@pytest.mark.parametrize("respondents", [30, 250])
def test_of_the_40_wijken_together_it_can_be_told(respondents: int) -> None:
    """1,200 respondents a year are enough to say what the letter says."""
    found = dict(
        surveyed(respondents)
        .execute(
            """
            select axis, (class, points, round(last_value, 1), round(reference_value, 1))
            from marts.stagnation
            where programme_id = 'samen' and axis in ('own', 'gap_nl') and edition_year = 2013
            """
        )
        .fetchall()
    )
    assert {axis: row[:2] for axis, row in found.items()} == {
        "own": ("stagnating", 6),
        "gap_nl": ("stagnating", 6),
    }
    assert found["gap_nl"][2:] == pytest.approx((6.0, 7.1), abs=0.11)
    (sentence,) = (
        surveyed(respondents)
        .execute(
            """
            select sentence_nl from marts.stagnation
            where programme_id = 'samen' and axis = 'own' and edition_year = 2013
            """
        )
        .fetchone()
    )
    assert "een stijging van 0,05\u00a0punt per jaar of meer is met 95% zekerheid" in sentence
    assert "De achterstand op Nederland wordt niet genoeg kleiner." in sentence
