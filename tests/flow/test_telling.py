"""What the data owner is told of sources and figures: once, whatever held it up, and no run that
mails nothing tells her."""

from __future__ import annotations

import re

import pytest
from command import Wijkpeil
from small_world import SmallWorld, vacancy_table, wijk_code

from wijkpeil.demo import MailSink
from wijkpeil.runs import PlainRunner, run_deliver

pytestmark = pytest.mark.usefixtures("figures_only")

OWNER = "beheer@voorbeeld.example"
NOT_TOLD = "The data owner was not told what is new, as --no-send asks"


@pytest.fixture(autouse=True)
def owner(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIJK_DATA_OWNER", OWNER)


def notices(world: SmallWorld) -> list[tuple[str, str]]:
    """Subject and text of each notice to the data owner since the last time this was asked."""
    new = [each for each in world.mail.received if each.recipients == (OWNER,)]
    world.mail.received[:] = [each for each in world.mail.received if each not in new]
    return [(str(each.message["Subject"]), each.message.get_content()) for each in new]


def add_rows(world: SmallWorld, *rows: str) -> None:
    world.survey.write_bytes(world.survey.read_bytes() + "".join(f"{r}\r\n" for r in rows).encode())


def put_back(world: SmallWorld) -> None:
    """CBS publishes a version of before its last one, with another figure."""
    table = vacancy_table(world.vacant, {(wijk_code(4), 2020): 9.9})
    world.cbs.replace(table.touched("2026-04-15T02:00:00"))


def test_rows_that_are_left_out_are_told_once_and_again_when_there_are_more(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    add_rows(world, "WK9999ZZ;2024;5,00", "Totaal;2024;6,10", ";2024;6,20")
    ran = wijkpeil("refresh", "--no-send")
    assert (ran.code, notices(world)) == (0, [])
    assert NOT_TOLD in ran.out

    assert wijkpeil("refresh").code == 0
    [(subject, text)] = notices(world)
    assert subject == "wijkpeil: figures of survey are left out"
    assert "Source survey: 3 figures in 3 rows cannot be used." in text
    rows = re.findall(r"(?m)^- Source survey: 'safety_grade' of (.+) in 2024, row \d+ (.{9})", text)
    assert rows == [
        ("'WK9999ZZ'", "is about "),
        ("'Totaal'", "is about "),
        ("no area", "has no ar"),
    ], text
    command = re.findall(r'`wijkpeil query "(.+)"`', text.replace("\n", " "))
    assert wijkpeil("query", *command, "--csv").out.count("survey,") == 3

    world.write_survey()
    add_rows(world, "Totaal;2024;6,10", "WK9999ZY;2024;5,00", ";2024;6,20", "WK9999ZZ;2024;5,00")
    assert wijkpeil("refresh").code == 0
    [(_, text)] = notices(world)
    assert "1 figure in 1 row cannot be used, beside those told before; 4 rows have such" in text
    assert "WK9999ZY" in text and "Totaal" not in text


def test_news_of_a_source_is_kept_until_it_is_told(
    world: SmallWorld, wijkpeil: Wijkpeil, tmp_path_factory: pytest.TempPathFactory
) -> None:
    put_back(world)
    with MailSink(tmp_path_factory.mktemp("other")) as gone:
        address = gone.smtp_url
    told = f"The notice to {OWNER} was not mailed"
    assert told in wijkpeil("refresh", WIJK_SMTP_URL=address).out
    ran = wijkpeil("refresh", "--no-send")
    assert NOT_TOLD in ran.out
    assert notices(world) == []
    # the run between two refreshes tells it too
    assert run_deliver(PlainRunner()).notice == f"A notice was mailed to {OWNER}."
    [(subject, text)] = notices(world)
    assert subject == "wijkpeil: what changed at the sources"
    assert "was put back from its version of 2026-05-01T" in text
    assert wijkpeil("refresh").code == 0
    assert notices(world) == []


def test_a_run_that_sends_nothing_tells_the_data_owner_nothing(
    world: SmallWorld, wijkpeil: Wijkpeil
) -> None:
    # a doubt, news, and a failure
    world.revise(values={(wijk_code(3), 2024): 140.0})
    assert wijkpeil("refresh", "--no-send").code == 0
    put_back(world)
    world.survey.unlink()
    assert wijkpeil("refresh", "--no-send").code == 1
    assert notices(world) == []
    run_deliver(PlainRunner())
    assert sorted(subject.split(" ")[1] for subject, _ in notices(world)) == ["run", "what"]
