"""`wijkpeil areas`, and what the doctor says of areas, on a warehouse made by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from wijkpeil.areas import check_codes, demand_codes_hold, in_words, list_areas
from wijkpeil.catalog import load_catalog
from wijkpeil.cli import main
from wijkpeil.cli.standing import standing_still
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.doctor import Finding, examine
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

HEADER = (
    "area_id,name,gemeente_code,member_code,level,code_year,weight,valid_from,valid_to,"
    "certainty,source,note"
)
MEMBERS = """
haven,Haven,GM0001,WK000101,wijk,2020,1,2011-09-19,,name_match,besluit,
haven,Haven,GM0001,BU00010201,buurt,2020,0.5,2011-09-19,,confirmed,besluit,
veste,=Oude Veste,GM0001,WK000103,wijk,2020,1,2011-09-19,2018-01-01,confirmed,besluit,
straten,Enkele straten,GM0001,,,,1,2011-09-19,,open,besluit,
ruim,Ruim gebied,GM0001,WK000109,wijk,2020,1,2011-09-19,,too_wide,besluit,
"""
PROGRAMMES = """
[[programme]]
id = "zuid"
name_nl = "Zuid"

[[programme]]
id = "noord"
name_nl = "Noord"
areas = ["WK000101"]
"""
# WK000103 of 2020 changed in 2021, and nothing tells how; in 2019 it had a name of its own
WAREHOUSE = """
create schema core; create schema meta;
create table meta.edition as select 'editie-1' as edition_id, now() as built_at,
    '' as inputs_fingerprint, 2019 as first_year, 2022 as last_year, 1 as observations;
create table core.area as from (values
    ('WK000101', 2019, 'Wijk 01 Haven', 1),
    ('WK000101', 2020, 'Haven', 1),
    ('WK000101', 2022, 'De Haven', 2),
    ('BU00010201', 2020, 'Kade', 1),
    ('WK000103', 2019, 'Industrieterrein', 1),
    ('WK000103', 2020, 'Oude Veste', 1),
    ('WK000103', 2022, 'Oude Veste', 3)
) as area(area_code, year, area_name, change_flag);
create table core.area_lineage as from (values ('WK000101', 2020), ('BU00010201', 2020))
    as lineage(area_code, year);
create table core.programme_area as from (values
    ('zuid', 'zuid/haven', 'Haven', 'GM0001', 'Waterdam', 'WK000101 BU00010201 (50%)',
        'name_match', 1234.0, date '2011-09-19', null::date, true, null),
    ('zuid', 'zuid/veste', '=Oude Veste', 'GM0001', 'Waterdam', null, 'confirmed', null,
        date '2011-09-19', date '2018-01-01', false, 'WK000103 cannot be traced'),
    ('zuid', 'zuid/straten', 'Enkele straten', 'GM0001', 'Waterdam', null, 'open', null,
        date '2011-09-19', null, false, 'no CBS code is known for it'),
    ('noord', 'WK000101', 'De Haven', 'GM0001', 'Waterdam', 'WK000101', 'confirmed', 1000.0,
        null, null, true, null)
) as area(programme_id, area_code, area_name, gemeente_code, gemeente_name, codes, certainty,
    inhabitants, valid_from, valid_to, is_used, problem);
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A catalog with two programmes, and no warehouse yet."""
    folder = tmp_path / "catalog"
    write_catalog(folder)
    (folder / "programmes.toml").write_text(PROGRAMMES, encoding="utf-8")
    for path in (folder / "areas").iterdir():
        path.unlink()
    (folder / "areas" / "zuid.csv").write_text(HEADER + MEMBERS, encoding="utf-8")
    monkeypatch.setenv("WIJK_CATALOG", str(folder))
    monkeypatch.setenv("WIJK_WAREHOUSE", str(tmp_path / "warehouse"))
    return Settings.from_environment()


def publish(settings: Settings, sql: str = WAREHOUSE) -> None:
    settings.warehouse.mkdir()
    with duckdb.connect(str(settings.warehouse / "wijken.duckdb")) as connection:
        connection.execute(sql)


def rewrite(settings: Settings, old: str, new: str) -> None:
    path = settings.catalog / "areas" / "zuid.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command."""
    monkeypatch.setattr("sys.argv", ["wijkpeil", "areas", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


# show


def test_without_a_warehouse_the_list_is_shown_and_nothing_is_looked_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "show", "zuid", "--csv") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["area"], row["codes"], row["used"], row["why_not"]) for row in rows] == [
        ("'=Oude Veste", "WK000103 (2020)", "not looked up", ""),
        ("Enkele straten", "", "no", "no CBS code is known for it"),
        ("Haven", "WK000101 (2020) BU00010201 (2020, 50%)", "not looked up", ""),
        ("Ruim gebied", "WK000109 (2020)", "no", "its codes are of an area around it"),
    ]
    assert rows[2]["certainty"] == "name_match"  # the least sure of its members
    unseen, counted = list_areas("zuid", settings).sentences
    assert unseen.startswith("No codes were looked up: ")
    assert counted == (
        "4 areas: 2 to be used, 2 not. They rest on: 1 confirmed, 1 name_match (codes found by "
        "name, not confirmed)."
    )


def test_an_edition_tells_which_areas_are_used_and_why_others_are_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(settings)
    monkeypatch.setattr("wijkpeil.cli.out.width", 200)
    assert run(monkeypatch, "show", "zuid") == 0
    told = capsys.readouterr().out
    for words in ("WK000101 BU00010201 (50%)", "Waterdam", "1234", "2018-01-01"):
        assert words in told
    assert "WK000103 cannot be traced" in told
    assert (
        "3 areas in edition editie-1: 1 used, 2 not. They rest on: 1 name_match (codes found by "
        "name, not confirmed)."
    ) in told


def test_an_edition_is_shown_where_there_is_no_catalog(settings: Settings) -> None:
    publish(settings)
    (settings.catalog / "programmes.toml").unlink()

    assert [area.name for area in list_areas("noord", settings).areas] == ["De Haven"]


def test_a_programme_that_is_not_there_is_told_with_the_nearest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "show", "zuidd") == 1
    assert (
        capsys.readouterr().err == f"{settings.catalog}: no programme 'zuidd'; nearest: 'zuid'.\n"
    )


def test_an_edition_of_before_areas_had_lists_is_told(settings: Settings) -> None:
    publish(settings, "create schema meta; create table meta.edition(edition_id varchar)")
    for ask in (lambda: list_areas("zuid", settings), lambda: check_codes(settings)):
        with pytest.raises(WijkError, match="made by an older wijkpeil"):
            ask()


def test_what_stands_still_says_which_codes_were_found_by_name(settings: Settings) -> None:
    publish(settings, WAREHOUSE)
    with duckdb.connect(str(settings.warehouse / "wijken.duckdb")) as connection:
        connection.execute(
            """
            create schema marts; create schema catalog;
            alter table meta.edition add column is_synthetic boolean;
            create table catalog.indicator as select 'woz' as indicator_id, 'WOZ' as name_nl,
                'euro' as unit, null::varchar as unit_in_words, 0 as decimals;
            create table marts.stagnation as
            select area_code, area_name, programme_id, 'woz' as indicator_id, 2022 as edition_year,
                'own' as axis,
                'stagnating' as class, true as is_alert, 1::double as slope,
                0.5::double as slope_low, 1.5::double as slope_high, 2 as editions_in_a_row,
                1::double as meaningful_change, true as is_headline
            from core.programme_area where is_used
            """
        )
    assert [line for line in standing_still(settings.warehouse) if "(" in line][1:] == [
        "\nDe Haven (WK000101)",
        "  stagneert     WOZ: 1,0\u00a0euro per jaar (marge 0,5 tot 1,5), 2 peiljaren op rij",
        "\nHaven (zuid/haven; CBS-codes gevonden op naam, niet bevestigd)",
        "  stagneert     WOZ: 1,0\u00a0euro per jaar (marge 0,5 tot 1,5), 2 peiljaren op rij",
    ]


# check


def test_each_code_is_told_with_its_years_names_and_flags(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(settings)
    assert run(monkeypatch, "check") == 0
    haven = (
        "listed as 'Wijk 01 Haven' 2019, 'Haven' 2020, 'De Haven' 2022; CBS flags 2 (other code) "
        "2022; "
    )
    veste = (
        "listed as 'Industrieterrein' 2019, 'Oude Veste' 2020-2022; CBS flags 3 (boundary changed) "
        "2022; quite another name, perhaps another place, in 2020: 'Oude Veste', before that "
        "'Industrieterrein'; cannot be traced to the list of 2022."
    )
    assert capsys.readouterr().out.splitlines() == [
        f"noord: WK000101: {haven}in the list of 2022.",
        f"zuid: Haven, WK000101 of 2020: {haven}traced to the list of 2022.",
        "zuid: Haven, BU00010201 of 2020: listed as 'Kade' 2020; traced to the list of 2022.",
        f"zuid: =Oude Veste, WK000103 of 2020: {veste}",
        "zuid: Ruim gebied, WK000109 of 2020: in no area list.",
        "5 codes; each that is counted with is in the area list of its year.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "WK000103,wijk,2020",
            "WK000199,wijk,2020",
            "is in no area list; nearest in the list of 2020: 'Oude Veste' (WK000103). Correct ",
        ),
        (
            "BU00010201,buurt,2020",
            "BU00010201,buurt,2019",
            "BU00010201 of 2019 is not in the area list of 2019, only in 2020",
        ),
        ("WK000103,wijk,2020", "WK000103,wijk,2021", "there is no area list of 2021"),
    ],
)
def test_a_code_that_is_counted_with_and_not_in_its_list_fails(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    words: str,
) -> None:
    publish(settings)
    rewrite(settings, old, new)
    assert run(monkeypatch, "check", "--programme", "zuid") == 1
    told = capsys.readouterr().err
    assert told.startswith("1 code does not hold: zuid: ")
    assert words in told


def test_only_the_codes_of_one_programme_are_checked(settings: Settings) -> None:
    publish(settings)
    rewrite(settings, "WK000101", "WK000188")

    demand_codes_hold(check_codes(settings, "noord"))
    with pytest.raises(WijkError, match="WK000188 of 2020 is in no area list"):
        demand_codes_hold(check_codes(settings))


def test_a_code_without_a_year_is_of_the_newest_list(settings: Settings) -> None:
    publish(settings)
    path = settings.catalog / "programmes.toml"
    path.write_text(PROGRAMMES.replace('"WK000101"', '"BU00010201"'), encoding="utf-8")
    [code] = check_codes(settings, "noord")
    assert code.sentence == "noord: BU00010201: listed as 'Kade' 2020; not in the list of 2022."
    assert code.problem == "noord: BU00010201 is not in the area list of 2022, only in 2020"


def test_years_without_a_list_do_not_break_a_range() -> None:
    assert (
        in_words([2004, 2008, 2013, 2015], [2004, 2008, 2012, 2013, 2015]) == "2004-2008, 2013-2015"
    )


# the doctor


def told(settings: Settings, place: str) -> list[Finding]:
    diagnosis = examine(settings, load_catalog(settings.catalog), offline=True)
    return [each for each in diagnosis.findings if (each.section, each.place) == ("areas", place)]


def test_what_the_list_is_not_sure_of_is_unknown_and_no_warning(settings: Settings) -> None:
    [finding] = told(settings, "zuid")
    assert finding.level == "unknown"
    assert finding.sentence == (
        "2 of 4 areas to be used, no edition has tried them; 1 by codes found by name, not "
        "confirmed; 1 left out as too_wide: Ruim gebied; 1 left out as open: Enkele straten"
    )
    assert [each.level for each in told(settings, "noord")] == ["ok"]


def test_an_area_with_a_code_that_cannot_be_used_is_a_warning(settings: Settings) -> None:
    publish(settings)
    unsure, failing = told(settings, "zuid")
    assert (unsure.level, failing.level) == ("unknown", "warning")
    assert failing.sentence.startswith(
        "1 area with a code cannot be used: =Oude Veste: WK000103 cannot be traced. See `wijkpeil "
        "areas show zuid`"
    )


def test_address_files_that_were_not_received_are_told_with_what_it_costs(
    settings: Settings,
) -> None:
    (settings.catalog / "areas.toml").write_text("", encoding="utf-8")
    assert told(settings, "address files") == []
    blocks = [
        f'[[address_file]]\nid = "addresses_{year}"\ntitle_nl = "Adressen"\nyear = {year}\n'
        f'licence = "CC BY 4.0"\nattribution = "CBS"\nlocation = "adressen-{year}.zip"\n'
        for year in (2021, 2022)
    ]
    (settings.catalog / "areas.toml").write_text("\n".join(blocks), encoding="utf-8")
    [finding] = told(settings, "address files")
    assert finding.level == "unknown"
    assert finding.sentence.startswith(
        "0 of 2 received; not those of 2021-2022, so areas whose boundary changed there are not "
        "comparable with what they were."
    )
    assert "put adressen-2021.zip, adressen-2022.zip there by hand" in finding.sentence
