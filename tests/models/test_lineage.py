"""Areas through time, on a country whose every address is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from synthetic_country import FIRST, LAST, synthetic_country

TRUTH = {"inhabitants": "inhabitants", "crimes": "crimes", "low_income": "share"}


@pytest.fixture(scope="module")
def country() -> Iterator[duckdb.DuckDBPyConnection]:
    """With the addresses of every year."""
    with synthetic_country() as connection:
        yield connection


@pytest.fixture(scope="module")
def flags_only() -> Iterator[duckdb.DuckDBPyConnection]:
    """The same country, of which nobody has the addresses."""
    with synthetic_country(with_addresses=False) as connection:
        yield connection


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_the_country_has_every_kind_of_change(country: duckdb.DuckDBPyConnection) -> None:
    flags = dict(
        country.execute(
            "select change_flag, count(*) from core.area where area_kind = 'wijk' group by all"
        ).fetchall()
    )
    assert min(flags[1], flags[2], flags[3]) > 20
    reused = """
        select count(*)
        from truth.area as a
        join truth.area as b on b.area_code = a.area_code and b.year = a.year + 1
        where a.area_code like 'WK%' and not list_has_any(a.cells, b.cells)
    """
    assert one(country, reused) > 10
    assert one(country, "select count(distinct old_code) from catalog.herindeling") >= 4
    assert one(country, "select min(weight) from catalog.herindeling") < 0.5


def test_lineage_has_the_true_weight_of_every_part(country: duckdb.DuckDBPyConnection) -> None:
    compared, lacking, strange, difference = one(
        country,
        """
        select count(*), count(*) filter (where found.weight is null),
            count(*) filter (where truth.weight is null), max(abs(found.weight - truth.weight)),
        from truth.weight as truth
        full join (from core.area_lineage where area_code <> 'NL00') as found
            using (area_code, year, target_code)
        """,
    )
    assert compared > 10_000
    assert (lacking, strange, difference) == (0, 0, 0)


@pytest.mark.parametrize("indicator", TRUTH)
def test_restated_series_equal_the_truth(
    country: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    compared, left_out, difference = one(
        country,
        f"""
        select count(observation.value), count(*) filter (where observation.value is null),
            max(abs(observation.value - restated.{TRUTH[indicator]}) / {TRUTH[indicator]}),
        from truth.restated as restated
        left join core.observation as observation
            on observation.area_code = restated.area_code
            and observation.year = restated.year
            and observation.indicator_id = '{indicator}'
        """,
    )
    assert difference < 1e-12
    assert left_out < 0.02 * compared


def test_what_is_left_out_rests_mostly_on_addresses_elsewhere(
    country: duckdb.DuckDBPyConnection,
) -> None:
    left_out = country.execute(
        """
        select link.is_comparable, min(link.moved_share), max(link.moved_share), count(*),
            count(observation.value), bool_and(observation.status = 'not_comparable'),
        from core.area_link as link
        join core.observation as observation
            on observation.area_code = link.area_code and observation.year = link.year
        where observation.indicator_id = 'low_income' and not link.is_unchanged
        group by all
        order by 1
        """
    ).fetchall()
    (far, low, _, rows, values, is_said), (near, _, high, moved, given, _) = left_out
    assert (far, near) == (False, True)
    assert low > 0.25 >= high
    assert (rows > 100, values, is_said) == (True, 0, True)
    assert given == moved


def test_rounded_figures_are_restated_within_their_rounding() -> None:
    # wijken of some thousand people: half a tenth, and a weight that is off by a thousandth
    with synthetic_country(rounded=True, addresses=500) as country:
        people, share = one(
            country,
            """
            select
                max(abs(o.value - r.inhabitants) / (2.5 * greatest(link.parts, wijken.n)))
                    filter (where o.indicator_id = 'inhabitants'),
                max(abs(o.value - r.share)) filter (where o.indicator_id = 'low_income'),
            from truth.restated as r
            join core.observation as o using (area_code, year)
            join core.area_link as link using (area_code, year)
            left join (
                select gemeente_code as area_code, count(*) as n
                from core.area where year = 2025 and area_kind = 'wijk' group by all
            ) as wijken using (area_code)
            """,
        )
    # a sum is off by at most 2.5 for each of its parts
    assert people <= 1
    assert share < 0.06


def test_the_wijken_of_a_gemeente_add_up_before_and_after(
    country: duckdb.DuckDBPyConnection,
) -> None:
    # with what is too uncertain to be shown: it is somewhere
    restated = """
        with figure as (
            select area_code, year, indicator_id, value from core.restated
            union all by name
            select p.area_code, p.year, p.indicator_id, p.value from core.published as p
            join core.area_link as l
                on l.area_code = p.area_code and l.year = p.geography_year and l.is_unchanged
        )
        select count(*), max(abs(wijk.total / gemeente.value - 1))
        from (
            select place.gemeente_code, year, indicator_id, sum(value) as total
            from figure join core.place as place using (area_code)
            where place.area_kind = 'wijk'
            group by all
        ) as wijk
        join core.observation as gemeente
            on gemeente.area_code = wijk.gemeente_code
            and gemeente.year = wijk.year
            and gemeente.indicator_id = wijk.indicator_id
        where wijk.indicator_id in ('inhabitants', 'crimes')
    """
    published = """
        select count(*), max(abs(wijk.total / gemeente.value - 1))
        from (
            select 'GM' || substr(area_code, 3, 4) as gemeente_code, year, indicator_id,
                sum(value) as total
            from core.published where starts_with(area_code, 'WK') group by all
        ) as wijk
        join core.published as gemeente
            on gemeente.area_code = wijk.gemeente_code
            and gemeente.year = wijk.year
            and gemeente.indicator_id = wijk.indicator_id
        where wijk.indicator_id in ('inhabitants', 'crimes')
    """
    for sql in (restated, published):
        rows, difference = one(country, sql)
        assert rows > 400
        assert difference < 1e-12


def test_what_was_published_stays_on_the_code_of_its_year(
    country: duckdb.DuckDBPyConnection,
) -> None:
    published, lost, other = one(
        country,
        """
        select count(*), count(*) filter (where o.area_code is null),
            count(*) filter (where o.value_as_published is distinct from p.value),
        from core.published as p
        left join core.observation as o using (area_code, year, indicator_id)
        """,
    )
    assert published > 30_000
    assert (lost, other) == (0, 0)


def test_a_reused_code_has_the_figures_of_the_place_it_means_today(
    country: duckdb.DuckDBPyConnection,
) -> None:
    # WK000306 was another wijk until 2016; the place it is now was WK000307
    rows = country.execute(
        """
        select o.year, o.value, o.value_as_published, mine.share, theirs.share
        from core.observation as o
        join truth.area as mine on mine.area_code = 'WK000307' and mine.year = o.year
        join truth.area as theirs on theirs.area_code = 'WK000306' and theirs.year = o.year
        where o.area_code = 'WK000306' and o.indicator_id = 'low_income'
        order by o.year
        """
    ).fetchall()
    assert [row[0] for row in rows] == [2013, 2014, 2015]
    for _, value, as_published, mine, theirs in rows:
        assert value == mine
        assert as_published == theirs
        assert mine != theirs


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("with_addresses", [False, True])
def test_what_never_changes_never_shows_a_trend(*, with_addresses: bool, mixed: bool) -> None:
    with synthetic_country(with_addresses=with_addresses, mixed=mixed) as country:
        found = country.execute(
            "select line_class, indicator_id, count(*) from marts.stagnation where not is_alert "
            "or line_class = 'stagnating' group by all"
        ).fetchall()
        slope = one(country, "select max(abs(slope)) from marts.stagnation")
        change = one(country, "select max(abs(change)) from marts.liveability where change <> 0")
    classes: Counter[str] = Counter()
    for name, _, count in found:
        classes[name] += count
    # of a rate of counts chance is known, and of a few persons it excludes nothing
    assert {of for name, of, _ in found if name == "inconclusive"} == {"crime_rate"}
    assert set(classes) == {"stagnating", "inconclusive", "insufficient"}
    assert classes["stagnating"] > 1000
    assert slope < 1e-9
    assert change is None or change < 1e-9


def test_without_addresses_a_series_breaks_where_the_flag_says(
    flags_only: duckdb.DuckDBPyConnection,
) -> None:
    """From the flags alone: the last year in which the code was new, or was flagged 2 or 3."""
    wijken, wrong = one(
        flags_only,
        f"""
        with expected as (
            select area_code,
                max(if(flag <> 1 or is_new, year, null)) as since,
            from (
                select area.area_code, area.year, flag.flag, before.area_code is null as is_new,
                from truth.area as area
                join truth.flag as flag using (area_code, year)
                left join truth.area as before
                    on before.area_code = area.area_code and before.year = area.year - 1
                where area.area_code like 'WK%'
            )
            group by all
            having max(year) = {LAST}
        )
        select count(*), count(*) filter (
            where c.comparable_from <> expected.since or c.comparable_to <> {LAST}
            or c.comparable_years <> {LAST} - expected.since + 1
        )
        from expected
        left join marts.comparability as c
            on c.area_code = expected.area_code and c.indicator_id = 'low_income'
        """,
    )
    assert wijken > 150
    assert wrong == 0
    # and no trend reaches over it
    assert (
        one(
            flags_only,
            "select count(*) from core.trend as t join marts.comparability as c "
            "using (area_code, indicator_id) where t.first_year < c.comparable_from",
        )
        == 0
    )


def test_a_break_says_why(flags_only: duckdb.DuckDBPyConnection) -> None:
    reasons = {
        text.split(": ", 1)[1]
        for (text,) in flags_only.execute(
            "select distinct breaks from marts.comparability "
            "where area_kind = 'wijk' and breaks <> ''"
        ).fetchall()
    }
    assert reasons == {
        "boundary changed, and nothing tells how",
        "new boundary, and nothing tells what it was",
        "other code, and nothing tells which it was",
    }
    breaks = one(
        flags_only,
        "select breaks from marts.comparability where area_code = 'WK000306' "
        "and indicator_id = 'low_income'",
    )
    assert breaks == "2016: boundary changed, and nothing tells how"


def test_the_users_own_lineage_mends_what_the_flags_break() -> None:
    told = "insert into catalog.lineage_step values ('WK000303', 2015, 'WK000322', 2016, 1, 'test')"
    with synthetic_country(with_addresses=False, before_build=told) as country:
        assert one(
            country,
            "select list(method), bool_and(is_same_place) from core.area_lineage "
            "where target_code = 'WK000322' and year < 2016",
        ) == (["lineage_file"] * 3, True)
        from_year, breaks = one(
            country,
            "select comparable_from, breaks from marts.comparability "
            "where area_code = 'WK000322' and indicator_id = 'low_income'",
        )
    assert (from_year, breaks) == (FIRST, "")


def test_addresses_are_believed_where_they_contradict_the_flag() -> None:
    """CBS calls every wijk unchanged; the addresses know better."""
    silent = (
        "update raw.cbs_cell set value_text = '1' "
        "where column_key = 'change' and value_text in ('2', '3')"
    )
    with synthetic_country(before_build=silent) as country:
        difference = one(
            country,
            "select max(abs(l.weight - w.weight)) from truth.weight as w "
            "join core.area_lineage as l using (area_code, year, target_code)",
        )
        lacking = one(
            country,
            "select count(*) from truth.weight as w "
            "anti join core.area_lineage as l using (area_code, year, target_code)",
        )
    assert (difference, lacking) == (0, 0)


def test_a_few_stray_addresses_do_not_move_what_cbs_calls_the_same() -> None:
    """One address of a wijk is placed in the next, as coordinates are rounded otherwise."""
    stray = (
        "insert into raw.address_pair "
        "select unnest(range(2016, 2025)), 2025, 'BU00020000', 'BU00022200', 1"
    )
    with synthetic_country(addresses=100, before_build=stray) as country:
        parts = country.execute(
            "select distinct area_code, target_code, weight, method from core.area_lineage "
            "where year >= 2016 and 'WK000200' in (area_code, target_code) "
            "or year >= 2016 and 'WK000222' in (area_code, target_code)"
        ).fetchall()
    assert sorted(parts) == [
        ("WK000200", "WK000200", 1.0, "unchanged"),
        ("WK000222", "WK000222", 1.0, "unchanged"),
    ]
