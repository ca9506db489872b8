"""Bad input: one sentence with the next step, exit code 1, the published file untouched, and a
rerun after mending that carries on."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Wijkpeil, rows, sha256
from small_world import (
    AREAS,
    DATA_PAGES,
    VACANCY,
    SmallWorld,
    wijk_code,
    wijk_name,
)

from wijkpeil.demo import Fault, MailSink

ALERTS = (
    "select area_code from marts.stagnation where is_alert and axis = 'own' and edition_year = 2025"
)

pytestmark = pytest.mark.usefixtures("figures_only")


def carries_on(world: SmallWorld, wijkpeil: Wijkpeil, number: int = 7) -> None:
    """The next run publishes what the failed run could not, and mails it once."""
    ran = wijkpeil("refresh")
    assert ran.code == 0, ran.err
    assert wijk_code(number) in rows(world.published, ALERTS)
    assert sum(wijk_name(number) in mail["Subject"] for mail in world.mail.messages) == 1


def test_what_stops_a_run_before_it_receives_anything_is_told_and_the_next_carries_on(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    before = sha256(world.published)
    world.revise(vacant=7)
    # mistakes in the catalog, together and before any request
    world.edit("cbs.toml", "area_levels", "area_lvels")
    world.edit("indicators.toml", "range = [0.0, 100.0]", "range = [100.0, 0.0]")
    ran = wijkpeil("refresh")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    first, *mistakes = ran.told
    assert "3 mistakes; correct and run again." in first
    told = "\n".join(mistakes)
    assert "cbs.toml, [[table]] areas: unknown key 'area_lvels'; nearest: 'area_levels'" in told
    assert "indicators.toml, [[indicator]] vacancy_share: key 'range'" in told
    assert world.cbs.requests == []
    assert sha256(world.published) == before

    world.edit("cbs.toml", "area_lvels", "area_levels")
    world.edit("indicators.toml", "range = [100.0, 0.0]", "range = [0.0, 100.0]")
    # a server that cannot be reached, once for both of its tables
    ran = wijkpeil("refresh", WIJK_CBS_V3_URL="http://127.0.0.1:9")
    assert "127.0.0.1:9 cannot be reached: it refuses the connection" in ran.sentence
    assert "run again later, or correct the address" in ran.sentence
    assert "2 sources wait for it" in ran.sentence
    assert sha256(world.published) == before

    carries_on(world, wijkpeil)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(
            Fault("status", "TypedDataSet?", nth=2, times=99),
            "answered HTTP 500; the service has a fault or is busy, run again later.",
            id="http-500-in-mid-table",
        ),
        pytest.param(
            Fault("truncate", "TypedDataSet?", nth=3, times=99),
            "could not be fetched (IncompleteRead(",
            id="cut-off-page",
        ),
        pytest.param(
            Fault("truncated_json", "TypedDataSet?", nth=3, times=99),
            "The service has a fault or the page was cut off; run again later.",
            id="half-a-page-said-to-be-whole",
        ),
        pytest.param(
            Fault("html", "TypedDataSet?", nth=2, times=99),
            "it begins with '<!DOCTYPE html>",
            id="html-with-status-200",
        ),
        pytest.param(
            Fault("reset", "TypedDataSet?", nth=2, times=99),
            "could not be fetched (ConnectionResetError: [Errno 104] Connection reset by peer)",
            id="connection-reset",
        ),
        pytest.param(
            Fault("hang", "TypedDataSet?", nth=2, times=99, seconds=5),
            "could not be fetched (ReadTimeoutError",
            id="no-answer",
        ),
    ],
)
def test_a_fault_on_the_line(
    world: SmallWorld, wijkpeil: Wijkpeil, fault: Fault, told: str
) -> None:
    before = sha256(world.published)
    world.revise(vacant=7)
    world.cbs.fault(fault)
    ran = wijkpeil("refresh", WIJK_TIMEOUT_S="0.5")
    assert told in ran.sentence
    assert f"/{VACANCY}/" in ran.sentence
    assert "stays in use." in ran.sentence
    assert sha256(world.published) == before
    whole = [f"data-0000-{page:05d}.json" for page in range(1, fault.nth)]
    snapshots = world.warehouse / "snapshots" / "vacancy"
    kept = sorted(path.name for path in snapshots.glob(".partial-*/data-*"))
    assert kept[: len(whole)] == whole
    before_rerun = len(world.cbs.requests)

    world.cbs.heal()
    carries_on(world, wijkpeil)
    asked = world.asked(VACANCY, since=before_rerun)
    assert asked.count("TypedDataSet") == DATA_PAGES - len(whole)
    assert list(snapshots.glob(".partial-*")) == []


def test_a_fault_that_passes_is_tried_again_and_not_told(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world.revise(vacant=7)
    world.cbs.fault(Fault("status", "TypedDataSet?", nth=2, status=503, retry_after=0))
    ran = wijkpeil("refresh", WIJK_RETRIES="1")
    assert ran.code == 0
    assert ran.told == []
    assert world.asked(VACANCY).count("TypedDataSet") == DATA_PAGES + 1


def test_what_was_fetched_before_a_failure_is_not_fetched_again(
    empty_world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    world = empty_world
    world.cbs.fault(Fault("status", f"{VACANCY}/TypedDataSet", times=99))
    ran = wijkpeil("refresh")
    assert "HTTP 500" in ran.sentence
    # what did come is published
    first = sha256(world.published)
    assert "TypedDataSet" in world.asked(AREAS)

    world.cbs.heal()
    before = len(world.cbs.requests)
    assert wijkpeil("refresh").code == 0
    assert world.asked(AREAS, since=before) == []
    assert sha256(world.published) != first


def test_a_renamed_column(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    before = sha256(world.published)
    world.cbs.replace(
        world.revise(vacant=7).renamed("Percentage onbewoond", "Percentage niet-bewoond")
    )
    ran = wijkpeil("refresh")
    assert "no measure 'Percentage onbewoond" in ran.sentence
    assert "nearest: 'Percentage niet-bewoond" in ran.sentence
    assert sha256(world.published) == before

    world.edit("cbs.toml", "Percentage onbewoond", "Percentage niet-bewoond")
    carries_on(world, wijkpeil)


def lose_the_file(world: SmallWorld) -> None:
    world.survey.unlink()


def write_with_commas(world: SmallWorld) -> None:
    text = world.survey.read_text(encoding="cp1252")
    world.survey.write_text(text.replace(",", ".").replace(";", ","), encoding="cp1252")


def misspell_an_area(world: SmallWorld) -> None:
    text = world.survey.read_text(encoding="cp1252")
    world.survey.write_text(text.replace("WK990107", "WK9901O7"), encoding="cp1252")


def write_a_word_for_a_number(world: SmallWorld) -> None:
    text = world.survey.read_text(encoding="cp1252")
    world.survey.write_text(text.replace("6,02", "zes", 1), encoding="cp1252")


def test_a_spoilt_extract(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    before = sha256(world.published)
    for spoil, told, next_step in (
        (lose_the_file, "no file ", "put it there or correct 'location'."),
        (write_with_commas, "no column 'Gebied'; the header is separated by ','", "'delimiter'"),
    ):
        world.write_survey()
        spoil(world)
        ran = wijkpeil("refresh")
        assert told in ran.sentence
        assert next_step in ran.sentence
        assert "survey" in ran.sentence
        assert sha256(world.published) == before
        assert world.mail.messages == []

    world.write_survey(unsafe=7)
    carries_on(world, wijkpeil)


@pytest.mark.parametrize(
    ("spoil", "told", "next_step"),
    [
        (misspell_an_area, "a code in no area list; nearest: 'WK9901", "'ignored_areas'"),
        (write_a_word_for_a_number, "in 2019, row 15 is no number: 'zes'", "'missing' in the"),
    ],
)
def test_a_spoilt_figure_costs_that_figure(
    world: SmallWorld,
    wijkpeil: Wijkpeil,
    spoil: Callable[[SmallWorld], None],
    told: str,
    next_step: str,
) -> None:
    before = sha256(world.published)
    spoil(world)
    ran = wijkpeil("refresh")
    assert ran.code == 0
    assert told in ran.out
    assert next_step in ran.out
    assert sha256(world.published) != before
    assert world.mail.messages == []
    problems = "select count(*) from core.quarantined_cell"
    assert rows(world.published, problems) in ([1], [10])

    world.write_survey(unsafe=7)
    carries_on(world, wijkpeil)
    assert rows(world.published, problems) == [0]


def test_two_runs_at_once(
    world: SmallWorld, wijkpeil: Wijkpeil, started: Callable[..., subprocess.Popen[str]]
) -> None:
    world.revise(vacant=7)
    world.cbs.fault(Fault("slow_drip", f"{VACANCY}/TypedDataSet", seconds=4))
    first = started("refresh")
    deadline = time.monotonic() + 60
    while "TypedDataSet" not in world.asked(VACANCY) and time.monotonic() < deadline:
        time.sleep(0.05)
    second = wijkpeil("refresh")
    assert re.search(
        rf"Another run is at work in .*warehouse \(process {first.pid} since \d\d:\d\d:\d\d UTC\); "
        "wait until it ends, then run again.",
        second.sentence,
    )
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert "Published edition" in out
    assert wijk_code(7) in rows(world.published, ALERTS)
    assert len(world.mail.messages) == 1


def test_the_mail_server_is_down(world: SmallWorld, wijkpeil: Wijkpeil, tmp_path: Path) -> None:
    world.revise(vacant=7)
    with MailSink(tmp_path / "other") as gone:
        address = gone.smtp_url
    ran = wijkpeil("refresh", WIJK_SMTP_URL=address)
    assert "cannot be used (Connection refused)" in ran.sentence
    assert "What is not sent stays queued" in ran.sentence
    assert wijk_code(7) in rows(world.published, ALERTS)
    assert world.mail.messages == []
    # a run by itself lets the server be for a while; a person need not wait
    assert wijkpeil("refresh").code == 0
    assert world.mail.messages == []
    assert wijkpeil("alerts", "send").code == 0
    assert [wijk_name(7) in mail["Subject"] for mail in world.mail.messages] == [True]


def test_the_data_owner_hears_why_a_run_failed(world: SmallWorld, wijkpeil: Wijkpeil) -> None:
    world.survey.unlink()
    owner = {"WIJK_DATA_OWNER": "beheer@voorbeeld.example"}
    ran = wijkpeil("refresh", **owner)
    early = wijkpeil("refresh", "--only", "nothing", **owner)
    told = zip(world.mail.received, [ran, early], strict=True)
    for notice, failed in told:
        assert notice.recipients == ("beheer@voorbeeld.example",)
        assert failed.sentence in notice.message.get_content().splitlines()
