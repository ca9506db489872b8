"""The doctor on all tables of the shipped catalog: what it asks, and what may not mislead it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from as_catalog_says import ROOT, served, table_of, without

from wijkpeil.catalog import CbsTable, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.doctor import Diagnosis, Finding, examine
from wijkpeil.settings import Settings

INTERVAL_S = 0.5
MOST_S = 60


@pytest.fixture(scope="module")
def country() -> Iterator[StandInCbs]:
    tables = load_catalog(ROOT / "catalog").tables
    with StandInCbs([served(table) for table in tables]) as cbs:
        yield cbs


@pytest.fixture
def cbs(country: StandInCbs) -> Iterator[StandInCbs]:
    """All tables of the shipped catalog; what a test replaces is put back."""
    tables = {each.cbs_id: each for each in load_catalog(ROOT / "catalog").tables}
    put_back: list[StandInTable] = []
    real = country.replace

    def replace_for_now(table: Any) -> None:
        if table.cbs_id in tables:
            put_back.append(served(tables[table.cbs_id]))
        else:
            # a table cannot be taken away: it gets a title that nobody looks for
            infos = {**table.table_infos, "Title": "Vervallen"}
            put_back.append(replace(table, table_infos=infos))
        real(table)

    country.replace = replace_for_now  # type: ignore[method-assign]
    country.requests.clear()
    yield country
    country.replace = real  # type: ignore[method-assign]
    for table in put_back:
        country.replace(table)


@pytest.fixture
def settings(tmp_path: Path, cbs: StandInCbs) -> Settings:
    folder = tmp_path / "catalog"
    shutil.copytree(ROOT / "catalog", folder)
    path = folder / "cbs.toml"
    assert "interval_s = 0.5" in path.read_text()
    path.write_text(path.read_text().replace("interval_s = 0.5", "interval_s = 0"))
    return Settings(
        catalog=folder,
        warehouse=tmp_path / "warehouse",
        cbs_v3_url=cbs.url,
        cbs_third_party_url=cbs.url,
        cbs_v4_url=cbs.v4_url,
        timeout_s=10,
        retries=1,
    )


def look(settings: Settings, **options: Any) -> Diagnosis:
    return examine(settings, load_catalog(settings.catalog), **options)


def of_measure(diagnosis: Diagnosis, place: str, indicator: str) -> Finding:
    [finding] = [
        each
        for each in diagnosis.findings
        if each.place == place and f"'{indicator}'" in each.sentence and each.level != "ok"
    ]
    return finding


def test_every_measure_is_found_in_few_requests(settings: Settings, cbs: StandInCbs) -> None:
    diagnosis = look(settings)
    assert not diagnosis.of("error"), [each.sentence for each in diagnosis.of("error")]
    for source in diagnosis.sources:
        for measure in source.measures:
            assert measure.column is not None, (source.source_id, measure)
    catalog = load_catalog(settings.catalog)
    third = {table.cbs_id for table in catalog.tables if table.publisher == "third_party"}
    asked = Counter(
        "v4" if "/v1/" in each.path
        else "third" if any(f"/{cbs_id}/" in each.path for cbs_id in third) else "v3"
        for each in cbs.requests
    )  # fmt: skip
    print(dict(asked), "requests")
    assert max(asked.values()) * INTERVAL_S < MOST_S, asked
    assert asked["v3"] <= 2.6 * len(catalog.tables), asked


def test_the_complement_is_never_offered(settings: Settings, cbs: StandInCbs) -> None:
    table = table_of("kwb_2020")
    [measure] = [each for each in table.measure if each.indicator == "vacancy_share"]
    title = measure.wordings(2020)[0].title
    live = served(table, (("Percentage bewoond", "%", 95.0), ("Bewoonde woningen", "%", 95.0)))
    cbs.replace(without(live, title))
    finding = of_measure(look(settings), "kwb_2020", "vacancy_share")
    assert finding.level == "warning"
    assert "bewoond" not in finding.write.casefold()
    assert "An edition comes without it" in finding.sentence


def test_the_trap_of_one_article_is_refused_by_its_figure(
    settings: Settings, cbs: StandInCbs
) -> None:
    table = table_of("kwb_2019")
    live = served(table, (("Huishoudens met laag inkomen", "%", 40.0),))
    cbs.replace(without(live, "Huishoudens met een laag inkomen"))
    finding = of_measure(look(settings), "kwb_2019", "low_income_share")
    assert "title =" not in finding.write
    assert "see whether it is" not in finding.sentence


def test_another_benefit_is_never_offered(settings: Settings, cbs: StandInCbs) -> None:
    table = table_of("kwb_2020")
    live = served(table, (("Personen met een AO-uitkering totaal", "aantal", 60.0),))
    for kind in ("Bijstand", "AO", "WW"):
        live = without(live, f"Personen per soort uitkering; {kind}")
    cbs.replace(live)
    diagnosis = look(settings)
    for indicator in ("bijstand_persons", "ww_persons"):
        finding = of_measure(diagnosis, "kwb_2020", indicator)
        assert "AO-uitkering" not in finding.sentence + finding.write
    asked = of_measure(diagnosis, "kwb_2020", "ao_persons")
    assert "Personen met een AO-uitkering totaal" in asked.sentence
    assert "title =" not in asked.write


def test_a_figure_that_jumps_is_told(settings: Settings, cbs: StandInCbs) -> None:
    live = served(table_of("kwb_2020"))
    [key] = [row["Key"] for row in live.data_properties if row["Title"] == "Koopwoningen"]
    assert isinstance(live.data, list)
    cbs.replace(replace(live, data=[{**row, key: 9.0} for row in live.data]))
    sentences = [each.sentence for each in look(settings).of("warning") if "jump" not in each.place]
    assert any(
        "has 9 for NL00 in 2020 ('Koopwoningen (%)')" in each and "kwb_2019 has 40" in each
        for each in sentences
    ), sentences


def test_a_renamed_title_with_the_same_code_is_told_and_written(
    settings: Settings, cbs: StandInCbs, wijkpeil: Any
) -> None:
    cbs.replace(served(table_of("kwb_2020")).renamed("Koopwoningen", "Koopwoningen totaal"))
    finding = of_measure(look(settings), "kwb_2020", "owner_occupied_share")
    assert "'Koopwoningen totaal (%)' has its measure code on v4" in finding.sentence
    before = (settings.catalog / "cbs.toml").read_text()
    code, out, _ = wijkpeil("doctor", "--fix", "--yes")
    assert code == 0
    line = '{ title = "Koopwoningen totaal", unit = "%", years = [2020, 2020] },'
    assert f"+    {line}" in out
    after = (settings.catalog / "cbs.toml").read_text()
    assert line in after
    kept = [line for line in after.splitlines() if line in set(before.splitlines())]
    assert set(before.splitlines()) == set(kept), "comments and other lines stay"
    assert not [
        each
        for each in look(settings).of("warning")
        if "'owner_occupied_share'" in each.sentence and "no column" in each.sentence
    ]


@pytest.mark.parametrize("title", ["Huurwoningen", "Koopappartementen", "Bewoonde woningen"])
def test_a_title_of_another_figure_is_no_proposal_with_the_same_code_either(
    settings: Settings, cbs: StandInCbs, title: str
) -> None:
    cbs.replace(served(table_of("kwb_2020")).renamed("Koopwoningen", title))
    diagnosis = look(settings)
    finding = of_measure(diagnosis, "kwb_2020", "owner_occupied_share")
    assert f"'{title} (%)'" in finding.sentence
    assert "title =" not in finding.write
    assert not diagnosis.fixes


def test_without_an_answer_nothing_is_written(
    settings: Settings, cbs: StandInCbs, wijkpeil: Any
) -> None:
    cbs.replace(served(table_of("kwb_2020")).renamed("Koopwoningen", "Koopwoningen totaal"))
    before = (settings.catalog / "cbs.toml").read_bytes()
    code, _, err = wijkpeil("doctor", "--fix")
    assert code == 1
    assert "give --yes" in err
    assert (settings.catalog / "cbs.toml").read_bytes() == before


def test_two_indicators_on_one_column_are_an_error(settings: Settings) -> None:
    path = settings.catalog / "cbs.toml"
    old = 'title = "Personen per soort uitkering; WW"'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, old.replace("WW", "AO")))
    findings = [each for each in look(settings).of("error") if "is the column of" in each.sentence]
    assert "kwb_2020" in {each.place for each in findings}
    assert "'ao_persons' and 'ww_persons'" in findings[0].sentence


def test_the_same_title_with_another_code_is_told(settings: Settings, cbs: StandInCbs) -> None:
    live = served(table_of("kwb_2017"))
    recoded = [
        {**row, "MeasureCode": "M003039"} if row["Title"] == "Koopwoningen" else row
        for row in live.data_properties
    ]
    cbs.replace(replace(live, data_properties=recoded))
    [told] = [
        each
        for each in look(settings).of("warning")
        if "more than one measure code" in each.sentence
    ]
    assert told.place == "kwb_2017"
    assert "M003039 in kwb_2017" in told.sentence


def test_v4_away_costs_nothing_but_its_help(settings: Settings) -> None:
    away = replace(settings, cbs_v4_url="http://127.0.0.1:9/odata/v1")
    diagnosis = look(away, only=["kwb_2020"])
    assert not diagnosis.of("error")
    assert all(measure.code is None for measure in diagnosis.sources[0].measures)


def test_the_report_holds_metadata_and_no_figure(
    settings: Settings, tmp_path: Path, wijkpeil: Any
) -> None:
    path = tmp_path / "seen.json"
    wijkpeil("doctor", "--only", "kwb_2020", "--report", str(path))
    text = path.read_text()
    assert '"title": "Koopwoningen"' in text
    assert str(tmp_path) not in text
    assert "127.0.0.1" not in text
    assert "national" not in text


def next_table(**changes: Any) -> CbsTable:
    """The table of the year after the newest of the series, as its publisher may bring it."""
    tables = [each for each in load_catalog(ROOT / "catalog").tables if each.series == "kwb"]
    newest = max(tables, key=lambda table: table.year or 0)
    year = (newest.year or 0) + 1
    title = f"Kerncijfers wijken en buurten {year}"
    update = {"id": f"kwb_{year}", "cbs_id": "99999NED", "year": year, "title_nl": title}
    return newest.model_copy(update={**update, **changes})


def test_next_years_table_is_tried_offered_and_added(
    settings: Settings, cbs: StandInCbs, wijkpeil: Any
) -> None:
    table = next_table()
    cbs.replace(served(table))
    [finding] = [each for each in look(settings).findings if each.place == "kwb"]
    assert f"it was tried, and all {len(table.present_measures)} measures are found" in (
        finding.sentence
    )
    code, out, _ = wijkpeil("doctor", "--fix", "--yes")
    assert code == 0
    assert '+cbs_id = "99999NED"' in out
    assert table.id in [each.id for each in load_catalog(settings.catalog).tables]


def test_a_next_table_that_does_not_fit_is_not_offered(settings: Settings, cbs: StandInCbs) -> None:
    cbs.replace(without(served(next_table()), "Koopwoningen"))
    diagnosis = look(settings)
    [finding] = [each for each in diagnosis.findings if each.place == "kwb"]
    assert "is not as the catalog takes it" in finding.sentence
    assert "'owner_occupied_share'" in finding.sentence
    assert not finding.write
    assert not diagnosis.fixes


def test_a_table_under_another_id_is_found_by_its_title(
    settings: Settings, cbs: StandInCbs, wijkpeil: Any
) -> None:
    table = table_of("kwb_2020")
    cbs.replace(served(table.model_copy(update={"title_nl": "Vervallen"})))
    cbs.replace(served(table.model_copy(update={"cbs_id": "99998NED"})))
    path = settings.catalog / "cbs.toml"
    path.write_text(path.read_text().replace(table.cbs_id, "99997NED"))
    code, out, _ = wijkpeil("doctor", "--fix", "--yes")
    assert code == 1, "until the next look"
    assert '+cbs_id = "99998NED"' in out
    assert '-cbs_id = "99997NED"' in out
    [moved] = [each for each in load_catalog(settings.catalog).tables if each.id == "kwb_2020"]
    assert moved.cbs_id == "99998NED"
