"""What a municipal survey may have wrong: its rows are text."""

from __future__ import annotations

import random

from mutated_rows import SURVEY, YEAR, Row, mutation

from wijkpeil.demo.country import survey

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


@mutation("s07_like", SURVEY, "2025 of 40% of the wijken has the figures of 2024", kinds=("first",))
def _(rows: list[Row], chance: random.Random) -> None:
    before = {row[PLACE]: row for row in rows if row[WHEN] == str(YEAR - 1)}
    for row in rows:
        if is_new(row) and row[PLACE] in before and chance.random() < 0.4:
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


for _wijken in (1, 3):

    @mutation(
        f"s19_{_wijken}", SURVEY, f"four older years of {_wijken} wijken gone", kinds=("revised",)
    )
    def _(rows: list[Row], chance: random.Random, count: int = _wijken) -> list[Row]:
        names = sorted({row[PLACE] for row in rows if row[PLACE].startswith("WK")})
        gone, first = chance.sample(names, count), chance.randrange(YEAR - 7, YEAR - 3)
        years = {str(year) for year in range(first, first + 4)}
        return [row for row in rows if row[PLACE] not in gone or row[WHEN] not in years]


# an honest change, which may not be held


@mutation("c06", SURVEY, "grades weighted anew: 0.02 other", honest=True, kinds=("revised",))
def _(rows: list[Row], chance: random.Random) -> None:
    for row in rows:
        if is_number(row[GRADE]):
            grade = float(row[GRADE].replace(",", ".")) + chance.choice((-0.02, 0, 0.02))
            row[GRADE] = f"{grade:.2f}".replace(".", ",")
