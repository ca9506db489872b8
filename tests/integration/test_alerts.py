"""Which alerts are mailed, once each, and what the mail says."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mail_helpers import SENDER, MailHost, Programme, Trend, no_picture, publish, recipients_of

from wijkpeil.alerts import QueueReport, preview, queue_alerts, send_notice
from wijkpeil.alerts.delivery import list_messages
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.text import clean

WOZ = "woz_value_keur"


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
    body = email.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def edition(settings: Settings, tmp_path: Path, number: int, *trends: Trend, **more: Any) -> int:
    """Publish the next edition and queue what is new; how many mails."""
    report = queue(settings, publish(tmp_path, trends, number=number, **more))
    return len(report.queued)


# what the mail says


def test_the_subject_names_one_or_two_areas_and_the_programme(
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
        "Molenveld en Noord staan stil of gaan achteruit (3 signalen): Programma Zuid"
    )


def test_the_subject_counts_the_signals_of_more_areas(settings: Settings, tmp_path: Path) -> None:
    trends = [Trend(), Trend("WK000102", area_name="Noord"), Trend("WK000103", area_name="West")]
    email = mail(settings, publish(tmp_path, trends))
    assert email["Subject"] == "3 signalen in 3 wijken: Programma Zuid"


@pytest.mark.parametrize("names", [("Wijk 01 Waterdam", "Wijk 02 Waterdam"), ("Noord", "N" * 40)])
def test_the_subject_names_no_area_that_is_not_clear_or_does_not_fit(
    settings: Settings, tmp_path: Path, names: tuple[str, str]
) -> None:
    trends = [Trend(f"WK00010{n}", area_name=name) for n, name in enumerate(names)]
    subject = mail(settings, publish(tmp_path, trends))["Subject"].strip()
    shown = "2 signalen in 2 wijken" if names[0] == "Noord" else " en ".join(names)
    assert subject.startswith(shown)


def test_areas_of_several_kinds_are_called_gebieden(settings: Settings, tmp_path: Path) -> None:
    trends = [Trend(), Trend("BU00010101", area_name="Oost"), Trend("WK000102", area_name="West")]
    assert " in 3 gebieden: " in mail(settings, publish(tmp_path, trends))["Subject"]


def test_every_sentence_is_in_both_parts_under_its_area(settings: Settings, tmp_path: Path) -> None:
    trends = [Trend(), Trend("WK000102", WOZ, "deteriorating", area_name="Noord")]
    email = mail(settings, publish(tmp_path, trends))
    for kind in ("plain", "html"):
        text = part(email, kind)
        headings = [
            text.rindex("(gemeente Waterdam)", 0, text.index(t.sentence_nl)) for t in trends
        ]
        assert headings == sorted(headings) and len({*headings}) == 2
        assert "Woninginbraken: stagneert" in text
        assert "Gemiddelde WOZ-waarde: verslechtert" in text


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
        beside = "Let op: de CBS-codes van dit gebied zijn gevonden op naam, niet bevestigd."
        assert part(email, kind).count(beside) == 2
    assert f"West (gemeente Waterdam)\n{beside}\n" in part(email, "plain")
    assert f"hun bron voorlopig noemt.\n{line}\nBron: " in part(email, "plain")


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
    assert part(mail(settings, database), "plain") == (
        "Programma Zuid\n"
        "\n"
        "Wat en waar: Molenwijk stagneert op Woninginbraken.\n"
        "Hoe zeker: Per signaal is met 95% zekerheid uitgesloten dat het er zo snel beter gaat als "
        "vooraf als norm is gekozen. De kans dat dit signaal ten onrechte is, is naar schatting "
        "2%.\n"
        "Verder: Er staan geen eerder gemelde signalen open.\n"
        "\n"
        "VOOR HET EERST GEMELD\n"
        "\n"
        "Molenwijk (gemeente Waterdam)\n"
        "8.790 inwoners.\n"
        "Staat stil of gaat achteruit op het enige vast te stellen onderwerp van veiligheid. "
        "Hier nog niet gemeld, in het rapport wel meegeteld: 1 mogelijk signaal, zie onderaan.\n"
        "\n"
        "* Woninginbraken: stagneert\n"
        "  Molenwijk stagneert: +0,1 per jaar (marge −0,2 tot 0,3).\n"
        "  In 2022, per 1 000: Wijk 12,3; Waterdam 10,0; Nederland 9,0; Programma 11,0.\n"
        "\n"
        "NOG NIET GEMELD\n"
        "1 mogelijk signaal: 1 rust op voorlopige cijfers.\n"
        "\n"
        "NIET VAST TE STELLEN\n"
        "2 van 4 reeksen: 1 te onzeker, 1 met te weinig gegevens. Dat telt niet als "
        "stilstand.\n"
        "\n"
        "WAAR DIT OP RUST\n"
        "Editie editie-1, gepubliceerd op 2 mei 2024, peiljaar 2022.\n"
        "Voorlopig en dus nog te wijzigen: de cijfers over 2022.\n"
        "Niet opnieuw op te halen, dus met oudere gegevens: Kerncijfers wijken "
        "(van 2 februari 2024, bij publicatie 90 dagen oud).\n"
        "Bron: CBS (CC BY 4.0): Kerncijfers wijken.\n"
        "\n"
        "Dit bericht is automatisch gemaakt door wijkpeil. Een signaal wordt één keer gemeld. "
        "Vragen: contact@voorbeeld.nl.\n"
    )


@pytest.mark.parametrize(
    ("programme_id", "name"), [("zuid", "Andere gebieden"), ("noord", "Programma")]
)
def test_figures_without_the_area_are_called_the_rest_of_its_own_programme_only(
    settings: Settings, tmp_path: Path, programme_id: str, name: str
) -> None:
    database = publish(tmp_path, [Trend()])
    with duckdb.connect(str(database)) as db:
        db.execute("update core.benchmark set is_self_excluded = comparator = 'gemeente'")
        db.execute(
            "insert into core.benchmark "
            "select area_code, ?, indicator_id, year, comparator, value, true "
            "from core.benchmark where comparator = 'programme'",
            [programme_id],
        )
    text = part(mail(settings, database), "plain")
    assert f"Rest van Waterdam 10,0; Nederland 9,0; {name}" in text


def test_outside_text_is_escaped_in_html(settings: Settings, tmp_path: Path) -> None:
    email = mail(settings, publish(tmp_path, [Trend(area_name='<b>&"x')]))
    assert '<b>&"x (gemeente' in part(email, "plain")
    assert "&lt;b&gt;&amp;&#34;x" in part(email, "html")
    assert "<b>" not in part(email, "html")


def test_a_line_break_in_a_name_makes_no_header_and_no_line(
    settings: Settings, tmp_path: Path
) -> None:
    programme = Programme(name_nl="Zuid\r\nBcc: derde@voorbeeld.nl\r\n\r\nX\u202e\x07")
    trend = Trend(area_name="Molen\nwijk\u2028a")
    email = mail(settings, publish(tmp_path, [trend], programmes=[programme]), programme)
    assert email["Bcc"] is None
    assert email["Subject"] == "Molen wijk a staat stil (1 signaal): Zuid Bcc: derde@voorbeeld.nl X"
    assert "\nMolen wijk a (gemeente Waterdam)\n" in part(email, "plain")


def test_synthetic_figures_are_named_in_subject_and_both_parts(
    settings: Settings, tmp_path: Path
) -> None:
    email = mail(settings, publish(tmp_path, [Trend()], synthetic=True))
    assert email["Subject"].endswith(": Programma Zuid [synthetische cijfers]")
    assert part(email, "plain").startswith("Let op: synthetische cijfers.")
    assert "Let op: synthetische cijfers." in part(email, "html")


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
    text = Ledger(settings.warehouse).eml(list_messages(settings)[1].message_id).read_text()
    assert "Noord (gemeente" in text and "Molenwijk (gemeente" not in text
    assert "1 signaal houdt aan in 1 wijk." in text


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
    assert warning in report.sentences and "2 pictures could not be drawn" in warning
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
