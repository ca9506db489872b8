"""Kerncijfers of a small town as CBS publishes them: a table a year, filled in parts, revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from small_world import GEMEENTE, WIJKEN, SmallWorld, small_world, wijk_code, wijk_name

from wijkpeil.demo import StandInTable
from wijkpeil.runs import Outcome, PlainRunner, run_refresh

FIRST_YEAR = 2014
VACANCY = "Percentage onbewoond"
LOW_INCOME = "Huishoudens met een laag inkomen"
CODES = ("NL00", GEMEENTE, *(wijk_code(number) for number in range(WIJKEN)))
_CHANGE = "Indelingswijziging wijken en buurten"
# everywhere figures fall from year to year, but for these: on what, of which wijk, in which years
USUAL_FALL = 0.6
STILL = {
    (VACANCY, 3): range(FIRST_YEAR, 2026),
    (VACANCY, 14): range(2022, 2100),
    (LOW_INCOME, 5): range(FIRST_YEAR, 2100),
}
# what stood still, and falls so much at once that this can no longer be said of it
FALLS = {(VACANCY, 3, 2026): 2.4}

_SERIES = """
[[service]]
id = "v3"
interval_s = 0.0

[[series]]
id = "kwb"
api = "v3"
title_nl = "Kerncijfers wijken en buurten {year} (proef)"
division = "wijken en buurten {year}"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
area_dimension = "WijkenEnBuurten"
area_levels = ["land", "gemeente", "wijk"]
area_change = "Indelingswijziging wijken en buurten"

[[series.measure]]
indicator = "inhabitants"
title = "Aantal inwoners"
unit = "aantal"

[[series.measure]]
indicator = "vacancy_share"
title = "Percentage onbewoond"
unit = "%"
alternatives = []

[[series.measure]]
indicator = "low_income_share"
title = "Huishoudens met een laag inkomen"
unit = "%"
"""
_LOW_INCOME = """
[[indicator]]
id = "low_income_share"
name_nl = "aandeel huishoudens met een laag inkomen"
definition_nl = "Huishoudens met een laag inkomen (verzonnen)."
theme = "liveability"
unit = "%"
direction = "lower_is_better"
range = [0.0, 100.0]
aggregation = "weighted_mean"
denominator = "inhabitants"

[indicator.meaningful_change]
per_year = 0.25
owner = "tests"
decided_on = 2026-01-15
reason = "Gekozen voor de tests."
"""


@dataclass
class Town:
    """The town, its CBS, and the runs over it. `cells` are figures that differ from the rule, by
    title, area and year; `titles` is what CBS calls a column in a year when not by its usual name;
    `late` are the years of which the low incomes are not there yet."""

    world: SmallWorld
    cells: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    titles: dict[tuple[str, int], str] = field(default_factory=dict)
    late: set[int] = field(default_factory=set)
    versions: int = 0

    def publish(self, *years: int, is_told: bool = True) -> None:
        """CBS publishes the tables of these years; untold, under the date that they had."""
        self.versions += is_told
        for year in years:
            table = self._table(year)
            if is_told:
                self._dates[year] = f"2026-01-01T02:00:{self.versions:02d}"
            self.world.cbs.replace(table.touched(self._dates[year]))

    _dates: dict[int, str] = field(default_factory=dict)

    def catalog(self, *years: int) -> None:
        """Add the blocks of these years."""
        self.world.append("cbs.toml", "".join(_block(year) for year in years))

    def run(self) -> Outcome:
        """A whole run, without Prefect."""
        return run_refresh(PlainRunner())

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What the published warehouse answers."""
        with duckdb.connect(self.world.published, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def mails(self) -> list[str]:
        """The texts of the mails that came since this was asked last."""
        new, self._read = self.world.mail.messages[self._read :], len(self.world.mail.messages)
        return [mail.get_body(("plain",)).get_content() for mail in new]  # type: ignore[union-attr]

    _read: int = 0

    def _table(self, year: int) -> StandInTable:
        cbs_id = _cbs_id(year)
        names = [self.titles.get((title, year), title) for title in (VACANCY, LOW_INCOME)]
        infos = {"ID": 1, "Identifier": cbs_id, "Modified": "2026-01-01T02:00:00"}
        return StandInTable(
            cbs_id=cbs_id,
            table_infos={**infos, "Title": f"Kerncijfers wijken en buurten {year} (proef)"},
            data_properties=[
                _property(0, "GeoDetail", "WijkenEnBuurten", "Wijken en buurten"),
                _topic(1, "Verandering_1", _CHANGE, "code", "String"),
                _topic(2, "Inwoners_2", "Aantal inwoners", "aantal", "Long"),
                _topic(3, "Kolom_3", names[0], "%", "Double"),
                _topic(4, "Kolom_4", names[1], "%", "Double"),
            ],
            code_lists={
                "WijkenEnBuurten": [
                    {"Key": code.ljust(10), "Title": _name(code), "Municipality": GEMEENTE}
                    for code in CODES
                ]
            },
            data=[
                {
                    "WijkenEnBuurten": code.ljust(10),
                    "Verandering_1": "." if code == "NL00" else "1",
                    "Inwoners_2": {"NL": 90_000, "GM": 30_000, "WK": 1000}[code[:2]],
                    "Kolom_3": self._figure(VACANCY, code, year),
                    "Kolom_4": self._figure(LOW_INCOME, code, year),
                }
                for code in CODES
            ],
        )  # fmt: skip

    def _figure(self, title: str, code: str, year: int) -> Any:
        if title == LOW_INCOME and year in self.late:
            return None
        number = int(code[6:]) if code.startswith("WK") else WIJKEN
        fallen = sum(_fall(title, number, each) for each in range(FIRST_YEAR + 1, year + 1))
        noise = ((number * 7 + year * 13 + len(title)) % 5 - 2) * 0.1
        rule = round(20 - fallen + noise, 1)
        return self.cells.get((title, code, year), rule)


def _fall(title: str, number: int, year: int) -> float:
    is_still = year in STILL.get((title, number), ())
    return FALLS.get((title, number, year), 0.0 if is_still else USUAL_FALL)


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """The town before CBS published anything."""
    with small_world(folder) as world:
        catalog = folder / "catalog"
        (catalog / "cbs.toml").write_text(_SERIES, encoding="utf-8")
        (catalog / "extracts.toml").write_text("", encoding="utf-8")
        indicators = (catalog / "indicators.toml").read_text(encoding="utf-8")
        kept = indicators.partition('[[indicator]]\nid = "safety_grade"')[0]
        (catalog / "indicators.toml").write_text(kept + _LOW_INCOME, encoding="utf-8")
        yield Town(world)


def _block(year: int) -> str:
    values: Mapping[str, Any] = {"cbs_id": _cbs_id(year), "id": f"kwb_{year}", "series": "kwb"}
    lines = "".join(f'{key} = "{value}"\n' for key, value in values.items())
    return f"\n[[table]]\n{lines}year = {year}\n"


def _cbs_id(year: int) -> str:
    return f"9{year}TST"


def _name(code: str) -> str:
    named = {"NL00": "Nederland", GEMEENTE: "Testdam"}
    return named.get(code) or wijk_name(int(code[6:]))


def _property(number: int, kind: str, key: str, title: str) -> dict[str, Any]:
    return {"ID": number, "ParentID": None, "Type": kind, "Key": key, "Title": title}


def _topic(number: int, key: str, title: str, unit: str, datatype: str) -> dict[str, Any]:
    decimals = {"Double": 1}.get(datatype, 0)
    topic = _property(number, "Topic", key, title)
    return {**topic, "Unit": unit, "Datatype": datatype, "Decimals": decimals}
