"""How wijkpeil names itself to a mail server and logs in there, and what a refusal of that says."""

from __future__ import annotations

from pathlib import Path

import pytest
from outbox_helpers import A, Clock, deliver, queue, the_message
from refusing_server import Answers, RefusingServer

from wijkpeil.alerts import send_notice
from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


def with_login(server: RefusingServer, folder: Path, **changes: str) -> Settings:
    (folder / "password").write_text("geheim-Wachtwoord-7\n")
    file = str(folder / "password")
    return server.settings(folder, user="wijk", SMTP_PASSWORD_FILE=file, **changes)


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (
            (
                "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
                "the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information."
            ),
            "let SMTP AUTH be switched on for this mailbox, or use a relay or connector",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "not with OAuth",
        ),
        ("534 5.7.9 Application-specific password required.", "make an app password"),
        ("535 5.7.8 Username and Password not accepted.", "check the user in WIJK_SMTP_URL"),
        ("535 5.7.8 geheim-Wachtwoord-7 is wrong", "*** is wrong"),
    ],
)
def test_a_refused_login_is_told_in_the_servers_words_with_what_is_supported(
    answers: Answers,
    server: RefusingServer,
    tmp_path: Path,
    clock: Clock,
    reply: str,
    advice: str,
) -> None:
    answers.login = reply
    settings = with_login(server, tmp_path)
    queue(settings, A)
    problem = deliver(settings, clock).problem or ""
    assert reply[4:].replace("geheim-Wachtwoord-7", "***").rstrip(".") in problem
    assert advice in problem and "geheim-Wachtwoord-7" not in problem
    assert the_message(settings).state == "queued"


@pytest.mark.parametrize(
    ("mechanisms", "told"),
    [
        ("XOAUTH2", "offers XOAUTH2 to log in, and wijkpeil only knows CRAM-MD5, PLAIN, LOGIN"),
        ("XOAUTH2 OAUTHBEARER", "offers OAUTHBEARER, XOAUTH2 to log in"),
        ("", "offers no login; leave the user out of WIJK_SMTP_URL"),
    ],
)
def test_a_server_without_password_logins_is_told_with_what_to_do(
    answers: Answers,
    server: RefusingServer,
    tmp_path: Path,
    clock: Clock,
    mechanisms: str,
    told: str,
) -> None:
    answers.mechanisms = mechanisms
    settings = with_login(server, tmp_path)
    queue(settings, A)
    assert told in (deliver(settings, clock).problem or "")
    assert answers.asked["AUTH"] == 0 and the_message(settings).state == "queued"


def test_a_trial_that_is_refused_is_told_in_the_servers_words(
    answers: Answers, server: RefusingServer, tmp_path: Path
) -> None:
    answers.rcpt_all = "550 5.1.1 <%s>: User unknown"
    told = send_notice(server.settings(tmp_path), "onderwerp", "tekst")
    assert "(beheer@voorbeeld.nl: 550 5.1.1 <beheer@voorbeeld.nl>: User unknown)" in told


# the name that is given


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "voorbeeld.nl"),
        ({"EHLO_NAME": "pijplijn.gemeente.example"}, "pijplijn.gemeente.example"),
        ({"EHLO_NAME": "[192.0.2.7]"}, "[192.0.2.7]"),
        ({"MAIL_FROM": "wijkpeil@intranet"}, "[127.0.0.1]"),
        ({"MAIL_FROM": "root@localhost.localdomain"}, "[127.0.0.1]"),
    ],
)
def test_the_name_given_to_a_server_is_whole_whatever_the_machine_is_called(
    answers: Answers,
    server: RefusingServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    name: str,
) -> None:
    for ask in ("getfqdn", "gethostname"):
        monkeypatch.setattr(f"socket.{ask}", lambda *_: "wijk_peil_café.localdomain")
    settings = server.settings(tmp_path, **changes)
    queue(settings, A)
    assert send_outbox(settings).having("sent") == ["bericht-1"]
    assert set(answers.names) == {name}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("localhost", "with a dot and no underscore"),
        ("localhost.localdomain", "is no name to give to a mail server"),
        ("wijk_peil.example.nl", "with a dot and no underscore"),
        ("café.example.nl", "write it as 'xn--caf-dma.example.nl'"),
        ("192.0.2.1", r"an address as \[192.0.2.1\]"),
        ("[192.0.2.999]", "holds no address"),
        ("a.nl\r\nRCPT TO:<b@example.nl>", "is no name to give"),
    ],
)
def test_a_name_that_servers_refuse_is_a_mistake_in_the_settings(name: str, told: str) -> None:
    with pytest.raises(WijkError, match=told):
        Settings.from_environment({"WIJK_EHLO_NAME": name})
