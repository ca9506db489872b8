"""Mail that did not arrive: the data owner hears of each message and state once, by a way that
works, and the flow is red until a person settles it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mail_helpers import SENDER, MailHost, Trend, no_picture, publish, recipients_of
from outbox_helpers import A, B, Clock, queue, refusing
from prefect.client.schemas.objects import State
from refusing_server import Answers, RefusingServer
from test_webhook import Hook, serve

from flows.deliver import deliver as deliver_flow
from wijkpeil.alerts import load_webhooks, queue_alerts, tell_of_mail
from wijkpeil.alerts.delivery import SendReport, send_outbox
from wijkpeil.alerts.delivery.listing import Outbox
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.doctor.environment import look_at_outbox
from wijkpeil.errors import WijkError
from wijkpeil.runs import Delivered, Outcome, PlainRunner, orchestration, steps
from wijkpeil.settings import Settings

OWNER = "beheer@voorbeeld.nl"
SECRET = "geheim-K3n-wd7"


@pytest.fixture
def hook() -> Iterator[Hook]:
    yield from serve(None)


def deliver(settings: Settings, clock: Clock) -> SendReport:
    """What the flow on a schedule does."""
    report = send_outbox(settings, webhooks=load_webhooks(settings), only_due=True, now=clock)
    return tell_of_mail(settings, report, now=clock)


def deliver_for(settings: Settings, clock: Clock, *, hours: float) -> SendReport:
    """Let the schedule run for so long, every half hour."""
    for _ in range(int(2 * hours)):
        clock.forward(minutes=30)
        report = deliver(settings, clock)
    return report


def notices(host: MailHost) -> list[str]:
    """What the data owner has, on one line each."""
    return [
        " ".join(email.get_content().split())
        for recipients, email in host.box.mails
        if recipients == [OWNER]
    ]


def make_uncertain(host: MailHost, settings: Settings, clock: Clock) -> None:
    host.box.is_dropping = True
    send_outbox(settings, now=clock)
    host.box.is_dropping = False


def make_failed(host: MailHost, settings: Settings, clock: Clock) -> None:
    host.box.refusals[A] = "550 5.1.1 no such user"
    send_outbox(settings, now=clock)


def make_given_up(host: MailHost, settings: Settings, clock: Clock) -> None:
    host.box.refusals[A] = "450 mailbox busy"
    for _ in range(45):
        send_outbox(settings, only_due=True, now=clock)
        clock.forward(hours=4)


def make_refused(host: MailHost, settings: Settings, clock: Clock) -> None:
    host.box.refusals[A] = "554 5.7.1 <a@voorbeeld.nl>: Relay access denied"
    send_outbox(settings, now=clock)


Make = Callable[[MailHost, Settings, Clock], None]
LOST: list[tuple[Make, str, str]] = [
    (make_uncertain, "uncertain", "may or may not have arrived"),
    (make_failed, "failed", "reached nobody (a@voorbeeld.nl: 550 5.1.1 no such user)"),
    (make_given_up, "given_up", "was given up for a@voorbeeld.nl"),
    (make_refused, "queued", "Relay access denied"),
]


@pytest.mark.parametrize(("make", "state", "words"), LOST)
def test_the_data_owner_hears_of_a_lost_message_once(
    host: MailHost, settings: Settings, clock: Clock, make: Make, state: str, words: str
) -> None:
    queue(settings, A)
    make(host, settings, clock)
    assert Ledger(settings.warehouse).message("bericht-1").state == state
    report = deliver(settings, clock)
    (notice,) = notices(host)
    assert words in notice and "bericht-1" in notice
    assert "The data owner was told of 1 message or server" in (report.told or "")
    for _ in range(3):
        clock.forward(minutes=5)
        assert deliver(settings, clock).failure is not None
    assert len(notices(host)) == 1


def test_another_message_and_another_state_are_told_again(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    queue(settings, A)
    make_uncertain(host, settings, clock)
    deliver(settings, clock)
    queue(settings, B, message_id="bericht-2")
    host.box.refusals[B] = "550 no such user"
    deliver_for(settings, clock, hours=1)
    assert len(notices(host)) == 2 and "bericht-1" not in notices(host)[1]
    host.box.is_dropping = True
    send_outbox(settings, again="bericht-1", now=clock)
    host.box.is_dropping = False
    deliver_for(settings, clock, hours=1)
    assert len(notices(host)) == 3 and "bericht-1" in notices(host)[2]


def test_an_address_that_is_left_out_of_a_message_is_told_and_is_no_failure(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.refusals[A] = "550 5.1.1 no such user"
    queue(settings, A, B)
    report = deliver(settings, clock)
    assert report.failure is None and f"was sent to {B} ({A}: 550 5.1.1" in notices(host)[0]
    deliver_for(settings, clock, hours=2)
    assert len(notices(host)) == 1


def test_a_server_in_trouble_is_told_when_that_lasts_and_by_the_channel_of_the_data_owner(
    tmp_path: Path, clock: Clock, hook: Hook
) -> None:
    host = MailHost(tmp_path)
    file = tmp_path / "recipients.toml"
    file.write_text(f'[data_owner]\nwebhook = "{hook.url}"\n')
    file.chmod(0o600)
    settings = host.settings(tmp_path / "warehouse", RECIPIENTS=str(file))
    queue(settings, A)
    with refusing(host.port):
        deliver(settings, clock)
        assert not hook.posts
        report = deliver_for(settings, clock, hours=6)
        assert len(hook.posts) == 1 and SECRET not in str(report)
        told = json.loads(hook.posts[0][2])
        assert "cannot be used" in told["text"] and told["attachments"][0]["content"]["body"]
        assert "cannot be used" in (report.problem or "")
    with host:
        deliver_for(settings, clock, hours=5)
        assert [to for to, _ in host.box.mails] == [[A]]
    with refusing(host.port):
        queue(settings, B, message_id="bericht-2")
        deliver_for(settings, clock, hours=6)
    assert len(hook.posts) == 2


@pytest.mark.parametrize("stage", ["greeting", "mail", "rcpt_all", "data", "final"])
def test_what_a_server_refuses_at_any_stage_is_told_by_the_channel_once(
    tmp_path: Path, clock: Clock, hook: Hook, stage: str
) -> None:
    words = "554 5.7.1 Service unavailable; Client host 192.0.2.1 blocked using Spamhaus"
    answers = Answers()
    file = tmp_path / "recipients.toml"
    file.write_text(f'[data_owner]\nwebhook = "{hook.url}"\n')
    file.chmod(0o600)
    with RefusingServer(answers) as server:
        settings = server.settings(tmp_path / "warehouse", RECIPIENTS=str(file))
        setattr(answers, stage, (lambda _: words) if stage == "final" else words)
        queue(settings, A)
        for _ in range(8):
            assert words in (deliver(settings, clock).failure or "")
            clock.forward(minutes=15)
        (post,) = hook.posts
        assert words in json.loads(post[2])["text"]
        listed = " ".join(" ".join(Outbox(settings).lines).split())
        assert words in listed and (stage == "greeting" or "TO DO 1 refused" in listed)


def test_without_a_way_that_works_the_run_tells_what_the_data_owner_was_not_told(
    tmp_path: Path, clock: Clock
) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    with host:
        queue(settings, A)
        make_failed(host, settings, clock)
    with refusing(host.port) as refuser:
        for _ in range(12):
            report = deliver(settings, clock)
            assert "The data owner could not be told: Message bericht-1" in (report.problem or "")
            assert f"The notice to {OWNER} was not mailed" in (report.problem or "")
            clock.forward(minutes=5)
        # nothing waits, so only the notice asks, ever more rarely
        assert 3 <= refuser.connections <= 5
    with host:
        deliver_for(settings, clock, hours=4)
        assert len(notices(host)) == 1


def test_without_a_data_owner_the_run_says_so(host: MailHost, tmp_path: Path, clock: Clock) -> None:
    settings = host.settings(tmp_path / "warehouse", DATA_OWNER="")
    queue(settings, A)
    make_failed(host, settings, clock)
    problem = deliver(settings, clock).problem or ""
    assert "WIJK_DATA_OWNER and WIJK_MAIL_FROM are not both set" in problem


def test_many_lost_messages_are_one_mail(host: MailHost, settings: Settings, clock: Clock) -> None:
    host.box.refusals[A] = "550 5.1.1 no such user"
    for number in range(40):
        queue(settings, A, message_id=f"bericht-{number:02d}")
    for _ in range(3):
        report = deliver(settings, clock)
        clock.forward(minutes=5)
    (notice,) = notices(host)
    assert "bericht-24" in notice and "bericht-25" not in notice and "15 more." in notice
    assert "35 more: 'wijkpeil alerts list'" in (report.failure or "")


# the flow


@pytest.mark.parametrize("settle", ["arrived", "again"])
def test_the_flow_is_red_until_what_is_lost_is_settled(
    host: MailHost, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch, settle: str
) -> None:
    monkeypatch.setattr("flows.deployment.create_markdown_artifact", lambda **_: None)
    for name in ("warehouse", "smtp_url", "smtp_password_file", "mail_from", "data_owner"):
        monkeypatch.setenv(f"WIJK_{name.upper()}", str(getattr(settings, name)))
    queue(settings, A)
    make_failed(host, settings, clock)
    for _ in range(2):
        state = deliver_flow.fn()
        assert isinstance(state, State) and state.is_failed()
        assert "bericht-1" in (state.message or "") and "no such user" in (state.message or "")
    assert len(notices(host)) == 1
    if settle == "arrived":
        Ledger(settings.warehouse).arrived("bericht-1")
    else:
        send_outbox(settings, again="bericht-1", to=[B])
    assert isinstance(deliver_flow.fn(), Delivered)


@pytest.mark.parametrize(("make", "state", "words"), LOST[:3])
def test_a_person_settles_each_kind_of_lost_message(
    host: MailHost, settings: Settings, clock: Clock, make: Make, state: str, words: str
) -> None:
    queue(settings, A)
    make(host, settings, clock)
    Ledger(settings.warehouse).arrived("bericht-1")
    assert deliver(settings, clock).failure is None and words
    with pytest.raises(WijkError, match="nothing to settle"):
        Ledger(settings.warehouse).arrived("bericht-1")


def test_a_refresh_tells_the_data_owner_too(
    host: MailHost, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(settings.warehouse.parent, [Trend()])
    queue(settings, A)
    make_failed(host, settings, clock)
    published.rename(settings.warehouse / "wijken.duckdb")
    monkeypatch.setattr("wijkpeil.alerts.letters.drawing_from", lambda _folder: no_picture)
    _, sent, failure = steps.alert(recipients_of(), settings, send=True)
    assert failure is None and sent is not None and "was told" in (sent.told or "")
    assert len(notices(host)) == 1


# where else it shows


def test_what_is_uncertain_is_listed_with_whom_and_when_it_went(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    queue(settings, A, B)
    make_uncertain(host, settings, clock)
    clock.forward(days=2)
    listed = " ".join(" ".join(Outbox(settings).lines).split())
    assert f"to {A}, {B}, 2026-03-02 09:00 UTC" in listed and "X-Wijkpeil-Message" in listed
    assert f"It went to {A}, {B}, 2026-03-02 09:00 UTC" in deliver(settings, clock).sentences[-1]


def test_a_mail_bears_its_id_in_a_header_that_relays_leave(
    settings: Settings, tmp_path: Path
) -> None:
    ledger = Ledger(settings.warehouse)
    published = publish(tmp_path, [Trend()])
    ((message),) = queue_alerts(settings, published, recipients_of(), draw=no_picture).queued
    text = ledger.eml(message.message_id).read_text()
    assert f"X-Wijkpeil-Message: {message.message_id}\n" in text


def test_the_doctor_shows_refused_mail_and_servers_in_trouble_as_faults(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    for number in (1, 2):
        queue(settings, A, message_id=f"bericht-{number}")
    make_refused(host, settings, clock)
    found = [(each.level, each.sentence) for each in look_at_outbox(settings)]
    faults = " ".join(message for level, message in found if level == "error")
    assert "Relay access denied" in faults and f"Mail server localhost:{host.port} fails" in faults


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('webhook = "geheim"', "key 'webhook': not a web address"),
        ('url = "https://geheim"', "key 'webhook' is missing"),
    ],
)
def test_a_mistake_in_the_channel_of_the_data_owner_is_told_without_it(
    tmp_path: Path, row: str, told: str
) -> None:
    file = tmp_path / "recipients.toml"
    file.write_text(f"[data_owner]\n{row}\n")
    with pytest.raises(WijkError, match=told) as caught:
        load_webhooks(Settings(recipients=file))
    assert "geheim" not in str(caught.value)


# a run that sends nothing


@pytest.mark.parametrize(
    ("url", "send", "why"),
    [
        ("smtp://localhost:1", False, "as --no-send asks; mail waits for 'wijkpeil alerts send'"),
        (None, False, "as --no-send asks; mail waits for WIJK_SMTP_URL and 'wijkpeil alerts send'"),
        (None, True, "mail waits for WIJK_SMTP_URL and 'wijkpeil alerts send'"),
    ],
)
def test_a_run_that_sends_nothing_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, send: bool, why: str
) -> None:
    publish(tmp_path, [Trend()]).rename(tmp_path / "wijken.duckdb")
    monkeypatch.setattr(steps, "make_report", lambda _settings: None)
    monkeypatch.setattr("wijkpeil.alerts.letters.drawing_from", lambda _folder: no_picture)
    settings = Settings(warehouse=tmp_path, mail_from=SENDER, smtp_url=url)
    outcome = Outcome("run")
    orchestration._tell(PlainRunner(), outcome, recipients_of(), settings, send=send)
    assert outcome.sentences[-1] == f"Nothing was sent: {why}."
