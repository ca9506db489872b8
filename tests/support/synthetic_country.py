"""A country whose every address is known, so that what restating should give is known too.

Each gemeente has eight wijken of four buurten. In one year, which differs by gemeente, five things
happen there: a wijk loses a buurt to a new wijk, two wijken merge, one gets another code, one gives
a buurt to its neighbour, and two change codes so that a code means another place. Every tenth
gemeente is divided among four others instead, and every tenth is joined to the next. Within an
original wijk all addresses are alike, and nothing ever changes but the boundaries.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from wijkpeil.edition.build import SQL
from wijkpeil.edition.given import GIVEN, create_given
from wijkpeil.edition.models import in_order, make_macros, read_models, run_models
from wijkpeil.edition.sentence_macros import make_sentences

FIRST, LAST = 2013, 2025

# where each buurt lies in each year; `place` is the original wijk, `cell` the buurt in it
_GEOGRAPHY = """
create table truth.cell as
with gemeente as (select range as g from range({gemeenten})),
cell as (
    select g, k, c,
        -- buurten differ in size, wijken in what lives there
        {addresses} + (g * 7 + k * 3 + c * 5) % {addresses} as addresses,
        1.5 + ((g * 5 + k * 11) % 10) / 10 as persons_per_address,
        5.0 + ((g * 13 + k * 29) % 250) / 10 + {mixed} * 4 * c as share,
        20 + (g * 3 + k * 17) % 40 as crimes_per_1000,
    from gemeente, (select range as k from range(8)), (select range as c from range(4))
),
placed as (
    select cell.*, y as year,
        2014 + g % 12 as event_year,
        y >= event_year as is_after,
        g % 10 = 5 and g + 4 < {gemeenten} as is_divided,
        g % 10 = 0 and g + 1 < {gemeenten} as is_joined,
    from cell, (select unnest(generate_series({first}, {last}))::integer as y)
),
coded as (
    select *,
        case
            when is_after and is_divided then g + 1 + k // 2
            when is_after and is_joined then g + 1
            else g
        end as in_g,
        case
            when is_after and (is_divided or is_joined) then 50 + (g % 10) * 3 + k
            when not is_after or is_divided or is_joined then k
            when k = 0 and c = 3 then 20
            when k in (1, 2) then 21
            when k = 3 then 22
            when k = 4 and c = 3 then 5
            when k = 6 then 24
            when k = 7 then 6
            else k
        end as in_k,
        in_k * 10 + if(in_k = 21, k * 4 + c, if(in_k = 5 and k = 4, 9, c)) as in_c,
    from placed
)
select *,
    format('GM{{:04d}}', in_g + 1) as gemeente_code,
    format('WK{{:04d}}{{:02d}}', in_g + 1, in_k) as wijk_code,
    format('BU{{:04d}}{{:02d}}{{:02d}}', in_g + 1, in_k, in_c % 100) as buurt_code,
from coded;

create table truth.area as
select area_code, year, sum(addresses) as addresses,
    sum(addresses * persons_per_address) as inhabitants,
    sum(addresses * persons_per_address * share) / inhabitants as share,
    sum(addresses * persons_per_address * crimes_per_1000 / 1000) as crimes,
    list(g * 100 + k * 10 + c order by all) as cells,
from (
    select *, unnest(['NL00', gemeente_code, wijk_code, buurt_code]) as area_code,
    from truth.cell
)
group by all;

-- CBS's flag: 1 the same, 2 another code for the same place, 3 another boundary
create table truth.flag as
select area.area_code, area.year,
    case
        when left(area.area_code, 2) in ('NL', 'GM') then null
        when area.year = {first} then 1
        when before.cells = area.cells then 1
        when same_place.area_code is not null and before.area_code is null then 2
        else 3
    end as flag,
from truth.area as area
left join truth.area as before
    on before.area_code = area.area_code and before.year = area.year - 1
left join truth.area as same_place
    on same_place.cells = area.cells
    and same_place.year = area.year - 1
    and left(same_place.area_code, 2) = left(area.area_code, 2);

-- what each area of today was in every year, by its addresses: what restating should give
create table truth.restated as
select today.area_code, cell.year,
    sum(cell.addresses * cell.persons_per_address) as inhabitants,
    sum(cell.addresses * cell.persons_per_address * cell.share) / inhabitants as share,
    sum(cell.addresses * cell.persons_per_address * cell.crimes_per_1000 / 1000) as crimes,
from truth.cell as cell
join (
    select *, unnest(['NL00', gemeente_code, wijk_code, buurt_code]) as area_code,
    from truth.cell
    where year = {last}
) as today using (g, k, c)
group by all;

create table truth.weight as
with pair as (
    select past.year, past.addresses,
        unnest([past.gemeente_code, past.wijk_code, past.buurt_code]) as area_code,
        unnest([today.gemeente_code, today.wijk_code, today.buurt_code]) as target_code,
    from truth.cell as past
    join truth.cell as today using (g, k, c)
    where today.year = {last} and past.year < {last}
)
select area_code, year, target_code,
    sum(addresses) / sum(sum(addresses)) over (partition by area_code, year) as weight,
from pair
group by area_code, year, target_code;
"""

_PUBLISHED = """
insert into catalog.indicator by name
select indicator_id, indicator_id as name_nl, 'liveability' as theme, 'aantal' as unit,
    1 as decimals, direction, 0 as range_low, 1e12 as range_high, aggregation, denominator_id,
    8 as window_years, change_per_year, indicator_id as counts_with,
from (values
    ('inhabitants', 0, 'sum', null, null),
    ('crimes', 0, 'sum', null, null),
    ('low_income', -1, 'weighted_mean', 'inhabitants', 0.2),
    ('crime_rate', -1, 'rate', 'inhabitants', 1.0)
) as t(indicator_id, direction, aggregation, denominator_id, change_per_year);
insert into catalog.rate values ('crime_rate', 'crimes', 'inhabitants', 1000, 'register');
insert into catalog.restating values ('inhabitants', 0.98, 0.25, 0.05, 0.1);

insert into catalog.source by name
select format('kwb_{{}}', year) as source_id, 'cbs_v3' as kind, year as figures_year,
    true as is_area_list, false as is_provisional, true as is_synthetic, true as is_confirmed,
    'Wijken' as area_dimension, 'change' as change_column_key,
from (select distinct year from truth.area);
insert into meta.source by name
select source_id, source_id as title_nl, date '2026-01-01' as retrieved_on, true as is_synthetic,
from catalog.source;
insert into catalog.source_measure by name
select source_id, indicator_id, indicator_id as column_key, '' as category_key, 1 as scale,
    [] as absent_years,
from catalog.source, (values ('inhabitants'), ('crimes'), ('low_income')) as t(indicator_id);

insert into raw.cbs_code
select format('kwb_{{}}', year), 'Wijken', area_code, 'naam ' || area_code, null from truth.area;
insert into raw.cbs_cell by name
select format('kwb_{{}}', year) as source_id, area_code as area_key, '' as category_key,
    column_key, value_text,
from (
    select area.area_code, area.year,
        unnest(['change', 'inhabitants', 'crimes', 'low_income']) as column_key,
        unnest([
            coalesce(flag::varchar, '.'),
            ({inhabitants})::varchar, crimes::varchar, ({share})::varchar
        ]) as value_text,
    from truth.area as area
    join truth.flag using (area_code, year)
);
insert into catalog.herindeling
select distinct make_date(2014 + g % 12, 1, 1), format('GM{{:04d}}', g + 1), 'oud',
    gemeente_code, 'nieuw',
    sum(addresses) / sum(sum(addresses)) over (partition by g), 'test',
from truth.cell
where year = {last} and in_g <> g
group by g, gemeente_code;
"""

_ADDRESSES = """
insert into raw.address_pair
select past.year, {last}, past.buurt_code, today.buurt_code, sum(past.addresses),
from truth.cell as past
join truth.cell as today using (g, k, c)
where today.year = {last} and past.year < {last}
group by all;
insert into raw.address_count
select year, format('addresses_{{}}', year), buurt_code, sum(addresses)
from truth.cell
group by all;
"""


def synthetic_country(
    *,
    gemeenten: int = 24,
    addresses: int = 20,
    with_addresses: bool = True,
    rounded: bool = False,
    mixed: bool = False,
    before_build: str = "",
    path: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """The country with the project's own tables built on what it publishes; truth in `truth`.

    `rounded` publishes inhabitants in fives and shares with one decimal, as CBS does; `mixed` makes
    the buurten of a wijk differ, so that addresses cannot tell what a part of it was like. The SQL
    of `before_build` runs on the raw tables.
    """
    connection = duckdb.connect(path or ":memory:")
    create_given(connection)
    connection.execute("create schema truth")
    values = {
        "gemeenten": gemeenten,
        "addresses": addresses,
        "first": FIRST,
        "last": LAST,
        "mixed": int(mixed),
        "inhabitants": "5 * round(inhabitants / 5)" if rounded else "inhabitants",
        "share": "round(share, 1)" if rounded else "share",
    }
    for script in (_GEOGRAPHY, _PUBLISHED, *([_ADDRESSES] if with_addresses else [])):
        connection.execute(script.format(**values))
    connection.execute(before_build or "select 1")
    build_tables(connection)
    return connection


def build_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the project's SQL on what is in the raw tables."""
    make_macros(connection, SQL)
    make_sentences(connection)
    connection.execute("create table if not exists meta.revision(source_id varchar)")
    run_models(connection, in_order(read_models(SQL), GIVEN))
