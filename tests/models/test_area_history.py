"""Changes of codes and boundaries that are known to have happened, each a trap for a join on codes.

The codes and names are real; how many people and addresses went where is invented.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from tiny_country import Member, Pair, Place, make_country

# --- Wageningen 2018: two wijken became twelve, and WK028901 is another place since -------------

OLD = [
    Place("WK028900", "Wijk 00", 1, 30_000, 900, 250),
    Place("WK028901", "Wijk 01", 1, 8_000, 80, 400),
]
NEW = [
    Place("WK028901", "Nieuwe wijk 01", 3, 24_500, 600, 260),
    *(Place(f"WK0289{n:02}", f"Nieuwe wijk {n:02}", 3, 600, 10, 240) for n in range(2, 12)),
    Place("WK028912", "Nieuwe wijk 12", 3, 8_100, 90, 410),
]
WAGENINGEN = {
    2016: OLD,
    2017: OLD,
    2018: NEW,
    2019: [place._replace(flag=1) for place in NEW],
}
# of every 1000 addresses of the old 00, 800 are in the new 01; the old 01 is the new 12
SPLIT: list[Pair] = [
    (2017, 2018, "BU02890000", "BU02890100", 8_000),
    *((2017, 2018, "BU02890000", f"BU0289{n:02}00", 200) for n in range(2, 12)),
    (2017, 2018, "BU02890100", "BU02891200", 4_000),
]

# --- Amsterdam 2022: every wijk has another code, some have another boundary --------------------

RECODED = {
    "WK036360": ("WK0363NK", "Volewijck"),
    "WK036361": ("WK0363NL", "IJplein/Vogelbuurt"),
    "WK036368": ("WK0363NJ", "Waterlandpleinbuurt"),
    "WK036370": ("WK0363NE", "Banne Buiksloot"),
}
BIJLMER = {"WK0363TE": 0.8, "WK0363TF": 0.15, "WK0363TG": 0.05}
BEFORE = [
    *(
        Place(code, name, 1, 10_005 + 1_000 * n, 1_000 + n, 311 + n)
        for n, (code, (_, name)) in enumerate(RECODED.items())
    ),
    Place("WK036394", "Bijlmer Oost (E,G,K)", 1, 30_000, 3_000, 180),
]
AFTER = [
    *(Place(code, name, 2, 11_000, 1_000, 350) for code, name in RECODED.values()),
    *(Place(code, code, 3, round(30_000 * share), 0, 190) for code, share in BIJLMER.items()),
]
AMSTERDAM = {2020: BEFORE, 2021: BEFORE, 2022: AFTER}
# a few addresses of each wijk stray into the next: within what still is the same place
MOVES: list[Pair] = [
    *((2021, 2022, f"BU{old[2:]}00", f"BU{new[2:]}01", 4_950) for old, (new, _) in RECODED.items()),
    (2021, 2022, "BU03636000", "BU0363NL01", 50),
    (2021, 2022, "BU03636100", "BU0363NK01", 50),
    *(
        (2021, 2022, "BU03639400", f"BU{new[2:]}01", round(10_000 * share))
        for new, share in BIJLMER.items()
    ),
]

# --- Leeuwarden: WK008050 was Hempens/Teerns in 2017, and Heechterp & Schieringen in 2020 -------

THEN = [
    Place("WK008034", "Wijk 34 Heechterp", 1, 2_000, 300, 120),
    Place("WK008035", "Wijk 35 Schieringen & De Centrale", 1, 1_600, 100, 150),
    Place("WK008050", "Hempens/Teerns", 1, 1_100, 10, 310),
]
NOW = [
    Place("WK008050", "Heechterp & Schieringen", 3, 3_650, 390, 135),
    Place("WK008099", "Hempens-Teerns", 2, 1_120, 10, 315),
]
HEECHTERP: list[Pair] = [
    (2017, 2018, "BU00803400", "BU00805000", 1_000),
    (2017, 2018, "BU00803500", "BU00805000", 800),
    (2017, 2018, "BU00805000", "BU00809900", 500),
]


def observed(db: duckdb.DuckDBPyConnection, area: str, indicator: str = "inwoners") -> Any:
    """Year → value, as published, status."""
    found = db.execute(
        "select year, value, value_as_published, status from core.observation "
        "where area_code = ? and indicator_id = ?",
        [area, indicator],
    ).fetchall()
    return {year: tuple(rest) for year, *rest in found}


def weights(db: duckdb.DuckDBPyConnection, area: str, year: int) -> dict[str, float]:
    """The places of today that one of then is part of, with the share of it."""
    sql = "select target_code, weight from core.area_lineage where area_code = ? and year = ?"
    return dict(db.execute(sql, [area, year]).fetchall())


def links(db: duckdb.DuckDBPyConnection, area: str) -> Any:
    sql = (
        "select year, is_same_place, moved_share, is_comparable, method from core.area_link "
        "where area_code = ?"
    )
    return {year: tuple(rest) for year, *rest in db.execute(sql, [area]).fetchall()}


def test_a_reused_code_is_not_one_series() -> None:
    with make_country(WAGENINGEN) as db:
        kept = {
            2018: (24_500, 24_500, "final"),
            2019: (24_500, 24_500, "final"),
        }
        lost = (None, 8_000, "not_comparable")
        assert observed(db, "WK028901") == {2016: lost, 2017: lost, **kept}
        rate = observed(db, "WK028901", "bijstand_per_1000")
        assert rate[2017] == (None, 10, "not_comparable")
        assert rate[2018] == (pytest.approx(1000 * 600 / 24_500),) * 2 + ("final",)
        woz = observed(db, "WK028901", "woz")
        assert woz[2017] == (None, 400, "not_comparable")
        # a code that is no more has no series today, and its figures are kept as published
        gone = (None, 30_000, "not_comparable")
        assert observed(db, "WK028900") == {2016: gone, 2017: gone}
        # the gemeente did not change
        assert observed(db, "GM0289")[2016][:2] == (38_000, 38_000)
        assert weights(db, "WK028901", 2017) == {}
        found = db.execute(
            "select comparable_from, comparable_years, not_comparable_years, breaks "
            "from marts.comparability "
            "where area_code = 'WK028901' and indicator_id = 'bijstand_per_1000'"
        ).fetchone()
        assert found == (
            2018,
            2,
            "2016 2017",
            "2018: boundary changed, and nothing tells how",
        )


def test_addresses_tell_which_place_a_reused_code_was() -> None:
    with make_country(WAGENINGEN, SPLIT) as db:
        shares = {"WK028901": 0.8, **{f"WK0289{n:02}": 0.02 for n in range(2, 12)}}
        for year in (2016, 2017):
            assert weights(db, "WK028900", year) == pytest.approx(shares)
            assert weights(db, "WK028901", year) == {"WK028912": 1}
            # four fifths of what was wijk 00, and not what its own code was
            value, as_published, status = observed(db, "WK028901")[year]
            assert value == pytest.approx(0.8 * 30_000)
            assert (as_published, status) == (8_000, "final")
            rate, rate_as_published, _ = observed(db, "WK028901", "bijstand_per_1000")[year]
            assert rate == pytest.approx(1000 * 900 / 30_000)
            assert rate_as_published == 10
            assert observed(db, "WK028901", "woz")[year] == (250, 400, "final")
            # what is a sliver of another place says nothing of itself
            assert observed(db, "WK028902")[year] == (None, None, "not_comparable")
            # all of it moved to a new code whose boundary CBS calls changed
            assert observed(db, "WK028912")[year] == (8_000, None, "final")
        assert links(db, "WK028901")[2017][1:4] == (pytest.approx(0.2), True, "addresses")[:3]
        assert links(db, "WK028902")[2017][1:3] == (pytest.approx(0.98), False)
        assert observed(db, "WK028901")[2018] == (24_500, 24_500, "final")


def test_without_addresses_every_wijk_of_amsterdam_starts_anew_in_2022() -> None:
    with make_country(AMSTERDAM) as db:
        for place in AFTER:
            assert observed(db, place.code) == {2022: (place.inwoners, place.inwoners, "final")}
        for place in BEFORE:
            lost = (None, place.inwoners, "not_comparable")
            assert observed(db, place.code) == {2020: lost, 2021: lost}
            assert weights(db, place.code, 2021) == {}
        assert set(observed(db, "GM0363")) == {2020, 2021, 2022}
        assert all(status == "final" for *_, status in observed(db, "GM0363").values())
        years = db.execute(
            "select distinct comparable_years from marts.comparability where area_kind = 'wijk'"
        ).fetchall()
        assert years == [(1,)]


def test_with_addresses_a_recoded_wijk_of_amsterdam_keeps_its_figures_exactly() -> None:
    with make_country(AMSTERDAM, MOVES) as db:
        before = {place.code: place for place in BEFORE}
        for old, (new, _) in RECODED.items():
            place = before[old]
            assert weights(db, old, 2021) == weights(db, old, 2020) == {new: 1}
            for year in (2020, 2021):
                assert observed(db, new)[year] == (place.inwoners, None, "final")
                assert observed(db, new, "woz")[year] == (place.woz, None, "final")
                rate = observed(db, new, "bijstand_per_1000")[year][0]
                assert rate == 1000 * place.bijstand / place.inwoners
                assert links(db, new)[year] == (True, 0, True, "recoded")
        for new, share in BIJLMER.items():
            assert weights(db, "WK036394", 2021)[new] == pytest.approx(share)
            is_same, moved, is_comparable, method = links(db, new)[2021]
            assert (is_same, moved, method) == (False, pytest.approx(1 - share), "addresses")
            assert is_comparable is (share > 0.75)
            value = pytest.approx(24_000) if share > 0.75 else None
            assert observed(db, new)[2021][0] == value


def test_a_code_given_to_another_place_while_a_list_is_missing() -> None:
    """Even where CBS calls it unchanged since the year before: that year is not there."""
    unchanged = [place._replace(flag=1) for place in NOW]
    with make_country({2017: THEN, 2020: unchanged}) as db:
        assert observed(db, "WK008050") == {
            2017: (None, 1_100, "not_comparable"),
            2020: (3_650, 3_650, "final"),
        }
        assert weights(db, "WK008050", 2017) == {}


def test_two_places_put_together_under_the_code_of_a_third() -> None:
    members = [
        Member("by_the_code_of_now", "WK008050", 2018),
        Member("by_the_codes_of_then", "WK008034", 2017),
        Member("by_the_codes_of_then", "WK008035", 2017),
        Member("by_the_wrong_year", "WK008050", 2017),
    ]
    with make_country({2017: THEN, 2018: NOW}, HEECHTERP, members) as db:
        assert observed(db, "WK008050")[2017] == (3_600, 1_100, "final")
        rate = observed(db, "WK008050", "bijstand_per_1000")[2017]
        assert rate[0] == pytest.approx(1000 * 400 / 3_600)
        woz = observed(db, "WK008050", "woz")[2017][0]
        assert woz == pytest.approx((120 * 2_000 + 150 * 1_600) / 3_600)
        assert links(db, "WK008050")[2017][:3] == (False, 0, True)
        assert links(db, "WK008099")[2017] == (True, 0, True, "recoded")
        assert observed(db, "WK008099")[2017] == (1_100, None, "final")
        codes = dict(db.execute("select area_id, codes from core.programme_area").fetchall())
        assert codes == {
            "by_the_code_of_now": "WK008050",
            "by_the_codes_of_then": "WK008050",
            "by_the_wrong_year": "WK008099",
        }


def test_without_addresses_the_codes_of_then_lead_nowhere_and_say_so() -> None:
    members = [Member("by_the_codes_of_then", "WK008034", 2017)]
    with make_country({2017: THEN, 2018: NOW}, members=members) as db:
        found = db.execute("select is_used, problem from core.programme_area").fetchone()
        assert found is not None
        assert found[0] is False
        assert found[1].startswith("WK008034 of 2017 cannot be traced to 2018")
        assert observed(db, "proef/by_the_codes_of_then") == {}


def test_nearly_all_of_a_place_is_all_of_it() -> None:
    """One in a hundred addresses of Schieringen comes from elsewhere: nobody is left out for it."""
    stray: list[Pair] = [
        *HEECHTERP[:2],
        (2017, 2018, "BU00805000", "BU00809900", 482),
        (2017, 2018, "BU00805000", "BU00805000", 18),
    ]
    members = [
        Member("heechterp", "WK008034", 2017),
        Member("heechterp", "WK008035", 2017),
    ]
    with make_country({2017: THEN, 2018: NOW}, stray, members) as db:
        part = db.execute("select target_code, share, inhabitants from core.programme_part")
        assert part.fetchall() == [("WK008050", 1, 3_650)]
        assert observed(db, "proef/heechterp")[2018][0] == 3_650
