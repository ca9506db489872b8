"""What the yearly table of all indicators may have wrong."""

from __future__ import annotations

import random

from mutated_rows import (
    KWB,
    VALUES,
    YEAR,
    Row,
    all_keys,
    code,
    column,
    each,
    is_small,
    mutation,
    on_column,
    right_tables,
    swap_areas,
    wijken,
)

from wijkpeil.demo.country import kwb_columns as topics
from wijkpeil.demo.country.kwb_tables import kwb_id


@mutation("k01", KWB, "30% of the rows gone, code list whole")
def _(rows: list[Row], chance: random.Random) -> list[Row]:
    return [row for row in rows if not is_small(row) or chance.random() > 0.3]


@mutation("k03", KWB, "every column all null")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row.update(dict.fromkeys(all_keys()))


for _quantity in ("low_income", "participation", "vacancy"):
    mutation(f"k04_{_quantity}", KWB, f"{_quantity} all null")(
        on_column(_quantity, lambda _: None, lambda _: True)
    )
    mutation(f"k05_{_quantity}", KWB, f"{_quantity} all 0")(
        on_column(_quantity, lambda _: 0, lambda _: True)
    )
    mutation(f"k06_{_quantity}", KWB, f"{_quantity} null for the wijken only")(
        on_column(_quantity, lambda _: None)
    )
    mutation(f"k11_{_quantity}", KWB, f"{_quantity} as its complement")(
        on_column(_quantity, lambda v: round(100 - v, 1), lambda _: True)
    )
    mutation(f"k10_{_quantity}", KWB, f"{_quantity} as a fraction")(
        on_column(_quantity, lambda v: round(v / 100, 1), lambda _: True)
    )
for _times in (10, 100, 1000):
    mutation(f"k08_{_times}", KWB, f"gas use x{_times}")(
        on_column("gas", lambda v, _times=_times: v * _times, lambda _: True)  # type: ignore[misc]
    )
for _one, _other in (("low_income", "youth_care"), ("participation", "vacancy"), ("gas", "woz")):

    @mutation(f"k07_{_one}", KWB, f"columns swapped: {_one} and {_other}")
    def _(rows: list[Row], _: random.Random, one: str = _one, other: str = _other) -> None:
        for row in rows:
            row[column(one)], row[column(other)] = row[column(other)], row[column(one)]


@mutation("k12", KWB, "each row twice")
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return [*rows, *(dict(row) for row in rows)]


def year_before() -> tuple[dict[str, Row], dict[str, str]]:
    """The rows of the table of the year before by area, and its keys by quantity."""
    table = next(table for table in right_tables() if table.cbs_id == kwb_id(YEAR - 1))
    keys = {topic.quantity: key for key, topic in topics.topics_of(YEAR - 1).items()}
    return {code(row): row for row in table.data}, keys  # type: ignore[union-attr]


def take_again(rows: list[Row], before: dict[str, Row], keys: dict[str, str]) -> None:
    """Give rows the figures of these."""
    for row in rows:
        if then := before.get(code(row)):
            for quantity in (*VALUES, "income"):
                row[column(quantity)] = then[keys[quantity]]


@mutation("k13", KWB, "2025 holds the figures of 2024")
def _(rows: list[Row], _: random.Random) -> None:
    take_again(rows, *year_before())


@mutation("k13_like", KWB, "2025 of one gemeente holds the figures of 2024", kinds=("first",))
def _(rows: list[Row], chance: random.Random) -> None:
    own = chance.choice(sorted({code(row)[2:6] for row in wijken(rows)}))
    take_again([row for row in wijken(rows) if code(row)[2:6] == own], *year_before())


@mutation("k14", KWB, "two wijken of a gemeente with each other's figures")
def _(rows: list[Row], _: random.Random) -> None:
    swap_areas(rows, "WK990102", "WK990115", all_keys())


@mutation("k14_like", KWB, "two other wijken with each other's figures")
def _(rows: list[Row], chance: random.Random) -> None:
    names = [code(row) for row in wijken(rows) if row[column("low_income")] is not None]
    one = chance.choice(names)
    other = chance.choice([name for name in names if name[:6] == one[:6] and name != one])
    swap_areas(rows, one, other, all_keys())


@mutation("k15", KWB, "all figures one row down")
def _(rows: list[Row], _: random.Random) -> None:
    small = [row for row in rows if is_small(row)]
    shifted = [{key: row[key] for key in all_keys()} for row in [small[-1], *small[:-1]]]
    for row, values in zip(small, shifted, strict=True):
        row.update(values)


@mutation("k16", KWB, "wijken in random order within their gemeente")
def _(rows: list[Row], chance: random.Random) -> None:
    for gemeente in {code(row)[:6] for row in wijken(rows)}:
        own = [row for row in wijken(rows) if code(row)[:6] == gemeente]
        values = [{key: row[key] for key in all_keys()} for row in own]
        chance.shuffle(values)
        for row, value in zip(own, values, strict=True):
            row.update(value)


@mutation("k17", KWB, "5% of the cells x10")
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        for key in all_keys():
            if row[key] is not None and is_small(row) and chance.random() < 0.05:
                row[key] *= 10


@mutation("k18", KWB, "one typo: low income of WK990102 x10")
def _(rows: list[Row], _: random.Random) -> None:
    each(rows, column("low_income"), lambda v: min(95, v * 10), lambda r: code(r) == "WK990102")


@mutation("k18_like", KWB, "one typo in another wijk and column")
def _(rows: list[Row], chance: random.Random) -> None:
    own = [row for row in wijken(rows) if row[column("participation")] is not None]
    row = chance.choice(own)
    row[column("participation")] = round(row[column("participation")] / 10, 1)


mutation("k19", KWB, "low income negative")(on_column("low_income", lambda v: -v, lambda _: True))
mutation("k20", KWB, "inhabitants of the wijken halved")(on_column("inhabitants", lambda v: v // 2))
mutation("k21", KWB, "inhabitants of everything halved")(
    on_column("inhabitants", lambda v: v // 2, lambda _: True)
)
mutation("k22", KWB, "row of the country: low income x2")(
    on_column("low_income", lambda v: v * 2, lambda r: code(r).startswith("NL"))
)
mutation("k22_like", KWB, "row of the country: gas use x1.2")(
    on_column("gas", lambda v: round(v * 1.2), lambda r: code(r).startswith("NL"))
)
mutation("k22_gemeenten", KWB, "rows of the gemeenten: low income x1.25")(
    on_column("low_income", lambda v: round(v * 1.25, 1), lambda r: code(r).startswith("GM"))
)
mutation("k23", KWB, "low income +1.0 everywhere")(
    on_column("low_income", lambda v: round(v + 1, 1), lambda _: True)
)
for _gemeente in ("9901", "9902"):
    mutation(f"k24_{_gemeente}", KWB, f"low income +1.0 in GM{_gemeente} only")(
        on_column(
            "low_income",
            lambda v: round(v + 1, 1),
            lambda r, _gemeente=_gemeente: code(r)[2:6] == _gemeente,  # type: ignore[misc]
        )
    )


@mutation("k25", KWB, "change flags all 1", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> None:
    key = next(k for k, topic in topics.topics_of(YEAR).items() if topic.quantity == "change")
    for row in rows:
        if is_small(row):
            row[key] = "2".rjust(10)


mutation("k26", KWB, "low income rounded to whole percents")(
    on_column("low_income", lambda v: float(round(v)), lambda _: True)
)


@mutation("k27", KWB, "all wijken have their gemeente's low income")
def _(rows: list[Row], _: random.Random) -> None:
    key = column("low_income")
    whole = {code(row): row[key] for row in rows}
    for row in rows:
        if is_small(row) and row[key] is not None:
            row[key] = whole["GM" + code(row)[2:6]]


@mutation("k31", KWB, "a third of the wijken 0 in low income and participation")
def _(rows: list[Row], chance: random.Random) -> None:
    for row in wijken(rows):
        if chance.random() < 1 / 3:
            row[column("low_income")] = row[column("participation")] = 0.0


@mutation("k32", KWB, "crosswise: one gemeente left out, its figures null")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        if code(row)[2:6] == "9902":
            row.update(dict.fromkeys(all_keys()))


@mutation("k30", "kwb_2019", "2019 (an old year): low income +3 everywhere", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> None:
    key = next(k for k, t in topics.topics_of(2019).items() if t.quantity == "low_income")
    each(rows, key, lambda v: round(v + 3, 1), lambda _: True)


# honest changes, which may not be held


@mutation("c01", KWB, "small corrections in 5% of the cells", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        for key in all_keys():
            if isinstance(row[key], float) and chance.random() < 0.05:
                row[key] = round(row[key] + chance.choice((-0.2, -0.1, 0.1, 0.2)), 1)


@mutation("c02", KWB, "provisional to final: counts 1% other", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        for key in all_keys():
            if isinstance(row[key], int):
                row[key] = round(row[key] * (1 + chance.gauss(0, 0.01)))


@mutation("c03", KWB, "one cell withdrawn", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    chance.choice([r for r in wijken(rows) if r[column("vacancy")] is not None])[
        column("vacancy")
    ] = None


@mutation("c04", KWB, "the late column filled", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    known = next(table for table in right_tables() if table.cbs_id == kwb_id(YEAR - 1))
    key = next(k for k, topic in topics.topics_of(YEAR - 1).items() if topic.quantity == "income")
    before = {code(row): row[key] for row in known.data if row[key] is not None}  # type: ignore[union-attr]
    for row in rows:
        if code(row) in before:
            row[column("income")] = round(before[code(row)] * 1.03 + chance.gauss(0, 0.3), 1)
