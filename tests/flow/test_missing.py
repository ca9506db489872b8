"""What is missing costs itself: an edition comes without it, says so, and no alert rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from small_world import AREAS, MANAGER, VACANCY, SmallWorld, area_table, small_world

from wijkpeil.catalog import EDITION
from wijkpeil.cli.run import build
from wijkpeil.demo import Fault
from wijkpeil.edition.quarantine import release
from wijkpeil.runs import Outcome, PlainRunner, run_refresh

DWELLINGS = """
[[table.measure]]
indicator = "dwellings"
title = "Woningvoorraad"
unit = "aantal"
"""
COUNT = """
[[indicator]]
id = "dwellings"
name_nl = "Woningen"
definition_nl = "Aantal woningen (verzonnen)."
theme = "liveability"
unit = "aantal"
decimals = 0
direction = "none"
range = [0.0, 2e7]
aggregation = "sum"

[[indicator]]
id = "crowding"
name_nl = "woningen per inwoner"
definition_nl = "Woningen per 1.000 inwoners (verzonnen)."
theme = "liveability"
unit = "per 1.000"
decimals = 1
direction = "higher_is_better"
range = [0.0, 5000.0]
aggregation = "rate"
rate = { numerator = "dwellings", denominator = "inhabitants", per = 1000, counts = "register" }

[indicator.meaningful_change]
per_year = 1.0
owner = "tests"
decided_on = 2026-01-15
reason = "Gekozen voor de tests."
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorld]:
    with small_world(tmp_path) as found:
        for name, text in found.environment.items():
            monkeypatch.setenv(name, text)
        yield found


def ask(world: SmallWorld, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(world.published, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def refresh() -> Outcome:
    return run_refresh(PlainRunner())


def add_a_measure_that_is_not_there(world: SmallWorld) -> None:
    """The list of areas is asked for dwellings, which it does not have."""
    world.edit("cbs.toml", '\n[[table]]\nid = "vacancy"', f'{DWELLINGS}\n[[table]]\nid = "vacancy"')
    world.append("indicators.toml", COUNT)


def test_a_measure_without_a_column_costs_its_figures(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    add_a_measure_that_is_not_there(world)
    outcome = refresh()
    assert outcome.problem is None and outcome.is_published
    assert "without 1 of the series that the catalog asks for" in " ".join(outcome.sentences)
    assert "The edition comes without dwellings of areas: CBS 90025TST" in (outcome.notice or "")
    assert "See `wijkpeil doctor --only areas`." in (outcome.notice or "")
    assert ask(
        world,
        "select indicator_id, status, count(*), count(value) from core.observation "
        "where indicator_id in ('dwellings', 'crowding') group by all order by all",
    ) == [("crowding", "not_resolved", 32, 0), ("dwellings", "not_resolved", 32, 0)]
    ((status, reason),) = ask(world, "select status, reason from meta.missing_measure")
    assert status == "not_resolved" and "no measure 'Woningvoorraad (aantal)'" in str(reason)
    assert ask(world, "select missing from meta.source where source_id = 'areas'") == [
        (["dwellings"],)
    ]
    build()
    assert "Warning: The edition comes without dwellings of areas" in " ".join(
        capsys.readouterr().out.split()
    )
    # the rest is as ever, and the managers hear of it
    assert len(world.mail.messages) == 1
    pages = world.warehouse / "report"
    start = (pages / "index.html").read_text(encoding="utf-8")
    assert "In deze editie ontbreekt 1 reeks uit 1 bron. Op wat" in start
    page = (pages / "indicator" / "crowding.html").read_text(encoding="utf-8")
    assert "niet gevonden in de tabel van de bron" in page
    assert "no measure &#39;Woningvoorraad" in (pages / "kwaliteit.html").read_text(
        encoding="utf-8"
    )
    mail = world.mail.messages[0].get_body(("plain",)).get_content()
    assert "Niet te beoordelen, omdat cijfers ontbreken: woningen per inwoner (2025)" in " ".join(
        mail.split()
    )


@pytest.mark.usefixtures("figures_only")
def test_a_table_that_never_came_costs_its_figures_and_fails_the_run(world: SmallWorld) -> None:
    world.cbs.fault(Fault("status", f"{VACANCY}/", times=99, status=404))
    outcome = refresh()
    assert outcome.is_published
    assert outcome.problem is not None and "HTTP 404" in outcome.problem
    found = ask(
        world,
        "select year, status, count(*), count(value), count(retrieved_on) from core.observation "
        "where indicator_id = 'vacancy_share' group by all order by all",
    )
    assert found == [(year, "not_received", 32, 0, 0) for year in range(2016, 2026)]
    ((reason, never),) = ask(
        world,
        "select any_value(reason), bool_and(retrieved_at is null) from meta.missing_measure "
        "join meta.source using (source_id)",
    )
    assert never and "HTTP 404" in str(reason)
    # when it comes the edition is whole, and only now its signals are told
    told = len(world.mail.messages)
    world.cbs.heal()
    whole = refresh()
    assert whole.problem is None and whole.notice is None and not whole.missing
    assert ask(world, "select count(*) from meta.missing_measure") == [(0,)]
    assert len(world.mail.messages) == told + 1


@pytest.mark.usefixtures("figures_only")
def test_without_a_list_of_areas_there_is_no_edition(world: SmallWorld) -> None:
    world.cbs.fault(Fault("status", f"{AREAS}/", times=99, status=404))
    outcome = refresh()
    assert not outcome.is_published and not world.published.exists()
    assert "No list of areas with its inhabitants was received" in (outcome.problem or "")
    assert "wijkpeil doctor --only areas" in (outcome.problem or "")


@pytest.mark.usefixtures("figures_only")
def test_a_catalog_may_ask_for_more_sources(world: SmallWorld) -> None:
    world.append("cbs.toml", "\n[[publish]]\nleast = 0.9\n")
    world.cbs.fault(Fault("status", f"{VACANCY}/", times=99, status=404))
    outcome = refresh()
    assert "Only 2 of 3 sources were received" in (outcome.problem or "")
    assert "takes 90% of them" in (outcome.problem or "")
    assert "lacking: vacancy" in (outcome.problem or "")


@pytest.mark.usefixtures("figures_only")
def test_another_wording_asks_for_its_own_table_alone(world: SmallWorld) -> None:
    assert refresh().problem is None
    before = len(world.cbs.requests)
    wording = '{ title = "Leegstand", unit = "%", years = [2013, 2014] }'
    world.edit("cbs.toml", 'unit = "%"\n', f'unit = "%"\nalternatives = [{wording}]\n')
    assert refresh().problem is None
    assert world.asked(AREAS, since=before) == []


@pytest.mark.usefixtures("figures_only")
def test_a_snapshot_stays_in_use_for_what_the_catalog_still_asks(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measure more, and CBS cannot be reached: what was received before is an answer still."""
    assert refresh().problem is None
    add_a_measure_that_is_not_there(world)
    monkeypatch.setenv("WIJK_CBS_V3_URL", "http://127.0.0.1:9")
    outcome = refresh()
    assert outcome.is_published and "cannot be reached" in (outcome.problem or "")
    ((count,),) = ask(
        world, "select count(value) from core.observation where indicator_id = 'inhabitants'"
    )
    assert count == 32
    statuses = ask(
        world, "select distinct status from core.observation where indicator_id = 'dwellings'"
    )
    assert statuses == [("not_received",)]


@pytest.mark.usefixtures("figures_only")
def test_a_first_edition_that_nobody_confirmed_is_mailed_after_a_yes(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.edit(
        "cbs.toml", "synthetic = true\n", 'synthetic = true\nconfirmed = false\nnote = "proef"\n'
    )
    monkeypatch.setenv("WIJK_DATA_OWNER", "data@voorbeeld.example")
    first = refresh()
    assert first.problem is None and first.is_published and first.alerts is None
    assert "1 of its 3 sources are not confirmed" in " ".join(first.sentences)
    (notice,) = world.mail.messages
    assert notice["To"] == "data@voorbeeld.example"
    assert "The first edition waits for a yes" in notice.get_content()
    assert len(world.mail.messages) == 1 and refresh().problem is None
    assert len(world.mail.messages) == 1

    from wijkpeil.alerts import first_edition

    waiting = first_edition(world.warehouse)
    assert waiting is not None
    release(
        [waiting], world.warehouse, EDITION, snapshot_id=None, by="tests", reason="looked at it"
    )
    second = refresh()
    assert second.alerts is not None and second.alerts.queued
    assert world.mail.messages[-1]["To"] == MANAGER


@pytest.mark.usefixtures("figures_only")
def test_an_area_list_without_a_flag_lists_its_areas(world: SmallWorld) -> None:
    world.cbs.replace(area_table().renamed("Indelingswijziging wijken en buurten", "Wijziging"))
    outcome = refresh()
    assert outcome.problem is None and outcome.is_published
    assert "its areas have no flag" in " ".join(outcome.sentences)
    assert ask(world, "select count(*), count(change_flag) from core.area") == [(32, 0)]


@pytest.mark.usefixtures("figures_only")
def test_a_table_with_another_dimension_costs_that_table(world: SmallWorld) -> None:
    world.edit(
        "cbs.toml", "geography_year = 2025", 'geography_year = 2025\nwhere = { Soort = "1" }'
    )
    outcome = refresh()
    assert outcome.is_published
    assert "'where' must choose from" in (outcome.problem or "")


@pytest.mark.usefixtures("figures_only")
def test_figures_of_a_year_whose_area_list_did_not_come_are_not_placed(world: SmallWorld) -> None:
    """Vacancy has the codes of 2024 as well; the list of that year is not there."""
    world.edit("cbs.toml", "geography_year = 2025\n", "")
    other = world.folder / "catalog" / "cbs.toml"
    block = other.read_text(encoding="utf-8").partition("[[table]]")[2].partition("[[table]]")[0]
    earlier = block.replace('"areas"', '"areas_2024"').replace("90025TST", "90024TST")
    world.append("cbs.toml", f"\n[[table]]{earlier.replace('2025', '2024')}")
    outcome = refresh()
    assert outcome.is_published and "90024TST" in (outcome.problem or "")
    reasons = ask(
        world,
        "select distinct year, reason from meta.missing_measure where source_id = 'vacancy'",
    )
    ((year, reason),) = reasons
    assert year == 2024 and "whose area list areas_2024 is missing" in str(reason)
    statuses = ask(
        world,
        "select distinct year, status from core.observation where indicator_id = 'vacancy_share' "
        "and year >= 2024 order by all",
    )
    assert statuses == [(2024, "not_received"), (2025, "final")]
    assert ask(world, "select count(*) from core.quarantined_cell where year = 2024") == [(0,)]
