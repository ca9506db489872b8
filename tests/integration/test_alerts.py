"""Which alerts are mailed, once each, and what the mail says."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import duckdb
import pytest
from digest_helpers import unwrapped
from mail_helpers import SENDER, MailHost, Programme, Trend, no_picture, publish, recipients_of

from wijkpeil.alerts import QueueReport, preview, queue_alerts, send_notice
from wijkpeil.alerts.delivery import list_messages
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.text import clean

WOZ = "woz_value_keur"
# of one new signal, one that waits and two areas that cannot be told
PLAIN = """Molenwijk staat stil
Programma Zuid, 2022

Dit is uw eerste mail met signalen; hierna hoort u alleen wat verandert.

■ staat stil  Molenwijk: Woninginbraken

Molenwijk staat stil op Woninginbraken
Molenwijk stagneert: +0,1 per jaar (marge −0,2 tot 0,3).

Hoe zeker?
De kans dat dit signaal onterecht is, is naar schatting 2%.

Wat kunt u doen?
1. Leg dit naast uw eigen beeld van de wijk.
2. Vraag een wijk die wél vooruitging wat daar anders ging.
3. Neem het wijkblad (A4) mee naar het overleg.

Indicatoren per wijk
   ▼   ■   ▲   –   ?
   0   2   0   0   0  Molenwijk
   0   0   0   0   1  Noord
   0   0   0   0   1  West
▼ achteruit, ■ stil, ▲ beter, – geen van drie, ? nog niet te zeggen.

Verder
- Nog niet gemeld: 1 mogelijk signaal (1 voorlopig).
- Over 2 van de 4 weten we te weinig; dat telt niet als stilstand.

Basis
Editie van 2 mei 2024, peiljaar 2022 (editie-1). Nog voorlopig: de
cijfers over 2022. Niet opnieuw op te halen, dus met oudere gegevens:
Kerncijfers wijken (van 2 februari 2024, bij publicatie 90 dagen oud).
Bron: CBS (CC BY 4.0); tabellen in het rapport.

Automatisch gemaakt door wijkpeil. Vragen: contact@voorbeeld.nl.
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(warehouse=tmp_path / "warehouse", mail_from=SENDER)


def queue(settings: Settings, database: Path, *programmes: Programme) -> QueueReport:
    """Queue what is new for these programmes, or for the usual one."""
    return queue_alerts(settings, database, recipients_of(*programmes), draw=no_picture)


def mail(settings: Settings, database: Path, *programmes: Programme) -> EmailMessage:
    """The one mail that this edition gives."""
    folder = settings.warehouse / "preview"
    written = preview(settings, database, recipients_of(*programmes), folder, draw=no_picture)
    (path,) = [path for path in written if path.suffix == ".eml"]
    email = message_from_bytes(path.read_bytes(), policy=SMTP.clone(refold_source="none"))
    assert isinstance(email, EmailMessage)
    return email


def part(email: EmailMessage, kind: str) -> str:
    """A part of the mail, the plain one on one line."""
    body = email.get_body((kind,))
    assert body is not None
    text = str(body.get_content()).replace("\r\n", "\n")
    return unwrapped(text) if kind == "plain" else text


def edition(settings: Settings, tmp_path: Path, number: int, *trends: Trend, **more: Any) -> int:
    """Publish the next edition and queue what is new; how many mails."""
    report = queue(settings, publish(tmp_path, trends, number=number, **more))
    return len(report.queued)


# what the mail says


def test_the_subject_names_what_happens_where_worst_first(
    settings: Settings, tmp_path: Path
) -> None:
    trends = [
        Trend(area_name="Wijk 04 Molenveld"),
        Trend("WK000101", WOZ, "deteriorating", area_name="Wijk 04 Molenveld"),
        Trend("WK000102", area_name="Noord"),
    ]
    email = mail(settings, publish(tmp_path, trends))
    # a subject of more than a line may be folded before its first word
    assert email["Subject"].strip() == (
        "Molenveld gaat achteruit, Noord staat stil (Programma Zuid, 2022)"
    )


def test_the_subject_names_three_areas_and_counts_the_rest(
    settings: Settings, tmp_path: Path
) -> None:
    trends = [
        Trend(f"WK00010{n}", area_name=name, trend_class=trend_class)
        for n, (name, trend_class) in enumerate(
            [("Noord", "deteriorating")]
            + [(name, "stagnating") for name in ("Oost", "Plein", "Zuid", "West")]
        )
    ]
    assert mail(settings, publish(tmp_path, trends))["Subject"].strip() == (
        "Noord gaat achteruit, Oost, Plein en nog 2 wijken staan stil (Programma Zuid, 2022)"
    )


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Wijk 01 Waterdam", "Wijk 02 Waterdam"), "Wijk 01 Waterdam en Wijk 02 Waterdam staan"),
        (("Noord", "N" * 40), "2 wijken staan stil"),
    ],
)
def test_the_subject_names_no_area_that_is_not_clear_or_does_not_fit(
    settings: Settings, tmp_path: Path, names: tuple[str, str], shown: str
) -> None:
    trends = [Trend(f"WK00010{n}", area_name=name) for n, name in enumerate(names)]
    subject = mail(settings, publish(tmp_path, trends))["Subject"].strip()
    assert subject.startswith(shown)


def test_areas_of_several_kinds_are_called_gebieden(settings: Settings, tmp_path: Path) -> None:
    trends = [
        Trend(code, area_name=f"Naam {code[-2:]}")
        for code in ("WK000101", "BU00010101", "WK000102", "WK000103", "WK000104", "zuid/oost")
    ]
    subject = mail(settings, publish(tmp_path, trends))["Subject"]
    assert " en nog 3 gebieden staan stil" in subject


def test_every_new_area_and_its_signal_is_in_both_parts(settings: Settings, tmp_path: Path) -> None:
    trends = [Trend(), Trend("WK000102", WOZ, "deteriorating", area_name="Noord")]
    email = mail(settings, publish(tmp_path, trends))
    for kind in ("plain", "html"):
        text = part(email, kind)
        assert 0 < text.index("▼ achteruit") < text.index("■ staat stil")
        assert "Gemiddelde WOZ-waarde" in text and "Woninginbraken" in text
        assert "Noord in het kort, marge −0,2." in text


def test_areas_whose_codes_were_found_by_name_are_told_once_in_both_parts(
    settings: Settings, tmp_path: Path
) -> None:
    trends = [
        Trend("zuid/oost", certainty="name_match", area_name="Oost"),
        Trend("zuid/oost", WOZ, certainty="name_match", area_name="Oost"),
        Trend("zuid/west", certainty="name_match", area_name="West"),
        Trend("zuid/noord", area_name="Noord"),
        Trend("zuid/rust", trend_class="improving", certainty="name_match", area_name="Rust"),
    ]
    email = mail(settings, publish(tmp_path, trends))
    line = "Van 2 gebieden zijn de CBS-codes gevonden op naam, niet bevestigd: Oost en West."
    for kind in ("plain", "html"):
        assert part(email, kind).count(line) == 1


def test_the_plain_text_is_as_agreed(settings: Settings, tmp_path: Path) -> None:
    trends = [
        Trend(
            sentence="Molenwijk stagneert: +0,1 per jaar (marge −0,2 tot 0,3).", inhabitants=8790
        ),
        Trend(indicator_id=WOZ, allowed=False, inhabitants=8790),
        Trend("WK000102", trend_class="inconclusive", area_name="Noord"),
        Trend("WK000103", trend_class="insufficient", area_name="West"),
    ]
    database = publish(tmp_path, trends, provisional=[2022], stale_days=90)
    email = mail(settings, database)
    body = email.get_body(("plain",))
    assert body is not None
    assert str(body.get_content()).replace("\r\n", "\n") == PLAIN


def test_outside_text_is_escaped_in_html(settings: Settings, tmp_path: Path) -> None:
    email = mail(settings, publish(tmp_path, [Trend(area_name='<b>&"x')]))
    assert '■ staat stil <b>&"x: Woninginbraken' in part(email, "plain")
    assert "&lt;b&gt;&amp;&#34;x" in part(email, "html")
    assert "<b>" not in part(email, "html")


def test_a_line_break_in_a_name_makes_no_header_and_no_line(
    settings: Settings, tmp_path: Path
) -> None:
    programme = Programme(name_nl="Zuid\r\nBcc: derde@voorbeeld.nl\r\n\r\nX\u202e\x07")
    trend = Trend(area_name="Molen\nwijk\u2028a")
    email = mail(settings, publish(tmp_path, [trend], programmes=[programme]), programme)
    assert email["Bcc"] is None
    assert email["Subject"].strip() == (
        "Molen wijk a staat stil (Zuid Bcc: derde@voorbeeld.nl X, 2022)"
    )
    assert "■ staat stil Molen wijk a: Woninginbraken" in part(email, "plain")


def test_synthetic_figures_are_named_in_subject_and_both_parts(
    settings: Settings, tmp_path: Path
) -> None:
    email = mail(settings, publish(tmp_path, [Trend()], synthetic=True))
    assert email["Subject"].endswith(" (Programma Zuid, 2022) [synthetische cijfers]")
    assert part(email, "plain").startswith("Synthetische cijfers: trek er geen")
    assert "Synthetische cijfers: trek er geen" in part(email, "html")


def test_the_headers_say_who_what_and_that_a_machine_wrote_it(
    settings: Settings, tmp_path: Path
) -> None:
    programme = Programme(programme_id="p" * 60, recipients=["a@voorbeeld.nl", "b@voorbeeld.nl"])
    trend = Trend(programme_id="p" * 60)
    email = mail(settings, publish(tmp_path, [trend], programmes=[programme]), programme)
    lines = email.as_bytes().decode("ascii").split("\r\n")
    assert f"List-Id: <{'p' * 60}.wijkpeil.voorbeeld.nl>" in lines
    assert "To: a@voorbeeld.nl, b@voorbeeld.nl" in lines
    assert "Reply-To: contact@voorbeeld.nl" in lines
    assert "Auto-Submitted: auto-generated" in lines
    assert email["From"] == SENDER and email["Date"].datetime.tzinfo is not None


def test_the_message_id_follows_from_the_content(settings: Settings, tmp_path: Path) -> None:
    database, other = publish(tmp_path, [Trend()]), publish(tmp_path, [Trend()], number=2)
    first, second, third = (mail(settings, path) for path in (database, database, other))
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]


def test_each_programme_gets_its_own_mail(settings: Settings, tmp_path: Path) -> None:
    programmes = [Programme(), Programme("noord", "Programma Noord", None, ["n@voorbeeld.nl"])]
    trends = [Trend(), Trend(programme_id="noord", area_name="Havenwijk")]
    report = queue(settings, publish(tmp_path, trends, programmes=programmes), *programmes)
    assert [(m.programme_id, m.recipients[0].address) for m in report.queued] == [
        ("noord", "n@voorbeeld.nl"),
        ("zuid", "manager@voorbeeld.nl"),
    ]
    texts = [Ledger(settings.warehouse).eml(m.message_id).read_text() for m in report.queued]
    assert ["Havenwijk" in text for text in texts] == [True, False]


# what is new


def test_nothing_new_makes_no_mail(settings: Settings, tmp_path: Path) -> None:
    report = queue(settings, publish(tmp_path, [Trend(trend_class="inconclusive")]))
    assert report == QueueReport((), (), 0, ())
    assert report.sentences == ["No new alerts, so no mail."]


def test_a_second_run_mails_nothing(settings: Settings, tmp_path: Path) -> None:
    database = publish(tmp_path, [Trend()])
    assert len(queue(settings, database).queued) == 1
    assert queue(settings, database).queued == ()
    assert len(list_messages(settings)) == 1


def test_an_alert_is_not_mailed_again_in_a_later_edition(
    settings: Settings, tmp_path: Path
) -> None:
    assert edition(settings, tmp_path, 1, Trend()) == 1
    assert edition(settings, tmp_path, 2, Trend(), year=2023) == 0


def test_only_what_is_new_is_in_the_next_mail(settings: Settings, tmp_path: Path) -> None:
    edition(settings, tmp_path, 1, Trend())
    assert edition(settings, tmp_path, 2, Trend(), Trend("WK000102", area_name="Noord")) == 1
    message = list_messages(settings)[1]
    assert message.subject.startswith("Noord staat stil (")
    email = message_from_bytes(
        Ledger(settings.warehouse).eml(message.message_id).read_bytes(), policy=SMTP
    )
    assert isinstance(email, EmailMessage)
    assert "staat stil Molenwijk: Woninginbraken ■ staat stil Noord: nieuw: Woninginbraken" in part(
        email, "plain"
    )


@pytest.mark.parametrize("quiet", ["improving", "inconclusive"])
def test_an_alert_that_was_lifted_and_comes_back_is_new(
    settings: Settings, tmp_path: Path, quiet: str
) -> None:
    edition(settings, tmp_path, 1, Trend())
    lifted = queue(settings, publish(tmp_path, [Trend(trend_class=quiet)], number=2))
    assert lifted.lifted == 1 and lifted.sentences[-1] == "Alerts lifted: 1."
    assert edition(settings, tmp_path, 3, Trend()) == 1


@pytest.mark.parametrize("rows", [[Trend(trend_class="insufficient")], []])
def test_missing_data_lift_nothing(settings: Settings, tmp_path: Path, rows: list[Trend]) -> None:
    edition(settings, tmp_path, 1, Trend())
    assert queue(settings, publish(tmp_path, rows, number=2)).lifted == 0
    assert edition(settings, tmp_path, 3, Trend()) == 0


def test_going_back_to_an_old_edition_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    old = publish(tmp_path, [Trend(trend_class="inconclusive")], number=1)
    edition(settings, tmp_path, 2, Trend())
    assert queue(settings, old).lifted == 0
    assert edition(settings, tmp_path, 3, Trend()) == 0


def test_going_back_to_before_a_lift_mails_nothing(settings: Settings, tmp_path: Path) -> None:
    with_alert = publish(tmp_path, [Trend()], number=1)
    queue(settings, with_alert)
    edition(settings, tmp_path, 2, Trend(trend_class="improving"))
    assert queue(settings, with_alert).new == ()


def test_a_closed_gate_holds_a_new_alert_until_it_opens(settings: Settings, tmp_path: Path) -> None:
    assert edition(settings, tmp_path, 1, Trend(allowed=False)) == 0
    assert edition(settings, tmp_path, 2, Trend()) == 1


def test_only_the_current_edition_year_counts(settings: Settings, tmp_path: Path) -> None:
    database = publish(tmp_path, [Trend()], year=2021)
    with duckdb.connect(str(database)) as db:
        db.execute(
            "insert into marts.stagnation by name select * replace (2022 as edition_year, "
            "'inconclusive' as class, false as is_alert) from marts.stagnation"
        )
    assert queue(settings, database).queued == ()


def test_a_programme_without_recipients_is_said_and_claims_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    database = publish(tmp_path, [Trend()], programmes=[Programme(recipients=())])
    for _ in range(2):
        report = queue(settings, database, Programme(recipients=()))
        assert report.queued == ()
        assert "'zuid' has 1 new alert(s) and no recipients" in report.sentences[0]


def test_a_programme_of_which_no_mail_can_be_made_holds_no_other(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Programme("a_eerst", "Programma A", contact="geen adres")
    programmes = (broken, Programme())
    database = publish(tmp_path, [Trend(programme_id="a_eerst"), Trend()], programmes=programmes)
    report = queue(settings, database, *programmes)
    assert [message.programme_id for message in report.queued] == ["zuid"]
    (problem,) = report.problems
    assert "Of programme 'a_eerst' no message can be made ('geen adres' is not a mail" in problem
    assert [key.programme_id for key in Ledger(settings.warehouse).last_told()] == ["zuid"]
    assert caplog.records == []


def test_a_picture_that_cannot_be_drawn_costs_only_itself(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = publish(tmp_path, [Trend(), Trend(indicator_id=WOZ)])

    def broken(*_: object) -> None:
        raise ValueError("no such mark\nat line 1")

    report = queue_alerts(settings, database, recipients_of(), draw=broken)
    assert len(report.queued) == 1 and report.problems == ()
    (warning,) = report.warnings
    assert warning in report.sentences and "1 picture could not be drawn" in warning
    assert warning.endswith("in WK000101 (ValueError: no such mark).")
    assert "no such mark" in caplog.text


def test_without_a_sender_address_nothing_is_claimed(tmp_path: Path) -> None:
    database = publish(tmp_path, [Trend()])
    settings = Settings(warehouse=tmp_path / "warehouse")
    with pytest.raises(WijkError, match="WIJK_MAIL_FROM is not set, so 1 message"):
        queue(settings, database)
    assert list_messages(settings) == []


def test_a_file_that_is_no_published_warehouse_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(WijkError, match=r"nowhere\.duckdb cannot be read for alerts .*refresh"):
        queue(settings, tmp_path / "nowhere.duckdb")


# preview and notice


def test_a_preview_writes_three_files_and_claims_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    database = publish(tmp_path, [Trend()])
    written = preview(settings, database, recipients_of(), tmp_path / "preview", draw=no_picture)
    assert [path.name for path in written] == ["zuid.eml", "zuid.html", "zuid.txt"]
    assert all("Woninginbraken" in path.read_text() for path in written)
    assert not settings.warehouse.exists()


def test_a_notice_reaches_the_data_owner(tmp_path: Path) -> None:
    with MailHost(tmp_path) as host:
        sentence = send_notice(host.settings(tmp_path), "Mislukt\r\nBcc: x@y.nl", "een\ntwee\x07")
        ((recipients, email),) = host.box.mails
    assert sentence == "A notice was mailed to beheer@voorbeeld.nl."
    assert recipients == ["beheer@voorbeeld.nl"]
    assert email["Subject"] == "Mislukt Bcc: x@y.nl"
    assert email.get_content().split() == ["een", "twee"]


def test_a_notice_that_cannot_be_mailed_is_told_not_raised(tmp_path: Path) -> None:
    settings = MailHost(tmp_path).settings(tmp_path)
    assert "was not mailed: Mail server localhost:" in send_notice(settings, "x", "y")


def test_cleaning_keeps_letters_and_drops_what_cannot_be_seen() -> None:
    assert clean(" Eén\r\n\twijk\x00\u200b\u202e \ud800(’s) ") == "Eén wijk (’s)"
