"""Sending: what each answer of the mail server makes of a message, and never twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mail_helpers import PASSWORD, SENDER, MailHost, free_port, wait_until
from outbox_helpers import A, B, queue

from wijkpeil.alerts.delivery import list_messages, send_outbox
from wijkpeil.alerts.ledger import AlertKey, Ledger, Message, Recipient
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

PROJECT = Path(__file__).parents[2]


def state(settings: Settings) -> str:
    (message,) = list_messages(settings)
    return message.state


def sender_process(settings: Settings) -> subprocess.Popen[bytes]:
    """Another process that sends the outbox."""
    code = (
        "from wijkpeil.settings import Settings; from wijkpeil.alerts.delivery import send_outbox; "
    )
    code += "send_outbox(Settings.from_environment())"
    values = {
        "WAREHOUSE": settings.warehouse,
        "SMTP_URL": settings.smtp_url,
        "SMTP_PASSWORD_FILE": settings.smtp_password_file,
        "MAIL_FROM": settings.mail_from,
    }
    environment = os.environ | {f"WIJK_{name}": str(value) for name, value in values.items()}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=PROJECT)


# the answers of the server


def test_a_mail_goes_out_whole_over_tls_with_login_and_only_once(
    host: MailHost, settings: Settings
) -> None:
    queue(settings, A, B)
    assert send_outbox(settings).having("sent") == ["bericht-1"]
    assert send_outbox(settings).messages == ()
    ((recipients, email),) = host.box.mails
    assert recipients == [A, B]
    assert email.get_content().splitlines() == ["regel", ".punt", "..punten"]
    assert host.box.passwords == [PASSWORD.encode()]


def test_one_refused_address_does_not_hold_the_other(host: MailHost, settings: Settings) -> None:
    host.box.refusals[A] = "550 no such user"
    queue(settings, A, B)
    (sentence,) = send_outbox(settings).sentences
    assert host.box.mails[0][0] == [B] and state(settings) == "sent"
    assert f"was sent to {B} ({A}: 550 no such user)" in sentence


def test_an_address_refused_for_now_waits_and_the_other_gets_no_second_mail(
    host: MailHost, settings: Settings
) -> None:
    host.box.refusals[A] = "450 mailbox busy"
    queue(settings, A, B)
    report = send_outbox(settings)
    assert report.having("queued") == ["bericht-1"]
    assert f"waits for {A}: {A}: 450 mailbox busy." in report.sentences[0]
    host.box.refusals.clear()
    send_outbox(settings)
    assert [recipients for recipients, _ in host.box.mails] == [[B], [A]]
    assert state(settings) == "sent"


def test_refused_by_all_is_failed_and_not_tried_again(host: MailHost, settings: Settings) -> None:
    host.box.refusals = {A: "550 no such user", B: "550 no such user"}
    queue(settings, A, B)
    assert send_outbox(settings).having("failed") == ["bericht-1"]
    host.box.refusals.clear()
    (sentence,) = send_outbox(settings).sentences
    assert "reached nobody" in sentence and "--again bericht-1 --to ADDRESS" in sentence
    assert host.box.mails == []


def test_a_failed_mail_can_go_to_another_address(host: MailHost, settings: Settings) -> None:
    host.box.refusals[A] = "550 no such user"
    queue(settings, A)
    send_outbox(settings)
    send_outbox(settings, again="bericht-1", to=[B])
    assert [recipients for recipients, _ in host.box.mails] == [[B]]
    assert state(settings) == "sent"


@pytest.mark.parametrize(
    ("reply", "becomes"), [("451 try later", "queued"), ("550 5.1.1 no such user", "failed")]
)
def test_a_no_after_data_is_certain(
    host: MailHost, settings: Settings, reply: str, becomes: str
) -> None:
    host.box.final_reply = reply
    queue(settings, A)
    report = send_outbox(settings)
    assert report.having(becomes) == ["bericht-1"] and reply in report.sentences[0]


# before DATA: stays queued


def test_a_server_that_is_down_leaves_all_queued_and_sends_once_later(tmp_path: Path) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path)
    queue(settings, A)
    queue(settings, A, message_id="bericht-2")
    report = send_outbox(settings)
    assert report.having("queued") == ["bericht-1", "bericht-2"]
    assert report.problem is not None
    assert f"Mail server localhost:{host.port} cannot be used" in report.problem
    assert "stays queued" in report.problem
    assert all("Connection refused" in (m.last_error or "") for m in list_messages(settings))
    with host:
        send_outbox(settings)
        send_outbox(settings)
    assert len(host.box.mails) == 2


def test_without_starttls_neither_password_nor_mail_is_given(tmp_path: Path) -> None:
    with MailHost(tmp_path, starttls=False) as host:
        settings = host.settings(tmp_path)
        queue(settings, A)
        problem = send_outbox(settings).problem
    assert problem is not None and "offers no STARTTLS" in problem
    assert host.box.passwords == [] and host.box.mails == [] and state(settings) == "queued"


def test_an_unknown_certificate_is_refused(tmp_path: Path, host: MailHost) -> None:
    url = f"smtp://wijk@localhost:{host.port}"
    settings = host.settings(tmp_path, SMTP_URL=url)
    queue(settings, A)
    problem = send_outbox(settings).problem
    assert problem is not None and "has no certificate to trust" in problem
    assert host.box.passwords == [] and state(settings) == "queued"


def test_a_wrong_password_stays_queued_and_is_not_repeated(
    host: MailHost, settings: Settings
) -> None:
    host.password_file.write_text("verkeerd-9")
    queue(settings, A)
    report = send_outbox(settings)
    assert report.problem is not None and "refused the login of 'wijk' (code 535)" in report.problem
    assert state(settings) == "queued" and host.box.mails == []
    assert "verkeerd-9" not in repr(report)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "is empty; it must hold the password on one line"),
        ("gehéim", "a character outside ASCII"),
    ],
)
def test_an_unusable_password_is_told(
    host: MailHost, settings: Settings, password: str, complaint: str
) -> None:
    host.password_file.write_text(password)
    queue(settings, A)
    problem = send_outbox(settings).problem
    assert problem is not None and complaint in problem and state(settings) == "queued"


def test_without_a_mail_server_setting_all_stays_queued(tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path)
    queue(settings, A)
    problem = send_outbox(settings).problem
    assert problem is not None and problem.startswith("WIJK_SMTP_URL is not set")
    assert state(settings) == "queued"


def test_a_message_whose_file_is_gone_waits_and_the_next_one_goes(
    host: MailHost, settings: Settings
) -> None:
    Ledger(settings.warehouse).eml(queue(settings, A)).unlink()
    queue(settings, B, message_id="bericht-2")
    report = send_outbox(settings)
    assert report.having("queued") == ["bericht-1"] and report.having("sent") == ["bericht-2"]
    assert "bericht-1.eml" in report.sentences[0]


# after DATA: uncertain, and never twice by itself


def test_a_line_lost_after_data_is_uncertain_and_not_sent_again(
    host: MailHost, settings: Settings
) -> None:
    host.box.is_dropping = True
    queue(settings, A)
    assert send_outbox(settings).having("uncertain") == ["bericht-1"]
    host.box.is_dropping = False
    (sentence,) = send_outbox(settings).sentences
    assert len(host.box.mails) == 1 and state(settings) == "uncertain"
    assert "may or may not have arrived" in sentence
    assert "wijkpeil alerts send --again bericht-1" in sentence


def test_a_time_out_after_data_is_uncertain(host: MailHost, settings: Settings) -> None:
    host.box.delay_s = 2
    queue(settings, A)
    assert send_outbox(settings, answer_s=0.2).having("uncertain") == ["bericht-1"]


def test_a_person_can_send_an_uncertain_mail_again(host: MailHost, settings: Settings) -> None:
    host.box.is_dropping = True
    queue(settings, A)
    send_outbox(settings)
    host.box.is_dropping = False
    assert send_outbox(settings, again="bericht-1").having("sent") == ["bericht-1"]
    assert len(host.box.mails) == 2


def test_a_person_can_settle_an_uncertain_mail_as_arrived(
    host: MailHost, settings: Settings
) -> None:
    host.box.is_dropping = True
    queue(settings, A)
    send_outbox(settings)
    Ledger(settings.warehouse).arrived("bericht-1")
    assert send_outbox(settings).messages == () and state(settings) == "sent"


def test_what_is_not_uncertain_is_not_settled(host: MailHost, settings: Settings) -> None:
    queue(settings, A)
    with pytest.raises(WijkError, match=r"nothing to settle: Message bericht-1 .* waits for"):
        Ledger(settings.warehouse).arrived("bericht-1")
    assert send_outbox(settings).having("sent") == ["bericht-1"]


def test_an_address_that_waits_goes_while_another_is_uncertain(
    host: MailHost, settings: Settings
) -> None:
    host.box.refusals[A], host.box.is_dropping = "450 mailbox busy", True
    queue(settings, A, B)
    assert send_outbox(settings).having("uncertain") == ["bericht-1"]
    host.box.refusals.clear()
    host.box.is_dropping = False
    assert send_outbox(settings).having("uncertain") == ["bericht-1"]
    assert [recipients for recipients, _ in host.box.mails] == [[B], [A]]
    Ledger(settings.warehouse).arrived("bericht-1")
    assert state(settings) == "sent"


def test_reviving_what_was_given_up_leaves_an_uncertain_address_alone(
    host: MailHost, settings: Settings
) -> None:
    queue(settings, A, B)
    ledger = Ledger(settings.warehouse)
    mixed = ledger.message("bericht-1").having([A], "given_up", "451 later")
    ledger.record(mixed.having([B], "uncertain", "the line was lost after DATA"))
    report = send_outbox(settings, again="given-up")
    assert [recipients for recipients, _ in host.box.mails] == [[A]]
    assert report.having("uncertain") == ["bericht-1"]


def test_again_is_refused_when_everyone_has_it_or_nobody_knows_it(
    host: MailHost, settings: Settings
) -> None:
    queue(settings, A)
    send_outbox(settings)
    with pytest.raises(WijkError, match=f"has already reached {A}"):
        send_outbox(settings, again="bericht-1")
    with pytest.raises(WijkError, match="no message 'bericht-2'; nearest: 'bericht-1'"):
        send_outbox(settings, again="bericht-2")
    assert len(host.box.mails) == 1


def test_a_sender_killed_before_it_heard_the_answer_does_not_send_twice(
    host: MailHost, settings: Settings
) -> None:
    host.box.delay_s = 30
    queue(settings, A)
    process = sender_process(settings)
    wait_until(lambda: len(host.box.mails) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state(settings) == "sending"
    host.box.delay_s = 0
    report = send_outbox(settings)
    assert report.having("uncertain") == ["bericht-1"]
    assert f"{A}: the sender was stopped" in report.sentences[0]
    assert len(host.box.mails) == 1


def test_two_processes_at_once_send_one_mail(host: MailHost, settings: Settings) -> None:
    host.box.delay_s = 0.5
    queue(settings, A)
    processes = [sender_process(settings) for _ in range(2)]
    assert [process.wait(timeout=20) for process in processes] == [0, 0]
    assert len(host.box.mails) == 1 and state(settings) == "sent"


def test_a_long_sender_elsewhere_is_told_as_no_problem_and_not_joined(
    host: MailHost, settings: Settings
) -> None:
    queue(settings, A)
    with Ledger(settings.warehouse).sending_alone(0):
        report = send_outbox(settings, wait_s=0.1)
        asked = send_outbox(settings, wait_s=0.1, again="bericht-1")
    assert "another process is sending" in (asked.problem or "")
    assert report.problem is None
    assert "another process is sending. What that leaves goes with" in report.sentences[0]
    assert host.box.mails == [] and state(settings) == "queued"


# the ledger as a file


def test_an_open_alert_can_be_claimed_once(settings: Settings) -> None:
    queue(settings, A)
    ledger = Ledger(settings.warehouse)
    (message,) = list_messages(settings)
    alert = AlertKey("zuid", "bericht-1", "burglary_per_1000", "own")
    other = Message(**{**vars(message), "message_id": "bericht-2"})
    assert not ledger.tell([(other, b"")], claimed=[alert])
    assert not ledger.eml("bericht-2").exists() and len(ledger.messages()) == 1


def test_queueing_that_broke_off_half_way_claims_nothing(tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path)
    message = Message("bericht-1", "zuid", "editie-1", 2022, "", SENDER, "x", (Recipient(A),))
    broken = AlertKey("zuid", None, "burglary_per_1000", "own")  # type: ignore[arg-type]
    with pytest.raises(WijkError, match="NOT NULL"):
        Ledger(tmp_path).tell([(message, b"half")], claimed=[broken])
    assert list_messages(settings) == []
    queue(settings, A)


def test_reading_an_absent_ledger_makes_no_file(tmp_path: Path) -> None:
    assert list_messages(Settings(warehouse=tmp_path / "none")) == []
    assert not (tmp_path / "none").exists()


def test_a_lost_ledger_beside_mails_that_were_made_is_refused(settings: Settings) -> None:
    queue(settings, A)
    (settings.warehouse / "alerts.sqlite").unlink()
    with pytest.raises(WijkError, match=r"alerts\.sqlite cannot be used .*outbox/ holds mails"):
        send_outbox(settings)


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "alerts.sqlite").write_text("geen database " * 100)
    settings = Settings(warehouse=tmp_path, smtp_url=f"smtp://localhost:{free_port()}")
    with pytest.raises(WijkError, match=r"alerts\.sqlite cannot be used \(file is not a database"):
        send_outbox(settings)
