"""Days of trouble in simulated time: what is tried when, what is given up, and the rate."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from mail_helpers import MailHost
from outbox_helpers import A, B, Clock, deliver, queue, refusing, the_message

from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.alerts.delivery.backoff import backoff, is_due
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


def deliver_for(settings: Settings, clock: Clock, **amount: float) -> None:
    """Let the schedule of every five minutes run for so long."""
    end = clock.moment + timedelta(**amount)
    while clock.moment < end:
        deliver(settings, clock)
        clock.forward(minutes=5)


def envelopes(host: MailHost) -> list[list[str]]:
    return [recipients for recipients, _ in host.box.mails]


# the waits


def test_waits_double_from_five_minutes_to_four_hours_and_differ_by_message() -> None:
    minutes = [[backoff(n, key).total_seconds() / 60 for n in range(1, 60)] for key in ("a", "b")]
    assert minutes[0] != minutes[1]
    for waits in minutes:
        assert 5 <= waits[0] <= 6.25 and all(192 <= wait <= 240 for wait in waits[6:])
        assert all(1.5 < later / wait < 2.6 for wait, later in pairwise(waits[:6]))
    assert minutes[0] == [backoff(n, "a").total_seconds() / 60 for n in range(1, 60)]


def test_a_clock_that_was_set_back_makes_nothing_wait_for_ever(clock: Clock) -> None:
    assert not is_due((clock.moment + timedelta(hours=3)).isoformat(), clock.moment)
    assert is_due((clock.moment + timedelta(days=300)).isoformat(), clock.moment)


# a server that is down


def test_a_day_without_mail_server_loses_nothing_and_hammers_nobody(
    tmp_path: Path, clock: Clock
) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    with refusing(host.port) as refuser:
        for hour in range(24):
            if hour % 6 == 0:
                for programme in ("noord", "oost", "zuid"):
                    queue(settings, A, B, message_id=f"{programme}-{hour:02d}")
            deliver_for(settings, clock, hours=1)
        first = the_message(settings, "noord-00")
        assert first.state == "queued" and 8 <= first.attempts == refuser.connections <= 14
    with host:
        deliver_for(settings, clock, hours=4)
        assert deliver(settings, clock).messages == ()
    ids = Counter(email["Message-ID"] for _, email in host.box.mails)
    assert len(ids) == 12 and set(ids.values()) == {1}
    assert envelopes(host) == [[A, B]] * 12


def test_what_is_new_does_not_wake_a_server_in_trouble_but_a_person_does(
    tmp_path: Path, clock: Clock
) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    queue(settings, A)
    with refusing(host.port) as refuser:
        assert "cannot be used" in (deliver(settings, clock).problem or "")
        queue(settings, A, message_id="bericht-2")
        clock.forward(minutes=4)
        problem = deliver(settings, clock).problem or ""
        assert refuser.connections == 1
        assert (
            "the next try is at 2026-03-02 09:0" in problem and "'wijkpeil alerts send'" in problem
        )
    with host:
        report = send_outbox(settings, now=clock)
        assert report.having("sent") == ["bericht-1", "bericht-2"] and report.problem is None
        queue(settings, A, message_id="bericht-3")
        assert deliver(settings, clock).having("sent") == ["bericht-3"]


def test_a_wrong_password_is_not_tried_again_at_every_run(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.password_file.write_text("verkeerd-9")
    queue(settings, A)
    queue(settings, B, message_id="bericht-2")
    deliver_for(settings, clock, hours=1)
    # a login tries two mechanisms
    assert 6 <= len(host.box.passwords) <= 10
    assert {m.attempts for m in Ledger(settings.warehouse).messages().values()} <= {3, 4, 5}


def test_a_setting_that_is_missing_counts_as_no_try(tmp_path: Path, clock: Clock) -> None:
    settings = Settings(warehouse=tmp_path)
    queue(settings, A)
    deliver_for(settings, clock, hours=8)
    message = the_message(settings)
    assert (message.state, message.attempts, message.next_attempt_at) == ("queued", 0, None)
    assert "WIJK_SMTP_URL is not set" in message.sentence


# one address, one message


def test_an_address_refused_for_now_is_tried_again_alone_by_its_own_clock(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.refusals[A] = "450 mailbox busy"
    queue(settings, A, B)
    deliver_for(settings, clock, hours=1)
    message = the_message(settings)
    assert envelopes(host) == [[B]] and 3 <= message.attempts <= 5
    assert message.addresses("waiting") == [A] and message.addresses("delivered") == [B]
    queue(settings, A, B, message_id="bericht-2")
    deliver(settings, clock)
    host.box.refusals.clear()
    deliver_for(settings, clock, hours=4)
    assert sorted(envelopes(host)) == [[A], [A], [B], [B]]


def test_an_address_refused_for_good_is_not_asked_again(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.refusals = {A: "550 no such user", B: "450 mailbox busy"}
    queue(settings, A, B)
    deliver_for(settings, clock, hours=1)
    host.box.refusals.clear()
    deliver_for(settings, clock, hours=4)
    message = the_message(settings)
    assert envelopes(host) == [[B]] and message.addresses("refused") == [A]


def test_a_message_that_the_server_drops_does_not_hold_those_behind_it(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.hang_up_on = A
    queue(settings, A)
    for number in range(2, 6):
        queue(settings, B, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert report.having("queued") == ["bericht-1"] and len(report.having("sent")) == 4
    assert "the line was lost before the mail" in the_message(settings).sentence


def test_a_server_that_drops_two_in_a_row_is_left_alone(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.hang_up_on = A
    for number in range(1, 6):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert len(host.box.passwords) == 2 and len(report.having("queued")) == 5
    host.box.hang_up_on = None
    deliver_for(settings, clock, minutes=30)
    assert envelopes(host) == [[A]] * 5


def test_one_silence_after_a_mail_does_not_make_the_others_uncertain(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.is_dropping = True
    for number in (1, 2, 3):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert report.having("uncertain") == ["bericht-1"]
    assert report.having("queued") == ["bericht-2", "bericht-3"]
    assert "gave no answer" in (report.problem or "")
    host.box.is_dropping = False
    deliver_for(settings, clock, minutes=30)
    assert Counter(e["Message-ID"][1:10] for _, e in host.box.mails) == {
        "bericht-1": 1,
        "bericht-2": 1,
        "bericht-3": 1,
    }
    assert the_message(settings).state == "uncertain"


# a sender the server does not take

OLD = "oud@voorbeeld.nl"


def test_a_sender_refused_for_good_keeps_its_message_fails_the_run_and_holds_no_other(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.bad_senders[OLD] = "550 5.7.1 sender not allowed"
    queue(settings, A, sender=OLD)
    for number in (2, 3):
        queue(settings, B, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert report.having("queued") == ["bericht-1"]
    assert report.having("sent") == ["bericht-2", "bericht-3"]
    refusal = f"sender {OLD} refused, 550 5.7.1 sender not allowed"
    assert refusal in (report.problem or "") and refusal in the_message(settings).sentence
    # also while its own wait lasts
    assert refusal in (deliver(settings, clock).problem or "")
    host.box.bad_senders.clear()
    deliver_for(settings, clock, minutes=15)
    assert envelopes(host) == [[B], [B], [A]] and deliver(settings, clock).problem is None


def test_a_sender_refused_for_now_waits_by_its_own_clock(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.bad_senders[OLD] = "451 4.7.1 come back later"
    queue(settings, A, sender=OLD)
    queue(settings, B, message_id="bericht-2")
    report = deliver(settings, clock)
    assert report.having("queued") == ["bericht-1"] and report.having("sent") == ["bericht-2"]
    host.box.bad_senders.clear()
    deliver_for(settings, clock, minutes=15)
    assert sorted(envelopes(host)) == [[A], [B]]


@pytest.mark.parametrize("reply", ["550 not allowed", "451 later", "530 log in first"])
def test_a_server_that_refuses_senders_in_a_row_fails_or_gives_up_nothing_it_was_not_given(
    host: MailHost, settings: Settings, clock: Clock, reply: str
) -> None:
    host.box.bad_senders[OLD] = reply
    for number in range(1, 6):
        queue(settings, A, message_id=f"bericht-{number}", sender=OLD)
    report = deliver(settings, clock)
    assert len(host.box.passwords) == (1 if reply.startswith("530") else 2)
    assert len(report.having("queued")) == 5
    assert reply in (report.problem or "")
    host.box.bad_senders.clear()
    deliver_for(settings, clock, hours=1)
    assert len(host.box.mails) == len(report.having("queued"))


def test_a_message_is_not_given_up_for_the_trouble_of_others(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.hang_up_on = A
    for number in (1, 2):
        queue(settings, A, message_id=f"bericht-{number}")
    queue(settings, B, message_id="bericht-3")
    for _ in range(40):
        deliver(settings, clock)
        clock.forward(hours=4)
    assert the_message(settings, "bericht-2").state == "given_up"
    assert the_message(settings, "bericht-3").state == "sent"


# given up


def test_after_five_days_a_message_is_given_up_kept_and_revived_by_a_person(
    host: MailHost, settings: Settings, clock: Clock
) -> None:
    host.box.refusals[A] = "450 mailbox busy"
    queue(settings, A, B)
    deliver_for(settings, clock, days=4.9)
    assert the_message(settings).state == "queued"
    deliver_for(settings, clock, hours=8)
    message = the_message(settings)
    assert message.state == "given_up" and 30 <= message.attempts <= 45
    assert (
        f"was given up for {A} after {message.attempts} tries since 2026-03-02"
        in (deliver(settings, clock).sentences[0])
    )
    assert "450 mailbox busy" in message.sentence and "--again bericht-1" in message.sentence
    host.box.refusals.clear()
    deliver_for(settings, clock, hours=8)
    assert send_outbox(settings, now=clock).having("given_up") == ["bericht-1"]
    assert send_outbox(settings, again="bericht-1", now=clock).having("sent") == ["bericht-1"]
    assert envelopes(host) == [[B], [A]]


def test_all_that_was_given_up_can_be_revived_at_once(tmp_path: Path, clock: Clock) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    with pytest.raises(WijkError, match="No message was given up"):
        send_outbox(settings, again="given-up", now=clock)
    for number in (1, 2):
        queue(settings, A, message_id=f"bericht-{number}")
    for _ in range(60):
        deliver(settings, clock)
        clock.forward(hours=4)
    assert deliver(settings, clock).having("given_up") == ["bericht-1", "bericht-2"]
    with host:
        report = send_outbox(settings, again="given-up", now=clock)
        assert report.having("sent") == ["bericht-1", "bericht-2"]


def test_days_in_which_nothing_ran_are_no_days_of_trying(tmp_path: Path, clock: Clock) -> None:
    host = MailHost(tmp_path)
    settings = host.settings(tmp_path / "warehouse")
    queue(settings, A)
    deliver(settings, clock)
    clock.forward(days=30)
    deliver(settings, clock)
    assert the_message(settings).state == "queued" and the_message(settings).attempts == 2
    clock.forward(days=30)
    with host:
        assert deliver(settings, clock).having("sent") == ["bericht-1"]


# the rate


def test_a_run_sends_what_the_rate_allows_and_the_next_goes_on(
    host: MailHost, tmp_path: Path, clock: Clock
) -> None:
    settings = host.settings(tmp_path / "warehouse", MAIL_PER_MINUTE="3")
    for number in range(8):
        queue(settings, A, message_id=f"bericht-{number}")
    report = deliver(settings, clock)
    assert len(report.having("sent")) == 3 and report.problem is None
    assert "is given 3 messages a minute (WIJK_MAIL_PER_MINUTE)" in report.sentences[0]
    assert "the next run after 09:01:00 UTC" in report.sentences[0]
    clock.forward(seconds=30)
    assert deliver(settings, clock).having("sent") == []
    clock.forward(seconds=31)
    assert len(deliver(settings, clock).having("sent")) == 3
    clock.forward(minutes=5)
    assert deliver(settings, clock).later is None and len(host.box.mails) == 8


def test_without_a_rate_all_goes_at_once(host: MailHost, tmp_path: Path, clock: Clock) -> None:
    settings = host.settings(tmp_path / "warehouse", MAIL_PER_MINUTE="0")
    for number in range(40):
        queue(settings, A, message_id=f"bericht-{number}")
    assert len(deliver(settings, clock).having("sent")) == 40


def test_a_person_waits_a_minute_for_the_rate_and_no_longer(
    host: MailHost, tmp_path: Path, clock: Clock
) -> None:
    settings = host.settings(tmp_path / "warehouse", MAIL_PER_MINUTE="3")
    for number in range(8):
        queue(settings, A, message_id=f"bericht-{number}")
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.forward(seconds=seconds)

    report = send_outbox(settings, now=clock, pause=pause)
    assert pauses == [60] and len(host.box.mails) == 6
    assert "after 09:02:00 UTC" in (report.later or "") and len(report.having("queued")) == 2
