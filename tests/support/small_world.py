"""A world small enough to run in a second: one area list, one table of all years, one survey.

Gemeente Testdam has 30 wijken. Everywhere vacancy falls and the grade for safety rises, fast
enough, but for the wijken in `still`, where the figure stays as it is: there the alerts are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wijkpeil.demo import MailSink, StandInCbs, StandInTable

WIJKEN = 30
YEARS = range(2016, 2026)
GEMEENTE = "GM9901"
AREAS = "90025TST"
VACANCY = "90100TST"
VACANCY_COLUMN = "PercentageOnbewoond_1"
MANAGER = "manager@voorbeeld.example"
PAGE_SIZE = 100
DATA_PAGES = -(-(WIJKEN + 2) * len(YEARS) // PAGE_SIZE)

_CBS_TOML = """
[[service]]
id = "v3"
interval_s = 0.0

[[service]]
id = "v4"
interval_s = 0.0

[[table]]
id = "areas"
title_nl = "Kerncijfers 2025 (proef)"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
cbs_id = "90025TST"
api = "v3"
area_dimension = "WijkenEnBuurten"
year = 2025
area_levels = ["land", "gemeente", "wijk"]
area_change = "Indelingswijziging wijken en buurten"

[[table.measure]]
indicator = "inhabitants"
title = "Aantal inwoners"
unit = "aantal"

[[table]]
id = "vacancy"
title_nl = "Leegstand per jaar (proef)"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
cbs_id = "90100TST"
api = "v3"
area_dimension = "WijkenEnBuurten"
period_dimension = "Perioden"
years = [2016, 2025]
geography_year = 2025
area_levels = ["land", "gemeente", "wijk"]

[[table.measure]]
indicator = "vacancy_share"
title = "Percentage onbewoond"
unit = "%"
"""
_EXTRACTS_TOML = """
[[extract]]
id = "survey"
title_nl = "Enquête Testdam (proef)"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
publisher = "Gemeente Testdam (fictief)"
location = "survey.csv"
encoding = "cp1252"
delimiter = ";"
decimal = ","
missing = ["", "x"]
area_column = "Gebied"
year_column = "Jaar"
geography_year = 2025

[[extract.measure]]
indicator = "safety_grade"
column = "Cijfer veiligheid"
"""
_INDICATORS_TOML = """
[[indicator]]
id = "inhabitants"
name_nl = "Inwoners"
definition_nl = "Aantal inwoners (verzonnen)."
theme = "liveability"
unit = "aantal"
decimals = 0
direction = "none"
range = [0.0, 2e7]
aggregation = "sum"

[[indicator]]
id = "vacancy_share"
name_nl = "leegstand"
definition_nl = "Woningen waar niemand woont (verzonnen)."
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

[[indicator]]
id = "safety_grade"
name_nl = "rapportcijfer voor de veiligheid"
definition_nl = "Cijfer voor de veiligheid in de wijk (verzonnen)."
theme = "safety"
unit = "cijfer"
decimals = 2
direction = "higher_is_better"
range = [0.0, 10.0]
aggregation = "weighted_mean"
denominator = "inhabitants"

[indicator.meaningful_change]
per_year = 0.05
owner = "tests"
decided_on = 2026-01-15
reason = "Gekozen voor de tests."
"""


def wijk_code(number: int) -> str:
    """The code of the wijk with that number, from 0."""
    return f"WK9901{number:02d}"


def wijk_name(number: int) -> str:
    """Its name, which no other wijk's name holds."""
    return f"Wijk {number:02d} Testdam"


_AREAS = {
    "NL00": "Nederland",
    GEMEENTE: "Testdam",
    **{wijk_code(number): wijk_name(number) for number in range(WIJKEN)},
}


@dataclass
class SmallWorld:
    """A CBS, a mail server, a catalog and the settings that lead to them, in one folder.

    `vacant` and `unsafe` are the numbers of the wijken that stand still on vacancy and on the
    grade for safety; `revise` publishes figures anew.
    """

    folder: Path
    cbs: StandInCbs
    mail: MailSink
    environment: dict[str, str]
    vacant: set[int] = field(default_factory=set)
    unsafe: set[int] = field(default_factory=set)
    revisions: int = 0

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    @property
    def published(self) -> Path:
        return self.warehouse / "wijken.duckdb"

    @property
    def survey(self) -> Path:
        return self.folder / "catalog" / "survey.csv"

    def revise(
        self,
        *,
        vacant: int | None = None,
        values: Mapping[tuple[str, int], Any] | None = None,
        is_new: bool = True,
    ) -> StandInTable:
        """Publish the vacancy table anew: one more wijk stands still, or cells are replaced."""
        if vacant is not None:
            self.vacant.add(vacant)
        self.revisions += is_new
        table = vacancy_table(self.vacant, values or {}).touched(self.modified)
        self.cbs.replace(table)
        return table

    @property
    def modified(self) -> str:
        """CBS's Modified of the newest revision."""
        return f"2026-05-01T{self.revisions // 60:02d}:{self.revisions % 60:02d}:00"

    def revise_areas(self, people: Mapping[str, int | None] | None = None) -> None:
        """Publish the area list anew; `people` replaces the inhabitants of areas."""
        self.cbs.replace(area_table(people).touched("2026-06-01T02:00:00"))

    @property
    def codes(self) -> list[str]:
        """The code of every area."""
        return list(_AREAS)

    def write_survey(self, *, unsafe: int | None = None) -> None:
        """Write the survey anew, in which one more wijk stands still."""
        if unsafe is not None:
            self.unsafe.add(unsafe)
        self.survey.write_bytes(survey_csv(self.unsafe))

    def edit(self, name: str, old: str, new: str, *, encoding: str = "utf-8") -> None:
        """Replace a text that stands in a catalog file."""
        path = self.folder / "catalog" / name
        text = path.read_bytes().decode(encoding)
        assert old in text, f"{name} holds no {old!r}"
        path.write_bytes(text.replace(old, new, 1).encode(encoding))

    def append(self, name: str, text: str) -> None:
        """Add blocks to a catalog file."""
        with (self.folder / "catalog" / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def asked(self, cbs_id: str, *, since: int = 0) -> list[str]:
        """The sets of a table that were asked, in order, after the first `since` requests."""
        paths = [request.path for request in self.cbs.requests[since:]]
        return [path.rsplit("/", 1)[1] for path in paths if f"/{cbs_id}/" in path]


@contextmanager
def small_world(folder: Path) -> Iterator[SmallWorld]:
    """The world in `folder`, whose catalog and survey are written; the warehouse is left alone."""
    catalog = folder / "catalog"
    catalog.mkdir(parents=True, exist_ok=True)
    wijken = ", ".join(f'"{wijk_code(number)}"' for number in range(WIJKEN))
    programme = (
        '[[programme]]\nid = "vooruit"\nname_nl = "Testdam Vooruit (fictief)"\n'
        f'areas = [{wijken}]\nrecipients = ["{MANAGER}"]\n'
    )
    for name, text in (
        ("cbs.toml", _CBS_TOML),
        ("extracts.toml", _EXTRACTS_TOML),
        ("indicators.toml", _INDICATORS_TOML),
        ("programmes.toml", programme),
    ):
        (catalog / name).write_text(text, encoding="utf-8")
    tables = [area_table(), vacancy_table(set(), {})]
    with StandInCbs(tables, page_size=PAGE_SIZE) as cbs, MailSink(folder / "mail") as mail:
        password = folder / "password"
        password.write_text(mail.password, encoding="utf-8")
        world = SmallWorld(
            folder=folder,
            cbs=cbs,
            mail=mail,
            environment={
                "WIJK_CATALOG": str(catalog),
                "WIJK_WAREHOUSE": str(folder / "warehouse"),
                "WIJK_CBS_V3_URL": cbs.url,
                "WIJK_CBS_V4_URL": cbs.v4_url,
                "WIJK_SMTP_URL": mail.smtp_url,
                "WIJK_SMTP_PASSWORD_FILE": str(password),
                "WIJK_MAIL_FROM": "wijkpeil@voorbeeld.example",
                "WIJK_RETRIES": "0",
                "WIJK_TIMEOUT_S": "10",
            },
        )
        world.revise(vacant=0)
        world.write_survey(unsafe=1)
        yield world


def clean_environment(world: SmallWorld) -> dict[str, str]:
    """The environment for the command in a subprocess: it runs without a Prefect server."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("WIJK_")}
    return {**own, **world.environment}


def area_table(replaced: Mapping[str, int | None] | None = None) -> StandInTable:
    """Kerncijfers of 2025: the areas, whether they changed, their inhabitants."""
    rows = []
    for code in _AREAS:
        usual = {"NL": WIJKEN * 3000, "GM": WIJKEN * 1000, "WK": 1000}[code[:2]]
        people = (replaced or {}).get(code, usual)
        change = "." if code == "NL00" else "1"
        rows.append(
            {
                "WijkenEnBuurten": code.ljust(10),
                "Indelingswijziging_1": change,
                "Inwoners_2": people,
            }
        )
    return StandInTable(
        cbs_id=AREAS,
        table_infos=_infos(AREAS, "Kerncijfers 2025 (proef)"),
        data_properties=[
            _property(0, "GeoDetail", "WijkenEnBuurten", "Wijken en buurten"),
            _topic(1, "Indelingswijziging_1", "Indelingswijziging wijken en buurten", "code", None),
            _topic(2, "Inwoners_2", "Aantal inwoners", "aantal", 0),
        ],
        code_lists={"WijkenEnBuurten": _area_codes()},
        data=rows,
    )


def vacancy_table(
    vacant: set[int],
    values: Mapping[tuple[str, int], Any],
    *,
    text: bool = False,
    years: range = YEARS,
) -> StandInTable:
    """Vacancy of every area and year; `values` replaces cells by area code and year."""
    rows = [
        {
            "WijkenEnBuurten": code.ljust(10),
            "Perioden": f"{year}JJ00",
            VACANCY_COLUMN: values.get((code, year), _vacancy(code, year, vacant)),
        }
        for code in _AREAS
        for year in years
    ]
    return StandInTable(
        cbs_id=VACANCY,
        table_infos=_infos(VACANCY, "Leegstand per jaar (proef)"),
        data_properties=[
            _property(0, "GeoDetail", "WijkenEnBuurten", "Wijken en buurten"),
            _property(1, "TimeDimension", "Perioden", "Perioden"),
            _topic(2, VACANCY_COLUMN, "Percentage onbewoond", "%", None if text else 1),
        ],
        code_lists={
            "WijkenEnBuurten": _area_codes(),
            "Perioden": [
                {"Key": f"{year}JJ00", "Title": str(year), "Status": "Definitief"} for year in years
            ],
        },
        data=rows,
    )


def survey_csv(
    unsafe: set[int], *, years: range = YEARS, grades: Mapping[tuple[int, int], float] | None = None
) -> bytes:
    """The survey: wijken only, as a municipality's own program writes it; `grades` replaces those
    of a wijk and year."""
    lines = ["Gebied;Jaar;Cijfer veiligheid"]
    for number in range(WIJKEN):
        for year in years:
            step = 0 if number in unsafe else 0.12
            grade = 6 + step * (year - YEARS[0]) + _noise(number, year) / 10
            grade = (grades or {}).get((number, year), grade)
            lines.append(f"{wijk_code(number)};{year};{grade:.2f}".replace(".", ","))
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _vacancy(code: str, year: int, vacant: set[int]) -> float:
    number = int(code[6:]) if code.startswith("WK") else WIJKEN
    step = 0 if number in vacant else -0.6
    return round(12 + step * (year - YEARS[0]) + _noise(number, year), 1)


def _noise(number: int, year: int) -> float:
    return ((number * 7 + year * 13) % 5 - 2) * 0.1


def _area_codes() -> list[dict[str, Any]]:
    return [
        {"Key": code.ljust(10), "Title": name, "Municipality": GEMEENTE if code > "O" else ""}
        for code, name in _AREAS.items()
    ]


def _infos(cbs_id: str, title: str) -> dict[str, Any]:
    return {"ID": 1, "Identifier": cbs_id, "Title": title, "Modified": "2026-04-01T02:00:00"}


def _property(number: int, kind: str, key: str, title: str) -> dict[str, Any]:
    return {"ID": number, "ParentID": None, "Type": kind, "Key": key, "Title": title}


def _topic(number: int, key: str, title: str, unit: str, decimals: int | None) -> dict[str, Any]:
    datatype = "String" if decimals is None else "Double" if decimals else "Long"
    return {
        **_property(number, "Topic", key, title),
        "Unit": unit,
        "Datatype": datatype,
        "Decimals": decimals or 0,
    }
