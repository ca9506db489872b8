"""What a source may publish wrong: changes of the rows of the demo's tables and survey, and honest
ones beside them.

`mutations.py` publishes each and tells who sees it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.country import kwb_columns as topics
from wijkpeil.demo.country import survey
from wijkpeil.demo.country.kwb_tables import cbs_tables, kwb_id

YEAR = 2025
AREA = topics.AREA_DIMENSION
KWB, POLICE, SURVEY = "kwb_2025", "police_crimes", "safety_survey"
CRIME = "GeregistreerdeMisdrijven_1"
Row = dict[str, Any]
Change = Callable[[list[Row], random.Random], list[Row] | None]


@dataclass(frozen=True)
class Mutation:
    """A change of the rows of a source. `kinds` are the steps for which it makes sense."""

    name: str
    what: str
    source: str
    change: Change
    kinds: tuple[str, ...] = ("revised", "first")
    honest: bool = False


MUTATIONS: list[Mutation] = []


def mutation(name: str, source: str, what: str, **more: Any) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        MUTATIONS.append(Mutation(name, what, source, change, **more))
        return change

    return add


@cache
def right_tables() -> tuple[StandInTable, ...]:
    """What the stand-in serves when all is right."""
    return tuple(cbs_tables())


# rows


def column(quantity: str) -> str:
    """The key of a column of the newest yearly table."""
    return next(k for k, topic in topics.topics_of(YEAR).items() if topic.quantity == quantity)


VALUES = ("low_income", "youth_care", "participation", "woz", "vacancy", "gas", "welfare",
          "inhabitants", "households", "dwellings")  # fmt: skip


def code(row: Row) -> str:
    return str(row[AREA]).strip()


def is_small(row: Row) -> bool:
    return code(row)[:2] in ("WK", "BU")


def wijken(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if code(row).startswith("WK")]


def each(rows: list[Row], key: str, to: Callable[[Any], Any], among: Callable[[Row], bool]) -> None:
    for row in rows:
        if row[key] is not None and among(row):
            row[key] = to(row[key])


def on_column(
    quantity: str, to: Callable[[Any], Any], among: Callable[[Row], bool] = is_small
) -> Change:
    def change(rows: list[Row], _: random.Random) -> None:
        each(rows, column(quantity), to, among)

    return change


def swap_areas(rows: list[Row], one: str, other: str, keys: Sequence[str]) -> None:
    by_code = {code(row): row for row in rows}
    a, b = by_code[one], by_code[other]
    for key in keys:
        a[key], b[key] = b[key], a[key]


def all_keys() -> list[str]:
    return [column(quantity) for quantity in VALUES] + [column("income")]


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


@mutation("k13", KWB, "2025 holds the figures of 2024")
def _(rows: list[Row], _: random.Random) -> None:
    table = next(table for table in right_tables() if table.cbs_id == kwb_id(YEAR - 1))
    before = {code(row): row for row in table.data}  # type: ignore[union-attr]
    keys = {topic.quantity: key for key, topic in topics.topics_of(YEAR - 1).items()}
    for row in rows:
        if then := before.get(code(row)):
            for quantity in (*VALUES, "income"):
                row[column(quantity)] = then[keys[quantity]]


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


# the police


def of_year(row: Row) -> bool:
    return str(row["Perioden"]).strip() == f"{YEAR}JJ00"


def on_crimes(to: Callable[[Any], Any]) -> Change:
    def change(rows: list[Row], _: random.Random) -> None:
        each(rows, CRIME, to, of_year)

    return change


mutation("p01", POLICE, "2025 is nine months")(on_crimes(lambda v: round(v * 0.75)))
mutation("p02", POLICE, "2025 counted twice")(on_crimes(lambda v: v * 2))
mutation("p03", POLICE, "2025 all 0")(on_crimes(lambda _: 0))
mutation("p04", POLICE, "2025 all null")(on_crimes(lambda _: None))


def keyed(rows: Sequence[Row]) -> dict[tuple[str, str, str], Row]:
    return {(str(r["SoortMisdrijf"]).strip(), code(r), str(r["Perioden"]).strip()): r for r in rows}


@mutation("p05", POLICE, "kinds of crime swapped in 2025")
def _(rows: list[Row], _: random.Random) -> None:
    by_key = keyed(rows)
    for area in {code(row) for row in rows}:
        one, other = (by_key[kind, area, f"{YEAR}JJ00"] for kind in ("1.1.1", "1.2.3"))
        one[CRIME], other[CRIME] = other[CRIME], one[CRIME]


@mutation("p06", POLICE, "2025 has the figures of 2024")
def _(rows: list[Row], _: random.Random) -> None:
    by_key = keyed(rows)
    for (kind, area, period), row in by_key.items():
        if period == f"{YEAR}JJ00":
            row[CRIME] = by_key[kind, area, f"{YEAR - 1}JJ00"][CRIME]


def book_on_neighbour(rows: list[Row], one: str, other: str) -> None:
    by_key = keyed(rows)
    for (kind, area, period), row in by_key.items():
        if period == f"{YEAR}JJ00" and area == one:
            to = by_key[kind, other, period]
            to[CRIME] = (to[CRIME] or 0) + (row[CRIME] or 0)
            row[CRIME] = 0


@mutation("p07", POLICE, "2025: all crimes of WK990104 booked on WK990105")
def _(rows: list[Row], _: random.Random) -> None:
    book_on_neighbour(rows, "WK990104", "WK990105")


@mutation("p07_like", POLICE, "2025: crimes of another wijk booked on its neighbour")
def _(rows: list[Row], chance: random.Random) -> None:
    names = sorted({code(row) for row in wijken(rows)})
    at = chance.randrange(len(names) - 1)
    book_on_neighbour(rows, names[at], names[at + 1])


@mutation("k30", "kwb_2019", "2019 (an old year): low income +3 everywhere", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> None:
    key = next(k for k, t in topics.topics_of(2019).items() if t.quantity == "low_income")
    each(rows, key, lambda v: round(v + 3, 1), lambda _: True)


# the survey: rows of text


GRADE, MARGIN, UNSAFE = survey.GRADE_COLUMN, survey.MARGIN_COLUMN, survey.UNSAFE_COLUMN
PLACE, WHEN = survey.AREA_COLUMN, survey.YEAR_COLUMN


def is_new(row: Row) -> bool:
    return str(row[WHEN]) == str(YEAR)


def is_number(text: str) -> bool:
    return text.replace(",", "").isdigit()


@mutation("s01", SURVEY, "cut in half at a row", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return rows[: len(rows) // 2]


@mutation("s02", SURVEY, "30% of the rows gone")
def _(rows: list[Row], chance: random.Random) -> list[Row]:
    return [row for row in rows if chance.random() > 0.3]


@mutation("s03", SURVEY, "one row left", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return rows[5:6]


@mutation("s04", SURVEY, "comma lost in 2025")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        if is_new(row):
            row[GRADE] = row[GRADE].replace(",", "")


@mutation("s05", SURVEY, "2025: a third of the wijken 0")
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        if is_new(row) and row[PLACE].startswith("WK") and chance.random() < 1 / 3:
            row[GRADE] = "0,00"
            row[UNSAFE] = "0,0"


@mutation("s07", SURVEY, "2025 has the figures of 2024")
def _(rows: list[Row], _: random.Random) -> None:
    before = {row[PLACE]: row for row in rows if row[WHEN] == str(YEAR - 1)}
    for row in rows:
        if is_new(row) and row[PLACE] in before:
            row.update({key: before[row[PLACE]][key] for key in (GRADE, MARGIN, UNSAFE)})


@mutation("s08", SURVEY, "a row twice with another figure")
def _(rows: list[Row], chance: random.Random) -> list[Row]:
    followed = [row for row in rows if row["Gebiedscode"] != survey.BROKEN_CODE]
    row = chance.choice([row for row in followed if is_new(row) and is_number(row[GRADE])])
    return [*rows, {**row, GRADE: "4,00"}]


@mutation("s09", SURVEY, "every row twice, the same")
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return [*rows, *(dict(row) for row in rows)]


@mutation("s10", SURVEY, "all years one too late", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row[WHEN] = str(int(row[WHEN]) + 1)


@mutation("s11", SURVEY, "one gemeente left out")
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return [row for row in rows if row[PLACE][2:6] != "9902"]


@mutation("s12", SURVEY, "2025: grades on a scale of 5")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        if is_new(row) and is_number(row[GRADE]):
            row[GRADE] = f"{float(row[GRADE].replace(',', '.')) / 2:.2f}".replace(".", ",")


@mutation("s13", SURVEY, "codes of two wijken swapped in 2025")
def _(rows: list[Row], _: random.Random) -> None:
    swap = {"WK990102": "WK990115", "WK990115": "WK990102"}
    for row in rows:
        if is_new(row):
            row[PLACE] = swap.get(row[PLACE], row[PLACE])


@mutation("s14", SURVEY, "margins all 0")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        if is_number(row[MARGIN]):
            row[MARGIN] = "0,00"


@mutation("s15", SURVEY, "codes in lower case")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row[PLACE] = row[PLACE].lower()


@mutation("s15_like", SURVEY, "codes without their leading letters and zeros")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row[PLACE] = row[PLACE][2:].lstrip("0") or row[PLACE]


@mutation("s16", SURVEY, "only 2025 left in the file", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> list[Row]:
    return [row for row in rows if is_new(row)]


@mutation("s17", SURVEY, "all figures x", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row.update({GRADE: "x", MARGIN: "x", UNSAFE: "x"})


@mutation("s18", SURVEY, "half the wijken", kinds=("revised",))
def _(rows: list[Row], _: random.Random) -> list[Row]:
    names = sorted({row[PLACE] for row in rows})
    return [row for row in rows if row[PLACE] in names[: len(names) // 2]]


@mutation("s06", SURVEY, "names of two columns swapped in the header")
def _(rows: list[Row], _: random.Random) -> None:
    for row in rows:
        row[GRADE], row[UNSAFE] = row[UNSAFE], row[GRADE]


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


@mutation("c05", POLICE, "provisional to final: crimes 2% more", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        if of_year(row) and row[CRIME] is not None:
            row[CRIME] += sum(chance.random() < 0.02 for _ in range(min(row[CRIME], 500)))


@mutation("c06", SURVEY, "grades weighted anew: 0.02 other", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        if is_number(row[GRADE]):
            grade = float(row[GRADE].replace(",", ".")) + chance.choice((-0.02, 0, 0.02))
            row[GRADE] = f"{grade:.2f}".replace(".", ",")


for _source in (KWB, POLICE, SURVEY):
    mutation(f"c10_{_source}", _source, "an ordinary new year", honest=True, kinds=("first",))(
        lambda _rows, _chance: None
    )
