"""The doctor: what it finds in the catalog and around it, and how each finding is mended."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mail_helpers import PASSWORD, MailHost, free_port

from wijkpeil.catalog import load_catalog
from wijkpeil.demo import Fault, StandInCbs, StandInTable
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.demo.country.kwb_tables import kwb_id, kwb_table, police_table
from wijkpeil.doctor import Diagnosis, Finding, examine
from wijkpeil.runs.records import at_work
from wijkpeil.settings import Settings
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.cbs import fetch_table

YEARS = (2023, 2024, 2025)


@pytest.fixture
def cbs() -> Iterator[StandInCbs]:
    tables = [*(kwb_table(year) for year in YEARS), police_table()]
    with StandInCbs(tables) as cbs:
        yield cbs


@pytest.fixture
def settings(tmp_path: Path, cbs: StandInCbs) -> Settings:
    """Settings with the demo's catalog, cut to three yearly tables in a series and the police."""
    folder = tmp_path / "catalog"
    write_catalog(folder)
    path = folder / "cbs.toml"
    blocks = path.read_text().split("\n[[table]]\n")
    kept = [block for block in blocks if any(f'"{kwb_id(year)}"' in block for year in YEARS)]
    kept = [f'series = "kwb"\n{block}' for block in kept]
    police = [block for block in blocks if "90099DEM" in block]
    head = '[[series]]\nid = "kwb"\n\n[[service]]\nid = "v3"\nat_once = 2\ninterval_s = 0\n'
    path.write_text("\n[[table]]\n".join([head, *kept, *police]))
    environment = {
        "WIJK_CATALOG": str(folder),
        "WIJK_WAREHOUSE": str(tmp_path / "warehouse"),
        "WIJK_CBS_V3_URL": cbs.url,
        "WIJK_CBS_THIRD_PARTY_URL": cbs.url,
        "WIJK_CBS_V4_URL": cbs.v4_url,
        "WIJK_TIMEOUT_S": "5",
        "WIJK_RETRIES": "1",
    }
    return Settings.from_environment(environment)


def look(settings: Settings, **options: Any) -> Diagnosis:
    return examine(settings, load_catalog(settings.catalog), **options)


def told(diagnosis: Diagnosis, place: str, level: str) -> list[Finding]:
    return [each for each in diagnosis.findings if each.place == place and each.level == level]


def having(table: StandInTable, title: str, **changes: Any) -> StandInTable:
    """The table with the column of that title described otherwise."""
    rows = [
        {**row, **changes} if str(row["Title"]).strip() == title else row
        for row in table.data_properties
    ]
    assert rows != list(table.data_properties)
    return replace(table, data_properties=rows)


def change(settings: Settings, old: str, new: str) -> None:
    path = settings.catalog / "cbs.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_all_well(settings: Settings, tmp_path: Path) -> None:
    with MailHost(tmp_path) as host:
        host.password_file.chmod(0o600)
        mail = host.settings(settings.warehouse)
        both = replace(
            settings,
            smtp_url=mail.smtp_url,
            smtp_password_file=mail.smtp_password_file,
            mail_from=mail.mail_from,
        )
        diagnosis = look(both)
    assert [each.place for each in diagnosis.of("warning")] == ["edition"]
    assert not diagnosis.of("error")
    assert host.box.passwords and not host.box.mails
    state = {each.source_id: each for each in diagnosis.sources}["kwb_2025"]
    assert state.modified == "2026-03-26T02:00:00"
    assert state.snapshot_modified is None
    assert state.change_column == "Indelingswijziging wijken en buurten"
    columns = {each.indicator: each.column for each in state.measures}
    assert columns["inhabitants"] == "Aantal inwoners (aantal) in 'Bevolking'"
    assert not settings.warehouse.exists()


def test_a_renamed_column_is_mended_with_the_lines_it_gives(
    settings: Settings, cbs: StandInCbs
) -> None:
    cbs.replace(having(kwb_table(2025), "Woningvoorraad", Title="WONING-VOORRAAD (2025)"))
    [finding] = told(look(settings), "kwb_2025", "warning")
    assert "has no column 'Woningvoorraad (aantal)'" in finding.sentence
    assert "'WONING-VOORRAAD (2025) (aantal) in 'Wonen''" in finding.sentence
    assert "national value " in finding.sentence
    assert "[[series]] kwb, measure 'dwellings'" in finding.write
    lines = [line for line in finding.write.splitlines() if not line.startswith(("#", "absent"))]
    path = settings.catalog / "cbs.toml"
    head, tail = path.read_text().split('"90025DEM"')
    measure = 'title = "Woningvoorraad"\nunit = "aantal"\n'
    path.write_text(f'{head}"90025DEM"{tail.replace(measure, measure + chr(10).join(lines), 1)}')
    assert not told(look(settings), "kwb_2025", "warning")


def test_years_of_a_series_are_mended_together(settings: Settings, cbs: StandInCbs) -> None:
    for year in YEARS:
        cbs.replace(having(kwb_table(year), "Woningvoorraad", Title="Woning-voorraad"))
    findings = [each for each in look(settings).of("warning") if "dwellings" in each.sentence]
    assert [each.place for each in findings] == ["kwb_2023", "kwb_2024", "kwb_2025"]
    assert "for kwb_2023, kwb_2024, kwb_2025 at once" in findings[0].write
    lines = tomllib.loads(findings[0].write)
    assert lines == {
        "alternatives": [{"title": "Woning-voorraad", "unit": "aantal", "years": [2023, 2025]}],
        "absent": [2023, 2024, 2025],
    }
    assert findings[1].write == "# together with kwb_2023, see there"


def test_every_measure_that_is_not_found_is_told(settings: Settings, cbs: StandInCbs) -> None:
    table = having(kwb_table(2025), "Woningvoorraad", Unit="x 1 000")
    table = having(table, "Huishoudens totaal", Title="Huishoudens")
    cbs.replace(having(table, "Indelingswijziging wijken en buurten", Title="Indelingswijziging"))
    diagnosis = look(settings)
    findings = told(diagnosis, "kwb_2025", "warning")
    assert ["'households'" in each.sentence for each in findings] == [True, False]
    assert "'dwellings'" in findings[1].sentence
    assert "x 1 000" not in findings[1].write
    [flag] = told(diagnosis, "kwb_2025", "error")
    assert "known from addresses alone" in flag.sentence
    assert flag.write.endswith(
        'area_change = ["Indelingswijziging wijken en buurten", "Indelingswijziging"]'
    )


def test_a_title_that_stands_twice_asks_for_its_group(settings: Settings) -> None:
    change(settings, 'parent = "Woningen naar bewoning"\n', "")
    findings = told(look(settings), "kwb_2025", "warning")
    assert ["is not one measure but" in each.sentence for each in findings] == [True]
    lines = [line.partition("  # national value")[0] for line in findings[0].write.splitlines()]
    assert lines[1:] == [
        'parent = "Woningen naar bewoning"',
        "# or",
        'parent = "Bedrijfspanden naar gebruik"',
    ]


def test_a_measure_that_is_not_absent_after_all_is_told(settings: Settings) -> None:
    line = 'title = "Woningvoorraad"\n'
    change(settings, line, f"absent = [2025, 2026]\n{line}")
    [finding] = told(look(settings), "kwb_2025", "warning")
    assert "has 'Woningvoorraad (aantal) in 'Wonen'', while measure 'dwellings'" in finding.sentence
    assert finding.write.endswith("absent = [2026]")


def test_a_code_that_is_not_there_is_told(settings: Settings) -> None:
    change(settings, '"1.1.1"', '"1.1.9"')
    [finding] = told(look(settings), "police_crimes", "warning")
    assert "SoortMisdrijf has no code '1.1.9'; nearest: '1.1.1'" in finding.sentence
    assert "dimension SoortMisdrijf: 6 codes" in finding.write


def test_years_that_the_catalog_lacks_are_told(settings: Settings) -> None:
    change(settings, "years = [2014, 2025]", "years = [2014, 2023]")
    diagnosis = look(settings, only=["police_crimes"])
    [finding] = diagnosis.of("warning")
    assert "has figures of 2024, 2025, which the catalog does not take" in finding.sentence
    assert finding.write.endswith("years = [2014, 2025]")
    assert diagnosis.sources[0].years_not_taken == (2024, 2025)


def test_a_table_that_is_not_there_is_told_at_that_table(settings: Settings) -> None:
    change(settings, kwb_id(2025), "90125DEM")
    diagnosis = look(settings)
    [finding] = told(diagnosis, "kwb_2025", "error")
    assert "answered HTTP 404; check the table id" in finding.sentence
    assert not told(diagnosis, "kwb_2024", "error")


def test_a_service_that_is_down_is_told_once(settings: Settings) -> None:
    down = replace(settings, cbs_v3_url=f"http://127.0.0.1:{free_port()}")
    diagnosis = look(down)
    [finding] = diagnosis.of("error")
    sentence = finding.sentence
    assert finding.section == "service"
    assert sentence.startswith("None of 3 tables was asked: ")
    assert "cannot be reached: it refuses the connection" in sentence
    assert "correct WIJK_CBS_V3_URL" in sentence
    assert [each.is_reachable for each in diagnosis.sources[:3]] == [False] * 3
    for source in diagnosis.sources[:3]:
        assert told(diagnosis, source.source_id, "unknown")
        assert not told(diagnosis, source.source_id, "ok")


def test_one_table_that_fails_does_not_hold_the_others(settings: Settings, cbs: StandInCbs) -> None:
    cbs.fault(Fault("status", path_contains=kwb_id(2025), times=99, status=503))
    diagnosis = look(settings)
    assert [each.place for each in diagnosis.of("error")] == ["kwb_2025"]
    assert [each.is_reachable for each in diagnosis.sources[:4]] == [True, True, False, True]


def test_next_years_table_is_found_with_the_block_to_paste(
    settings: Settings, cbs: StandInCbs
) -> None:
    next_year = kwb_table(2025)
    infos = {**next_year.table_infos, "Identifier": "90026DEM"}
    infos["Title"] = "Kerncijfers wijken en buurten 2026 (synthetisch)"
    cbs.replace(replace(next_year, cbs_id="90026DEM", table_infos=infos))
    [finding] = told(look(settings), "kwb", "warning")
    assert "CBS 90026DEM is 'Kerncijfers wijken en buurten 2026 (synthetisch)'" in finding.sentence
    assert tomllib.loads(finding.write) == {
        "table": [
            {
                "id": "kwb_2026",
                "series": "kwb",
                "cbs_id": "90026DEM",
                "year": 2026,
                "confirmed": False,
            }
        ]
    }
    assert len(finding.write.splitlines()) == 6


def test_what_is_found_but_not_confirmed_is_told_once(settings: Settings) -> None:
    change(settings, 'series = "kwb"\n', 'series = "kwb"\nconfirmed = false\n')
    [finding] = told(look(settings), "confirmed", "warning")
    assert "Every column is found for kwb_2023, kwb_2024, kwb_2025" in finding.sentence


def test_a_snapshot_and_its_date_stand_beside_the_live_table(
    settings: Settings, cbs: StandInCbs
) -> None:
    catalog = load_catalog(settings.catalog)
    table = next(table for table in catalog.tables if table.id == "kwb_2025")
    fetch_table(table, settings, settings.warehouse, services=catalog.services)
    cbs.replace(kwb_table(2025).touched("2026-09-01T02:00:00"))
    diagnosis = look(settings, only=["kwb_2025"])
    state = diagnosis.sources[0]
    assert state.snapshot_modified == "2026-03-26T02:00:00"
    assert state.modified == "2026-09-01T02:00:00"
    assert "so the next refresh fetches it" in diagnosis.findings[0].sentence


def test_a_mail_server_that_refuses_is_told_without_the_password(
    settings: Settings, tmp_path: Path
) -> None:
    with MailHost(tmp_path) as host:
        host.password_file.write_text("fout-wachtwoord")
        mail = host.settings(settings.warehouse)
        wrong = replace(
            settings, smtp_url=mail.smtp_url, smtp_password_file=mail.smtp_password_file
        )
        diagnosis = look(wrong)
    [finding] = told(diagnosis, "SMTP", "error")
    assert "refused the login of 'wijk'" in finding.sentence
    assert "fout-wachtwoord" not in json.dumps(diagnosis.as_json())


def test_a_prefect_server_that_does_not_answer_is_told(settings: Settings) -> None:
    url = f"http://user:secret@127.0.0.1:{free_port()}/api"
    [finding] = told(look(settings, prefect_url=url), "server", "error")
    assert "does not answer" in finding.sentence
    assert "secret" not in finding.sentence


def test_a_run_that_died_is_told(settings: Settings) -> None:
    (settings.warehouse / "runs").mkdir(parents=True)
    known = {"run_id": "r1", "flow": "refresh", "stage": "build"}
    (settings.warehouse / "runs" / "r1.started").write_text(json.dumps(known))
    [finding] = told(look(settings, offline=True), "runs", "error")
    assert "Run r1 (refresh) began at" in finding.sentence
    assert "died at stage 'build' without a word" in finding.sentence
    assert finding.sentence.endswith("Run `wijkpeil refresh` again.")
    with at_work(settings.warehouse, "r1", flow="refresh"):
        assert told(look(settings, offline=True), "runs", "error") == []


def test_an_extract_that_is_not_there_is_told(settings: Settings) -> None:
    [extract] = load_catalog(settings.catalog).extracts
    (settings.catalog / extract.location).unlink()
    [finding] = told(look(settings, offline=True), extract.id, "error")
    assert "is not there; put the file there" in finding.sentence


def test_offline_asks_nobody(settings: Settings, cbs: StandInCbs) -> None:
    nowhere = f"smtp://a@127.0.0.1:{free_port()}"
    diagnosis = look(
        replace(settings, smtp_url=nowhere, mail_from="a@b.nl"),
        offline=True,
        prefect_url=f"http://127.0.0.1:{free_port()}/api",
    )
    assert not diagnosis.of("error")
    assert not cbs.requests


def test_the_command_ends_well_when_nothing_is_wrong(wijkpeil: Any) -> None:
    code, out, err = wijkpeil("doctor", "--only", "kwb_2025")
    assert (code, err) == (0, "")
    assert "Aantal inwoners (aantal) in 'Bevolking'" in out
    assert "Nothing to do." in out


def test_the_command_tells_what_to_do(wijkpeil: Any, cbs: StandInCbs) -> None:
    cbs.replace(having(kwb_table(2025), "Aantal inwoners", Title="Mensen"))
    code, out, err = wijkpeil("doctor")
    assert code == 1
    assert err.startswith("1 thing needs attention (2 warnings besides); begin with kwb_2025")
    assert len(err.splitlines()) == 1
    assert "1. error kwb_2025: Measure 'inhabitants': " in out


def test_json_is_one_document_without_the_password(
    wijkpeil: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    monkeypatch.setenv("WIJK_SMTP_PASSWORD_FILE", str(path))
    code, out, _ = wijkpeil("doctor", "--json", "--offline")
    document = json.loads(out)
    assert code == 0
    assert document["level"] == "warning"
    assert len(document["sources"]) == 5
    assert set(document["findings"][0]) == {"section", "place", "level", "sentence", "write"}
    assert PASSWORD not in out


def test_a_catalog_with_a_mistake_is_one_of_the_findings(wijkpeil: Any, settings: Settings) -> None:
    change(settings, "years = [2014, 2025]", "years = [2025, 2014]")
    code, out, err = wijkpeil("doctor", "--json", "--offline")
    assert code == 1
    assert json.loads(out)["errors"] == 1
    assert "begin with catalog" in err


def test_boundaries_that_were_not_received_cost_the_map(settings: Settings) -> None:
    catalog = load_catalog(settings.catalog)
    (missing,) = told(look(settings, offline=True), "wijken_shapes", "unknown")
    assert missing.sentence.startswith("not received, so the report has tiles and no map")
    (block,) = catalog.boundaries
    fetch_boundaries(block, settings, catalog.folder, settings.warehouse)
    (found,) = told(look(settings, offline=True), "wijken_shapes", "ok")
    assert found.sentence == "40 wijken of 2025"
