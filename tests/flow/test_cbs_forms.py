"""The forms in which CBS publishes: margins as categories, symbols for missing, other periods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command import rows
from small_world import GEMEENTE, SmallWorld

from wijkpeil.catalog import load_catalog
from wijkpeil.demo import StandInTable
from wijkpeil.edition.build import build, find_inputs
from wijkpeil.settings import Settings
from wijkpeil.sources.fetch import fetch

_SURVEY = """
[[table]]
id = "monitor"
title_nl = "Monitor (proef)"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
cbs_id = "90200TST"
api = "v3"
area_dimension = "RegioS"
period_dimension = "Perioden"
at_years = [2021, 2023, 2025]
geography_year = 2025
area_levels = ["land", "gemeente"]
margins = { dimension = "Marges", value = "MW00000", low = "MOG0095", high = "MBG0095" }

[[table.measure]]
indicator = "monitor_grade"
title = "Rapportcijfer"
unit = "cijfer"
"""
_INDICATOR = """
[[indicator]]
id = "monitor_grade"
name_nl = "Rapportcijfer"
definition_nl = "Verzonnen."
theme = "safety"
unit = "cijfer"
decimals = 1
direction = "none"
range = [0.0, 10.0]
aggregation = "weighted_mean"
denominator = "inhabitants"
"""
_MARGINS = {"MW00000": 0.0, "MOG0095": -0.196, "MBG0095": 0.196}
_PERIODS = ("2021JJ00", "2022MM12", "2023JJ00", "2025JJ00")
_AREAS = {"NL01  ": 7.1, "PV20  ": 7.0, GEMEENTE: 6.7}


def survey_table() -> StandInTable:
    """A grade with the limits of its margin as codes of a dimension; one area withheld."""
    data: list[dict[str, Any]] = []
    for margin, shift in _MARGINS.items():
        for area, grade in _AREAS.items():
            for period in _PERIODS:
                is_withheld = (area, period) == (GEMEENTE, "2023JJ00")
                value = None if is_withheld else round(grade + shift, 3)
                keys = {"Marges": margin, "RegioS": area, "Perioden": period}
                data.append({**keys, "Rapportcijfer_1": value})
    topic = {"Title": "Rapportcijfer", "Unit": "cijfer", "Datatype": "Double", "Decimals": 3}
    codes = {"Marges": _MARGINS, "RegioS": _AREAS, "Perioden": _PERIODS}
    return StandInTable(
        cbs_id="90200TST",
        table_infos={
            "ID": 1,
            "Identifier": "90200TST",
            "Title": "Monitor",
            "Modified": "2026-04-01T02:00:00",
        },
        data_properties=[
            _property(0, "Dimension", "Marges"),
            _property(1, "GeoDimension", "RegioS"),
            _property(2, "TimeDimension", "Perioden"),
            {**_property(3, "Topic", "Rapportcijfer_1"), **topic},
        ],
        code_lists={
            name: [{"Key": key, "Title": key, "Status": "Definitief"} for key in keys]
            for name, keys in codes.items()
        },
        data=data,
    )


def built() -> Path:
    """The warehouse of everything in the catalog, fetched and built."""
    settings = Settings.from_environment()
    catalog = load_catalog(settings.catalog)
    for source in (*catalog.tables, *catalog.extracts):
        fetch(source.id, catalog, settings)
    return build(catalog, settings.warehouse, find_inputs(catalog, settings.warehouse))


def _property(number: int, kind: str, key: str) -> dict[str, Any]:
    return {"ID": number, "ParentID": None, "Type": kind, "Key": key, "Title": key}


@pytest.mark.parametrize(("api", "values"), [("v3", "typed"), ("v3", "untyped"), ("v4", "typed")])
def test_margins_become_standard_errors(empty_world: SmallWorld, api: str, values: str) -> None:
    world = empty_world
    world.cbs.replace(survey_table())
    world.append("cbs.toml", _SURVEY.replace('"v3"', f'"{api}"\nvalues = "{values}"'))
    world.append("indicators.toml", _INDICATOR)
    path = built()
    found = rows(
        path,
        "select area_code, year, value, round(standard_error, 6), status from core.observation "
        "where indicator_id = 'monitor_grade' order by all",
    )
    assert found == [
        (GEMEENTE, 2021, 6.7, 0.1, "final"),
        (GEMEENTE, 2023, None, None, "suppressed"),
        (GEMEENTE, 2025, 6.7, 0.1, "final"),
        ("NL00", 2021, 7.1, 0.1, "final"),
        ("NL00", 2023, 7.1, 0.1, "final"),
        ("NL00", 2025, 7.1, 0.1, "final"),
    ]
    assert rows(path, "from core.input_problem") == []


_OLD_LIST = """
[[table]]
id = "old_list"
title_nl = "Kerncijfers 2023-2024 (proef)"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
cbs_id = "90300TST"
api = "v3"
area_dimension = "WijkenEnBuurten"
period_dimension = "Perioden"
years = [2023, 2024]
area_levels = ["land", "wijk"]
area_change = "Indelingswijziging"

[[table.measure]]
indicator = "inhabitants"
title = "Inwoners"
unit = "aantal"
"""


def old_list() -> StandInTable:
    """Two years in one table; wijk 50 is there in 2023 only."""
    flags = {("WK990150  ", "2024JJ00"): None}
    areas = {"NL00      ": ".", "WK990100  ": "1", "WK990150  ": "1"}
    data: list[dict[str, Any]] = []
    for area, flag in areas.items():
        for period in ("2023JJ00", "2024JJ00"):
            own = flags.get((area, period), flag)
            count = None if own is None else 500
            keys = {"WijkenEnBuurten": area, "Perioden": period}
            data.append({**keys, "Indelingswijziging_1": own, "Inwoners_2": count})
    infos = {"ID": 1, "Identifier": "90300TST", "Title": "Oud", "Modified": "2026-04-01T02:00:00"}
    text = {"Title": "Indelingswijziging", "Unit": "code", "Datatype": "String", "Decimals": 0}
    number = {"Title": "Inwoners", "Unit": "aantal", "Datatype": "Long", "Decimals": 0}
    return StandInTable(
        cbs_id="90300TST",
        table_infos=infos,
        data_properties=[
            _property(0, "GeoDetail", "WijkenEnBuurten"),
            _property(1, "TimeDimension", "Perioden"),
            {**_property(2, "Topic", "Indelingswijziging_1"), **text},
            {**_property(3, "Topic", "Inwoners_2"), **number},
        ],
        code_lists={
            "WijkenEnBuurten": [{"Key": key, "Title": f"Gebied {key.strip()}"} for key in areas],
            "Perioden": [{"Key": key, "Title": key} for key in ("2023JJ00", "2024JJ00")],
        },
        data=data,
    )


def test_a_table_of_several_years_lists_the_areas_of_each(empty_world: SmallWorld) -> None:
    world = empty_world
    world.cbs.replace(old_list())
    world.append("cbs.toml", _OLD_LIST)
    path = built()
    listed = "select year, area_code, change_flag from core.area where source_id = 'old_list'"
    assert rows(path, f"{listed} order by all") == [
        (2023, "NL00", None),
        (2023, "WK990100", 1),
        (2023, "WK990150", 1),
        (2024, "NL00", None),
        (2024, "WK990100", 1),
    ]
    # it is no area of today, so it has only what was published of it
    figures = (
        "select year, value, status, value_as_published from core.observation "
        "where area_code = 'WK990150'"
    )
    assert rows(path, figures) == [(2023, None, "not_comparable", 500.0)]
    assert rows(path, "from core.input_problem") == []
