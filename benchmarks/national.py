"""Synthetic CBS tables of national size, as the stand-in serves them.

Titles, units and keys are those of Kerncijfers wijken en buurten and of the police's table of
registered crimes; every figure and area in them is invented, from its row number alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import duckdb

from wijkpeil.demo import StandInTable

GEMEENTEN, WIJKEN, BUURTEN = 342, 3177, 13821
AREA = "WijkenEnBuurten"
CRIME_YEARS = range(2012, 2026)
CRIMES = (
    *("0.0.0", "1.1.1", "1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.3.1", "1.4.1"),
    *("1.4.2", "1.4.3", "1.4.4", "1.4.5", "1.4.6", "1.4.7", "1.5.2", "1.6.1", "1.6.2", "1.6.3"),
    *("2.1.1", "2.2.1", "2.4.1", "2.4.2", "2.5.1", "2.5.2", "2.6.1", "2.6.2", "2.6.3", "2.6.4"),
    *("2.6.5", "2.6.7", "2.6.8", "2.6.9", "2.6.10", "2.6.11", "2.6.12", "2.6.13", "2.6.14"),
    *("2.7.2", "2.7.3", "3.1.1", "3.1.2", "3.1.3", "3.2.1", "3.2.2", "3.3.2", "3.3.5", "3.4.2"),
    *("3.5.2", "3.5.5", "3.6.4", "3.7.1", "3.7.2", "3.7.3", "3.7.4", "3.9.1", "3.9.2", "3.9.3"),
)

# a line is a group after as many slashes as it is deep, or: title | unit | decimals, T for a text
# | years. A title may end in a blank, as CBS's do; columns come and go, so numbered keys shift.
_TOPICS = Path(__file__).with_name("kwb_topics.txt").read_text(encoding="utf-8")
# the usual lowest and highest figure by unit; counts are shares of the inhabitants
_BETWEEN = {
    "%": (1, 99),
    "per 1 000 inwoners": (1, 40),
    "aantal inwoners per km²": (20, 9000),
    "x 1 000 euro": (15, 600),
    "kWh": (1500, 4500),
    "m³": (500, 2600),
    "km": (0, 9),
    "ha": (4, 3000),
    "per km²": (5, 4000),
    "per huishouden": (0, 2),
    "code": (1, 5),
}
_ALWAYS = {"Aantal inwoners", "Huishoudens totaal", "Oppervlakte totaal"}
_TEXTS = {
    "Gemeentenaam": "rpad(gemeente, 40, ' ')",
    "Soort regio": "rpad(kind, 10, ' ')",
    "Codering": "rpad(code, 10, ' ')",
    "Indelingswijziging wijken en buurten": (
        "case when kind in ('Land', 'Gemeente') then '.' "
        "when row % 20 = 7 then '3' when row % 120 = 11 then '2' else '1' end"
    ),
    "Meest voorkomende postcode": (
        "if(kind = 'Land', '         .', lpad((1000 + row % 8999)::varchar, 10, ' '))"
    ),
}


class Topic(NamedTuple):
    """One column; `decimals` is None for a text, `groups` go from the outside in."""

    groups: tuple[str, ...]
    key: str
    title: str
    unit: str
    decimals: int | None


def kwb_tables(folder: Path, years: Iterable[int] = range(2013, 2026)) -> list[StandInTable]:
    """A table a year of 17,341 areas and 118 columns, its figures as parquet in `folder`."""
    codes = _area_codes(buurten=True)
    with duckdb.connect() as database:
        _make_areas(database, buurten=True)
        return [_kwb_table(database, folder, year, codes) for year in years]


def topics_of(year: int) -> list[Topic]:
    """The columns of that year's table after the areas, in order."""
    found: list[Topic] = []
    groups: tuple[str, ...] = ()
    for line in _TOPICS.splitlines():
        if line.startswith("/"):
            depth = len(line) - len(line.lstrip("/"))
            groups = (*groups[: depth - 1], line.lstrip("/"))
            continue
        title, unit, decimals, *span = line.split("|")
        first, last = (span[0] if span else "-").split("-")
        if int(first or 0) <= year <= int(last or 9999):
            key = f"{_key(title)}_{len(found) + 1}"
            found.append(
                Topic(groups, key, title, unit, None if decimals == "T" else int(decimals))
            )
    return found


def wijk_codes() -> list[str]:
    """The codes of all wijken."""
    codes = [row["DetailRegionCode"] for row in _area_codes(buurten=False)]
    return [code for code in codes if code.startswith("WK")]


def police_table(folder: Path) -> StandInTable:
    """Registered crimes: 3,520 areas, 59 kinds and 14 years, 2.9 million rows in CBS's order."""
    path = folder / "police.parquet"
    with duckdb.connect() as database:
        _make_areas(database, buurten=False)
        database.execute(
            "copy (select (row_number() over ()) - 1 as ID, * from ("
            "select rpad(crime, 6, ' ') as SoortMisdrijf, rpad(code, 10, ' ') as WijkenEnBuurten, "
            "year || 'JJ00' as Perioden, "
            "if(hash(row, crime, year) % 50 = 0 and kind = 'Wijk', null, "
            "(size * (hash(row, crime) % 400) / 100000 * (1 + (year - 2012) * 0.01))::bigint) "
            "as GeregistreerdeMisdrijven_1 "
            "from area, (select unnest(?::varchar[]) as crime), (select unnest(?::int[]) as year) "
            f"order by crime, row, year)) to '{path}'",
            [list(CRIMES), list(CRIME_YEARS)],
        )
    return StandInTable(
        cbs_id="90047NED",
        table_infos=_infos("90047NED", "Geregistreerde misdrijven (synthetisch)", 2026),
        data_properties=[
            _property(0, "Dimension", "SoortMisdrijf", "Soort misdrijf"),
            _property(1, "GeoDetail", AREA, "Wijken en buurten"),
            _property(2, "TimeDimension", "Perioden", "Perioden"),
            _topic(3, None, Topic((), "GeregistreerdeMisdrijven_1", "Geregistreerde misdrijven",
                                  "aantal", 0)),
        ],
        code_lists={
            "SoortMisdrijf": [_named(code.ljust(6), f"{code} misdrijf") for code in CRIMES],
            AREA: _area_codes(buurten=False),
            "Perioden": [
                {**_named(f"{year}JJ00", str(year)), "Status": "Definitief"} for year in CRIME_YEARS
            ],
        },
        data=path,
    )  # fmt: skip


def _kwb_table(
    database: duckdb.DuckDBPyConnection, folder: Path, year: int, codes: list[dict[str, Any]]
) -> StandInTable:
    topics, path = topics_of(year), folder / f"kwb_{year}.parquet"
    columns = ", ".join(
        f'{_figure(number, topic, year)} as "{topic.key}"' for number, topic in enumerate(topics)
    )
    database.execute(
        f"copy (select row as ID, rpad(code, 10, ' ') as {AREA}, {columns} from area order by row) "
        f"to '{path}'"
    )
    return StandInTable(
        cbs_id=f"9{year}NED",
        table_infos=_infos(f"9{year}NED", f"Kerncijfers wijken en buurten {year}", year + 1),
        data_properties=_kwb_properties(topics),
        code_lists={AREA: codes},
        data=path,
    )


def _figure(number: int, topic: Topic, year: int) -> str:
    """The SQL of a column: the figure drifts a little every year, 15 in 100 are empty."""
    if topic.decimals is None:
        return _TEXTS[topic.title]
    same_every_year = crc32(f"{topic.title} {topic.unit}".encode())
    share = f"(hash(row, {same_every_year}) % 1000 / 1000.0)"
    drift = f"(1 + {0.004 * (year - 2013):.3f} + (hash(row, {number}, {year}) % 40) / 1000.0)"
    if topic.title == "Aantal inwoners":
        value = f"round(size * {drift} / 5) * 5"
    elif topic.unit == "aantal" and topic.decimals == 0:
        value = f"round(size * (0.02 + 0.4 * {share}) * {drift} / 5) * 5"
    else:
        low, high = _BETWEEN.get(topic.unit, (0, 5))
        value = (
            f"round(least({high}, ({low} + {high - low} * {share}) * {drift}), {topic.decimals})"
        )
    kind = "double" if topic.decimals else "bigint"
    if topic.title in _ALWAYS:
        return f"({value})::{kind}"
    is_empty = f"kind <> 'Land' and hash({number}, row) % 100 < 15"
    return f"(case when {is_empty} then null else {value} end)::{kind}"


def _make_areas(database: duckdb.DuckDBPyConnection, *, buurten: bool) -> None:
    """Make the table `area`: each gemeente is followed by its wijken, each wijk by its buurten."""
    database.execute(
        f"""
        create table area as
        with wijk as (select range as n, 1 + n % {GEMEENTEN} as gm, n // {GEMEENTEN} as wk
                      from range({WIJKEN})),
        buurt as (select wijk.*, b.range // {WIJKEN} as bu
                  from range({BUURTEN}) as b join wijk on b.range % {WIJKEN} = wijk.n),
        every as (
            select 'NL00' as code, 'Land' as kind, null as gm, 17500000 as size
            union all
            select printf('GM%04d', 1 + range), 'Gemeente', 1 + range, 20000 + range * 191
            from range({GEMEENTEN})
            union all
            select printf('WK%04d%02d', gm, wk), 'Wijk', gm, 800 + n * 37 % 12000 from wijk
            union all
            select printf('BU%04d%02d%02d', gm, wk, bu), 'Buurt', gm, 100 + n * 53 % 3000
            from buurt where {buurten}
        )
        select (row_number() over (order by coalesce(gm, 0), code[3:], kind <> 'Gemeente'))::int - 1
                   as row,
               code, kind, size, coalesce('Gemeente ' || gm, 'Nederland') as gemeente
        from every
        """
    )


def _area_codes(*, buurten: bool) -> list[dict[str, Any]]:
    with duckdb.connect() as database:
        _make_areas(database, buurten=buurten)
        rows = database.execute(
            "select rpad(code, 10, ' '), kind || ' ' || code[3:], "
            "if(kind = 'Land', '', 'GM' || code[3:6]), if(kind = 'Land', '', code) "
            "from area order by row"
        ).fetchall()
    return [
        {**_named(code, title), "Municipality": gemeente, "DetailRegionCode": region}
        for code, title, gemeente, region in rows
    ]


def _kwb_properties(topics: list[Topic]) -> list[dict[str, Any]]:
    rows = [_property(0, "GeoDetail", AREA, "Wijken en buurten")]
    numbers: dict[tuple[str, ...], int] = {}
    for topic in topics:
        for depth in range(1, len(topic.groups) + 1):
            path = topic.groups[:depth]
            if path not in numbers:
                numbers[path] = len(rows)
                parent = numbers.get(path[:-1])
                rows.append(_property(len(rows), "TopicGroup", "", path[-1], ParentID=parent))
        rows.append(_topic(len(rows), numbers[topic.groups], topic))
    return rows


def _topic(number: int, parent: int | None, topic: Topic) -> dict[str, Any]:
    return _property(
        number,
        "Topic",
        topic.key,
        topic.title,
        ParentID=parent,
        Datatype={None: "String", 0: "Long"}.get(topic.decimals, "Double"),
        Unit=topic.unit,
        Decimals=topic.decimals or 0,
    )


def _property(number: int, kind: str, key: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "odata.type": f"Cbs.OData.{kind}",
        "ID": number,
        "Position": number,
        "ParentID": None,
        "Type": kind,
        "Key": key,
        "Title": title,
        "Datatype": None,
        "Unit": None,
        "Decimals": None,
        **more,
    }


def _named(code: str, title: str) -> dict[str, Any]:
    return {"Key": code, "Title": title, "Description": ""}


def _infos(cbs_id: str, title: str, year: int) -> dict[str, Any]:
    return {"ID": 1, "Identifier": cbs_id, "Title": title, "Modified": f"{year}-03-01T02:00:00"}


def _key(title: str) -> str:
    """The key of a topic, as CBS makes it of the title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    key = "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", plain))
    return f"k_{key}" if key[0].isdigit() else key
