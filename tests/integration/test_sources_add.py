"""A drafted block: it loads, it fetches, and it leaves to a person what it does not know."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cbs_helpers import small_table

from wijkpeil.catalog import CbsTable, load_catalog, toml_value
from wijkpeil.demo import StandInCbs
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.demo.country.kwb_tables import POLICE_ID, kwb_id, kwb_table, police_table
from wijkpeil.doctor import examine
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.adding import add_cbs_table
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.cbs.draft import draft_table

NEW = kwb_id(2025)


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    with StandInCbs([kwb_table(2025), police_table(), small_table()]) as cbs:
        yield cbs


@pytest.fixture
def settings(tmp_path: Path, cbs: StandInCbs) -> Settings:
    """The demo's catalog without its newest yearly table."""
    folder = tmp_path / "catalog"
    write_catalog(folder)
    path = folder / "cbs.toml"
    blocks = path.read_text().split("\n[[table]]\n")
    path.write_text("\n[[table]]\n".join(block for block in blocks if f'"{NEW}"' not in block))
    environment = {
        "WIJK_CATALOG": str(folder),
        "WIJK_WAREHOUSE": str(tmp_path / "warehouse"),
        "WIJK_CBS_V3_URL": cbs.url,
        "WIJK_CBS_THIRD_PARTY_URL": cbs.url,
        "WIJK_CBS_V4_URL": cbs.v4_url,
    }
    return Settings.from_environment(environment)


def add(settings: Settings, cbs_id: str = NEW, **options: Any) -> str:
    return add_cbs_table(cbs_id, load_catalog(settings.catalog), settings, **options)


def block_of(settings: Settings, cbs_id: str, **options: Any) -> dict[str, Any]:
    draft = draft_table(cbs_id, load_catalog(settings.catalog), settings, **options)
    [table] = tomllib.loads(draft.text)["table"]
    return dict(table)


def test_what_is_written_loads_and_fetches(settings: Settings) -> None:
    told = add(settings)
    assert "'kerncijfers_wijken_en_buurten_2025'" in told
    catalog = load_catalog(settings.catalog)
    table = catalog.source("kerncijfers_wijken_en_buurten_2025")
    assert isinstance(table, CbsTable)
    assert table.year == 2025
    assert table.area_levels == ["land", "gemeente", "wijk", "buurt"]
    assert table.area_change == "Indelingswijziging wijken en buurten"
    assert not table.confirmed
    known = {measure.indicator for measure in catalog.tables[0].measure}
    assert {measure.indicator for measure in table.measure} == known
    assert examine(settings, catalog, only=[table.id]).level == "warning"
    snapshot, is_new = fetch_table(table, settings, settings.warehouse)
    assert is_new
    assert snapshot.origin.rows > 100


def test_other_columns_are_comments_with_title_unit_and_group(settings: Settings) -> None:
    text = add(settings, to=Path("-"))
    assert (
        '# [[table.measure]]\n# indicator = ""\n# title = "Mannen"\n# unit = "aantal"\n'
        '# parent = "Geslacht"\n'
    ) in text
    assert "kerncijfers" not in (settings.catalog / "cbs.toml").read_text()


def test_the_same_column_on_v4_has_its_measure_code(settings: Settings) -> None:
    table = block_of(settings, NEW, api="v4")
    assert "area_change" not in table
    assert all(len(measure["codes"]) == 1 for measure in table["measure"])
    assert {measure["indicator"] for measure in table["measure"]} >= {"inhabitants", "dwellings"}


def test_a_table_with_periods_and_kinds_has_years_and_a_first_choice(settings: Settings) -> None:
    catalog = load_catalog(settings.catalog)
    draft = draft_table(POLICE_ID, catalog, settings)
    assert not draft.indicators
    assert not tomllib.loads(draft.text)
    bare = "\n".join(
        line.removeprefix("# ") for line in draft.text.splitlines() if " = " in line[:30]
    )
    block = tomllib.loads("\n".join(line for line in bare.splitlines() if "..." not in line))
    assert block["period_dimension"] == "Perioden"
    assert block["years"] == [2014, 2025]
    assert block["where"] == {"SoortMisdrijf": "0.0.0"}
    assert '"SoortMisdrijf" has 6 codes' in draft.text
    assert '"1.1.1" is "1.1.1 Diefstal/inbraak woning"' in draft.text


@pytest.mark.parametrize("api", ["v3", "v4"])
@pytest.mark.parametrize("own", ["70904ned", "84799NED"])
@pytest.mark.parametrize("typed", [str.lower, str.upper])
def test_an_id_is_that_of_cbs_whatever_is_typed(
    settings: Settings, cbs: StandInCbs, own: str, typed: Callable[[str], str], api: str
) -> None:
    cbs.replace(small_table(cbs_id=own))
    draft = draft_table(typed(own), load_catalog(settings.catalog), settings, api=api, year=2009)
    assert f'cbs_id = "{own}"' in draft.text
    assert f"({own})" in draft.text


def test_a_table_with_several_national_rows_asks_which_is_the_country(
    settings: Settings, cbs: StandInCbs
) -> None:
    cbs.replace(small_table(("NL00      ", "NL01      ", "WK990101  "), "83618NED"))
    draft = draft_table("83618NED", load_catalog(settings.catalog), settings, year=2013)
    told = "land_code = ...  the one that is the Netherlands: NL00 is NL00, NL01 is NL01"
    assert told in draft.text


def test_a_table_without_known_columns_is_added_as_a_comment(settings: Settings) -> None:
    before = load_catalog(settings.catalog)
    told = add(settings, "90001DEM", year=2025)
    assert "as a comment" in told
    assert load_catalog(settings.catalog).tables == before.tables
    assert '# cbs_id = "90001DEM"' in (settings.catalog / "cbs.toml").read_text()


def test_an_indicator_that_another_source_gives_is_a_comment(
    settings: Settings, cbs: StandInCbs
) -> None:
    cbs.replace(replace(small_table(), data_properties=kwb_table(2024).data_properties,
                        code_lists=kwb_table(2024).code_lists, data=[]))  # fmt: skip
    draft = draft_table("90001DEM", load_catalog(settings.catalog), settings, year=2024)
    assert not draft.indicators
    assert "# kwb_2024 gives inhabitants for this year already" in draft.text
    assert "kwb_2024 lists the areas of 2024 already" in draft.text


def test_titles_with_quotes_and_controls_stay_one_text(settings: Settings, cbs: StandInCbs) -> None:
    title = 'Kern"cijfers\\ 2025 \n[[table]] \x00\x7f é'
    table = kwb_table(2025)
    cbs.replace(replace(table, table_infos={**table.table_infos, "Title": title}))
    add(settings)
    table_read = load_catalog(settings.catalog).tables[-1]
    assert table_read.title_nl == 'Kern"cijfers\\ 2025 [[table]] \x00\ufffd é'


def test_values_are_written_as_toml_has_them() -> None:
    value = {"a b": 'x"\\\n\x1f\ud800'}
    assert tomllib.loads(f"v = {toml_value(value)}") == {"v": {"a b": 'x"\\\n\x1f?'}}
    assert tomllib.loads(f"v = {toml_value([1, 2])}") == {"v": [1, 2]}


@pytest.mark.parametrize(
    ("cbs_id", "options", "told"),
    [
        ("kwb", {}, "'kwb' is no id of a CBS table"),
        (kwb_id(2024), {}, "already, as 'kwb_2024'; edit that block"),
        ("90998DEM", {}, "answered HTTP 404"),
        ("90001DEM", {}, "its title 'Klein' names no year; give the year with --year"),
        (POLICE_ID, {"year": 1999, "to": Path("-")}, "has no figures of 1999; it has 2014"),
        (NEW, {"api": "v4", "publisher": "third_party"}, "are served by v3 only"),
    ],
)
def test_what_cannot_be_drafted_is_told(
    settings: Settings, cbs_id: str, options: dict[str, Any], told: str
) -> None:
    before = (settings.catalog / "cbs.toml").read_bytes()
    with pytest.raises(WijkError, match=re.escape(told)):
        add(settings, cbs_id, **options)
    assert (settings.catalog / "cbs.toml").read_bytes() == before


def test_the_command_writes_a_file_and_no_second_time(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from wijkpeil.cli import main

    for name in ("catalog", "warehouse", "cbs_v3_url"):
        monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
    path = tmp_path / "block.toml"
    monkeypatch.setattr(sys, "argv", ["wijkpeil", "sources", "add", NEW.lower(), "--to", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "Next: trim it, then wijkpeil doctor --only" in capsys.readouterr().out
    assert tomllib.loads(path.read_text())["table"][0]["cbs_id"] == NEW
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "exists already" in capsys.readouterr().err
