"""What becomes of a source that publishes something wrong: who sees it, and is anybody mailed?

    .venv/bin/python benchmarks/mutations.py                       all of it, long
    .venv/bin/python benchmarks/mutations.py --only k05 --kind revised
    .venv/bin/python benchmarks/mutations.py --seed 7 --kind first

Each mutation is published by one source of the demo world (206 areas, 3 programmes), after an
edition was told: `revised`, in place of figures that were there; or `first`, as the first figures
of a new year. It goes through the real fetch, sieve, build, checks, publishing and queueing. The
alerts that it starts or ends are those that the same step with right figures does not, and that do
not wait there for figures to be final; one such,
or a mutation that nobody names, ends this with 1. `--controls` are honest changes: none is held.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from wijkpeil.alerts import Recipients, load_recipients, queue_alerts, read_edition
from wijkpeil.alerts.ledger import AlertKey, Ledger
from wijkpeil.catalog import AddressFile, Boundaries, Catalog, CbsTable, Extract, load_catalog
from wijkpeil.demo import demo_world
from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.country import kwb_columns as topics
from wijkpeil.demo.country import survey
from wijkpeil.demo.country.kwb_tables import cbs_tables, kwb_id
from wijkpeil.demo.world import DemoWorld
from wijkpeil.edition.build import SUITES, build, find_inputs
from wijkpeil.edition.checks import run_checks
from wijkpeil.edition.publish import publish
from wijkpeil.edition.quarantine import find_waiting
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.extracts import fetch_extract

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
    table = next(table for table in TABLES if table.cbs_id == kwb_id(YEAR - 1))
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
    known = next(table for table in TABLES if table.cbs_id == kwb_id(YEAR - 1))
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

TABLES: tuple[StandInTable, ...] = ()


# the world


@dataclass
class Bench:
    """The demo world, and warehouses in which an edition was told."""

    world: DemoWorld
    settings: Settings
    catalog: Catalog
    folder: Path
    recipients: Recipients
    tick: int = 0
    right: dict[str, tuple[set[AlertKey], set[AlertKey]]] = field(default_factory=dict)
    """By kind: the alerts that are up with right figures, and those that they end."""
    named: frozenset[str] = frozenset()
    """What an edition of right figures tells of a new year: that some are not published yet."""

    @property
    def survey_file(self) -> Path:
        return self.settings.catalog / survey.FILE_NAME

    def catalog_of(self, kind: str) -> Catalog:
        """The catalog before the step: for `first` without the newest year."""
        if kind == "revised":
            return self.catalog
        tables = [
            table.model_copy(
                update={"years": [table.years[0], YEAR - 1], "geography_year": YEAR - 1}
            )
            if table.years
            else table
            for table in self.catalog.tables
            if table.id != KWB
        ]
        return self.catalog.model_copy(update={"tables": tuple(tables), "fingerprint": "before"})

    def told(self, kind: str) -> Path:
        """The warehouse in which the edition before the step was told."""
        warehouse = self.folder / f"told-{kind}"
        if (warehouse / "wijken.duckdb").exists():
            return warehouse
        catalog = self.catalog_of(kind)
        self.serve()
        if kind == "first":
            self.serve_survey([row for row in survey_rows() if not is_new(row)])
        for source in catalog.sources:
            self.fetch(source.id, catalog, warehouse)
        make_edition(catalog, warehouse)
        settings = replace(self.settings, warehouse=warehouse)
        queue_alerts(settings, warehouse / "wijken.duckdb", self.recipients, draw=nothing)
        return warehouse

    def fetch(self, source_id: str, catalog: Catalog, warehouse: Path) -> None:
        source = catalog.source(source_id)
        if isinstance(source, CbsTable):
            fetch_table(source, self.settings, warehouse, services=catalog.services)
        elif isinstance(source, Extract):
            fetch_extract(source, self.settings, catalog.folder, warehouse)
        elif isinstance(source, AddressFile):
            fetch_addresses(source, self.settings, catalog.folder, warehouse)
        else:
            assert isinstance(source, Boundaries)

    def serve(self) -> None:
        """Everything as it is when it is right."""
        for table in TABLES:
            self.world.cbs.replace(table)
        self.serve_survey(survey_rows())

    def serve_survey(self, rows: Sequence[Row]) -> None:
        names = list(survey_rows()[0])
        lines = [";".join(names), *(";".join(str(row[name]) for name in names) for row in rows)]
        self.survey_file.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))

    def serve_mutated(self, change: Mutation, chance: random.Random) -> None:
        if change.source == SURVEY:
            rows = survey_rows()
            self.serve_survey(change.change(rows, chance) or rows)
            return
        source = self.catalog.source(change.source)
        assert isinstance(source, CbsTable)
        table = next(each for each in TABLES if each.cbs_id == source.cbs_id)
        rows = [dict(row) for row in table.data]  # type: ignore[union-attr]
        self.tick += 1
        changed = replace(table, data=change.change(rows, chance) or rows)
        self.world.cbs.replace(
            changed.touched(f"2026-07-01T{self.tick // 60:02d}:{self.tick % 60:02d}:00")
        )


def survey_rows() -> list[Row]:
    lines = survey.survey_csv().decode("cp1252").splitlines()
    names = lines[0].split(";")
    return [dict(zip(names, line.split(";"), strict=True)) for line in lines[1:]]


def make_edition(catalog: Catalog, warehouse: Path) -> str | None:
    """Build, check and publish; the sentence of the checks that stop it."""
    candidate = build(catalog, warehouse, find_inputs(catalog, warehouse))
    report = run_checks(candidate, SUITES)
    if not report.is_publishable:
        return report.sentence()
    time.sleep(max(0.0, 1.05 - time.time() % 1))  # an edition is named for its second
    publish(warehouse)
    return None


def nothing(*_: object) -> None:
    """Draws no picture."""


@dataclass(frozen=True)
class Result:
    """What became of one mutation."""

    mutation: Mutation
    kind: str
    caught: str
    told: str
    changed: int
    mails: int
    new: int
    lifted: int

    @property
    def is_right(self) -> bool:
        if self.mutation.honest:
            # a figure of which nobody can know waits by itself, and holds up no other
            return "held: " not in self.caught.replace("mail held: ", "")
        return bool(self.caught) and not self.new and not self.lifted


def run(bench: Bench, change: Mutation, kind: str, seed: int) -> Result:
    """One mutation, as one step after the edition that was told."""
    before = bench.told(kind)
    if kind == "first" and kind not in bench.right:
        bench.right[kind] = ((), ())  # type: ignore[assignment]
        right = run(bench, replace(MUTATIONS[0], change=lambda _r, _c: None, honest=True), kind, 0)
        bench.right[kind] = RIGHT.pop()
        assert right.is_right, right
        bench.named = frozenset(right.caught.split("; "))
    warehouse = bench.folder / "now"
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.copytree(before, warehouse)
    settings = replace(bench.settings, warehouse=warehouse)
    bench.serve()
    bench.serve_mutated(change, random.Random(f"{seed} {change.name}"))
    sources = [change.source] if kind == "revised" else [KWB, POLICE, SURVEY]
    caught, told = [], ""
    for source in sources:
        try:
            bench.fetch(source, bench.catalog, warehouse)
        except WijkError as error:
            caught, told = [f"fetch of {source}"], str(error)
    if caught and kind == "first":
        return Result(change, kind, caught[0], told, 0, 0, 0, 0)
    waiting = [each for each in find_waiting(bench.catalog, warehouse) if each.snapshot_id]
    if waiting or caught:
        for one in waiting:
            caught += [f"held: {', '.join(one.rules)}"]
            told = one.sentence
        if kind == "revised" and used_ids(bench, warehouse) == used_ids(bench, before):
            # the same snapshots give the same figures, so there is nothing to tell
            return Result(change, kind, "; ".join(caught), told, 0, 0, 0, 0)
    try:
        stopped = make_edition(bench.catalog, warehouse)
    except WijkError as error:
        stopped = str(error)
    if stopped:
        return Result(change, kind, "; ".join([*caught, "stopped"]), stopped, 0, 0, 0, 0)
    caught += [each for each in left_out(before, warehouse) if each not in bench.named]
    doubts = [each for each in find_waiting(bench.catalog, warehouse) if not each.snapshot_id]
    for one in doubts:
        caught += [f"mail held: {', '.join(one.rules)} ({len(one.details)})"]
        told = told or one.sentence
    open_before = {*Ledger(before).last_told()}
    report = queue_alerts(settings, warehouse / "wijken.duckdb", bench.recipients, draw=nothing)
    open_now = {*Ledger(warehouse).last_told()}
    new, lifted = open_now - open_before, open_before - open_now
    edition = read_edition(warehouse / "wijken.duckdb")
    up = {each.key for each in edition.signals if each.is_alert}
    RIGHT[:] = [(new | up, lifted)]
    right_up, right_lifted = bench.right.get(kind, (set(), set()))
    return Result(
        change,
        kind,
        "; ".join(caught),
        told,
        classes_changed(before, warehouse),
        len(report.queued),
        len(new - set(right_up)),
        len(lifted - set(right_lifted)),
    )


def used_ids(bench: Bench, warehouse: Path) -> dict[str, str]:
    """The snapshot of each source that a build would use."""
    snapshots = find_inputs(bench.catalog, warehouse).snapshots
    return {name: snapshot.snapshot_id for name, snapshot in snapshots.items()}


def left_out(before: Path, now: Path) -> list[str]:
    """The tables in which the edition itself names more cells and rows than the one before."""
    found = []
    with duckdb.connect() as connection:
        for name, path in (("a", before), ("b", now)):
            connection.execute(f"attach '{path / 'wijken.duckdb'}' as {name} (read_only)")
        for table in ("core.quarantined_cell", "core.input_warning"):
            columns = f"source_id, problem, message from {{}}.{table}"
            (row,) = connection.execute(
                f"select count(*) from (select {columns.format('b')} except all "
                f"select {columns.format('a')})"
            ).fetchall()
            if row[0]:
                found.append(f"{table} ({row[0]})")
        waiting = "indicator_id, year from {}.core.observation where status = 'not_yet_published'"
        rows = connection.execute(
            f"select distinct indicator_id from (select distinct {waiting.format('b')} except "
            f"select {waiting.format('a')}) order by all"
        ).fetchall()
        if rows:
            found.append(f"not yet published ({', '.join(name for (name,) in rows)})")
    return found


RIGHT: list[tuple[set[AlertKey], set[AlertKey]]] = []


def classes_changed(before: Path, now: Path) -> int:
    """How many classes of edition years that both have are others."""
    with duckdb.connect() as connection:
        for name, path in (("a", before), ("b", now)):
            connection.execute(f"attach '{path / 'wijken.duckdb'}' as {name} (read_only)")
        row = connection.execute(
            "select count(*) from a.marts.stagnation as a join b.marts.stagnation as b using "
            "(edition_year, area_code, indicator_id, axis) where a.programme_id is not distinct "
            "from b.programme_id and a.class <> b.class"
        ).fetchone()
        assert row
        return int(row[0])


@contextmanager
def bench_in(folder: Path) -> Iterator[Bench]:
    global TABLES  # noqa: PLW0603  # what the stand-in serves when all is right
    TABLES = cbs_tables()
    with demo_world(folder) as world:
        settings = Settings.from_environment(world.environment)
        catalog = load_catalog(settings.catalog)
        catalog = catalog.model_copy(update={"boundaries": ()})
        recipients = load_recipients(settings, catalog)
        yield Bench(world, settings, catalog, folder, recipients)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="Names that begin with this.")
    parser.add_argument("--kind", choices=("revised", "first", "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="Keep the world here, for a next time.")
    given = parser.parse_args(arguments)
    wanted = tuple(given.only) or ("",)
    wrong: list[Result] = []
    folder = given.folder or Path(tempfile.mkdtemp(prefix="mutations-"))
    print("| mutation | what | step | caught by | classes changed | mails | new | lifted | s |")
    print("|---|---|---|---|---:|---:|---:|---:|---:|", flush=True)
    false_holds: Mapping[bool, list[bool]] = {True: [], False: []}
    with bench_in(folder) as bench:
        for change in MUTATIONS:
            if not change.name.startswith(wanted):
                continue
            for kind in change.kinds:
                if given.kind not in (kind, "all"):
                    continue
                began = time.time()
                found = run(bench, change, kind, given.seed)
                false_holds[change.honest].append(bool(found.caught))
                print(
                    f"| {change.name} | {change.what} | {kind} | {found.caught or 'nothing'} | "
                    f"{found.changed} | {found.mails} | {found.new} | {found.lifted} | "
                    f"{time.time() - began:.0f} |",
                    flush=True,
                )
                if not found.is_right:
                    wrong.append(found)
    named, held = sum(false_holds[False]), sum(false_holds[True])
    print(
        f"\nSeed {given.seed}: {named} of {len(false_holds[False])} mutations named; "
        f"{held} of {len(false_holds[True])} honest changes held."
    )
    for each_wrong in wrong:
        print(f"Not right: {each_wrong.mutation.name} ({each_wrong.kind}): {each_wrong.told[:300]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
