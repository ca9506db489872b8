"""Figures put together from wijken and gemeenten against those that CBS publishes of the whole.

The tolerances follow from what the table says of its own rounding:

* inhabitants and households of wijken: by lot to a multiple of 5, so at most 4 off; gemeenten and
  the country are not rounded. Inhabitants of whom only the gemeente is known are in no wijk.
* persons with a benefit: to a multiple of 10 everywhere, so at most 5 off.
* cars: by lot to a multiple of 5; those registered at a box number are in no wijk.
* means: to one decimal, the density and hectares of land to none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from kwb_2020 import NEEDS_THE_TABLE, build_2020

pytestmark = NEEDS_THE_TABLE

# how far one rounded part can be off
PART = {
    "inwoners": 4,
    "huishoudens": 4,
    "bijstand_persons": 5,
    "ao_persons": 5,
    "ww_persons": 5,
    "land_ha": 0.5,
}
# and the whole
WHOLE = {"bijstand_persons": 5, "ao_persons": 5, "ww_persons": 5, "land_ha": 0.5}
# the mean, what it is weighted by, and half of its last decimal
MEANS = [
    ("household_size", "huishoudens", 0.05),
    ("cars_per_household", "huishoudens", 0.05),
    ("supermarket_distance_km", "inwoners", 0.05),
    ("daycare_distance_km", "inwoners", 0.05),
    ("density_per_km2", "land_ha", 0.5),
]
# gemeenten with more in no wijk than rounding explains, and how many: the large cities most
IN_NO_WIJK = {
    "inwoners": {
        "Amsterdam": 592,
        "Utrecht": 252,
        "Rotterdam": 247,
        "'s-Gravenhage": 208,
        "Velsen": 73,
        "Breda": 59,
        "Haaksbergen": 41,
        "Almere": 33,
        "Wassenaar": 10,
    },
    "huishoudens": {
        "Amsterdam": 558,
        "Utrecht": 210,
        "'s-Gravenhage": 206,
        "Rotterdam": 203,
        "Breda": 66,
        "Velsen": 53,
        "Maasgouw": 43,
        "Haaksbergen": 37,
        "Neder-Betuwe": 21,
    },
}
# gemeenten where many cars are at a box number or in wijken above 2.5 a household, which are left
# out: what the wijken give is so much too low
CARS_IN_NO_WIJK = {
    "Amersfoort": -0.77,
    "Haarlemmermeer": -0.72,
    "Breda": -0.69,
    "Wierden": -0.62,
    "Vijfheerenlanden": -0.32,
    "Tynaarlo": -0.28,
    "Rijswijk": -0.27,
    "Tilburg": -0.23,
    "Smallingerland": -0.22,
    "Hengelo": -0.2,
    "Zeist": -0.2,
    "Dordrecht": -0.19,
    "Hellevoetsluis": -0.17,
    "Rijssen-Holten": -0.16,
    "Groningen": -0.12,
    "Oldenzaal": -0.12,
    "Uithoorn": -0.11,
    "Hoogeveen": -0.1,
    "Leidschendam-Voorburg": -0.1,
    "Nieuwegein": -0.1,
    "Purmerend": -0.1,
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with build_2020(tmp_path_factory.mktemp("benchmarks")) as connection:
        yield connection


def rows(db: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = db.execute(sql)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def sums(db: duckdb.DuckDBPyConnection, indicator: str) -> list[dict[str, Any]]:
    """Of each gemeente: what is published, the sum of its wijken, and the inhabitants of those
    without a figure."""
    return rows(
        db,
        f"""
        select gemeente.area_code, gemeente.area_name as name, whole.value as published,
            sum(part.value) as total, count(*) as wijken, count(part.value) as known,
            coalesce(sum(wijk.inhabitants) filter (where part.value is null), 0) as unknown_inside,
        from core.area as gemeente
        join core.observation as whole
            on whole.area_code = gemeente.area_code and whole.indicator_id = '{indicator}'
        join core.area as wijk
            on wijk.gemeente_code = gemeente.area_code and wijk.area_kind = 'wijk'
        join core.observation as part
            on part.area_code = wijk.area_code and part.indicator_id = '{indicator}'
        where gemeente.area_kind = 'gemeente'
        group by all
        """,
    )


@pytest.mark.parametrize("indicator", PART)
def test_the_wijken_of_a_gemeente_add_up_to_it(
    db: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    found = sums(db, indicator)
    short = {}
    for row in found:
        room = PART[indicator] * row["known"] + WHOLE.get(indicator, 0)
        off = row["total"] - row["published"]
        # nothing but rounding makes the wijken more than their gemeente
        assert off <= room, row
        # a wijk without a figure holds no more than its inhabitants
        if off < -(room + row["unknown_inside"]):
            short[row["name"]] = -off
    print(f"\n{indicator}: {len(found)} gemeenten, more in no wijk than rounding: {short}")
    assert len(found) == 355
    assert short == IN_NO_WIJK.get(indicator, {})


@pytest.mark.parametrize("indicator", PART)
def test_the_gemeenten_add_up_to_the_country(db: duckdb.DuckDBPyConnection, indicator: str) -> None:
    ((total, country),) = db.execute(
        f"""
        select sum(value) filter (where starts_with(area_code, 'GM')),
            sum(value) filter (where area_code = 'NL00')
        from core.observation where indicator_id = '{indicator}'
        """
    ).fetchall()
    room = WHOLE.get(indicator, 0)
    print(f"\n{indicator}: gemeenten {total:.0f}, country {country:.0f}")
    assert abs(total - country) <= 355 * room + room


def means(db: duckdb.DuckDBPyConnection, indicator: str, weight: str, comparator: str) -> Any:
    """What is published and computed, and how far rounded weights can shift the computed."""
    inner = "WK" if comparator == "gemeente" else "GM"
    rounded = {"WK": {"land_ha": 0.5}, "GM": {"land_ha": 0.5, "huishoudens": 0, "inwoners": 0}}
    step = rounded[inner].get(weight, 4)
    return rows(
        db,
        f"""
        with part as (
            select value.value, weight.value as weight,
                if('{inner}' = 'WK', 'GM' || substr(value.area_code, 3, 4), 'NL00') as whole_code,
            from core.observation as value
            join core.observation as weight
                on weight.area_code = value.area_code and weight.indicator_id = '{weight}'
            where value.indicator_id = '{indicator}' and starts_with(value.area_code, '{inner}')
        )

        select whole.comparator_code, area.area_name as name, whole.value, whole.computed_value,
            whole.computed_share, whole.areas,
            count(*) filter (where part.value is null) as withheld,
            {step} * sum(abs(part.value - whole.computed_value))
            / sum(part.weight) filter (where part.value is not null) as shift,
            sum(part.value * part.weight) / sum(part.weight) as counting_withheld_as_zero,
        from core.comparator_value as whole
        join core.area as area on area.area_code = whole.comparator_code
        join part on part.whole_code = whole.comparator_code
        where whole.indicator_id = '{indicator}' and whole.comparator = '{comparator}'
        group by all
        """,
    )


@pytest.mark.parametrize("comparator", ["gemeente", "nl"])
@pytest.mark.parametrize(("indicator", "weight", "half"), MEANS)
def test_a_mean_of_parts_is_the_published_mean(
    db: duckdb.DuckDBPyConnection, comparator: str, indicator: str, weight: str, half: float
) -> None:
    found = means(db, indicator, weight, comparator)
    off: dict[str, float] = {}
    for row in found:
        if row["value"] is None:
            continue
        computed = row["computed_value"]
        if indicator == "density_per_km2":
            # withheld under ten inhabitants, so next to nothing over much land
            computed = row["counting_withheld_as_zero"]
        if abs(computed - row["value"]) > 2 * half + row["shift"]:
            off[row["name"]] = round(computed - row["value"], 2)
    print(f"\n{indicator}, {comparator}: {len(found)}, apart: {dict(sorted(off.items()))}")
    assert len(found) == (355 if comparator == "gemeente" else 1)
    cars = (indicator, comparator) == ("cars_per_household", "gemeente")
    assert off == (CARS_IN_NO_WIJK if cars else {})


def test_what_wijken_lack_in_cars_is_what_is_in_none_of_them(
    db: duckdb.DuckDBPyConnection,
) -> None:
    """The exceptions are explained by counts of cars alone: the weight, households, is right."""
    found = rows(
        db,
        """
        select whole.code, any_value(whole.cars / whole.huishoudens) as from_counts,
            any_value(whole.cars_per_household) as published,
            sum(wijk.cars) / sum(wijk.huishoudens) as wijken_from_counts,
            4 * (count(*) + wijken_from_counts * count(*)) / sum(wijk.huishoudens) as shift,
            any_value(comparator.computed_value) as computed,
        from memory.kwb as whole
        join memory.kwb as wijk
            on wijk.gemeente = whole.gemeente
            and wijk.kind = 'WK'
            and wijk.cars_per_household is not null
        join core.comparator_value as comparator
            on comparator.comparator_code = whole.code
            and comparator.indicator_id = 'cars_per_household'
            and comparator.comparator = 'gemeente'
        where whole.kind = 'GM'
        group by all
        """,
    )
    assert len(found) == 355
    for row in found:
        if row["published"] is not None:
            assert row["from_counts"] == pytest.approx(row["published"], abs=0.0501), row
        assert abs(row["computed"] - row["wijken_from_counts"]) <= 0.05 + row["shift"], row


@pytest.mark.parametrize("kind", ["bijstand", "ao", "ww"])
def test_a_rate_from_wijken_is_that_of_the_gemeente(
    db: duckdb.DuckDBPyConnection, kind: str
) -> None:
    """Off by the rounding of the persons, and by the inhabitants who are in no wijk."""
    found = rows(
        db,
        f"""
        select whole.comparator_code, whole.value, whole.mass, whole.computed_value,
            whole.computed_share * whole.mass as computed_mass, whole.areas,
        from core.comparator_value as whole
        where whole.indicator_id = '{kind}_per_1000' and whole.comparator in ('gemeente', 'nl')
        """,
    )
    unknown = {row["area_code"]: row["unknown_inside"] for row in sums(db, f"{kind}_persons")}
    largest = 0.0
    for row in found:
        persons = 5 * (row["areas"] + 1) + unknown.get(row["comparator_code"], 0)
        room = (1000 * persons + row["value"] * abs(row["mass"] - row["computed_mass"])) / row[
            "computed_mass"
        ]
        largest = max(largest, abs(row["computed_value"] - row["value"]))
        assert abs(row["computed_value"] - row["value"]) <= room + 1e-9, row
    print(f"\n{kind}_per_1000: {len(found)} compared, at most {largest:.2f} apart")
    assert len(found) == 356


def test_a_real_whole_lies_beside_its_parts_well_within_what_is_doubted(
    db: duckdb.DuckDBPyConnection,
) -> None:
    """In one year alone already, so that the difference between years is no reason for doubt."""
    beyond = rows(
        db,
        """
        select whole.comparator, whole.indicator_id, count(*) as wholes,
            count(*) filter (
                where abs(value - computed_value)
                > rule.whole_apart_share * abs(value)
                + rule.whole_apart_steps * 10.0 ** -indicator.decimals
                + rule.whole_apart_errors
                * sqrt(coalesce(value_error, 0) ** 2 + coalesce(computed_error, 0) ** 2)
            ) as beyond,
        from core.comparator_value as whole
        join catalog.indicator as indicator using (indicator_id)
        cross join catalog.rule as rule
        where is_published and computed_share between 0.99 and 1.01
            and value is not null and computed_value is not null
        group by all
        """,
    )
    assert sum(row["wholes"] for row in beyond) > 2400
    assert [row for row in beyond if row["comparator"] == "nl" and row["beyond"]] == []
    # of cars, those that are registered at a box number are in no wijk
    assert sum(row["beyond"] for row in beyond) <= 2
