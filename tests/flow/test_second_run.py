"""What a run does when a source is new, when none is, and with the command's own options."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest
from command import Wijkpeil, rows, sha256
from small_world import (
    AREAS,
    DATA_PAGES,
    VACANCY,
    SmallWorld,
    clean_environment,
    wijk_code,
    wijk_name,
)

from wijkpeil.demo import Fault

pytestmark = pytest.mark.usefixtures("figures_only")


def test_nothing_changed_asks_once_publishes_nothing_and_mails_nothing(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    before = sha256(world.published)
    ran = wijkpeil("refresh")
    assert ran.code == 0
    assert "No source changed (3 asked)." in ran.out
    assert "Nothing to do: edition" in ran.out
    assert "No new alerts, so no mail." in ran.out
    assert [request.path for request in world.cbs.requests] == ["/ODataCatalog/Tables"]
    assert sha256(world.published) == before
    assert len(list((world.warehouse / "editions").iterdir())) == 1
    assert world.mail.messages == []


def test_nothing_changed_loads_nothing_that_reads_sql_draws_or_writes(
    world: SmallWorld,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "wijkpeil.cli", "refresh"],
        env=clean_environment(world),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Nothing to do: edition" in ran.stdout
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert "wijkpeil.alerts.queue" in loaded
    assert loaded.isdisjoint({"pandas", "numpy", "sqlglot", "jinja2", "wijkpeil.report.build"})


def test_only_what_is_new_is_fetched_published_and_mailed(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    old = rows(world.published, "select edition_id from meta.edition")
    world.revise(vacant=7)
    ran = wijkpeil("refresh")
    assert ran.code == 0, ran.err
    assert world.asked(AREAS) == []
    assert world.asked(VACANCY) == [
        "TableInfos", "DataProperties", "WijkenEnBuurten", "Perioden", "$count",
        *["TypedDataSet"] * DATA_PAGES, "TableInfos",
    ]  # fmt: skip
    assert rows(world.published, "select edition_id from meta.edition") > old
    (mail,) = world.mail.messages
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail["Subject"].startswith(f"{wijk_name(7)} staat stil (")
    assert f"■ staat stil  {wijk_name(7)}: nieuw: leegstand" in text
    assert text.count("nieuw: ") == 1


def test_a_reader_keeps_the_old_edition_while_the_new_one_is_published(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    count = "select count(*) from marts.stagnation where is_alert and axis = 'own'"
    with duckdb.connect(world.published, read_only=True) as reader:
        old = reader.execute(count).fetchone()
        world.revise(vacant=7)
        assert wijkpeil("refresh").code == 0
        assert reader.execute(count).fetchone() == old
    assert rows(world.published, count) != [old[0]]  # type: ignore[index]


def test_one_source_failing_does_not_hold_up_the_other(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world.revise(vacant=7)
    world.write_survey(unsafe=8)
    world.cbs.fault(Fault("status", VACANCY, times=99))
    ran = wijkpeil("refresh")
    assert "HTTP 500" in ran.sentence
    assert "(0 days old) stays in use" in ran.sentence
    alerts = (
        "select area_code from marts.stagnation "
        "where is_alert and axis = 'own' and edition_year = 2025"
    )
    assert wijk_code(8) in rows(world.published, alerts)
    assert wijk_code(7) not in rows(world.published, alerts)
    ((age, error),) = rows(
        world.published,
        "select age_days, last_fetch_error from meta.source where source_id = 'vacancy'",
    )
    assert age == 0
    assert "HTTP 500" in error
    (mail,) = world.mail.messages
    assert mail["Subject"].startswith(f"{wijk_name(8)} staat stil (")

    world.cbs.heal()
    assert wijkpeil("refresh").code == 0
    assert wijk_code(7) in rows(world.published, alerts)
    first, second = world.mail.messages
    assert wijk_name(8) in first["Subject"] and wijk_name(8) not in second["Subject"]
    text = second.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"■ staat stil  {wijk_name(8)}: rapportcijfer" in text
    assert f"■ staat stil  {wijk_name(7)}: nieuw: leegstand" in text


def test_offline_sends_no_request(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    world.revise(vacant=7)
    world.edit("programmes.toml", "Testdam Vooruit", "Testdam Verder")
    ran = wijkpeil("refresh", "--offline")
    assert ran.code == 0, ran.err
    assert "Published edition" in ran.out
    assert world.cbs.requests == []
    assert rows(world.published, "select name_nl from catalog.programme") == [
        "Testdam Verder (fictief)"
    ]


def test_only_what_is_named_is_fetched_and_no_send_queues_what_send_sends_once(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world.revise(vacant=7)
    world.revise_areas()
    ran = wijkpeil("refresh", "--only", "vacancy", "--no-send")
    assert ran.code == 0, ran.err
    assert world.asked(AREAS) == []
    assert len(world.asked(VACANCY)) > 1
    assert "Queued" in ran.out
    assert world.mail.messages == []
    assert "manager@voorbeeld.example (waiting)" in wijkpeil("alerts", "list").out
    assert "was sent to" in wijkpeil("alerts", "send").out
    assert "Nothing waits." in wijkpeil("alerts", "send").out
    assert len(world.mail.messages) == 1
    assert (
        "no source 'vacansy'; nearest: 'vacancy'"
        in wijkpeil("refresh", "--only", "vacansy").sentence
    )


def test_a_share_of_140_costs_that_figure_and_lies_in_quarantine(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    before = sha256(world.published)
    world.revise(values={(wijk_code(3), 2024): 140.0})
    ran = wijkpeil("refresh")
    assert ran.code == 0, ran.err
    assert "'140" in ran.out
    assert sha256(world.published) != before
    left_out = "select area_code, year, problem from core.quarantined_cell"
    assert rows(world.published, left_out) == [(wijk_code(3), 2024, "out_of_range")]
    assert world.mail.messages == []

    world.revise(vacant=7)
    assert wijkpeil("refresh").code == 0
    assert rows(world.published, f"select count(*) from ({left_out})") == [0]


def test_what_cbs_restated_can_be_seen(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    old = rows(
        world.published,
        "select value from core.observation where indicator_id = 'vacancy_share' "
        "and area_code = ? and year = 2020",
        wijk_code(4),
    )
    # a table of all years, and one of one year
    world.revise(values={(wijk_code(4), 2020): 11.1, (wijk_code(5), 2021): None})
    world.revise_areas(people={wijk_code(4): 1100})
    ran = wijkpeil("refresh")
    assert ran.code == 0, ran.err
    seen = (
        "select area_code, year, revision, new_value from meta.revision "
        "where source_id = 'vacancy' order by all"
    )
    restated = [(wijk_code(4), 2020, "changed", 11.1), (wijk_code(5), 2021, "withdrawn", None)]
    assert rows(world.published, seen) == restated
    assert rows(world.published, "select old_value from meta.revision where year = 2020") == old
    of_areas = (
        "select area_code, year, revision, old_value, new_value from meta.revision "
        "where source_id = 'areas'"
    )
    counted = [(wijk_code(4), 2025, "changed", 1000, 1100)]
    assert rows(world.published, of_areas) == counted

    world.revise()
    assert wijkpeil("refresh").code == 0
    both = "select revision from meta.revision where area_code = ? order by all"
    assert rows(world.published, both, wijk_code(5)) == ["added", "withdrawn"]
    assert rows(world.published, of_areas) == counted


def test_v4_gives_the_same_figures_as_v3(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    world.revise(values={(wijk_code(3), 2019): None})
    assert wijkpeil("refresh").code == 0
    figures = (
        "select area_code, year, value, status from core.observation "
        "where indicator_id = 'vacancy_share' order by all"
    )
    v3 = rows(world.published, figures)
    assert (wijk_code(3), 2019, None, "suppressed") in v3
    world.edit("cbs.toml", 'cbs_id = "90100TST"\napi = "v3"', 'cbs_id = "90100TST"\napi = "v4"')
    assert wijkpeil("refresh").code == 0
    assert {r.path.split("/")[-1] for r in world.cbs.requests if "/90100TST/Obs" in r.path} == {
        "Observations", "$count",
    }  # fmt: skip
    assert rows(world.published, figures) == v3


def test_a_column_that_is_still_empty_is_told_once(
    empty_world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world = empty_world
    years = range(2016, 2026)
    empty = {(code, year): None for code in world.codes for year in years}
    world.revise(values=empty)
    ran = wijkpeil("refresh")
    assert "Source vacancy: not published yet: vacancy_share." in ran.out
    assert rows(world.published, "select distinct status from marts.liveability "
                "where indicator_id = 'vacancy_share'") == ["not_yet_published"]  # fmt: skip
    world.revise(values=empty)
    assert "not published yet" not in wijkpeil("refresh").out
    world.revise(vacant=7)
    assert wijkpeil("refresh").code == 0
    assert wijk_code(7) in rows(
        world.published, "select area_code from marts.stagnation where is_alert and axis = 'own'"
    )


def test_a_column_that_is_emptied_is_held_told_once_and_let_through_by_a_yes(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    told = {"WIJK_DATA_OWNER": "data@voorbeeld.example"}
    newest = {(code, 2025): None for code in world.codes}
    world.revise(values=newest)
    ran = wijkpeil("refresh", **told)
    assert ran.code == 0, ran.err
    assert "Source vacancy: the snapshot" in ran.out
    assert "vacancy_share 2025: all 32 figures are gone" in ran.out
    (notice,) = world.mail.messages
    assert notice["To"] == told["WIJK_DATA_OWNER"]
    assert "wijkpeil quarantine release vacancy --snapshot" in notice.get_content()  # type: ignore[attr-defined]
    figures = "select count(value) from core.observation where indicator_id = 'vacancy_share'"
    assert rows(world.published, figures) == [320]
    assert rows(world.published, "select distinct rule from meta.hold") == ["shrunk"]

    assert wijkpeil("refresh", **told).code == 0
    assert len(world.mail.messages) == 1
    assert "snapshot held" in wijkpeil("quarantine", "list").out
    assert "all 32 figures are gone" in wijkpeil("quarantine", "show", "vacancy").out
    assert "Nothing of 'survey' waits" in wijkpeil("quarantine", "release", "survey").sentence
    ran = wijkpeil("quarantine", "release", "vacancy", "--reason", "withdrawn by CBS, see its page")
    assert ran.code == 0, ran.err
    assert wijkpeil("refresh", **told).code == 0
    assert rows(world.published, figures) == [288]
    assert wijkpeil("quarantine", "list").out.startswith("Nothing is held")
