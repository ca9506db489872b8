"""The mail sink, seen over SMTP: it takes mail as a real server does, and fails on demand."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from wijkpeil.demo import MailSink
from wijkpeil.settings import Settings

ANNA, BERT = "anna@voorbeeld.example", "bert@voorbeeld.example"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "post & pakket #1") as running:
        yield running


def letter(*, to: str = ANNA) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "wijkpeil@voorbeeld.example", to
    message["Subject"] = "Stilstand in de Poëtenbuurt"
    message.set_content("Eén wijk staat stil.\n.\nEinde\n")
    return message


def send(
    sink: MailSink, *, to: str = ANNA, password: str | None = None
) -> dict[str, tuple[int, bytes]]:
    """Send as the settings say; returns the refused recipients."""
    server = Settings.from_environment({"WIJK_SMTP_URL": sink.smtp_url}).mail_server()
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.starttls(context=server.tls_context())
        client.login(server.user or "", password or sink.password)
        return client.send_message(letter(to=to))


def test_mail_is_kept_in_memory_and_as_numbered_files(sink: MailSink) -> None:
    send(sink)
    send(sink, to=f"{ANNA}, {BERT}")
    assert [message["Subject"] for message in sink.messages] == ["Stilstand in de Poëtenbuurt"] * 2
    assert sink.messages[0].get_content().splitlines() == ["Eén wijk staat stil.", ".", "Einde"]
    assert [received.recipients for received in sink.received] == [(ANNA,), (ANNA, BERT)]
    files = sorted(path.name for path in sink.folder.glob("*.eml"))
    assert files == ["0001.eml", "0002.eml"]
    assert message_from_bytes(sink.received[1].file.read_bytes())["To"] == f"{ANNA}, {BERT}"


def test_the_envelope_is_kept_apart_from_the_message(sink: MailSink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        client.starttls(context=trusting(sink))
        client.login("wijkpeil", sink.password)
        client.send_message(letter(to="lijst@voorbeeld.example"), to_addrs=[BERT])
    assert sink.received[0].recipients == (BERT,)
    assert sink.received[0].sender == "wijkpeil@voorbeeld.example"


def test_numbers_go_on_where_an_earlier_run_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        with MailSink(tmp_path) as sink:
            send(sink)
            assert len(sink.messages) == 1
    assert sorted(path.name for path in tmp_path.glob("*.eml")) == ["0001.eml", "0002.eml"]


def trusting(sink: MailSink) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(sink.ca_file))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_is_for_both_names_of_this_machine(sink: MailSink, host: str) -> None:
    with smtplib.SMTP(host, sink.port, timeout=10) as client:
        assert client.starttls(context=trusting(sink))[0] == 220


def test_a_client_that_does_not_trust_the_authority_refuses(sink: MailSink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()


def test_nothing_is_taken_without_tls_or_login(sink: MailSink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
            client.send_message(letter())
        client.starttls(context=trusting(sink))
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            client.send_message(letter())
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(sink, password="verkeerd")
    assert sink.messages == []


def test_refuse_login_refuses_the_right_password_too(sink: MailSink) -> None:
    sink.refuse_login = True
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(sink)
    sink.refuse_login = False
    send(sink)
    assert len(sink.messages) == 1


def test_a_rejected_recipient_is_named_and_the_others_get_the_mail(sink: MailSink) -> None:
    sink.reject[BERT] = "550 onbekend adres"
    assert send(sink, to=f"{ANNA}, {BERT}") == {BERT: (550, b"onbekend adres")}
    assert sink.received[0].recipients == (ANNA,)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sink, to=BERT)


def test_drop_after_data_keeps_the_mail_but_the_sender_never_hears(sink: MailSink) -> None:
    sink.drop_after_data = True
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sink)
    assert len(sink.messages) == 1


def test_the_password_is_not_in_the_address(sink: MailSink) -> None:
    assert sink.password not in sink.smtp_url
