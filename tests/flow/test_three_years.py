"""Three years of a stand-in CBS: an edition each time, and each time told what is new in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_world import wijk_code, wijk_name
from three_years import FIRST_YEAR, LOW_INCOME, VACANCY, Town, town

from wijkpeil.runs import Outcome, steps
from wijkpeil.sources import compared
from wijkpeil.sources.snapshots import utc_now


@pytest.fixture
def testdam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with town(tmp_path) as found:
        for name, text in found.world.environment.items():
            monkeypatch.setenv(name, text)
        # a site of its own has its own tests
        monkeypatch.setattr(steps, "make_report", lambda _settings: None)
        yield found


@pytest.mark.timeout(900)  # six runs, each with its own build
def test_three_years(testdam: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions = Revisions(testdam)
    first = first_year(testdam, revisions)
    second = second_year(testdam, revisions, first)
    third_year(testdam, revisions, second)
    # a correction under the same date is found when all is compared, and told to who owns the data
    monkeypatch.setenv("WIJK_DATA_OWNER", "data@voorbeeld.example")
    testdam.cells[VACANCY, wijk_code(11), 2026] = 13.1
    testdam.publish(2026, is_told=False)
    monkeypatch.setattr(compared, "utc_now", lambda: utc_now() + timedelta(days=28))
    corrected = published(testdam.run())
    assert new_in(corrected) == {"kwb_2026"}
    assert any("under the same date of change" in line for line in corrected.sentences)
    assert revisions.new() == {("vacancy_share", 2026, "changed", 1)}
    # beside it, once: what is doubted since, single figures that were revised beyond all others
    mails = testdam.mails()
    told = [text for text in mails if not text.startswith("Until somebody looked at this")]
    (correction,) = told
    assert "(cbs.toml, kwb_2026) has other figures than on" in correction


def first_year(testdam: Town, revisions: Revisions) -> Outcome:
    """2025: the newest table comes with a column that is still empty, and is filled a quarter
    later, which is no news of wijken that were told already."""
    testdam.late = {2025}
    testdam.publish(*range(FIRST_YEAR, 2026))
    testdam.catalog(*range(FIRST_YEAR, 2026))
    first = published(testdam.run())
    assert "Source kwb_2025: not published yet: low_income_share." in first.sentences
    assert states(testdam, 2025)["low_income_share"] == "not_yet_published"
    assert states(testdam, 2025)["vacancy_share"] == "final"
    (mail,) = testdam.mails()
    assert "Dit is uw eerste mail met signalen" in mail
    assert [(badge, name) for badge, name, _ in lines_of(mail)] == [
        ("■ staat stil", wijk_name(3)),
        ("■ staat stil", wijk_name(5)),
    ]
    (first, second) = (told for _, _, told in lines_of(mail))
    assert first.startswith("leegstand")
    assert second.startswith("aandeel huishoudens met een laag inkomen")
    assert revisions.new() == set()

    testdam.late = set()
    testdam.publish(2025)
    filled = published(testdam.run())
    assert new_in(filled) == {"kwb_2025"}
    assert not any("not published yet" in line for line in filled.sentences)
    assert "Source kwb_2025: published now: low_income_share." in filled.sentences
    assert states(testdam, 2025)["low_income_share"] == "final"
    assert revisions.new() == {("low_income_share", 2025, "added", 32)}
    assert testdam.mails() == []
    return filled


def second_year(testdam: Town, revisions: Revisions, before: Outcome) -> Outcome:
    """2026: a figure is revised, one is withdrawn, and there is a new year, in which of one wijk it
    can be told first that it stands still, and of another no more."""
    testdam.cells = {(VACANCY, wijk_code(7), 2023): 14.9, (LOW_INCOME, wijk_code(9), 2024): None}
    testdam.late = {2026}
    testdam.publish(2023, 2024, 2026)
    testdam.catalog(2026)
    outcome = published(testdam.run())
    assert edition_of(outcome) > edition_of(before)
    assert new_in(outcome) == {"kwb_2023", "kwb_2024", "kwb_2026"}
    (notice,) = [text for text in outcome.sentences if "not published yet" in text]
    assert "kwb_2026: not published yet: low_income_share." in notice
    # a line without it is another line
    assert f"low_income_share {wijk_code(9)} 2024: the figure was" in notice
    assert testdam.ask("select last_year from meta.edition") == [(2026,)]
    assert revisions.new() == {
        ("vacancy_share", 2023, "changed", 1),
        ("low_income_share", 2024, "withdrawn", 1),
    }
    withdrawn = testdam.ask(
        "select value, status from marts.liveability where indicator_id = 'low_income_share' "
        f"and area_code = '{wijk_code(9)}' and year = 2024"
    )
    assert withdrawn == [(None, "suppressed")]
    (mail,) = testdam.mails()
    lasting, new, over = lines_of(mail)
    assert lasting[:2] == ("■ staat stil", wijk_name(5)) and "nieuw" not in lasting[2]
    assert new[:2] == ("■ staat stil", wijk_name(14)) and new[2].startswith("nieuw: leegstand")
    assert over[:2] == ("geen signaal meer", wijk_name(3))
    assert over[2] == "leegstand (2025: stagneert; nu: nog niet vast te stellen)"
    return outcome


def third_year(testdam: Town, revisions: Revisions, before: Outcome) -> None:
    """2027: a column is called otherwise. Until somebody says that it is the same the table without
    it is held, the edition stays and the nearest is told; then it is as if nothing had been."""
    testdam.titles = {(VACANCY, 2026): "Percentage leegstaand"}
    testdam.late = set()
    testdam.publish(2026)
    renamed = testdam.run()
    assert renamed.problem is None
    told = " ".join(line.full for line in renamed.notes)
    assert "Measure 'vacancy_share' has no column any more" in told
    assert "no measure 'Percentage onbewoond (%)'" in told
    assert "nearest: 'Percentage leegstaand (%)'" in told
    assert "is held and its snapshot of" in told
    values = "select count(value) from core.observation where indicator_id = 'vacancy_share'"
    assert testdam.ask(values)[0][0] > 0
    assert testdam.mails() == []

    testdam.world.edit(
        "cbs.toml",
        "alternatives = []",
        'alternatives = [{ title = "Percentage leegstaand", unit = "%", years = [2026, 2026] }]',
    )
    mended = published(testdam.run())
    assert edition_of(mended) > edition_of(before)
    assert revisions.new() == {("low_income_share", 2026, "added", 32)}
    assert states(testdam, 2026) == {
        "inhabitants": "final",
        "low_income_share": "final",
        "vacancy_share": "final",
    }
    assert testdam.mails() == []


class Revisions:
    """What of the figures was revised since it was asked last."""

    def __init__(self, testdam: Town) -> None:
        self._testdam = testdam
        self._known: set[Any] = set()

    def new(self) -> set[Any]:
        """Indicator, year, what became of it, and in how many areas."""
        now = set(
            self._testdam.ask(
                "select indicator_id, year, revision, count(*) from meta.revision group by all"
            )
        )
        new = now - self._known
        self._known |= now
        return new


def lines_of(mail: str) -> list[tuple[str, str, str]]:
    """The badge, the wijk and what is told of it, of each line of a mail that names a wijk."""
    badges = "▼ achteruit|■ staat stil|▲ hersteld|gecorrigeerd|geen signaal meer"
    text = re.sub(r"\r?\n  (?=\S)", " ", mail)
    return re.findall(rf"(?m)^({badges})  (Wijk \d\d Testdam): (.*?)\r?$", text)


def states(testdam: Town, year: int) -> dict[str, str]:
    """The one state of all figures of an indicator in a year."""
    found = testdam.ask(
        f"select distinct indicator_id, status from marts.liveability where year = {year}"
    )
    assert len(found) == len(dict(found))
    return dict(found)


def new_in(outcome: Outcome) -> set[str]:
    """The sources of which the run has a new snapshot."""
    return {item.source_id for item in outcome.sources if item.is_new}


def published(outcome: Outcome) -> Outcome:
    """The outcome of a run that made an edition and has nothing amiss."""
    assert outcome.problem is None
    assert outcome.is_published
    return outcome


def edition_of(outcome: Outcome) -> str:
    assert outcome.edition is not None
    return outcome.edition.edition_id
