"""What CBS may turn out to do otherwise than the evidence says, each as a new world.

Every variant takes a world and gives another, with what it changed in `changes`; the same seed
changes the same. They go on top of each other. `among` are the tables that may be chosen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evidence_metadata import Column
from evidence_renames import kept_meaning, other_meaning
from evidence_world import Change, World

from wijkpeil.demo import StandInTable

LEVELS = {"land": "NL", "gemeente": "GM", "wijk": "WK", "buurt": "BU"}
# the second wording of what the evidence leaves open: table, title there, title in this variant
_OTHER_WORDINGS = (
    ("82931NED", "Percentage onbewoond", "Percentage leegstaand"),
    ("83220NED", "Percentage onbewoond", "Percentage leegstaand"),
    ("83487NED", "Gemiddelde woningwaarde", "Gemiddelde WOZ-waarde van woningen"),
    ("84286NED", "Gemiddelde woningwaarde", "Gemiddelde WOZ-waarde van woningen"),
    ("84286NED", "Netto arbeidsparticipatie", "Nettoarbeidsparticipatie"),
    ("84799NED", "Netto arbeidsparticipatie", "Nettoarbeidsparticipatie"),
    ("85039NED", "Nettoarbeidsparticipatie", "Netto arbeidsparticipatie"),
    ("85318NED", "Nettoarbeidsparticipatie", "Netto arbeidsparticipatie"),
    ("85984NED", "Gemiddeld aardgasverbruik totaal", "Gemiddeld aardgasverbruik"),
    ("50150NED", "Ernstig overgewicht", "Ernstig overgewicht (obesitas)"),
    ("50150NED", "Roker", "Rokers"),
    ("50150NED", "Vrijwilligerswerk", "Vrijwilliger"),
)


def title_renamed(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """The title of one measure in other signs, case or order; it means the same."""
    return measures_renamed(world, seed, count=1, among=among)


def unit_changed(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """The unit of one measure written otherwise."""
    chance = _chance("unit", seed)
    cbs_id, column = _measure(world, chance, among)
    after = chance.choice(["x 1 000", "per 1 000 inwoners", "index (2015 = 100)"])
    table = _with_topic(world.tables[cbs_id], column.key, Unit=after)
    change = Change("unit changed", cbs_id, column.key, column.means, column.unit, after)
    return world.replaced(table, change)


def column_gone(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """One measure is in the table no more."""
    cbs_id, column = _measure(world, _chance("gone", seed), among)
    table = world.tables[cbs_id]
    kept = [row for row in table.data_properties if row["Key"] != column.key]
    change = Change("column gone", cbs_id, column.key, column.means, column.title.strip())
    return world.replaced(replace(table, data_properties=kept), change)


def table_missing(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """One table is not found."""
    return tables_missing(world, seed, count=1, among=among)


def table_empty(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """One table has its columns and its codes, and no row."""
    cbs_id = _chance("empty", seed).choice(_ids(world, among))
    table = replace(world.tables[cbs_id], data=[])
    return world.replaced(table, Change("table empty", cbs_id))


def new_gemeente(world: World, seed: int, *, since: int = 2025) -> World:
    """One gemeente has a new code and name in every table of a division since that year, and no
    list tells of it."""
    chance = _chance("gemeente", seed)
    old = chance.choice(["0606", "0059", "1680"])
    new = f"{chance.randint(2001, 2099)}"
    for cbs_id, shape in world.shapes.items():
        if cbs_id in world.tables and (shape.division or shape.years[-1]) >= since:
            table = _recoded(world.tables[cbs_id], shape.dimension, old, new)
            if table != world.tables[cbs_id]:
                change = Change("new gemeente", cbs_id, before=f"GM{old}", after=f"GM{new}")
                world = world.replaced(table, change)
    return world


def small_letters(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """The id of one table is written in small letters, and answers to nothing else."""
    cbs_id = _chance("small", seed).choice(_ids(world, among))
    table, after = world.tables[cbs_id], cbs_id.lower()
    infos = {**table.table_infos, "Identifier": after}
    gone = world.without(cbs_id, Change("small letters", cbs_id, before=cbs_id, after=after))
    shapes = {**world.shapes, after: replace(world.shapes[cbs_id], cbs_id=after)}
    moved = replace(table, cbs_id=after, table_infos=infos)
    return replace(gone, shapes=shapes).replaced(moved)


def new_dimension(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """One table is broken down further: totals beside men and women."""
    cbs_id = _chance("dimension", seed).choice(_ids(world, among))
    table = world.tables[cbs_id]
    name, codes = "Geslacht", {"T001038 ": "Totaal", "3000    ": "Mannen", "4000    ": "Vrouwen"}
    row = {"odata.type": "Cbs.OData.Dimension", "Type": "Dimension", "Key": name, "Title": name}
    numbers = [int(each["ID"]) for each in table.data_properties]
    properties = [*table.data_properties, {**row, "ID": max(numbers) + 1, "ParentID": None}]
    lists = {name: [{"Key": key, "Title": title} for key, title in codes.items()]}
    data = [{name: code, **each} for code in codes for each in _data(table)]
    changed = replace(
        table,
        data_properties=properties,
        code_lists={**table.code_lists, **lists},
        data=data,
    )
    return world.replaced(changed, Change("new dimension", cbs_id, after=name))


def longer_code(world: World, seed: int, *, among: Collection[str] = ()) -> World:
    """One buurt of one table has a code of a letter more, and all codes are as wide as that."""
    chance = _chance("longer", seed)
    candidates = [c for c in _ids(world, among) if world.shapes[c].width == 10]
    cbs_id = chance.choice(candidates)
    table, name = world.tables[cbs_id], world.shapes[cbs_id].dimension
    buurten = [k for row in table.code_lists[name] if (k := str(row["Key"])).startswith("BU")]
    before = chance.choice(buurten).strip()
    after = f"{before}A"

    def wide(code: str) -> str:
        return (after if code.strip() == before else code.strip()).ljust(len(after))

    changed = _with_codes(table, name, wide)
    return world.replaced(changed, Change("longer code", cbs_id, before=before, after=after))


def level_missing(
    world: World, seed: int, *, level: str | None = None, among: Collection[str] = ()
) -> World:
    """One table lists no area of a level: no buurt, no gemeente, or no land."""
    chance = _chance("level", seed)
    level = level or chance.choice(["land", "gemeente", "buurt"])
    has = [c for c in _ids(world, among) if any(_of_level(world, c, level))]
    cbs_id = chance.choice(has)
    table, name = world.tables[cbs_id], world.shapes[cbs_id].dimension
    left_out = tuple(_of_level(world, cbs_id, level))
    changed = replace(
        table,
        code_lists={
            **table.code_lists,
            name: [row for row in table.code_lists[name] if row["Key"] not in left_out],
        },
        data=[row for row in _data(table) if row[name] not in left_out],
    )
    return world.replaced(changed, Change("level missing", cbs_id, before=level))


def tables_missing(world: World, seed: int, *, count: int, among: Collection[str] = ()) -> World:
    """So many tables are not found."""
    for cbs_id in _chance("missing", seed).sample(_ids(world, among), count):
        world = world.without(cbs_id, Change("table missing", cbs_id))
    return world


def measures_renamed(
    world: World,
    seed: int,
    *,
    count: int,
    keeps_meaning: bool = True,
    among: Collection[str] = (),
) -> World:
    """So many measures have another title: written otherwise, or of another meaning. A title that
    the table has already is never given."""
    chance = _chance("renamed", seed)
    candidates = [pair for pair in _measures(world, among) if pair[1].title.strip()]
    chance.shuffle(candidates)
    rename = kept_meaning if keeps_meaning else other_meaning
    kind = "title renamed" if keeps_meaning else "meaning changed"
    done = 0
    for cbs_id, column in candidates:
        if done == count:
            break
        taken = {" ".join(str(row["Title"]).split()) for row in world.topics(cbs_id)}
        after = rename(column.title.strip(), world.shapes[cbs_id].years[-1], chance)
        if after is None or after in taken:
            continue
        table = _with_topic(world.tables[cbs_id], column.key, Title=after)
        before = column.title.strip()
        change = Change(kind, cbs_id, column.key, column.means, before, after)
        world = world.replaced(table, change)
        done += 1
    assert done == count, f"only {done} of {count} measures can be renamed"
    return world


def newest_year_emptied(world: World, cbs_id: str) -> World:
    """The newest year of a table has no figure left."""
    return _newest_year(world, cbs_id, "newest year emptied", lambda row, key: None)


def newest_year_halved(world: World, cbs_id: str) -> World:
    """The figures of the newest year of a table are half of what they were."""

    def half(row: Mapping[str, Any], key: str) -> float | int | None:
        value = row[key]
        return None if value is None else value // 2 if isinstance(value, int) else value / 2

    return _newest_year(world, cbs_id, "newest year halved", half)


def newest_year_copied(world: World, cbs_id: str) -> World:
    """The newest year of a table has the figures of the year before, wherever the area had a
    code then; of a table of one year that is the table before it, column by column."""
    shape, table = world.shapes[cbs_id], world.tables[cbs_id]
    years = shape.years
    if len(years) > 1:
        old, source = shape, table
        rows = [row for row in _data(table) if str(row["Perioden"]).startswith(str(years[-2]))]
    else:
        earlier = [each for each in world.family(cbs_id) if world.shapes[each].years < years]
        assert earlier, f"{cbs_id} has no table of a year before"
        old, source = world.shapes[earlier[-1]], world.tables[earlier[-1]]
        rows = [*_data(source)]
    before = {
        column.key: same.key
        for column in shape.columns
        if (same := _same(column, old.columns)) is not None
    }
    places = {_place(row, old.dimension): row for row in rows}

    def older(row: Mapping[str, Any], key: str) -> Any:
        known = places.get(_place(row, shape.dimension))
        return row[key] if known is None or key not in before else known[before[key]]

    return _newest_year(world, cbs_id, "newest year copied", older)


def other_wordings(world: World) -> World:
    """Where the evidence has two wordings, the one that is less sure."""
    for cbs_id, before, after in _OTHER_WORDINGS:
        if cbs_id in world.tables:
            column = world.shapes[cbs_id].column(before)
            table = _with_topic(world.tables[cbs_id], column.key, Title=after)
            change = Change("other wording", cbs_id, column.key, column.means, before, after)
            world = world.replaced(table, change)
    return world


TEN: dict[str, Callable[..., World]] = {
    "title_renamed": title_renamed,
    "unit_changed": unit_changed,
    "column_gone": column_gone,
    "table_missing": table_missing,
    "table_empty": table_empty,
    "new_gemeente": new_gemeente,
    "small_letters": small_letters,
    "new_dimension": new_dimension,
    "longer_code": longer_code,
    "level_missing": level_missing,
}


def _chance(*of: object) -> random.Random:
    return random.Random(" ".join(map(str, of)))


def _ids(world: World, among: Collection[str]) -> list[str]:
    return sorted(c for c in world.tables if c in world.shapes and (not among or c in among))


def _measures(world: World, among: Collection[str]) -> list[tuple[str, Column]]:
    return [
        (cbs_id, column)
        for cbs_id in _ids(world, among)
        for column in world.shapes[cbs_id].columns
        if column.means and not column.is_text
    ]


def _measure(world: World, chance: random.Random, among: Collection[str]) -> tuple[str, Column]:
    return chance.choice(_measures(world, among))


def _with_topic(table: StandInTable, key: str, **changes: Any) -> StandInTable:
    rows = [{**row, **changes} if row["Key"] == key else row for row in table.data_properties]
    return replace(table, data_properties=rows)


def _data(table: StandInTable) -> Sequence[Mapping[str, Any]]:
    assert isinstance(table.data, Sequence)
    return table.data


def _with_codes(table: StandInTable, name: str, change: Callable[[str], str]) -> StandInTable:
    listed = [{**row, "Key": change(str(row["Key"]))} for row in table.code_lists[name]]
    data = [{**row, name: change(str(row[name]))} for row in _data(table)]
    return replace(table, code_lists={**table.code_lists, name: listed}, data=data)


def _recoded(table: StandInTable, name: str, old: str, new: str) -> StandInTable:
    """The same table with the four digits of a gemeente changed in every code."""
    codes = [str(row["Key"]) for row in table.code_lists[name]]
    if not any(code[2:6] == old for code in codes):
        return table

    def change(code: str) -> str:
        return code[:2] + new + code[6:] if code[2:6] == old else code

    recoded = _with_codes(table, name, change)
    listed = [
        {**row, "Municipality": change(str(row.get("Municipality", "")))}
        for row in recoded.code_lists[name]
    ]
    texts = [str(r["Key"]) for r in table.data_properties if str(r["Key"]).startswith("Codering")]
    data = [{**row, **{key: change(str(row[key])) for key in texts}} for row in _data(recoded)]
    return replace(recoded, code_lists={**recoded.code_lists, name: listed}, data=data)


def _of_level(world: World, cbs_id: str, level: str) -> list[str]:
    rows = world.tables[cbs_id].code_lists[world.shapes[cbs_id].dimension]
    return [str(row["Key"]) for row in rows if str(row["Key"]).startswith(LEVELS[level])]


def _newest_year(
    world: World, cbs_id: str, kind: str, change: Callable[[Mapping[str, Any], str], Any]
) -> World:
    shape, table = world.shapes[cbs_id], world.tables[cbs_id]
    keys = [column.key for column in shape.columns if not column.is_text]
    newest = str(shape.years[-1])
    data = [
        {**row, **{key: change(row, key) for key in keys}}
        if str(row.get("Perioden", newest)).startswith(newest)
        else row
        for row in _data(table)
    ]
    return world.replaced(replace(table, data=data), Change(kind, cbs_id, after=newest))


def _place(row: Mapping[str, Any], dimension: str) -> tuple[Any, ...]:
    """What a row is of, but for its year."""
    own = {"Leeftijd", "Marges", "SoortMisdrijf", "Geslacht"}
    period = str(row.get("Perioden", ""))
    return (str(row[dimension]).strip(), period[4:], *(row[n] for n in sorted(own & row.keys())))


def _same(column: Column, others: Sequence[Column]) -> Column | None:
    """The column of another year that is the same: by what it means, else by title and group."""
    for other in others:
        if column.means and other.means == column.means:
            return other
    named = (column.title, column.unit, column.group)
    return next((o for o in others if (o.title, o.unit, o.group) == named), None)
